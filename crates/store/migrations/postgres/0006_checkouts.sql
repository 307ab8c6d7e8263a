-- Checkouts with their locked prices. `history` is the status' steps as `status:fence:milliseconds`, comma between;
-- it grows in the statement that changes the status.

CREATE TABLE checkouts (
    id uuid PRIMARY KEY,
    secret bytea NOT NULL CHECK (length(secret) = 32),
    cart_id uuid,
    status text NOT NULL CHECK (
        status IN ('open', 'processing', 'requires_action', 'completed', 'expired', 'cancelled')
    ),
    email text NOT NULL,
    customer_reference text,
    address_name text,
    address_line1 text,
    address_line2 text,
    address_city text,
    address_region text,
    address_postal_code text,
    address_country text,
    address_phone text,
    discount_code text COLLATE "C",
    shipping_method text NOT NULL,
    subtotal bigint NOT NULL CHECK (subtotal >= 0),
    discount bigint NOT NULL CHECK (discount >= 0),
    shipping bigint NOT NULL CHECK (shipping >= 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    tax_added bigint NOT NULL CHECK (tax_added >= 0),
    total bigint NOT NULL CHECK (total = subtotal - discount + shipping + tax_added),
    confirmed_at timestamptz,
    expires_at timestamptz NOT NULL,
    order_id uuid,
    version bigint NOT NULL CHECK (version > 0),
    history text NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((order_id IS NOT NULL) = (status = 'completed'))
) WITH (fillfactor = 70);

-- Leads to those whose locks a merchant may revoke; they are the latest, and a plain index would cost each sale more.
CREATE INDEX checkouts_expiry ON checkouts USING brin (expires_at);

-- A line without a unit price was left out because it is no longer on sale.
CREATE TABLE checkout_lines (
    checkout_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    sku text COLLATE "C" NOT NULL,
    title text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    price_seen bigint CHECK (price_seen >= 0),
    unit_price bigint CHECK (unit_price >= 0),
    discount bigint NOT NULL CHECK (discount >= 0),
    tax bigint NOT NULL CHECK (tax >= 0),
    PRIMARY KEY (checkout_id, number)
);
