// The same with the condition in every change and a look at how many were made.
import { Goods } from "./models";

export async function sellMany(lines: { id: string; wanted: number }[]) {
  const changes = [];
  for (const line of lines) {
    changes.push({
      updateOne: {
        filter: { _id: line.id, stock: { $gte: line.wanted } },
        update: { $inc: { stock: -line.wanted } }, // fine: INV001
      },
    });
  }
  const done = await Goods.bulkWrite(changes);
  if (done.modifiedCount !== lines.length) throw new Error("sold out");
}

// A count of what was sold is a number for people as long as nothing ends at it.
export async function countSales(id: string, wanted: number) {
  const goods = await Goods.findById(id);
  goods.sold += wanted; // fine: INV001
  await goods.save();
}

// A line of a cart is compared with a number, not with what is on the shelf.
export async function lessOfIt(lineId: string, LineModel) {
  const entry = await LineModel.findById(lineId);
  if (entry.quantity > 1) {
    entry.quantity -= 1; // fine: INV001
    await entry.save();
  }
}

// Units that were held leave: nothing is sold that was not sold before.
export async function shipMany(SimpleInventory, items) {
  const changes = items.map((item) => ({
    updateOne: {
      filter: { variantId: item.id },
      update: { $inc: { inventoryInStock: -item.wanted, inventoryReserved: -item.wanted } }, // fine: INV001
    },
  }));
  await SimpleInventory.bulkWrite(changes);
}

// Money that is planned is no stock.
export async function spend(Budget, id: string, amount: number) {
  const budget = await Budget.findById(id);
  if (budget.remaining < amount) throw new Error("too much");
  budget.remaining -= amount; // fine: INV001
  await budget.save();
}

// What a person typed goes to another server.
export async function correct(goods, counted: number) {
  await fetch(`/api/goods/${goods.id}`, { method: "PUT", body: JSON.stringify({ ...goods, stock: counted }) }); // fine: INV001
}
