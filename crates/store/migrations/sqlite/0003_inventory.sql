-- Stock: one row per SKU and location, and the journal of its changes.
-- Names of kinds and states are compared one by one here and in what follows: for an IN of more than two values SQLite
-- builds a table each time that a statement runs.

-- I1: no counter is ever below zero, and nothing is owed where that never was allowed.
CREATE TABLE inventory (
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    available INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    committed INTEGER NOT NULL DEFAULT 0 CHECK (committed >= 0),
    backordered INTEGER NOT NULL DEFAULT 0 CHECK (backordered >= 0),
    version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0),
    policy TEXT NOT NULL CHECK (policy IN ('deny', 'continue')),
    ever_continued INTEGER NOT NULL CHECK (ever_continued IN (0, 1)),
    PRIMARY KEY (sku, location),
    CHECK (backordered = 0 OR ever_continued = 1),
    CHECK (policy = 'deny' OR ever_continued = 1)
) STRICT, WITHOUT ROWID;

-- I2: each change of a stock row is one line, numbered without a gap, with the counters after it.
CREATE TABLE movements (
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    kind TEXT NOT NULL CHECK (
        kind = 'receive' OR kind = 'return' OR kind = 'adjust' OR kind = 'reserve' OR kind = 'release'
        OR kind = 'commit' OR kind = 'cancel' OR kind = 'ship'
    ),
    quantity INTEGER NOT NULL CHECK (quantity > 0 OR (kind = 'adjust' AND quantity < 0)),
    available INTEGER NOT NULL CHECK (available >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    committed INTEGER NOT NULL CHECK (committed >= 0),
    backordered INTEGER NOT NULL CHECK (backordered >= 0),
    cause_kind TEXT NOT NULL CHECK (
        cause_kind = 'saga' OR cause_kind = 'order' OR cause_kind = 'merchant'
    ),
    cause BLOB NOT NULL CHECK (length(cause) = 16),
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (sku, location, version)
) STRICT, WITHOUT ROWID;
