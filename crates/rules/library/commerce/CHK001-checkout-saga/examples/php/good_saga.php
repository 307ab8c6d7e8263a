<?php
// What is right: short transactions, calls between them.
class GoodSaga
{
    public function place($order)
    {
        DB::transaction(function () use ($order) {
            $order->save(); // fine: CHK001
        });
        \Stripe\PaymentIntent::create(['amount' => $order->total], ['idempotency_key' => $order->key]); // fine: CHK001
    }

    public function rates($order)
    {
        $rate = Http::get('https://rates.example/eur')->body(); // fine: CHK001
        DB::transaction(function () use ($order, $rate) {
            $order->update(['rate' => $rate]);
        });
    }

    public function later($order)
    {
        DB::transaction(function () use ($order) {
            Outbox::create(['kind' => 'charge', 'order_id' => $order->id]); // fine: CHK001
        });
    }
}
