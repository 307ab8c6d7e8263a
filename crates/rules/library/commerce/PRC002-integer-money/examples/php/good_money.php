<?php
// What is right: minor units or an exact decimal; weights and rates are no money.
class Product
{
    private int $priceCents; // fine: PRC002
    private float $weight; // fine: PRC002

    public function up(): void
    {
        Schema::create('invoices', function (Blueprint $table) {
            $table->decimal('total_amount', 12, 2); // fine: PRC002
        });
    }

    public function shown($row)
    {
        $price = number_format((float) $row['price'], 2); // fine: PRC002
        $cents = (int) round((float) $row['price'] * 100); // fine: PRC002
        return [$price, $cents];
    }
}
