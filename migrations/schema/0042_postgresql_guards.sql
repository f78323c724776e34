-- The guards of choices: one stays what it is about, one that has ended stays so, and none goes.

CREATE FUNCTION guard_rerouting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.id IS DISTINCT FROM OLD.id OR NEW.order_id IS DISTINCT FROM OLD.order_id OR NEW.leg IS DISTINCT FROM OLD.leg OR NEW.passengers IS DISTINCT FROM OLD.passengers OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.option_id IS DISTINCT FROM OLD.option_id OR NEW.operator IS DISTINCT FROM OLD.operator OR NEW.trip_id IS DISTINCT FROM OLD.trip_id OR NEW.service_date IS DISTINCT FROM OLD.service_date OR NEW.from_stop IS DISTINCT FROM OLD.from_stop OR NEW.to_stop IS DISTINCT FROM OLD.to_stop OR NEW.departs_at IS DISTINCT FROM OLD.departs_at OR NEW.arrives_at IS DISTINCT FROM OLD.arrives_at OR NEW.was_trip_id IS DISTINCT FROM OLD.was_trip_id OR NEW.was_service_date IS DISTINCT FROM OLD.was_service_date OR NEW.was_departs_at IS DISTINCT FROM OLD.was_departs_at OR NEW.was_arrives_at IS DISTINCT FROM OLD.was_arrives_at OR NEW.request_key IS DISTINCT FROM OLD.request_key OR NEW.created_at IS DISTINCT FROM OLD.created_at THEN
                RAISE EXCEPTION 'a choice stays what it is about' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF OLD.state IN ('done', 'failed') THEN
                RAISE EXCEPTION 'a choice that has ended stays so' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER rerouting_as_chosen BEFORE UPDATE ON rerouting FOR EACH ROW EXECUTE FUNCTION guard_rerouting();
CREATE TRIGGER rerouting_no_delete BEFORE DELETE ON rerouting FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER rerouting_no_truncate BEFORE TRUNCATE ON rerouting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
