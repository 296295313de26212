-- Every version of every resource, with the bytes as they are answered and what was decided about them then. Read by
-- name (`Observation/123`), which is the key to distribute by. A deletion is a version without a body.
CREATE TABLE resource_version (
    name          TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    type          TEXT   NOT NULL,
    updated_at    BIGINT NOT NULL,
    patient       TEXT   NOT NULL,
    category      BIGINT NOT NULL,
    labels        BIGINT NOT NULL,
    author        TEXT,
    author_person TEXT,
    day           BIGINT,
    encounter     TEXT,
    method        TEXT   NOT NULL,
    deleted       BIGINT NOT NULL,
    body          BYTES  NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE INDEX resource_version_time ON resource_version (updated_at, name, version);

-- What is searched: the current version of each resource that is not deleted, beside its patient (`patient` is the
-- id of the Patient resource, empty for what is about nobody), which is the key to distribute by.
CREATE TABLE resource (
    patient       TEXT   NOT NULL,
    type          TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    category      BIGINT NOT NULL,
    labels        BIGINT NOT NULL,
    author        TEXT,
    author_person TEXT,
    day           BIGINT,
    encounter     TEXT,
    PRIMARY KEY (patient, type, name)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX resource_time ON resource (type, updated_at, name);
CREATE INDEX resource_name ON resource (name);

-- The values that current versions are found by. `param` and `system` are the first eight bytes of a SHA-256, so that
-- rows are short (a system of 0 is none); `value` is a double in an integer that keeps its order; texts that are
-- compared by their beginning are bytes, whose order is the same in every database.
CREATE TABLE resource_token (
    patient TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    param   BIGINT NOT NULL,
    code    TEXT   NOT NULL,
    system  BIGINT NOT NULL,
    shown   TEXT   NOT NULL,
    PRIMARY KEY (patient, name, param, code, system, shown)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX resource_token_value ON resource_token (param, code, system, patient, name);

CREATE TABLE resource_string (
    patient TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    param   BIGINT NOT NULL,
    folded  BYTES  NOT NULL,
    loose   TEXT   NOT NULL,
    exact   TEXT   NOT NULL,
    PRIMARY KEY (patient, name, param, folded, exact)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX resource_string_value ON resource_string (param, folded, patient, name);

CREATE TABLE resource_date (
    patient TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    param   BIGINT NOT NULL,
    low     BIGINT NOT NULL,
    high    BIGINT NOT NULL,
    PRIMARY KEY (patient, name, param, low, high)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX resource_date_value ON resource_date (param, low, patient, name);

CREATE TABLE resource_reference (
    patient TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    param   BIGINT NOT NULL,
    target  TEXT   NOT NULL,
    PRIMARY KEY (patient, name, param, target)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX resource_reference_value ON resource_reference (target, param, patient, name);

CREATE TABLE resource_quantity (
    patient TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    param   BIGINT NOT NULL,
    value   BIGINT NOT NULL,
    system  BIGINT NOT NULL,
    code    TEXT   NOT NULL,
    unit    TEXT   NOT NULL,
    PRIMARY KEY (patient, name, param, value, system, code, unit)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX resource_quantity_value ON resource_quantity (param, value, patient, name);
