"""What goes wrong: the buyer says what the buyer pays."""
import stripe


@api_view(["POST"])
def intent(request):
    return stripe.PaymentIntent.create(amount=request.data["amount"], currency="eur", idempotency_key=key())  # expect: PAY002


def pay(request):
    total = int(request.POST.get("total"))
    return stripe.PaymentIntent.create(amount=total * 100, currency="eur", idempotency_key=key())  # expect: PAY002


@app.route("/charge", methods=["POST"])
def charge():
    data = request.get_json()
    amount = round(float(data["price"]) * 100)
    return stripe.Charge.create(amount=amount, currency="eur", idempotency_key=key())  # expect: PAY002


@app.post("/pay/<total>")
def pay_by_path(total):
    return stripe.PaymentIntent.create(amount=total, currency="eur", idempotency_key=key())  # expect: PAY002


def page(request):
    price = request.POST["price"]
    item = {"price_data": {"currency": "eur", "unit_amount": int(price) * 100}, "quantity": 1}
    return stripe.checkout.Session.create(line_items=[item], mode="payment")  # expect: PAY002


class PayView(APIView):
    def post(self, request):
        amount = request.data.get("amount")
        return stripe.PaymentIntent.create(amount=amount, currency="eur", idempotency_key=key())  # expect: PAY002

    def put(self, request):
        return stripe.Charge.create(amount=int(request.data["total"]), currency="eur", idempotency_key=key())  # expect: PAY002


def loads(request):
    body = json.loads(request.body)
    return stripe.PaymentIntent.create(amount=body["amount"], currency="eur", idempotency_key=key())  # expect: PAY002


def wallet(request):
    return razorpay_client.order.create({"amount": int(request.POST["amount"]) * 100, "currency": "INR"})  # expect: PAY002


@app.route("/lines", methods=["POST"])
def by_lines():
    sent = request.get_json()
    due = sum(line["price"] * line["count"] for line in sent["lines"])
    return stripe.PaymentIntent.create(amount=due, currency="eur", idempotency_key=key())  # expect: PAY002


class Till:
    def take(self):
        sent = self._get_json_of_request()
        return stripe.PaymentIntent.create(amount=sent["due"], currency="eur", idempotency_key=key())  # expect: PAY002
