-- Sagas with their payment attempts and their reservations, and the keys that began them.

CREATE TABLE sagas (
    id uuid PRIMARY KEY,
    checkout_id uuid NOT NULL,
    cart_id uuid,
    state text NOT NULL CHECK (
        state IN ('reserved', 'awaiting_buyer', 'cancelling', 'ordered', 'refunding', 'voiding', 'placed', 'released')
    ),
    fence bigint NOT NULL CHECK (fence > 0),
    lease_owner uuid,
    lease_until timestamptz NOT NULL,
    next_run_at timestamptz NOT NULL,
    tries bigint NOT NULL DEFAULT 0 CHECK (tries >= 0),
    hold_until timestamptz NOT NULL,
    limits text,
    ending text CHECK (ending IN ('declined', 'expired', 'cancelled', 'never_order')),
    ending_code text,
    order_id uuid,
    action_url text,
    problem text,
    stuck_since timestamptz,
    history text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CHECK ((ended_at IS NOT NULL) = (state IN ('placed', 'released'))),
    CHECK (ending_code IS NULL OR ending = 'declined')
) WITH (fillfactor = 70);

-- One unfinished saga per checkout and per cart: two tabs make one order (I7).
CREATE UNIQUE INDEX sagas_unfinished_of_checkout ON sagas (checkout_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX sagas_unfinished_of_cart ON sagas (cart_id) WHERE ended_at IS NULL AND cart_id IS NOT NULL;
CREATE INDEX sagas_due ON sagas (next_run_at) WHERE ended_at IS NULL;
CREATE INDEX sagas_stuck ON sagas (stuck_since) WHERE ended_at IS NULL AND stuck_since IS NOT NULL;

-- One attempt per saga. I5: never more is captured than asked for, never more given back than captured.
CREATE TABLE payments (
    saga_id uuid PRIMARY KEY,
    provider text NOT NULL,
    token text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL CHECK (
        status IN ('created', 'requires_action', 'authorized', 'captured', 'declined', 'cancelled', 'voided')
    ),
    captured bigint NOT NULL CHECK (captured BETWEEN 0 AND amount),
    refunded bigint NOT NULL CHECK (refunded >= 0),
    refund_pending bigint NOT NULL CHECK (refund_pending >= 0),
    provider_reference text,
    unknown_since timestamptz,
    history text NOT NULL,
    CHECK (refunded + refund_pending <= captured)
) WITH (fillfactor = 70);

-- What a saga holds, in the order in which it was taken.
CREATE TABLE reservations (
    saga_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    state text NOT NULL CHECK (state IN ('open', 'committed', 'released')),
    PRIMARY KEY (saga_id, number)
) WITH (fillfactor = 70);

-- What a request under an idempotency key did. The row stays for ever, so a key never works twice.
CREATE TABLE idempotency_keys (
    scope bytea NOT NULL,
    key text COLLATE "C" NOT NULL,
    body bytea NOT NULL CHECK (length(body) = 32),
    saga_id uuid,
    work text,
    request_id text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key),
    CHECK ((saga_id IS NULL) <> (work IS NULL))
);
