-- The gateway's own account: its lines, payouts and balances.

CREATE TABLE gateway_line (
    gateway TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    charge_id TEXT,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    fee_minor INTEGER NOT NULL,
    exchanged_currency TEXT NOT NULL,
    exchanged_minor INTEGER NOT NULL,
    description TEXT NOT NULL,
    region TEXT NOT NULL,
    at TEXT NOT NULL,
    learned_at TEXT NOT NULL,
    verdict TEXT NOT NULL,
    CONSTRAINT pk_gateway_line PRIMARY KEY (gateway, id)
)
 STRICT;

CREATE INDEX ix_gateway_line_at ON gateway_line (at);
CREATE INDEX ix_gateway_line_charge_id ON gateway_line (charge_id);

CREATE TABLE gateway_payout (
    gateway TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    arrives_on TEXT NOT NULL,
    trace TEXT NOT NULL,
    payer TEXT NOT NULL,
    reason TEXT NOT NULL,
    region TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_gateway_payout PRIMARY KEY (gateway, id, state)
)
 STRICT;

CREATE TABLE gateway_balance (
    gateway TEXT NOT NULL,
    currency TEXT NOT NULL,
    at TEXT NOT NULL,
    balance_minor INTEGER NOT NULL,
    lines_minor INTEGER NOT NULL,
    books_minor INTEGER NOT NULL,
    CONSTRAINT pk_gateway_balance PRIMARY KEY (gateway, currency, at)
)
 STRICT;
