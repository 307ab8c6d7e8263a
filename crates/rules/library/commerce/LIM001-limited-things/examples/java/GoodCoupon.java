// What is right with coupons.
@Service
class CouponDesk {
    void redeem(String code) {
        int changed = jdbc.update(
            "UPDATE coupons SET used_count = used_count + 1 WHERE code = ? AND used_count < max_uses", code); // fine: LIM001
        if (changed == 0) {
            throw new UsedUp();
        }
    }

    @Transactional
    void redeemLocked(String code) {
        Coupon coupon = entityManager.find(Coupon.class, code, LockModeType.PESSIMISTIC_WRITE);
        coupon.setUsedCount(coupon.getUsedCount() + 1); // fine: LIM001
    }
}
