-- Changed platforms as events, the words of staff beside them, and the words that persons have chosen between.
-- SQLite changes no check of a table: both tables of events are made anew and filled from the old ones.

CREATE TABLE evidence_choice (
    region TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    call INTEGER NOT NULL,
    chosen TEXT NOT NULL,
    reason TEXT NOT NULL,
    chosen_by TEXT NOT NULL,
    chosen_at TEXT NOT NULL,
    CONSTRAINT pk_evidence_choice PRIMARY KEY (region, operator, trip_id, service_date, call),
    CONSTRAINT ck_evidence_choice_chosen CHECK (chosen IN ('own_word', 'seen'))
) STRICT;

CREATE INDEX ix_evidence_choice_service_date ON evidence_choice (service_date);

CREATE TABLE kept_affected AS SELECT * FROM disruption_affected;
CREATE TABLE kept_event AS SELECT * FROM disruption_event;
DROP TABLE disruption_affected;
DROP TABLE disruption_event;

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
    note TEXT,
    CONSTRAINT pk_disruption_event PRIMARY KEY (id),
    CONSTRAINT uq_disruption_event_region UNIQUE (region, operator, trip_id, service_date, revision),
    CONSTRAINT ck_disruption_event_kind CHECK (kind IN ('cancelled', 'delayed', 'call_skipped', 'connection_broken', 'platform_changed', 'service_restored')),
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
    platform TEXT,
    CONSTRAINT pk_disruption_affected PRIMARY KEY (event_id, jti),
    CONSTRAINT fk_disruption_affected_event_id_disruption_event FOREIGN KEY(event_id) REFERENCES disruption_event (id),
    CONSTRAINT ck_disruption_affected_why CHECK (why IN ('cancelled', 'skipped', 'too_late', 'late', 'connection', 'platform', 'restored'))
) STRICT;

INSERT INTO disruption_event (id, region, operator, trip_id, service_date, revision, kind, status, source, cause, first_seen, first_told_at, last_seen, confirmed_at, late_seconds, evidence)
SELECT id, region, operator, trip_id, service_date, revision, kind, status, source, cause, first_seen, first_told_at, last_seen, confirmed_at, late_seconds, evidence FROM kept_event;
INSERT INTO disruption_affected (event_id, jti, leg, order_id, why, late_seconds, then_leg)
SELECT event_id, jti, leg, order_id, why, late_seconds, then_leg FROM kept_affected;

DROP TABLE kept_affected;
DROP TABLE kept_event;

CREATE INDEX ix_disruption_event_status ON disruption_event (status, first_seen);
CREATE INDEX ix_disruption_event_service_date ON disruption_event (service_date);
CREATE INDEX ix_disruption_affected_jti ON disruption_affected (jti);
CREATE INDEX ix_disruption_event_confirmed_at ON disruption_event (confirmed_at);
