// What is right: the step names the status it comes from, or the present one is looked at.
package shop

func Pay(db *gorm.DB, id uint) error {
	result := db.Model(&Order{}).Where("id = ? AND status = ?", id, "pending").Update("status", "paid") // fine: ORD001
	if result.RowsAffected != 1 {
		return ErrNotPending
	}
	return result.Error
}

func Ship(db *gorm.DB, id uint) error {
	var order Order
	db.First(&order, id)
	if order.Status != "paid" {
		return ErrNotPaid
	}
	order.Status = "shipped" // fine: ORD001
	return db.Save(&order).Error
}

func Approve(db *gorm.DB, id uint) error {
	return db.Model(&Review{}).Where("id = ?", id).Update("status", "approved").Error // fine: ORD001
}

func CallOff(db *gorm.DB, id uint) error {
	var order Order
	db.First(&order, id)
	if order.Status == "shipped" {
		return ErrTooLate
	}
	return db.Model(&order).Update("status", "cancelled").Error // fine: ORD001
}

func (s *OrderStorage) SetStatus(ctx context.Context, id int, status string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE orders SET status = $1 WHERE id = $2", status, id) // fine: ORD001
	return err
}

func sweep(db *gorm.DB) {
	var orders []Order
	db.Where("status = ? AND held_until < ?", Held, time.Now()).Find(&orders)
	for _, order := range orders {
		db.Model(&order).Update("status", Expired) // fine: ORD001
	}
}
