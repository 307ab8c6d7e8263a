<?php
// What goes wrong: rows stay locked while another server answers.
class BadSaga
{
    public function place($order)
    {
        DB::transaction(function () use ($order) {
            $order->save();
            \Stripe\PaymentIntent::create(['amount' => $order->total], ['idempotency_key' => $order->key]); // expect: CHK001
        });
    }

    public function tell($order)
    {
        DB::beginTransaction();
        $order->save();
        Http::post('https://stock.example/reserve', ['id' => $order->id]); // expect: CHK001
        DB::commit();
    }

    public function rates($order)
    {
        DB::transaction(function () use ($order) {
            $order->rate = Http::get('https://rates.example/eur')->body(); // expect: CHK001
            $order->save();
        });
    }
}
