// What goes wrong: the buyer says what the buyer pays.
const idempotencyKey = nextKey();

app.post('/intents', async (req, res) => {
  const intent = await stripe.paymentIntents.create({
    amount: req.body.amount, // expect: PAY002
    currency: 'eur',
  }, { idempotencyKey });
  res.json(intent);
});

app.post('/pay', async (req, res) => {
  const { total } = req.body;
  const intent = await stripe.paymentIntents.create({ amount: total * 100, currency: 'eur' }, { idempotencyKey }); // expect: PAY002
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
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    line_items: [{ price_data: { currency: 'eur', unit_amount: req.body.price * 100 }, quantity: 1 }], // expect: PAY002
  });
  res.json(session);
});

router.post('/orders', async (req, res) => {
  const order = await razorpay.orders.create({ amount: req.body.amount * 100, currency: 'INR' }); // expect: PAY002
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
