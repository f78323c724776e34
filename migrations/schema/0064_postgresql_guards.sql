-- Four eyes are two people: keys and console of one person are one, and so are the keys of one line.

CREATE FUNCTION person_of(actor text) RETURNS text
    LANGUAGE sql STABLE
    AS $$
        SELECT COALESCE(
            (SELECT COALESCE('staff ' || k.staff_id, 'key ' || COALESCE(k.line, k.id)) FROM api_key k
                WHERE actor LIKE 'key %' AND k.id = substr(actor, 5)),
            (SELECT 'staff ' || m.id FROM staff_member m WHERE m.name = actor OR m.name_key = lower(actor)),
            lower(actor))
    $$;

CREATE OR REPLACE FUNCTION four_eyes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.state = 'approved' AND person_of(NEW.actor) = person_of((SELECT prepared_by FROM settlement_run WHERE id = NEW.run_id)) THEN
                RAISE EXCEPTION 'who prepared a run does not approve it' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE OR REPLACE FUNCTION four_eyes_at_the_bank() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.kind = 'cleared' AND person_of(NEW.actor) = person_of((SELECT actor FROM bank_match WHERE line_id = NEW.line_id AND kind IN ('payment', 'receipt', 'payout', 'suspense', 'bank_fee', 'fx') ORDER BY seq DESC LIMIT 1)) THEN
                RAISE EXCEPTION 'who booked a line does not clear its suspense' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE OR REPLACE FUNCTION guard_approval_four_eyes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF person_of(NEW.actor) = person_of((SELECT entered_by FROM bank_account WHERE id = NEW.subject_id)) THEN
                RAISE EXCEPTION 'who entered an account does not approve it' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION guard_payout_four_eyes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.state = 'released' AND OLD.state <> 'released' AND person_of(NEW.decided_by) = person_of(NEW.prepared_by) THEN
                RAISE EXCEPTION 'who prepared transfers does not release them' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
CREATE TRIGGER claim_payout_run_four_eyes BEFORE UPDATE ON claim_payout_run FOR EACH ROW EXECUTE FUNCTION guard_payout_four_eyes();

-- A key stays its owner's, and a person keeps the name that signs what they did.
CREATE FUNCTION guard_owner_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF OLD.staff_id IS NOT NULL AND NEW.staff_id IS DISTINCT FROM OLD.staff_id THEN
                RAISE EXCEPTION 'a key stays its owner''s' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
CREATE TRIGGER api_key_owner_stays BEFORE UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION guard_owner_stays();

CREATE FUNCTION guard_name_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.name <> OLD.name OR NEW.name_key <> OLD.name_key THEN
                RAISE EXCEPTION 'a person keeps the name that signs what they did' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
CREATE TRIGGER staff_member_name_stays BEFORE UPDATE ON staff_member FOR EACH ROW EXECUTE FUNCTION guard_name_stays();
