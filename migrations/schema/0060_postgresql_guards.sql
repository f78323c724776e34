-- Guards: what the bank tells beyond its lines: balances, batches, refusals, and payments made again.

CREATE TRIGGER bank_statement_append_only BEFORE DELETE OR UPDATE ON bank_statement FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_statement_no_truncate BEFORE TRUNCATE ON bank_statement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_part_append_only BEFORE DELETE OR UPDATE ON batch_part FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_part_no_truncate BEFORE TRUNCATE ON batch_part FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_refusal_append_only BEFORE DELETE OR UPDATE ON payment_refusal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_refusal_no_truncate BEFORE TRUNCATE ON payment_refusal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_again_append_only BEFORE DELETE OR UPDATE ON payment_again FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_again_no_truncate BEFORE TRUNCATE ON payment_again FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- A payment that the bank returns opens a reconciled run again.
CREATE OR REPLACE FUNCTION keep_run() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a run is never removed' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            IF NEW.id <> OLD.id OR NEW.region <> OLD.region OR NEW.period <> OLD.period OR NEW.version <> OLD.version OR NEW.prepared_by <> OLD.prepared_by OR NEW.created_at <> OLD.created_at OR OLD.state <> 'draft' AND (NEW.document <> OLD.document OR NEW.digest <> OLD.digest) THEN RAISE EXCEPTION 'a calculated run is frozen' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            IF OLD.state || '>' || NEW.state NOT IN ('draft>calculated', 'calculated>approved', 'calculated>rejected', 'calculated>voided', 'approved>exported', 'approved>voided', 'exported>sent', 'exported>voided', 'sent>reconciled', 'reconciled>sent') AND NOT (OLD.state = 'draft' AND NEW.state = 'draft' AND OLD.document = '{}') THEN RAISE EXCEPTION 'a run takes no such step' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            RETURN NEW;
        END $$;
