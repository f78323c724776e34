-- Webhooks of whole backends, the types each one takes, the line of keys that it belongs to; who works here and gets letters;
-- when a refund came into its present state.

-- SQLite changes no check of a table: it is made anew. No other table refers to it.
CREATE TABLE api_key_new (
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    operator TEXT,
    label TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    line TEXT,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT ck_api_key_role CHECK (role IN ('gate', 'operator_staff', 'operator_finance', 'operator_admin', 'finance', 'admin', 'app')),
    CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash)
) STRICT;

INSERT INTO api_key_new (id, role, operator, label, secret_hash, created_at, expires_at, revoked_at)
SELECT id, role, operator, label, secret_hash, created_at, expires_at, revoked_at FROM api_key;

DROP TABLE api_key;

ALTER TABLE api_key_new RENAME TO api_key;

CREATE TABLE webhook (
    id TEXT NOT NULL,
    key_line TEXT NOT NULL,
    role TEXT NOT NULL,
    operator TEXT,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_secret_until TEXT,
    off_because TEXT,
    created_at TEXT NOT NULL,
    failing_since TEXT,
    last_failure_at TEXT,
    last_failure TEXT,
    last_delivered_at TEXT,
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT ck_webhook_off_because CHECK (off_because IN ('by_hand', 'failing', 'gone'))
) STRICT;

CREATE INDEX ix_webhook_key_line ON webhook (key_line);

CREATE TABLE webhook_type (
    webhook_id TEXT NOT NULL,
    pattern TEXT NOT NULL,
    since TEXT NOT NULL,
    CONSTRAINT pk_webhook_type PRIMARY KEY (webhook_id, pattern),
    CONSTRAINT fk_webhook_type_webhook_id_webhook FOREIGN KEY(webhook_id) REFERENCES webhook (id)
) STRICT;

ALTER TABLE contact ADD COLUMN webhook_id TEXT;

CREATE INDEX ix_contact_webhook_id ON contact (webhook_id);

ALTER TABLE notice ADD COLUMN webhook_id TEXT;

ALTER TABLE notice ADD COLUMN type TEXT;

CREATE INDEX ix_notice_webhook_id_id ON notice (webhook_id, id);

CREATE INDEX ix_disruption_event_confirmed_at ON disruption_event (confirmed_at);

ALTER TABLE refund ADD COLUMN changed_at TEXT;

CREATE TABLE work_contact (
    id TEXT NOT NULL,
    matter TEXT NOT NULL,
    operator TEXT,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_work_contact PRIMARY KEY (id),
    CONSTRAINT ck_work_contact_matter CHECK (matter IN ('statement_ready', 'waits_for_you'))
) STRICT;

CREATE INDEX ix_work_contact_matter_operator ON work_contact (matter, operator);
