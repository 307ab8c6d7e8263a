// What goes wrong: the status is written by whoever wants to.
package shop

func Pay(db *gorm.DB, id uint) error {
	return db.Model(&Order{}).Where("id = ?", id).Update("status", "paid").Error // expect: ORD001
}

func Ship(db *gorm.DB, id uint) error {
	var order Order
	db.First(&order, id)
	order.Status = "shipped" // expect: ORD001
	return db.Save(&order).Error
}

func Close(db *sql.DB, id int) error {
	_, err := db.Exec("UPDATE orders SET status = $1 WHERE id = $2", "closed", id) // expect: ORD001
	return err
}

func MarkDelivered(db *gorm.DB, id uint) error {
	var order Order
	db.First(&order, id)
	return db.Model(&order).Update("status", "delivered").Error // expect: ORD001
}
