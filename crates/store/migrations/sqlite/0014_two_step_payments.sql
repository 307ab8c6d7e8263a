-- When money is taken; sagas that are woken while somebody has them, and what an operator said of them; callbacks that
-- were heard; refunds of payments that have no order.

ALTER TABLE payments ADD COLUMN capture TEXT NOT NULL DEFAULT 'automatic' CHECK (
    capture = 'automatic' OR capture = 'manual'
);

ALTER TABLE sagas ADD COLUMN woken INTEGER NOT NULL DEFAULT 0 CHECK (woken BETWEEN 0 AND 1);
ALTER TABLE sagas ADD COLUMN resolution TEXT CHECK (
    resolution = 'captured' OR resolution = 'not_charged' OR resolution = 'give_up'
);
ALTER TABLE sagas ADD COLUMN resolved_by TEXT;
ALTER TABLE sagas ADD COLUMN resolved_reason TEXT;
ALTER TABLE sagas ADD COLUMN resolved_at INTEGER CHECK (
    (resolution IS NULL) = (resolved_at IS NULL)
    AND (resolution IS NULL) = (resolved_by IS NULL)
    AND (resolution IS NULL) = (resolved_reason IS NULL)
);

-- A callback is heard once.
CREATE TABLE callbacks (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    saga_id BLOB,
    at INTEGER NOT NULL,
    PRIMARY KEY (provider, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX callbacks_by_age ON callbacks (at);

CREATE TABLE refunds_of_payments (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    saga_id BLOB NOT NULL,
    order_id BLOB,
    amount INTEGER NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state = 'pending' OR state = 'refunded' OR state = 'refused'
    ),
    next_at INTEGER NOT NULL,
    lease_owner BLOB,
    lease_until INTEGER NOT NULL,
    tries INTEGER NOT NULL CHECK (tries >= 0),
    problem TEXT,
    stuck_since INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    CHECK ((ended_at IS NULL) = (state = 'pending'))
) STRICT, WITHOUT ROWID;

INSERT INTO refunds_of_payments (
    id, saga_id, order_id, amount, reason, actor, state, next_at, lease_owner, lease_until, tries, problem, stuck_since,
    created_at, ended_at
)
SELECT
    id, saga_id, order_id, amount, '', 'engine', state, next_at, lease_owner, lease_until, tries, problem,
    CASE state WHEN 'refused' THEN ended_at END, created_at, ended_at
FROM refunds;

DROP TABLE refunds;
ALTER TABLE refunds_of_payments RENAME TO refunds;

CREATE INDEX refunds_due ON refunds (next_at) WHERE state = 'pending';
CREATE INDEX refunds_of_saga ON refunds (saga_id);
CREATE INDEX refunds_stuck ON refunds (id) WHERE stuck_since IS NOT NULL;
