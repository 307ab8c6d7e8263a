// What is right: short transactions, calls between them.
package shop

func Tell(db *gorm.DB, order Order) error {
	err := db.Transaction(func(tx *gorm.DB) error {
		return tx.Create(&order).Error // fine: CHK001
	})
	if err != nil {
		return err
	}
	_, err = http.Post("https://stock.example/reserve", "application/json", body(order)) // fine: CHK001
	return err
}

func Rates(db *sql.DB, order Order) error {
	http.Get("https://rates.example/eur") // fine: CHK001
	tx, _ := db.Begin()
	tx.Exec("INSERT INTO orders (id) VALUES ($1)", order.ID)
	return tx.Commit()
}

func Later(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		return tx.Create(&Outbox{Kind: "charge", Order: order.ID}).Error // fine: CHK001
	})
}
