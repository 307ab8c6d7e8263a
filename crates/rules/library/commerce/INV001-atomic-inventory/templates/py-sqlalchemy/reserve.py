"""Hold every line of a cart, or none."""

from collections import Counter

from sqlalchemy import update
from sqlalchemy.orm import Session

from .models import Inventory


class SoldOut(Exception):
    """There is not enough of this SKU."""


def reserve(session: Session, lines: list[tuple[str, str, int]]) -> None:
    """Hold (sku, location, quantity) lines; call inside a transaction and roll back when it raises."""
    summed: Counter[tuple[str, str]] = Counter()
    for sku, location, quantity in lines:
        if quantity <= 0:
            raise ValueError(f"quantity of {sku}")
        summed[(sku, location)] += quantity
    # Every buyer touches rows in the same order: no deadlocks.
    for (sku, location), quantity in sorted(summed.items()):
        result = session.execute(
            update(Inventory)
            .where(
                Inventory.sku == sku,
                Inventory.location == location,
                Inventory.available >= quantity,
            )
            .values(
                available=Inventory.available - quantity,
                reserved=Inventory.reserved + quantity,
            )
            .execution_options(synchronize_session=False)
        )
        if result.rowcount != 1:
            raise SoldOut(sku)
