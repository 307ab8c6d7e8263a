-- What left the house together and what came back together. The counts of the order's lines are their sums.

CREATE TABLE shipments (
    order_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    tracking text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, number)
);

CREATE TABLE shipment_units (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    line bigint NOT NULL CHECK (line > 0),
    location text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, number, position)
);

CREATE TABLE returns (
    order_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    restocked bigint NOT NULL CHECK (restocked BETWEEN 0 AND 1),
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (order_id, number)
);

CREATE TABLE return_units (
    order_id uuid NOT NULL,
    number bigint NOT NULL,
    position bigint NOT NULL CHECK (position > 0),
    line bigint NOT NULL CHECK (line > 0),
    location text COLLATE "C" NOT NULL,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, number, position)
);

-- What was shipped whole before there were shipments.
INSERT INTO shipments (order_id, number, tracking, actor, at)
SELECT order_id, 1, CASE reason WHEN '' THEN 'none' ELSE reason END, actor, at
FROM order_events
WHERE to_status = 'shipped';

INSERT INTO shipment_units (order_id, number, position, line, location, quantity)
SELECT l.order_id, 1, l.position, l.number, l.location, l.shipped
FROM order_lines AS l
INNER JOIN shipments AS s ON s.order_id = l.order_id
WHERE l.shipped > 0;

CREATE TRIGGER shipments_stay BEFORE UPDATE ON shipments
FOR EACH ROW EXECUTE FUNCTION refuse('I1: a shipment is never changed');

CREATE TRIGGER shipments_are_kept BEFORE DELETE ON shipments
FOR EACH ROW EXECUTE FUNCTION refuse('I1: a shipment is never deleted');

CREATE TRIGGER shipment_units_stay BEFORE UPDATE ON shipment_units
FOR EACH ROW EXECUTE FUNCTION refuse('I1: what a shipment took with it is never changed');

CREATE TRIGGER shipment_units_are_kept BEFORE DELETE ON shipment_units
FOR EACH ROW EXECUTE FUNCTION refuse('I1: what a shipment took with it is never deleted');

CREATE TRIGGER returns_stay BEFORE UPDATE ON returns
FOR EACH ROW EXECUTE FUNCTION refuse('I1: a return is never changed');

CREATE TRIGGER returns_are_kept BEFORE DELETE ON returns
FOR EACH ROW EXECUTE FUNCTION refuse('I1: a return is never deleted');

CREATE TRIGGER return_units_stay BEFORE UPDATE ON return_units
FOR EACH ROW EXECUTE FUNCTION refuse('I1: what came back is never changed');

CREATE TRIGGER return_units_are_kept BEFORE DELETE ON return_units
FOR EACH ROW EXECUTE FUNCTION refuse('I1: what came back is never deleted');
