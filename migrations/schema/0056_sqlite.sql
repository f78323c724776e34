-- A hold that has come to nothing is tried again: of the holds of a leg one at a time is open, instead of one for each departure.

-- SQLite takes no constraint off a table: it is made anew with its rows. Its guards follow in another file.
CREATE TABLE place_hold_before AS SELECT * FROM place_hold;

DROP TABLE place_hold;

CREATE TABLE place_hold (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    leg INTEGER NOT NULL,
    passengers TEXT NOT NULL,
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
    made_at TEXT NOT NULL,
    until TEXT,
    ended_at TEXT,
    reason TEXT NOT NULL,
    CONSTRAINT pk_place_hold PRIMARY KEY (id),
    CONSTRAINT ck_place_hold_state CHECK (state IN ('asked', 'held', 'answered', 'kept', 'released')),
    CONSTRAINT fk_place_hold_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
)
 STRICT;

INSERT INTO place_hold SELECT * FROM place_hold_before;

DROP TABLE place_hold_before;

CREATE INDEX ix_place_hold_state ON place_hold (state);

CREATE INDEX ix_place_hold_made_at ON place_hold (made_at);

CREATE INDEX ix_place_hold_ended_at ON place_hold (ended_at);

CREATE UNIQUE INDEX uq_place_hold_open ON place_hold (order_id, leg, was_trip_id, was_service_date) WHERE state IN ('asked', 'held');
