-- What the simulated provider still owes the shop in callbacks, one row per sending.

CREATE TABLE simulated_callbacks (
    id TEXT NOT NULL,
    copy INTEGER NOT NULL CHECK (copy > 0),
    attempt_key TEXT NOT NULL,
    event TEXT NOT NULL,
    forged INTEGER NOT NULL CHECK (forged BETWEEN 0 AND 1),
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    PRIMARY KEY (id, copy)
) STRICT, WITHOUT ROWID;

CREATE INDEX simulated_callbacks_due ON simulated_callbacks (due_at);
