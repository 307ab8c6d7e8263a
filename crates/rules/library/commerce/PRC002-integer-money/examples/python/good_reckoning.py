"""What is right: decimals, integers, and what is only compared, answered or shown."""

from decimal import Decimal


def place_order(cart, orders):
    total = Decimal("0")  # fine: PRC002
    for item in cart.items:
        total += Decimal(item.price) * item.quantity  # fine: PRC002
    orders.save(total=total * Decimal("1.19"))  # fine: PRC002


def pay(order, gateway):
    return gateway.intent(amount=int(order.total * 100))  # fine: PRC002


def product_to_json(product):
    return {"name": product.name, "price": float(product.price)}  # fine: PRC002


def detail(product):
    return jsonify(price=float(product.price))  # fine: PRC002


def is_expensive(product):
    return float(product.price) > 100  # fine: PRC002


def share(order, customer):
    rate = float(order.total) / float(customer.total)  # fine: PRC002
    total = sum(float(line.quantity) for line in order.lines)  # fine: PRC002
    print(float(order.total))  # fine: PRC002
    return rate, total


def pad(price: Decimal | float) -> str:  # fine: PRC002
    return f"{float(price):.2f}"  # fine: PRC002


class FakeGateway:
    def pay(self, order):
        self.paid = order
        price = float(order.price)  # fine: PRC002
        return price


def catalogue(products):
    return [{"name": product.name, "price": float(product.price)} for product in products]  # fine: PRC002
