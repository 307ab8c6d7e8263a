"""What goes wrong: rows stay locked while another server answers, and no rollback takes its answer back."""
import requests
import stripe


def place(order):
    with transaction.atomic():
        order.save()
        stripe.PaymentIntent.create(amount=order.total, currency="eur", idempotency_key=order.key)  # expect: CHK001


@transaction.atomic
def tell(order):
    order.save()
    requests.post("https://stock.example/reserve", json=order.lines)  # expect: CHK001


def rates(order):
    with transaction.atomic():
        order.rate = requests.get("https://rates.example/eur").json()  # expect: CHK001
        order.save()


def session(order):
    with Session.begin() as session:
        session.add(order)
        httpx.post("https://gateway.example/pay", json={"id": order.id})  # expect: CHK001


def give_back(order):
    with transaction.atomic():
        order.refunded = True
        order.save()
        stripe.Refund.create(charge=order.charge_id, idempotency_key=order.key)  # expect: CHK001


@transaction.atomic()
def taxes(order):
    order.tax = requests.get("https://tax.example").json()  # expect: CHK001
    order.save()


def charged(order):
    stripe.Charge.create(amount=order.total, currency="eur", idempotency_key=order.key)  # expect: CHK001
    order.save()


def at_once(order):
    stripe.PaymentIntent.create(amount=order.total, confirm=True, idempotency_key=order.key)  # expect: CHK001
    Receipt.objects.create(order=order)
