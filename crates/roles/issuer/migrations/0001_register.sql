-- The resident register as the issuer needs it. `my_number` and `resident` are sealed by permutation
-- (deterministic, reversible in custody only); `person` is sealed row by row.
CREATE TABLE resident (
  my_number BYTES NOT NULL,
  resident BYTES NOT NULL,
  person BYTES NOT NULL,
  died_on TEXT,
  PRIMARY KEY (my_number)
) /*sqlite:WITHOUT ROWID*/;
CREATE UNIQUE INDEX resident_by_code ON resident (resident);

-- The state of a person's medical ID (医療等ID). No row: nobody asked, nothing is derived.
CREATE TABLE medical_id (
  my_number BYTES NOT NULL,
  state TEXT NOT NULL,
  generation BIGINT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (my_number)
) /*sqlite:WITHOUT ROWID*/;

-- Acts already answered: a retry under the same key gets the same answer.
CREATE TABLE act (
  exchange BYTES NOT NULL,
  question BYTES NOT NULL,
  answer TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (exchange)
) /*sqlite:WITHOUT ROWID*/;

-- Messages that must reach another role: written with the state they follow from, removed when acknowledged.
CREATE TABLE outbox (
  exchange BYTES NOT NULL,
  step BIGINT NOT NULL,
  recipient TEXT NOT NULL,
  path TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (exchange, step)
) /*sqlite:WITHOUT ROWID*/;
