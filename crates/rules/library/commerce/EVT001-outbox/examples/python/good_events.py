"""What is right: what is to be told is a row of the same transaction."""


def place(order):
    with transaction.atomic():
        order.save()
        Outbox.objects.create(kind="order.placed", order=order)  # fine: EVT001


def after_commit(order):
    with transaction.atomic():
        order.save()
        transaction.on_commit(lambda: send_mail("Thank you", "text", None, [order.email]))  # fine: EVT001


def relay(row):
    with transaction.atomic():
        outbox_producer.send(row.topic, row.body)  # fine: EVT001
        row.delete()


def forgotten(user):
    send_mail("New password", "text", None, [user.email])  # fine: EVT001


@transaction.atomic
def cache(order):
    order.save()
    clear_cache.delay()  # fine: EVT001


@transaction.atomic
def post(article):
    article.publish()  # fine: EVT001
    article.save()


@transaction.atomic
def numbers(order):
    seen.append(order.id)  # fine: EVT001
    order.save()


@transaction.atomic
def mails(order):
    order.mail = Mail.objects.get(order=order)  # fine: EVT001
    order.save()


def signals(order):
    with transaction.atomic():
        order.save()
        order_mail_wanted.send_robust(sender=Order, order=order)  # fine: EVT001


def undone(upload):
    transaction.begin()
    try:
        upload.save()
    except ValueError as error:
        transaction.abort()
        send_mail("failed", str(error))  # fine: EVT001
        return
    transaction.commit()
