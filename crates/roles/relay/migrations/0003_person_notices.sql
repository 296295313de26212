-- Notices for persons on their way to the portal: what the relay accepted and must bring. `message` names the person by the
-- portal's code alone, sealed to it; the row goes when the portal has it.
CREATE TABLE person_notice (
  exchange BYTES NOT NULL,
  portal TEXT NOT NULL,
  message TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (exchange, portal)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX person_notice_old ON person_notice (at);
