-- The legs of tickets by the run that they are for: who is affected when it does not go as planned.

CREATE TABLE leg_of_ticket (
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    mode TEXT NOT NULL,
    from_stop TEXT NOT NULL,
    to_stop TEXT NOT NULL,
    departs_at TEXT NOT NULL,
    arrives_at TEXT NOT NULL,
    CONSTRAINT pk_leg_of_ticket PRIMARY KEY (jti, leg)
) STRICT;

CREATE INDEX ix_leg_of_ticket_run ON leg_of_ticket (region, operator, service_date, trip_id);
CREATE INDEX ix_leg_of_ticket_service_date ON leg_of_ticket (service_date);

INSERT INTO leg_of_ticket (jti, leg, order_id, region, operator, trip_id, service_date, mode, from_stop, to_stop, departs_at, arrives_at)
SELECT ticket.jti, leg.key, ticket.order_id, ticket_order.region, leg.value ->> 'operator', leg.value ->> 'trip_id',
    coalesce(leg.value ->> 'service_date', substr(leg.value ->> 'departure', 1, 10)), leg.value ->> 'mode',
    leg.value -> 'from' ->> 'stop_id', leg.value -> 'to' ->> 'stop_id',
    strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', leg.value ->> 'departure'), strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', leg.value ->> 'arrival')
FROM ticket
JOIN ticket_order ON ticket_order.id = ticket.order_id
JOIN json_each(ticket.document, '$.legs') AS leg
WHERE ticket.status <> 'revoked' AND ticket.expires_at > strftime('%Y-%m-%dT%H:%M:%S.000000+00:00', 'now')
    AND leg.value ->> 'given_back_at' IS NULL AND coalesce(leg.value ->> 'trip_id', '') <> '';

-- What has happened to a run, revision by revision, and the tickets that each revision concerns.

CREATE TABLE disruption_event (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    revision INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    cause TEXT,
    first_seen TEXT NOT NULL,
    first_told_at TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    confirmed_at TEXT,
    late_seconds INTEGER,
    evidence TEXT NOT NULL,
    CONSTRAINT pk_disruption_event PRIMARY KEY (id),
    CONSTRAINT uq_disruption_event_region UNIQUE (region, operator, trip_id, service_date, revision),
    CONSTRAINT ck_disruption_event_kind CHECK (kind IN ('cancelled', 'delayed', 'call_skipped', 'connection_broken', 'service_restored')),
    CONSTRAINT ck_disruption_event_status CHECK (status IN ('seen', 'confirmed', 'dropped'))
) STRICT;

CREATE TABLE disruption_affected (
    event_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    leg INTEGER NOT NULL,
    order_id TEXT NOT NULL,
    why TEXT NOT NULL,
    late_seconds INTEGER,
    then_leg INTEGER,
    CONSTRAINT pk_disruption_affected PRIMARY KEY (event_id, jti),
    CONSTRAINT fk_disruption_affected_event_id_disruption_event FOREIGN KEY(event_id) REFERENCES disruption_event (id),
    CONSTRAINT ck_disruption_affected_why CHECK (why IN ('cancelled', 'skipped', 'too_late', 'late', 'connection', 'restored'))
) STRICT;

CREATE INDEX ix_disruption_event_status ON disruption_event (status, first_seen);
CREATE INDEX ix_disruption_event_service_date ON disruption_event (service_date);
CREATE INDEX ix_disruption_affected_jti ON disruption_affected (jti);

-- Last, because searches and sales read these tables and wait while they change.

ALTER TABLE run_state ADD COLUMN ended_at TEXT;
ALTER TABLE live_feed ADD COLUMN trips_at TEXT;
ALTER TABLE live_feed ADD COLUMN vehicles TEXT;
