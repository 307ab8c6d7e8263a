<?php
// What is right: the step names the status it comes from, or the order is asked.
class OrderController
{
    public function pay($id)
    {
        $changed = Order::where('id', $id)->where('status', 'pending')->update(['status' => 'paid']); // fine: ORD001
        abort_unless($changed === 1, 409);
    }

    public function ship(Order $order)
    {
        if (!$order->canTransitionTo('shipped')) {
            abort(409);
        }
        $order->status = 'shipped'; // fine: ORD001
        $order->save();
    }

    public function store()
    {
        $order = new Order();
        $order->status = 'pending'; // fine: ORD001
        $order->save();
    }
}

class Deliveries
{
    public function close(array $ids): void
    {
        $orders = Order::whereIn('id', $ids)->where('status', 'shipped')->get();
        foreach ($orders as $order) {
            $order->update(['status' => 'delivered']); // fine: ORD001
        }
    }

    public function open(Basket $basket): Order
    {
        $order = Order::create(['basket_id' => $basket->id]);
        $order->update(['status' => 'open']); // fine: ORD001
        return $order;
    }
}

class Kitchen
{
    public function start(Order $order): void
    {
        $order->items()->update(['status' => 'processing']); // fine: ORD001
    }

    public function woo($id)
    {
        $order = wc_get_order($id);
        $order->set_status('completed'); // fine: ORD001
        $order->save();
    }

    public function received($id, $counts)
    {
        $order = Order::find($id);
        $fullyReceived = true;
        foreach ($counts as $count) {
            if ($count->received < $count->ordered) $fullyReceived = false;
        }
        if ($fullyReceived) {
            $order->update(['status' => 'received']); // fine: ORD001
        }
    }

    public function refuses($id)
    {
        $order = Order::findOrFail($id);
        abort_if($order->status !== 'open', 409);
        $order->status = 'closed'; // fine: ORD001
        $order->save();
    }
}

class Till
{
    public function begin(array $given)
    {
        $this->order = new Order();
        $this->order->status = 'open'; // fine: ORD001
        $this->order->save();
    }
}

class Overdue
{
    public function run()
    {
        $late = Order::where('order_status', 'waiting')->get();
        foreach ($late as $one) {
            $order = Order::where('number', $one->number)->first();
            $order->order_status = 'overdue'; // fine: ORD001
            $order->save();
        }
    }
}

class Express
{
    public function take(array $given)
    {
        Order::create($given)->update(['status' => 'open']); // fine: ORD001
    }
}

class Tally
{
    public function again($id)
    {
        $order = Order::find($id);
        $order->status = $this->getOrderStatus($order); // fine: ORD001
        $order->save();
    }
}
