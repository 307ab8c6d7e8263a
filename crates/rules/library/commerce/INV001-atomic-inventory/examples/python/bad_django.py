# What goes wrong with Django.
from django.db import transaction
from django.db.models import F


def buy(request, product_id):
    product = Product.objects.get(id=product_id)
    if product.stock < 1:
        raise SoldOut()
    product.stock -= 1  # expect: INV001
    product.save()


@transaction.atomic
def place_order(cart):
    for item in cart.items.select_related("product"):
        product = item.product
        if product.stock < item.quantity:
            raise SoldOut()
        product.stock = product.stock - item.quantity  # expect: INV001
        product.save(update_fields=["stock"])


def buy_with_f(product_id, quantity):
    product = get_object_or_404(Product, id=product_id)
    if product.stock >= quantity:
        Product.objects.filter(id=product_id).update(stock=F("stock") - quantity)  # expect: INV001


def buy_with_f_on_object(product, quantity):
    product.stock = F("stock") - quantity  # expect: INV001
    product.save()


def ignore_the_count(product_id, quantity):
    Product.objects.filter(id=product_id, stock__gte=quantity).update(stock=F("stock") - quantity)  # expect: INV001


def update_with_read_value(product_id, quantity):
    item = InventoryItem.objects.get(product_id=product_id)
    InventoryItem.objects.filter(pk=item.pk).update(quantity=item.quantity - quantity)  # expect: INV001


class OrderSerializer(serializers.ModelSerializer):
    def create(self, validated_data):
        order = Order.objects.create(**validated_data)
        for line in order.lines.all():
            line.product.stock -= line.quantity  # expect: INV001
            line.product.save()
        return order


def allocate(record, quantity):
    stockrecord = StockRecord.objects.get(pk=record)
    stockrecord.num_allocated += quantity  # expect: INV001
    stockrecord.save()


def clamp(product_id, quantity):
    product = Product.objects.get(pk=product_id)
    product.count_in_stock = max(0, product.count_in_stock - quantity)  # expect: INV001
    product.save()


def lock_after_read(product_id, quantity):
    product = Product.objects.get(pk=product_id)
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=product_id)
        product.stock -= quantity  # expect: INV001
        product.save()


class Picking:
    def __init__(self, inventory_line, wanted):
        self.inventory_line = inventory_line
        self.wanted = wanted

    def run(self):
        self.inventory_line.quantity -= self.wanted  # expect: INV001
        self.inventory_line.save()


def sell_tickets(event, wanted):
    if event.available_tickets < wanted:
        raise SoldOut()
    event.available_tickets -= wanted  # expect: INV001
    event.save()


def sell_chosen(validated_data):
    product = validated_data.get("product")
    product.quantity -= 1  # expect: INV001
    product.save()


def take_compared(shelf_id, seen, wanted):
    changed = ShelfStock.objects.filter(id=shelf_id, version=seen).update(
        quantity=F("quantity") - wanted, version=seen + 1
    )
    return changed == 1


# The version that another function compares does not stop an object that saves itself.
def take_beside(shelf_id, wanted):
    shelf = ShelfStock.objects.get(id=shelf_id)
    shelf.quantity -= wanted  # expect: INV001
    shelf.save()
