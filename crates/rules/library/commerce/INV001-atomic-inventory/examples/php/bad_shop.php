<?php
// What goes wrong with Eloquent, Doctrine, PDO and mysqli.

class OrderController
{
    public function buy(Request $request)
    {
        $product = Product::findOrFail($request->product_id);
        if ($product->stock < $request->quantity) {
            abort(409);
        }
        $product->stock -= $request->quantity; // expect: INV001
        $product->save();
    }

    public function pay($cart)
    {
        DB::transaction(function () use ($cart) {
            foreach ($cart->items as $item) {
                $product = $item->product;
                $product->decrement('stock', $item->quantity); // expect: INV001
                Product::where('id', $item->product_id)->decrement('stock', $item->quantity); // expect: INV001
                DB::table('inventories')->where('product_id', $item->product_id)->decrement('quantity', $item->quantity); // expect: INV001
            }
        });
    }

    public function update($id, $quantity)
    {
        $product = Product::find($id);
        $product->update(['stock' => $product->stock - $quantity]); // expect: INV001
        Product::where('id', $id)->update(['stock' => $product->stock - $quantity]); // expect: INV001
        Product::where('id', $id)->update(['stock' => DB::raw('stock - ' . $quantity)]); // expect: INV001
        $newStock = $product->quantity - $quantity;
        $product->quantity = $newStock; // expect: INV001
        $product->save();
    }

    public function ignoreTheCount($id, $quantity)
    {
        Product::where('id', $id)->where('stock', '>=', $quantity)->decrement('stock', $quantity); // expect: INV001
    }

    public function restock($id, $quantity)
    {
        $variant = ProductVariant::find($id);
        $variant->stock = $variant->stock + $quantity; // expect: INV001
        $variant->save();
    }
}

class Doctrine
{
    public function buy(int $id, int $quantity): void
    {
        $product = $this->productRepository->find($id);
        if ($product->getStock() < $quantity) {
            throw new SoldOut();
        }
        $product->setStock($product->getStock() - $quantity); // expect: INV001
        $this->entityManager->flush();
    }

    public function variant(ProductVariant $variant, int $quantity): void
    {
        $variant->setOnHand($variant->getOnHand() - $quantity); // expect: INV001
        $this->em->persist($variant);
        $this->em->flush();
    }

    public function lockedTooLate(int $id, int $quantity): void
    {
        $product = $this->em->find(Product::class, $id);
        $this->em->lock($product, LockMode::PESSIMISTIC_WRITE);
        $product->setStock($product->getStock() - $quantity); // expect: INV001
        $this->em->flush();
    }
}

function buyPdo(PDO $pdo, int $id, int $quantity): void
{
    $statement = $pdo->prepare('SELECT stock FROM products WHERE id = ?');
    $statement->execute([$id]);
    $row = $statement->fetch();
    $left = $row['stock'] - $quantity;
    $pdo->prepare('UPDATE products SET stock = ? WHERE id = ?')->execute([$left, $id]); // expect: INV001
}

function buyStep(PDO $pdo, int $id, int $quantity): void
{
    $statement = $pdo->prepare('UPDATE products SET stock = stock - ? WHERE id = ?'); // expect: INV001
    $statement->execute([$quantity, $id]);
}

function buyGuardedUnchecked(PDO $pdo, int $id, int $quantity): void
{
    $statement = $pdo->prepare('UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?'); // expect: INV001
    $statement->execute([$quantity, $id, $quantity]);
}

function buyMysqli($conn, $id, $quantity)
{
    $result = mysqli_query($conn, "SELECT * FROM products WHERE id = '$id'");
    $row = mysqli_fetch_assoc($result);
    $new_quantity = $row['quantity'] - $quantity;
    mysqli_query($conn, "UPDATE products SET quantity = '$new_quantity' WHERE id = '$id'"); // expect: INV001
    mysqli_query($conn, "UPDATE products SET stock = stock - $quantity WHERE id = $id"); // expect: INV001
    $sql = "UPDATE inventory SET quantity = quantity - " . $quantity . " WHERE product_id = " . $id; // expect: INV001
    $conn->query($sql);
}

class Shelf extends Model
{
    public function moveStock(int $quantity): void
    {
        $this->update(['stock' => max(0, $this->stock + $quantity)]); // expect: INV001
    }
}
