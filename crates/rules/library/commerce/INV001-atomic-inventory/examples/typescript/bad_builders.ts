// What goes wrong with Knex, Drizzle, Sequelize, TypeORM, Supabase and plain drivers.
import { and, eq, gte, sql } from "drizzle-orm";

export async function knexBuy(knex: Knex, id: number, quantity: number) {
  const product = await knex("products").where({ id }).first();
  if (product.stock < quantity) throw new Error("sold out");
  await knex("products").where({ id }).update({ stock: product.stock - quantity }); // expect: INV001
}

export async function knexStep(knex: Knex, id: number, quantity: number) {
  await knex("products").where({ id }).decrement("stock", quantity); // expect: INV001
}

export async function drizzleBuy(db: Db, id: string, quantity: number) {
  const [row] = await db.select().from(inventory).where(eq(inventory.id, id));
  if (row.quantity < quantity) throw new Error("sold out");
  await db.update(inventory).set({ quantity: row.quantity - quantity }).where(eq(inventory.id, id)); // expect: INV001
}

export async function drizzleStep(db: Db, id: string, quantity: number) {
  await db.update(products).set({ stock: sql`${products.stock} - ${quantity}` }).where(eq(products.id, id)); // expect: INV001
}

export async function sequelizeBuy(id: number, quantity: number) {
  const product = await Product.findByPk(id);
  if (product.stock < quantity) throw new Error("sold out");
  await product.update({ stock: product.stock - quantity }); // expect: INV001
}

export async function sequelizeStep(id: number, quantity: number) {
  const product = await Product.findByPk(id);
  await product.decrement("stock", { by: quantity }); // expect: INV001
  await Product.decrement({ stock: quantity }, { where: { id } }); // expect: INV001
}

export class OrderService {
  async typeormBuy(id: number, quantity: number) {
    const product = await this.productRepository.findOne({ where: { id } });
    if (product.stock < quantity) throw new Error("sold out");
    product.stock -= quantity; // expect: INV001
    await this.productRepository.save(product);
  }

  async typeormStep(id: number, quantity: number) {
    await this.productRepository.decrement({ id }, "stock", quantity); // expect: INV001
  }
}

export async function supabaseBuy(supabase: Client, id: string, quantity: number) {
  const { data: product } = await supabase.from("products").select("stock").eq("id", id).single();
  await supabase.from("products").update({ stock: product.stock - quantity }).eq("id", id); // expect: INV001
}

export async function driverBuy(pool: Pool, id: number, quantity: number) {
  const { rows } = await pool.query("SELECT stock FROM products WHERE id = $1", [id]);
  const left = rows[0].stock - quantity;
  if (left < 0) throw new Error("sold out");
  await pool.query("UPDATE products SET stock = $1 WHERE id = $2", [left, id]); // expect: INV001
}

export async function driverStep(connection: Connection, id: number, quantity: number) {
  await connection.execute("UPDATE inventory SET quantity = quantity - ? WHERE product_id = ?", [quantity, id]); // expect: INV001
}

export async function lockedTooLate(manager: EntityManager, id: number, quantity: number) {
  const product = await manager.findOne(Product, { where: { id } });
  await manager.query("SELECT id FROM products WHERE id = $1 FOR UPDATE", [id]);
  product.stock -= quantity; // expect: INV001
  await manager.save(product);
}

export async function namedChange(cart: CartRow[]) {
  for (const row of cart) {
    const left = { stock: row.Product.stock - row.quantity };
    await Product.update(left, { where: { id: row.Product.id } }); // expect: INV001
  }
}

export async function withOptions(id: number, quantity: number, transaction: Transaction) {
  const product = await Product.findOne({ where: { id }, transaction });
  await product.update({ stock: product.stock - quantity }, { transaction }); // expect: INV001
}

class Picking {
  async run(): Promise<void> {
    this.product.stock -= this.wanted // expect: INV001
    await this.product.save()
  }
}

export async function takeColumn(id: string, wanted: number): Promise<void> {
  const rows = await db.select().from(products).where(eq(products.id, id))
  const { stock } = rows[0]
  await db.update(products).set({ stock: stock - wanted }).where(eq(products.id, id)) // expect: INV001
}

export async function sellAssigned(repo, id: string, wanted: number) {
  const goods = await repo.findOneBy({ id });
  Object.assign(goods, { stock: goods.stock - wanted }); // expect: INV001
  await repo.save(goods);
}
