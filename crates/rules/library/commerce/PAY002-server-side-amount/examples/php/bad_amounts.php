<?php
// What goes wrong: the buyer says what the buyer pays.
class BadAmounts
{
    public function intent(Request $request)
    {
        return \Stripe\PaymentIntent::create(['amount' => $request->input('amount'), 'currency' => 'eur'], ['idempotency_key' => $this->key()]); // expect: PAY002
    }

    public function charge(Request $request)
    {
        $total = $request->total * 100; // expect: PRC002
        return \Stripe\Charge::create(['amount' => $total, 'currency' => 'eur'], ['idempotency_key' => $this->key()]); // expect: PAY002
    }

    public function plain()
    {
        return \Stripe\PaymentIntent::create(['amount' => $_POST['price'] * 100, 'currency' => 'eur'], ['idempotency_key' => $this->key()]); // expect: PAY002 PRC002
    }

    public function decoded(Request $request)
    {
        $sent = json_decode($request->getContent());
        $cents = round($sent->total_amount) * 100;
        return \Stripe\PaymentIntent::create(['amount' => $cents, 'currency' => 'eur'], ['idempotency_key' => $this->key()]); // expect: PAY002
    }

    public function anyField(Request $request)
    {
        return \Stripe\Charge::create(['amount' => $request->due * 100, 'currency' => 'eur'], ['idempotency_key' => $this->key()]); // expect: PAY002 PRC002
    }

    public function snap(Request $request)
    {
        \Midtrans\Config::$isSanitized = true;
        return Snap::getSnapToken(['transaction_details' => ['order_id' => $this->key(), 'gross_amount' => $request->due]]); // expect: PAY002
    }
}
