-- The insurer's members. `my_number` is sealed by permutation; `record` is the member without a My Number.
CREATE TABLE member (
  my_number BYTES NOT NULL,
  qualified_on TEXT NOT NULL,
  insured_key TEXT NOT NULL,
  kana_key TEXT NOT NULL,
  name_key TEXT NOT NULL,
  is_open BIGINT NOT NULL,
  record TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (my_number, qualified_on)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX member_by_insured ON member (insured_key);
CREATE INDEX member_by_kana ON member (kana_key);
CREATE INDEX member_by_name ON member (name_key);

-- What was changed, when, by whom: nothing is overwritten without a trace.
CREATE TABLE change (
  my_number BYTES NOT NULL,
  qualified_on TEXT NOT NULL,
  at BIGINT NOT NULL,
  report_id TEXT NOT NULL,
  act TEXT NOT NULL,
  record TEXT NOT NULL,
  PRIMARY KEY (my_number, qualified_on, at, report_id)
) /*sqlite:WITHOUT ROWID*/;

-- Reports to the eligibility service, kept until answered and after; `message` is sealed (it holds the My Number).
CREATE TABLE report (
  report_id TEXT NOT NULL,
  my_number BYTES NOT NULL,
  qualified_on TEXT NOT NULL,
  state TEXT NOT NULL,
  message BYTES NOT NULL,
  outcome TEXT,
  queued_at BIGINT NOT NULL,
  PRIMARY KEY (report_id)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX report_by_state ON report (state, queued_at);

-- Files taken in, by digest: taking one in again changes nothing.
CREATE TABLE import (
  digest BYTES NOT NULL,
  name TEXT NOT NULL,
  line_count BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (digest)
) /*sqlite:WITHOUT ROWID*/;
