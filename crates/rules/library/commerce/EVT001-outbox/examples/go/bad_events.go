// What goes wrong: an event about an order that was rolled back.
package shop

func Place(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		tx.Create(&order)
		return mailer.SendEmail(order.Email, "Thank you") // expect: EVT001 CHK001
	})
}

func Publish(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		tx.Create(&order)
		return channel.Publish("orders", order.ID) // expect: EVT001
	})
}

func After(db *sql.DB, order Order) error {
	tx, _ := db.Begin()
	tx.Exec("INSERT INTO orders (id) VALUES ($1)", order.ID)
	tx.Commit()
	return mailer.SendEmail(order.Email, "Thank you") // expect: EVT001
}
