-- The guards of guarantees: a case stays as it was decided.

CREATE TRIGGER guarantee_case_no_delete BEFORE DELETE ON guarantee_case BEGIN SELECT RAISE(ABORT, 'a case of a guarantee stays'); END;
CREATE TRIGGER guarantee_case_no_update BEFORE UPDATE ON guarantee_case BEGIN SELECT RAISE(ABORT, 'a case of a guarantee stays as it is'); END;
