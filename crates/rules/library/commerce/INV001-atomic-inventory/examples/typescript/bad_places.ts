// Seats, tickets and slots run out like goods, also where they are counted by what is gone.
export async function book(Show, id: string, wanted: number) {
  const show = await Show.findById(id);
  if (show.booked + wanted > show.capacity) throw new Error("full");
  show.booked += wanted; // expect: INV001
  await show.save();
}

export async function sellTickets(db, id: string, wanted: number) {
  const tier = await db.tier.findUnique({ where: { id } });
  const left = tier.maxTickets - tier.soldTickets;
  if (left < wanted) throw new Error("full");
  await db.tier.update({ where: { id }, data: { soldTickets: { increment: wanted } } }); // expect: INV001
}

export async function takeSlot(Day, id: string) {
  const day = await Day.findByPk(id);
  day.remainingSlots = day.remainingSlots - 1; // expect: INV001
  await day.save();
}

export async function lendTool(Tool, id: string, wanted: number) {
  const tool = await Tool.findById(id);
  if (tool.quantity < wanted) throw new Error("none left");
  tool.quantity -= wanted; // expect: INV001
  await tool.save();
}

// `quota > 0` asks whether somebody can still be let in.
export async function join(Course, id: string) {
  const course = await Course.findByPk(id);
  if (course.quota > 0) {
    await course.decrement("quota"); // expect: INV001
  }
}

// The row is changed in memory, then its column is bound to a statement.
export async function sellRow(connection, row, wanted: number) {
  row.stock_quantity = row.stock_quantity - wanted; // expect: INV001
  connection.query("UPDATE goods SET ? WHERE ?", [{ stock_quantity: row.stock_quantity }, { id: row.id }]);
}

// The function that writes is told what its caller computed from a read.
function finish(connection, left: number, id: string) {
  connection.query("UPDATE products SET stock_quantity = ? WHERE id = ?", [left, id]); // expect: INV001
}

export function sellThroughHelper(connection, id: string, wanted: number) {
  connection.query("SELECT * FROM products WHERE id = ?", [id], (error, rows) => {
    const before = rows[0].stock_quantity;
    if (before < wanted) return;
    finish(connection, before - wanted, id);
  });
}
