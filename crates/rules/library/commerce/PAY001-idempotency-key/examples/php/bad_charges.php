<?php
// What goes wrong: a lost answer and a second try move the money twice.
class BadCharges
{
    public function intent($order)
    {
        return \Stripe\PaymentIntent::create(['amount' => $order->total, 'currency' => 'eur']); // expect: PAY001
    }

    public function refund($order)
    {
        return $this->stripe->refunds->create(['payment_intent' => $order->payment_id]); // expect: PAY001
    }

    public function charge($order)
    {
        return \Stripe\Charge::create(['amount' => $order->total, 'currency' => 'eur']); // expect: PAY001
    }
}
