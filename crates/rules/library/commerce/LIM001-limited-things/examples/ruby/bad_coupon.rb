# What goes wrong with coupons.
class CouponDesk
  def redeem(code)
    coupon = Coupon.find_by!(code: code)
    raise UsedUp if coupon.used_count >= coupon.max_uses
    coupon.update!(used_count: coupon.used_count + 1) # expect: LIM001
  end

  def redeem_step(voucher)
    voucher.increment!(:times_used) # expect: LIM001
  end

  def pay_with_card(number, cents)
    gift_card = GiftCard.find_by!(number: number)
    raise TooLittle if gift_card.balance < cents
    gift_card.balance -= cents # expect: LIM001
    gift_card.save!
  end
end
