-- What goes wrong: columns and variables of money as binary fractions.
CREATE TABLE products (
    id BIGINT PRIMARY KEY,
    price FLOAT NOT NULL, -- expect: PRC002
    unit_cost DOUBLE PRECISION, -- expect: PRC002
    weight REAL
);

ALTER TABLE orders ADD COLUMN total REAL DEFAULT 0; -- expect: PRC002

CREATE PROCEDURE add_line(p_price DOUBLE, p_count INT) BEGIN END; -- expect: PRC002
