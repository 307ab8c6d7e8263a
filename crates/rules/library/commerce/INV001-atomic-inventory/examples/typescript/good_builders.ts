// What is right with Knex, Drizzle, Sequelize, TypeORM, Supabase and plain drivers.
import { and, eq, gte, sql } from "drizzle-orm";

export async function knexBuy(knex: Knex, id: number, quantity: number) {
  const changed = await knex("products").where({ id }).andWhere("stock", ">=", quantity).decrement("stock", quantity); // fine: INV001
  if (changed === 0) throw new Error("sold out");
}

export async function knexLocked(knex: Knex, id: number, quantity: number) {
  await knex.transaction(async (trx) => {
    const product = await trx("products").where({ id }).forUpdate().first();
    if (product.stock < quantity) throw new Error("sold out");
    await trx("products").where({ id }).update({ stock: product.stock - quantity }); // fine: INV001
  });
}

export async function drizzleBuy(db: Db, id: string, quantity: number) {
  const rows = await db
    .update(inventory)
    .set({ quantity: sql`${inventory.quantity} - ${quantity}` }) // fine: INV001
    .where(and(eq(inventory.id, id), gte(inventory.quantity, quantity)))
    .returning({ id: inventory.id });
  if (rows.length === 0) throw new Error("sold out");
}

export async function sequelizeLocked(id: number, quantity: number) {
  await sequelize.transaction(async (t) => {
    const product = await Product.findByPk(id, { transaction: t, lock: t.LOCK.UPDATE });
    if (product.stock < quantity) throw new Error("sold out");
    product.stock -= quantity; // fine: INV001
    await product.save({ transaction: t });
  });
}

export async function sequelizeGuarded(id: number, quantity: number) {
  const [affected] = await Product.update(
    { stock: sequelize.literal(`stock - ${quantity}`) }, // fine: INV001
    { where: { id, stock: { [Op.gte]: quantity } } },
  );
  if (affected === 0) throw new Error("sold out");
}

export class OrderService {
  async typeormLocked(id: number, quantity: number) {
    await this.dataSource.transaction(async (manager) => {
      const product = await manager.findOne(Product, { where: { id }, lock: { mode: "pessimistic_write" } });
      if (product.stock < quantity) throw new Error("sold out");
      product.stock -= quantity; // fine: INV001
      await manager.save(product);
    });
  }

  async typeormGuarded(id: number, quantity: number) {
    const result = await this.productRepository
      .createQueryBuilder()
      .update(Product)
      .set({ stock: () => "stock - :quantity" }) // fine: INV001
      .where("id = :id AND stock >= :quantity", { id, quantity })
      .execute();
    if (result.affected === 0) throw new Error("sold out");
  }
}

export async function supabaseCompare(supabase: Client, id: string, quantity: number) {
  const { data: product } = await supabase.from("products").select("stock").eq("id", id).single();
  const { data } = await supabase
    .from("products")
    .update({ stock: product.stock - quantity }) // fine: INV001
    .eq("id", id)
    .eq("stock", product.stock)
    .select();
  if (data.length === 0) throw new Error("again");
}

export async function driverBuy(pool: Pool, id: number, quantity: number) {
  const { rowCount } = await pool.query(
    "UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1", // fine: INV001
    [quantity, id],
  );
  if (rowCount === 0) throw new Error("sold out");
}

export async function compareVersion(pool: Pool, product: Product, quantity: number) {
  const result = await pool.query(
    "UPDATE products SET stock = $1, version = version + 1 WHERE id = $2 AND version = $3", // fine: INV001
    [product.stock - quantity, product.id, product.version],
  );
  return result.rowCount === 1;
}

export function reducer(state: State, action: Action) {
  return state.products.map((product) => ({ ...product, stock: product.stock - action.quantity })); // fine: INV001
}

export function total(products: Product[]) {
  let stock = 0;
  for (const product of products) stock += product.stock; // fine: INV001
  return stock;
}

export async function firestoreBuy(firestore: Firestore, ref: Ref, quantity: number) {
  await runTransaction(firestore, async (transaction) => {
    const product = (await transaction.get(ref)).data();
    if (product.stock < quantity) throw new Error("sold out");
    transaction.update(ref, { stock: product.stock - quantity }); // fine: INV001
  });
}

export async function orderLine(pool: Pool, id: number) {
  await pool.query("UPDATE order_items SET quantity = quantity - 1 WHERE id = $1", [id]); // fine: INV001
}

export async function namedByPerson(form: StockForm, id: number) {
  const change = { stock: form.stock };
  await Product.update(change, { where: { id } }); // fine: INV001
}

class StockPanel {
  take(product: Product, wanted: number) {
    product.stock -= wanted; // fine: INV001
    this.updateProductDisplay(product);
  }
}

export function take(env: Env, batch: D1PreparedStatement[], id: string, wanted: number): void {
  batch.push(
    env.DB.prepare('UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?') // fine: INV001
      .bind(wanted, id, wanted),
  )
}
