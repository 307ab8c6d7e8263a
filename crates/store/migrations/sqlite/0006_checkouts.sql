-- Checkouts with their locked prices. `history` is the status' steps as `status:fence:milliseconds`, comma between;
-- it grows in the statement that changes the status.

CREATE TABLE checkouts (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    cart_id BLOB,
    status TEXT NOT NULL CHECK (
        status = 'open' OR status = 'processing' OR status = 'requires_action' OR status = 'completed'
        OR status = 'expired' OR status = 'cancelled'
    ),
    email TEXT NOT NULL,
    customer_reference TEXT,
    address_name TEXT,
    address_line1 TEXT,
    address_line2 TEXT,
    address_city TEXT,
    address_region TEXT,
    address_postal_code TEXT,
    address_country TEXT,
    address_phone TEXT,
    discount_code TEXT,
    shipping_method TEXT NOT NULL,
    subtotal INTEGER NOT NULL CHECK (subtotal >= 0),
    discount INTEGER NOT NULL CHECK (discount >= 0),
    shipping INTEGER NOT NULL CHECK (shipping >= 0),
    tax INTEGER NOT NULL CHECK (tax >= 0),
    tax_added INTEGER NOT NULL CHECK (tax_added >= 0),
    total INTEGER NOT NULL CHECK (total = subtotal - discount + shipping + tax_added),
    confirmed_at INTEGER,
    expires_at INTEGER NOT NULL,
    order_id BLOB,
    version INTEGER NOT NULL CHECK (version > 0),
    history TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((order_id IS NOT NULL) = (status = 'completed'))
) STRICT;

-- Those whose locks a merchant may revoke.
CREATE INDEX checkouts_open ON checkouts (expires_at) WHERE status = 'open';

-- A line without a unit price was left out because it is no longer on sale.
CREATE TABLE checkout_lines (
    checkout_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    price_seen INTEGER CHECK (price_seen >= 0),
    unit_price INTEGER CHECK (unit_price >= 0),
    discount INTEGER NOT NULL CHECK (discount >= 0),
    tax INTEGER NOT NULL CHECK (tax >= 0),
    PRIMARY KEY (checkout_id, number)
) STRICT, WITHOUT ROWID;
