-- Four eyes are two people: keys and console of one person are one, and so are the keys of one line.
-- SQLite keeps no functions: a view tells the person behind a name or a key, and who is in no table is their own name.

CREATE VIEW actor_person AS
    SELECT 'key ' || id AS actor, COALESCE('staff ' || staff_id, 'key ' || COALESCE(line, id)) AS person FROM api_key
    UNION ALL SELECT name, 'staff ' || id FROM staff_member
    UNION ALL SELECT name_key, 'staff ' || id FROM staff_member WHERE name_key <> name;

DROP TRIGGER IF EXISTS run_four_eyes;
CREATE TRIGGER run_four_eyes BEFORE INSERT ON run_step
        WHEN NEW.state = 'approved' AND COALESCE((SELECT person FROM actor_person WHERE actor = NEW.actor), (SELECT person FROM actor_person WHERE actor = lower(NEW.actor)), lower(NEW.actor)) = (SELECT COALESCE((SELECT person FROM actor_person WHERE actor = r.prepared_by), (SELECT person FROM actor_person WHERE actor = lower(r.prepared_by)), lower(r.prepared_by)) FROM settlement_run r WHERE r.id = NEW.run_id)
        BEGIN SELECT RAISE(ABORT, 'who prepared a run does not approve it'); END;
DROP TRIGGER IF EXISTS bank_match_four_eyes;
CREATE TRIGGER bank_match_four_eyes BEFORE INSERT ON bank_match
        WHEN NEW.kind = 'cleared' AND COALESCE((SELECT person FROM actor_person WHERE actor = NEW.actor), (SELECT person FROM actor_person WHERE actor = lower(NEW.actor)), lower(NEW.actor)) = (SELECT COALESCE((SELECT person FROM actor_person WHERE actor = b.actor), (SELECT person FROM actor_person WHERE actor = lower(b.actor)), lower(b.actor)) FROM bank_match b WHERE b.line_id = NEW.line_id AND b.kind IN ('payment', 'receipt', 'payout', 'suspense', 'bank_fee', 'fx') ORDER BY b.seq DESC LIMIT 1)
        BEGIN SELECT RAISE(ABORT, 'who booked a line does not clear its suspense'); END;
DROP TRIGGER IF EXISTS approval_four_eyes;
CREATE TRIGGER approval_four_eyes BEFORE INSERT ON approval
        WHEN COALESCE((SELECT person FROM actor_person WHERE actor = NEW.actor), (SELECT person FROM actor_person WHERE actor = lower(NEW.actor)), lower(NEW.actor)) = (SELECT COALESCE((SELECT person FROM actor_person WHERE actor = a.entered_by), (SELECT person FROM actor_person WHERE actor = lower(a.entered_by)), lower(a.entered_by)) FROM bank_account a WHERE a.id = NEW.subject_id)
        BEGIN SELECT RAISE(ABORT, 'who entered an account does not approve it'); END;
CREATE TRIGGER claim_payout_run_four_eyes BEFORE UPDATE ON claim_payout_run
        WHEN NEW.state = 'released' AND OLD.state <> 'released' AND COALESCE((SELECT person FROM actor_person WHERE actor = NEW.decided_by), (SELECT person FROM actor_person WHERE actor = lower(NEW.decided_by)), lower(NEW.decided_by)) = COALESCE((SELECT person FROM actor_person WHERE actor = NEW.prepared_by), (SELECT person FROM actor_person WHERE actor = lower(NEW.prepared_by)), lower(NEW.prepared_by))
        BEGIN SELECT RAISE(ABORT, 'who prepared transfers does not release them'); END;

-- A key stays its owner's, and a person keeps the name that signs what they did.
CREATE TRIGGER api_key_owner_stays BEFORE UPDATE ON api_key WHEN OLD.staff_id IS NOT NULL AND NEW.staff_id IS NOT OLD.staff_id
        BEGIN SELECT RAISE(ABORT, 'a key stays its owner''s'); END;
CREATE TRIGGER staff_member_name_stays BEFORE UPDATE ON staff_member WHEN NEW.name <> OLD.name OR NEW.name_key <> OLD.name_key
        BEGIN SELECT RAISE(ABORT, 'a person keeps the name that signs what they did'); END;
