# What goes wrong with coupons.
def redeem(code):
    coupon = Coupon.objects.get(code=code)
    if coupon.used_count >= coupon.max_uses:
        raise UsedUp()
    coupon.used_count += 1  # expect: LIM001
    coupon.save()


def redeem_step(code):
    Voucher.objects.filter(code=code).update(times_used=F("times_used") + 1)  # expect: LIM001
