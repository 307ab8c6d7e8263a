-- What is right: integers or exact decimals; weights and rates are no money.
CREATE TABLE products (
    id BIGINT PRIMARY KEY,
    price NUMERIC(12, 2) NOT NULL, -- fine: PRC002
    price_minor BIGINT NOT NULL, -- fine: PRC002
    weight REAL, -- fine: PRC002
    tax_rate FLOAT -- fine: PRC002
);
SELECT CAST(price AS FLOAT) FROM products; -- fine: PRC002
