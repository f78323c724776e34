-- The orders with a passenger who needs assistance, by their own word; a row goes after the journey.

CREATE TABLE order_assistance (
    order_id TEXT NOT NULL,
    kept_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_assistance PRIMARY KEY (order_id),
    CONSTRAINT fk_order_assistance_order_id_ticket_order FOREIGN KEY(order_id) REFERENCES ticket_order (id)
);

CREATE INDEX ix_order_assistance_kept_until ON order_assistance (kept_until);
