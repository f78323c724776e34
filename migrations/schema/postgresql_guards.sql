-- The guards of PostgreSQL as of 0.2.0: facts are added and never changed, entries balance, two persons approve.

CREATE FUNCTION check_posting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM entry WHERE period = NEW.period AND id = NEW.entry_id) THEN
                RAISE EXCEPTION 'the entry is sealed' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NEW.currency <> (SELECT currency FROM account WHERE id = NEW.account_id) THEN
                RAISE EXCEPTION 'the account has another currency' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION four_eyes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF NEW.state = 'approved' AND NEW.actor = (SELECT prepared_by FROM settlement_run WHERE id = NEW.run_id) THEN
                RAISE EXCEPTION 'who prepared a run does not approve it' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION four_eyes_at_the_bank() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.kind = 'cleared' AND NEW.actor = (SELECT actor FROM bank_match WHERE line_id = NEW.line_id AND kind IN ('payment', 'receipt', 'payout', 'suspense', 'bank_fee', 'fx') ORDER BY seq DESC LIMIT 1) THEN
                    RAISE EXCEPTION 'who booked a line does not clear its suspense' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_account_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF 1 = 1 THEN RAISE EXCEPTION 'account is append-only' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN OLD;
            END $$;

CREATE FUNCTION guard_account_stays() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF 1 = 1 THEN RAISE EXCEPTION 'account is append-only' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_alloc_share_adds_up() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.gross_minor <> NEW.net_minor + NEW.vat_minor + NEW.fee_minor THEN RAISE EXCEPTION 'a share adds up' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_alloc_share_open() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open') THEN RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_alloc_tax_open() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open') THEN RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_approval_four_eyes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.actor = (SELECT entered_by FROM bank_account WHERE id = NEW.subject_id) THEN RAISE EXCEPTION 'who entered an account does not approve it' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_entry_hashed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF length(NEW.hash) <> 64 THEN RAISE EXCEPTION 'an entry needs its hash' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_entry_sourced() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NOT EXISTS (SELECT 1 FROM entry_source WHERE source_type = NEW.source_type AND source_id = NEW.source_id AND kind = NEW.kind AND entry_id = NEW.id) THEN RAISE EXCEPTION 'an entry is the one of its source' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_payment_positive() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.amount_minor <= 0 THEN RAISE EXCEPTION 'a payment is positive' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_period_begins_open() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.state <> 'open' THEN RAISE EXCEPTION 'a period begins open' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_period_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF 1 = 1 THEN RAISE EXCEPTION 'a period is never removed' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN OLD;
            END $$;

CREATE FUNCTION guard_quote_not_negative() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.total_minor < 0 THEN RAISE EXCEPTION 'a quote is not negative' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_refund_not_negative() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.amount_minor < 0 THEN RAISE EXCEPTION 'a refund is not negative' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION guard_settlement_run_stepped() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            BEGIN
                IF NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM run_step WHERE run_id = NEW.id AND state = NEW.state) THEN RAISE EXCEPTION 'a run takes no step that nobody has taken' USING ERRCODE = 'integrity_constraint_violation'; END IF;
                RETURN NEW;
            END $$;

CREATE FUNCTION keep_closed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN RAISE EXCEPTION 'a closed period stays closed' USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE FUNCTION keep_run() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a run is never removed' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            IF NEW.id <> OLD.id OR NEW.region <> OLD.region OR NEW.period <> OLD.period OR NEW.version <> OLD.version OR NEW.prepared_by <> OLD.prepared_by OR NEW.created_at <> OLD.created_at OR OLD.state <> 'draft' AND (NEW.document <> OLD.document OR NEW.digest <> OLD.digest) THEN RAISE EXCEPTION 'a calculated run is frozen' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            IF OLD.state || '>' || NEW.state NOT IN ('draft>calculated', 'calculated>approved', 'calculated>rejected', 'calculated>voided', 'approved>exported', 'approved>voided', 'exported>sent', 'exported>voided', 'sent>reconciled') AND NOT (OLD.state = 'draft' AND NEW.state = 'draft' AND OLD.document = '{}') THEN RAISE EXCEPTION 'a run takes no such step' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            RETURN NEW;
        END $$;

