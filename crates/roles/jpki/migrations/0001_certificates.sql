-- The two authorities; private keys are sealed by custody.
CREATE TABLE authority (
  kind TEXT NOT NULL,
  certificate BYTES NOT NULL,
  sealed_key BYTES NOT NULL,
  responder_certificate BYTES NOT NULL,
  sealed_responder_key BYTES NOT NULL,
  PRIMARY KEY (kind)
);

-- Every certificate ever issued. `holder` is an envelope that the eligibility service alone opens: no code is
-- here in clear. Times are unix seconds.
CREATE TABLE certificate (
  serial TEXT NOT NULL,
  kind TEXT NOT NULL,
  common_name TEXT NOT NULL,
  name TEXT NOT NULL,
  der BYTES NOT NULL,
  fingerprint BYTES NOT NULL,
  holder TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  not_after BIGINT NOT NULL,
  predecessor TEXT,
  successor TEXT,
  revoked_at BIGINT,
  reason TEXT,
  receipt TEXT,
  PRIMARY KEY (serial)
);

CREATE INDEX certificate_revoked ON certificate (kind, revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX certificate_issued ON certificate (issued_at);

-- One issuance an exchange and kind: a retry finds what the first try made.
CREATE TABLE issuance (
  exchange BYTES NOT NULL,
  kind TEXT NOT NULL,
  question BYTES NOT NULL,
  serial TEXT NOT NULL,
  PRIMARY KEY (exchange, kind)
) /*sqlite:WITHOUT ROWID*/;

-- A public key is certified once, for one card.
CREATE TABLE public_key (
  digest BYTES NOT NULL,
  serial TEXT NOT NULL,
  PRIMARY KEY (digest)
) /*sqlite:WITHOUT ROWID*/;

-- The newest revocation list of each authority.
CREATE TABLE revocation_list (
  kind TEXT NOT NULL,
  number BIGINT NOT NULL,
  entries BIGINT NOT NULL,
  latest BIGINT NOT NULL,
  next_update BIGINT NOT NULL,
  der BYTES NOT NULL,
  PRIMARY KEY (kind)
);
