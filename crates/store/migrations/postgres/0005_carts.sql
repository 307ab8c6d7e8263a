-- Carts, with the unit price that the buyer saw when adding a line.

CREATE TABLE carts (
    id uuid PRIMARY KEY,
    secret bytea NOT NULL CHECK (length(secret) = 32),
    ordered_by uuid,
    version bigint NOT NULL CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE cart_lines (
    cart_id uuid NOT NULL,
    position bigint NOT NULL,
    id uuid NOT NULL,
    sku text COLLATE "C" NOT NULL,
    title text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    price_seen_at timestamptz NOT NULL,
    PRIMARY KEY (cart_id, position)
);
