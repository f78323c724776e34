-- Guards: what the bank tells beyond its lines: balances, batches, refusals, and payments made again.

CREATE TRIGGER bank_statement_no_update BEFORE UPDATE ON bank_statement BEGIN SELECT RAISE(ABORT, 'bank_statement is append-only'); END;
CREATE TRIGGER bank_statement_no_delete BEFORE DELETE ON bank_statement BEGIN SELECT RAISE(ABORT, 'bank_statement is append-only'); END;
CREATE TRIGGER batch_part_no_update BEFORE UPDATE ON batch_part BEGIN SELECT RAISE(ABORT, 'batch_part is append-only'); END;
CREATE TRIGGER batch_part_no_delete BEFORE DELETE ON batch_part BEGIN SELECT RAISE(ABORT, 'batch_part is append-only'); END;
CREATE TRIGGER payment_refusal_no_update BEFORE UPDATE ON payment_refusal BEGIN SELECT RAISE(ABORT, 'payment_refusal is append-only'); END;
CREATE TRIGGER payment_refusal_no_delete BEFORE DELETE ON payment_refusal BEGIN SELECT RAISE(ABORT, 'payment_refusal is append-only'); END;
CREATE TRIGGER payment_again_no_update BEFORE UPDATE ON payment_again BEGIN SELECT RAISE(ABORT, 'payment_again is append-only'); END;
CREATE TRIGGER payment_again_no_delete BEFORE DELETE ON payment_again BEGIN SELECT RAISE(ABORT, 'payment_again is append-only'); END;
