# What is right with coupons.
class CouponDesk
  def redeem(code)
    changed = Coupon.where(code: code).where("used_count < max_uses").update_all("used_count = used_count + 1") # fine: LIM001
    raise UsedUp if changed.zero?
  end

  def redeem_locked(code)
    coupon = Coupon.find_by!(code: code)
    coupon.with_lock do
      raise UsedUp if coupon.used_count >= coupon.max_uses
      coupon.update!(used_count: coupon.used_count + 1) # fine: LIM001
    end
  end

  def rename(code, title)
    coupon = Coupon.find_by!(code: code)
    coupon.update!(title: title, used_count: params[:used_count]) # fine: LIM001
  end
end
