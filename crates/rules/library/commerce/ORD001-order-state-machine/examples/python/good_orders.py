"""What is right: the step names the status it comes from, or the state machine is asked."""


def pay(order_id):
    changed = Order.objects.filter(pk=order_id, status="pending").update(status="paid")  # fine: ORD001
    if changed != 1:
        raise NotPending()


def transition(order, target):
    order.status = target  # fine: ORD001
    order.save()


def ship(order_id):
    order = Order.objects.get(pk=order_id)
    if order.status != "paid":
        raise NotPaid()
    order.status = "shipped"  # fine: ORD001
    order.save()


def cancel(cursor, order_id):
    cursor.execute("UPDATE orders SET status = 'cancelled' WHERE id = %s AND status = 'pending'", (order_id,))  # fine: ORD001


def create(buyer):
    order = Order(buyer=buyer)
    order.status = "pending"  # fine: ORD001
    order.save()


def approve(review_id):
    review = Review.objects.get(pk=review_id)
    review.status = "approved"  # fine: ORD001
    review.save()


class Order(models.Model):
    def mark_sent(self):
        self.verify_paid()
        self.status = "sent"  # fine: ORD001
        self.save()


def advance(order_id, target):
    order = Order.objects.get(pk=order_id)
    if target not in order.allowed_next_statuses():
        raise NotAllowed()
    order.status = target  # fine: ORD001
    order.save()


def confirm_payment(reference):
    with transaction.atomic():
        order = Order.objects.select_for_update().get(reference=reference, status="pending")
        order.status = "paid"  # fine: ORD001
        order.save()


class ExchangeDesk:
    def fill(self, broker, order):
        order.status = "filled"  # fine: ORD001
        order.save()


def recompute_status(db, order):
    statuses = {line.status for line in order.lines}
    if statuses <= {"cancelled"}:
        order.status = "cancelled"  # fine: ORD001
    db.flush()


def last_line_returned(session, order):
    if all(line.returned for line in order.lines):
        order.status = "returned"  # fine: ORD001
    session.commit()


def settle(session, order_id):
    order = session.get(Order, order_id)
    check_order_status(order_id, "paid")
    order.status = "settled"  # fine: ORD001
    session.commit()


def pack(session, order_id):
    order = session.get(Order, order_id)
    assert order.status == "paid"
    order.status = "packed"  # fine: ORD001
    session.commit()


def settle_once(order_id):
    order = Order.objects.select_for_update().get(pk=order_id)
    if order.is_settled:
        return
    order.status = "paid"  # fine: ORD001
    order.save()


def hand_over(order_id):
    order = Order.objects.get(pk=order_id)
    if order.delivered_at is not None:
        return
    order.status = "delivered"  # fine: ORD001
    order.save()


def take_order(request):
    form = OrderForm(request.POST)
    order = form.save(commit=False)
    order.status = "waiting"  # fine: ORD001
    order.save()


def on_message(message):
    if ProcessedMessage.objects.filter(key=message.key).exists():
        return
    order = Order.objects.get(pk=message.order_id)
    order.status = "paid"  # fine: ORD001
    order.save()


def stowed(receipt):
    open_remaining = False
    for line in receipt.lines:
        if line.left > 0:
            open_remaining = True
    if open_remaining == False:
        receipt.order.status = "closed"  # fine: ORD001
    receipt.order.save()


def move(request, order_id):
    order = Order.objects.get(pk=order_id)
    order.city = request.POST["city"]
    order.state = request.POST["state"]  # fine: ORD001
    order.save()
