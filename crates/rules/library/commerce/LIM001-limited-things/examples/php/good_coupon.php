<?php
// What is right with coupons.
class CouponDesk
{
    public function redeem(string $code): void
    {
        $changed = Coupon::where('code', $code)
            ->where('uses_left', '>', 0)
            ->decrement('uses_left'); // fine: LIM001
        if ($changed === 0) {
            throw new UsedUp();
        }
    }

    public function redeemLocked(string $code): void
    {
        DB::transaction(function () use ($code) {
            $coupon = Coupon::where('code', $code)->lockForUpdate()->firstOrFail();
            if ($coupon->used_count >= $coupon->max_uses) {
                throw new UsedUp();
            }
            $coupon->increment('used_count'); // fine: LIM001
        });
    }
}
