"""What goes wrong: a lost answer and a second try move the money twice."""
import stripe


def intent(order):
    return stripe.PaymentIntent.create(amount=order.total, currency="eur")  # expect: PAY001


def refund(order):
    stripe.Refund.create(payment_intent=order.payment_id)  # expect: PAY001


def charge(order, source):
    return stripe.Charge.create(amount=order.total, currency="eur", source=source)  # expect: PAY001


def prepared(order):
    data = {"amount": order.total, "currency": "eur"}
    return stripe.PaymentIntent.create(**data)  # expect: PAY001


def part(order, amount):
    return stripe.Refund.create(charge=order.charge_id, amount=amount)  # expect: PAY001


def pay(order):
    return mollie_client.payments.create({"amount": {"value": order.total, "currency": "EUR"}})  # expect: PAY001


class Gateway:
    def authorise(self, order):
        return self.stripe.PaymentIntent.create(amount=order.total, currency="eur", capture_method="manual")  # expect: PAY001

    def seller(self, order):
        return stripe.Transfer.create(amount=order.share, currency="eur", destination=order.seller)  # expect: PAY001
