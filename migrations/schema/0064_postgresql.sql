-- Owners of API keys, and second factors of the people who work in the console.

ALTER TABLE api_key ADD COLUMN staff_id text;
ALTER TABLE api_key ADD COLUMN verified_at timestamptz;
ALTER TABLE api_key ADD CONSTRAINT fk_api_key_staff_id_staff_member FOREIGN KEY (staff_id) REFERENCES staff_member (id);
ALTER TABLE staff_session ADD COLUMN verified_at timestamptz;

CREATE TABLE staff_factor (
    id text NOT NULL,
    staff_id text NOT NULL,
    sealed text NOT NULL,
    last_step bigint NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT pk_staff_factor PRIMARY KEY (id),
    CONSTRAINT fk_staff_factor_staff_id_staff_member FOREIGN KEY (staff_id) REFERENCES staff_member (id)
);
CREATE UNIQUE INDEX uq_staff_factor_staff_id ON staff_factor (staff_id) WHERE ended_at IS NULL;
