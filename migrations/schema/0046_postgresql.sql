-- Places that are held for holders who have not chosen yet: for whom, on which departure, until when, and what became of it.

CREATE TABLE place_hold (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    leg BIGINT NOT NULL,
    passengers TEXT NOT NULL,
    option_id TEXT NOT NULL,
    state TEXT NOT NULL,
    operator TEXT NOT NULL,
    trip_id TEXT NOT NULL,
    service_date TEXT NOT NULL,
    from_stop TEXT NOT NULL,
    to_stop TEXT NOT NULL,
    departs_at TIMESTAMP WITH TIME ZONE NOT NULL,
    arrives_at TIMESTAMP WITH TIME ZONE NOT NULL,
    was_trip_id TEXT NOT NULL,
    was_service_date TEXT NOT NULL,
    was_departs_at TIMESTAMP WITH TIME ZONE NOT NULL,
    was_arrives_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    reason TEXT NOT NULL,
    CONSTRAINT pk_place_hold PRIMARY KEY (id),
    CONSTRAINT ck_place_hold_state CHECK (state IN ('asked', 'held', 'answered', 'kept', 'released')),
    CONSTRAINT uq_place_hold_once UNIQUE (order_id, leg, was_trip_id, was_service_date, trip_id, service_date),
    CONSTRAINT fk_place_hold_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
);

CREATE INDEX ix_place_hold_state ON place_hold (state);
