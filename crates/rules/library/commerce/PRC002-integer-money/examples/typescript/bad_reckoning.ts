// What goes wrong: amounts are parsed, shared out and multiplied as binary fractions, and cents come out of them unrounded.
const router = express.Router();

router.post('/products', async (req, res) => {
  const price = parseFloat(req.body.price); // expect: PRC002
  await Product.create({ name: req.body.name, price, cost: Number.parseFloat(req.body.cost) }); // expect: PRC002
  res.sendStatus(201);
});

export async function placeOrder(cart: Cart, customer: Customer) {
  const subtotal = cart.items.reduce((sum, item) => sum + item.price * item.quantity, 0); // expect: PRC002
  const tax = subtotal * 0.19; // expect: PRC002
  const discountAmount = (subtotal * customer.discountPercent) / 100; // expect: PRC002
  const amountMinor = Math.round((subtotal + tax - discountAmount) * 100);
  await orders.insert({ customerId: customer.id, amountMinor });
}

export async function refund(order: Order, returned: number) {
  const share = returned / order.lines.length;
  const refundAmount = order.total * share; // expect: PRC002
  await refunds.create({ orderId: order.id, amount: refundAmount });
}

export async function openInvoice(order: Order) {
  await invoices.create({ orderId: order.id, amountCents: order.total * 100 }); // expect: PRC002
}

@Entity()
export class Tour {
  @Column({ type: 'float' }) pricePerPerson: number; // expect: PRC002
  @Column('double precision', { nullable: true }) listPrice: number; // expect: PRC002
}

export async function withTax(order: Order) {
  const taxAmount = Math.round(order.subtotal * rates.vat * 100) / 100; // expect: PRC002
  const part = +(order.total * share(order)).toFixed(2); // expect: PRC002
  await orders.update(order.id, { taxAmount, part });
}

export function rest(order: Order, first: number) {
  const totalRest = Number((order.total - first).toFixed(2)); // expect: PRC002
  return totalRest;
}
