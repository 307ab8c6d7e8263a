-- What is right in SQL files.
UPDATE inventory SET quantity = quantity - 1 WHERE id = 3 AND quantity >= 1; -- fine: INV001

UPDATE cart_items SET quantity = quantity - 1 WHERE id = 3; -- fine: INV001

UPDATE products SET stock = stock + 1 WHERE id = 3; -- fine: INV001

UPDATE products SET stock = 0 WHERE id = 3; -- fine: INV001
