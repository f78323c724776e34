-- The guards of incidents: what was said stays said.

CREATE TRIGGER incident_no_change BEFORE UPDATE OR DELETE ON incident FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_no_truncate BEFORE TRUNCATE ON incident FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_step_no_change BEFORE UPDATE OR DELETE ON incident_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_step_no_truncate BEFORE TRUNCATE ON incident_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_recipient_no_change BEFORE UPDATE OR DELETE ON incident_recipient FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER incident_recipient_no_truncate BEFORE TRUNCATE ON incident_recipient FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER withdrawn_kid_no_change BEFORE UPDATE OR DELETE ON withdrawn_kid FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER withdrawn_kid_no_truncate BEFORE TRUNCATE ON withdrawn_kid FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
