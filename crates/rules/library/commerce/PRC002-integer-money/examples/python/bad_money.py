"""What goes wrong: money as a binary fraction."""


class Product(models.Model):
    price = models.FloatField()  # expect: PRC002
    sale_price = models.FloatField(null=True)  # expect: PRC002


class Invoice(Base):
    __tablename__ = "invoices"
    subtotal = Column(Float)  # expect: PRC002
    total_price = mapped_column(Float, nullable=False)  # expect: PRC002
    shipping_cost = db.Column(db.Float)  # expect: PRC002


class Offer(BaseModel):
    price: float  # expect: PRC002
    unit_price: float = 0.0  # expect: PRC002
    order_total: float  # expect: PRC002


class Invoice(BaseModel):
    total: float  # expect: PRC002


def take(form):
    price = float(form["price"])  # expect: PRC002
    order_total = 0.0
    return Product(price=float(form["price"])), price, order_total  # expect: PRC002


def pay_order(amount: float):  # expect: PRC002
    return charge(amount)
