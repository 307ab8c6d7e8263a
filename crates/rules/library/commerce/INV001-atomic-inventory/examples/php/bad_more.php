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
