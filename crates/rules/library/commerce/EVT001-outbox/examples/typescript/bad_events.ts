// What goes wrong: a mail about an order that was rolled back, an event that nobody sends again.
export async function place(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order });
    await sendEmail(order.email, 'thank you'); // expect: EVT001 CHK001
  });
}

export async function publish(order: Order) {
  await sequelize.transaction(async (transaction) => {
    await Order.create(order, { transaction });
    await producer.send({ topic: 'orders', messages: [{ value: order.id }] }); // expect: EVT001
  });
}

export async function queue(order: Order) {
  await dataSource.transaction(async (manager) => {
    await manager.save(order);
    await this.orderQueue.add('placed', { id: order.id }); // expect: EVT001
  });
}

export async function rabbit(order: Order) {
  await knex.transaction(async (trx) => {
    await trx('orders').insert(order);
    channel.sendToQueue('orders', Buffer.from(order.id)); // expect: EVT001
  });
}

export async function session(order: Order) {
  const session = await mongoose.startSession();
  session.startTransaction();
  await Order.create([order], { session });
  await session.commitTransaction();
  await sendOrderEmail(order); // expect: EVT001
}

export async function mailer(order: Order) {
  await queryRunner.startTransaction();
  await queryRunner.manager.save(order);
  await transporter.sendMail({ to: order.email, subject: 'Thank you' }); // expect: EVT001 CHK001
  await queryRunner.commitTransaction();
}

export async function plain(client: PoolClient, order: Order) {
  await client.query('BEGIN');
  await client.query('INSERT INTO orders (id) VALUES ($1)', [order.id]);
  await client.query('COMMIT');
  await redis.publish('orders', order.id); // expect: EVT001
}

export async function text(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order });
  });
  await sendSms(order.phone, 'on its way'); // expect: EVT001
}

export async function mails(order: Order) {
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order });
    await this.emailService.sendOrderConfirmation(order); // expect: EVT001 CHK001
  });
}

export async function pages(order: Order) {
  await sequelize.transaction(async (transaction) => {
    await order.save({ transaction });
    this.socketService.broadcast('orders', { id: order.id }); // expect: EVT001
  });
}

export class Orders {
  async begin() {
    const runner = this.dataSource.createQueryRunner();
    await runner.startTransaction();
    return runner;
  }

  async confirm(order: Order) {
    const runner = await this.beginRunner();
    await runner.manager.save(order);
    this.eventEmitter.emit('order.confirmed', order.id); // expect: EVT001
    await runner.commitTransaction();
  }
}

export async function saved(order: Order) {
  await orderRepository.save(order);
  await kafkaProducer.send({ topic: 'orders', messages: [{ value: order.id }] }); // expect: EVT001
}

export async function texts(order: Order) {
  const session = await mongoose.startSession();
  session.startTransaction();
  await Order.findOneAndUpdate({ _id: order.id }, { $set: { code: order.code } }, { session });
  await sendSms(order.phone, order.code); // expect: EVT001 CHK001
  await session.commitTransaction();
}
