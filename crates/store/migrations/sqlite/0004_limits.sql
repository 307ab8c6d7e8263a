-- What runs out besides stock: discounts with their uses, and how many units of a SKU one buyer may have.

-- I10: uses that are held and uses that are spent never exceed what there is.
CREATE TABLE discounts (
    code TEXT PRIMARY KEY NOT NULL,
    percentage INTEGER CHECK (percentage BETWEEN 0 AND 10000),
    fixed INTEGER CHECK (fixed >= 0),
    subtotal_min INTEGER CHECK (subtotal_min >= 0),
    starts_at INTEGER,
    ends_at INTEGER,
    uses_max INTEGER CHECK (uses_max >= 0),
    held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    created_at INTEGER NOT NULL,
    CHECK ((percentage IS NULL) <> (fixed IS NULL)),
    CHECK (held + used <= uses_max)
) STRICT, WITHOUT ROWID;

CREATE TABLE purchase_limits (
    sku TEXT PRIMARY KEY NOT NULL,
    quantity_max INTEGER NOT NULL CHECK (quantity_max >= 0)
) STRICT, WITHOUT ROWID;

-- Counted per buyer only where there is a limit. It can be lowered below what was bought before, so it is the write's
-- condition, and not a CHECK, that compares.
CREATE TABLE purchase_counters (
    sku TEXT NOT NULL,
    identity BLOB NOT NULL CHECK (length(identity) = 32),
    held INTEGER NOT NULL CHECK (held >= 0),
    used INTEGER NOT NULL CHECK (used >= 0),
    PRIMARY KEY (sku, identity)
) STRICT, WITHOUT ROWID;
