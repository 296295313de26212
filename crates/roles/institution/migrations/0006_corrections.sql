-- What persons say is wrong with their records (訂正の求め), and what was answered.
CREATE TABLE correction (
    request     TEXT   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    portal      TEXT   NOT NULL,
    patient     TEXT   NOT NULL,
    resource    TEXT   NOT NULL,
    title       TEXT   NOT NULL,
    said        TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    words       TEXT   NOT NULL,
    answered_by TEXT,
    answered_at BIGINT
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX correction_time ON correction (at, request);
