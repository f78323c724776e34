-- The guards of SQLite as of 0.2.0: facts are added and never changed, entries balance, two persons approve.

CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER entry_no_delete BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'posting is append-only'); END;
CREATE TRIGGER entry_source_no_update BEFORE UPDATE ON entry_source BEGIN SELECT RAISE(ABORT, 'entry_source is append-only'); END;
CREATE TRIGGER entry_source_no_delete BEFORE DELETE ON entry_source BEGIN SELECT RAISE(ABORT, 'entry_source is append-only'); END;
CREATE TRIGGER order_event_no_update BEFORE UPDATE ON order_event BEGIN SELECT RAISE(ABORT, 'order_event is append-only'); END;
CREATE TRIGGER order_event_no_delete BEFORE DELETE ON order_event BEGIN SELECT RAISE(ABORT, 'order_event is append-only'); END;
CREATE TRIGGER scan_no_update BEFORE UPDATE ON scan BEGIN SELECT RAISE(ABORT, 'scan is append-only'); END;
CREATE TRIGGER use_claim_no_update BEFORE UPDATE ON use_claim BEGIN SELECT RAISE(ABORT, 'use_claim is append-only'); END;
CREATE TRIGGER quote_no_update BEFORE UPDATE ON quote BEGIN SELECT RAISE(ABORT, 'quote is append-only'); END;
CREATE TRIGGER quote_no_delete BEFORE DELETE ON quote BEGIN SELECT RAISE(ABORT, 'quote is append-only'); END;
CREATE TRIGGER tariff_version_no_update BEFORE UPDATE ON tariff_version BEGIN SELECT RAISE(ABORT, 'tariff_version is append-only'); END;
CREATE TRIGGER tariff_version_no_delete BEFORE DELETE ON tariff_version BEGIN SELECT RAISE(ABORT, 'tariff_version is append-only'); END;
CREATE TRIGGER posting_before_seal BEFORE INSERT ON posting
        WHEN EXISTS (SELECT 1 FROM entry WHERE period = NEW.period AND id = NEW.entry_id)
        BEGIN SELECT RAISE(ABORT, 'the entry is sealed'); END;
CREATE TRIGGER posting_currency BEFORE INSERT ON posting
        WHEN NEW.currency <> (SELECT currency FROM account WHERE id = NEW.account_id)
        BEGIN SELECT RAISE(ABORT, 'the account has another currency'); END;
CREATE TRIGGER period_forward BEFORE UPDATE ON period WHEN OLD.state = 'closed'
        BEGIN SELECT RAISE(ABORT, 'a closed period stays closed'); END;
