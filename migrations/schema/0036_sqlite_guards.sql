-- The guards of observations: a fact is never changed, and goes only when it has been kept long enough.

CREATE TRIGGER observation_no_update BEFORE UPDATE ON observation BEGIN SELECT RAISE(ABORT, 'observation is append-only'); END;
CREATE TRIGGER observation_no_delete BEFORE DELETE ON observation WHEN NOT EXISTS (
        SELECT 1 FROM observation_retention WHERE OLD.service_date < all_before OR (OLD.service_date < quiet_before AND NOT EXISTS (
            SELECT 1 FROM run_state WHERE region = OLD.region AND operator = OLD.operator AND trip_id = OLD.trip_id AND service_date = OLD.service_date)))
        BEGIN SELECT RAISE(ABORT, 'observation is append-only'); END;
CREATE TRIGGER raw_message_no_update BEFORE UPDATE ON raw_message BEGIN SELECT RAISE(ABORT, 'raw_message is append-only'); END;
CREATE TRIGGER raw_message_no_delete BEFORE DELETE ON raw_message WHEN NOT EXISTS (SELECT 1 FROM observation_retention WHERE OLD.received_at < raw_before)
        BEGIN SELECT RAISE(ABORT, 'raw_message is append-only'); END;
CREATE TRIGGER observation_retention_forward BEFORE UPDATE ON observation_retention
        WHEN NEW.quiet_before < OLD.quiet_before OR NEW.all_before < OLD.all_before OR NEW.raw_before < OLD.raw_before
        BEGIN SELECT RAISE(ABORT, 'what was let go is gone'); END;
CREATE TRIGGER observation_retention_stays BEFORE DELETE ON observation_retention BEGIN SELECT RAISE(ABORT, 'what was let go is gone'); END;
