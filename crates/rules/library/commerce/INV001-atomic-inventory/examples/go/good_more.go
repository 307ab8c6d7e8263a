// More of what is right in Go.
package shop

func TakeByName(db *gorm.DB, id uint, quantity int) error {
	result := db.Model(&Product{}).Where("id = ?", id).Where("stock >= ?", quantity).UpdateColumn("stock", gorm.Expr("stock - ?", quantity)) // fine: INV001
	if result.Error != nil || result.RowsAffected == 0 {
		return ErrSoldOut
	}
	return nil
}

func TakeLocked(tx *sql.Tx, id int, quantity int) error {
	var stock int
	tx.QueryRow("SELECT stock FROM products WHERE id = $1 FOR UPDATE", id).Scan(&stock)
	if stock < quantity {
		return ErrSoldOut
	}
	_, err := tx.Exec("UPDATE products SET stock = $1 WHERE id = $2", stock-quantity, id) // fine: INV001
	return err
}

func TakeDocument(ctx context.Context, products *mongo.Collection, id string, quantity int) error {
	filter := bson.M{"_id": id, "stock": bson.M{"$gte": quantity}}
	result, err := products.UpdateOne(ctx, filter, bson.M{"$inc": bson.M{"stock": -quantity}}) // fine: INV001
	if err == nil && result.ModifiedCount == 0 {
		return ErrSoldOut
	}
	return err
}

type Shelf struct {
	mutex sync.Mutex
	items map[string]*Item
}

func (s *Shelf) Take(id string, quantity int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	item := s.items[id]
	if item.Stock < quantity {
		return false
	}
	item.Stock -= quantity // fine: INV001
	return true
}

func ChangeLine(db *gorm.DB, id uint) {
	var line CartItem
	db.First(&line, id)
	line.Quantity -= 1 // fine: INV001
	db.Save(&line)
}

func Simulate(products []Product, orders []Order) {
	for i, order := range orders {
		products[i].Stock -= order.Quantity // fine: INV001
	}
}

func Replace(db *gorm.DB, id uint, request StockRequest) error {
	return db.Model(&Product{}).Where("id = ?", id).Update("stock", request.Stock).Error // fine: INV001
}

func GiveBack(db *gorm.DB, id uint, quantity int) error {
	return db.Model(&Product{}).Where("id = ?", id).Update("stock", gorm.Expr("stock + ?", quantity)).Error // fine: INV001
}

type Shelf struct {
	Available int
}

func (s *Shelf) Take(quantity int) {
	s.Available -= quantity // fine: INV001
}

func Wish(db *gorm.DB, id uint, more int) error {
	var product CartItem
	if err := db.First(&product, id).Error; err != nil {
		return err
	}
	product.Quantity += more // fine: INV001
	return db.Save(&product).Error
}

func takeSeats(ctx context.Context, shows *mongo.Collection, id string, wanted int) bool {
	found := shows.FindOneAndUpdate(
		ctx,
		bson.M{"_id": id, "availableSeats": bson.M{"$gte": wanted}},
		bson.M{"$inc": bson.M{"availableSeats": -wanted}}, // fine: INV001
	)
	return found.Err() == nil
}

// What is available follows from two other columns; it takes nothing.
func recompute(db *gorm.DB, id string) error {
	var stock Stock
	if err := db.First(&stock, "id = ?", id).Error; err != nil {
		return err
	}
	stock.AvailableQty = stock.Quantity - stock.ReservedQty // fine: INV001
	return db.Save(&stock).Error
}
