-- The legs of tickets by the run that they are for: who is affected when it does not go as planned.

SET LOCAL statement_timeout = 0;

CREATE TABLE leg_of_ticket (
    jti text NOT NULL,
    leg bigint NOT NULL,
    order_id text NOT NULL,
    region text NOT NULL,
    operator text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL,
    mode text NOT NULL,
    from_stop text NOT NULL,
    to_stop text NOT NULL,
    departs_at timestamp with time zone NOT NULL,
    arrives_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_leg_of_ticket PRIMARY KEY (jti, leg)
);

INSERT INTO leg_of_ticket (jti, leg, order_id, region, operator, trip_id, service_date, mode, from_stop, to_stop, departs_at, arrives_at)
SELECT ticket.jti, leg.place - 1, ticket.order_id, ticket_order.region, leg.value ->> 'operator', leg.value ->> 'trip_id',
    coalesce(leg.value ->> 'service_date', left(leg.value ->> 'departure', 10)), leg.value ->> 'mode',
    leg.value -> 'from' ->> 'stop_id', leg.value -> 'to' ->> 'stop_id',
    (leg.value ->> 'departure')::timestamptz, (leg.value ->> 'arrival')::timestamptz
FROM ticket
JOIN ticket_order ON ticket_order.id = ticket.order_id
CROSS JOIN LATERAL jsonb_array_elements(ticket.document::jsonb -> 'legs') WITH ORDINALITY AS leg (value, place)
WHERE ticket.status <> 'revoked' AND ticket.expires_at > now()
    AND leg.value ->> 'given_back_at' IS NULL AND coalesce(leg.value ->> 'trip_id', '') <> '';

CREATE INDEX ix_leg_of_ticket_run ON leg_of_ticket (region, operator, service_date, trip_id);
CREATE INDEX ix_leg_of_ticket_service_date ON leg_of_ticket (service_date);

-- What has happened to a run, revision by revision, and the tickets that each revision concerns.

CREATE TABLE disruption_event (
    id text NOT NULL,
    region text NOT NULL,
    operator text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL,
    revision bigint NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    source text NOT NULL,
    cause text,
    first_seen timestamp with time zone NOT NULL,
    first_told_at timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    confirmed_at timestamp with time zone,
    late_seconds bigint,
    evidence text NOT NULL,
    CONSTRAINT pk_disruption_event PRIMARY KEY (id),
    CONSTRAINT uq_disruption_event_region UNIQUE (region, operator, trip_id, service_date, revision),
    CONSTRAINT ck_disruption_event_kind CHECK (kind IN ('cancelled', 'delayed', 'call_skipped', 'connection_broken', 'service_restored')),
    CONSTRAINT ck_disruption_event_status CHECK (status IN ('seen', 'confirmed', 'dropped'))
);

CREATE TABLE disruption_affected (
    event_id text NOT NULL,
    jti text NOT NULL,
    leg bigint NOT NULL,
    order_id text NOT NULL,
    why text NOT NULL,
    late_seconds bigint,
    then_leg bigint,
    CONSTRAINT pk_disruption_affected PRIMARY KEY (event_id, jti),
    CONSTRAINT fk_disruption_affected_event_id_disruption_event FOREIGN KEY (event_id) REFERENCES disruption_event (id),
    CONSTRAINT ck_disruption_affected_why CHECK (why IN ('cancelled', 'skipped', 'too_late', 'late', 'connection', 'restored'))
);

CREATE INDEX ix_disruption_event_status ON disruption_event (status, first_seen);
CREATE INDEX ix_disruption_event_service_date ON disruption_event (service_date);
CREATE INDEX ix_disruption_affected_jti ON disruption_affected (jti);

-- Last, because searches and sales read these tables and wait while they change.

ALTER TABLE run_state ADD COLUMN ended_at timestamp with time zone;
ALTER TABLE live_feed ADD COLUMN trips_at timestamp with time zone;
ALTER TABLE live_feed ADD COLUMN vehicles text;
