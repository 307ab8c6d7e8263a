// What is right with coupons.
public class CouponDesk
{
    public async Task Redeem(string code)
    {
        var changed = await _context.Coupons
            .Where(c => c.Code == code && c.UsedCount < c.MaxUses)
            .ExecuteUpdateAsync(s => s.SetProperty(c => c.UsedCount, c => c.UsedCount + 1)); // fine: LIM001
        if (changed == 0) throw new UsedUp();
    }
}
