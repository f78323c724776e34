-- What the bank tells beyond its lines: balances, batches, refusals, and payments made again.

CREATE TABLE bank_statement (
    iban TEXT NOT NULL,
    currency TEXT NOT NULL,
    statement_id TEXT NOT NULL,
    day TEXT NOT NULL,
    opening_minor INTEGER NOT NULL,
    closing_minor INTEGER NOT NULL,
    region TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    CONSTRAINT pk_bank_statement PRIMARY KEY (iban, currency, day, statement_id)
)
 STRICT;

CREATE TABLE batch_part (
    line_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    party TEXT NOT NULL,
    currency TEXT NOT NULL,
    run_id TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    CONSTRAINT pk_batch_part PRIMARY KEY (line_id, seq, party, currency),
    CONSTRAINT fk_batch_part_line_id_bank_line FOREIGN KEY(line_id) REFERENCES bank_line (id),
    CONSTRAINT fk_batch_part_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id)
)
 STRICT;

CREATE INDEX ix_batch_part_run_id ON batch_part (run_id);

CREATE TABLE payment_refusal (
    run_id TEXT NOT NULL,
    party TEXT NOT NULL,
    currency TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    code TEXT NOT NULL,
    words TEXT NOT NULL,
    message_id TEXT NOT NULL,
    told_by TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_payment_refusal PRIMARY KEY (run_id, party, currency, attempt),
    CONSTRAINT fk_payment_refusal_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id)
)
 STRICT;

CREATE TABLE payment_again (
    run_id TEXT NOT NULL,
    party TEXT NOT NULL,
    currency TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_payment_again PRIMARY KEY (run_id, party, currency, attempt),
    CONSTRAINT fk_payment_again_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id),
    CONSTRAINT fk_payment_again_account_id_bank_account FOREIGN KEY(account_id) REFERENCES bank_account (id)
)
 STRICT;
