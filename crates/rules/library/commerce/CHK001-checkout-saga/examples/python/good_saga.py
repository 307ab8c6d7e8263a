"""What is right: short transactions, calls between them, and a way back from each step."""
import requests
import stripe


def place(order):
    with transaction.atomic():
        order.save()  # fine: CHK001
    stripe.PaymentIntent.create(amount=order.total, currency="eur", idempotency_key=order.key)  # fine: CHK001


def charged(order):
    charge = stripe.Charge.create(amount=order.total, currency="eur", idempotency_key=order.key)  # fine: CHK001
    try:
        order.save()
    except DatabaseError:
        stripe.Refund.create(charge=charge.id, idempotency_key=f"back-{order.key}")  # fine: CHK001
        raise


def rates(order):
    rate = requests.get("https://rates.example/eur").json()  # fine: CHK001
    with transaction.atomic():
        order.rate = rate
        order.save()


def after(order):
    with transaction.atomic():
        order.save()
        transaction.on_commit(lambda: requests.post("https://stock.example", json={"id": order.id}))  # fine: CHK001


def later(order):
    with transaction.atomic():
        Outbox.objects.create(kind="charge", order=order)  # fine: CHK001


@transaction.atomic
def answers(account):
    account.requests.all().delete()  # fine: CHK001
    account.save()


def asks(intent_id):
    return stripe.PaymentIntent.retrieve(intent_id)  # fine: CHK001


@transaction.atomic
def local(order):
    order.seller = Seller.objects.get(pk=order.seller_id)  # fine: CHK001
    order.save()
