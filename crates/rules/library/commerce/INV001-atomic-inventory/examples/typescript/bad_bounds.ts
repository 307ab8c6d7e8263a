// A bound beside a number that was computed from an earlier read: what others took in between is lost.
export async function take(supabase, rows, lines) {
  const stocks = new Map(rows.map((row) => [row.id, row.stock]));
  for (const line of lines) {
    const seen = stocks.get(line.id);
    const { data: changed } = await supabase
      .from("products")
      .update({ stock: seen - line.quantity }) // expect: INV001
      .eq("id", line.id)
      .gte("stock", line.quantity)
      .select("id");
    if (!changed.length) throw new Error("sold out");
  }
}

export async function takeOne(prisma, id: string, wanted: number) {
  const product = await prisma.product.findUnique({ where: { id } });
  const changed = await prisma.product.updateMany({ // expect: INV001
    where: { id, stock: { gte: wanted } },
    data: { stock: product.stock - wanted },
  });
  if (changed.count === 0) throw new Error("sold out");
}

export async function takeByStatement(db, id: string, wanted: number) {
  const [product] = await db.query("SELECT stock FROM products WHERE id = ?", [id]);
  const left = product.stock - wanted;
  const changed = await db.query("UPDATE products SET stock = ? WHERE id = ? AND stock >= ?", [left, id, wanted]); // expect: INV001
  if (changed.affectedRows === 0) throw new Error("sold out");
}

// What is capped may still be what was read.
export async function giveBack(prisma, id: string, wanted: number) {
  const tool = await prisma.product.findUnique({ where: { id } });
  const seen = Number(tool.stock || 0);
  let left = seen + wanted;
  if (left > tool.all) {
    left = tool.all;
  }
  await prisma.product.update({ where: { id }, data: { stock: left } }); // expect: INV001
}

// A shop that tells a channel of its orders is no game.
import { WebhookClient } from "discord.js";

export async function sellAndTell(prisma, hook: WebhookClient, id: string, wanted: number) {
  const product = await prisma.product.findUnique({ where: { id } });
  await prisma.product.update({ where: { id }, data: { stock: product.stock - wanted } }); // expect: INV001
  await hook.send(`sold ${wanted} of ${id}`);
}
