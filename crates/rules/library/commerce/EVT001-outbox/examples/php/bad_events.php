<?php
// What goes wrong: a mail about an order that was rolled back.
class BadEvents
{
    public function place($order)
    {
        DB::transaction(function () use ($order) {
            $order->save();
            Mail::to($order->email)->send(new OrderPlaced($order)); // expect: EVT001 CHK001
        });
    }

    public function queued($order)
    {
        DB::beginTransaction();
        $order->save();
        Mail::to($order->email)->queue(new OrderPlaced($order)); // expect: EVT001
        DB::commit();
    }

    public function after($order)
    {
        DB::beginTransaction();
        $order->save();
        DB::commit();
        Mail::to($order->email)->send(new OrderPlaced($order)); // expect: EVT001
    }

    public function job($order)
    {
        DB::transaction(function () use ($order) {
            $order->save();
            SendReceiptJob::dispatch($order); // expect: EVT001
            $order->buyer->notify(new OrderPlaced($order)); // expect: EVT001 CHK001
        });
    }
}
