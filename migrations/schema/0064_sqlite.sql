-- Owners of API keys, and second factors of the people who work in the console.

ALTER TABLE api_key ADD COLUMN staff_id TEXT CONSTRAINT fk_api_key_staff_id_staff_member REFERENCES staff_member (id);
ALTER TABLE api_key ADD COLUMN verified_at TEXT;
ALTER TABLE staff_session ADD COLUMN verified_at TEXT;

CREATE TABLE staff_factor (
    id TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    last_step INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    confirmed_at TEXT,
    ended_at TEXT,
    CONSTRAINT pk_staff_factor PRIMARY KEY (id),
    CONSTRAINT fk_staff_factor_staff_id_staff_member FOREIGN KEY (staff_id) REFERENCES staff_member (id)
) STRICT;
CREATE UNIQUE INDEX uq_staff_factor_staff_id ON staff_factor (staff_id) WHERE ended_at IS NULL;
