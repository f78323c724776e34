-- Claims of passengers with their steps, the rule tables that they were decided by, and the runs that were looked at.

CREATE TABLE rule_table (
    version TEXT NOT NULL,
    regime TEXT NOT NULL,
    content TEXT NOT NULL,
    first_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rule_table PRIMARY KEY (version)
);

CREATE TABLE claim (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    jti TEXT NOT NULL,
    leg BIGINT NOT NULL,
    regime TEXT NOT NULL,
    order_id TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor BIGINT,
    price_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    facts TEXT NOT NULL,
    decision TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    evidence TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    refund_id TEXT,
    waits_for TEXT,
    CONSTRAINT pk_claim PRIMARY KEY (id),
    CONSTRAINT ck_claim_state CHECK (state IN ('not_decided', 'proposed', 'contested', 'decided', 'paying', 'paid', 'refused')),
    CONSTRAINT ck_claim_amount_within_price CHECK (amount_minor > 0 AND amount_minor <= price_minor),
    CONSTRAINT uq_claim_jti_leg_regime UNIQUE (jti, leg, regime),
    CONSTRAINT fk_claim_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id),
    CONSTRAINT fk_claim_rule_version_rule_table FOREIGN KEY(rule_version) REFERENCES rule_table (version)
);

CREATE INDEX ix_claim_operator ON claim (operator, opened_at);

CREATE INDEX ix_claim_order_id ON claim (order_id);

CREATE INDEX ix_claim_region ON claim (region, id);

CREATE INDEX ix_claim_state ON claim (state, due_at);

CREATE TABLE claim_step (
    claim_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_claim_step PRIMARY KEY (claim_id, seq),
    CONSTRAINT ck_claim_step_state CHECK (state IN ('not_decided', 'proposed', 'contested', 'decided', 'paying', 'paid', 'refused')),
    CONSTRAINT fk_claim_step_claim_id_claim FOREIGN KEY(claim_id) REFERENCES claim (id)
);

CREATE TABLE claim_run (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    next_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_claim_run PRIMARY KEY (region, operator, trip_id, service_date)
);

CREATE INDEX ix_claim_run_service_date ON claim_run (service_date);
