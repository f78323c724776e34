-- The guards of holds: one stays what it is about, one that has ended stays so, and none goes.

CREATE FUNCTION guard_place_hold() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.leg IS DISTINCT FROM OLD.leg OR NEW.option_id IS DISTINCT FROM OLD.option_id OR NEW.operator IS DISTINCT FROM OLD.operator OR NEW.trip_id IS DISTINCT FROM OLD.trip_id OR NEW.service_date IS DISTINCT FROM OLD.service_date OR NEW.from_stop IS DISTINCT FROM OLD.from_stop OR NEW.to_stop IS DISTINCT FROM OLD.to_stop OR NEW.departs_at IS DISTINCT FROM OLD.departs_at OR NEW.arrives_at IS DISTINCT FROM OLD.arrives_at OR NEW.was_trip_id IS DISTINCT FROM OLD.was_trip_id OR NEW.was_service_date IS DISTINCT FROM OLD.was_service_date OR NEW.was_departs_at IS DISTINCT FROM OLD.was_departs_at OR NEW.was_arrives_at IS DISTINCT FROM OLD.was_arrives_at OR NEW.made_at IS DISTINCT FROM OLD.made_at THEN
                RAISE EXCEPTION 'a hold stays what it is about' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF OLD.state IN ('answered', 'kept', 'released') THEN
                RAISE EXCEPTION 'a hold that has ended stays so' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER place_hold_as_held BEFORE UPDATE ON place_hold FOR EACH ROW EXECUTE FUNCTION guard_place_hold();
CREATE TRIGGER place_hold_no_delete BEFORE DELETE ON place_hold FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER place_hold_no_truncate BEFORE TRUNCATE ON place_hold FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
