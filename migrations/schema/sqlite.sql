-- The tables of SQLite as of 0.2.0: what `throughfare db upgrade` makes of an empty database.

CREATE TABLE account (
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    purpose TEXT NOT NULL,
    operator TEXT,
    member_state TEXT,
    currency TEXT NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT ck_account_type CHECK (type IN ('asset', 'liability', 'income', 'expense'))
) STRICT;

CREATE TABLE demo_call (
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_demo_call PRIMARY KEY (idempotency_key)
) STRICT;

CREATE TABLE entry_source (
    source_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    CONSTRAINT pk_entry_source PRIMARY KEY (source_type, source_id, kind)
) STRICT;

CREATE TABLE idempotency (
    principal TEXT NOT NULL,
    route TEXT NOT NULL,
    "key" TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    answer TEXT,
    CONSTRAINT pk_idempotency PRIMARY KEY (principal, route, "key")
) STRICT;

CREATE TABLE offer (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_offer PRIMARY KEY (id)
) STRICT;

CREATE TABLE period (
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    closed_at TEXT,
    digest TEXT, fence_at TEXT,
    CONSTRAINT pk_period PRIMARY KEY (region, id),
    CONSTRAINT ck_period_state CHECK (state IN ('open', 'closing', 'closed'))
) STRICT;

CREATE TABLE proof_seen (
    jti TEXT NOT NULL,
    nonce TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_proof_seen PRIMARY KEY (jti, nonce)
) STRICT;

CREATE TABLE scan (
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    operator TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    jti TEXT,
    leg INTEGER,
    stop_id TEXT,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    answer TEXT NOT NULL,
    device_ts TEXT NOT NULL,
    received_at TEXT NOT NULL, nonce TEXT, direction TEXT,
    CONSTRAINT pk_scan PRIMARY KEY (gate_key_id, scan_id)
) STRICT;

CREATE TABLE tariff_version (
    version TEXT NOT NULL,
    region TEXT NOT NULL,
    first_used_at TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_tariff_version PRIMARY KEY (version)
) STRICT;

CREATE TABLE entry (
    period TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source_id TEXT NOT NULL,
    region TEXT NOT NULL,
    original_period TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    booked_at TEXT NOT NULL, note TEXT DEFAULT '{}' NOT NULL, reverses_id TEXT, hash TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_entry PRIMARY KEY (period, id),
    CONSTRAINT fk_entry_region_period_period FOREIGN KEY(region, period) REFERENCES period (region, id)
) STRICT;

CREATE TABLE quote (
    id TEXT NOT NULL,
    offer_id TEXT,
    region TEXT NOT NULL,
    tariff_version TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    document TEXT NOT NULL, offer_digest TEXT,
    CONSTRAINT pk_quote PRIMARY KEY (id),
    CONSTRAINT fk_quote_offer_id_offer FOREIGN KEY(offer_id) REFERENCES offer (id),
    CONSTRAINT fk_quote_tariff_version_tariff_version FOREIGN KEY(tariff_version) REFERENCES tariff_version (version)
) STRICT;

