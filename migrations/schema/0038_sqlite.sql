-- Contacts of orders, the outbox of messages, codes that are good once.

CREATE TABLE contact (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    language TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_contact PRIMARY KEY (id),
    CONSTRAINT ck_contact_kind CHECK (kind IN ('email', 'webpush', 'webhook')),
    CONSTRAINT uq_contact_order_id_digest UNIQUE (order_id, digest),
    CONSTRAINT fk_contact_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
) STRICT;

CREATE INDEX ix_contact_digest ON contact (digest);

CREATE TABLE notice (
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    kind TEXT NOT NULL,
    template TEXT NOT NULL,
    language TEXT NOT NULL,
    document TEXT NOT NULL,
    order_id TEXT,
    state TEXT NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    created_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    ended_at TEXT,
    detail TEXT,
    CONSTRAINT pk_notice PRIMARY KEY (id),
    CONSTRAINT ck_notice_kind CHECK (kind IN ('email', 'webpush', 'webhook')),
    CONSTRAINT ck_notice_state CHECK (state IN ('waiting', 'delivered', 'unreachable', 'dropped')),
    CONSTRAINT uq_notice_topic UNIQUE (topic)
) STRICT;

CREATE INDEX ix_notice_order_id ON notice (order_id);

CREATE INDEX ix_notice_state_due_at ON notice (state, due_at);

CREATE TABLE one_time_code (
    hash TEXT NOT NULL,
    purpose TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT pk_one_time_code PRIMARY KEY (hash),
    CONSTRAINT ck_one_time_code_purpose CHECK (purpose IN ('reset_password', 'confirm_address')),
    CONSTRAINT fk_one_time_code_person_id_person FOREIGN KEY(person_id) REFERENCES person (id)
) STRICT;

CREATE INDEX ix_one_time_code_person_id ON one_time_code (person_id);

-- When somebody proved that mail to the address reaches them.
ALTER TABLE person ADD COLUMN confirmed_at TEXT;
