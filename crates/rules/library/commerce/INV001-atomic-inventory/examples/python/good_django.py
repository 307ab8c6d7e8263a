# What is right with Django.
from django.db import transaction
from django.db.models import F


def buy(product_id, quantity):
    changed = Product.objects.filter(id=product_id, stock__gte=quantity).update(stock=F("stock") - quantity)  # fine: INV001
    if changed == 0:
        raise SoldOut()


def buy_in_condition(product_id):
    if not Product.objects.filter(id=product_id, stock__gt=0).update(stock=F("stock") - 1):  # fine: INV001
        raise SoldOut()


def buy_locked(product_id, quantity):
    with transaction.atomic():
        product = Product.objects.select_for_update().get(id=product_id)
        if product.stock < quantity:
            raise SoldOut()
        product.stock -= quantity  # fine: INV001
        product.save()


def buy_all_locked(lines):
    with transaction.atomic():
        products = {p.id: p for p in Product.objects.select_for_update().filter(id__in=lines).order_by("id")}
        for line in lines:
            product = products[line.product_id]
            product.stock -= line.quantity  # fine: INV001
            product.save()


def cancel(product_id, quantity):
    Product.objects.filter(id=product_id).update(stock=F("stock") + quantity)  # fine: INV001


def add_to_cart(request, product_id):
    item, created = CartItem.objects.get_or_create(user=request.user, product_id=product_id)
    item.quantity += 1  # fine: INV001
    item.save()


def change_order_item(request, slug):
    order_item = OrderItem.objects.get(slug=slug)
    order_item.quantity -= 1  # fine: INV001
    order_item.save()


def set_stock(request, product_id):
    product = Product.objects.get(id=product_id)
    product.stock = request.POST["stock"]  # fine: INV001
    product.save()


def total(products):
    total_stock = 0
    for product in products:
        total_stock += product.stock  # fine: INV001
    return total_stock


def show(product):
    product.stock -= 1  # fine: INV001
    return render(product)


def pack(order):
    taken = []
    for item in order.items.all():
        variant = resolve_order_item_variant(item, lock=True)
        taken.append((variant, item.quantity))
    for variant, quantity in taken:
        variant.stock -= quantity  # fine: INV001
        variant.save()


def resolve_order_item_variant(item, *, lock):
    variants = Variant.objects.all()
    if lock:
        variants = variants.select_for_update()
    return variants.get(pk=item.variant_id)


class Shelf:
    def __init__(self):
        self.rows = {}

    def put(self, key, quantity):
        row = self.rows[key]
        row.available_quantity -= quantity  # fine: INV001
        row.update_status()


class StockQuant(models.Model):
    _name = "stock.quant"

    def take(self, wanted):
        for quant in self:
            quant.quantity -= wanted  # fine: INV001


class BaseBasket(models.Model):
    def remove(self, product, quantity):
        item = self.items.get(product=product)
        if quantity > item.quantity:
            raise ValueError
        item.quantity -= quantity  # fine: INV001
        item.save()

    def sold(self, product, quantity):
        product.sale_quantity += quantity  # fine: INV001
        product.save()