CREATE TABLE posting (
    period TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    CONSTRAINT pk_posting PRIMARY KEY (period, entry_id, line),
    CONSTRAINT fk_posting_account_id_account FOREIGN KEY(account_id) REFERENCES account (id),
    CONSTRAINT fk_posting_period_entry_id_entry FOREIGN KEY(period, entry_id) REFERENCES entry (period, id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE order_event (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    at TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT pk_order_event PRIMARY KEY (id),
    CONSTRAINT fk_order_event_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
) STRICT;

CREATE TABLE ticket (
    jti TEXT NOT NULL,
    order_id TEXT NOT NULL,
    passenger_ref TEXT NOT NULL,
    status TEXT NOT NULL,
    token TEXT NOT NULL,
    product TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    status_list TEXT NOT NULL,
    status_index INTEGER NOT NULL,
    issued_at TEXT NOT NULL,
    not_before TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT,
    document TEXT NOT NULL,
    CONSTRAINT pk_ticket PRIMARY KEY (jti),
    CONSTRAINT ck_ticket_status CHECK (status IN ('valid', 'revoked', 'suspended')),
    CONSTRAINT fk_ticket_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id),
    CONSTRAINT uq_ticket_status_list_status_index UNIQUE (status_list, status_index)
) STRICT;

CREATE TABLE use_claim (
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    use_no INTEGER NOT NULL,
    operator TEXT NOT NULL,
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    stop_id TEXT,
    at TEXT NOT NULL,
    CONSTRAINT pk_use_claim PRIMARY KEY (jti, leg, use_no),
    CONSTRAINT fk_use_claim_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE scan_fact (
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    operator TEXT NOT NULL,
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    device_ts INTEGER NOT NULL,
    clock_offset INTEGER NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    bundle_version INTEGER,
    received_at TEXT NOT NULL, direction TEXT, is_flagged INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_scan_fact PRIMARY KEY (gate_key_id, scan_id, content_hash)
) STRICT;

CREATE TABLE alloc_share (
    period TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_jti TEXT NOT NULL,
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    currency TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    vat_minor INTEGER NOT NULL,
    fee_minor INTEGER NOT NULL,
    net_minor INTEGER NOT NULL,
    rule TEXT NOT NULL,
    original_period TEXT NOT NULL,
    booked_at TEXT NOT NULL,
    CONSTRAINT pk_alloc_share PRIMARY KEY (period, id),
    CONSTRAINT ck_alloc_share_kind CHECK (kind IN ('sale', 'refund', 'exchange', 'chargeback', 'correction')),
    CONSTRAINT ck_alloc_share_parts_make_gross CHECK (gross_minor = vat_minor + fee_minor + net_minor),
    CONSTRAINT fk_alloc_share_ticket_jti_ticket FOREIGN KEY(ticket_jti) REFERENCES ticket (jti),
    CONSTRAINT uq_alloc_share_ticket_jti_operator_kind_seq_period UNIQUE (ticket_jti, operator, kind, seq, period)
) STRICT;

CREATE TABLE alloc_tax (
    period TEXT NOT NULL,
    id TEXT NOT NULL,
    ticket_jti TEXT NOT NULL,
    region TEXT NOT NULL,
    member_state TEXT NOT NULL,
    mode TEXT NOT NULL,
    scope TEXT NOT NULL,
    treatment TEXT NOT NULL,
    rate_bp INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    distance_m INTEGER NOT NULL,
    currency TEXT NOT NULL,
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    gross_minor INTEGER NOT NULL,
    vat_minor INTEGER NOT NULL,
    original_period TEXT NOT NULL,
    booked_at TEXT NOT NULL,
    CONSTRAINT pk_alloc_tax PRIMARY KEY (period, id),
    CONSTRAINT ck_alloc_tax_kind CHECK (kind IN ('sale', 'refund', 'exchange', 'chargeback', 'correction')),
    CONSTRAINT fk_alloc_tax_ticket_jti_ticket FOREIGN KEY(ticket_jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE settlement_run (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    period TEXT NOT NULL,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL,
    prepared_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_settlement_run PRIMARY KEY (id),
    CONSTRAINT ck_settlement_run_state CHECK (state IN ('draft', 'calculated', 'approved', 'exported', 'sent', 'reconciled', 'rejected', 'voided')),
    CONSTRAINT fk_settlement_run_region_period_period FOREIGN KEY(region, period) REFERENCES period (region, id),
    CONSTRAINT uq_settlement_run_region_period_version UNIQUE (region, period, version)
) STRICT;

CREATE TABLE run_step (
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    digest TEXT NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_run_step PRIMARY KEY (run_id, seq),
    CONSTRAINT fk_run_step_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id)
) STRICT;

CREATE TABLE run_file (
    run_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_run_file PRIMARY KEY (run_id, name),
    CONSTRAINT fk_run_file_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id)
) STRICT;

CREATE TABLE chain_block (
    region TEXT NOT NULL,
    period TEXT NOT NULL,
    seq INTEGER NOT NULL,
    last_entry TEXT NOT NULL,
    entries INTEGER NOT NULL,
    final INTEGER NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    signed TEXT NOT NULL,
    jwk TEXT NOT NULL,
    made_at TEXT NOT NULL,
    CONSTRAINT pk_chain_block PRIMARY KEY (region, period, seq)
) STRICT;

CREATE TABLE bank_account (
    id TEXT NOT NULL,
    party TEXT NOT NULL,
    name TEXT NOT NULL,
    iban TEXT NOT NULL,
    bic TEXT NOT NULL,
    town TEXT NOT NULL,
    country TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_at TEXT NOT NULL,
    CONSTRAINT pk_bank_account PRIMARY KEY (id)
) STRICT;

CREATE TABLE approval (
    id TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    decision TEXT NOT NULL,
    actor TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    CONSTRAINT pk_approval PRIMARY KEY (id),
    CONSTRAINT ck_approval_decision CHECK (decision IN ('approved', 'rejected')),
    CONSTRAINT uq_approval_subject_type_subject_id UNIQUE (subject_type, subject_id)
) STRICT;

CREATE TABLE bank_line (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    iban TEXT NOT NULL,
    statement_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    booking_date TEXT NOT NULL,
    value_date TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    end_to_end_id TEXT NOT NULL,
    bank_reference TEXT NOT NULL,
    counterparty TEXT NOT NULL,
    remittance TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    CONSTRAINT pk_bank_line PRIMARY KEY (id)
) STRICT;

CREATE TABLE line_dispute (
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    operator TEXT NOT NULL,
    line_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    CONSTRAINT pk_line_dispute PRIMARY KEY (id),
    CONSTRAINT fk_line_dispute_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id),
    CONSTRAINT uq_line_dispute_operator_line_id UNIQUE (operator, line_id)
) STRICT;

CREATE TABLE dispute_step (
    dispute_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    entry_id TEXT,
    CONSTRAINT pk_dispute_step PRIMARY KEY (dispute_id, seq),
    CONSTRAINT ck_dispute_step_state CHECK (state IN ('open', 'answered', 'corrected', 'rejected', 'withdrawn')),
    CONSTRAINT fk_dispute_step_dispute_id_line_dispute FOREIGN KEY(dispute_id) REFERENCES line_dispute (id)
) STRICT;

CREATE TABLE scan_echo (
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    first_scan_id TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_scan_echo PRIMARY KEY (gate_key_id, scan_id)
) STRICT;

CREATE TABLE ticket_use (
    jti TEXT NOT NULL,
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    leg INTEGER NOT NULL,
    operator TEXT NOT NULL,
    gate TEXT,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_ticket_use PRIMARY KEY (jti, gate_key_id, scan_id),
    CONSTRAINT ck_ticket_use_kind CHECK (kind IN ('ride', 'transfer', 'in', 'out')),
    CONSTRAINT fk_ticket_use_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE use_change (
    operator TEXT NOT NULL,
    jti TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    CONSTRAINT pk_use_change PRIMARY KEY (operator, jti),
    CONSTRAINT fk_use_change_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE ticket_move (
    id TEXT NOT NULL,
    jti TEXT NOT NULL,
    old_list TEXT NOT NULL,
    old_index INTEGER NOT NULL,
    key_thumbprint TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_ticket_move PRIMARY KEY (id),
    CONSTRAINT fk_ticket_move_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti),
    CONSTRAINT uq_ticket_move_old_list_old_index UNIQUE (old_list, old_index)
) STRICT;

CREATE TABLE control_code (
    jti TEXT NOT NULL,
    code TEXT NOT NULL,
    CONSTRAINT pk_control_code PRIMARY KEY (jti),
    CONSTRAINT fk_control_code_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE enrolment_code (
    code_hash TEXT NOT NULL,
    operator TEXT NOT NULL,
    name TEXT NOT NULL,
    stop_id TEXT,
    zone TEXT,
    direction TEXT,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT pk_enrolment_code PRIMARY KEY (code_hash)
) STRICT;

CREATE TABLE gate_device (
    id TEXT NOT NULL,
    operator TEXT NOT NULL,
    name TEXT NOT NULL,
    stop_id TEXT,
    zone TEXT,
    direction TEXT,
    kid TEXT NOT NULL,
    public_key TEXT NOT NULL,
    enrolled_at TEXT NOT NULL,
    revoked_at TEXT,
    revoked_because TEXT,
    last_bundle_at TEXT,
    last_upload_at TEXT,
    queue_length INTEGER,
    clock_offset INTEGER,
    software TEXT,
    CONSTRAINT pk_gate_device PRIMARY KEY (id),
    CONSTRAINT uq_gate_device_kid UNIQUE (kid)
) STRICT;

CREATE TABLE gate_journal (
    id TEXT NOT NULL,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    operator TEXT NOT NULL,
    actor TEXT NOT NULL,
    jti TEXT,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    place INTEGER NOT NULL,
    chain TEXT NOT NULL,
    CONSTRAINT pk_gate_journal PRIMARY KEY (id),
    CONSTRAINT ck_gate_journal_kind CHECK (kind IN ('inspection', 'by_hand', 'look_up', 'incident', 'enrolment', 'revocation')),
    CONSTRAINT uq_gate_journal_operator_place UNIQUE (operator, place)
) STRICT;

CREATE TABLE connector_entry (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    "key" TEXT NOT NULL,
    digest TEXT NOT NULL,
    progress TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    reference TEXT,
    expires_at TEXT,
    price_minor INTEGER,
    price_currency TEXT,
    document TEXT NOT NULL,
    version INTEGER NOT NULL,
    CONSTRAINT pk_connector_entry PRIMARY KEY (region, operator, "key")
) STRICT;

CREATE TABLE sailing (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    CONSTRAINT pk_sailing PRIMARY KEY (region, operator, trip_id, service_date)
) STRICT;

CREATE TABLE reservation (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    "key" TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    digest TEXT NOT NULL,
    state TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    foot INTEGER NOT NULL,
    car INTEGER NOT NULL,
    cabin INTEGER NOT NULL,
    price_minor INTEGER,
    price_currency TEXT,
    document TEXT NOT NULL, bicycle INTEGER DEFAULT '0' NOT NULL, dog INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_reservation PRIMARY KEY (region, operator, "key"),
    CONSTRAINT ck_reservation_state CHECK (state IN ('held', 'confirmed', 'released', 'cancelled'))
) STRICT;

CREATE TABLE operator_figure (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    call TEXT NOT NULL,
    hour TEXT NOT NULL,
    process TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_operator_figure PRIMARY KEY (region, operator, call, hour, process)
) STRICT;

CREATE TABLE person (
    id TEXT NOT NULL,
    email TEXT,
    password_hash TEXT,
    language TEXT NOT NULL,
    created_at TEXT NOT NULL,
    erased_at TEXT,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT uq_person_email UNIQUE (email)
) STRICT;

CREATE TABLE person_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_person_identity PRIMARY KEY (issuer, subject),
    CONSTRAINT fk_person_identity_person_id_person FOREIGN KEY(person_id) REFERENCES person (id)
) STRICT;

CREATE TABLE session (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL,
    ended_at TEXT,
    ended_why TEXT,
    CONSTRAINT pk_session PRIMARY KEY (id),
    CONSTRAINT fk_session_person_id_person FOREIGN KEY(person_id) REFERENCES person (id)
) STRICT;

CREATE TABLE refresh_token (
    hash TEXT NOT NULL,
    session_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT pk_refresh_token PRIMARY KEY (hash),
    CONSTRAINT fk_refresh_token_session_id_session FOREIGN KEY(session_id) REFERENCES session (id)
) STRICT;

CREATE TABLE phone (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    label TEXT NOT NULL,
    jwk TEXT NOT NULL,
    created_at TEXT NOT NULL,
    removed_at TEXT,
    CONSTRAINT pk_phone PRIMARY KEY (id),
    CONSTRAINT fk_phone_person_id_person FOREIGN KEY(person_id) REFERENCES person (id)
) STRICT;

CREATE TABLE entitlement (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    claim TEXT NOT NULL,
    issuer TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    proof TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_entitlement PRIMARY KEY (id),
    CONSTRAINT fk_entitlement_person_id_person FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT uq_entitlement_proof UNIQUE (proof)
) STRICT;

CREATE TABLE sign_in (
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_sign_in PRIMARY KEY (state)
) STRICT;

CREATE TABLE rate_count (
    bucket TEXT NOT NULL,
    count INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    CONSTRAINT pk_rate_count PRIMARY KEY (bucket)
) STRICT;

CREATE TABLE audit (
    id TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (id),
    CONSTRAINT uq_audit_previous UNIQUE (previous)
) STRICT;

CREATE TABLE demo_charge (
    id TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    captured_minor INTEGER NOT NULL,
    refunded_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    CONSTRAINT pk_demo_charge PRIMARY KEY (id),
    CONSTRAINT ck_demo_charge_state CHECK (state IN ('action_required', 'authorised', 'declined', 'captured', 'cancelled')),
    CONSTRAINT ck_demo_charge_capture_within_amount CHECK (captured_minor <= amount_minor),
    CONSTRAINT ck_demo_charge_refund_within_capture CHECK (refunded_minor <= captured_minor)
) STRICT;

CREATE TABLE demo_object (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    charge_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_demo_object PRIMARY KEY (id),
    CONSTRAINT ck_demo_object_kind CHECK (kind IN ('refund', 'dispute', 'balance')),
    CONSTRAINT fk_demo_object_charge_id_demo_charge FOREIGN KEY(charge_id) REFERENCES demo_charge (id)
) STRICT;

CREATE TABLE ticket_order (
    id TEXT NOT NULL,
    quote_id TEXT NOT NULL,
    region TEXT NOT NULL,
    state TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    person_id TEXT,
    exchange_of TEXT,
    credit_minor INTEGER DEFAULT '0' NOT NULL, request_key TEXT, exchange_legs TEXT, code TEXT,
    CONSTRAINT pk_ticket_order PRIMARY KEY (id),
    CONSTRAINT ck_ticket_order_state CHECK (state IN ('holding', 'awaiting_payment', 'payment_failed', 'payment_unknown', 'authorised', 'unwinding', 'ticketed', 'part_refunded', 'refunded', 'exchanged', 'cancelled', 'expired')),
    CONSTRAINT ck_ticket_order_credit_not_negative CHECK (credit_minor >= 0),
    CONSTRAINT fk_ticket_order_quote_id_quote FOREIGN KEY(quote_id) REFERENCES quote (id),
    CONSTRAINT fk_ticket_order_person_id_person FOREIGN KEY(person_id) REFERENCES person (id),
    CONSTRAINT fk_ticket_order_exchange_of_ticket_order FOREIGN KEY(exchange_of) REFERENCES ticket_order (id),
    CONSTRAINT uq_ticket_order_quote_id UNIQUE (quote_id)
) STRICT;

CREATE TABLE payment (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    gateway TEXT NOT NULL,
    method TEXT NOT NULL,
    request_key TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    external_id TEXT,
    created_at TEXT NOT NULL,
    fee_minor INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_payment PRIMARY KEY (id),
    CONSTRAINT ck_payment_state CHECK (state IN ('pending', 'action_required', 'authorised', 'captured', 'declined', 'cancelled', 'held')),
    CONSTRAINT ck_payment_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT fk_payment_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id),
    CONSTRAINT uq_payment_external_id UNIQUE (external_id),
    CONSTRAINT uq_payment_order_id_request_key UNIQUE (order_id, request_key)
) STRICT;

CREATE TABLE refund (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payment_id TEXT,
    seq INTEGER NOT NULL,
    request_key TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    document TEXT NOT NULL,
    external_id TEXT,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_refund PRIMARY KEY (id),
    CONSTRAINT ck_refund_state CHECK (state IN ('decided', 'pending', 'confirmed', 'failed')),
    CONSTRAINT ck_refund_amount_not_negative CHECK (amount_minor >= 0),
    CONSTRAINT fk_refund_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id),
    CONSTRAINT fk_refund_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id),
    CONSTRAINT uq_refund_order_id_request_key UNIQUE (order_id, request_key),
    CONSTRAINT uq_refund_order_id_seq UNIQUE (order_id, seq)
) STRICT;