CREATE TRIGGER run_step_no_update BEFORE UPDATE ON run_step BEGIN SELECT RAISE(ABORT, 'run_step is append-only'); END;
CREATE TRIGGER run_step_no_delete BEFORE DELETE ON run_step BEGIN SELECT RAISE(ABORT, 'run_step is append-only'); END;
CREATE TRIGGER run_file_no_update BEFORE UPDATE ON run_file BEGIN SELECT RAISE(ABORT, 'run_file is append-only'); END;
CREATE TRIGGER run_file_no_delete BEFORE DELETE ON run_file BEGIN SELECT RAISE(ABORT, 'run_file is append-only'); END;
CREATE TRIGGER chain_block_no_update BEFORE UPDATE ON chain_block BEGIN SELECT RAISE(ABORT, 'chain_block is append-only'); END;
CREATE TRIGGER chain_block_no_delete BEFORE DELETE ON chain_block BEGIN SELECT RAISE(ABORT, 'chain_block is append-only'); END;
CREATE TRIGGER bank_account_no_update BEFORE UPDATE ON bank_account BEGIN SELECT RAISE(ABORT, 'bank_account is append-only'); END;
CREATE TRIGGER bank_account_no_delete BEFORE DELETE ON bank_account BEGIN SELECT RAISE(ABORT, 'bank_account is append-only'); END;
CREATE TRIGGER approval_no_update BEFORE UPDATE ON approval BEGIN SELECT RAISE(ABORT, 'approval is append-only'); END;
CREATE TRIGGER approval_no_delete BEFORE DELETE ON approval BEGIN SELECT RAISE(ABORT, 'approval is append-only'); END;
CREATE TRIGGER bank_line_no_update BEFORE UPDATE ON bank_line BEGIN SELECT RAISE(ABORT, 'bank_line is append-only'); END;
CREATE TRIGGER bank_line_no_delete BEFORE DELETE ON bank_line BEGIN SELECT RAISE(ABORT, 'bank_line is append-only'); END;
CREATE TRIGGER line_dispute_no_update BEFORE UPDATE ON line_dispute BEGIN SELECT RAISE(ABORT, 'line_dispute is append-only'); END;
CREATE TRIGGER line_dispute_no_delete BEFORE DELETE ON line_dispute BEGIN SELECT RAISE(ABORT, 'line_dispute is append-only'); END;
CREATE TRIGGER dispute_step_no_update BEFORE UPDATE ON dispute_step BEGIN SELECT RAISE(ABORT, 'dispute_step is append-only'); END;
CREATE TRIGGER dispute_step_no_delete BEFORE DELETE ON dispute_step BEGIN SELECT RAISE(ABORT, 'dispute_step is append-only'); END;
CREATE TRIGGER alloc_share_no_update BEFORE UPDATE ON alloc_share BEGIN SELECT RAISE(ABORT, 'alloc_share is append-only'); END;
CREATE TRIGGER alloc_share_no_delete BEFORE DELETE ON alloc_share BEGIN SELECT RAISE(ABORT, 'alloc_share is append-only'); END;
CREATE TRIGGER alloc_tax_no_update BEFORE UPDATE ON alloc_tax BEGIN SELECT RAISE(ABORT, 'alloc_tax is append-only'); END;
CREATE TRIGGER alloc_tax_no_delete BEFORE DELETE ON alloc_tax BEGIN SELECT RAISE(ABORT, 'alloc_tax is append-only'); END;
CREATE TRIGGER entry_seal BEFORE INSERT ON entry BEGIN
            SELECT RAISE(ABORT, 'the period is closed') WHERE NOT EXISTS (
                SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND (state = 'open' OR (state = 'closing' AND NEW.kind LIKE 'month_end_%')));
            SELECT RAISE(ABORT, 'an entry needs two postings') WHERE (
                SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2;
            SELECT RAISE(ABORT, 'the entry does not balance') WHERE EXISTS (
                SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                GROUP BY currency HAVING sum(amount_minor) <> 0);
        END;
CREATE TRIGGER period_no_reopening BEFORE UPDATE ON period WHEN OLD.state = 'closing' AND NEW.state = 'open'
        BEGIN SELECT RAISE(ABORT, 'a closing period does not open again'); END;
CREATE TRIGGER run_frozen BEFORE UPDATE ON settlement_run WHEN NEW.id <> OLD.id OR NEW.region <> OLD.region OR NEW.period <> OLD.period OR NEW.version <> OLD.version OR NEW.prepared_by <> OLD.prepared_by OR NEW.created_at <> OLD.created_at OR OLD.state <> 'draft' AND (NEW.document <> OLD.document OR NEW.digest <> OLD.digest)
        BEGIN SELECT RAISE(ABORT, 'a calculated run is frozen'); END;
CREATE TRIGGER run_stays BEFORE DELETE ON settlement_run
        BEGIN SELECT RAISE(ABORT, 'a run is never removed'); END;
CREATE TRIGGER run_four_eyes BEFORE INSERT ON run_step
        WHEN NEW.state = 'approved' AND NEW.actor = (SELECT prepared_by FROM settlement_run WHERE id = NEW.run_id)
        BEGIN SELECT RAISE(ABORT, 'who prepared a run does not approve it'); END;
CREATE TRIGGER scan_fact_no_update BEFORE UPDATE ON scan_fact BEGIN SELECT RAISE(ABORT, 'scan_fact is append-only'); END;
CREATE TRIGGER gate_journal_no_update BEFORE UPDATE ON gate_journal BEGIN SELECT RAISE(ABORT, 'gate_journal is append-only'); END;
CREATE TRIGGER ticket_move_no_update BEFORE UPDATE ON ticket_move BEGIN SELECT RAISE(ABORT, 'ticket_move is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER scan_no_delete BEFORE DELETE ON scan WHEN NOT EXISTS (SELECT 1 FROM gate_retention WHERE OLD.received_at < kept_since) BEGIN SELECT RAISE(ABORT, 'scan is append-only'); END;
CREATE TRIGGER scan_fact_no_delete BEFORE DELETE ON scan_fact WHEN NOT EXISTS (SELECT 1 FROM gate_retention WHERE OLD.received_at < kept_since) BEGIN SELECT RAISE(ABORT, 'scan_fact is append-only'); END;
CREATE TRIGGER use_claim_no_delete BEFORE DELETE ON use_claim WHEN NOT EXISTS (SELECT 1 FROM gate_retention WHERE OLD.at < kept_since) BEGIN SELECT RAISE(ABORT, 'use_claim is append-only'); END;
CREATE TRIGGER gate_journal_no_delete BEFORE DELETE ON gate_journal WHEN NOT EXISTS (SELECT 1 FROM gate_retention WHERE OLD.at < kept_since) BEGIN SELECT RAISE(ABORT, 'gate_journal is append-only'); END;
CREATE TRIGGER ticket_move_no_delete BEFORE DELETE ON ticket_move WHEN NOT EXISTS (SELECT 1 FROM gate_retention WHERE OLD.at < kept_since) BEGIN SELECT RAISE(ABORT, 'ticket_move is append-only'); END;
CREATE TRIGGER gate_retention_forward BEFORE UPDATE ON gate_retention WHEN NEW.kept_since < OLD.kept_since BEGIN SELECT RAISE(ABORT, 'what was let go is gone'); END;
CREATE TRIGGER carnet_end_no_update BEFORE UPDATE ON carnet_end BEGIN SELECT RAISE(ABORT, 'carnet_end is append-only'); END;
CREATE TRIGGER carnet_end_no_delete BEFORE DELETE ON carnet_end BEGIN SELECT RAISE(ABORT, 'carnet_end is append-only'); END;
CREATE TRIGGER run_forward BEFORE UPDATE ON settlement_run WHEN OLD.state || '>' || NEW.state NOT IN ('draft>calculated', 'calculated>approved', 'calculated>rejected', 'calculated>voided', 'approved>exported', 'approved>voided', 'exported>sent', 'exported>voided', 'sent>reconciled') AND NOT (OLD.state = 'draft' AND NEW.state = 'draft' AND OLD.document = '{}')
            BEGIN SELECT RAISE(ABORT, 'a run takes no such step'); END;
CREATE TRIGGER run_account_no_update BEFORE UPDATE ON run_account BEGIN SELECT RAISE(ABORT, 'run_account is append-only'); END;
CREATE TRIGGER run_account_no_delete BEFORE DELETE ON run_account BEGIN SELECT RAISE(ABORT, 'run_account is append-only'); END;
CREATE TRIGGER entry_hashed BEFORE INSERT ON entry WHEN length(NEW.hash) <> 64 BEGIN SELECT RAISE(ABORT, 'an entry needs its hash'); END;
CREATE TRIGGER entry_sourced BEFORE INSERT ON entry WHEN NOT EXISTS (SELECT 1 FROM entry_source WHERE source_type = NEW.source_type AND source_id = NEW.source_id AND kind = NEW.kind AND entry_id = NEW.id) BEGIN SELECT RAISE(ABORT, 'an entry is the one of its source'); END;
CREATE TRIGGER alloc_share_open BEFORE INSERT ON alloc_share WHEN NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open') BEGIN SELECT RAISE(ABORT, 'the period is closed'); END;
CREATE TRIGGER alloc_tax_open BEFORE INSERT ON alloc_tax WHEN NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open') BEGIN SELECT RAISE(ABORT, 'the period is closed'); END;
CREATE TRIGGER alloc_share_adds_up BEFORE INSERT ON alloc_share WHEN NEW.gross_minor <> NEW.net_minor + NEW.vat_minor + NEW.fee_minor BEGIN SELECT RAISE(ABORT, 'a share adds up'); END;
CREATE TRIGGER account_stays BEFORE UPDATE ON account WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'account is append-only'); END;
CREATE TRIGGER account_kept BEFORE DELETE ON account WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'account is append-only'); END;
CREATE TRIGGER period_begins_open BEFORE INSERT ON period WHEN NEW.state <> 'open' BEGIN SELECT RAISE(ABORT, 'a period begins open'); END;
CREATE TRIGGER period_kept BEFORE DELETE ON period WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a period is never removed'); END;
CREATE TRIGGER settlement_run_stepped BEFORE UPDATE ON settlement_run WHEN NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM run_step WHERE run_id = NEW.id AND state = NEW.state) BEGIN SELECT RAISE(ABORT, 'a run takes no step that nobody has taken'); END;
CREATE TRIGGER approval_four_eyes BEFORE INSERT ON approval WHEN NEW.actor = (SELECT entered_by FROM bank_account WHERE id = NEW.subject_id) BEGIN SELECT RAISE(ABORT, 'who entered an account does not approve it'); END;
CREATE TRIGGER quote_not_negative BEFORE INSERT ON quote WHEN NEW.total_minor < 0 BEGIN SELECT RAISE(ABORT, 'a quote is not negative'); END;
CREATE TRIGGER payment_positive BEFORE INSERT ON payment WHEN NEW.amount_minor <= 0 BEGIN SELECT RAISE(ABORT, 'a payment is positive'); END;
CREATE TRIGGER refund_not_negative BEFORE INSERT ON refund WHEN NEW.amount_minor < 0 BEGIN SELECT RAISE(ABORT, 'a refund is not negative'); END;
CREATE TRIGGER posting_not_zero BEFORE INSERT ON posting WHEN NEW.amount_minor = 0 BEGIN SELECT RAISE(ABORT, 'a posting is not zero'); END;
CREATE TRIGGER bank_match_no_update BEFORE UPDATE ON bank_match BEGIN SELECT RAISE(ABORT, 'bank_match is append-only'); END;
CREATE TRIGGER bank_match_no_delete BEFORE DELETE ON bank_match BEGIN SELECT RAISE(ABORT, 'bank_match is append-only'); END;
CREATE TRIGGER bank_match_four_eyes BEFORE INSERT ON bank_match
        WHEN NEW.kind = 'cleared' AND NEW.actor = (SELECT actor FROM bank_match WHERE line_id = NEW.line_id AND kind IN ('payment', 'receipt', 'payout', 'suspense', 'bank_fee', 'fx') ORDER BY seq DESC LIMIT 1)
        BEGIN SELECT RAISE(ABORT, 'who booked a line does not clear its suspense'); END;
