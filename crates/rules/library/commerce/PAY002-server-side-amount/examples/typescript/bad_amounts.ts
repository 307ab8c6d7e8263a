// What goes wrong: the buyer says what the buyer pays.
const idempotencyKey = nextKey();

app.post('/intents', async (req, res) => {
  const intent = await stripe.paymentIntents.create({ // expect: PAY002
    amount: req.body.amount,
    currency: 'eur',
  }, { idempotencyKey });
  res.json(intent);
});

app.post('/pay', async (req, res) => {
  const { total } = req.body;
  const intent = await stripe.paymentIntents.create({ amount: total * 100, currency: 'eur' }, { idempotencyKey }); // expect: PAY002 PRC002
  res.json(intent);
});

app.get('/pay', async (request, response) => {
  const total = Number(request.query.total);
  const intent = await stripe.paymentIntents.create({ amount: total, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
  response.json(intent);
});

export async function POST(request: Request) {
  const { price } = await request.json();
  const amount = Math.round(price * 100);
  const charge = await stripe.charges.create({ amount, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
  return Response.json(charge);
}

router.post('/sessions', async (req, res) => {
  const session = await stripe.checkout.sessions.create({ // expect: PAY002
    mode: 'payment',
    line_items: [{ price_data: { currency: 'eur', unit_amount: req.body.price * 100 }, quantity: 1 }], // expect: PRC002
  });
  res.json(session);
});

router.post('/orders', async (req, res) => {
  const order = await razorpay.orders.create({ amount: req.body.amount * 100, currency: 'INR' }); // expect: PAY002 PRC002
  res.json(order);
});

export class PaymentController {
  @Post('intents')
  async create(@Body() dto: PayDto) {
    return stripe.paymentIntents.create({ amount: dto.amount, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
  }

  @Post('totals')
  async total(@Body() body: PayDto) {
    const amount = parseInt(body.total, 10);
    return stripe.paymentIntents.create({ amount, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
  }
}

export async function sell(req: Request, res: Response) {
  const { articles } = req.body;
  const lines = articles.map((article) => ({
    price_data: { currency: 'eur', product_data: { name: article.title }, unit_amount: article.price * 100 }, // expect: PRC002
    quantity: article.count,
  }));
  const session = await stripe.checkout.sessions.create({ mode: 'payment', line_items: lines }); // expect: PAY002
  res.json(session.url);
}

export async function settle(req: Request, res: Response) {
  let due = 0;
  for (const line of req.body.lines) {
    due += line.price * line.count;
  }
  await stripe.paymentIntents.create({ amount: due, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
}

export async function sum(req: Request, res: Response) {
  const due = req.body.lines.reduce((all, line) => all + line.price, 0);
  await stripeClient.paymentIntents.create({ amount: due, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
}

export async function carts(req: Request, res: Response) {
  const lines = req.body.cart.map((line) => ({ price_data: { unit_amount: line.price * 100 }, quantity: 1 })); // expect: PRC002
  await stripe.checkout.sessions.create({ mode: 'payment', line_items: lines }); // expect: PAY002
}

export class TillService {
  async open(dto: TillDto) {
    const lines = dto.articles?.map((article) => ({ price_data: { unit_amount: article.price }, quantity: 1 }));
    return this.stripe.checkout.sessions.create({ mode: 'payment', line_items: lines }); // expect: PAY002
  }
}
