-- Visits to the portal (ログイン中の端末). `token` is the digest of the cookie; `person` a keyed digest that means nothing elsewhere.
-- `sealed` holds the person's code at the portal and what was shown at login; the row goes when the visit ends.
CREATE TABLE visit (
  token BYTES NOT NULL,
  person BYTES NOT NULL,
  begun_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  device TEXT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (token)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX visit_by_person ON visit (person);
CREATE INDEX visit_old ON visit (until);

-- What the person chose to keep here: how they call a care team or a proxy, whose names at the relay say nobody's. Sealed.
CREATE TABLE kept_name (
  person BYTES NOT NULL,
  thing TEXT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (person, thing)
) /*sqlite:WITHOUT ROWID*/;
