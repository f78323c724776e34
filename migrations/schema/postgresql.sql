-- The tables of PostgreSQL as of 0.2.0: what `throughfare db upgrade` makes of an empty database.

CREATE SCHEMA IF NOT EXISTS months;

CREATE TABLE alloc_share (
    period text NOT NULL,
    id text NOT NULL,
    ticket_jti text NOT NULL,
    region text NOT NULL,
    operator text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    seq bigint NOT NULL,
    gross_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    net_minor bigint NOT NULL,
    rule text NOT NULL,
    original_period text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_alloc_share_kind CHECK ((kind = ANY (ARRAY['sale'::text, 'refund'::text, 'exchange'::text, 'chargeback'::text, 'correction'::text]))),
    CONSTRAINT ck_alloc_share_parts_make_gross CHECK ((gross_minor = ((vat_minor + fee_minor) + net_minor)))
)
PARTITION BY LIST (period);

CREATE TABLE months.alloc_share_other (
    period text NOT NULL,
    id text NOT NULL,
    ticket_jti text NOT NULL,
    region text NOT NULL,
    operator text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    seq bigint NOT NULL,
    gross_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    net_minor bigint NOT NULL,
    rule text NOT NULL,
    original_period text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_alloc_share_kind CHECK ((kind = ANY (ARRAY['sale'::text, 'refund'::text, 'exchange'::text, 'chargeback'::text, 'correction'::text]))),
    CONSTRAINT ck_alloc_share_parts_make_gross CHECK ((gross_minor = ((vat_minor + fee_minor) + net_minor)))
);

CREATE TABLE alloc_tax (
    period text NOT NULL,
    id text NOT NULL,
    ticket_jti text NOT NULL,
    region text NOT NULL,
    member_state text NOT NULL,
    mode text NOT NULL,
    scope text NOT NULL,
    treatment text NOT NULL,
    rate_bp bigint NOT NULL,
    verified bigint NOT NULL,
    distance_m bigint NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    seq bigint NOT NULL,
    gross_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    original_period text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_alloc_tax_kind CHECK ((kind = ANY (ARRAY['sale'::text, 'refund'::text, 'exchange'::text, 'chargeback'::text, 'correction'::text])))
)
PARTITION BY LIST (period);

CREATE TABLE months.alloc_tax_other (
    period text NOT NULL,
    id text NOT NULL,
    ticket_jti text NOT NULL,
    region text NOT NULL,
    member_state text NOT NULL,
    mode text NOT NULL,
    scope text NOT NULL,
    treatment text NOT NULL,
    rate_bp bigint NOT NULL,
    verified bigint NOT NULL,
    distance_m bigint NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    seq bigint NOT NULL,
    gross_minor bigint NOT NULL,
    vat_minor bigint NOT NULL,
    original_period text NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_alloc_tax_kind CHECK ((kind = ANY (ARRAY['sale'::text, 'refund'::text, 'exchange'::text, 'chargeback'::text, 'correction'::text])))
);

CREATE TABLE entry (
    period text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    source_type text NOT NULL,
    source_id text NOT NULL,
    region text NOT NULL,
    original_period text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    note text DEFAULT '{}'::text NOT NULL,
    reverses_id text,
    hash text DEFAULT ''::text NOT NULL
)
PARTITION BY LIST (period);

CREATE TABLE months.entry_other (
    period text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    source_type text NOT NULL,
    source_id text NOT NULL,
    region text NOT NULL,
    original_period text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    booked_at timestamp with time zone NOT NULL,
    note text DEFAULT '{}'::text NOT NULL,
    reverses_id text,
    hash text DEFAULT ''::text NOT NULL
);

CREATE TABLE posting (
    period text NOT NULL,
    entry_id text NOT NULL,
    line bigint NOT NULL,
    account_id text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT ck_posting_amount_not_zero CHECK ((amount_minor <> 0))
)
PARTITION BY LIST (period);

CREATE TABLE months.posting_other (
    period text NOT NULL,
    entry_id text NOT NULL,
    line bigint NOT NULL,
    account_id text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    CONSTRAINT ck_posting_amount_not_zero CHECK ((amount_minor <> 0))
);

CREATE TABLE account (
    id text NOT NULL,
    type text NOT NULL,
    purpose text NOT NULL,
    operator text,
    member_state text,
    currency text NOT NULL,
    CONSTRAINT ck_account_type CHECK ((type = ANY (ARRAY['asset'::text, 'liability'::text, 'income'::text, 'expense'::text])))
);

CREATE TABLE alert (
    id text NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    resolved_by text
);

CREATE TABLE api_key (
    id text NOT NULL,
    role text NOT NULL,
    operator text,
    label text NOT NULL,
    secret_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT ck_api_key_role CHECK ((role = ANY (ARRAY['gate'::text, 'operator_staff'::text, 'operator_finance'::text, 'operator_admin'::text, 'finance'::text, 'admin'::text])))
);

CREATE TABLE approval (
    id text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    digest text NOT NULL,
    decision text NOT NULL,
    actor text NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_approval_decision CHECK ((decision = ANY (ARRAY['approved'::text, 'rejected'::text])))
);

CREATE TABLE audit (
    id text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL
);

CREATE TABLE bank_account (
    id text NOT NULL,
    party text NOT NULL,
    name text NOT NULL,
    iban text NOT NULL,
    bic text NOT NULL,
    town text NOT NULL,
    country text NOT NULL,
    entered_by text NOT NULL,
    entered_at timestamp with time zone NOT NULL
);

CREATE TABLE bank_line (
    id text NOT NULL,
    region text NOT NULL,
    iban text NOT NULL,
    statement_id text NOT NULL,
    seq bigint NOT NULL,
    booking_date text NOT NULL,
    value_date text NOT NULL,
    currency text NOT NULL,
    amount_minor bigint NOT NULL,
    end_to_end_id text NOT NULL,
    bank_reference text NOT NULL,
    counterparty text NOT NULL,
    remittance text NOT NULL,
    imported_at timestamp with time zone NOT NULL
);

CREATE TABLE bank_match (
    line_id text NOT NULL,
    kind text NOT NULL,
    run_id text,
    party text,
    amount_minor bigint NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    seq bigint DEFAULT '1'::bigint NOT NULL,
    CONSTRAINT ck_bank_match_kind CHECK ((kind = ANY (ARRAY['payment'::text, 'receipt'::text, 'payout'::text, 'suspense'::text, 'bank_fee'::text, 'fx'::text, 'cleared'::text, 'unbooked'::text, 'uncleared'::text])))
);

CREATE TABLE book_check (
    id text NOT NULL,
    region text NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    document text
);

