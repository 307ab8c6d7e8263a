// Changes that are gathered first and written together are still one change after one read each.
import { Goods } from "./models";

export async function sellMany(lines: { id: string; wanted: number }[]) {
  const changes = [];
  for (const line of lines) {
    const goods = await Goods.findById(line.id);
    if (goods.stock < line.wanted) throw new Error("sold out");
    changes.push({
      updateOne: {
        filter: { _id: line.id },
        update: { $set: { stock: goods.stock - line.wanted } }, // expect: INV001
      },
    });
  }
  await Goods.bulkWrite(changes);
}

export async function sellManyByClosure(lines: { id: string; wanted: number }[]) {
  const changes = lines.map((line) => {
    return {
      updateOne: {
        filter: { _id: line.id },
        update: { $inc: { stock: -line.wanted } }, // expect: INV001
      },
    };
  });
  await Goods.bulkWrite(changes);
}

// Two amounts of one statement are one mistake, told once.
export async function sellAndHold(store, id: string, wanted: number) {
  const shelf = await store.stockLevel.findUnique({ where: { id } });
  await store.stockLevel.update({ // expect: INV001
    where: { id },
    data: {
      onHand: shelf.onHand - wanted,
      reserved: shelf.reserved + wanted,
    },
  });
}

// What is held for somebody is taken from the others.
export async function holdMany(SimpleInventory, items) {
  const changes = items.map((item) => ({
    updateOne: { filter: { variantId: item.id }, update: { $inc: { inventoryReserved: item.wanted } } }, // expect: INV001
  }));
  await SimpleInventory.bulkWrite(changes);
}

// The number goes to another server, which writes what it is told.
export async function sellThroughServer(goods, wanted: number) {
  await fetch(`/api/goods/${goods.id}`, { // expect: INV001
    method: "PUT",
    body: JSON.stringify({ ...goods, stock: goods.stock - wanted }),
  });
}

export async function sellThroughClient(goods, wanted: number) {
  const after = { ...goods, stock: goods.stock - wanted };
  await updateGoods(goods.id, after); // expect: INV001
}

export function sellPrepared(db, id: string, wanted: number) {
  const goods = db.prepare("SELECT * FROM items WHERE id = ?").get(id);
  const change = db.prepare("UPDATE items SET quantity = ? WHERE id = ?"); // expect: INV001
  change.run(goods.quantity - wanted, id);
}
