// What is right: the key is made from the attempt and sent with it.
use stripe::{Client, CreatePaymentIntent, PaymentIntent, RequestStrategy};

pub async fn intent(client: &Client, attempt: &Attempt) -> Result<PaymentIntent, Error> {
    let params = CreatePaymentIntent::new(attempt.total, attempt.currency);
    let client = client.clone().with_strategy(RequestStrategy::Idempotent(attempt.id.to_string()));
    Ok(PaymentIntent::create(&client, params).await?) // fine: PAY001
}

pub async fn built(client: &Client, attempt: &Attempt) -> Result<(), Error> {
    let request = CreatePaymentIntent::new(attempt.total, attempt.currency);
    request.customize().request_strategy(RequestStrategy::Idempotent(attempt.key())).send(client).await?; // fine: PAY001
    Ok(())
}

pub async fn asked(client: &Client, attempt: &Attempt) -> Result<(), Error> {
    CreateCheckoutSession::new().mode(Mode::Payment).send(client).await?; // fine: PAY001
    Ok(())
}
