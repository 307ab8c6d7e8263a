<?php
// What goes wrong: money as a binary fraction.
class Product
{
    private float $price; // expect: PRC002
    public float $salePrice; // expect: PRC002

    public function up(): void
    {
        Schema::create('invoices', function (Blueprint $table) {
            $table->float('total_amount'); // expect: PRC002
        });
    }
}
