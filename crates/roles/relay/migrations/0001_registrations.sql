-- The relay keeps only what cannot be computed: whether a code works, and which organisations know a person.
-- `person` is the relay's own organisation code of the person (17 bytes): a stolen table names nobody.
CREATE TABLE person (
  person BYTES NOT NULL,
  state TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (person)
) /*sqlite:WITHOUT ROWID*/;

CREATE TABLE registration (
  person BYTES NOT NULL,
  organisation TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (person, organisation)
) /*sqlite:WITHOUT ROWID*/;

-- Every accepted exchange with the digest of its question: a retry is answered again, another question under
-- the same key is refused.
CREATE TABLE exchange (
  exchange BYTES NOT NULL,
  organisation TEXT NOT NULL,
  question BYTES NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (exchange, organisation)
) /*sqlite:WITHOUT ROWID*/;
