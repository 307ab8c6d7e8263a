-- Stock: one row per SKU and location, and the journal of its changes.

-- I1: no counter is ever below zero, and nothing is owed where that never was allowed. A page is kept half empty, so that
-- the many changes of a row that everybody wants stay on its page and touch no index.
CREATE TABLE inventory (
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    available bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    reserved bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    committed bigint NOT NULL DEFAULT 0 CHECK (committed >= 0),
    backordered bigint NOT NULL DEFAULT 0 CHECK (backordered >= 0),
    version bigint NOT NULL DEFAULT 0 CHECK (version >= 0),
    policy text NOT NULL CHECK (policy IN ('deny', 'continue')),
    ever_continued smallint NOT NULL CHECK (ever_continued IN (0, 1)),
    PRIMARY KEY (sku, location),
    CHECK (backordered = 0 OR ever_continued = 1),
    CHECK (policy = 'deny' OR ever_continued = 1)
) WITH (fillfactor = 50);

-- I2: each change of a stock row is one line, numbered without a gap, with the counters after it.
CREATE TABLE movements (
    sku text COLLATE "C" NOT NULL,
    location text COLLATE "C" NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    kind text NOT NULL CHECK (
        kind IN ('receive', 'return', 'adjust', 'reserve', 'release', 'commit', 'cancel', 'ship')
    ),
    quantity bigint NOT NULL CHECK (quantity > 0 OR (kind = 'adjust' AND quantity < 0)),
    available bigint NOT NULL CHECK (available >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    committed bigint NOT NULL CHECK (committed >= 0),
    backordered bigint NOT NULL CHECK (backordered >= 0),
    cause_kind text NOT NULL CHECK (cause_kind IN ('saga', 'order', 'merchant')),
    cause uuid NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (sku, location, version)
);
