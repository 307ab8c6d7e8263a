package examples

// What is right with coupons.

func RedeemOnce(db *gorm.DB, code string) error {
	result := db.Model(&Coupon{}).Where("code = ? AND used_count < max_uses", code).
		UpdateColumn("used_count", gorm.Expr("used_count + 1")) // fine: LIM001
	if result.RowsAffected == 0 {
		return ErrUsedUp
	}
	return result.Error
}

func RedeemLocked(db *gorm.DB, code string) error {
	return db.Transaction(func(tx *gorm.DB) error {
		var coupon Coupon
		tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("code = ?", code).First(&coupon)
		coupon.UsedCount = coupon.UsedCount + 1 // fine: LIM001
		return tx.Save(&coupon).Error
	})
}
