-- The guards of publishing: privacy that was spent stays spent, and a file stays as it was.

CREATE TRIGGER privacy_spend_no_change BEFORE UPDATE OR DELETE ON privacy_spend FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER privacy_spend_no_truncate BEFORE TRUNCATE ON privacy_spend FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER open_file_no_change BEFORE UPDATE ON open_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
