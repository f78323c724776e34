-- Incidents that are shared with partners: the records and their steps, the partners, deliveries, foreign keys that are refused.

CREATE TABLE incident_partner (
    id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    name TEXT NOT NULL,
    relation TEXT NOT NULL,
    jwks TEXT NOT NULL,
    address TEXT,
    mail TEXT,
    fetched TEXT,
    fetched_at TIMESTAMP WITH TIME ZONE,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    added_by TEXT NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_incident_partner PRIMARY KEY (id),
    CONSTRAINT ck_incident_partner_relation CHECK (relation IN ('organisation', 'client', 'community')),
    CONSTRAINT uq_incident_partner_issuer UNIQUE (issuer)
);

CREATE TABLE incident (
    id TEXT NOT NULL,
    partner_id TEXT,
    type TEXT NOT NULL,
    trigger_key TEXT,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_incident PRIMARY KEY (id),
    CONSTRAINT ck_incident_type CHECK (type IN ('signing_key_leaked', 'forged_or_cloned_tickets', 'gate_or_validator_outage', 'wrong_tariff_or_price', 'personal_data_breach', 'payment_fraud_wave', 'supplier_or_software_vulnerability', 'other_failure')),
    CONSTRAINT uq_incident_trigger_key UNIQUE (trigger_key),
    CONSTRAINT fk_incident_partner_id_incident_partner FOREIGN KEY(partner_id) REFERENCES incident_partner (id)
);

CREATE TABLE incident_step (
    id TEXT NOT NULL,
    incident_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    partner_id TEXT,
    origin TEXT,
    tlp TEXT,
    status TEXT,
    document TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_incident_step PRIMARY KEY (id),
    CONSTRAINT ck_incident_step_kind CHECK (kind IN ('draft', 'shared', 'received', 'answer', 'submitted', 'missed', 'action')),
    CONSTRAINT ck_incident_step_record CHECK ((kind IN ('draft', 'shared', 'received')) = (tlp IS NOT NULL AND status IS NOT NULL)),
    CONSTRAINT ck_incident_step_tlp CHECK (tlp IN ('CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED')),
    CONSTRAINT uq_incident_step_incident_id_seq UNIQUE (incident_id, seq),
    CONSTRAINT uq_incident_step_previous UNIQUE (previous),
    CONSTRAINT uq_incident_step_partner_id_origin UNIQUE (partner_id, origin),
    CONSTRAINT fk_incident_step_incident_id_incident FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_incident_step_partner_id_incident_partner FOREIGN KEY(partner_id) REFERENCES incident_partner (id)
);

CREATE TABLE incident_recipient (
    incident_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    named_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_incident_recipient PRIMARY KEY (incident_id, partner_id),
    CONSTRAINT fk_incident_recipient_incident_id_incident FOREIGN KEY(incident_id) REFERENCES incident (id),
    CONSTRAINT fk_incident_recipient_partner_id_incident_partner FOREIGN KEY(partner_id) REFERENCES incident_partner (id)
);

CREATE TABLE incident_delivery (
    step_id TEXT NOT NULL,
    partner_id TEXT NOT NULL,
    way TEXT NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries BIGINT NOT NULL,
    delivered_at TIMESTAMP WITH TIME ZONE,
    detail TEXT NOT NULL,
    CONSTRAINT pk_incident_delivery PRIMARY KEY (step_id, partner_id, way),
    CONSTRAINT ck_incident_delivery_way CHECK (way IN ('http', 'mail')),
    CONSTRAINT fk_incident_delivery_step_id_incident_step FOREIGN KEY(step_id) REFERENCES incident_step (id),
    CONSTRAINT fk_incident_delivery_partner_id_incident_partner FOREIGN KEY(partner_id) REFERENCES incident_partner (id)
);

CREATE TABLE withdrawn_kid (
    issuer TEXT NOT NULL,
    kid TEXT NOT NULL,
    incident_id TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    withdrawn_by TEXT NOT NULL,
    CONSTRAINT pk_withdrawn_kid PRIMARY KEY (issuer, kid),
    CONSTRAINT fk_withdrawn_kid_incident_id_incident FOREIGN KEY(incident_id) REFERENCES incident (id)
);

CREATE INDEX ix_incident_step_kind ON incident_step (kind, id);
CREATE INDEX ix_incident_delivery_due ON incident_delivery (delivered_at, due_at);
CREATE INDEX ix_incident_delivery_partner_id ON incident_delivery (partner_id);
