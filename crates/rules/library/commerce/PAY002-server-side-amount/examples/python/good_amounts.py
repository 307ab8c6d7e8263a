"""What is right: the amount is what the server stored when the checkout began."""
import stripe


def intent(request):
    checkout = Checkout.objects.get(pk=request.data["checkout"])
    return stripe.PaymentIntent.create(amount=checkout.locked_total, currency="eur", idempotency_key=checkout.key)  # fine: PAY002


def pay(request, order_id):
    order = get_object_or_404(Order, pk=order_id)
    total = order.total_cents
    return stripe.PaymentIntent.create(amount=total, currency="eur", idempotency_key=order.key)  # fine: PAY002


def lines(request):
    amount = total_of(request.data["lines"])
    return stripe.PaymentIntent.create(amount=amount, currency="eur", idempotency_key=key())  # fine: PAY002


def compared(request, order_id):
    order = Order.objects.get(pk=order_id)
    amount = int(request.POST["amount"])
    if amount != order.total:
        raise BadRequest()
    return stripe.PaymentIntent.create(amount=amount, currency="eur", idempotency_key=order.key)  # fine: PAY002


def session_cart(request):
    cart = Cart(request)
    return stripe.PaymentIntent.create(amount=cart.total(), currency="eur", idempotency_key=key())  # fine: PAY002


def charge(order):
    return stripe.Charge.create(amount=order.total, currency="eur", idempotency_key=order.key)  # fine: PAY002


def refund(request):
    return stripe.Refund.create(charge=request.data["charge"], amount=request.data["amount"], idempotency_key=key())  # fine: PAY002


def fixed(request):
    return stripe.PaymentIntent.create(amount=4900, currency="eur", idempotency_key=key())  # fine: PAY002
