-- Changed platforms as events, the words of staff beside them, and the words that persons have chosen between.

CREATE TABLE evidence_choice (
    region text NOT NULL,
    operator text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL,
    call bigint NOT NULL,
    chosen text NOT NULL,
    reason text NOT NULL,
    chosen_by text NOT NULL,
    chosen_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_evidence_choice PRIMARY KEY (region, operator, trip_id, service_date, call),
    CONSTRAINT ck_evidence_choice_chosen CHECK (chosen IN ('own_word', 'seen'))
);

CREATE INDEX ix_evidence_choice_service_date ON evidence_choice (service_date);

ALTER TABLE disruption_affected ADD COLUMN platform text;
ALTER TABLE disruption_affected DROP CONSTRAINT ck_disruption_affected_why;
ALTER TABLE disruption_affected ADD CONSTRAINT ck_disruption_affected_why
    CHECK (why IN ('cancelled', 'skipped', 'too_late', 'late', 'connection', 'platform', 'restored'));
ALTER TABLE disruption_event ADD COLUMN note text;
ALTER TABLE disruption_event DROP CONSTRAINT ck_disruption_event_kind;
ALTER TABLE disruption_event ADD CONSTRAINT ck_disruption_event_kind
    CHECK (kind IN ('cancelled', 'delayed', 'call_skipped', 'connection_broken', 'platform_changed', 'service_restored'));
