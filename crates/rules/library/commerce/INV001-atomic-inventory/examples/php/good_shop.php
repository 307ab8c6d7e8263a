<?php
// What is right with Eloquent, Doctrine, PDO and mysqli.

class OrderController
{
    public function buy($id, $quantity)
    {
        $changed = Product::where('id', $id)->where('stock', '>=', $quantity)->decrement('stock', $quantity); // fine: INV001
        if ($changed === 0) {
            throw new SoldOut();
        }
    }

    public function locked($id, $quantity)
    {
        DB::transaction(function () use ($id, $quantity) {
            $product = Product::where('id', $id)->lockForUpdate()->firstOrFail();
            if ($product->stock < $quantity) {
                throw new SoldOut();
            }
            $product->stock -= $quantity; // fine: INV001
            $product->save();
            $product->decrement('stock', $quantity); // fine: INV001
        });
    }

    public function cacheLocked($id, $quantity)
    {
        Cache::lock('product:' . $id)->block(5, function () use ($id, $quantity) {
            $product = Product::find($id);
            $product->update(['stock' => $product->stock - $quantity]); // fine: INV001
        });
    }

    public function cancel($id, $quantity)
    {
        Product::where('id', $id)->increment('stock', $quantity); // fine: INV001
        DB::table('products')->where('id', $id)->update(['stock' => DB::raw('stock + 1')]); // fine: INV001
    }

    public function cart(Request $request)
    {
        $item = CartItem::find($request->id);
        $item->quantity += 1; // fine: INV001
        $item->save();
        $cart = session('cart');
        $cart[$request->id]['quantity'] -= 1; // fine: INV001
        Cart::where('id', $request->id)->decrement('quantity', 1); // fine: INV001
        $this->orderLine->update(['quantity' => $this->orderLine->quantity - 1]); // fine: INV001
    }

    public function setStock(Request $request, $id)
    {
        $product = Product::find($id);
        $product->stock = $request->stock; // fine: INV001
        $product->save();
        $product->update(['stock' => $request->input('stock')]); // fine: INV001
    }

    public function total($products)
    {
        $totalStock = 0;
        foreach ($products as $product) {
            $totalStock += $product->stock; // fine: INV001
        }
        return $totalStock;
    }
}

class Doctrine
{
    public function locked(int $id, int $quantity): void
    {
        $product = $this->em->find(Product::class, $id, LockMode::PESSIMISTIC_WRITE);
        if ($product->getStock() < $quantity) {
            throw new SoldOut();
        }
        $product->setStock($product->getStock() - $quantity); // fine: INV001
        $this->em->flush();
    }

    public function edit(Product $product, array $form): void
    {
        $product->setStock($form['stock']); // fine: INV001
        $this->em->flush();
    }
}

function buyPdo(PDO $pdo, int $id, int $quantity): void
{
    $statement = $pdo->prepare('UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?'); // fine: INV001
    $statement->execute([$quantity, $id, $quantity]);
    if ($statement->rowCount() === 0) {
        throw new SoldOut();
    }
}

function buyMysqli($conn, $id, $quantity)
{
    $conn->query("UPDATE products SET stock = stock - $quantity WHERE id = $id AND stock >= $quantity"); // fine: INV001
    if ($conn->affected_rows === 0) {
        throw new SoldOut();
    }
}

function lockedPdo(PDO $pdo, int $id, int $quantity): void
{
    $statement = $pdo->prepare('SELECT stock FROM products WHERE id = ? FOR UPDATE');
    $statement->execute([$id]);
    $row = $statement->fetch();
    $pdo->prepare('UPDATE products SET stock = ? WHERE id = ?')->execute([$row['stock'] - $quantity, $id]); // fine: INV001
}

function restock(PDO $pdo, int $id, int $quantity): void
{
    $pdo->prepare('UPDATE products SET stock = stock + ? WHERE id = ?')->execute([$quantity, $id]); // fine: INV001
    $pdo->prepare('UPDATE products SET stock = ? WHERE id = ?')->execute([$_POST['stock'], $id]); // fine: INV001
    $pdo->prepare('UPDATE order_items SET quantity = quantity - 1 WHERE id = ?')->execute([$id]); // fine: INV001
}

class SalesReturns
{
    public function approve(SaleProduct $saleProduct, int $approved): void
    {
        $saleProduct->decrement('quantity', $approved); // fine: INV001
    }
}

function take_locked($lockedProducts, $lines)
{
    foreach ($lockedProducts as $lockedProduct) {
        $lockedProduct->decrement('stock', $lines[$lockedProduct->id]); // fine: INV001
    }
}

class Pesanan
{
    public function kurangi($kode, $banyak)
    {
        $row = $this->pesanan_model->ambil($kode)->row();
        $data['jumlah'] = $row->jumlah - $banyak; // fine: INV001
        $this->pesanan_model->update_data($kode, 'kode', $data, 'detail_pesanan');
    }
}

class Kas
{
    public function keluar($kas)
    {
        $this->uangModel->update(1, ['jumlah' => $this->uangModel->first()['jumlah'] - $kas['jumlah']]); // fine: INV001
    }
}
