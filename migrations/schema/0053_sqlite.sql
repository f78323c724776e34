-- Guarantees of connections: the cases in which one was missed, each written once with its money.

CREATE TABLE guarantee_case (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    order_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    after_leg INTEGER NOT NULL,
    operator TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CONSTRAINT ck_guarantee_case_amount_not_negative CHECK (amount_minor >= 0),
    recourse_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    facts TEXT NOT NULL,
    decision TEXT NOT NULL,
    refund_id TEXT,
    decided_at TEXT NOT NULL,
    CONSTRAINT pk_guarantee_case PRIMARY KEY (id),
    CONSTRAINT ck_guarantee_case_recourse_within_amount CHECK (recourse_minor >= 0 AND recourse_minor <= amount_minor),
    CONSTRAINT uq_guarantee_case_jti_after_leg UNIQUE (jti, after_leg),
    CONSTRAINT fk_guarantee_case_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
)
 STRICT;

CREATE INDEX ix_guarantee_case_order_id ON guarantee_case (order_id);
CREATE INDEX ix_guarantee_case_operator ON guarantee_case (region, operator, decided_at);
