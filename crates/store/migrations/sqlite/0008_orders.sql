-- Orders with their lines, their history, what must be told of it, and the refunds that are under way.

-- An order begins as pending or paid (with automatic capture both events are written with it), once per checkout, cart
-- and saga (I7).
CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    token BLOB NOT NULL CHECK (length(token) = 32),
    checkout_id BLOB NOT NULL UNIQUE,
    cart_id BLOB,
    saga_id BLOB NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (
        status = 'pending' OR status = 'paid' OR status = 'processing' OR status = 'shipped'
        OR status = 'delivered' OR status = 'cancelled' OR status = 'refunded'
    ),
    total INTEGER NOT NULL CHECK (total >= 0),
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (version > 1 OR status IN ('pending', 'paid'))
) STRICT;

CREATE UNIQUE INDEX orders_of_cart ON orders (cart_id) WHERE cart_id IS NOT NULL;

-- One line per line of the checkout and location it is taken from, in the order of `position`. Each count only grows.
CREATE TABLE order_lines (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    position INTEGER NOT NULL CHECK (position > 0),
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    shipped INTEGER NOT NULL DEFAULT 0 CHECK (shipped >= 0),
    returned INTEGER NOT NULL DEFAULT 0 CHECK (returned >= 0),
    PRIMARY KEY (order_id, number, location),
    CHECK (cancelled + shipped <= quantity),
    CHECK (returned <= shipped)
) STRICT, WITHOUT ROWID;

CREATE TABLE order_events (
    order_id BLOB NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    id BLOB NOT NULL CHECK (length(id) = 16),
    from_status TEXT,
    to_status TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, sequence)
) STRICT, WITHOUT ROWID;

-- The outbox: one row per event and consumer, written with the event (I13).
CREATE TABLE deliveries (
    event_id BLOB NOT NULL,
    consumer TEXT NOT NULL,
    order_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    lease_owner BLOB,
    lease_until INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    problem TEXT,
    done_at INTEGER,
    dead_at INTEGER,
    PRIMARY KEY (event_id, consumer),
    CHECK (done_at IS NULL OR dead_at IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_due ON deliveries (consumer, next_at) WHERE done_at IS NULL AND dead_at IS NULL;

-- A refund is a small saga of its own; its amount is set aside in `payments.refund_pending` while it is pending.
CREATE TABLE refunds (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    order_id BLOB NOT NULL,
    saga_id BLOB NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (
        state = 'pending' OR state = 'refunded' OR state = 'refused'
    ),
    next_at INTEGER NOT NULL,
    lease_owner BLOB,
    lease_until INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    problem TEXT,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    CHECK ((ended_at IS NULL) = (state = 'pending'))
) STRICT, WITHOUT ROWID;

CREATE INDEX refunds_due ON refunds (next_at) WHERE state = 'pending';

-- The legal moves of an order; filled from the domain's table by the next migration.
CREATE TABLE order_edges (
    from_status TEXT NOT NULL,
    to_status TEXT NOT NULL,
    PRIMARY KEY (from_status, to_status)
) STRICT, WITHOUT ROWID;
