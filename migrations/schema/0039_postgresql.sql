-- Webhooks of whole backends, the types each one takes, the line of keys that it belongs to; who works here and gets letters;
-- when a refund came into its present state.

ALTER TABLE api_key DROP CONSTRAINT ck_api_key_role;

ALTER TABLE api_key ADD CONSTRAINT ck_api_key_role CHECK (role IN ('gate', 'operator_staff', 'operator_finance', 'operator_admin', 'finance', 'admin', 'app'));

ALTER TABLE api_key ADD COLUMN line TEXT;

CREATE TABLE webhook (
    id TEXT NOT NULL,
    key_line TEXT NOT NULL,
    role TEXT NOT NULL,
    operator TEXT,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_secret_until TIMESTAMP WITH TIME ZONE,
    off_because TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    last_failure_at TIMESTAMP WITH TIME ZONE,
    last_failure TEXT,
    last_delivered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT ck_webhook_off_because CHECK (off_because IN ('by_hand', 'failing', 'gone'))
);

CREATE INDEX ix_webhook_key_line ON webhook (key_line);

CREATE TABLE webhook_type (
    webhook_id TEXT NOT NULL,
    pattern TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_webhook_type PRIMARY KEY (webhook_id, pattern),
    CONSTRAINT fk_webhook_type_webhook_id_webhook FOREIGN KEY(webhook_id) REFERENCES webhook (id)
);

ALTER TABLE contact ADD COLUMN webhook_id TEXT;

CREATE INDEX ix_contact_webhook_id ON contact (webhook_id);

ALTER TABLE notice ADD COLUMN webhook_id TEXT;

ALTER TABLE notice ADD COLUMN type TEXT;

CREATE INDEX ix_notice_webhook_id_id ON notice (webhook_id, id);

CREATE INDEX ix_disruption_event_confirmed_at ON disruption_event (confirmed_at);

ALTER TABLE refund ADD COLUMN changed_at TIMESTAMP WITH TIME ZONE;

CREATE TABLE work_contact (
    id TEXT NOT NULL,
    matter TEXT NOT NULL,
    operator TEXT,
    address TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_work_contact PRIMARY KEY (id),
    CONSTRAINT ck_work_contact_matter CHECK (matter IN ('statement_ready', 'waits_for_you'))
);

CREATE INDEX ix_work_contact_matter_operator ON work_contact (matter, operator);
