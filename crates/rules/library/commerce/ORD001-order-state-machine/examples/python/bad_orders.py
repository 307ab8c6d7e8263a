"""What goes wrong: the status is written by whoever wants to."""


def pay(order_id):
    order = Order.objects.get(pk=order_id)
    order.status = "paid"  # expect: ORD001
    order.save()


def ship(order_id):
    Order.objects.filter(pk=order_id).update(status="shipped")  # expect: ORD001


def deliver(session, order_id):
    order = session.get(Order, order_id)
    order.status = OrderStatus.DELIVERED  # expect: ORD001
    session.commit()


def close(session, order_id):
    session.execute(update(Order).where(Order.id == order_id).values(status="closed"))  # expect: ORD001
    session.commit()


def cancel(cursor, order_id):
    cursor.execute("UPDATE orders SET status = %s WHERE id = %s", ("cancelled", order_id))  # expect: ORD001


class OrderViewSet(ModelViewSet):
    def complete(self, request, pk=None):
        order = self.get_object()
        order.status = request.data["status"]  # expect: ORD001
        order.save(update_fields=["status"])


async def reopen(db, order_id):
    await db.orders.update_one({"_id": order_id}, {"$set": {"status": "open"}})  # expect: ORD001


async def refund(order_id):
    order = await Order.objects.aget(pk=order_id)
    order.status = "refunded"  # expect: ORD001
    await order.asave()
