-- What runs out besides stock: discounts with their uses, and how many units of a SKU one buyer may have.

-- I10: uses that are held and uses that are spent never exceed what there is.
CREATE TABLE discounts (
    code text COLLATE "C" PRIMARY KEY,
    percentage bigint CHECK (percentage BETWEEN 0 AND 10000),
    fixed bigint CHECK (fixed >= 0),
    subtotal_min bigint CHECK (subtotal_min >= 0),
    starts_at timestamptz,
    ends_at timestamptz,
    uses_max bigint CHECK (uses_max >= 0),
    held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    created_at timestamptz NOT NULL,
    CHECK ((percentage IS NULL) <> (fixed IS NULL)),
    CHECK (held + used <= uses_max)
) WITH (fillfactor = 50);

CREATE TABLE purchase_limits (
    sku text COLLATE "C" PRIMARY KEY,
    quantity_max bigint NOT NULL CHECK (quantity_max >= 0)
);

-- Counted per buyer only where there is a limit. It can be lowered below what was bought before, so it is the write's
-- condition, and not a CHECK, that compares.
CREATE TABLE purchase_counters (
    sku text COLLATE "C" NOT NULL,
    identity bytea NOT NULL CHECK (length(identity) = 32),
    held bigint NOT NULL CHECK (held >= 0),
    used bigint NOT NULL CHECK (used >= 0),
    PRIMARY KEY (sku, identity)
);
