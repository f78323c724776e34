-- The guards of compensation over a bank account: a claim that was paid is opened again where the money came back, and a
-- transfer keeps what was released.

CREATE OR REPLACE FUNCTION guard_claim() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.id IS DISTINCT FROM OLD.id OR NEW.region IS DISTINCT FROM OLD.region OR NEW.jti IS DISTINCT FROM OLD.jti OR NEW.leg IS DISTINCT FROM OLD.leg OR NEW.regime IS DISTINCT FROM OLD.regime OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.operator IS DISTINCT FROM OLD.operator OR NEW.trip_id IS DISTINCT FROM OLD.trip_id OR NEW.service_date IS DISTINCT FROM OLD.service_date OR NEW.price_minor IS DISTINCT FROM OLD.price_minor OR NEW.currency IS DISTINCT FROM OLD.currency OR NEW.opened_at IS DISTINCT FROM OLD.opened_at THEN
                RAISE EXCEPTION 'a claim stays what it is about' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF OLD.state NOT IN ('not_decided', 'contested') AND (NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.facts IS DISTINCT FROM OLD.facts OR NEW.decision IS DISTINCT FROM OLD.decision OR NEW.rule_version IS DISTINCT FROM OLD.rule_version OR NEW.evidence IS DISTINCT FROM OLD.evidence) THEN
                RAISE EXCEPTION 'a claim keeps what it was decided from' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF (OLD.state = 'refused' AND NEW.state IS DISTINCT FROM OLD.state) OR (OLD.state = 'paid' AND NEW.state NOT IN ('paid', 'paying', 'needs_account')) THEN
                RAISE EXCEPTION 'a claim that has ended stays so' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION guard_claim_payout_run() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.id IS DISTINCT FROM OLD.id OR NEW.region IS DISTINCT FROM OLD.region OR NEW.demo IS DISTINCT FROM OLD.demo OR NEW.payer_id IS DISTINCT FROM OLD.payer_id OR NEW.due IS DISTINCT FROM OLD.due OR NEW.digest IS DISTINCT FROM OLD.digest OR NEW.prepared_by IS DISTINCT FROM OLD.prepared_by OR NEW.prepared_at IS DISTINCT FROM OLD.prepared_at THEN
                RAISE EXCEPTION 'a transfer keeps what it is' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF OLD.state <> 'prepared' AND (NEW.state IS DISTINCT FROM OLD.state OR NEW.decided_by IS DISTINCT FROM OLD.decided_by OR NEW.decided_at IS DISTINCT FROM OLD.decided_at) THEN
                RAISE EXCEPTION 'a transfer goes no step back' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER claim_payout_run_same BEFORE UPDATE ON claim_payout_run FOR EACH ROW EXECUTE FUNCTION guard_claim_payout_run();
CREATE TRIGGER claim_payout_run_no_delete BEFORE DELETE ON claim_payout_run FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_payout_run_no_truncate BEFORE TRUNCATE ON claim_payout_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION guard_claim_payout() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.id IS DISTINCT FROM OLD.id OR NEW.run_id IS DISTINCT FROM OLD.run_id OR NEW.claim_id IS DISTINCT FROM OLD.claim_id OR NEW.attempt IS DISTINCT FROM OLD.attempt OR NEW.account_seq IS DISTINCT FROM OLD.account_seq OR NEW.amount_minor IS DISTINCT FROM OLD.amount_minor OR NEW.currency IS DISTINCT FROM OLD.currency THEN
                RAISE EXCEPTION 'a transfer keeps what it is' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF (OLD.state IN ('withdrawn', 'returned') AND NEW.state IS DISTINCT FROM OLD.state) OR (OLD.state = 'released' AND NEW.state NOT IN ('released', 'paid', 'returned')) OR (OLD.state = 'paid' AND NEW.state NOT IN ('paid', 'returned')) THEN
                RAISE EXCEPTION 'a transfer goes no step back' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER claim_payout_same BEFORE UPDATE ON claim_payout FOR EACH ROW EXECUTE FUNCTION guard_claim_payout();
CREATE TRIGGER claim_payout_no_delete BEFORE DELETE ON claim_payout FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_payout_no_truncate BEFORE TRUNCATE ON claim_payout FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION guard_claim_account() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.claim_id IS DISTINCT FROM OLD.claim_id OR NEW.seq IS DISTINCT FROM OLD.seq OR NEW.hint IS DISTINCT FROM OLD.hint OR NEW.given_at IS DISTINCT FROM OLD.given_at OR (NEW.holder IS NOT NULL AND NEW.holder IS DISTINCT FROM OLD.holder) OR (NEW.iban IS NOT NULL AND NEW.iban IS DISTINCT FROM OLD.iban) THEN
                RAISE EXCEPTION 'an account is erased, and not changed' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER claim_account_same BEFORE UPDATE ON claim_account FOR EACH ROW EXECUTE FUNCTION guard_claim_account();
CREATE TRIGGER claim_account_no_delete BEFORE DELETE ON claim_account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER claim_account_no_truncate BEFORE TRUNCATE ON claim_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
