-- What goes wrong in SQL files.
UPDATE inventory SET quantity = quantity - 1; -- expect: INV001

UPDATE products SET stock = stock - 5 WHERE id = 7; -- expect: INV001

CREATE FUNCTION take() RETURNS trigger AS $$
BEGIN
  UPDATE products SET stock = stock - NEW.quantity WHERE id = NEW.product_id; -- expect: INV001
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE PROCEDURE pick_oldest @name VARCHAR(30), @wanted INT
AS
BEGIN
    SELECT @left = quantity FROM stock WHERE name = @name
    SET @left = @left - @wanted
    UPDATE stock
    SET quantity = @left -- expect: INV001
    WHERE name = @name
    SET @wanted = 0
END
GO

CREATE FUNCTION sell_unasked() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE warehouse_stock SET quantity_available = quantity_available - wanted -- expect: INV001
    WHERE product_id = chosen RETURNING quantity_available INTO remaining;
    INSERT INTO movements (product_id, remaining) VALUES (chosen, remaining);
END;
$$;

CREATE PROCEDURE DescontarExistencias @producto INT, @almacen INT, @cantidad INT
AS
BEGIN
    UPDATE EXISTENCIAS
    SET Cantidad = Cantidad - @cantidad -- expect: INV001
    WHERE IDProducto = @producto AND IDAlmacen = @almacen
END

CREATE PROCEDURE lend_tools(IN tool INT, IN wanted INT)
BEGIN
    UPDATE tools SET quantity = quantity - wanted WHERE id = tool; -- expect: INV001
END

-- The condition refuses, and nobody hears of it.
CREATE FUNCTION seat_taken() RETURNS trigger AS $$
BEGIN
    UPDATE events
    SET seats_left = seats_left - 1 -- expect: INV001
    WHERE id = NEW.event_id AND seats_left > 0;
    RETURN NEW;
END
$$ LANGUAGE plpgsql;

-- What is left stands in a variable of its own.
CREATE OR REPLACE FUNCTION take_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen INTEGER;
    rest INTEGER;
BEGIN
    SELECT shop_id, stock INTO shop, seen FROM products WHERE id = NEW.product_id;
    rest := seen - NEW.quantity;
    UPDATE products
    SET stock = rest, -- expect: INV001
        updated_at = now()
    WHERE id = NEW.product_id;
    RETURN NEW;
END;
$$;

-- The table stands behind its alias.
CREATE TRIGGER sold_line ON order_lines AFTER INSERT AS
BEGIN
    UPDATE w
    SET w.quantity = w.quantity - i.quantity -- expect: INV001
    FROM warehouse_stock w
    JOIN inserted i ON w.product_id = i.product_id
END
GO

CREATE OR REPLACE TRIGGER vendu AFTER INSERT ON ligne_commande FOR EACH ROW
BEGIN
    UPDATE article SET qtestock = qtestock - :new.nombre WHERE id = :new.article; -- expect: INV001
    UPDATE lots SET lot_stock = lot_stock - :new.nombre WHERE id = :new.lot; -- expect: INV001
END;
/

CREATE FUNCTION take_from_row(chosen UUID, wanted INTEGER) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    item products%ROWTYPE;
    rest INTEGER;
BEGIN
    SELECT * INTO item FROM public.products WHERE id = chosen;
    IF item.stock < wanted THEN RAISE EXCEPTION 'sold out'; END IF;
    rest := GREATEST(0, item.stock - wanted);
    UPDATE products SET stock = rest WHERE id = item.id; -- expect: INV001
END;
$$;
