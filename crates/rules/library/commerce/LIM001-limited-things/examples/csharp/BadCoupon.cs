// What goes wrong with coupons.
public class CouponDesk
{
    public async Task Redeem(string code)
    {
        var coupon = await _context.Coupons.SingleAsync(c => c.Code == code);
        if (coupon.UsedCount >= coupon.MaxUses) throw new UsedUp();
        coupon.UsedCount++; // expect: LIM001
        await _context.SaveChangesAsync();
    }

    public async Task PayWithCard(string number, long cents)
    {
        var giftCard = await _context.GiftCards.SingleAsync(g => g.Number == number);
        if (giftCard.Balance < cents) throw new TooLittle();
        giftCard.Balance -= cents; // expect: LIM001
        await _context.SaveChangesAsync();
    }
}
