-- What the simulated provider still owes the shop in callbacks, one row per sending.

CREATE TABLE simulated_callbacks (
    id text COLLATE "C" NOT NULL,
    copy bigint NOT NULL CHECK (copy > 0),
    attempt_key text COLLATE "C" NOT NULL,
    event text NOT NULL,
    forged bigint NOT NULL CHECK (forged BETWEEN 0 AND 1),
    due_at timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    PRIMARY KEY (id, copy)
);

CREATE INDEX simulated_callbacks_due ON simulated_callbacks (due_at);
