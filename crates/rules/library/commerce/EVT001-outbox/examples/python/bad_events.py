"""What goes wrong: a mail about an order that was rolled back, an event that nobody sends again."""


def place(order):
    with transaction.atomic():
        order.save()
        send_mail("Thank you", "text", None, [order.email])  # expect: EVT001 CHK001


@transaction.atomic
def job(order):
    order.save()
    send_confirmation.delay(order.id)  # expect: EVT001


def publish(order):
    with transaction.atomic():
        order.save()
        producer.send("orders", order.id)  # expect: EVT001


def rabbit(order):
    with transaction.atomic():
        order.save()
        channel.basic_publish(exchange="", routing_key="orders", body=order.id)  # expect: EVT001


def after(order):
    with transaction.atomic():
        order.save()
    send_mail("Thank you", "text", None, [order.email])  # expect: EVT001


@transaction.atomic
def later(order):
    order.save()
    send_receipt.apply_async(args=[order.id])  # expect: EVT001


def bus(order):
    with Session.begin() as session:
        session.add(order)
        sqs.send_message(QueueUrl=URL, MessageBody=order.id)  # expect: EVT001


@transaction.atomic
def text(order):
    order.save()
    send_sms(order.phone, "on its way")  # expect: EVT001 CHK001


def before_commit(order):
    db.session.add(order)
    message = EmailMessage("placed", to=[order.email])
    message.send()  # expect: EVT001
    db.session.commit()
