-- What is right in SQL files.
UPDATE inventory SET quantity = quantity - 1 WHERE id = 3 AND quantity >= 1; -- fine: INV001

UPDATE cart_items SET quantity = quantity - 1 WHERE id = 3; -- fine: INV001

UPDATE products SET stock = stock + 1 WHERE id = 3; -- fine: INV001

UPDATE products SET stock = 0 WHERE id = 3; -- fine: INV001

CREATE FUNCTION sell_asked() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE warehouse_stock SET quantity_available = quantity_available - wanted -- fine: INV001
    WHERE product_id = chosen RETURNING quantity_available INTO remaining;
    IF remaining < 0 THEN
        RAISE EXCEPTION 'sold out';
    END IF;
END;
$$;

CREATE FUNCTION seat_taken() RETURNS trigger AS $$
BEGIN
    UPDATE events
    SET seats_left = seats_left - 1 -- fine: INV001
    WHERE id = NEW.event_id AND seats_left > 0;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sold out';
    END IF;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;
