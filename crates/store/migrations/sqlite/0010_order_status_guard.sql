-- I6: no order moves along an edge that the domain's table does not have, whoever writes. In a migration of its own,
-- so that an engine without triggers can leave it out.

CREATE TRIGGER orders_walk_edges BEFORE UPDATE OF status ON orders
WHEN old.status IS NOT new.status
    AND NOT EXISTS (
        SELECT 1 FROM order_edges WHERE from_status = old.status AND to_status = new.status
    )
BEGIN
    SELECT RAISE(ABORT, 'I6: an order cannot make this move');
END;
