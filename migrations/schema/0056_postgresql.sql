-- A hold that has come to nothing is tried again: of the holds of a leg one at a time is open, instead of one for each departure.

ALTER TABLE place_hold DROP CONSTRAINT uq_place_hold_once;

CREATE UNIQUE INDEX uq_place_hold_open ON place_hold (order_id, leg, was_trip_id, was_service_date) WHERE state IN ('asked', 'held');