CREATE TABLE booking (
    id text NOT NULL,
    order_id text NOT NULL,
    seq bigint NOT NULL,
    operator text NOT NULL,
    state text NOT NULL,
    reference text,
    expires_at timestamp with time zone,
    tries bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    sailing text,
    CONSTRAINT ck_booking_state CHECK ((state = ANY (ARRAY['wanted'::text, 'held'::text, 'confirmed'::text, 'unwanted'::text, 'released'::text, 'cancelled'::text, 'refused'::text, 'stuck'::text])))
);

CREATE TABLE booking_document (
    booking_id text NOT NULL,
    seq bigint NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    encoding text NOT NULL,
    content text NOT NULL,
    kept_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_booking_document_encoding CHECK ((encoding = ANY (ARRAY['text'::text, 'base64'::text])))
);

CREATE TABLE carnet_end (
    ticket_jti text NOT NULL,
    region text NOT NULL,
    uses bigint NOT NULL,
    used bigint NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    ended_at timestamp with time zone NOT NULL
);

CREATE TABLE chain_block (
    region text NOT NULL,
    period text NOT NULL,
    seq bigint NOT NULL,
    last_entry text NOT NULL,
    entries bigint NOT NULL,
    final bigint NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    signed text NOT NULL,
    jwk text NOT NULL,
    made_at timestamp with time zone NOT NULL
);

