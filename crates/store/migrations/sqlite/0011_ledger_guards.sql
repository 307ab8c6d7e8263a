-- What is written once stays as it is: the journal, the history of orders, the locked prices. Counts only grow.

CREATE TRIGGER movements_stay BEFORE UPDATE ON movements
BEGIN
    SELECT RAISE(ABORT, 'I2: a movement is never changed');
END;

CREATE TRIGGER movements_are_kept BEFORE DELETE ON movements
BEGIN
    SELECT RAISE(ABORT, 'I2: a movement is never deleted');
END;

CREATE TRIGGER order_events_stay BEFORE UPDATE ON order_events
BEGIN
    SELECT RAISE(ABORT, 'I6: an event of an order is never changed');
END;

CREATE TRIGGER order_events_are_kept BEFORE DELETE ON order_events
BEGIN
    SELECT RAISE(ABORT, 'I6: an event of an order is never deleted');
END;

CREATE TRIGGER order_lines_only_grow BEFORE UPDATE ON order_lines
WHEN new.quantity <> old.quantity
    OR new.cancelled < old.cancelled
    OR new.shipped < old.shipped
    OR new.returned < old.returned
BEGIN
    SELECT RAISE(ABORT, 'I1: the counts of an order line only grow');
END;

CREATE TRIGGER orders_keep_their_total BEFORE UPDATE OF total ON orders
WHEN new.total <> old.total
BEGIN
    SELECT RAISE(ABORT, 'I5: the total of an order is never changed');
END;

CREATE TRIGGER checkouts_keep_their_totals
BEFORE UPDATE OF subtotal, discount, shipping, tax, tax_added, total ON checkouts
BEGIN
    SELECT RAISE(ABORT, 'I5: locked totals are never changed');
END;

CREATE TRIGGER checkout_lines_stay BEFORE UPDATE ON checkout_lines
BEGIN
    SELECT RAISE(ABORT, 'I5: a locked line is never changed');
END;

CREATE TRIGGER keys_stay BEFORE UPDATE OF scope, key, body, saga_id, work ON idempotency_keys
BEGIN
    SELECT RAISE(ABORT, 'I7: what a key did is never changed');
END;
