-- Guards: what the bank tells beyond its lines: balances, batches, refusals, and payments made again.

CREATE TRIGGER bank_statement_no_update BEFORE UPDATE ON bank_statement BEGIN SELECT RAISE(ABORT, 'bank_statement is append-only'); END;
CREATE TRIGGER bank_statement_no_delete BEFORE DELETE ON bank_statement BEGIN SELECT RAISE(ABORT, 'bank_statement is append-only'); END;
CREATE TRIGGER batch_part_no_update BEFORE UPDATE ON batch_part BEGIN SELECT RAISE(ABORT, 'batch_part is append-only'); END;
CREATE TRIGGER batch_part_no_delete BEFORE DELETE ON batch_part BEGIN SELECT RAISE(ABORT, 'batch_part is append-only'); END;
CREATE TRIGGER payment_refusal_no_update BEFORE UPDATE ON payment_refusal BEGIN SELECT RAISE(ABORT, 'payment_refusal is append-only'); END;
CREATE TRIGGER payment_refusal_no_delete BEFORE DELETE ON payment_refusal BEGIN SELECT RAISE(ABORT, 'payment_refusal is append-only'); END;
CREATE TRIGGER payment_again_no_update BEFORE UPDATE ON payment_again BEGIN SELECT RAISE(ABORT, 'payment_again is append-only'); END;
CREATE TRIGGER payment_again_no_delete BEFORE DELETE ON payment_again BEGIN SELECT RAISE(ABORT, 'payment_again is append-only'); END;
-- A payment that the bank returns opens a reconciled run again.
DROP TRIGGER run_forward;
CREATE TRIGGER run_forward BEFORE UPDATE ON settlement_run WHEN OLD.state || '>' || NEW.state NOT IN ('draft>calculated', 'calculated>approved', 'calculated>rejected', 'calculated>voided', 'approved>exported', 'approved>voided', 'exported>sent', 'exported>voided', 'sent>reconciled', 'reconciled>sent') AND NOT (OLD.state = 'draft' AND NEW.state = 'draft' AND OLD.document = '{}')
            BEGIN SELECT RAISE(ABORT, 'a run takes no such step'); END;
