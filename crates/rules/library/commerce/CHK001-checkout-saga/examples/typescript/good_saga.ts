// What is right: short transactions, calls between them, and a way back from each step.
export async function place(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order }); // fine: CHK001
  });
  await stripe.paymentIntents.create({ amount: order.total, currency: 'eur' }, { idempotencyKey: order.id }); // fine: CHK001
}

export async function charged(order: Order) {
  await stripe.charges.create({ amount: order.total, currency: 'eur' }, { idempotencyKey: order.id }); // fine: CHK001
  try {
    await prisma.order.create({ data: order });
  } catch (error) {
    await stripe.refunds.create({ payment_intent: order.paymentId }, { idempotencyKey: `back-${order.id}` }); // fine: CHK001
    throw error;
  }
}

export async function rates(id: string, currency: string) {
  const rate = await fetch(`https://rates.example/${currency}`); // fine: CHK001
  await dataSource.transaction(async (manager) => {
    await manager.update(Order, id, { rate: await rate.json() });
  });
}

export async function plain(client: PoolClient, order: Order) {
  const tax = await axios.get(`https://tax.example/${order.id}`); // fine: CHK001
  await client.query('BEGIN');
  await client.query('INSERT INTO orders (id, tax) VALUES ($1, $2)', [order.id, tax.data]);
  await client.query('COMMIT');
}

export async function later(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.outbox.create({ data: { kind: 'charge', order: order.id } }); // fine: CHK001
  });
}

export async function local(order: Order) {
  await prisma.$transaction(async (tx) => {
    const seller = await tx.seller.findUnique({ where: { id: order.seller } }); // fine: CHK001
    await tx.order.create({ data: { ...order, seller: seller.id } });
  });
}

export async function asks(id: string) {
  return stripe.paymentIntents.retrieve(id); // fine: CHK001
}

export function routes(app: Express) {
  app.get('/transactions', async (req, res) => res.json(await list())); // fine: CHK001
}
