-- What operators have told of runs, as facts: added and never changed, until they have been kept long enough.

CREATE TABLE observation (
    id text NOT NULL,
    region text NOT NULL,
    operator text NOT NULL,
    trip_id text NOT NULL,
    service_date text NOT NULL,
    call bigint,
    stop_id text,
    kind text NOT NULL,
    event text,
    planned_at timestamp with time zone,
    at timestamp with time zone,
    source text NOT NULL,
    told_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    raw_sha256 text,
    raw_ref text,
    cause text,
    timetable_version text NOT NULL,
    CONSTRAINT pk_observation PRIMARY KEY (id),
    CONSTRAINT ck_observation_kind CHECK (kind IN ('arrived', 'departed', 'expected', 'cancelled', 'skipped', 'added', 'cause', 'withdrawn')),
    CONSTRAINT ck_observation_event CHECK (event IN ('arrival', 'departure')),
    CONSTRAINT ck_observation_source CHECK (source IN ('gtfs_rt', 'siri_et', 'siri_sx', 'operator_report', 'exchange_events', 'gate', 'vehicle'))
);

CREATE TABLE raw_message (
    sha256 text NOT NULL,
    operator text NOT NULL,
    peer text NOT NULL,
    received_at timestamp with time zone NOT NULL,
    size bigint NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT pk_raw_message PRIMARY KEY (sha256)
);

CREATE TABLE observation_retention (
    id bigint NOT NULL,
    quiet_before text NOT NULL,
    all_before text NOT NULL,
    raw_before timestamp with time zone NOT NULL,
    CONSTRAINT pk_observation_retention PRIMARY KEY (id)
);

CREATE INDEX ix_observation_region_operator_trip_id_service_date ON observation (region, operator, trip_id, service_date);
CREATE INDEX ix_observation_service_date ON observation (service_date);
CREATE INDEX ix_raw_message_received_at ON raw_message (received_at);
