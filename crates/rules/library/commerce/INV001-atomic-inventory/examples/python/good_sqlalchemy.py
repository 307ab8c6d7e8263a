# What is right with SQLAlchemy, plain drivers and pymongo.
from sqlalchemy import select, update


def buy(session, product_id, quantity):
    result = session.execute(
        update(Product).where(Product.id == product_id, Product.stock >= quantity).values(stock=Product.stock - quantity)  # fine: INV001
    )
    if result.rowcount != 1:
        raise SoldOut()


def buy_locked(session, product_id, quantity):
    product = session.query(Product).filter_by(id=product_id).with_for_update().one()
    if product.stock < quantity:
        raise SoldOut()
    product.stock -= quantity  # fine: INV001
    session.commit()


async def buy_locked_async(session, product_id, quantity):
    product = await session.get(Product, product_id, with_for_update=True)
    product.stock -= quantity  # fine: INV001
    await session.commit()


def buy_psycopg(cursor, product_id, quantity):
    cursor.execute(
        "UPDATE products SET stock = stock - %s WHERE id = %s AND stock >= %s",  # fine: INV001
        (quantity, product_id, quantity),
    )
    if cursor.rowcount == 0:
        raise SoldOut()


def buy_locked_psycopg(cursor, product_id, quantity):
    cursor.execute("SELECT stock FROM products WHERE id = %s FOR UPDATE", (product_id,))
    stock = cursor.fetchone()[0]
    cursor.execute("UPDATE products SET stock = %s WHERE id = %s", (stock - quantity, product_id))  # fine: INV001


def buy_returning(cursor, product_id, quantity):
    row = cursor.execute(
        "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ? RETURNING id",  # fine: INV001
        (quantity, product_id, quantity),
    ).fetchone()
    if row is None:
        raise SoldOut()


def restock(cursor, product_id, quantity):
    cursor.execute("UPDATE products SET stock = stock + ? WHERE id = ?", (quantity, product_id))  # fine: INV001


def set_stock(cursor, product_id, form):
    cursor.execute("UPDATE products SET stock = ? WHERE id = ?", (form["stock"], product_id))  # fine: INV001


def buy_mongo(db, product_id, quantity):
    result = db.products.update_one({"_id": product_id, "stock": {"$gte": quantity}}, {"$inc": {"stock": -quantity}})  # fine: INV001
    if result.modified_count == 0:
        raise SoldOut()


def cart(db, cart_id):
    line = db.query(CartItem).get(cart_id)
    line.quantity -= 1  # fine: INV001
    db.commit()


class Shelf:
    def __init__(self):
        self.stock = 0

    def take(self, quantity):
        self.stock -= quantity  # fine: INV001


def take_out_of_the_list(session, entry_id, wanted, cursor):
    entry = session.get(WishlistEntry, entry_id)
    entry.quantity -= wanted  # fine: INV001
    holding = session.get(Holding, entry_id)
    holding.quantity -= wanted  # fine: INV001
    session.commit()
    cursor.execute("UPDATE cart_items SET quantity = quantity - %s WHERE id = %s", (wanted, entry_id))  # fine: INV001
    cursor.execute("UPDATE chosen SET quantity = quantity - 1 WHERE id = %s", (entry_id,))  # fine: INV001
