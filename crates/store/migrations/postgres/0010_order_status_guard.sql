-- I6: no order moves along an edge that the domain's table does not have, whoever writes. In a migration of its own,
-- so that an engine without triggers can leave it out.

CREATE FUNCTION order_walks_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM order_edges WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'I6: an order cannot go from % to %', OLD.status, NEW.status;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER orders_walk_edges BEFORE UPDATE OF status ON orders
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION order_walks_edge();
