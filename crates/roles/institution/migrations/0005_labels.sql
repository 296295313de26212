-- Labels as they are by the resource itself (`own`) and as somebody gave it as a whole (`said`), beside all that it has
-- (`labels`, by which consent decides): when one changes, what inherits from it is labelled anew.
ALTER TABLE resource ADD COLUMN own BIGINT NOT NULL DEFAULT 0;
ALTER TABLE resource ADD COLUMN said BIGINT NOT NULL DEFAULT 0;
UPDATE resource SET own = labels WHERE labels <> 0;
CREATE INDEX resource_labelled ON resource (name) WHERE labels <> 0;
