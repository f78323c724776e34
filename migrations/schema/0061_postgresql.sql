-- The gateway's own account: its lines, payouts and balances.

CREATE TABLE gateway_line (
    gateway TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    charge_id TEXT,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    fee_minor BIGINT NOT NULL,
    exchanged_currency TEXT NOT NULL,
    exchanged_minor BIGINT NOT NULL,
    description TEXT NOT NULL,
    region TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    learned_at TIMESTAMP WITH TIME ZONE NOT NULL,
    verdict TEXT NOT NULL,
    CONSTRAINT pk_gateway_line PRIMARY KEY (gateway, id)
);

CREATE INDEX ix_gateway_line_at ON gateway_line (at);
CREATE INDEX ix_gateway_line_charge_id ON gateway_line (charge_id);

CREATE TABLE gateway_payout (
    gateway TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    arrives_on TEXT NOT NULL,
    trace TEXT NOT NULL,
    payer TEXT NOT NULL,
    reason TEXT NOT NULL,
    region TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_gateway_payout PRIMARY KEY (gateway, id, state)
);

CREATE TABLE gateway_balance (
    gateway TEXT NOT NULL,
    currency TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    balance_minor BIGINT NOT NULL,
    lines_minor BIGINT NOT NULL,
    books_minor BIGINT NOT NULL,
    CONSTRAINT pk_gateway_balance PRIMARY KEY (gateway, currency, at)
);
