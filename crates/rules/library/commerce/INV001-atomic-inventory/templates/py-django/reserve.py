"""Hold every line of a cart, or none."""

from collections import Counter

from django.db import transaction
from django.db.models import F

from .models import Inventory


class SoldOut(Exception):
    """There is not enough of this SKU."""


@transaction.atomic
def reserve(lines: list[tuple[str, str, int]]) -> None:
    """Hold (sku, location, quantity) lines; raising rolls all of them back."""
    summed: Counter[tuple[str, str]] = Counter()
    for sku, location, quantity in lines:
        if quantity <= 0:
            raise ValueError(f"quantity of {sku}")
        summed[(sku, location)] += quantity
    # Every buyer touches rows in the same order: no deadlocks.
    for (sku, location), quantity in sorted(summed.items()):
        held = Inventory.objects.filter(
            sku=sku, location=location, available__gte=quantity
        ).update(available=F("available") - quantity, reserved=F("reserved") + quantity)
        if held != 1:
            raise SoldOut(sku)
