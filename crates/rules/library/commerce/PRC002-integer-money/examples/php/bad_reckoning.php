<?php
// What goes wrong: amounts are cast and reckoned as binary fractions.
class Checkout
{
    protected $casts = ['price' => 'float', 'weight' => 'float']; // expect: PRC002

    public function place(array $cart, Coupon $coupon): void
    {
        $subtotal = 0.0; // expect: PRC002
        foreach ($cart as $item) {
            $unitPrice = (float) $item['price']; // expect: PRC002
            $lineTotal = round($unitPrice * $item['quantity'], 2); // expect: PRC002
            $subtotal += $lineTotal;
        }
        $cost = floatval($_POST['cost']); // expect: PRC002
        $discountAmount = $subtotal * $coupon->percent / 100; // expect: PRC002
        $this->orders->insert(['cost' => $cost, 'discount' => $discountAmount]);
    }

    public function pay(Order $order): void
    {
        $this->gateway->charge(['amount' => (int) ($order->total * 100)]); // expect: PRC002
    }

    public function store(mysqli $db, int $id, int $count, $price): void
    {
        $total = $count * $price;
        $statement = $db->prepare('INSERT INTO orders (product, count, total) VALUES (?, ?, ?)');
        $statement->bind_param('iid', $id, $count, $total); // expect: PRC002
    }

    private function shippingFee(string $country, float $subtotal): float // expect: PRC002
    {
        return $this->table->lookup($country, $subtotal);
    }
}
