-- The guards of choices: one stays what it is about, one that has ended stays so, and none goes.

CREATE TRIGGER rerouting_no_delete BEFORE DELETE ON rerouting BEGIN SELECT RAISE(ABORT, 'a choice stays'); END;
CREATE TRIGGER rerouting_same BEFORE UPDATE ON rerouting WHEN NEW.id IS NOT OLD.id OR NEW.order_id IS NOT OLD.order_id OR NEW.leg IS NOT OLD.leg OR NEW.passengers IS NOT OLD.passengers OR NEW.kind IS NOT OLD.kind OR NEW.option_id IS NOT OLD.option_id OR NEW.operator IS NOT OLD.operator OR NEW.trip_id IS NOT OLD.trip_id OR NEW.service_date IS NOT OLD.service_date OR NEW.from_stop IS NOT OLD.from_stop OR NEW.to_stop IS NOT OLD.to_stop OR NEW.departs_at IS NOT OLD.departs_at OR NEW.arrives_at IS NOT OLD.arrives_at OR NEW.was_trip_id IS NOT OLD.was_trip_id OR NEW.was_service_date IS NOT OLD.was_service_date OR NEW.was_departs_at IS NOT OLD.was_departs_at OR NEW.was_arrives_at IS NOT OLD.was_arrives_at OR NEW.request_key IS NOT OLD.request_key OR NEW.created_at IS NOT OLD.created_at
        BEGIN SELECT RAISE(ABORT, 'a choice stays what it is about'); END;
CREATE TRIGGER rerouting_ended BEFORE UPDATE ON rerouting WHEN OLD.state IN ('done', 'failed')
        BEGIN SELECT RAISE(ABORT, 'a choice that has ended stays so'); END;
