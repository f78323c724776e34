-- Guards: what the bank tells beyond its lines: balances, batches, refusals, and payments made again.

CREATE TRIGGER bank_statement_append_only BEFORE DELETE OR UPDATE ON bank_statement FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_statement_no_truncate BEFORE TRUNCATE ON bank_statement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_part_append_only BEFORE DELETE OR UPDATE ON batch_part FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_part_no_truncate BEFORE TRUNCATE ON batch_part FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_refusal_append_only BEFORE DELETE OR UPDATE ON payment_refusal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_refusal_no_truncate BEFORE TRUNCATE ON payment_refusal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_again_append_only BEFORE DELETE OR UPDATE ON payment_again FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_again_no_truncate BEFORE TRUNCATE ON payment_again FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
