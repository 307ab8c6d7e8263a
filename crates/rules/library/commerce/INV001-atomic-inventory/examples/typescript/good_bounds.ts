// The new number goes in only while the old one still stands.
export async function take(supabase, rows, lines) {
  const stocks = new Map(rows.map((row) => [row.id, row.stock]));
  for (const line of lines) {
    const seen = stocks.get(line.id);
    const { data: changed } = await supabase
      .from("products")
      .update({ stock: seen - line.quantity })
      .eq("id", line.id)
      .eq("stock", seen)
      .gte("stock", line.quantity)
      .select("id");
    if (!changed.length) throw new Error("sold out");
  }
}

export async function takeOne(prisma, id: string, wanted: number) {
  const product = await prisma.product.findUnique({ where: { id } });
  const changed = await prisma.product.updateMany({
    where: { id, stock: product.stock },
    data: { stock: product.stock - wanted },
  });
  if (changed.count === 0) throw new Error("sold out");
}

export async function takeRelative(prisma, id: string, wanted: number) {
  const changed = await prisma.product.updateMany({
    where: { id, stock: { gte: wanted } },
    data: { stock: { decrement: wanted } },
  });
  if (changed.count === 0) throw new Error("sold out");
}
