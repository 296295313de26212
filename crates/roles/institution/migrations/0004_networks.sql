-- Which of our patients bear which number of a regional network, as it was told to the relay from here.
CREATE TABLE network_number (
    patient TEXT   NOT NULL,
    network TEXT   NOT NULL,
    number  TEXT   NOT NULL,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (patient, network, number)
) /*sqlite:WITHOUT ROWID*/;
CREATE INDEX network_number_network ON network_number (network, patient);
