-- The catalog: products, their pictures and tags, their variants, and the words they are found by.
-- Amounts are minor units of the shop's currency, times are milliseconds since 1970, ids are UUIDs of 16 bytes.

-- `number` joins a product with its row of the search index.
CREATE TABLE products (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    handle TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    body_html TEXT NOT NULL,
    vendor TEXT NOT NULL,
    product_type TEXT NOT NULL,
    listing TEXT NOT NULL CHECK (listing IN ('published', 'hidden')),
    option1 TEXT,
    option2 TEXT,
    option3 TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE product_tags (
    product_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (product_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE product_images (
    product_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    src TEXT NOT NULL,
    alt TEXT NOT NULL,
    PRIMARY KEY (product_id, position)
) STRICT, WITHOUT ROWID;

-- A variant that its product no longer has is kept with `removed` set: stock and orders go on naming its SKU.
CREATE TABLE variants (
    sku TEXT PRIMARY KEY NOT NULL,
    product_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    title TEXT NOT NULL,
    option1 TEXT,
    option2 TEXT,
    option3 TEXT,
    price INTEGER NOT NULL CHECK (price >= 0),
    compare_at INTEGER CHECK (compare_at >= 0),
    image_src TEXT,
    grams INTEGER NOT NULL CHECK (grams >= 0),
    barcode TEXT NOT NULL,
    policy TEXT NOT NULL CHECK (policy IN ('deny', 'continue')),
    removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
) STRICT;

CREATE INDEX variants_of_product ON variants (product_id, position);

-- The words of a product, so that a search reads no product that it does not show. The index keeps no text.
CREATE VIRTUAL TABLE product_search USING fts5 (
    words,
    content = '',
    contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2",
    prefix = '2 3 4'
);
