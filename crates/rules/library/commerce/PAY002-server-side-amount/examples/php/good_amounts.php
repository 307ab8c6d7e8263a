<?php
// What is right: the amount is what the server stored when the checkout began.
class GoodAmounts
{
    public function intent(Request $request)
    {
        $checkout = Checkout::findOrFail($request->input('checkout'));
        return \Stripe\PaymentIntent::create(['amount' => $checkout->locked_total, 'currency' => 'eur'], ['idempotency_key' => $checkout->key]); // fine: PAY002
    }

    public function charge(Order $order)
    {
        return \Stripe\Charge::create(['amount' => $order->total, 'currency' => 'eur'], ['idempotency_key' => $order->key]); // fine: PAY002
    }

    public function back(Request $request)
    {
        return \Stripe\Refund::create(['charge' => $request->charge, 'amount' => $request->amount], ['idempotency_key' => $this->key()]); // fine: PAY002
    }
}
