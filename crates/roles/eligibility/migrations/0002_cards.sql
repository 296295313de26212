-- The cards that were given a person's insurance code. `applet_key` names a card to the issuer, `id` is what the card itself
-- says, sealed, at each read. A card that stopped stays here: it is answered no more. `stop_receipt` (JSON) is where the
-- stop stands in the ledger: told again, it is answered with that.
CREATE TABLE card (
    person BYTES NOT NULL,
    applet_key BYTES NOT NULL,
    id BYTES NOT NULL,
    since BIGINT NOT NULL,
    stopped_at BIGINT,
    stop_reason TEXT,
    stop_receipt TEXT,
    PRIMARY KEY (person, applet_key)
) /*sqlite:WITHOUT ROWID*/;
