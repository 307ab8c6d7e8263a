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

    public function cast($row, $statement)
    {
        $price = (float) $row['price']; // expect: PRC002
        $lineTotal = round($price * $row['count'], 2); // expect: PRC002
        Product::create(['title' => $row['title'], 'price' => floatval($row['price'])]); // expect: PRC002
        $total = $price;
        $statement->bind_param('isd', $row['id'], $row['title'], $total);
    }

    public function attach($sale, $product, $request)
    {
        $sale->items()->attach($product->id, ['price' => floatval($request->input('price'))]); // expect: PRC002
    }
}

class BookShow
{
    public function sell($statement, $id, $total)
    {
        $statement->bind_param('id', $id, $total); // expect: PRC002
    }
}
