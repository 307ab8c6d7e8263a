// What goes wrong: the status is written by whoever wants to.
export async function pay(id: string) {
  const order = await Order.findById(id);
  order.status = 'paid'; // expect: ORD001
  await order.save();
}

export async function ship(id: string) {
  await prisma.order.update({ where: { id }, data: { status: 'SHIPPED' } }); // expect: ORD001
}

export async function setStatus(req: Request, res: Response) {
  await Order.findByIdAndUpdate(req.params.id, { status: req.body.status }); // expect: ORD001
  res.sendStatus(204);
}

export async function close(id: number) {
  await knex('orders').where({ id }).update({ status: 'closed' }); // expect: ORD001
}

export async function cancel(pool: Pool, id: number) {
  await pool.query('UPDATE orders SET status = $1 WHERE id = $2', ['cancelled', id]); // expect: ORD001
}

export class OrderService {
  async deliver(id: number) {
    const order = await this.orderRepository.findOneBy({ id });
    order.status = OrderStatus.DELIVERED; // expect: ORD001
    return this.orderRepository.save(order);
  }

  async complete(id: number) {
    await this.orderRepository.update({ id }, { status: OrderStatus.COMPLETED }); // expect: ORD001
  }

  async reopen(id: number) {
    await Order.update({ status: 'open' }, { where: { id } }); // expect: ORD001
  }
}

export async function cancelAnything(db: Database, id: number) {
  await db.query("UPDATE orders SET status = 'cancelled' WHERE id = ?", [id]); // expect: ORD001
}

export class OrderStore {
  async markPaid(id: string) {
    await this.db.query("UPDATE orders SET status = 'paid' WHERE id = ?", [id]); // expect: ORD001
  }
}

export async function announce(broker: string[], id: string) {
  const order = await Order.findById(id);
  order.status = "announced"; // fine: ORD001
  await order.save();
}

// Messages go through a broker: these are orders of a shop all the same.
export async function deliver(id: string) {
  const order = await Order.findById(id);
  order.status = "delivered"; // expect: ORD001
  await order.save();
}

export async function setAny(id: string, wanted: string) {
  if (!isValidStatus(wanted)) throw new Error("no such status");
  await orderRepository.update(id, { status: wanted }); // expect: ORD001
}
