# What goes wrong with SQLAlchemy, Flask, FastAPI, plain drivers and pymongo.
from sqlalchemy import select, update


def buy(product_id, quantity):
    product = Product.query.get(product_id)
    if product.stock < quantity:
        abort(409)
    product.stock -= quantity  # expect: INV001
    db.session.commit()


async def buy_async(session: AsyncSession, product_id: int, quantity: int):
    result = await session.execute(select(Product).where(Product.id == product_id))
    product = result.scalar_one()
    product.stock_quantity = product.stock_quantity - quantity  # expect: INV001
    await session.commit()


def buy_by_statement(session, product_id, quantity):
    session.execute(update(Product).where(Product.id == product_id).values(stock=Product.stock - quantity))  # expect: INV001


def buy_by_query(db, product_id, quantity):
    db.query(Inventory).filter(Inventory.product_id == product_id).update({Inventory.quantity: Inventory.quantity - quantity})  # expect: INV001
    db.commit()


class OrderService:
    def place(self, cart):
        for cart_item in cart.items:
            cart_item.product.stock -= cart_item.quantity  # expect: INV001
        self.db.commit()


def buy_sqlite(connection, product_id, quantity):
    cursor = connection.cursor()
    cursor.execute("SELECT stock FROM products WHERE id = ?", (product_id,))
    row = cursor.fetchone()
    if row[0] < quantity:
        raise SoldOut()
    cursor.execute("UPDATE products SET stock = ? WHERE id = ?", (row[0] - quantity, product_id))  # expect: INV001
    connection.commit()


def buy_psycopg(cursor, product_id, quantity):
    cursor.execute("UPDATE inventory SET quantity = quantity - %s WHERE product_id = %s", (quantity, product_id))  # expect: INV001


def buy_formatted(cursor, product_id, quantity):
    cursor.execute(f"UPDATE products SET stock = stock - {quantity} WHERE id = {product_id}")  # expect: INV001


def buy_ignoring_the_count(cursor, product_id, quantity):
    cursor.execute(
        "UPDATE products SET stock = stock - %s WHERE id = %s AND stock >= %s",  # expect: INV001
        (quantity, product_id, quantity),
    )


def buy_mongo(db, product_id, quantity):
    product = db.products.find_one({"_id": product_id})
    if product["stock"] < quantity:
        raise SoldOut()
    db.products.update_one({"_id": product_id}, {"$set": {"stock": product["stock"] - quantity}})  # expect: INV001


def buy_mongo_step(db, product_id, quantity):
    db.products.update_one({"_id": product_id}, {"$inc": {"stock": -quantity}})  # expect: INV001


def take_for_caller(db, product_id, wanted):
    product = db.query(Product).filter(Product.id == product_id).first()
    product.stock -= wanted  # expect: INV001
    return product


def take_in_dynamo(product_id, wanted):
    product = load_product(product_id)
    product.update(actions=[ProductTable.stock.set(product.stock - wanted)])  # expect: INV001


def take_or_open(db, shop, sku, wanted):
    stock = Stock.query.filter_by(shop=shop, sku=sku).first()
    if not stock:
        stock = Stock(shop=shop, sku=sku, quantity=0)
        db.session.add(stock)
    stock.quantity -= wanted  # expect: INV001
    db.session.commit()


class Batch:
    def allocate(self, quantity):
        self.available_quantity -= quantity  # expect: INV001


def receive(session, sku, arrived):
    row = session.query(StockDB).filter_by(sku=sku).first()
    if not row:
        row = StockDB(sku=sku, quantity=arrived)
        session.add(row)
    else:
        row.quantity += arrived  # expect: INV001
    session.commit()


def sell_rows(session, lines):
    rows = []
    for line in lines:
        shelf = session.query(Product).get(line.product_id)
        rows.append({"id": shelf.id, "stock": shelf.stock - line.wanted})  # expect: INV001
    session.bulk_update_mappings(Product, rows)


def sell_by_driver(cursor, lines):
    rows = []
    for line in lines:
        cursor.execute("SELECT stock FROM products WHERE id = %s", (line.id,))
        left = cursor.fetchone()[0]
        rows.append((left - line.wanted, line.id))
    cursor.executemany("UPDATE products SET stock = %s WHERE id = %s", rows)  # expect: INV001


def sell_by_name(session, product_id, wanted):
    product = session.get(Product, product_id)
    setattr(product, "stock", product.stock - wanted)  # expect: INV001
    session.commit()


def lend(session, tool_id, wanted):
    tool = session.get(Tool, tool_id)
    tool.quantity -= wanted  # expect: INV001
    session.commit()


def give_back(session, tool_id, returned):
    tool = session.get(Tool, tool_id)
    tool.quantity += returned  # expect: INV001
    session.commit()


def lend_by_statement(cursor, tool_id, wanted):
    cursor.execute("UPDATE tools SET cantidad = cantidad - %s WHERE id = %s", (wanted, tool_id))  # expect: INV001


class KeywordService:
    async def sell(self, product_id, wanted):
        product = await self.products.get(product_id)
        await self.products.update_stock(product_id=product_id, new_stock=product.stock - wanted)  # expect: INV001

    def sell_by_schema(self, db, product_id, wanted):
        product = crud.product.get(db, id=product_id)
        crud.product.update(db, db_obj=product, obj_in=ProductUpdate(stock=product.stock - wanted))  # expect: INV001


def take_from_firebase(db, name, wanted):
    stock = db.child("products").child(name).child("stock").get().val()
    db.child("products").child(name).child("stock").set(stock - wanted)  # expect: INV001
