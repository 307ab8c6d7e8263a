// What is right: what is to be told is a row of the same transaction.
package shop

func Place(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		tx.Create(&order)
		return tx.Create(&Outbox{Kind: "order.placed", Order: order.ID}).Error // fine: EVT001
	})
}

func Forgotten(user User) error {
	return mailer.SendEmail(user.Email, "New password") // fine: EVT001
}

func Log(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		log.Println("placed") // fine: EVT001
		return tx.Create(&order).Error
	})
}
