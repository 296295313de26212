-- For whom the visit acts: the name of a mandate below; none for the person's own affairs.
ALTER TABLE visit ADD COLUMN acting BYTES;

-- The largest head that was seen of each log, so that a log that was cut back is noticed.
CREATE TABLE head_seen (
  origin TEXT NOT NULL,
  size BIGINT NOT NULL,
  root BYTES NOT NULL,
  PRIMARY KEY (origin)
) /*sqlite:WITHOUT ROWID*/;

-- A digest of the leaves of each past month that a person was shown, so that one that changes is noticed.
CREATE TABLE month_seen (
  person BYTES NOT NULL,
  month TEXT NOT NULL,
  digest BYTES NOT NULL,
  PRIMARY KEY (person, month)
) /*sqlite:WITHOUT ROWID*/;

-- Which objections are whose (異議・不明の申立て); what was said lies at the overseer.
CREATE TABLE objection (
  person BYTES NOT NULL,
  objection BYTES NOT NULL,
  filed_at BIGINT NOT NULL,
  PRIMARY KEY (person, objection)
) /*sqlite:WITHOUT ROWID*/;

-- Devices that a person registered with the card (登録した端末): the public key, and the bearer sealed.
CREATE TABLE device (
  device BYTES NOT NULL,
  person BYTES NOT NULL,
  public_key BYTES NOT NULL,
  name TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (device)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX device_by_person ON device (person);

-- One-time codes that devices must sign, and invitations of proxies: digest, and until when.
CREATE TABLE one_time (
  digest BYTES NOT NULL,
  until BIGINT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (digest)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX one_time_old ON one_time (until);

-- Who acts for whom (代理): both by this portal's digests, which mean nothing elsewhere; the rest sealed.
CREATE TABLE mandate (
  mandate BYTES NOT NULL,
  proxy BYTES NOT NULL,
  principal BYTES NOT NULL,
  proxy_id TEXT NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (mandate)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX mandate_by_proxy ON mandate (proxy);
CREATE INDEX mandate_by_principal ON mandate (principal);

-- What a person keeps from their proxies (代理人に見せないもの), sealed.
CREATE TABLE hidden (
  person BYTES NOT NULL,
  sealed BYTES NOT NULL,
  PRIMARY KEY (person)
) /*sqlite:WITHOUT ROWID*/;
