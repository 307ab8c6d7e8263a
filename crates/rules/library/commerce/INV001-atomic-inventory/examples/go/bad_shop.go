// What goes wrong with GORM, database/sql and pgx.
package shop

func Buy(db *gorm.DB, id uint, quantity int) error {
	var product models.Product
	if err := db.First(&product, id).Error; err != nil {
		return err
	}
	if product.Stock < quantity {
		return ErrSoldOut
	}
	product.Stock -= quantity // expect: INV001
	return db.Save(&product).Error
}

func BuyUpdate(db *gorm.DB, id uint, quantity int) {
	var product Product
	db.Where("id = ?", id).First(&product)
	db.Model(&product).Update("stock", product.Stock-quantity) // expect: INV001
	db.Model(&product).Updates(map[string]interface{}{"stock": product.Stock - quantity}) // expect: INV001
	db.Model(&Product{}).Where("id = ?", id).Update("stock", gorm.Expr("stock - ?", quantity)) // expect: INV001
	db.Model(&Product{}).Where("id = ?", id).UpdateColumn("stock", gorm.Expr("stock - ?", quantity)) // expect: INV001
}

func BuyUnchecked(db *gorm.DB, id uint, quantity int) error {
	return db.Model(&Product{}).Where("id = ? AND stock >= ?", id, quantity).Update("stock", gorm.Expr("stock - ?", quantity)).Error // expect: INV001
}

func BuyEach(db *gorm.DB, order Order) {
	for _, item := range order.Items {
		var inventory Inventory
		db.First(&inventory, "product_id = ?", item.ProductID)
		inventory.Quantity = inventory.Quantity - item.Quantity // expect: INV001
		db.Save(&inventory)
	}
}

func BuySQL(db *sql.DB, id int, quantity int) error {
	var stock int
	if err := db.QueryRow("SELECT stock FROM products WHERE id = $1", id).Scan(&stock); err != nil {
		return err
	}
	if stock < quantity {
		return ErrSoldOut
	}
	_, err := db.Exec("UPDATE products SET stock = $1 WHERE id = $2", stock-quantity, id) // expect: INV001
	return err
}

func BuyStep(ctx context.Context, pool *pgxpool.Pool, id int, quantity int) error {
	_, err := pool.Exec(ctx, "UPDATE inventory SET quantity = quantity - $1 WHERE product_id = $2", quantity, id) // expect: INV001
	return err
}

func BuyGuardedUnchecked(tx *sql.Tx, id int, quantity int) error {
	_, err := tx.Exec(`UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1`, quantity, id) // expect: INV001
	return err
}

func (r *Repository) Take(ctx context.Context, id string, quantity int) error {
	product, err := r.FindByID(ctx, id)
	if err != nil {
		return err
	}
	product.Stock = product.Stock - quantity // expect: INV001
	return r.Update(ctx, product)
}
