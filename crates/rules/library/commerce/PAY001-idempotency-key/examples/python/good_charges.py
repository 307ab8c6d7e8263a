"""What is right: the key is stored with the attempt and sent with every try."""
import stripe


def intent(order, attempt):
    return stripe.PaymentIntent.create(amount=order.total, currency="eur", idempotency_key=attempt.key)  # fine: PAY001


def refund(order):
    stripe.Refund.create(payment_intent=order.payment_id, idempotency_key=f"refund-{order.id}")  # fine: PAY001


def prepared(data):
    return stripe.PaymentIntent.create(**data)  # fine: PAY001


def prepared_here(order):
    data = {"amount": order.total, "currency": "eur", "idempotency_key": order.key}
    return stripe.PaymentIntent.create(**data)  # fine: PAY001


def customer(user):
    return stripe.Customer.create(email=user.email)  # fine: PAY001


def look(intent_id):
    return stripe.PaymentIntent.retrieve(intent_id)  # fine: PAY001


def page(order):
    return stripe.checkout.Session.create(line_items=order.lines, mode="payment")  # fine: PAY001


def row(order):
    return Refund.objects.create(order=order, amount=order.total)  # fine: PAY001
