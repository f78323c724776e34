-- Compensation over a bank account: a state of claims that wait for one, the accounts, and the transfers that pay them.

-- SQLite changes no check of a table: both are made anew with their rows. Their guards follow in another file.
CREATE TABLE claim_before AS SELECT * FROM claim;

CREATE TABLE claim_step_before AS SELECT * FROM claim_step;

DROP TABLE claim_step;

DROP TABLE claim;

CREATE TABLE claim (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    regime TEXT NOT NULL,
    order_id TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER,
    price_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    facts TEXT NOT NULL,
    decision TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    evidence TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    due_at TEXT,
    refund_id TEXT,
    waits_for TEXT,
    CONSTRAINT pk_claim PRIMARY KEY (id),
    CONSTRAINT ck_claim_state CHECK (state IN ('not_decided', 'proposed', 'contested', 'decided', 'needs_account', 'paying', 'paid', 'refused')),
    CONSTRAINT ck_claim_amount_within_price CHECK (amount_minor > 0 AND amount_minor <= price_minor),
    CONSTRAINT uq_claim_jti_leg_regime UNIQUE (jti, leg, regime),
    CONSTRAINT fk_claim_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id),
    CONSTRAINT fk_claim_rule_version_rule_table FOREIGN KEY(rule_version) REFERENCES rule_table (version)
)
 STRICT;

CREATE INDEX ix_claim_operator ON claim (operator, opened_at);

CREATE INDEX ix_claim_order_id ON claim (order_id);

CREATE INDEX ix_claim_region ON claim (region, id);

CREATE INDEX ix_claim_state ON claim (state, due_at);

CREATE TABLE claim_step (
    claim_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_claim_step PRIMARY KEY (claim_id, seq),
    CONSTRAINT ck_claim_step_state CHECK (state IN ('not_decided', 'proposed', 'contested', 'decided', 'needs_account', 'paying', 'paid', 'refused')),
    CONSTRAINT fk_claim_step_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
)
 STRICT;

INSERT INTO claim SELECT * FROM claim_before;

INSERT INTO claim_step SELECT * FROM claim_step_before;

DROP TABLE claim_step_before;

DROP TABLE claim_before;

CREATE TABLE claim_account (
    claim_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    holder TEXT,
    iban TEXT,
    hint TEXT NOT NULL,
    given_at TEXT NOT NULL,
    erased_at TEXT,
    CONSTRAINT pk_claim_account PRIMARY KEY (claim_id, seq),
    CONSTRAINT fk_claim_account_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
)
 STRICT;

CREATE TABLE claim_payout_run (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    state TEXT NOT NULL,
    demo INTEGER NOT NULL,
    payer_id TEXT NOT NULL,
    due TEXT NOT NULL,
    digest TEXT NOT NULL,
    prepared_by TEXT NOT NULL,
    prepared_at TEXT NOT NULL,
    decided_by TEXT,
    decided_at TEXT,
    CONSTRAINT pk_claim_payout_run PRIMARY KEY (id),
    CONSTRAINT ck_claim_payout_run_state CHECK (state IN ('prepared', 'released', 'withdrawn')),
    CONSTRAINT fk_claim_payout_run_payer_id_bank_account FOREIGN KEY(payer_id) REFERENCES bank_account (id)
)
 STRICT;

CREATE TABLE claim_payout (
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    account_seq INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    CONSTRAINT pk_claim_payout PRIMARY KEY (id),
    CONSTRAINT ck_claim_payout_state CHECK (state IN ('prepared', 'released', 'withdrawn', 'paid', 'returned')),
    CONSTRAINT ck_claim_payout_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT uq_claim_payout_claim_id_attempt UNIQUE (claim_id, attempt),
    CONSTRAINT fk_claim_payout_run_id_claim_payout_run FOREIGN KEY(run_id) REFERENCES claim_payout_run (id),
    CONSTRAINT fk_claim_payout_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
)
 STRICT;

CREATE UNIQUE INDEX ix_claim_payout_open ON claim_payout (claim_id) WHERE state IN ('prepared', 'released');

CREATE INDEX ix_claim_payout_run_id ON claim_payout (run_id);

CREATE INDEX ix_claim_payout_state ON claim_payout (state);
