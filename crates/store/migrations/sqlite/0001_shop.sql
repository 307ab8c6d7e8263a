-- The shop itself: one row. Its currency is fixed when the database is made; its counter numbers the orders.

CREATE TABLE shop (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    next_order_number INTEGER NOT NULL CHECK (next_order_number > 0),
    created_at INTEGER NOT NULL
) STRICT;
