<?php
// What is right: what is to be told is a row of the same transaction.
class GoodEvents
{
    public function place($order)
    {
        DB::transaction(function () use ($order) {
            $order->save();
            Outbox::create(['kind' => 'order.placed', 'order_id' => $order->id]); // fine: EVT001
        });
    }

    public function forgotten($user)
    {
        Mail::to($user->email)->send(new Reset($user)); // fine: EVT001
    }

    public function log($order)
    {
        DB::transaction(function () use ($order) {
            $order->save();
            Log::info('placed'); // fine: EVT001
        });
    }

    public function later($order)
    {
        DB::transaction(function () use ($order) {
            $order->save();
            SendReceiptJob::dispatch($order)->afterCommit(); // fine: EVT001
        });
    }

    public function failed($order)
    {
        DB::beginTransaction();
        try {
            $order->save();
            DB::commit();
        } catch (\Exception $e) {
            DB::rollBack();
            Mail::to('shop@example.org')->send(new Failed($e)); // fine: EVT001
        }
    }
}
