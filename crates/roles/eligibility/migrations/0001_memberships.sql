-- Who: the sealed My Number leads to the person's insurance code. The number itself stands nowhere.
CREATE TABLE person (
    my_number BYTES NOT NULL,
    code BYTES NOT NULL,
    PRIMARY KEY (my_number)
) /*sqlite:WITHOUT ROWID*/;

-- What was reported, in order of arrival. Never updated, never deleted.
CREATE TABLE report (
    id BIGINT NOT NULL,
    body BYTES NOT NULL,
    PRIMARY KEY (id)
) /*sqlite:WITHOUT ROWID*/;

-- Whose reports.
CREATE TABLE history (
    person BYTES NOT NULL,
    report BIGINT NOT NULL,
    PRIMARY KEY (person, report)
) /*sqlite:WITHOUT ROWID*/;

-- Normalised insurer, symbol and number (without branch) to the persons who ever carried them.
CREATE TABLE insured (
    number TEXT NOT NULL,
    person BYTES NOT NULL,
    PRIMARY KEY (number, person)
) /*sqlite:WITHOUT ROWID*/;

-- The envelope for the relay of a person who opted in to a medical ID.
CREATE TABLE medical_link (
    person BYTES NOT NULL,
    link TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (person)
) /*sqlite:WITHOUT ROWID*/;

-- When each insurer last reported, and how much.
CREATE TABLE insurer (
    number TEXT NOT NULL,
    last_reported_at BIGINT NOT NULL,
    reports BIGINT NOT NULL,
    PRIMARY KEY (number)
) /*sqlite:WITHOUT ROWID*/;

-- Files taken in, so that the same file again is known as such.
CREATE TABLE report_file (
    insurer TEXT NOT NULL,
    file_id TEXT NOT NULL,
    digest BYTES NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (insurer, file_id)
) /*sqlite:WITHOUT ROWID*/;

-- What insurers must settle. One row an insurer concerned.
CREATE TABLE work_item (
    insurer TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    insured TEXT NOT NULL,
    name TEXT NOT NULL,
    other_insurer TEXT,
    from_day BIGINT NOT NULL,
    until_day BIGINT,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (insurer, id)
) /*sqlite:WITHOUT ROWID*/;

-- Which ledger entries tell of a person (by keyed digest): filled from the ledger, can be rebuilt from it.
CREATE TABLE own_entry (
    person BYTES NOT NULL,
    entry BIGINT NOT NULL,
    PRIMARY KEY (person, entry)
) /*sqlite:WITHOUT ROWID*/;

-- Counters: `report` (last id given), `persons`, `indexed` (ledger entries read), `opened` (ms, service opened).
CREATE TABLE tally (
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
) /*sqlite:WITHOUT ROWID*/;
