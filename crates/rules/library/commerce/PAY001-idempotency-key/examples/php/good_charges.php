<?php
// What is right: the key is stored with the attempt and sent with every try.
class GoodCharges
{
    public function intent($order)
    {
        return \Stripe\PaymentIntent::create(['amount' => $order->total], ['idempotency_key' => $order->key]); // fine: PAY001
    }

    public function refund($order)
    {
        return $this->stripe->refunds->create(['payment_intent' => $order->payment_id], ['idempotency_key' => $order->key]); // fine: PAY001
    }

    public function customer($user)
    {
        return \Stripe\Customer::create(['email' => $user->email]); // fine: PAY001
    }
}
