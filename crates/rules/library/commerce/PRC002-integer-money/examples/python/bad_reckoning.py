"""What goes wrong: amounts are parsed and reckoned as binary fractions."""


def create_product(request, catalog):
    price = float(request.form["price"])  # expect: PRC002
    catalog.insert(name=request.form["name"], unit_cost=float(request.form["cost"]))  # expect: PRC002
    return price > 0


def place_order(cart, customer, orders):
    total = 0.0  # expect: PRC002
    for item in cart.items:
        total += item.price * item.quantity
    orders.save(customer=customer, total=total * 1.19)  # expect: PRC002


def pay(order, gateway):
    gateway.capture(order.reference, {"amount": float(order.total)})  # expect: PRC002
    return gateway.intent(amount=int(order.total * 100))  # expect: PRC002


def calculate_shipping_fee(order, table) -> float:  # expect: PRC002
    return table[order.country]


SCHEMA = """
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY,
    weight REAL NOT NULL,
    total REAL NOT NULL -- expect: PRC002
)
"""
