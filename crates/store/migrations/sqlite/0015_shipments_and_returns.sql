-- What left the house together and what came back together. The counts of the order's lines are their sums.

CREATE TABLE shipments (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    tracking TEXT NOT NULL,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE shipment_units (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    line INTEGER NOT NULL CHECK (line > 0),
    location TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, number, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE returns (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    restocked INTEGER NOT NULL CHECK (restocked BETWEEN 0 AND 1),
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (order_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE return_units (
    order_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL CHECK (position > 0),
    line INTEGER NOT NULL CHECK (line > 0),
    location TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, number, position)
) STRICT, WITHOUT ROWID;

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
BEGIN
    SELECT RAISE(ABORT, 'I1: a shipment is never changed');
END;

CREATE TRIGGER shipments_are_kept BEFORE DELETE ON shipments
BEGIN
    SELECT RAISE(ABORT, 'I1: a shipment is never deleted');
END;

CREATE TRIGGER shipment_units_stay BEFORE UPDATE ON shipment_units
BEGIN
    SELECT RAISE(ABORT, 'I1: what a shipment took with it is never changed');
END;

CREATE TRIGGER shipment_units_are_kept BEFORE DELETE ON shipment_units
BEGIN
    SELECT RAISE(ABORT, 'I1: what a shipment took with it is never deleted');
END;

CREATE TRIGGER returns_stay BEFORE UPDATE ON returns
BEGIN
    SELECT RAISE(ABORT, 'I1: a return is never changed');
END;

CREATE TRIGGER returns_are_kept BEFORE DELETE ON returns
BEGIN
    SELECT RAISE(ABORT, 'I1: a return is never deleted');
END;

CREATE TRIGGER return_units_stay BEFORE UPDATE ON return_units
BEGIN
    SELECT RAISE(ABORT, 'I1: what came back is never changed');
END;

CREATE TRIGGER return_units_are_kept BEFORE DELETE ON return_units
BEGIN
    SELECT RAISE(ABORT, 'I1: what came back is never deleted');
END;
