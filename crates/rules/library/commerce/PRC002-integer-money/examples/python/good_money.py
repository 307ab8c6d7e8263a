"""What is right: minor units or an exact decimal; weights and rates are no money."""


class Product(models.Model):
    price = models.DecimalField(max_digits=12, decimal_places=2)  # fine: PRC002
    price_cents = models.PositiveIntegerField()  # fine: PRC002
    weight = models.FloatField()  # fine: PRC002


class Invoice(Base):
    __tablename__ = "invoices"
    subtotal = Column(Numeric(12, 2))  # fine: PRC002
    tax_rate = Column(Float)  # fine: PRC002


class Offer(BaseModel):
    price: Decimal  # fine: PRC002
    rating: float  # fine: PRC002
    discount_percent: float  # fine: PRC002


def format_price(price: float, currency: str) -> str:  # fine: PRC002
    return f"{price:.2f} {currency}"


def rows(products):
    return [{"title": p.title, "price": float(p.price)} for p in products]  # fine: PRC002


def noted(order, price):
    return stripe.PaymentIntent.create(amount=order.cents, metadata={"price": float(price)}, idempotency_key=order.key)  # fine: PRC002


def either(amount: Decimal | float):  # fine: PRC002
    return pay_order(amount)
