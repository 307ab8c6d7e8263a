-- Orders with their lines, their history, what must be told of it, and the refunds that are under way.

-- An order begins as pending or paid (with automatic capture both events are written with it), once per checkout, cart
-- and saga (I7).
CREATE TABLE orders (
    id uuid PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    token bytea NOT NULL CHECK (length(token) = 32),
    checkout_id uuid NOT NULL UNIQUE,
    cart_id uuid,
    saga_id uuid NOT NULL UNIQUE,
    status text NOT NULL CHECK (
        status IN ('pending', 'paid', 'processing', 'shipped', 'delivered', 'cancelled', 'refunded')
    ),
    total bigint NOT NULL CHECK (total >= 0),
    version bigint NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (version > 1 OR status IN ('pending', 'paid'))
);

CREATE UNIQUE INDEX orders_of_cart ON orders (cart_id) WHERE cart_id IS NOT NULL;

-- One line per line of the checkout and location it is taken from, in the order of `position`. Each count only grows.
CREATE TABLE order_lines (
    order_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    position bigint NOT NULL CHECK (position > 0),
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    cancelled bigint NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
    shipped bigint NOT NULL DEFAULT 0 CHECK (shipped >= 0),
    returned bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    PRIMARY KEY (order_id, number, location),
    CHECK (cancelled + shipped <= quantity),
    CHECK (returned <= shipped)
);

CREATE TABLE order_events (
    order_id uuid NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    id uuid NOT NULL,
    from_status text,
    to_status text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, sequence)
);

-- The outbox: one row per event and consumer, written with the event (I13).
CREATE TABLE deliveries (
    event_id uuid NOT NULL,
    consumer text COLLATE "C" NOT NULL,
    order_id uuid NOT NULL,
    sequence bigint NOT NULL,
    next_at timestamptz NOT NULL,
    lease_owner uuid,
    lease_until timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    problem text,
    done_at timestamptz,
    dead_at timestamptz,
    PRIMARY KEY (event_id, consumer),
    CHECK (done_at IS NULL OR dead_at IS NULL)
);

CREATE INDEX deliveries_due ON deliveries (consumer, next_at) WHERE done_at IS NULL AND dead_at IS NULL;

-- A refund is a small saga of its own; its amount is set aside in `payments.refund_pending` while it is pending.
CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL,
    saga_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('pending', 'refunded', 'refused')),
    next_at timestamptz NOT NULL,
    lease_owner uuid,
    lease_until timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    problem text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((ended_at IS NULL) = (state = 'pending'))
);

CREATE INDEX refunds_due ON refunds (next_at) WHERE state = 'pending';

-- The legal moves of an order; filled from the domain's table by the next migration.
CREATE TABLE order_edges (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