CREATE FUNCTION make_month(wanted text) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
        DECLARE
            name text;
            part text;
            used boolean;
        BEGIN
            IF wanted !~ '^[0-9]{4}-[0-9]{2}$' OR to_regclass('months.entry_' || replace(wanted, '-', '_')) IS NOT NULL THEN
                RETURN false;
            END IF;
            FOREACH name IN ARRAY ARRAY['entry', 'posting', 'alloc_share', 'alloc_tax'] LOOP
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM months.%I WHERE period = %L)', name || '_other', wanted) INTO used;
                IF used THEN RETURN false; END IF;
            END LOOP;
            FOREACH name IN ARRAY ARRAY['entry', 'posting', 'alloc_share', 'alloc_tax'] LOOP
                part := name || '_' || replace(wanted, '-', '_');
                EXECUTE format('CREATE TABLE months.%I PARTITION OF %I FOR VALUES IN (%L)', part, name, wanted);
                EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON months.%I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part || '_no_truncate', part);
            END LOOP;
            RETURN true;
        END $_$;

CREATE FUNCTION no_reopening() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN RAISE EXCEPTION 'a closing period does not open again' USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE FUNCTION only_forward() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN RAISE EXCEPTION 'what was let go is gone' USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;

CREATE FUNCTION refuse_young() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND EXISTS (
                SELECT 1 FROM gate_retention WHERE (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < kept_since) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$;

CREATE FUNCTION seal_entry() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
        BEGIN
            PERFORM 1 FROM period WHERE region = NEW.region AND id = NEW.period AND (state = 'open' OR (state = 'closing' AND NEW.kind LIKE 'month_end_%')) FOR SHARE;
            IF NOT FOUND THEN RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'integrity_constraint_violation'; END IF;
            IF (SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2 THEN
                RAISE EXCEPTION 'an entry needs two postings' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF EXISTS (SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                       GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
                RAISE EXCEPTION 'the entry does not balance' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;

CREATE TRIGGER alloc_share_other_no_truncate BEFORE TRUNCATE ON months.alloc_share_other FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alloc_tax_other_no_truncate BEFORE TRUNCATE ON months.alloc_tax_other FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_other_no_truncate BEFORE TRUNCATE ON months.entry_other FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_other_no_truncate BEFORE TRUNCATE ON months.posting_other FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_kept BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION guard_account_kept();
CREATE TRIGGER account_no_truncate BEFORE TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_stays BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION guard_account_stays();
CREATE TRIGGER alloc_share_adds_up BEFORE INSERT ON alloc_share FOR EACH ROW EXECUTE FUNCTION guard_alloc_share_adds_up();
CREATE TRIGGER alloc_share_append_only BEFORE DELETE OR UPDATE ON alloc_share FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alloc_share_no_truncate BEFORE TRUNCATE ON alloc_share FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alloc_share_open BEFORE INSERT ON alloc_share FOR EACH ROW EXECUTE FUNCTION guard_alloc_share_open();
CREATE TRIGGER alloc_tax_append_only BEFORE DELETE OR UPDATE ON alloc_tax FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alloc_tax_no_truncate BEFORE TRUNCATE ON alloc_tax FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER alloc_tax_open BEFORE INSERT ON alloc_tax FOR EACH ROW EXECUTE FUNCTION guard_alloc_tax_open();
CREATE TRIGGER approval_append_only BEFORE DELETE OR UPDATE ON approval FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER approval_four_eyes BEFORE INSERT ON approval FOR EACH ROW EXECUTE FUNCTION guard_approval_four_eyes();
CREATE TRIGGER approval_no_truncate BEFORE TRUNCATE ON approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_account_append_only BEFORE DELETE OR UPDATE ON bank_account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_account_no_truncate BEFORE TRUNCATE ON bank_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_line_append_only BEFORE DELETE OR UPDATE ON bank_line FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_line_no_truncate BEFORE TRUNCATE ON bank_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_match_append_only BEFORE DELETE OR UPDATE ON bank_match FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_match_four_eyes BEFORE INSERT ON bank_match FOR EACH ROW EXECUTE FUNCTION four_eyes_at_the_bank();
CREATE TRIGGER bank_match_no_truncate BEFORE TRUNCATE ON bank_match FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER carnet_end_append_only BEFORE DELETE OR UPDATE ON carnet_end FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER carnet_end_no_truncate BEFORE TRUNCATE ON carnet_end FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER chain_block_append_only BEFORE DELETE OR UPDATE ON chain_block FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER chain_block_no_truncate BEFORE TRUNCATE ON chain_block FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispute_step_append_only BEFORE DELETE OR UPDATE ON dispute_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER dispute_step_no_truncate BEFORE TRUNCATE ON dispute_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_append_only BEFORE DELETE OR UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_hashed BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION guard_entry_hashed();
CREATE TRIGGER entry_no_truncate BEFORE TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_seal BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION seal_entry();
CREATE TRIGGER entry_source_append_only BEFORE DELETE OR UPDATE ON entry_source FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_source_no_truncate BEFORE TRUNCATE ON entry_source FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_sourced BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION guard_entry_sourced();
CREATE TRIGGER gate_journal_append_only BEFORE DELETE OR UPDATE ON gate_journal FOR EACH ROW EXECUTE FUNCTION refuse_young('at');
CREATE TRIGGER gate_retention_forward BEFORE UPDATE ON gate_retention FOR EACH ROW WHEN ((new.kept_since < old.kept_since)) EXECUTE FUNCTION only_forward();
CREATE TRIGGER line_dispute_append_only BEFORE DELETE OR UPDATE ON line_dispute FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER line_dispute_no_truncate BEFORE TRUNCATE ON line_dispute FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_event_append_only BEFORE DELETE OR UPDATE ON order_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER order_event_no_truncate BEFORE TRUNCATE ON order_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payment_positive BEFORE INSERT ON payment FOR EACH ROW EXECUTE FUNCTION guard_payment_positive();
CREATE TRIGGER period_begins_open BEFORE INSERT ON period FOR EACH ROW EXECUTE FUNCTION guard_period_begins_open();
CREATE TRIGGER period_forward BEFORE UPDATE ON period FOR EACH ROW WHEN ((old.state = 'closed'::text)) EXECUTE FUNCTION keep_closed();
CREATE TRIGGER period_kept BEFORE DELETE ON period FOR EACH ROW EXECUTE FUNCTION guard_period_kept();
CREATE TRIGGER period_no_reopening BEFORE UPDATE ON period FOR EACH ROW WHEN (((old.state = 'closing'::text) AND (new.state = 'open'::text))) EXECUTE FUNCTION no_reopening();
CREATE TRIGGER period_no_truncate BEFORE TRUNCATE ON period FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_append_only BEFORE DELETE OR UPDATE ON posting FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_check BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION check_posting();
CREATE TRIGGER posting_no_truncate BEFORE TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER quote_append_only BEFORE DELETE OR UPDATE ON quote FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER quote_no_truncate BEFORE TRUNCATE ON quote FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER quote_not_negative BEFORE INSERT ON quote FOR EACH ROW EXECUTE FUNCTION guard_quote_not_negative();
CREATE TRIGGER refund_not_negative BEFORE INSERT ON refund FOR EACH ROW EXECUTE FUNCTION guard_refund_not_negative();
CREATE TRIGGER run_account_append_only BEFORE DELETE OR UPDATE ON run_account FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_account_no_truncate BEFORE TRUNCATE ON run_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_file_append_only BEFORE DELETE OR UPDATE ON run_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_file_no_truncate BEFORE TRUNCATE ON run_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_four_eyes BEFORE INSERT ON run_step FOR EACH ROW EXECUTE FUNCTION four_eyes();
CREATE TRIGGER run_kept BEFORE DELETE OR UPDATE ON settlement_run FOR EACH ROW EXECUTE FUNCTION keep_run();
CREATE TRIGGER run_step_append_only BEFORE DELETE OR UPDATE ON run_step FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER run_step_no_truncate BEFORE TRUNCATE ON run_step FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER scan_append_only BEFORE DELETE OR UPDATE ON scan FOR EACH ROW EXECUTE FUNCTION refuse_young('received_at');
CREATE TRIGGER scan_fact_append_only BEFORE DELETE OR UPDATE ON scan_fact FOR EACH ROW EXECUTE FUNCTION refuse_young('received_at');
CREATE TRIGGER scan_fact_no_truncate BEFORE TRUNCATE ON scan_fact FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_run_no_truncate BEFORE TRUNCATE ON settlement_run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlement_run_stepped BEFORE UPDATE ON settlement_run FOR EACH ROW EXECUTE FUNCTION guard_settlement_run_stepped();
CREATE TRIGGER tariff_version_append_only BEFORE DELETE OR UPDATE ON tariff_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tariff_version_no_truncate BEFORE TRUNCATE ON tariff_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ticket_move_append_only BEFORE DELETE OR UPDATE ON ticket_move FOR EACH ROW EXECUTE FUNCTION refuse_young('at');
CREATE TRIGGER ticket_move_no_truncate BEFORE TRUNCATE ON ticket_move FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER use_claim_append_only BEFORE DELETE OR UPDATE ON use_claim FOR EACH ROW EXECUTE FUNCTION refuse_young('at');