CREATE TABLE booking (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    operator TEXT NOT NULL,
    state TEXT NOT NULL,
    reference TEXT,
    expires_at TEXT,
    tries INTEGER NOT NULL,
    changed_at TEXT NOT NULL,
    document TEXT NOT NULL, sailing TEXT,
    CONSTRAINT pk_booking PRIMARY KEY (id),
    CONSTRAINT ck_booking_state CHECK (state IN ('wanted', 'held', 'confirmed', 'unwanted', 'released', 'cancelled', 'refused', 'stuck')),
    CONSTRAINT fk_booking_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id),
    CONSTRAINT uq_booking_order_id_seq UNIQUE (order_id, seq)
) STRICT;

CREATE TABLE gateway_event (
    gateway TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT,
    state TEXT NOT NULL,
    tries INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    next_try_at TEXT NOT NULL,
    note TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_gateway_event PRIMARY KEY (gateway, id),
    CONSTRAINT ck_gateway_event_state CHECK (state IN ('new', 'done', 'ignored', 'held'))
) STRICT;

CREATE TABLE dispute (
    id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    fee_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    CONSTRAINT pk_dispute PRIMARY KEY (id),
    CONSTRAINT ck_dispute_state CHECK (state IN ('inquiry', 'open', 'withdrawn', 'reinstated', 'won', 'lost')),
    CONSTRAINT fk_dispute_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id)
) STRICT;

