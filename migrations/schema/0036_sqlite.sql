-- What operators have told of runs, as facts: added and never changed, until they have been kept long enough.

CREATE TABLE observation (
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    call INTEGER,
    stop_id TEXT,
    kind TEXT NOT NULL,
    event TEXT,
    planned_at TEXT,
    at TEXT,
    source TEXT NOT NULL,
    told_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    raw_sha256 TEXT,
    raw_ref TEXT,
    cause TEXT,
    timetable_version TEXT NOT NULL,
    CONSTRAINT pk_observation PRIMARY KEY (id),
    CONSTRAINT ck_observation_kind CHECK (kind IN ('arrived', 'departed', 'expected', 'cancelled', 'skipped', 'added', 'cause', 'withdrawn')),
    CONSTRAINT ck_observation_event CHECK (event IN ('arrival', 'departure')),
    CONSTRAINT ck_observation_source CHECK (source IN ('gtfs_rt', 'siri_et', 'siri_sx', 'operator_report', 'exchange_events', 'gate', 'vehicle'))
) STRICT;

CREATE TABLE raw_message (
    sha256 TEXT NOT NULL,
    operator TEXT NOT NULL,
    peer TEXT NOT NULL,
    received_at TEXT NOT NULL,
    size INTEGER NOT NULL,
    content BLOB NOT NULL,
    CONSTRAINT pk_raw_message PRIMARY KEY (sha256)
) STRICT;

CREATE TABLE observation_retention (
    id INTEGER NOT NULL,
    quiet_before TEXT NOT NULL,
    all_before TEXT NOT NULL,
    raw_before TEXT NOT NULL,
    CONSTRAINT pk_observation_retention PRIMARY KEY (id)
) STRICT;

CREATE INDEX ix_observation_region_operator_trip_id_service_date ON observation (region, operator, trip_id, service_date);
CREATE INDEX ix_observation_service_date ON observation (service_date);
CREATE INDEX ix_raw_message_received_at ON raw_message (received_at);
