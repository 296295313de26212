-- Persons to be told that their insurer changed: written with the report that says so, gone when the relay has the notice.
-- `exchange` is the notice's key, so that what is sent twice arrives once.
CREATE TABLE insurer_change (
    person BYTES NOT NULL,
    exchange BYTES NOT NULL,
    insurer TEXT NOT NULL,
    qualified_on BIGINT NOT NULL,
    due BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (person, exchange)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX insurer_change_due ON insurer_change (due);
