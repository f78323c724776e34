-- The guards of holds, on the table that was made anew.

CREATE TRIGGER place_hold_no_delete BEFORE DELETE ON place_hold BEGIN SELECT RAISE(ABORT, 'a hold stays'); END;
CREATE TRIGGER place_hold_same BEFORE UPDATE ON place_hold WHEN NEW.id IS NOT OLD.id OR NEW.order_id IS NOT OLD.order_id OR NEW.leg IS NOT OLD.leg OR NEW.option_id IS NOT OLD.option_id OR NEW.operator IS NOT OLD.operator OR NEW.trip_id IS NOT OLD.trip_id OR NEW.service_date IS NOT OLD.service_date OR NEW.from_stop IS NOT OLD.from_stop OR NEW.to_stop IS NOT OLD.to_stop OR NEW.departs_at IS NOT OLD.departs_at OR NEW.arrives_at IS NOT OLD.arrives_at OR NEW.was_trip_id IS NOT OLD.was_trip_id OR NEW.was_service_date IS NOT OLD.was_service_date OR NEW.was_departs_at IS NOT OLD.was_departs_at OR NEW.was_arrives_at IS NOT OLD.was_arrives_at OR NEW.made_at IS NOT OLD.made_at
        BEGIN SELECT RAISE(ABORT, 'a hold stays what it is about'); END;
CREATE TRIGGER place_hold_ended BEFORE UPDATE ON place_hold WHEN OLD.state IN ('answered', 'kept', 'released')
        BEGIN SELECT RAISE(ABORT, 'a hold that has ended stays so'); END;
