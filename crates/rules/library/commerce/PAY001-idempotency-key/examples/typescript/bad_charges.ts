// What goes wrong: a lost answer and a second try move the money twice.
export async function intent(order: Order) {
  return stripe.paymentIntents.create({ amount: order.total, currency: 'eur' }); // expect: PAY001
}

export async function refund(order: Order) {
  await stripe.refunds.create({ payment_intent: order.paymentId }); // expect: PAY001
}

export async function charge(order: Order, source: string) {
  return this.stripe.charges.create({ amount: order.total, currency: 'eur', source }); // expect: PAY001
}

export async function nightly(orders: Order[]) {
  for (const order of orders) {
    await stripe.paymentIntents.create({ amount: order.total, currency: 'eur', confirm: true, off_session: true }); // expect: PAY001 CHK001
    await prisma.receipt.create({ data: { orderId: order.id } });
  }
}

export async function pay(order: Order) {
  return mollieClient.payments.create({ amount: { value: order.total, currency: 'EUR' }, description: order.id }); // expect: PAY001
}

export async function payBack(order: Order) {
  return mollieClient.payments_refunds.create({ paymentId: order.paymentId, amount: order.total }); // expect: PAY001
}

export async function capture(id: string, token: string) {
  return fetch(`https://api-m.paypal.com/v2/checkout/orders/${id}/capture`, { method: 'POST', headers: { Authorization: token } }); // expect: PAY001
}

export async function captureWithLibrary(id: string) {
  const request = new paypal.orders.OrdersCaptureRequest(id); // expect: PAY001
  return client.execute(request);
}

export async function takeHeld(order: Order) {
  return stripe.paymentIntents.capture(order.intentId, { amount_to_capture: order.cents }); // expect: PAY001
}
