-- The shop itself: one row. Its currency is fixed when the database is made. A sequence numbers the orders, so that no
-- server waits for another one's; it may leave a number out.

CREATE TABLE shop (
    id bigint PRIMARY KEY CHECK (id = 1),
    currency text NOT NULL CHECK (length(currency) = 3),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE order_numbers START WITH 1001;

-- One row per transaction that wrote something. Whoever loses the answer to a commit inserts its row once more: refused
-- means committed, accepted means that it never will be.
CREATE TABLE flushes (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
