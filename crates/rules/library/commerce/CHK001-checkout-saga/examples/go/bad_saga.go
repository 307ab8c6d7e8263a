// What goes wrong: rows stay locked while another server answers.
package shop

func Tell(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		tx.Create(&order)
		_, err := http.Post("https://stock.example/reserve", "application/json", body(order)) // expect: CHK001
		return err
	})
}

func Rates(db *sql.DB, order Order) error {
	tx, _ := db.Begin()
	tx.Exec("INSERT INTO orders (id) VALUES ($1)", order.ID)
	http.Get("https://rates.example/eur") // expect: CHK001
	return tx.Commit()
}

func Send(db *gorm.DB, order Order) error {
	return db.Transaction(func(tx *gorm.DB) error {
		tx.Create(&order)
		_, err := httpClient.Do(request(order)) // expect: CHK001
		return err
	})
}
