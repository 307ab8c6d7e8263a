// What is right: the step names the status it comes from, or the state machine is asked.
export async function pay(id: string) {
  const { count } = await prisma.order.updateMany({ where: { id, status: 'PENDING' }, data: { status: 'PAID' } }); // fine: ORD001
  if (count !== 1) throw new Error('not pending');
}

export async function transition(order: Order, next: Status) {
  order.status = next; // fine: ORD001
  await order.save();
}

export async function ship(id: string) {
  const order = await Order.findById(id);
  if (order.status !== 'paid') throw new Error('not paid');
  order.status = 'shipped'; // fine: ORD001
  await order.save();
}

export async function cancel(pool: Pool, id: number) {
  await pool.query("UPDATE orders SET status = 'cancelled' WHERE id = $1 AND status = 'pending'", [id]); // fine: ORD001
}

export async function create(buyer: string) {
  const order = new Order({ buyer, status: 'pending' }); // fine: ORD001
  order.status = 'new'; // fine: ORD001
  await order.save();
}

export async function approve(id: string) {
  const review = await Review.findById(id);
  review.status = 'approved'; // fine: ORD001
  await review.save();
}

export async function move(id: string, next: Status) {
  const order = await Order.findById(id);
  if (!order.canMoveTo(next)) throw new Error('not allowed');
  order.status = next; // fine: ORD001
  await order.save();
}

export async function deliver(id: string) {
  const order = await Order.findById(id);
  await stateMachine.transition(order, 'delivered'); // fine: ORD001
}

export async function startDelivery(id: string, partner: string) {
  const order = await Order.findOne({ _id: id, partner, status: "assigned" });
  if (!order) throw new Error("not assigned");
  order.status = "in_transit"; // fine: ORD001
  await order.save();
}

export async function cancelBySql(db: Database, id: number) {
  const order = await loadOrder(db, id);
  if (!["pending", "confirmed"].includes(order.status)) throw new Error("too late");
  await db.query("UPDATE orders SET status = 'cancelled' WHERE id = ?", [id]); // fine: ORD001
}

export async function closeOrder(id: string) {
  const order = await Order.findById(id);
  const current = order.status;
  if (current !== "delivered") throw new Error("not delivered");
  await finish(order);
}

async function finish(order) {
  order.status = "closed"; // fine: ORD001
  await order.save();
}

export async function lineShipped(id: string) {
  const order = await Order.findById(id);
  const allShipped = order.lines.every((line) => line.shippedAt);
  if (allShipped) {
    order.status = "shipped"; // fine: ORD001
  }
  await order.save();
}

export async function credit(id: string, received: number) {
  const order = await Order.findById(id);
  if (order.amountPaid >= order.total) {
    order.status = "paid"; // fine: ORD001
  }
  await order.save();
}

export async function recount(id: string) {
  const order = await Order.findById(id);
  order.status = deriveStatus(order.lines); // fine: ORD001
  await order.save();
}

export async function sweep() {
  const late = await Order.find({ status: "pending" });
  for (const { id } of late) {
    await Order.findByIdAndUpdate(id, { status: "expired" }); // fine: ORD001
  }
}

export class OrderStorage {
  async replace(order: Order) {
    await this.db.query("UPDATE orders SET status = ?, total = ? WHERE id = ?", [order.status, order.total, order.id]); // fine: ORD001
  }
}

export async function openCheckout(cart: Cart) {
  const order = await prisma.order.create({ data: { status: "pending" } });
  try {
    return await askForPayment(order);
  } catch (error) {
    await prisma.order.update({ where: { id: order.id }, data: { status: "failed" } }); // fine: ORD001
    throw error;
  }
}

export async function track(order: Order, wanted: string) {
  const current = order.status;
  const goesBack = normalize(current) === "delivered" && wanted !== "delivered";
  if (!goesBack) {
    await orderRepository.update(order.id, { status: wanted }); // fine: ORD001
  }
}

class Counter {
  async take(wish: Wish) {
    const order = new Order({ lines: wish.lines });
    const savedOrder = await order.save();
    if (wish.cash) {
      savedOrder.status = "confirmed"; // fine: ORD001
      await savedOrder.save();
    }
  }

  async keep(newOrder: Order) {
    newOrder.status = "open"; // fine: ORD001
    return this.orders.save(newOrder);
  }
}
