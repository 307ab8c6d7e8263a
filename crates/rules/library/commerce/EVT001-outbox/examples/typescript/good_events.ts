// What is right: what is to be told is a row of the same transaction.
export async function place(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order });
    await tx.outbox.create({ data: { kind: 'order.placed', order: order.id } }); // fine: EVT001
  });
}

export async function relay(row: OutboxRow) {
  await sequelize.transaction(async (transaction) => {
    await producer.send({ topic: row.topic, messages: [{ value: row.body }] }); // fine: EVT001
    await row.destroy({ transaction });
  });
}

export async function forgotten(user: User) {
  await sendEmail(user.email, 'new password'); // fine: EVT001
}

export async function posts(post: Post) {
  await prisma.$transaction(async (tx) => {
    await tx.post.create({ data: post });
    await postRepository.publish(post.id); // fine: EVT001
  });
}

export async function logs(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order });
    lines.push(order.id); // fine: EVT001
  });
}

export async function bus(order: Order) {
  await dataSource.transaction(async (tx) => {
    await tx.save(order);
    await eventBus.publish(new OrderPlaced(tx, order)); // fine: EVT001
  });
}

export async function set(order: Order) {
  await prisma.$transaction(async (tx) => {
    seen.add(order.id); // fine: EVT001
    await tx.order.create({ data: order });
  });
}

export async function queries(order: Order) {
  await prisma.$transaction(async (tx) => {
    const mail = await tx.mail.findFirst({ where: { order: order.id } }); // fine: EVT001
    await tx.order.update({ where: { id: order.id }, data: { mailId: mail.id } });
  });
}

export async function forwards(order: Order) {
  await dataSource.transaction(async (tx) => {
    const known = await tx.findOne(Order, { where: { id: order.id } });
    await producer.send({ topic: 'orders', messages: [{ value: known.id }] }); // fine: EVT001
  });
}

export async function failed(order: Order) {
  const t = await sequelize.transaction();
  try {
    await order.save({ transaction: t });
    await t.commit();
  } catch (error) {
    await t.rollback();
    await sendAlertEmail(error); // fine: EVT001
  }
}

export async function inside(order: Order) {
  await orderRepository.save(order);
  eventEmitter.emit('order.saved', order.id); // fine: EVT001
}
