-- The guards of observations: a fact is never changed, and goes only when it has been kept long enough.

CREATE FUNCTION guard_observation_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM observation_retention WHERE OLD.service_date < all_before OR (OLD.service_date < quiet_before AND NOT EXISTS (
                    SELECT 1 FROM run_state WHERE region = OLD.region AND operator = OLD.operator AND trip_id = OLD.trip_id AND service_date = OLD.service_date))) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'observation is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$;

CREATE FUNCTION guard_raw_message_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM observation_retention WHERE OLD.received_at < raw_before) THEN RETURN OLD; END IF;
            RAISE EXCEPTION 'raw_message is append-only' USING ERRCODE = 'integrity_constraint_violation';
        END $$;

CREATE TRIGGER observation_kept BEFORE DELETE ON observation FOR EACH ROW EXECUTE FUNCTION guard_observation_kept();
CREATE TRIGGER observation_no_update BEFORE UPDATE ON observation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_no_truncate BEFORE TRUNCATE ON observation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER raw_message_kept BEFORE DELETE ON raw_message FOR EACH ROW EXECUTE FUNCTION guard_raw_message_kept();
CREATE TRIGGER raw_message_no_update BEFORE UPDATE ON raw_message FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER raw_message_no_truncate BEFORE TRUNCATE ON raw_message FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_retention_forward BEFORE UPDATE ON observation_retention FOR EACH ROW
    WHEN (NEW.quiet_before < OLD.quiet_before OR NEW.all_before < OLD.all_before OR NEW.raw_before < OLD.raw_before) EXECUTE FUNCTION only_forward();
CREATE TRIGGER observation_retention_stays BEFORE DELETE ON observation_retention FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER observation_retention_no_truncate BEFORE TRUNCATE ON observation_retention FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
