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

CREATE OR REPLACE FUNCTION take_line_locked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen INTEGER;
    rest INTEGER;
BEGIN
    SELECT stock INTO seen FROM products WHERE id = NEW.product_id FOR UPDATE;
    rest := seen - NEW.quantity;
    UPDATE products SET stock = rest WHERE id = NEW.product_id;
    RETURN NEW;
END;
$$;

-- A variable that is computed from something else says nothing of the stock.
CREATE OR REPLACE FUNCTION count_again() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    counted INTEGER;
BEGIN
    counted := NEW.boxes + NEW.loose;
    UPDATE products SET stock = counted WHERE id = NEW.product_id;
    RETURN NEW;
END;
$$;

-- What changes are the lines of an order, by their alias.
CREATE TRIGGER less_of_a_line ON returns AFTER INSERT AS
BEGIN
    UPDATE l
    SET l.quantity = l.quantity - i.quantity -- fine: INV001
    FROM order_lines l
    JOIN inserted i ON l.id = i.line_id
END
GO

CREATE FUNCTION take_from_locked_row(chosen UUID, wanted INTEGER) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SELECT * INTO item FROM public.products WHERE id = chosen FOR UPDATE;
    rest := item.stock - wanted;
    UPDATE products SET stock = rest WHERE id = item.id;
END;
$$;
