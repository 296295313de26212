-- SQLite keeps a table WITHOUT ROWID in an index, whose inner pages hold whole rows: five levels for a million reports of 150 bytes.
-- By row number there are three, and a report that arrives is appended.
CREATE TABLE report_by_number (
    id /*sqlite:INTEGER PRIMARY KEY, --*/ BIGINT NOT NULL PRIMARY KEY,
    body BYTES NOT NULL
);
INSERT INTO report_by_number (id, body) SELECT id, body FROM report ORDER BY id;
DROP TABLE report;
ALTER TABLE report_by_number RENAME TO report;
