<?php
// What goes wrong with vouchers.
function redeem(Voucher $voucher)
{
    $voucher->increment('used_count'); // expect: LIM001
    $voucher->used_count = $voucher->used_count + 1; // expect: LIM001
    $voucher->save();
}
