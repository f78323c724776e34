-- The guards of publishing: privacy that was spent stays spent, and a file stays as it was.

CREATE TRIGGER privacy_spend_no_delete BEFORE DELETE ON privacy_spend BEGIN SELECT RAISE(ABORT, 'privacy_spend is append-only'); END;
CREATE TRIGGER privacy_spend_no_update BEFORE UPDATE ON privacy_spend BEGIN SELECT RAISE(ABORT, 'privacy_spend is append-only'); END;
CREATE TRIGGER open_file_no_update BEFORE UPDATE ON open_file BEGIN SELECT RAISE(ABORT, 'open_file stays as it was published'); END;
