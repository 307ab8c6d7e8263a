// What goes wrong: rows stay locked while another server answers, and no rollback takes its answer back.
export async function place(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order });
    await stripe.paymentIntents.create({ amount: order.total, currency: 'eur' }, { idempotencyKey: order.id }); // expect: CHK001
  });
}

export async function tell(order: Order) {
  await sequelize.transaction(async (transaction) => {
    await Order.create(order, { transaction });
    await axios.post('https://stock.example/reserve', order.lines); // expect: CHK001
  });
}

export async function rates(id: string) {
  await dataSource.transaction(async (manager) => {
    const order = await manager.findOneBy(Order, { id });
    const rate = await fetch(`https://rates.example/${order.currency}`); // expect: CHK001
    order.rate = await rate.json();
    await manager.save(order);
  });
}

export async function session(order: Order) {
  const session = await mongoose.startSession();
  session.startTransaction();
  await Order.create([order], { session });
  await axios.post('https://gateway.example/pay', order); // expect: CHK001
  await session.commitTransaction();
}

export async function runner(order: Order) {
  await queryRunner.startTransaction();
  await queryRunner.manager.save(order);
  await stripe.refunds.create({ payment_intent: order.paymentId }, { idempotencyKey: order.id }); // expect: CHK001
  await queryRunner.commitTransaction();
}

export async function plain(client: PoolClient, order: Order) {
  await client.query('BEGIN');
  await client.query('INSERT INTO orders (id) VALUES ($1)', [order.id]);
  await axios.get(`https://tax.example/${order.id}`); // expect: CHK001
  await client.query('COMMIT');
}

export async function charged(order: Order) {
  await stripe.charges.create({ amount: order.total, currency: 'eur' }, { idempotencyKey: order.id }); // expect: CHK001
  await prisma.order.create({ data: order });
}

export async function atOnce(order: Order) {
  await stripe.paymentIntents.create({ amount: order.total, confirm: true }, { idempotencyKey: order.id }); // expect: CHK001
  await Order.create(order);
}

export async function takeHeld(order: Order) {
  await stripe.paymentIntents.capture(order.intentId, {}, { idempotencyKey: order.id }); // expect: CHK001
  await prisma.ledger.create({ data: { order: order.id } });
}
