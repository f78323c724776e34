-- The guards of compensation over a bank account: a claim that was paid is opened again where the money came back, and a
-- transfer keeps what was released.

CREATE TRIGGER claim_step_no_update BEFORE UPDATE ON claim_step BEGIN SELECT RAISE(ABORT, 'claim_step is append-only'); END;
CREATE TRIGGER claim_step_no_delete BEFORE DELETE ON claim_step BEGIN SELECT RAISE(ABORT, 'claim_step is append-only'); END;
CREATE TRIGGER claim_no_delete BEFORE DELETE ON claim BEGIN SELECT RAISE(ABORT, 'a claim stays'); END;
CREATE TRIGGER claim_same BEFORE UPDATE ON claim WHEN NEW.id IS NOT OLD.id OR NEW.region IS NOT OLD.region OR NEW.jti IS NOT OLD.jti OR NEW.leg IS NOT OLD.leg OR NEW.regime IS NOT OLD.regime OR NEW.order_id IS NOT OLD.order_id OR NEW.operator IS NOT OLD.operator OR NEW.trip_id IS NOT OLD.trip_id OR NEW.service_date IS NOT OLD.service_date OR NEW.price_minor IS NOT OLD.price_minor OR NEW.currency IS NOT OLD.currency OR NEW.opened_at IS NOT OLD.opened_at
        BEGIN SELECT RAISE(ABORT, 'a claim stays what it is about'); END;
CREATE TRIGGER claim_as_decided BEFORE UPDATE ON claim WHEN OLD.state NOT IN ('not_decided', 'contested') AND (NEW.amount_minor IS NOT OLD.amount_minor OR NEW.facts IS NOT OLD.facts OR NEW.decision IS NOT OLD.decision OR NEW.rule_version IS NOT OLD.rule_version OR NEW.evidence IS NOT OLD.evidence)
        BEGIN SELECT RAISE(ABORT, 'a claim keeps what it was decided from'); END;
CREATE TRIGGER claim_ended BEFORE UPDATE ON claim WHEN (OLD.state = 'refused' AND NEW.state IS NOT OLD.state) OR (OLD.state = 'paid' AND NEW.state NOT IN ('paid', 'paying', 'needs_account'))
        BEGIN SELECT RAISE(ABORT, 'a claim that has ended stays so'); END;
CREATE TRIGGER claim_payout_run_no_delete BEFORE DELETE ON claim_payout_run BEGIN SELECT RAISE(ABORT, 'claim_payout_run stays'); END;
CREATE TRIGGER claim_payout_run_same BEFORE UPDATE ON claim_payout_run WHEN NEW.id IS NOT OLD.id OR NEW.region IS NOT OLD.region OR NEW.demo IS NOT OLD.demo OR NEW.payer_id IS NOT OLD.payer_id OR NEW.due IS NOT OLD.due OR NEW.digest IS NOT OLD.digest OR NEW.prepared_by IS NOT OLD.prepared_by OR NEW.prepared_at IS NOT OLD.prepared_at
        BEGIN SELECT RAISE(ABORT, 'a transfer keeps what it is'); END;
CREATE TRIGGER claim_payout_run_ended BEFORE UPDATE ON claim_payout_run WHEN OLD.state <> 'prepared' AND (NEW.state IS NOT OLD.state OR NEW.decided_by IS NOT OLD.decided_by OR NEW.decided_at IS NOT OLD.decided_at)
        BEGIN SELECT RAISE(ABORT, 'a transfer goes no step back'); END;
CREATE TRIGGER claim_payout_no_delete BEFORE DELETE ON claim_payout BEGIN SELECT RAISE(ABORT, 'claim_payout stays'); END;
CREATE TRIGGER claim_payout_same BEFORE UPDATE ON claim_payout WHEN NEW.id IS NOT OLD.id OR NEW.run_id IS NOT OLD.run_id OR NEW.claim_id IS NOT OLD.claim_id OR NEW.attempt IS NOT OLD.attempt OR NEW.account_seq IS NOT OLD.account_seq OR NEW.amount_minor IS NOT OLD.amount_minor OR NEW.currency IS NOT OLD.currency
        BEGIN SELECT RAISE(ABORT, 'a transfer keeps what it is'); END;
CREATE TRIGGER claim_payout_ended BEFORE UPDATE ON claim_payout WHEN (OLD.state IN ('withdrawn', 'returned') AND NEW.state IS NOT OLD.state) OR (OLD.state = 'released' AND NEW.state NOT IN ('released', 'paid', 'returned')) OR (OLD.state = 'paid' AND NEW.state NOT IN ('paid', 'returned'))
        BEGIN SELECT RAISE(ABORT, 'a transfer goes no step back'); END;
CREATE TRIGGER claim_account_no_delete BEFORE DELETE ON claim_account BEGIN SELECT RAISE(ABORT, 'claim_account stays'); END;
CREATE TRIGGER claim_account_same BEFORE UPDATE ON claim_account WHEN NEW.claim_id IS NOT OLD.claim_id OR NEW.seq IS NOT OLD.seq OR NEW.hint IS NOT OLD.hint OR NEW.given_at IS NOT OLD.given_at OR (NEW.holder IS NOT NULL AND NEW.holder IS NOT OLD.holder) OR (NEW.iban IS NOT NULL AND NEW.iban IS NOT OLD.iban)
        BEGIN SELECT RAISE(ABORT, 'an account is erased, and not changed'); END;
