-- The catalog: products, their pictures and tags, their variants, and the words they are found by.
-- Amounts are minor units of the shop's currency. Names that are compared or sorted are so byte by byte, as elsewhere in
-- the shop, whatever the database's own collation.

CREATE TABLE products (
    id uuid PRIMARY KEY,
    handle text COLLATE "C" NOT NULL UNIQUE,
    title text NOT NULL,
    body_html text NOT NULL,
    vendor text NOT NULL,
    product_type text NOT NULL,
    listing text NOT NULL CHECK (listing IN ('published', 'hidden')),
    option1 text,
    option2 text,
    option3 text,
    -- The words of a product, so that a search reads no product that it does not show.
    words tsvector NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE INDEX products_words ON products USING gin (words);

CREATE TABLE product_tags (
    product_id uuid NOT NULL,
    position bigint NOT NULL,
    tag text NOT NULL,
    PRIMARY KEY (product_id, position)
);

CREATE TABLE product_images (
    product_id uuid NOT NULL,
    position bigint NOT NULL,
    src text NOT NULL,
    alt text NOT NULL,
    PRIMARY KEY (product_id, position)
);

-- A variant that its product no longer has is kept with `removed` set: stock and orders go on naming its SKU.
CREATE TABLE variants (
    sku text COLLATE "C" PRIMARY KEY,
    product_id uuid NOT NULL,
    position bigint NOT NULL,
    title text NOT NULL,
    option1 text,
    option2 text,
    option3 text,
    price bigint NOT NULL CHECK (price >= 0),
    compare_at bigint CHECK (compare_at >= 0),
    image_src text,
    grams bigint NOT NULL CHECK (grams >= 0),
    barcode text NOT NULL,
    policy text NOT NULL CHECK (policy IN ('deny', 'continue')),
    removed smallint NOT NULL DEFAULT 0 CHECK (removed IN (0, 1))
);

CREATE INDEX variants_of_product ON variants (product_id, position);
