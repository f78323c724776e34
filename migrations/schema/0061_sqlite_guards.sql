-- Guards: the gateway's own account: its lines, payouts and balances.

CREATE TRIGGER gateway_line_no_update BEFORE UPDATE ON gateway_line BEGIN SELECT RAISE(ABORT, 'gateway_line is append-only'); END;
CREATE TRIGGER gateway_line_no_delete BEFORE DELETE ON gateway_line BEGIN SELECT RAISE(ABORT, 'gateway_line is append-only'); END;
CREATE TRIGGER gateway_payout_no_update BEFORE UPDATE ON gateway_payout BEGIN SELECT RAISE(ABORT, 'gateway_payout is append-only'); END;
CREATE TRIGGER gateway_payout_no_delete BEFORE DELETE ON gateway_payout BEGIN SELECT RAISE(ABORT, 'gateway_payout is append-only'); END;
CREATE TRIGGER gateway_balance_no_update BEFORE UPDATE ON gateway_balance BEGIN SELECT RAISE(ABORT, 'gateway_balance is append-only'); END;
CREATE TRIGGER gateway_balance_no_delete BEFORE DELETE ON gateway_balance BEGIN SELECT RAISE(ABORT, 'gateway_balance is append-only'); END;
