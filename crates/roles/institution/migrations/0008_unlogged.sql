-- Entries that the ledger may not have yet: written in the transaction of the change that they tell of, and gone once the ledger has
-- them. What is found here at a start is looked for in the ledger, and written there when the power failed in between.
CREATE TABLE unlogged (
    exchange BYTES  NOT NULL,
    place    BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    person   BYTES,
    body     BYTES  NOT NULL,
    PRIMARY KEY (exchange, place)
) /*sqlite:WITHOUT ROWID*/;
