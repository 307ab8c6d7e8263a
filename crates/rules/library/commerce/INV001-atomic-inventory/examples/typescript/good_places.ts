// A count of what was sold is for people, whatever a report of the same file holds against each other.
export async function countSale(Goods, id: string) {
  const goods = await Goods.findById(id);
  goods.sold += 1; // fine: INV001
  await goods.save();
}

export async function report(Report, events) {
  const stats = { sold: 0, capacity: 0 };
  for (const event of events) {
    stats.sold += event.sold;
    stats.capacity += event.capacity;
  }
  if (stats.sold > stats.capacity) console.warn("more than there is");
  await Report.create(stats);
}

// What the caller hands over was counted by a person.
function settle(connection, counted: number, id: string) {
  connection.query("UPDATE products SET stock_quantity = ? WHERE id = ?", [counted, id]); // fine: INV001
}

export function correct(connection, request) {
  settle(connection, request.body.counted, request.params.id);
}