CREATE TABLE alert (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    resolved_at TEXT,
    resolved_by TEXT,
    CONSTRAINT pk_alert PRIMARY KEY (id),
    CONSTRAINT uq_alert_kind_subject UNIQUE (kind, subject)
) STRICT;

CREATE TABLE status_change (
    status_list TEXT NOT NULL,
    status_index INTEGER NOT NULL,
    at TEXT NOT NULL,
    published_at TEXT,
    fetched_at TEXT,
    CONSTRAINT pk_status_change PRIMARY KEY (status_list, status_index, at)
) STRICT;

CREATE TABLE gate_fetch (
    device_id TEXT NOT NULL,
    at TEXT NOT NULL,
    operator TEXT NOT NULL,
    lags TEXT NOT NULL,
    CONSTRAINT pk_gate_fetch PRIMARY KEY (device_id, at)
) STRICT;

CREATE TABLE ride_count (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    product TEXT NOT NULL,
    month TEXT NOT NULL,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    CONSTRAINT pk_ride_count PRIMARY KEY (region, operator, product, month, kind)
) STRICT;

CREATE TABLE gate_retention (
    id INTEGER NOT NULL,
    kept_since TEXT NOT NULL,
    CONSTRAINT pk_gate_retention PRIMARY KEY (id),
    CONSTRAINT ck_gate_retention_id CHECK (id = 1)
) STRICT;

