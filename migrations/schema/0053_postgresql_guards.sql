-- The guards of guarantees: a case stays as it was decided.

CREATE TRIGGER guarantee_case_no_change BEFORE UPDATE OR DELETE ON guarantee_case FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER guarantee_case_no_truncate BEFORE TRUNCATE ON guarantee_case FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
