-- Carts, with the unit price that the buyer saw when adding a line.

CREATE TABLE carts (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    ordered_by BLOB,
    version INTEGER NOT NULL CHECK (version > 0),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cart_lines (
    cart_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
    price_seen_at INTEGER NOT NULL,
    PRIMARY KEY (cart_id, position)
) STRICT, WITHOUT ROWID;