CREATE TABLE journal_start (
    operator TEXT NOT NULL,
    place INTEGER NOT NULL,
    chain TEXT NOT NULL,
    CONSTRAINT pk_journal_start PRIMARY KEY (operator)
) STRICT;

CREATE TABLE used_ticket (
    jti TEXT NOT NULL,
    CONSTRAINT pk_used_ticket PRIMARY KEY (jti),
    CONSTRAINT fk_used_ticket_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE holder_salt (
    jti TEXT NOT NULL,
    salt TEXT NOT NULL,
    CONSTRAINT pk_holder_salt PRIMARY KEY (jti),
    CONSTRAINT fk_holder_salt_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE api_key (
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    operator TEXT,
    label TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    CONSTRAINT pk_api_key PRIMARY KEY (id),
    CONSTRAINT ck_api_key_role CHECK (role IN ('gate', 'operator_staff', 'operator_finance', 'operator_admin', 'finance', 'admin')),
    CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash)
) STRICT;

CREATE TABLE staff_member (
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    role TEXT NOT NULL,
    operator TEXT,
    password_hash TEXT NOT NULL,
    must_change INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    CONSTRAINT pk_staff_member PRIMARY KEY (id),
    CONSTRAINT ck_staff_member_role CHECK (role IN ('finance', 'operator_finance', 'admin')),
    CONSTRAINT uq_staff_member_email UNIQUE (email),
    CONSTRAINT uq_staff_member_name_key UNIQUE (name_key)
) STRICT;

CREATE TABLE staff_session (
    hash TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT NOT NULL,
    ended_at TEXT,
    CONSTRAINT pk_staff_session PRIMARY KEY (hash),
    CONSTRAINT fk_staff_session_staff_id_staff_member FOREIGN KEY(staff_id) REFERENCES staff_member (id)
) STRICT;

CREATE TABLE book_check (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    done_at TEXT,
    document TEXT,
    CONSTRAINT pk_book_check PRIMARY KEY (id)
) STRICT;

CREATE TABLE carnet_end (
    ticket_jti TEXT NOT NULL,
    region TEXT NOT NULL,
    uses INTEGER NOT NULL,
    used INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    ended_at TEXT NOT NULL,
    CONSTRAINT pk_carnet_end PRIMARY KEY (ticket_jti),
    CONSTRAINT fk_carnet_end_ticket_jti_ticket FOREIGN KEY(ticket_jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE order_holder (
    order_id TEXT NOT NULL,
    passenger_ref TEXT NOT NULL,
    jwk TEXT,
    salt TEXT,
    idh TEXT,
    CONSTRAINT pk_order_holder PRIMARY KEY (order_id, passenger_ref),
    CONSTRAINT fk_order_holder_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
) STRICT;

CREATE TABLE passkey (
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    label TEXT NOT NULL,
    public_key TEXT NOT NULL,
    uses INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT,
    CONSTRAINT pk_passkey PRIMARY KEY (id),
    CONSTRAINT fk_passkey_person_id_person FOREIGN KEY(person_id) REFERENCES person (id)
) STRICT;

CREATE TABLE run_account (
    run_id TEXT NOT NULL,
    party TEXT NOT NULL,
    account_id TEXT NOT NULL,
    CONSTRAINT pk_run_account PRIMARY KEY (run_id, party),
    CONSTRAINT fk_run_account_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id),
    CONSTRAINT fk_run_account_account_id_bank_account FOREIGN KEY(account_id) REFERENCES bank_account (id)
) STRICT;

CREATE TABLE bank_match (
    line_id TEXT NOT NULL,
    seq INTEGER DEFAULT '1' NOT NULL,
    kind TEXT NOT NULL,
    run_id TEXT,
    party TEXT,
    amount_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    CONSTRAINT pk_bank_match PRIMARY KEY (line_id, seq),
    CONSTRAINT ck_bank_match_kind CHECK (kind IN ('payment', 'receipt', 'payout', 'suspense', 'bank_fee', 'fx', 'cleared', 'unbooked', 'uncleared')),
    CONSTRAINT fk_bank_match_line_id_bank_line FOREIGN KEY(line_id) REFERENCES bank_line (id),
    CONSTRAINT fk_bank_match_run_id_settlement_run FOREIGN KEY(run_id) REFERENCES settlement_run (id)
) STRICT;

CREATE TABLE run_state (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    cancelled INTEGER NOT NULL,
    document TEXT NOT NULL,
    worst_seconds INTEGER NOT NULL,
    source TEXT NOT NULL,
    as_of TEXT NOT NULL,
    first_told_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    revision INTEGER NOT NULL,
    withdrawn_at TEXT,
    CONSTRAINT pk_run_state PRIMARY KEY (region, operator, trip_id, service_date),
    CONSTRAINT ck_run_state_cancelled CHECK (cancelled IN (0, 1))
) STRICT;

CREATE TABLE live_feed (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    as_of TEXT,
    version INTEGER NOT NULL,
    trouble TEXT,
    document TEXT NOT NULL,
    CONSTRAINT pk_live_feed PRIMARY KEY (region, operator)
) STRICT;

CREATE TABLE booking_document (
    booking_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    encoding TEXT NOT NULL,
    content TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    CONSTRAINT pk_booking_document PRIMARY KEY (booking_id, seq),
    CONSTRAINT ck_booking_document_encoding CHECK (encoding IN ('text', 'base64')),
    CONSTRAINT fk_booking_document_booking_id_booking FOREIGN KEY(booking_id) REFERENCES booking (id)
) STRICT;

CREATE TABLE known_key (
    kid TEXT NOT NULL,
    kind TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    state TEXT NOT NULL,
    known_since TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    CONSTRAINT pk_known_key PRIMARY KEY (kid),
    CONSTRAINT ck_known_key_state CHECK (state IN ('announced', 'active', 'verify_only', 'removed', 'compromised'))
) STRICT;

CREATE TABLE undelivered (
    order_id TEXT NOT NULL,
    region TEXT NOT NULL,
    tries INTEGER NOT NULL,
    first_at TEXT NOT NULL,
    next_try_at TEXT NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_undelivered PRIMARY KEY (order_id),
    CONSTRAINT fk_undelivered_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
) STRICT;

CREATE TABLE worker_job (
    name TEXT NOT NULL,
    ran_at TEXT NOT NULL,
    succeeded_at TEXT,
    failures INTEGER NOT NULL,
    failing INTEGER NOT NULL,
    detail TEXT NOT NULL,
    CONSTRAINT pk_worker_job PRIMARY KEY (name)
) STRICT;

CREATE TABLE outside_refund (
    external_id TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    learned_at TEXT NOT NULL,
    CONSTRAINT pk_outside_refund PRIMARY KEY (external_id),
    CONSTRAINT ck_outside_refund_state CHECK (state IN ('confirmed', 'failed')),
    CONSTRAINT fk_outside_refund_payment_id_payment FOREIGN KEY(payment_id) REFERENCES payment (id)
) STRICT;

CREATE TABLE pass_use (
    ticket_jti TEXT NOT NULL,
    order_id TEXT NOT NULL,
    leg INTEGER NOT NULL,
    passenger_ref TEXT NOT NULL,
    at TEXT NOT NULL,
    departs_at TEXT,
    arrives_at TEXT,
    CONSTRAINT pk_pass_use PRIMARY KEY (ticket_jti, order_id, leg, passenger_ref),
    CONSTRAINT fk_pass_use_ticket_jti_ticket FOREIGN KEY(ticket_jti) REFERENCES ticket (jti),
    CONSTRAINT fk_pass_use_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
) STRICT;

CREATE TABLE group_code (
    jti TEXT NOT NULL,
    order_id TEXT NOT NULL,
    status TEXT NOT NULL,
    token TEXT NOT NULL,
    status_list TEXT NOT NULL,
    status_index INTEGER NOT NULL,
    issued_at TEXT NOT NULL,
    not_before TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    revoked_at TEXT,
    ended_by TEXT,
    control_code TEXT,
    CONSTRAINT pk_group_code PRIMARY KEY (jti),
    CONSTRAINT ck_group_code_status CHECK (status IN ('valid', 'revoked', 'suspended')),
    CONSTRAINT ck_group_code_ended_by CHECK (ended_by IN ('change', 'buyer', 'move')),
    CONSTRAINT uq_group_code_status_list_status_index UNIQUE (status_list, status_index)
) STRICT;

CREATE TABLE group_member (
    code_jti TEXT NOT NULL,
    ticket_jti TEXT NOT NULL,
    CONSTRAINT pk_group_member PRIMARY KEY (code_jti, ticket_jti),
    CONSTRAINT fk_group_member_code_jti_group_code FOREIGN KEY(code_jti) REFERENCES group_code (jti),
    CONSTRAINT fk_group_member_ticket_jti_ticket FOREIGN KEY(ticket_jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE double_use (
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    operator TEXT NOT NULL,
    first_operator TEXT NOT NULL,
    first_gate TEXT NOT NULL,
    second_gate TEXT NOT NULL,
    gap_seconds INTEGER NOT NULL,
    at TEXT NOT NULL,
    found_at TEXT NOT NULL,
    CONSTRAINT pk_double_use PRIMARY KEY (gate_key_id, scan_id, jti),
    CONSTRAINT fk_double_use_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti)
) STRICT;

CREATE TABLE refunded_ride (
    gate_key_id TEXT NOT NULL,
    scan_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    operator TEXT NOT NULL,
    refund_id TEXT NOT NULL,
    at TEXT NOT NULL,
    refunded_at TEXT NOT NULL,
    found_at TEXT NOT NULL,
    CONSTRAINT pk_refunded_ride PRIMARY KEY (gate_key_id, scan_id, jti),
    CONSTRAINT fk_refunded_ride_jti_ticket FOREIGN KEY(jti) REFERENCES ticket (jti),
    CONSTRAINT fk_refunded_ride_refund_id_refund FOREIGN KEY(refund_id) REFERENCES refund (id)
) STRICT;

CREATE INDEX ix_idempotency_created_at ON idempotency (created_at);
CREATE INDEX ix_offer_expires_at ON offer (expires_at);
CREATE INDEX ix_scan_jti ON scan (jti);
CREATE INDEX ix_entry_source_type_source_id ON entry (source_type, source_id);
CREATE INDEX ix_posting_period_account_id ON posting (period, account_id);
CREATE INDEX ix_order_event_order_id ON order_event (order_id);
CREATE INDEX ix_ticket_expires_at_status_list ON ticket (expires_at, status_list);
CREATE INDEX ix_ticket_order_id ON ticket (order_id);
CREATE INDEX ix_scan_fact_jti ON scan_fact (jti);
CREATE INDEX ix_alloc_tax_ticket_jti ON alloc_tax (ticket_jti);
CREATE INDEX ix_entry_rare ON entry (period, region) WHERE kind NOT IN ('capture', 'gateway_fee', 'allocation', 'refund_decided', 'refund_confirmed', 'exchanged', 'chargeback');
CREATE INDEX ix_bank_account_party ON bank_account (party);
CREATE INDEX ix_bank_line_region_iban ON bank_line (region, iban);
CREATE INDEX ix_scan_fact_operator_received_at ON scan_fact (operator, received_at);
CREATE INDEX ix_ticket_status_list_status ON ticket (status_list, status);
CREATE INDEX ix_ticket_use_operator_at ON ticket_use (operator, at);
CREATE INDEX ix_use_change_operator_changed_at ON use_change (operator, changed_at);
CREATE INDEX ix_ticket_move_jti ON ticket_move (jti);
CREATE INDEX ix_control_code_code ON control_code (code);
CREATE INDEX ix_gate_device_operator ON gate_device (operator);
CREATE INDEX ix_gate_journal_operator_at ON gate_journal (operator, at);
CREATE INDEX ix_gate_journal_jti ON gate_journal (jti);
CREATE INDEX ix_reservation_region_operator_trip_id_service_date ON reservation (region, operator, trip_id, service_date);
CREATE INDEX ix_operator_figure_hour ON operator_figure (hour);
CREATE INDEX ix_person_identity_person_id ON person_identity (person_id);
CREATE INDEX ix_session_person_id ON session (person_id);
CREATE INDEX ix_phone_person_id ON phone (person_id);
CREATE INDEX ix_entitlement_person_id ON entitlement (person_id);
CREATE INDEX ix_refresh_token_session_id ON refresh_token (session_id);
CREATE INDEX ix_rate_count_ends_at ON rate_count (ends_at);
CREATE INDEX ix_demo_charge_payment_id ON demo_charge (payment_id);
CREATE INDEX ix_demo_object_charge_id ON demo_object (charge_id);
CREATE INDEX ix_ticket_order_state_expires_at ON ticket_order (state, expires_at);
CREATE INDEX ix_ticket_order_person_id ON ticket_order (person_id);
CREATE INDEX ix_booking_state ON booking (state);
CREATE INDEX ix_gateway_event_state_next_try_at ON gateway_event (state, next_try_at);
CREATE INDEX ix_dispute_payment_id ON dispute (payment_id);
CREATE INDEX ix_status_change_status_list_at ON status_change (status_list, at);
CREATE INDEX ix_status_change_published_at ON status_change (published_at);
CREATE INDEX ix_gate_fetch_operator_at ON gate_fetch (operator, at);
CREATE INDEX ix_ticket_status_list_expires_at ON ticket (status_list, expires_at);
CREATE INDEX ix_scan_received_at ON scan (received_at);
CREATE INDEX ix_scan_fact_received_at ON scan_fact (received_at);
CREATE INDEX ix_staff_session_staff_id ON staff_session (staff_id);
CREATE INDEX ix_book_check_region_id ON book_check (region, id);
CREATE INDEX ix_carnet_end_region ON carnet_end (region);
CREATE INDEX ix_ticket_product_expires_at ON ticket (product, expires_at);
CREATE INDEX ix_passkey_person_id ON passkey (person_id);
CREATE INDEX ix_bank_match_run_id ON bank_match (run_id);
CREATE INDEX ix_run_state_region_service_date ON run_state (region, service_date);
CREATE INDEX ix_booking_document_kept_at ON booking_document (kept_at);
CREATE INDEX ix_booking_sailing ON booking (sailing);
CREATE UNIQUE INDEX ix_known_key_active ON known_key (kind) WHERE state = 'active';
CREATE INDEX ix_outside_refund_payment_id ON outside_refund (payment_id);
CREATE INDEX ix_group_code_order_id ON group_code (order_id);
CREATE INDEX ix_group_code_control_code ON group_code (control_code);
CREATE INDEX ix_group_code_expires_at ON group_code (expires_at);
CREATE INDEX ix_group_member_ticket_jti ON group_member (ticket_jti);
CREATE INDEX ix_double_use_operator_at ON double_use (operator, at);
CREATE INDEX ix_double_use_jti ON double_use (jti);
CREATE INDEX ix_refunded_ride_operator_found_at ON refunded_ride (operator, found_at);
CREATE INDEX ix_refunded_ride_jti ON refunded_ride (jti);
CREATE INDEX ix_pass_use_order_id ON pass_use (order_id);
