-- Compensation over a bank account: a state of claims that wait for one, the accounts, and the transfers that pay them.

ALTER TABLE claim DROP CONSTRAINT ck_claim_state;

ALTER TABLE claim ADD CONSTRAINT ck_claim_state CHECK (state IN ('not_decided', 'proposed', 'contested', 'decided', 'needs_account', 'paying', 'paid', 'refused'));

ALTER TABLE claim_step DROP CONSTRAINT ck_claim_step_state;

ALTER TABLE claim_step ADD CONSTRAINT ck_claim_step_state CHECK (state IN ('not_decided', 'proposed', 'contested', 'decided', 'needs_account', 'paying', 'paid', 'refused'));

CREATE TABLE claim_account (
    claim_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    holder TEXT,
    iban TEXT,
    hint TEXT NOT NULL,
    given_at TIMESTAMP WITH TIME ZONE NOT NULL,
    erased_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_claim_account PRIMARY KEY (claim_id, seq),
    CONSTRAINT fk_claim_account_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
);

CREATE TABLE claim_payout_run (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    state TEXT NOT NULL,
    demo BIGINT NOT NULL,
    payer_id TEXT NOT NULL,
    due TEXT NOT NULL,
    digest TEXT NOT NULL,
    prepared_by TEXT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_claim_payout_run PRIMARY KEY (id),
    CONSTRAINT ck_claim_payout_run_state CHECK (state IN ('prepared', 'released', 'withdrawn')),
    CONSTRAINT fk_claim_payout_run_payer_id_bank_account FOREIGN KEY(payer_id) REFERENCES bank_account (id)
);

CREATE TABLE claim_payout (
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    claim_id TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    account_seq BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_claim_payout PRIMARY KEY (id),
    CONSTRAINT ck_claim_payout_state CHECK (state IN ('prepared', 'released', 'withdrawn', 'paid', 'returned')),
    CONSTRAINT ck_claim_payout_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT uq_claim_payout_claim_id_attempt UNIQUE (claim_id, attempt),
    CONSTRAINT fk_claim_payout_run_id_claim_payout_run FOREIGN KEY(run_id) REFERENCES claim_payout_run (id),
    CONSTRAINT fk_claim_payout_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
);

CREATE UNIQUE INDEX ix_claim_payout_open ON claim_payout (claim_id) WHERE state IN ('prepared', 'released');

CREATE INDEX ix_claim_payout_run_id ON claim_payout (run_id);

CREATE INDEX ix_claim_payout_state ON claim_payout (state);
