// More of what goes wrong in Go.
package shop

func BuyVariant(tx *gorm.DB, id uint, quantity int) {
	var variant ProductVariant
	tx.Find(&variant, id)
	variant.StockQuantity -= quantity // expect: INV001
	tx.Save(&variant)
}

func BuyLeft(tx *gorm.DB, id uint, quantity int) {
	var product Product
	tx.First(&product, id)
	left := product.Stock - quantity
	tx.Model(&product).Update("stock", left) // expect: INV001
	tx.Model(&product).UpdateColumns(map[string]any{"stock": left}) // expect: INV001
}

func BuyRaw(tx *gorm.DB, id uint, quantity int) {
	tx.Exec("UPDATE products SET stock = stock - ? WHERE id = ?", quantity, id) // expect: INV001
	tx.Exec("UPDATE inventories SET quantity = quantity - ? WHERE product_id = ? AND quantity >= ?", quantity, id, quantity) // expect: INV001
}

func BuySprintf(db *sql.DB, id int, quantity int) {
	db.Exec(fmt.Sprintf("UPDATE products SET stock = stock - %d WHERE id = %d", quantity, id)) // expect: INV001
}

func BuyOne(db *gorm.DB, id uint) {
	var ticket Ticket
	db.First(&ticket, id)
	ticket.Available-- // expect: INV001
	db.Save(&ticket)
}

func Restock(db *gorm.DB, id uint, quantity int) {
	var product Product
	db.First(&product, id)
	product.Stock += quantity // expect: INV001
	db.Save(&product)
}

func BuyAll(db *gorm.DB, ids []uint) {
	for _, id := range ids {
		db.Model(&Product{}).Where("id = ?", id).UpdateColumn("stock", gorm.Expr("stock - 1")) // expect: INV001
	}
}

type Inventory struct {
	Available int
}

func (i *Inventory) Reserve(quantity int) error {
	if i.Available < quantity {
		return ErrSoldOut
	}
	i.Available -= quantity // expect: INV001
	return nil
}

func (s *Service) ReserveStock(ctx context.Context, sku string, quantity int) error {
	inventory, err := s.repo.FindBySKU(ctx, sku)
	if err != nil {
		return err
	}
	if err := inventory.Reserve(quantity); err != nil {
		return err
	}
	return s.repo.Save(ctx, inventory)
}

func Receive(db *gorm.DB, sku string, arrived int) error {
	var row Inventory
	if err := db.Where("sku = ?", sku).First(&row).Error; err != nil {
		row = Inventory{SKU: sku, Quantity: arrived}
	} else {
		row.Quantity += arrived // expect: INV001
	}
	return db.Save(&row).Error
}

func sellFromRedis(ctx context.Context, rdb *redis.Client, id string, wanted int) error {
	left, err := rdb.Get(ctx, "stock:"+id).Int()
	if err != nil || left < wanted {
		return errSoldOut
	}
	return rdb.Set(ctx, "stock:"+id, left-wanted, 0).Err() // expect: INV001
}

func sellOfRequest(w http.ResponseWriter, r *http.Request) {
	shelf, ok := r.Context().Value(shelfKey).(*ent.Product)
	if !ok || shelf.Stock < 1 {
		return
	}
	shelf.Update().
		SetStock(shelf.Stock - 1). // expect: INV001
		Save(r.Context())
}

func takeSeats(ctx context.Context, shows *mongo.Collection, id string, wanted int) error {
	_, err := shows.UpdateOne(ctx, bson.M{"_id": id}, bson.M{"$inc": bson.M{"availableSeats": -wanted}}) // expect: INV001
	return err
}

func sellByBun(ctx context.Context, db *bun.DB, id string, wanted int) error {
	_, err := db.NewUpdate().Model((*Product)(nil)).Set("stock = stock - ?", wanted).Where("id = ?", id).Exec(ctx) // expect: INV001
	return err
}

// The lock of one buyer's reservation lets the others through.
func confirmReservation(ctx context.Context, tx pgx.Tx, id int, product int, wanted int) error {
	var held int
	err := tx.QueryRow(ctx, "SELECT qty FROM reservations WHERE id = $1 FOR UPDATE", id).Scan(&held)
	if err != nil || held < wanted {
		return errShort
	}
	_, err = tx.Exec(ctx, "UPDATE products SET stock = stock - $1 WHERE id = $2", wanted, product) // expect: INV001
	return err
}
