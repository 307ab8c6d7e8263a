-- Sagas with their payment attempts and their reservations, and the keys that began them.

CREATE TABLE sagas (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    checkout_id BLOB NOT NULL,
    cart_id BLOB,
    state TEXT NOT NULL CHECK (
        state = 'reserved' OR state = 'awaiting_buyer' OR state = 'cancelling' OR state = 'ordered'
        OR state = 'refunding' OR state = 'voiding' OR state = 'placed' OR state = 'released'
    ),
    fence INTEGER NOT NULL CHECK (fence > 0),
    lease_owner BLOB,
    lease_until INTEGER NOT NULL,
    next_run_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    hold_until INTEGER NOT NULL,
    limits TEXT,
    ending TEXT CHECK (
        ending = 'declined' OR ending = 'expired' OR ending = 'cancelled' OR ending = 'never_order'
    ),
    ending_code TEXT,
    order_id BLOB,
    action_url TEXT,
    problem TEXT,
    stuck_since INTEGER,
    history TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    CHECK ((ended_at IS NOT NULL) = (state IN ('placed', 'released'))),
    CHECK (ending_code IS NULL OR ending = 'declined')
) STRICT, WITHOUT ROWID;

-- One unfinished saga per checkout and per cart: two tabs make one order (I7).
CREATE UNIQUE INDEX sagas_unfinished_of_checkout ON sagas (checkout_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX sagas_unfinished_of_cart ON sagas (cart_id) WHERE ended_at IS NULL AND cart_id IS NOT NULL;
CREATE INDEX sagas_due ON sagas (next_run_at) WHERE ended_at IS NULL;
CREATE INDEX sagas_stuck ON sagas (stuck_since) WHERE ended_at IS NULL AND stuck_since IS NOT NULL;

-- One attempt per saga. I5: never more is captured than asked for, never more given back than captured.
CREATE TABLE payments (
    saga_id BLOB PRIMARY KEY NOT NULL,
    provider TEXT NOT NULL,
    token TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL CHECK (
        status = 'created' OR status = 'requires_action' OR status = 'authorized' OR status = 'captured'
        OR status = 'declined' OR status = 'cancelled' OR status = 'voided'
    ),
    captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND amount),
    refunded INTEGER NOT NULL CHECK (refunded >= 0),
    refund_pending INTEGER NOT NULL CHECK (refund_pending >= 0),
    provider_reference TEXT,
    unknown_since INTEGER,
    history TEXT NOT NULL,
    CHECK (refunded + refund_pending <= captured)
) STRICT, WITHOUT ROWID;

-- What a saga holds, in the order in which it was taken.
CREATE TABLE reservations (
    saga_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    state TEXT NOT NULL CHECK (
        state = 'open' OR state = 'committed' OR state = 'released'
    ),
    PRIMARY KEY (saga_id, number)
) STRICT, WITHOUT ROWID;

-- What a request under an idempotency key did. The row stays for ever, so a key never works twice.
CREATE TABLE idempotency_keys (
    scope BLOB NOT NULL,
    key TEXT NOT NULL,
    body BLOB NOT NULL CHECK (length(body) = 32),
    saga_id BLOB,
    work TEXT,
    request_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key),
    CHECK ((saga_id IS NULL) <> (work IS NULL))
) STRICT, WITHOUT ROWID;
