-- Grants that the person ended, as the relay said: nothing is given under them. (Which grants were used, the ledger tells.)
CREATE TABLE ended_grant (
    id         BYTES  NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX ended_grant_old ON ended_grant (expires_at);

-- What was given to others: the records office reads it. `given`: how many resources left.
CREATE TABLE given (
    grant_id   BYTES  NOT NULL PRIMARY KEY,
    exchange   TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    asker      TEXT   NOT NULL,
    staff      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    patient    TEXT,
    given      BIGINT NOT NULL,
    state      TEXT   NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX given_time ON given (at, grant_id);

-- What was asked of others, for which of our patients and by whom.
CREATE TABLE asked (
    exchange   TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    patient    TEXT   NOT NULL,
    staff      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    holders    TEXT   NOT NULL,
    received   BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    refused    TEXT
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX asked_patient ON asked (patient, at);
CREATE INDEX asked_time ON asked (at, exchange);
CREATE INDEX asked_old ON asked (keep_until);

-- What came from others, sealed, for as long as the visit lasts or the person permits: it is not this institution's record.
CREATE TABLE received (
    patient    TEXT   NOT NULL,
    exchange   TEXT   NOT NULL,
    holder     TEXT   NOT NULL,
    sealed     BYTES  NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (patient, exchange, holder)
);
CREATE INDEX received_old ON received (keep_until);

-- Emergencies declared here: the privacy officer reads them.
CREATE TABLE emergency (
    declaration TEXT   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    until       BIGINT NOT NULL,
    patient     TEXT   NOT NULL,
    staff       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    words       TEXT   NOT NULL,
    widened     BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX emergency_patient ON emergency (patient, at);
