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
