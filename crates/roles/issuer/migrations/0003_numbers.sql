-- A person's numbers: 0 is the ordinary one, further ones count from 1 and are never used again. `stamp` is the time that the
-- relay was told last: the day, and beyond it only the order, so that no instant ties the two tables together. `label` is what
-- the person calls a further number, sealed row by row.
CREATE TABLE medical_number (
  my_number BYTES NOT NULL,
  number BIGINT NOT NULL,
  state TEXT NOT NULL,
  generation BIGINT NOT NULL,
  since BIGINT NOT NULL,
  stamp BIGINT NOT NULL,
  label BYTES,
  PRIMARY KEY (my_number, number)
) /*sqlite:WITHOUT ROWID*/;
INSERT INTO medical_number (my_number, number, state, generation, since, stamp)
  SELECT my_number, 0, state, generation, since, since FROM medical_id;
DROP TABLE medical_id;

-- What a person had done with their numbers, by the entry in the ledger.
CREATE TABLE history (
  my_number BYTES NOT NULL,
  entry BIGINT NOT NULL,
  at BIGINT NOT NULL,
  act TEXT NOT NULL,
  number BIGINT NOT NULL,
  counter TEXT NOT NULL,
  PRIMARY KEY (my_number, entry)
) /*sqlite:WITHOUT ROWID*/;

-- SHA-256 of the authentication certificate: who comes to the counter with card and PIN is known by it.
ALTER TABLE card ADD COLUMN certificate BYTES;
CREATE INDEX card_certificate ON card (certificate);
