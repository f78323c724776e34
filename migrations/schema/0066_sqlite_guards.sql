-- The guards of incidents: what was said stays said.

CREATE TRIGGER incident_no_update BEFORE UPDATE ON incident BEGIN SELECT RAISE(ABORT, 'incident is append-only'); END;
CREATE TRIGGER incident_no_delete BEFORE DELETE ON incident BEGIN SELECT RAISE(ABORT, 'incident is append-only'); END;
CREATE TRIGGER incident_step_no_update BEFORE UPDATE ON incident_step BEGIN SELECT RAISE(ABORT, 'incident_step is append-only'); END;
CREATE TRIGGER incident_step_no_delete BEFORE DELETE ON incident_step BEGIN SELECT RAISE(ABORT, 'incident_step is append-only'); END;
CREATE TRIGGER incident_recipient_no_update BEFORE UPDATE ON incident_recipient BEGIN SELECT RAISE(ABORT, 'incident_recipient is append-only'); END;
CREATE TRIGGER incident_recipient_no_delete BEFORE DELETE ON incident_recipient BEGIN SELECT RAISE(ABORT, 'incident_recipient is append-only'); END;
CREATE TRIGGER withdrawn_kid_no_update BEFORE UPDATE ON withdrawn_kid BEGIN SELECT RAISE(ABORT, 'withdrawn_kid is append-only'); END;
CREATE TRIGGER withdrawn_kid_no_delete BEFORE DELETE ON withdrawn_kid BEGIN SELECT RAISE(ABORT, 'withdrawn_kid is append-only'); END;
