-- Publishing: the privacy that was spent on each table of numbers about a month, and the file that it bought.

CREATE TABLE privacy_spend (
    region TEXT NOT NULL,
    dataset TEXT NOT NULL,
    month TEXT NOT NULL,
    part TEXT NOT NULL,
    epsilon_micro BIGINT NOT NULL CONSTRAINT ck_privacy_spend_epsilon_not_negative CHECK (epsilon_micro >= 0),
    unit TEXT NOT NULL,
    spent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_privacy_spend PRIMARY KEY (region, dataset, month, part)
);

CREATE TABLE open_file (
    region TEXT NOT NULL,
    dataset TEXT NOT NULL,
    month TEXT NOT NULL,
    part TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content BYTEA NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_open_file PRIMARY KEY (region, dataset, month, part),
    CONSTRAINT fk_open_file_region_privacy_spend FOREIGN KEY(region, dataset, month, part) REFERENCES privacy_spend (region, dataset, month, part)
);
