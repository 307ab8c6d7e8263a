// A number in Redis is read and set like any other: between the two somebody else does the same.
export async function sell(redis, id: string, wanted: number) {
  const left = Number(await redis.get(`stock:${id}`));
  if (left < wanted) throw new Error("sold out");
  await redis.set(`stock:${id}`, left - wanted); // expect: INV001
}

export async function sellUnderOneName(redis, id: string, wanted: number) {
  const key = `inventory:${id}`;
  let left = parseInt(await redis.get(key), 10);
  left -= wanted;
  await redis.set(key, String(left)); // expect: INV001
}

export async function takeBlindly(redis, id: string, wanted: number) {
  if (Number(await redis.get(`stock:${id}`)) < wanted) throw new Error("sold out");
  await redis.decrby(`stock:${id}`, wanted); // expect: INV001
}

// A statement that is put together piece by piece is one statement.
export async function sellByPieces(db, id: string, wanted: number) {
  let sql = "UPDATE products SET "; // expect: INV001
  sql += "stock = stock - " + Number(wanted);
  sql += " WHERE id = " + Number(id);
  await db.query(sql);
}
