// What is right: the amount is what the server stored when the checkout began.
const idempotencyKey = nextKey();

app.post('/intents', async (req, res) => {
  const checkout = await Checkout.findById(req.body.checkoutId);
  const intent = await stripe.paymentIntents.create({ amount: checkout.lockedTotal, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
  res.json(intent);
});

app.post('/pay', async (req, res) => {
  const order = await prisma.order.findUnique({ where: { id: req.params.id } });
  const amount = order.totalCents;
  const intent = await stripe.paymentIntents.create({ amount, currency: order.currency }, { idempotencyKey }); // fine: PAY002
  res.json(intent);
});

app.post('/lines', async (req, res) => {
  const amount = await totalOf(req.body.lines);
  const intent = await stripe.paymentIntents.create({ amount, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
  res.json(intent);
});

app.post('/compared', async (req, res) => {
  const order = await Order.findById(req.params.id);
  if (req.body.amount !== order.total) return res.sendStatus(409);
  const intent = await stripe.paymentIntents.create({ amount: req.body.amount, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
  res.json(intent);
});

export async function POST(request: Request) {
  const { priceId } = await request.json();
  const session = await stripe.checkout.sessions.create({ line_items: [{ price: priceId, quantity: 1 }], mode: 'payment' }); // fine: PAY002
  return Response.json(session);
}

export async function charge(order: Order) {
  return stripe.charges.create({ amount: order.total, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
}

router.post('/refunds', async (req, res) => {
  const refund = await stripe.refunds.create({ payment_intent: req.body.id, amount: req.body.amount }, { idempotencyKey }); // fine: PAY002
  res.json(refund);
});

router.post('/fixed', async (req, res) => {
  const intent = await stripe.paymentIntents.create({ amount: 4900, currency: req.body.currency }, { idempotencyKey }); // fine: PAY002
  res.json(intent);
});

export async function sell(req: Request, res: Response) {
  let due = 0;
  for (const line of req.body.lines) {
    const article = await Article.findById(line.articleId);
    due += article.price * line.count;
  }
  await stripe.paymentIntents.create({ amount: due, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
}

export async function seats(req: Request, res: Response) {
  const amount = req.body.quantity * SEAT_PRICE;
  await stripe.paymentIntents.create({ amount, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
}

export async function kept(req: Request, res: Response) {
  await stripe.paymentIntents.create({ amount: req.session.total, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
}

export async function donate(req: Request, res: Response) {
  await stripe.paymentIntents.create({ amount: req.body.amount, currency: 'eur' }, { idempotencyKey }); // fine: PAY002
}
