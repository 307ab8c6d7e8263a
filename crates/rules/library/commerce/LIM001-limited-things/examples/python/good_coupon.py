# What is right with coupons.
def redeem(code, limit):
    if Coupon.objects.filter(code=code, used_count__lt=limit).update(used_count=F("used_count") + 1) == 0:  # fine: LIM001
        raise UsedUp()


def redeem_locked(code):
    with transaction.atomic():
        coupon = Coupon.objects.select_for_update().get(code=code)
        coupon.used_count += 1  # fine: LIM001
        coupon.save()
