-- What a person decided about sharing (consent::Consents as JSON), sealed row by row. No row: nothing was decided.
CREATE TABLE consents (
  person BYTES NOT NULL,
  sealed BYTES NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (person)
) /*sqlite:WITHOUT ROWID*/;

-- The person's card was read there: the evidence of later questions. Of the check's receipt only a keyed digest: who holds this
-- table and the eligibility service's cannot tie one person's codes together by their receipts.
CREATE TABLE presence (
  person BYTES NOT NULL,
  organisation TEXT NOT NULL,
  receipt BYTES NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (person, organisation, receipt)
) /*sqlite:WITHOUT ROWID*/;

-- What happened about a person: places in the ledger by the ledger's own digest of the person. Read from the ledger, behind it;
-- `event_progress` says how far.
CREATE TABLE event (
  person BYTES NOT NULL,
  entry BIGINT NOT NULL,
  PRIMARY KEY (person, entry)
) /*sqlite:WITHOUT ROWID*/;
CREATE TABLE event_progress (
  one BIGINT NOT NULL PRIMARY KEY,
  next BIGINT NOT NULL
);

-- Grants that may still be used: those that a withdrawal must end.
CREATE TABLE live_grant (
  person BYTES NOT NULL,
  id BYTES NOT NULL,
  holder TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (person, id)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX live_grant_old ON live_grant (expires_at);

-- Withdrawals on their way to holders: written with the decision they follow from, removed when acknowledged or when
-- the grants have ended by themselves.
CREATE TABLE notice (
  exchange BYTES NOT NULL,
  holder TEXT NOT NULL,
  message TEXT NOT NULL,
  until BIGINT NOT NULL,
  PRIMARY KEY (exchange, holder)
) /*sqlite:WITHOUT ROWID*/;

-- Declared emergencies.
CREATE TABLE emergency (
  declaration BYTES NOT NULL,
  person BYTES NOT NULL,
  organisation TEXT NOT NULL,
  at BIGINT NOT NULL,
  until BIGINT NOT NULL,
  widened BIGINT NOT NULL,
  settled TEXT,
  settled_at BIGINT,
  reference TEXT,
  PRIMARY KEY (declaration)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX emergency_person ON emergency (person, organisation);
CREATE INDEX emergency_organisation ON emergency (organisation, at);
CREATE INDEX emergency_open ON emergency (at) WHERE settled IS NULL;

-- How much an institution asked and how many people came to it, by day: its quota.
CREATE TABLE usage (
  organisation TEXT NOT NULL,
  day TEXT NOT NULL,
  presences BIGINT NOT NULL,
  asked BIGINT NOT NULL,
  PRIMARY KEY (organisation, day)
) /*sqlite:WITHOUT ROWID*/;

-- A network's own patient numbers, sealed; found by a keyed digest.
CREATE TABLE network_patient (
  network TEXT NOT NULL,
  person BYTES NOT NULL,
  digest BYTES NOT NULL,
  number BYTES NOT NULL,
  since BIGINT NOT NULL,
  joined_from TEXT,
  PRIMARY KEY (network, person, digest)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX network_patient_number ON network_patient (network, digest);