CREATE TABLE connector_entry (
    region text NOT NULL,
    operator text NOT NULL,
    key text NOT NULL,
    digest text NOT NULL,
    progress text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    reference text,
    expires_at timestamp with time zone,
    price_minor bigint,
    price_currency text,
    document text NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE control_code (
    jti text NOT NULL,
    code text NOT NULL
);

CREATE TABLE demo_call (
    idempotency_key text NOT NULL,
    request text NOT NULL,
    document text NOT NULL
);

CREATE TABLE demo_charge (
    id text NOT NULL,
    method text NOT NULL,
    state text NOT NULL,
    amount_minor bigint NOT NULL,
    captured_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    order_id text NOT NULL,
    payment_id text NOT NULL,
    CONSTRAINT ck_demo_charge_capture_within_amount CHECK ((captured_minor <= amount_minor)),
    CONSTRAINT ck_demo_charge_refund_within_capture CHECK ((refunded_minor <= captured_minor)),
    CONSTRAINT ck_demo_charge_state CHECK ((state = ANY (ARRAY['action_required'::text, 'authorised'::text, 'declined'::text, 'captured'::text, 'cancelled'::text])))
);

CREATE TABLE demo_object (
    id text NOT NULL,
    kind text NOT NULL,
    charge_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    CONSTRAINT ck_demo_object_kind CHECK ((kind = ANY (ARRAY['refund'::text, 'dispute'::text, 'balance'::text])))
);

CREATE TABLE dispute (
    id text NOT NULL,
    payment_id text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    amount_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    currency text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_dispute_state CHECK ((state = ANY (ARRAY['inquiry'::text, 'open'::text, 'withdrawn'::text, 'reinstated'::text, 'won'::text, 'lost'::text])))
);

CREATE TABLE dispute_step (
    dispute_id text NOT NULL,
    seq bigint NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    text text NOT NULL,
    entry_id text,
    CONSTRAINT ck_dispute_step_state CHECK ((state = ANY (ARRAY['open'::text, 'answered'::text, 'corrected'::text, 'rejected'::text, 'withdrawn'::text])))
);

CREATE TABLE double_use (
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    jti text NOT NULL,
    leg bigint NOT NULL,
    operator text NOT NULL,
    first_operator text NOT NULL,
    first_gate text NOT NULL,
    second_gate text NOT NULL,
    gap_seconds bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    found_at timestamp with time zone NOT NULL
);

CREATE TABLE enrolment_code (
    code_hash text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    stop_id text,
    zone text,
    direction text,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE entitlement (
    id text NOT NULL,
    person_id text NOT NULL,
    claim text NOT NULL,
    issuer text NOT NULL,
    valid_until text NOT NULL,
    proof text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE entry_source (
    source_type text NOT NULL,
    source_id text NOT NULL,
    kind text NOT NULL,
    entry_id text NOT NULL
);

CREATE TABLE gate_device (
    id text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    stop_id text,
    zone text,
    direction text,
    kid text NOT NULL,
    public_key text NOT NULL,
    enrolled_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    revoked_because text,
    last_bundle_at timestamp with time zone,
    last_upload_at timestamp with time zone,
    queue_length bigint,
    clock_offset bigint,
    software text
);

CREATE TABLE gate_fetch (
    device_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    operator text NOT NULL,
    lags text NOT NULL
);

CREATE TABLE gate_journal (
    id text NOT NULL,
    at timestamp with time zone NOT NULL,
    kind text NOT NULL,
    operator text NOT NULL,
    actor text NOT NULL,
    jti text,
    reason text NOT NULL,
    document text NOT NULL,
    place bigint NOT NULL,
    chain text NOT NULL,
    CONSTRAINT ck_gate_journal_kind CHECK ((kind = ANY (ARRAY['inspection'::text, 'by_hand'::text, 'look_up'::text, 'incident'::text, 'enrolment'::text, 'revocation'::text])))
);

CREATE TABLE gate_retention (
    id bigint NOT NULL,
    kept_since timestamp with time zone NOT NULL,
    CONSTRAINT ck_gate_retention_id CHECK ((id = 1))
);

CREATE SEQUENCE gate_retention_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE gate_retention_id_seq OWNED BY gate_retention.id;

CREATE TABLE gateway_event (
    gateway text NOT NULL,
    id text NOT NULL,
    type text NOT NULL,
    object_id text,
    state text NOT NULL,
    tries bigint NOT NULL,
    received_at timestamp with time zone NOT NULL,
    next_try_at timestamp with time zone NOT NULL,
    note text NOT NULL,
    document text NOT NULL,
    CONSTRAINT ck_gateway_event_state CHECK ((state = ANY (ARRAY['new'::text, 'done'::text, 'ignored'::text, 'held'::text])))
);

CREATE TABLE group_code (
    jti text NOT NULL,
    order_id text NOT NULL,
    status text NOT NULL,
    token text NOT NULL,
    status_list text NOT NULL,
    status_index bigint NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    not_before timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    ended_by text,
    control_code text,
    CONSTRAINT ck_group_code_ended_by CHECK ((ended_by = ANY (ARRAY['change'::text, 'buyer'::text, 'move'::text]))),
    CONSTRAINT ck_group_code_status CHECK ((status = ANY (ARRAY['valid'::text, 'revoked'::text, 'suspended'::text])))
);

CREATE TABLE group_member (
    code_jti text NOT NULL,
    ticket_jti text NOT NULL
);

CREATE TABLE holder_salt (
    jti text NOT NULL,
    salt text NOT NULL
);

CREATE TABLE idempotency (
    principal text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    body_hash text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    lease_until timestamp with time zone NOT NULL,
    answer text
);

CREATE TABLE journal_start (
    operator text NOT NULL,
    place bigint NOT NULL,
    chain text NOT NULL
);

CREATE TABLE known_key (
    kid text NOT NULL,
    kind text NOT NULL,
    thumbprint text NOT NULL,
    state text NOT NULL,
    known_since timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_known_key_state CHECK ((state = ANY (ARRAY['announced'::text, 'active'::text, 'verify_only'::text, 'removed'::text, 'compromised'::text])))
);

CREATE TABLE line_dispute (
    id text NOT NULL,
    run_id text NOT NULL,
    operator text NOT NULL,
    line_id text NOT NULL,
    reason text NOT NULL,
    opened_by text NOT NULL,
    opened_at timestamp with time zone NOT NULL
);

CREATE TABLE live_feed (
    region text NOT NULL,
    operator text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    as_of timestamp with time zone,
    version bigint NOT NULL,
    trouble text,
    document text NOT NULL
);

CREATE TABLE offer (
    id text NOT NULL,
    region text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    document text NOT NULL
);

CREATE TABLE operator_figure (
    region text NOT NULL,
    operator text NOT NULL,
    call text NOT NULL,
    hour timestamp with time zone NOT NULL,
    process text NOT NULL,
    document text NOT NULL
);

CREATE TABLE order_event (
    id text NOT NULL,
    order_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    from_state text,
    to_state text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL
);

CREATE TABLE order_holder (
    order_id text NOT NULL,
    passenger_ref text NOT NULL,
    jwk text,
    salt text,
    idh text
);

CREATE TABLE outside_refund (
    external_id text NOT NULL,
    payment_id text NOT NULL,
    state text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    learned_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_outside_refund_state CHECK ((state = ANY (ARRAY['confirmed'::text, 'failed'::text])))
);

CREATE TABLE pass_use (
    ticket_jti text NOT NULL,
    order_id text NOT NULL,
    leg bigint NOT NULL,
    passenger_ref text NOT NULL,
    at timestamp with time zone NOT NULL,
    departs_at timestamp with time zone,
    arrives_at timestamp with time zone
);

CREATE TABLE passkey (
    id text NOT NULL,
    person_id text NOT NULL,
    label text NOT NULL,
    public_key text NOT NULL,
    uses bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE payment (
    id text NOT NULL,
    order_id text NOT NULL,
    gateway text NOT NULL,
    method text NOT NULL,
    request_key text NOT NULL,
    state text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    external_id text,
    created_at timestamp with time zone NOT NULL,
    fee_minor bigint DEFAULT '0'::bigint NOT NULL,
    CONSTRAINT ck_payment_state CHECK ((state = ANY (ARRAY['pending'::text, 'action_required'::text, 'authorised'::text, 'captured'::text, 'declined'::text, 'cancelled'::text, 'held'::text])))
);

CREATE TABLE period (
    region text NOT NULL,
    id text NOT NULL,
    state text NOT NULL,
    closed_at timestamp with time zone,
    digest text,
    fence_at timestamp with time zone,
    CONSTRAINT ck_period_state CHECK ((state = ANY (ARRAY['open'::text, 'closing'::text, 'closed'::text])))
);

CREATE TABLE person (
    id text NOT NULL,
    email text,
    password_hash text,
    language text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone
);

CREATE TABLE person_identity (
    issuer text NOT NULL,
    subject text NOT NULL,
    person_id text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE phone (
    id text NOT NULL,
    person_id text NOT NULL,
    label text NOT NULL,
    jwk text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone
);

CREATE TABLE proof_seen (
    jti text NOT NULL,
    nonce text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE quote (
    id text NOT NULL,
    offer_id text,
    region text NOT NULL,
    tariff_version text NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    offer_digest text
);

CREATE TABLE rate_count (
    bucket text NOT NULL,
    count bigint NOT NULL,
    ends_at bigint NOT NULL
);

CREATE TABLE refresh_token (
    hash text NOT NULL,
    session_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone
);

CREATE TABLE refund (
    id text NOT NULL,
    order_id text NOT NULL,
    payment_id text,
    seq bigint NOT NULL,
    request_key text NOT NULL,
    state text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    document text NOT NULL,
    external_id text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_refund_state CHECK ((state = ANY (ARRAY['decided'::text, 'pending'::text, 'confirmed'::text, 'failed'::text])))
);

CREATE TABLE refunded_ride (
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    jti text NOT NULL,
    leg bigint NOT NULL,
    operator text NOT NULL,
    refund_id text NOT NULL,
    at timestamp with time zone NOT NULL,
    refunded_at timestamp with time zone NOT NULL,
    found_at timestamp with time zone NOT NULL
);

CREATE TABLE reservation (
    region text NOT NULL,
    operator text NOT NULL,
    key text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL,
    digest text NOT NULL,
    state text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    foot bigint NOT NULL,
    car bigint NOT NULL,
    cabin bigint NOT NULL,
    price_minor bigint,
    price_currency text,
    document text NOT NULL,
    bicycle bigint DEFAULT '0'::bigint NOT NULL,
    dog bigint DEFAULT '0'::bigint NOT NULL,
    CONSTRAINT ck_reservation_state CHECK ((state = ANY (ARRAY['held'::text, 'confirmed'::text, 'released'::text, 'cancelled'::text])))
);

CREATE TABLE ride_count (
    region text NOT NULL,
    operator text NOT NULL,
    product text NOT NULL,
    month text NOT NULL,
    kind text NOT NULL,
    count bigint NOT NULL
);

CREATE TABLE run_account (
    run_id text NOT NULL,
    party text NOT NULL,
    account_id text NOT NULL
);

CREATE TABLE run_file (
    run_id text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    bytes bigint NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE run_state (
    region text NOT NULL,
    operator text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL,
    cancelled bigint NOT NULL,
    document text NOT NULL,
    worst_seconds bigint NOT NULL,
    source text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    first_told_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    revision bigint NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT ck_run_state_cancelled CHECK ((cancelled = ANY (ARRAY[(0)::bigint, (1)::bigint])))
);

CREATE TABLE run_step (
    run_id text NOT NULL,
    seq bigint NOT NULL,
    state text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    digest text NOT NULL,
    note text NOT NULL
);

CREATE TABLE sailing (
    region text NOT NULL,
    operator text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL
);

CREATE TABLE scan (
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    operator text NOT NULL,
    body_hash text NOT NULL,
    jti text,
    leg bigint,
    stop_id text,
    decision text NOT NULL,
    reason text NOT NULL,
    answer text NOT NULL,
    device_ts timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    nonce text,
    direction text
);

CREATE TABLE scan_echo (
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    body_hash text NOT NULL,
    first_scan_id text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE scan_fact (
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    content_hash text NOT NULL,
    operator text NOT NULL,
    jti text NOT NULL,
    leg bigint NOT NULL,
    seq bigint NOT NULL,
    device_ts bigint NOT NULL,
    clock_offset bigint NOT NULL,
    decision text NOT NULL,
    reason text NOT NULL,
    bundle_version bigint,
    received_at timestamp with time zone NOT NULL,
    direction text,
    is_flagged integer DEFAULT 0 NOT NULL
);

CREATE TABLE session (
    id text NOT NULL,
    person_id text NOT NULL,
    label text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    ended_why text
);

CREATE TABLE settlement_run (
    id text NOT NULL,
    region text NOT NULL,
    period text NOT NULL,
    version bigint NOT NULL,
    state text NOT NULL,
    digest text NOT NULL,
    prepared_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    document text NOT NULL,
    CONSTRAINT ck_settlement_run_state CHECK ((state = ANY (ARRAY['draft'::text, 'calculated'::text, 'approved'::text, 'exported'::text, 'sent'::text, 'reconciled'::text, 'rejected'::text, 'voided'::text])))
);

CREATE TABLE sign_in (
    state text NOT NULL,
    document text NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE staff_member (
    id text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    role text NOT NULL,
    operator text,
    password_hash text NOT NULL,
    must_change bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT ck_staff_member_role CHECK ((role = ANY (ARRAY['finance'::text, 'operator_finance'::text, 'admin'::text])))
);

CREATE TABLE staff_session (
    hash text NOT NULL,
    staff_id text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);

CREATE TABLE status_change (
    status_list text NOT NULL,
    status_index bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    fetched_at timestamp with time zone
);

CREATE TABLE tariff_version (
    version text NOT NULL,
    region text NOT NULL,
    first_used_at timestamp with time zone NOT NULL,
    document text NOT NULL
);

CREATE TABLE ticket (
    jti text NOT NULL,
    order_id text NOT NULL,
    passenger_ref text NOT NULL,
    status text NOT NULL,
    token text NOT NULL,
    product text NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    status_list text NOT NULL,
    status_index bigint NOT NULL,
    issued_at timestamp with time zone NOT NULL,
    not_before timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    document text NOT NULL,
    CONSTRAINT ck_ticket_status CHECK ((status = ANY (ARRAY['valid'::text, 'revoked'::text, 'suspended'::text])))
);

CREATE TABLE ticket_move (
    id text NOT NULL,
    jti text NOT NULL,
    old_list text NOT NULL,
    old_index bigint NOT NULL,
    key_thumbprint text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE ticket_order (
    id text NOT NULL,
    quote_id text NOT NULL,
    region text NOT NULL,
    state text NOT NULL,
    total_minor bigint NOT NULL,
    currency text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    person_id text,
    exchange_of text,
    credit_minor bigint DEFAULT '0'::bigint NOT NULL,
    request_key text,
    exchange_legs text,
    code text,
    CONSTRAINT ck_ticket_order_credit_not_negative CHECK ((credit_minor >= 0)),
    CONSTRAINT ck_ticket_order_state CHECK ((state = ANY (ARRAY['holding'::text, 'awaiting_payment'::text, 'payment_failed'::text, 'payment_unknown'::text, 'authorised'::text, 'unwinding'::text, 'ticketed'::text, 'part_refunded'::text, 'refunded'::text, 'exchanged'::text, 'cancelled'::text, 'expired'::text])))
);

CREATE TABLE ticket_use (
    jti text NOT NULL,
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    leg bigint NOT NULL,
    operator text NOT NULL,
    gate text,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT ck_ticket_use_kind CHECK ((kind = ANY (ARRAY['ride'::text, 'transfer'::text, 'in'::text, 'out'::text])))
);

CREATE TABLE undelivered (
    order_id text NOT NULL,
    region text NOT NULL,
    tries bigint NOT NULL,
    first_at timestamp with time zone NOT NULL,
    next_try_at timestamp with time zone NOT NULL,
    detail text NOT NULL
);

CREATE TABLE use_change (
    operator text NOT NULL,
    jti text NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE use_claim (
    jti text NOT NULL,
    leg bigint NOT NULL,
    use_no bigint NOT NULL,
    operator text NOT NULL,
    gate_key_id text NOT NULL,
    scan_id text NOT NULL,
    stop_id text,
    at timestamp with time zone NOT NULL
);

CREATE TABLE used_ticket (
    jti text NOT NULL
);

CREATE TABLE worker_job (
    name text NOT NULL,
    ran_at timestamp with time zone NOT NULL,
    succeeded_at timestamp with time zone,
    failures bigint NOT NULL,
    failing bigint NOT NULL,
    detail text NOT NULL
);

ALTER TABLE ONLY alloc_share ATTACH PARTITION months.alloc_share_other DEFAULT;
ALTER TABLE ONLY alloc_tax ATTACH PARTITION months.alloc_tax_other DEFAULT;
ALTER TABLE ONLY entry ATTACH PARTITION months.entry_other DEFAULT;
ALTER TABLE ONLY posting ATTACH PARTITION months.posting_other DEFAULT;

ALTER TABLE ONLY gate_retention ALTER COLUMN id SET DEFAULT nextval('gate_retention_id_seq'::regclass);

ALTER TABLE ONLY alloc_share ADD CONSTRAINT pk_alloc_share PRIMARY KEY (period, id);

ALTER TABLE ONLY months.alloc_share_other ADD CONSTRAINT alloc_share_other_pkey PRIMARY KEY (period, id);

ALTER TABLE ONLY alloc_share ADD CONSTRAINT uq_alloc_share_ticket_jti_operator_kind_seq_period UNIQUE (ticket_jti, operator, kind, seq, period);

ALTER TABLE ONLY months.alloc_share_other ADD CONSTRAINT alloc_share_other_ticket_jti_operator_kind_seq_period_key UNIQUE (ticket_jti, operator, kind, seq, period);

ALTER TABLE ONLY alloc_tax ADD CONSTRAINT pk_alloc_tax PRIMARY KEY (period, id);

ALTER TABLE ONLY months.alloc_tax_other ADD CONSTRAINT alloc_tax_other_pkey PRIMARY KEY (period, id);

ALTER TABLE ONLY entry ADD CONSTRAINT pk_entry PRIMARY KEY (period, id);

ALTER TABLE ONLY months.entry_other ADD CONSTRAINT entry_other_pkey PRIMARY KEY (period, id);

ALTER TABLE ONLY posting ADD CONSTRAINT pk_posting PRIMARY KEY (period, entry_id, line);

ALTER TABLE ONLY months.posting_other ADD CONSTRAINT posting_other_pkey PRIMARY KEY (period, entry_id, line);

ALTER TABLE ONLY account ADD CONSTRAINT pk_account PRIMARY KEY (id);

ALTER TABLE ONLY alert ADD CONSTRAINT pk_alert PRIMARY KEY (id);

ALTER TABLE ONLY api_key ADD CONSTRAINT pk_api_key PRIMARY KEY (id);

ALTER TABLE ONLY approval ADD CONSTRAINT pk_approval PRIMARY KEY (id);

ALTER TABLE ONLY audit ADD CONSTRAINT pk_audit PRIMARY KEY (id);

ALTER TABLE ONLY bank_account ADD CONSTRAINT pk_bank_account PRIMARY KEY (id);

ALTER TABLE ONLY bank_line ADD CONSTRAINT pk_bank_line PRIMARY KEY (id);

ALTER TABLE ONLY bank_match ADD CONSTRAINT pk_bank_match PRIMARY KEY (line_id, seq);

ALTER TABLE ONLY book_check ADD CONSTRAINT pk_book_check PRIMARY KEY (id);

ALTER TABLE ONLY booking ADD CONSTRAINT pk_booking PRIMARY KEY (id);

ALTER TABLE ONLY booking_document ADD CONSTRAINT pk_booking_document PRIMARY KEY (booking_id, seq);

ALTER TABLE ONLY carnet_end ADD CONSTRAINT pk_carnet_end PRIMARY KEY (ticket_jti);

ALTER TABLE ONLY chain_block ADD CONSTRAINT pk_chain_block PRIMARY KEY (region, period, seq);

ALTER TABLE ONLY connector_entry ADD CONSTRAINT pk_connector_entry PRIMARY KEY (region, operator, key);

ALTER TABLE ONLY control_code ADD CONSTRAINT pk_control_code PRIMARY KEY (jti);

ALTER TABLE ONLY demo_call ADD CONSTRAINT pk_demo_call PRIMARY KEY (idempotency_key);

ALTER TABLE ONLY demo_charge ADD CONSTRAINT pk_demo_charge PRIMARY KEY (id);

ALTER TABLE ONLY demo_object ADD CONSTRAINT pk_demo_object PRIMARY KEY (id);

ALTER TABLE ONLY dispute ADD CONSTRAINT pk_dispute PRIMARY KEY (id);

ALTER TABLE ONLY dispute_step ADD CONSTRAINT pk_dispute_step PRIMARY KEY (dispute_id, seq);

ALTER TABLE ONLY double_use ADD CONSTRAINT pk_double_use PRIMARY KEY (gate_key_id, scan_id, jti);

ALTER TABLE ONLY enrolment_code ADD CONSTRAINT pk_enrolment_code PRIMARY KEY (code_hash);

ALTER TABLE ONLY entitlement ADD CONSTRAINT pk_entitlement PRIMARY KEY (id);

ALTER TABLE ONLY entry_source ADD CONSTRAINT pk_entry_source PRIMARY KEY (source_type, source_id, kind);

ALTER TABLE ONLY gate_device ADD CONSTRAINT pk_gate_device PRIMARY KEY (id);

ALTER TABLE ONLY gate_fetch ADD CONSTRAINT pk_gate_fetch PRIMARY KEY (device_id, at);

ALTER TABLE ONLY gate_journal ADD CONSTRAINT pk_gate_journal PRIMARY KEY (id);

ALTER TABLE ONLY gate_retention ADD CONSTRAINT pk_gate_retention PRIMARY KEY (id);

ALTER TABLE ONLY gateway_event ADD CONSTRAINT pk_gateway_event PRIMARY KEY (gateway, id);

ALTER TABLE ONLY group_code ADD CONSTRAINT pk_group_code PRIMARY KEY (jti);

ALTER TABLE ONLY group_member ADD CONSTRAINT pk_group_member PRIMARY KEY (code_jti, ticket_jti);

ALTER TABLE ONLY holder_salt ADD CONSTRAINT pk_holder_salt PRIMARY KEY (jti);

ALTER TABLE ONLY idempotency ADD CONSTRAINT pk_idempotency PRIMARY KEY (principal, route, key);

ALTER TABLE ONLY journal_start ADD CONSTRAINT pk_journal_start PRIMARY KEY (operator);

ALTER TABLE ONLY known_key ADD CONSTRAINT pk_known_key PRIMARY KEY (kid);

ALTER TABLE ONLY line_dispute ADD CONSTRAINT pk_line_dispute PRIMARY KEY (id);

ALTER TABLE ONLY live_feed ADD CONSTRAINT pk_live_feed PRIMARY KEY (region, operator);

ALTER TABLE ONLY offer ADD CONSTRAINT pk_offer PRIMARY KEY (id);

ALTER TABLE ONLY operator_figure ADD CONSTRAINT pk_operator_figure PRIMARY KEY (region, operator, call, hour, process);

ALTER TABLE ONLY order_event ADD CONSTRAINT pk_order_event PRIMARY KEY (id);

ALTER TABLE ONLY order_holder ADD CONSTRAINT pk_order_holder PRIMARY KEY (order_id, passenger_ref);

ALTER TABLE ONLY outside_refund ADD CONSTRAINT pk_outside_refund PRIMARY KEY (external_id);

ALTER TABLE ONLY pass_use ADD CONSTRAINT pk_pass_use PRIMARY KEY (ticket_jti, order_id, leg, passenger_ref);

ALTER TABLE ONLY passkey ADD CONSTRAINT pk_passkey PRIMARY KEY (id);

ALTER TABLE ONLY payment ADD CONSTRAINT pk_payment PRIMARY KEY (id);

ALTER TABLE ONLY period ADD CONSTRAINT pk_period PRIMARY KEY (region, id);

ALTER TABLE ONLY person ADD CONSTRAINT pk_person PRIMARY KEY (id);

ALTER TABLE ONLY person_identity ADD CONSTRAINT pk_person_identity PRIMARY KEY (issuer, subject);

ALTER TABLE ONLY phone ADD CONSTRAINT pk_phone PRIMARY KEY (id);

ALTER TABLE ONLY proof_seen ADD CONSTRAINT pk_proof_seen PRIMARY KEY (jti, nonce);

ALTER TABLE ONLY quote ADD CONSTRAINT pk_quote PRIMARY KEY (id);

ALTER TABLE ONLY rate_count ADD CONSTRAINT pk_rate_count PRIMARY KEY (bucket);

ALTER TABLE ONLY refresh_token ADD CONSTRAINT pk_refresh_token PRIMARY KEY (hash);

ALTER TABLE ONLY refund ADD CONSTRAINT pk_refund PRIMARY KEY (id);

ALTER TABLE ONLY refunded_ride ADD CONSTRAINT pk_refunded_ride PRIMARY KEY (gate_key_id, scan_id, jti);

ALTER TABLE ONLY reservation ADD CONSTRAINT pk_reservation PRIMARY KEY (region, operator, key);

ALTER TABLE ONLY ride_count ADD CONSTRAINT pk_ride_count PRIMARY KEY (region, operator, product, month, kind);

ALTER TABLE ONLY run_account ADD CONSTRAINT pk_run_account PRIMARY KEY (run_id, party);

ALTER TABLE ONLY run_file ADD CONSTRAINT pk_run_file PRIMARY KEY (run_id, name);

ALTER TABLE ONLY run_state ADD CONSTRAINT pk_run_state PRIMARY KEY (region, operator, trip_id, service_date);

ALTER TABLE ONLY run_step ADD CONSTRAINT pk_run_step PRIMARY KEY (run_id, seq);

ALTER TABLE ONLY sailing ADD CONSTRAINT pk_sailing PRIMARY KEY (region, operator, trip_id, service_date);

ALTER TABLE ONLY scan ADD CONSTRAINT pk_scan PRIMARY KEY (gate_key_id, scan_id);

ALTER TABLE ONLY scan_echo ADD CONSTRAINT pk_scan_echo PRIMARY KEY (gate_key_id, scan_id);

ALTER TABLE ONLY scan_fact ADD CONSTRAINT pk_scan_fact PRIMARY KEY (gate_key_id, scan_id, content_hash);

ALTER TABLE ONLY session ADD CONSTRAINT pk_session PRIMARY KEY (id);

ALTER TABLE ONLY settlement_run ADD CONSTRAINT pk_settlement_run PRIMARY KEY (id);

ALTER TABLE ONLY sign_in ADD CONSTRAINT pk_sign_in PRIMARY KEY (state);

ALTER TABLE ONLY staff_member ADD CONSTRAINT pk_staff_member PRIMARY KEY (id);

ALTER TABLE ONLY staff_session ADD CONSTRAINT pk_staff_session PRIMARY KEY (hash);

ALTER TABLE ONLY status_change ADD CONSTRAINT pk_status_change PRIMARY KEY (status_list, status_index, at);

ALTER TABLE ONLY tariff_version ADD CONSTRAINT pk_tariff_version PRIMARY KEY (version);

ALTER TABLE ONLY ticket ADD CONSTRAINT pk_ticket PRIMARY KEY (jti);

ALTER TABLE ONLY ticket_move ADD CONSTRAINT pk_ticket_move PRIMARY KEY (id);

ALTER TABLE ONLY ticket_order ADD CONSTRAINT pk_ticket_order PRIMARY KEY (id);

ALTER TABLE ONLY ticket_use ADD CONSTRAINT pk_ticket_use PRIMARY KEY (jti, gate_key_id, scan_id);

ALTER TABLE ONLY undelivered ADD CONSTRAINT pk_undelivered PRIMARY KEY (order_id);

ALTER TABLE ONLY use_change ADD CONSTRAINT pk_use_change PRIMARY KEY (operator, jti);

ALTER TABLE ONLY use_claim ADD CONSTRAINT pk_use_claim PRIMARY KEY (jti, leg, use_no);

ALTER TABLE ONLY used_ticket ADD CONSTRAINT pk_used_ticket PRIMARY KEY (jti);

ALTER TABLE ONLY worker_job ADD CONSTRAINT pk_worker_job PRIMARY KEY (name);

ALTER TABLE ONLY alert ADD CONSTRAINT uq_alert_kind_subject UNIQUE (kind, subject);

ALTER TABLE ONLY api_key ADD CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash);

ALTER TABLE ONLY approval ADD CONSTRAINT uq_approval_subject_type_subject_id UNIQUE (subject_type, subject_id);

ALTER TABLE ONLY audit ADD CONSTRAINT uq_audit_previous UNIQUE (previous);

ALTER TABLE ONLY booking ADD CONSTRAINT uq_booking_order_id_seq UNIQUE (order_id, seq);

ALTER TABLE ONLY entitlement ADD CONSTRAINT uq_entitlement_proof UNIQUE (proof);

ALTER TABLE ONLY gate_device ADD CONSTRAINT uq_gate_device_kid UNIQUE (kid);

ALTER TABLE ONLY gate_journal ADD CONSTRAINT uq_gate_journal_operator_place UNIQUE (operator, place);

ALTER TABLE ONLY group_code ADD CONSTRAINT uq_group_code_status_list_status_index UNIQUE (status_list, status_index);

ALTER TABLE ONLY line_dispute ADD CONSTRAINT uq_line_dispute_operator_line_id UNIQUE (operator, line_id);

ALTER TABLE ONLY payment ADD CONSTRAINT uq_payment_external_id UNIQUE (external_id);

ALTER TABLE ONLY payment ADD CONSTRAINT uq_payment_order_id_request_key UNIQUE (order_id, request_key);

ALTER TABLE ONLY person ADD CONSTRAINT uq_person_email UNIQUE (email);

ALTER TABLE ONLY refund ADD CONSTRAINT uq_refund_order_id_request_key UNIQUE (order_id, request_key);

ALTER TABLE ONLY refund ADD CONSTRAINT uq_refund_order_id_seq UNIQUE (order_id, seq);

ALTER TABLE ONLY settlement_run ADD CONSTRAINT uq_settlement_run_region_period_version UNIQUE (region, period, version);

ALTER TABLE ONLY staff_member ADD CONSTRAINT uq_staff_member_email UNIQUE (email);

ALTER TABLE ONLY staff_member ADD CONSTRAINT uq_staff_member_name_key UNIQUE (name_key);

ALTER TABLE ONLY ticket_move ADD CONSTRAINT uq_ticket_move_old_list_old_index UNIQUE (old_list, old_index);

ALTER TABLE ONLY ticket_order ADD CONSTRAINT uq_ticket_order_quote_id UNIQUE (quote_id);

ALTER TABLE ONLY ticket ADD CONSTRAINT uq_ticket_status_list_status_index UNIQUE (status_list, status_index);

CREATE INDEX ix_alloc_tax_ticket_jti ON ONLY alloc_tax USING btree (ticket_jti);
CREATE INDEX alloc_tax_other_ticket_jti_idx ON months.alloc_tax_other USING btree (ticket_jti);
CREATE INDEX ix_entry_rare ON ONLY entry USING btree (period, region) WHERE (kind <> ALL (ARRAY['capture'::text, 'gateway_fee'::text, 'allocation'::text, 'refund_decided'::text, 'refund_confirmed'::text, 'exchanged'::text, 'chargeback'::text]));
CREATE INDEX entry_other_period_region_idx ON months.entry_other USING btree (period, region) WHERE (kind <> ALL (ARRAY['capture'::text, 'gateway_fee'::text, 'allocation'::text, 'refund_decided'::text, 'refund_confirmed'::text, 'exchanged'::text, 'chargeback'::text]));
CREATE INDEX ix_entry_source_type_source_id ON ONLY entry USING btree (source_type, source_id);
CREATE INDEX entry_other_source_type_source_id_idx ON months.entry_other USING btree (source_type, source_id);
CREATE INDEX ix_posting_period_account_id ON ONLY posting USING btree (period, account_id);
CREATE INDEX posting_other_period_account_id_idx ON months.posting_other USING btree (period, account_id);
CREATE INDEX ix_bank_account_party ON bank_account USING btree (party);
CREATE INDEX ix_bank_line_region_iban ON bank_line USING btree (region, iban);
CREATE INDEX ix_bank_match_run_id ON bank_match USING btree (run_id);
CREATE INDEX ix_book_check_region_id ON book_check USING btree (region, id);
CREATE INDEX ix_booking_document_kept_at ON booking_document USING btree (kept_at);
CREATE INDEX ix_booking_sailing ON booking USING btree (sailing);
CREATE INDEX ix_booking_state ON booking USING btree (state);
CREATE INDEX ix_carnet_end_region ON carnet_end USING btree (region);
CREATE INDEX ix_control_code_code ON control_code USING btree (code);
CREATE INDEX ix_demo_charge_payment_id ON demo_charge USING btree (payment_id);
CREATE INDEX ix_demo_object_charge_id ON demo_object USING btree (charge_id);
CREATE INDEX ix_dispute_payment_id ON dispute USING btree (payment_id);
CREATE INDEX ix_double_use_jti ON double_use USING btree (jti);
CREATE INDEX ix_double_use_operator_at ON double_use USING btree (operator, at);
CREATE INDEX ix_entitlement_person_id ON entitlement USING btree (person_id);
CREATE INDEX ix_gate_device_operator ON gate_device USING btree (operator);
CREATE INDEX ix_gate_fetch_operator_at ON gate_fetch USING btree (operator, at);
CREATE INDEX ix_gate_journal_jti ON gate_journal USING btree (jti);
CREATE INDEX ix_gate_journal_operator_at ON gate_journal USING btree (operator, at);
CREATE INDEX ix_gateway_event_state_next_try_at ON gateway_event USING btree (state, next_try_at);
CREATE INDEX ix_group_code_control_code ON group_code USING btree (control_code);
CREATE INDEX ix_group_code_expires_at ON group_code USING btree (expires_at);
CREATE INDEX ix_group_code_order_id ON group_code USING btree (order_id);
CREATE INDEX ix_group_member_ticket_jti ON group_member USING btree (ticket_jti);
CREATE INDEX ix_idempotency_created_at ON idempotency USING btree (created_at);
CREATE UNIQUE INDEX ix_known_key_active ON known_key USING btree (kind) WHERE (state = 'active'::text);
CREATE INDEX ix_offer_expires_at ON offer USING btree (expires_at);
CREATE INDEX ix_operator_figure_hour ON operator_figure USING btree (hour);
CREATE INDEX ix_order_event_order_id ON order_event USING btree (order_id);
CREATE INDEX ix_outside_refund_payment_id ON outside_refund USING btree (payment_id);
CREATE INDEX ix_pass_use_order_id ON pass_use USING btree (order_id);
CREATE INDEX ix_passkey_person_id ON passkey USING btree (person_id);
CREATE INDEX ix_person_identity_person_id ON person_identity USING btree (person_id);
CREATE INDEX ix_phone_person_id ON phone USING btree (person_id);
CREATE INDEX ix_rate_count_ends_at ON rate_count USING btree (ends_at);
CREATE INDEX ix_refresh_token_session_id ON refresh_token USING btree (session_id);
CREATE INDEX ix_refunded_ride_jti ON refunded_ride USING btree (jti);
CREATE INDEX ix_refunded_ride_operator_found_at ON refunded_ride USING btree (operator, found_at);
CREATE INDEX ix_reservation_region_operator_trip_id_service_date ON reservation USING btree (region, operator, trip_id, service_date);
CREATE INDEX ix_run_state_region_service_date ON run_state USING btree (region, service_date);
CREATE INDEX ix_scan_fact_jti ON scan_fact USING btree (jti);
CREATE INDEX ix_scan_fact_operator_received_at ON scan_fact USING btree (operator, received_at);
CREATE INDEX ix_scan_fact_received_at ON scan_fact USING btree (received_at);
CREATE INDEX ix_scan_jti ON scan USING btree (jti);
CREATE INDEX ix_scan_received_at ON scan USING btree (received_at);
CREATE INDEX ix_session_person_id ON session USING btree (person_id);
CREATE INDEX ix_staff_session_staff_id ON staff_session USING btree (staff_id);
CREATE INDEX ix_status_change_published_at ON status_change USING btree (published_at);
CREATE INDEX ix_status_change_status_list_at ON status_change USING btree (status_list, at);
CREATE INDEX ix_ticket_expires_at_status_list ON ticket USING btree (expires_at, status_list);
CREATE INDEX ix_ticket_move_jti ON ticket_move USING btree (jti);
CREATE INDEX ix_ticket_order_id ON ticket USING btree (order_id);
CREATE INDEX ix_ticket_order_person_id ON ticket_order USING btree (person_id);
CREATE INDEX ix_ticket_order_state_expires_at ON ticket_order USING btree (state, expires_at);
CREATE INDEX ix_ticket_product_expires_at ON ticket USING btree (product, expires_at);
CREATE INDEX ix_ticket_status_list_expires_at ON ticket USING btree (status_list, expires_at);
CREATE INDEX ix_ticket_status_list_status ON ticket USING btree (status_list, status);
CREATE INDEX ix_ticket_use_operator_at ON ticket_use USING btree (operator, at);
CREATE INDEX ix_use_change_operator_changed_at ON use_change USING btree (operator, changed_at);

ALTER INDEX pk_alloc_share ATTACH PARTITION months.alloc_share_other_pkey;
ALTER INDEX uq_alloc_share_ticket_jti_operator_kind_seq_period ATTACH PARTITION months.alloc_share_other_ticket_jti_operator_kind_seq_period_key;
ALTER INDEX pk_alloc_tax ATTACH PARTITION months.alloc_tax_other_pkey;
ALTER INDEX ix_alloc_tax_ticket_jti ATTACH PARTITION months.alloc_tax_other_ticket_jti_idx;
ALTER INDEX ix_entry_rare ATTACH PARTITION months.entry_other_period_region_idx;
ALTER INDEX pk_entry ATTACH PARTITION months.entry_other_pkey;
ALTER INDEX ix_entry_source_type_source_id ATTACH PARTITION months.entry_other_source_type_source_id_idx;
ALTER INDEX ix_posting_period_account_id ATTACH PARTITION months.posting_other_period_account_id_idx;
ALTER INDEX pk_posting ATTACH PARTITION months.posting_other_pkey;

ALTER TABLE alloc_share
    ADD CONSTRAINT fk_alloc_share_ticket_jti_ticket FOREIGN KEY (ticket_jti) REFERENCES ticket(jti);

ALTER TABLE alloc_tax
    ADD CONSTRAINT fk_alloc_tax_ticket_jti_ticket FOREIGN KEY (ticket_jti) REFERENCES ticket(jti);

ALTER TABLE ONLY bank_match ADD CONSTRAINT fk_bank_match_line_id_bank_line FOREIGN KEY (line_id) REFERENCES bank_line(id);

ALTER TABLE ONLY bank_match ADD CONSTRAINT fk_bank_match_run_id_settlement_run FOREIGN KEY (run_id) REFERENCES settlement_run(id);

ALTER TABLE ONLY booking_document ADD CONSTRAINT fk_booking_document_booking_id_booking FOREIGN KEY (booking_id) REFERENCES booking(id);

ALTER TABLE ONLY booking ADD CONSTRAINT fk_booking_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY carnet_end ADD CONSTRAINT fk_carnet_end_ticket_jti_ticket FOREIGN KEY (ticket_jti) REFERENCES ticket(jti);

ALTER TABLE ONLY control_code ADD CONSTRAINT fk_control_code_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY demo_object ADD CONSTRAINT fk_demo_object_charge_id_demo_charge FOREIGN KEY (charge_id) REFERENCES demo_charge(id);

ALTER TABLE ONLY dispute ADD CONSTRAINT fk_dispute_payment_id_payment FOREIGN KEY (payment_id) REFERENCES payment(id);

ALTER TABLE ONLY dispute_step ADD CONSTRAINT fk_dispute_step_dispute_id_line_dispute FOREIGN KEY (dispute_id) REFERENCES line_dispute(id);

ALTER TABLE ONLY double_use ADD CONSTRAINT fk_double_use_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY entitlement ADD CONSTRAINT fk_entitlement_person_id_person FOREIGN KEY (person_id) REFERENCES person(id);

ALTER TABLE entry
    ADD CONSTRAINT fk_entry_region_period_period FOREIGN KEY (region, period) REFERENCES period(region, id);

ALTER TABLE ONLY group_member ADD CONSTRAINT fk_group_member_code_jti_group_code FOREIGN KEY (code_jti) REFERENCES group_code(jti);

ALTER TABLE ONLY group_member ADD CONSTRAINT fk_group_member_ticket_jti_ticket FOREIGN KEY (ticket_jti) REFERENCES ticket(jti);

ALTER TABLE ONLY holder_salt ADD CONSTRAINT fk_holder_salt_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY line_dispute ADD CONSTRAINT fk_line_dispute_run_id_settlement_run FOREIGN KEY (run_id) REFERENCES settlement_run(id);

ALTER TABLE ONLY order_event ADD CONSTRAINT fk_order_event_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY order_holder ADD CONSTRAINT fk_order_holder_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY outside_refund ADD CONSTRAINT fk_outside_refund_payment_id_payment FOREIGN KEY (payment_id) REFERENCES payment(id);

ALTER TABLE ONLY pass_use ADD CONSTRAINT fk_pass_use_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY pass_use ADD CONSTRAINT fk_pass_use_ticket_jti_ticket FOREIGN KEY (ticket_jti) REFERENCES ticket(jti);

ALTER TABLE ONLY passkey ADD CONSTRAINT fk_passkey_person_id_person FOREIGN KEY (person_id) REFERENCES person(id);

ALTER TABLE ONLY payment ADD CONSTRAINT fk_payment_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY person_identity ADD CONSTRAINT fk_person_identity_person_id_person FOREIGN KEY (person_id) REFERENCES person(id);

ALTER TABLE ONLY phone ADD CONSTRAINT fk_phone_person_id_person FOREIGN KEY (person_id) REFERENCES person(id);

ALTER TABLE posting
    ADD CONSTRAINT fk_posting_account_id_account FOREIGN KEY (account_id) REFERENCES account(id);

ALTER TABLE posting
    ADD CONSTRAINT fk_posting_period_entry_id_entry FOREIGN KEY (period, entry_id) REFERENCES entry(period, id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY quote ADD CONSTRAINT fk_quote_offer_id_offer FOREIGN KEY (offer_id) REFERENCES offer(id);

ALTER TABLE ONLY quote ADD CONSTRAINT fk_quote_tariff_version_tariff_version FOREIGN KEY (tariff_version) REFERENCES tariff_version(version);

ALTER TABLE ONLY refresh_token ADD CONSTRAINT fk_refresh_token_session_id_session FOREIGN KEY (session_id) REFERENCES session(id);

ALTER TABLE ONLY refund ADD CONSTRAINT fk_refund_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY refund ADD CONSTRAINT fk_refund_payment_id_payment FOREIGN KEY (payment_id) REFERENCES payment(id);

ALTER TABLE ONLY refunded_ride ADD CONSTRAINT fk_refunded_ride_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY refunded_ride ADD CONSTRAINT fk_refunded_ride_refund_id_refund FOREIGN KEY (refund_id) REFERENCES refund(id);

ALTER TABLE ONLY run_account ADD CONSTRAINT fk_run_account_account_id_bank_account FOREIGN KEY (account_id) REFERENCES bank_account(id);

ALTER TABLE ONLY run_account ADD CONSTRAINT fk_run_account_run_id_settlement_run FOREIGN KEY (run_id) REFERENCES settlement_run(id);

ALTER TABLE ONLY run_file ADD CONSTRAINT fk_run_file_run_id_settlement_run FOREIGN KEY (run_id) REFERENCES settlement_run(id);

ALTER TABLE ONLY run_step ADD CONSTRAINT fk_run_step_run_id_settlement_run FOREIGN KEY (run_id) REFERENCES settlement_run(id);

ALTER TABLE ONLY session ADD CONSTRAINT fk_session_person_id_person FOREIGN KEY (person_id) REFERENCES person(id);

ALTER TABLE ONLY settlement_run ADD CONSTRAINT fk_settlement_run_region_period_period FOREIGN KEY (region, period) REFERENCES period(region, id);

ALTER TABLE ONLY staff_session ADD CONSTRAINT fk_staff_session_staff_id_staff_member FOREIGN KEY (staff_id) REFERENCES staff_member(id);

ALTER TABLE ONLY ticket_move ADD CONSTRAINT fk_ticket_move_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY ticket_order ADD CONSTRAINT fk_ticket_order_exchange_of_ticket_order FOREIGN KEY (exchange_of) REFERENCES ticket_order(id);

ALTER TABLE ONLY ticket ADD CONSTRAINT fk_ticket_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY ticket_order ADD CONSTRAINT fk_ticket_order_person_id_person FOREIGN KEY (person_id) REFERENCES person(id);

ALTER TABLE ONLY ticket_order ADD CONSTRAINT fk_ticket_order_quote_id_quote FOREIGN KEY (quote_id) REFERENCES quote(id);

ALTER TABLE ONLY ticket_use ADD CONSTRAINT fk_ticket_use_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY undelivered ADD CONSTRAINT fk_undelivered_order_id_ticket_order FOREIGN KEY (order_id) REFERENCES ticket_order(id);

ALTER TABLE ONLY use_change ADD CONSTRAINT fk_use_change_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY use_claim ADD CONSTRAINT fk_use_claim_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);

ALTER TABLE ONLY used_ticket ADD CONSTRAINT fk_used_ticket_jti_ticket FOREIGN KEY (jti) REFERENCES ticket(jti);
