-- A visit: somebody came on a day and showed something. Never changed once written, except for what the answer
-- lets us know (code, name) and what was linked.
CREATE TABLE visit (
    id          TEXT   NOT NULL PRIMARY KEY,
    day         TEXT   NOT NULL,
    received_at BIGINT NOT NULL,
    terminal    TEXT   NOT NULL,
    door        TEXT   NOT NULL,
    road        TEXT   NOT NULL,
    mode        TEXT,
    face_name   TEXT,
    statement   TEXT,
    person_code TEXT,
    name        TEXT   NOT NULL,
    name_key    TEXT   NOT NULL,
    kana_key    TEXT   NOT NULL,
    birthdate   TEXT
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX visit_day ON visit (day, id);
CREATE INDEX visit_person ON visit (person_code, id);
CREATE INDEX visit_name ON visit (name_key, id);
CREATE INDEX visit_kana ON visit (kana_key, id);

-- A question to the eligibility service: the first of a visit carries the visit's id, later ones ask again.
CREATE TABLE question (
    exchange    TEXT   NOT NULL PRIMARY KEY,
    visit       TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL,
    request     TEXT   NOT NULL,
    entry       TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    validity    TEXT,
    answer      TEXT,
    trouble     TEXT,
    attempts    BIGINT NOT NULL,
    next_try_at BIGINT
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX question_visit ON question (visit, exchange);
CREATE INDEX question_due ON question (next_try_at) WHERE next_try_at IS NOT NULL;

-- A registration at the relay that a ticket permits; the ticket is forgotten when it is used or too old.
CREATE TABLE registration (
    exchange    TEXT   NOT NULL PRIMARY KEY,
    visit       TEXT   NOT NULL,
    person_code TEXT   NOT NULL,
    ticket      TEXT,
    state       TEXT   NOT NULL,
    trouble     TEXT,
    attempts    BIGINT NOT NULL,
    next_try_at BIGINT
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX registration_visit ON registration (visit);
CREATE INDEX registration_due ON registration (next_try_at) WHERE next_try_at IS NOT NULL;

-- This institution's own medical code of a person who opted in.
CREATE TABLE medical (
    person_code   TEXT   NOT NULL PRIMARY KEY,
    code          TEXT   NOT NULL,
    registered_at BIGINT NOT NULL,
    receipt       TEXT   NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX medical_code ON medical (code);

-- The institution's own patient list.
CREATE TABLE patient (
    local_number  TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL,
    kana          TEXT   NOT NULL,
    birthdate     TEXT   NOT NULL,
    sex           TEXT   NOT NULL,
    insured       TEXT,
    insured_key   TEXT   NOT NULL,
    last_visit_on TEXT,
    name_key      TEXT   NOT NULL,
    kana_key      TEXT   NOT NULL,
    imported_at   BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX patient_birthdate ON patient (birthdate, kana_key);
CREATE INDEX patient_kana ON patient (kana_key);
CREATE INDEX patient_name ON patient (name_key);
CREATE INDEX patient_insured ON patient (insured_key);

-- Which local patient a person code is, with every correction: rows end, they are not removed.
CREATE TABLE link (
    person_code  TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    local_number TEXT   NOT NULL,
    visit        TEXT   NOT NULL,
    linked_at    BIGINT NOT NULL,
    ended_at     BIGINT,
    PRIMARY KEY (person_code, seq)
) /*sqlite:WITHOUT ROWID*/;
CREATE UNIQUE INDEX link_person_current ON link (person_code) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX link_patient_current ON link (local_number) WHERE ended_at IS NULL;

-- Requests that came through the folder, by digest of name and content: the same one is answered the same.
CREATE TABLE folder_request (
    digest      BYTES  NOT NULL PRIMARY KEY,
    visit       TEXT,
    context     TEXT,
    received_at BIGINT NOT NULL
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX folder_request_visit ON folder_request (visit);

-- Files that the folders must hold; written after the row is durable, again when the row changed.
CREATE TABLE outbox (
    name       TEXT   NOT NULL PRIMARY KEY,
    folder     TEXT   NOT NULL,
    bytes      BYTES  NOT NULL,
    changed_at BIGINT NOT NULL,
    written_at BIGINT
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX outbox_waiting ON outbox (changed_at) WHERE written_at IS NULL;
