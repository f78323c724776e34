-- The guards of claims: steps and rule tables are facts; a claim keeps what it was decided from, and one that has ended stays so.

CREATE FUNCTION guard_claim() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.id IS DISTINCT FROM OLD.id OR NEW.region IS DISTINCT FROM OLD.region OR NEW.jti IS DISTINCT FROM OLD.jti OR NEW.leg IS DISTINCT FROM OLD.leg OR NEW.regime IS DISTINCT FROM OLD.regime OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.operator IS DISTINCT FROM OLD.operator OR NEW.trip_id IS DISTINCT FROM OLD.trip_id OR NEW.service_date IS DISTINCT FROM OLD.service_date OR NEW.price_minor IS DISTINCT FROM OLD.price_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.opened_at IS DISTINCT FROM OLD.opened_at THEN
                RAISE EXCEPTION 'a claim stays what it is about' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF OLD.state NOT IN ('not_decided', 'contested') AND (NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.decision IS DISTINCT FROM OLD.decision OR NEW.rule_version IS DISTINCT FROM OLD.rule_version OR NEW.evidence IS DISTINCT FROM OLD.evidence) THEN
                RAISE EXCEPTION 'a claim keeps what it was decided from' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF OLD.state IN ('paid', 'refused') AND NEW.state IS DISTINCT FROM OLD.state THEN
                RAISE EXCEPTION 'a claim that has ended stays so' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER claim_as_decided BEFORE UPDATE ON claim FOR EACH ROW EXECUTE FUNCTION guard_claim();
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_no_truncate BEFORE TRUNCATE ON claim FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_table_no_update BEFORE UPDATE ON rule_table FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_table_no_delete BEFORE DELETE ON rule_table FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rule_table_no_truncate BEFORE TRUNCATE ON rule_table FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_step_no_update BEFORE UPDATE ON claim_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_step_no_delete BEFORE DELETE ON claim_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_step_no_truncate BEFORE TRUNCATE ON claim_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
