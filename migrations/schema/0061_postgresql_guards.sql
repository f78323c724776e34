-- Guards: the gateway's own account: its lines, payouts and balances.

CREATE TRIGGER gateway_line_append_only BEFORE DELETE OR UPDATE ON gateway_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gateway_line_no_truncate BEFORE TRUNCATE ON gateway_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gateway_payout_append_only BEFORE DELETE OR UPDATE ON gateway_payout FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gateway_payout_no_truncate BEFORE TRUNCATE ON gateway_payout FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gateway_balance_append_only BEFORE DELETE OR UPDATE ON gateway_balance FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER gateway_balance_no_truncate BEFORE TRUNCATE ON gateway_balance FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
