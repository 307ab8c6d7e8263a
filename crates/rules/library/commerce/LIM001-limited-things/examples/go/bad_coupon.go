package examples

// What goes wrong with coupons.

func Redeem(db *gorm.DB, code string) error {
	var coupon Coupon
	if err := db.Where("code = ?", code).First(&coupon).Error; err != nil {
		return err
	}
	if coupon.UsedCount >= coupon.MaxUses {
		return ErrUsedUp
	}
	coupon.UsedCount = coupon.UsedCount + 1 // expect: LIM001
	return db.Save(&coupon).Error
}

func RedeemStep(db *gorm.DB, code string) error {
	return db.Model(&Voucher{}).Where("code = ?", code).
		UpdateColumn("times_used", gorm.Expr("times_used + 1")).Error // expect: LIM001
}
