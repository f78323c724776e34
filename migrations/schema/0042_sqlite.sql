-- The choices of holders whose departure does not go as sold: for whom, from which departure to which, and what became of it.

CREATE TABLE rerouting (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    leg INTEGER NOT NULL,
    passengers TEXT NOT NULL,
    kind TEXT NOT NULL,
    option_id TEXT NOT NULL,
    state TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    from_stop TEXT NOT NULL,
    to_stop TEXT NOT NULL,
    departs_at TEXT NOT NULL,
    arrives_at TEXT NOT NULL,
    was_trip_id TEXT NOT NULL,
    was_service_date TEXT NOT NULL,
    was_departs_at TEXT NOT NULL,
    was_arrives_at TEXT NOT NULL,
    request_key TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    reason TEXT NOT NULL,
    CONSTRAINT pk_rerouting PRIMARY KEY (id),
    CONSTRAINT ck_rerouting_kind CHECK (kind IN ('later_departure', 'other_operator', 'wait')),
    CONSTRAINT ck_rerouting_state CHECK (state IN ('asked', 'done', 'failed')),
    CONSTRAINT uq_rerouting_order_id_request_key UNIQUE (order_id, request_key),
    CONSTRAINT fk_rerouting_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
)
 STRICT;

CREATE INDEX ix_rerouting_state ON rerouting (state);

CREATE TABLE used_link (
    letter TEXT NOT NULL,
    order_id TEXT NOT NULL,
    used_at TEXT NOT NULL,
    CONSTRAINT pk_used_link PRIMARY KEY (letter)
)
 STRICT;

CREATE INDEX ix_used_link_used_at ON used_link (used_at);
