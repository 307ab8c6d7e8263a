<?php
// What is right: integers, decimals as strings, one rounding at the border.
class Checkout
{
    protected $casts = ['price' => 'decimal:2', 'rating' => 'float']; // fine: PRC002

    public function place(array $cart): void
    {
        $totalCents = 0; // fine: PRC002
        foreach ($cart as $item) {
            $totalCents += $item['price_cents'] * $item['quantity']; // fine: PRC002
        }
        $total = bcmul((string) $cart['price'], '1.19', 2); // fine: PRC002
        $this->orders->insert(['total' => $total, 'cents' => $totalCents]);
    }

    public function pay(Order $order): void
    {
        $this->gateway->charge(['amount' => (int) round($order->total * 100)]); // fine: PRC002
    }

    public function sum(array $cart)
    {
        $total = 0;
        foreach ($cart as $item) {
            $total += $item['price'] * $item['quantity']; // fine: PRC002
        }
        if ((float) $total > 100) { // fine: PRC002
            return 0;
        }
        echo number_format((float) $total, 2); // fine: PRC002
        return $total;
    }
}
