<?php
// More of what goes wrong in PHP.
class Kasse
{
    public function verkaufe($id, $menge)
    {
        $artikel = Inventario::where('articulo_id', $id)->first();
        $artikel->saldo_stock -= $menge; // expect: INV001
        $artikel->save();
    }

    public function remove($id, $quantity)
    {
        $sql = "UPDATE " . self::$table . " SET stock = stock - $quantity WHERE id = $id"; // expect: INV001
        Executor::run($sql);
    }
}

class Apotheke
{
    public function sell(Request $request, $id)
    {
        $medicine = Medicine::findOrFail($id);
        $medicine->decrement('quantity', $request->quantity); // expect: INV001
        $list = "UPDATE medicine_list SET quantity = quantity - 1 WHERE id = $id"; // expect: INV001
        mysqli_query($this->link, $list);
    }
}

class StokModel
{
    public function keluar($kode, $jumlah)
    {
        return $this->db->set('stok', "stok - $jumlah", FALSE) // expect: INV001
            ->where('kode', $kode)->update('stok');
    }

    public function jual($id, $jumlah)
    {
        $barang = $this->barang_model->get($id);
        $data = array('stok' => $barang->stok - $jumlah);
        $this->barang_model->update($data, $id); // expect: INV001
    }

    public function handle($event)
    {
        if ($event->produto->estoque > 0) {
            $event->produto->estoque--; // expect: INV001
            $event->produto->save();
        }
    }
}

class BoundShelf
{
    public function sell($id, $wanted)
    {
        $read = $this->connection->prepare("SELECT stock FROM products WHERE id = ?");
        $read->bind_param("i", $id);
        $read->execute();
        $read->bind_result($stock);
        $read->fetch();
        $left = $stock - $wanted;
        $change = $this->connection->prepare("UPDATE products SET stock = ? WHERE id = ?"); // expect: INV001
        $change->bind_param("ii", $left, $id);
        $change->execute();
    }
}

class Keluar
{
    public function tambah($kode, $banyak)
    {
        $row = $this->gudang_model->ambil($kode)->row();
        $data['jumlah'] = $row->jumlah - $banyak; // expect: INV001
        $this->gudang_model->update_data($kode, 'kode', $data, 'tbl_barang');
    }
}

class Vendita
{
    public function vendi($em, $id, $quanti)
    {
        $prodotto = $em->find(EProdotto::class, $id);
        $prodotto->setQuantitaDisp($prodotto->getQuantitaDisp() - $quanti); // expect: INV001
        $em->persist($prodotto);
        $em->flush();
    }
}

function jual($koneksi, $id, $banyak)
{
    $baca = mysqli_prepare($koneksi, "SELECT stok, harga FROM produk WHERE id = ?");
    mysqli_stmt_execute($baca);
    mysqli_stmt_bind_result($baca, $stok, $harga);
    mysqli_stmt_fetch($baca);
    $sisa = $stok - $banyak;
    $ubah = mysqli_prepare($koneksi, "UPDATE produk SET stok = ? WHERE id = ?"); // expect: INV001
    mysqli_stmt_bind_param($ubah, "ii", $sisa, $id);
    mysqli_stmt_execute($ubah);
}

class Pembaruan
{
    public function kurangi($data)
    {
        extract($data);
        $barang = $this->barangModel->find($barang_id);
        $this->barangModel->update($barang_id, ['jumlah' => $barang['jumlah'] - $banyak]); // expect: INV001
    }
}
