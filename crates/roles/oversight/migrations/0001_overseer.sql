-- The head of every ledger that was cosigned last: all that a witness must remember, and what it never lets go back.
CREATE TABLE witnessed (
    origin TEXT   NOT NULL PRIMARY KEY,
    size   BIGINT NOT NULL,
    root   BYTES  NOT NULL,
    at     BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;

-- Alarms: a ledger showed a head that cannot stand beside the cosigned one. The head it signed is the evidence.
CREATE TABLE alarm (
    digest     BYTES  NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    origin     TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    what_ja    TEXT   NOT NULL,
    what_en    TEXT   NOT NULL,
    evidence   TEXT   NOT NULL,
    last_at    BIGINT NOT NULL,
    times      BIGINT NOT NULL,
    closed_at  BIGINT,
    closed_by  TEXT,
    words      TEXT
) /*sqlite:WITHOUT ROWID*/;

-- How far the watched roles' ledgers were read, and when.
CREATE TABLE progress (
    organisation TEXT   NOT NULL PRIMARY KEY,
    next         BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    trouble      TEXT
) /*sqlite:WITHOUT ROWID*/;

-- Records of exchange as each side keeps them: ids, parties, purpose, basis, counts; no person and no record. `body` is the
-- message as it came.
CREATE TABLE side (
    exchange     TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    place        BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    day          TEXT   NOT NULL,
    side         TEXT   NOT NULL,
    asker        TEXT   NOT NULL,
    staff        TEXT,
    person       TEXT,
    purpose      TEXT,
    flags        TEXT   NOT NULL,
    refused      TEXT,
    body         TEXT   NOT NULL,
    PRIMARY KEY (exchange, organisation, place)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX side_day ON side (day, side, asker, staff);
CREATE INDEX side_time ON side (at);

-- What the rules found: one line a rule, organisation, member of staff and day, with what an officer made of it.
CREATE TABLE finding (
    rule         TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    day          TEXT   NOT NULL,
    organisation TEXT   NOT NULL,
    staff        TEXT,
    value        TEXT   NOT NULL,
    base         TEXT   NOT NULL,
    found_at     BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    officer      TEXT,
    words        TEXT,
    PRIMARY KEY (rule, subject, day)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX finding_open ON finding (state, found_at);

-- Objections of persons. `person` is this overseer's own code of the person; `text` is sealed.
CREATE TABLE objection (
    objection TEXT   NOT NULL PRIMARY KEY,
    question  BYTES  NOT NULL,
    at        BIGINT NOT NULL,
    portal    TEXT   NOT NULL,
    concerns  TEXT   NOT NULL,
    person    BYTES,
    about     TEXT,
    ground    TEXT   NOT NULL,
    text      BYTES  NOT NULL,
    state     TEXT   NOT NULL,
    receipt   TEXT   NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX objection_concerns ON objection (concerns, at);
CREATE INDEX objection_state ON objection (state, at);

-- What was said in them, sealed, in the order of its places in the ledger.
CREATE TABLE said (
    objection TEXT   NOT NULL,
    exchange  TEXT   NOT NULL,
    place     BIGINT NOT NULL,
    said      BYTES  NOT NULL,
    PRIMARY KEY (objection, exchange)
) /*sqlite:WITHOUT ROWID*/;

-- Orders: to inspect, to advise, to suspend, to lift a suspension.
CREATE TABLE ordered (
    serial       BIGINT NOT NULL PRIMARY KEY,
    at           BIGINT NOT NULL,
    organisation TEXT   NOT NULL,
    act          TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    officer      TEXT   NOT NULL,
    place        BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;

-- Versions of the purposes table that were signed off, as they read then.
CREATE TABLE signed_off (
    serial  BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    version TEXT   NOT NULL,
    digest  TEXT   NOT NULL,
    rules   TEXT   NOT NULL,
    officer TEXT   NOT NULL,
    place   BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;

-- Versions of the impact assessment, whole.
CREATE TABLE assessment (
    version BIGINT NOT NULL PRIMARY KEY,
    at      BIGINT NOT NULL,
    digest  TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    place   BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;

-- Which exchanges and objections an officer looked into: the person reads it.
CREATE TABLE look (
    exchange TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    officer  TEXT   NOT NULL,
    place    BIGINT NOT NULL,
    PRIMARY KEY (exchange, at, place)
) /*sqlite:WITHOUT ROWID*/;
