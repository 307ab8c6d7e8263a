<?php
// What goes wrong: the status is written by whoever wants to.
class OrderController
{
    public function pay($id)
    {
        $order = Order::findOrFail($id);
        $order->status = 'paid'; // expect: ORD001
        $order->save();
    }

    public function ship($id)
    {
        Order::where('id', $id)->update(['status' => 'shipped']); // expect: ORD001
    }

    public function close(Order $order)
    {
        $order->update(['status' => 'closed']); // expect: ORD001
    }

    public function accept($id)
    {
        $order = Order::with('customer')->findOrFail($id);
        $order->update(['status' => 'accepted']); // expect: ORD001
    }
}

class Returned
{
    public function back($id)
    {
        $transaction = Gateway::capture();
        $order = Order::where('id', $id)->first();
        if ($transaction->successful()) {
            $order->update(['status' => 'paid']); // expect: ORD001
        }
    }
}
