-- What goes wrong in SQL files.
UPDATE inventory SET quantity = quantity - 1; -- expect: INV001

UPDATE products SET stock = stock - 5 WHERE id = 7; -- expect: INV001

CREATE FUNCTION take() RETURNS trigger AS $$
BEGIN
  UPDATE products SET stock = stock - NEW.quantity WHERE id = NEW.product_id; -- expect: INV001
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;
