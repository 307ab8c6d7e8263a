-- What is written once stays as it is: the journal, the history of orders, the locked prices. Counts only grow.

CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END
$$;

CREATE TRIGGER movements_stay BEFORE UPDATE ON movements
FOR EACH ROW EXECUTE FUNCTION refuse('I2: a movement is never changed');

CREATE TRIGGER movements_are_kept BEFORE DELETE ON movements
FOR EACH ROW EXECUTE FUNCTION refuse('I2: a movement is never deleted');

CREATE TRIGGER order_events_stay BEFORE UPDATE ON order_events
FOR EACH ROW EXECUTE FUNCTION refuse('I6: an event of an order is never changed');

CREATE TRIGGER order_events_are_kept BEFORE DELETE ON order_events
FOR EACH ROW EXECUTE FUNCTION refuse('I6: an event of an order is never deleted');

CREATE TRIGGER order_lines_only_grow BEFORE UPDATE ON order_lines
FOR EACH ROW WHEN (
    NEW.quantity <> OLD.quantity
    OR NEW.cancelled < OLD.cancelled
    OR NEW.shipped < OLD.shipped
    OR NEW.returned < OLD.returned
)
EXECUTE FUNCTION refuse('I1: the counts of an order line only grow');

CREATE TRIGGER orders_keep_their_total BEFORE UPDATE OF total ON orders
FOR EACH ROW WHEN (NEW.total <> OLD.total)
EXECUTE FUNCTION refuse('I5: the total of an order is never changed');

CREATE TRIGGER checkouts_keep_their_totals
BEFORE UPDATE OF subtotal, discount, shipping, tax, tax_added, total ON checkouts
FOR EACH ROW EXECUTE FUNCTION refuse('I5: locked totals are never changed');

CREATE TRIGGER checkout_lines_stay BEFORE UPDATE ON checkout_lines
FOR EACH ROW EXECUTE FUNCTION refuse('I5: a locked line is never changed');

CREATE TRIGGER keys_stay BEFORE UPDATE OF scope, key, body, saga_id, work ON idempotency_keys
FOR EACH ROW EXECUTE FUNCTION refuse('I7: what a key did is never changed');
