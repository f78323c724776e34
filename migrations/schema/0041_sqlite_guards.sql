-- The guards of claims: steps and rule tables are facts; a claim keeps what it was decided from, and one that has ended stays so.

CREATE TRIGGER rule_table_no_update BEFORE UPDATE ON rule_table BEGIN SELECT RAISE(ABORT, 'rule_table is append-only'); END;
CREATE TRIGGER rule_table_no_delete BEFORE DELETE ON rule_table BEGIN SELECT RAISE(ABORT, 'rule_table is append-only'); END;
CREATE TRIGGER claim_step_no_update BEFORE UPDATE ON claim_step BEGIN SELECT RAISE(ABORT, 'claim_step is append-only'); END;
CREATE TRIGGER claim_step_no_delete BEFORE DELETE ON claim_step BEGIN SELECT RAISE(ABORT, 'claim_step is append-only'); END;
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'a claim stays'); END;
CREATE TRIGGER claim_same BEFORE UPDATE ON claim WHEN NEW.id IS NOT OLD.id OR NEW.region IS NOT OLD.region OR NEW.jti IS NOT OLD.jti OR NEW.leg IS NOT OLD.leg OR NEW.regime IS NOT OLD.regime OR NEW.order_id IS NOT OLD.order_id OR NEW.operator IS NOT OLD.operator OR NEW.trip_id IS NOT OLD.trip_id OR NEW.service_date IS NOT OLD.service_date OR NEW.price_minor IS NOT OLD.price_minor OR NEW.currency IS NOT OLD.currency OR NEW.opened_at IS NOT OLD.opened_at
        BEGIN SELECT RAISE(ABORT, 'a claim stays what it is about'); END;
CREATE TRIGGER claim_as_decided BEFORE UPDATE ON claim WHEN OLD.state NOT IN ('not_decided', 'contested') AND (NEW.amount_minor IS NOT OLD.amount_minor OR NEW.facts IS NOT OLD.facts OR NEW.decision IS NOT OLD.decision OR NEW.rule_version IS NOT OLD.rule_version OR NEW.evidence IS NOT OLD.evidence)
        BEGIN SELECT RAISE(ABORT, 'a claim keeps what it was decided from'); END;
CREATE TRIGGER claim_ended BEFORE UPDATE ON claim WHEN OLD.state IN ('paid', 'refused') AND NEW.state IS NOT OLD.state
        BEGIN SELECT RAISE(ABORT, 'a claim that has ended stays so'); END;
