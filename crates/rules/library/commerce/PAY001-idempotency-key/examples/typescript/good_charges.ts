// What is right: the key is stored with the attempt and sent with every try.
export async function intent(order: Order, attempt: Attempt) {
  return stripe.paymentIntents.create({ amount: order.total, currency: 'eur' }, { idempotencyKey: attempt.key }); // fine: PAY001
}

export async function refund(order: Order) {
  await stripe.refunds.create({ payment_intent: order.paymentId }, { idempotencyKey: `refund-${order.id}` }); // fine: PAY001
}

export async function charge(order: Order, options: Stripe.RequestOptions) {
  return stripe.charges.create({ amount: order.total, currency: 'eur' }, options); // fine: PAY001
}

export async function customer(user: User) {
  return stripe.customers.create({ email: user.email }); // fine: PAY001
}

export async function pay(order: Order) {
  return mollieClient.payments.create({ amount: order.amount, idempotencyKey: order.id }); // fine: PAY001
}

export async function look(id: string) {
  return stripe.paymentIntents.retrieve(id); // fine: PAY001
}

export async function capture(id: string, key: string) {
  const headers = { 'PayPal-Request-Id': key };
  return fetch(`https://api-m.paypal.com/v2/checkout/orders/${id}/capture`, { method: 'POST', headers }); // fine: PAY001
}

export async function page(order: Order) {
  return stripe.checkout.sessions.create({ line_items: order.lines, mode: 'payment' }); // fine: PAY001
}

export async function takeHeld(order: Order) {
  return stripe.paymentIntents.capture(order.intentId, {}, { idempotencyKey: `capture-${order.id}` }); // fine: PAY001
}
