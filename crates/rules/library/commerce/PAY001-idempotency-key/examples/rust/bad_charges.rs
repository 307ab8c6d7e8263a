// What goes wrong: a lost answer and a second try move the money twice.
use stripe::{Client, CreatePaymentIntent, CreateRefund, PaymentIntent, Refund};

pub async fn intent(client: &Client, order: &Order) -> Result<PaymentIntent, Error> {
    let mut params = CreatePaymentIntent::new(order.total, order.currency);
    params.customer = Some(order.customer.clone());
    Ok(PaymentIntent::create(client, params).await?) // expect: PAY001
}

pub async fn back(client: &Client, order: &Order) -> Result<(), Error> {
    Refund::create(client, CreateRefund { payment_intent: Some(order.intent.clone()), ..Default::default() }).await?; // expect: PAY001
    Ok(())
}

pub async fn built(client: &Client, order: &Order) -> Result<(), Error> {
    CreatePaymentIntent::new(order.total, order.currency).customer(&order.customer).send(client).await?; // expect: PAY001
    Ok(())
}
