// What is right with GORM, database/sql and pgx.
package shop

func Buy(db *gorm.DB, id uint, quantity int) error {
	result := db.Model(&Product{}).Where("id = ? AND stock >= ?", id, quantity).Update("stock", gorm.Expr("stock - ?", quantity)) // fine: INV001
	if result.RowsAffected == 0 {
		return ErrSoldOut
	}
	return nil
}

func BuyLocked(db *gorm.DB, id uint, quantity int) error {
	return db.Transaction(func(tx *gorm.DB) error {
		var product Product
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).First(&product, id).Error; err != nil {
			return err
		}
		product.Stock -= quantity // fine: INV001
		return tx.Save(&product).Error
	})
}

func BuySQL(db *sql.DB, id int, quantity int) error {
	result, err := db.Exec("UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1", quantity, id) // fine: INV001
	if err != nil {
		return err
	}
	if affected, _ := result.RowsAffected(); affected == 0 {
		return ErrSoldOut
	}
	return nil
}

func BuyPgx(ctx context.Context, pool *pgxpool.Pool, id int, quantity int) error {
	tag, err := pool.Exec(ctx, "UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1", quantity, id) // fine: INV001
	if err == nil && tag.RowsAffected() == 0 {
		return ErrSoldOut
	}
	return err
}

func BuyReturning(ctx context.Context, pool *pgxpool.Pool, id int, quantity int) (left int, err error) {
	err = pool.QueryRow(ctx, "UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1 RETURNING stock", quantity, id).Scan(&left) // fine: INV001
	return left, err
}

func BuyLockedSQL(tx *sql.Tx, id int, quantity int) error {
	var stock int
	if err := tx.QueryRow("SELECT stock FROM products WHERE id = $1 FOR UPDATE", id).Scan(&stock); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE products SET stock = $1 WHERE id = $2", stock-quantity, id) // fine: INV001
	return err
}

func Restock(db *gorm.DB, id uint, quantity int) {
	db.Model(&Product{}).Where("id = ?", id).Update("stock", gorm.Expr("stock + ?", quantity)) // fine: INV001
}

func SetStock(db *gorm.DB, id uint, input UpdateProductRequest) {
	var product Product
	db.First(&product, id)
	product.Stock = input.Stock // fine: INV001
	db.Save(&product)
}

func Cart(db *gorm.DB, id uint) {
	var item CartItem
	db.First(&item, id)
	item.Quantity += 1 // fine: INV001
	db.Save(&item)
	db.Model(&OrderItem{}).Where("id = ?", id).Update("quantity", gorm.Expr("quantity - 1")) // fine: INV001
}

type memory struct{ products map[string]*Product }

func (m *memory) Take(id string, quantity int) {
	product := m.products[id]
	product.Stock -= quantity // fine: INV001
}

func Total(products []Product) (stock int) {
	for _, product := range products {
		stock += product.Stock // fine: INV001
	}
	return stock
}
