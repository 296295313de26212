-- The cards made for a person: the public key of the applet names one to the eligibility service, the serial numbers name its
-- certificates to the certificate authority. No `stopped_at`: it is in use.
CREATE TABLE card (
  my_number BYTES NOT NULL,
  applet_key BYTES NOT NULL,
  authentication TEXT NOT NULL,
  signing TEXT,
  made_at BIGINT NOT NULL,
  stopped_at BIGINT,
  reason TEXT,
  PRIMARY KEY (my_number, applet_key)
) /*sqlite:WITHOUT ROWID*/;
