// The answer of one command decides.
export async function sell(redis, id: string, wanted: number) {
  const left = await redis.decrby(`stock:${id}`, wanted); // fine: INV001
  if (left < 0) {
    await redis.incrby(`stock:${id}`, wanted);
    throw new Error("sold out");
  }
}

// A copy for readers is computed from nothing.
export async function remember(redis, id: string, product) {
  await redis.set(`stock:${id}`, product.stock); // fine: INV001
}

export async function sellByPieces(db, id: string, wanted: number) {
  let sql = "UPDATE products SET stock = stock - " + Number(wanted); // fine: INV001
  sql += " WHERE id = " + Number(id);
  sql += " AND stock >= " + Number(wanted);
  const done = await db.query(sql);
  if (done.affectedRows !== 1) throw new Error("sold out");
}
