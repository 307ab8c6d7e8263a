// What goes wrong with coupons.
@Service
class CouponDesk {
    @Transactional
    void redeem(String code) {
        Coupon coupon = coupons.findByCode(code).orElseThrow();
        if (coupon.getUsedCount() >= coupon.getMaxUses()) {
            throw new UsedUp();
        }
        coupon.setUsedCount(coupon.getUsedCount() + 1); // expect: LIM001
        coupons.save(coupon);
    }

    void payWithCard(String number, long cents) {
        GiftCard card = giftCards.findByNumber(number);
        if (card.getBalance() < cents) {
            throw new TooLittle();
        }
        card.setBalance(card.getBalance() - cents); // expect: LIM001
        giftCards.save(card);
    }

    void redeemInDatabase(String code) {
        jdbc.update("UPDATE vouchers SET times_used = times_used + 1 WHERE code = ?", code); // expect: LIM001
    }
}
