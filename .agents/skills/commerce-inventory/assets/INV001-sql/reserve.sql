-- Hold :quantity units of one SKU. One statement decides; look at the affected-row count.
--   1 row:  held
--   0 rows: sold out; answer so, and roll back what the cart held before
UPDATE inventory
   SET available = available - :quantity,
       reserved = reserved + :quantity
 WHERE sku = :sku
   AND location = :location
   AND available >= :quantity;

-- Let the database refuse what slips through.
ALTER TABLE inventory ADD CONSTRAINT inventory_available_not_negative CHECK (available >= 0);
ALTER TABLE inventory ADD CONSTRAINT inventory_reserved_not_negative CHECK (reserved >= 0);
