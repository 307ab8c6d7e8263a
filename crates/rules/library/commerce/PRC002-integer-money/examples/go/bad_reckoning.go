// What goes wrong: amounts are parsed and reckoned as float64.
package shop

func create(w http.ResponseWriter, r *http.Request) {
	price, err := strconv.ParseFloat(r.FormValue("price"), 64) // expect: PRC002
	if err != nil {
		http.Error(w, "price", http.StatusBadRequest)
	}
	products.Insert(r.FormValue("name"), price)
}

func place(cart *Cart) Order {
	var total float64 // expect: PRC002
	for _, item := range cart.Items {
		total += item.Price * float64(item.Quantity) // expect: PRC002
	}
	return orders.Insert(total)
}

func charge(order *Order) {
	gateway.Charge(int64(order.Total * 100)) // expect: PRC002
}

func shippingFee(order *Order) float64 { // expect: PRC002
	return table[order.Country]
}

func priced(order *Order) {
	var subtotal float64 // expect: PRC002
	for i := range order.Lines {
		order.Lines[i].TotalPrice = order.Lines[i].Count * order.Lines[i].UnitPrice // expect: PRC002
		subtotal += order.Lines[i].TotalPrice
	}
	itemTotal := math.Round(subtotal*order.Share*100) / 100 // expect: PRC002
	store(itemTotal)
}

type Receipt struct {
	Total float64 // expect: PRC002
}

func receiptOf(cart *Cart) Receipt {
	var total float64 // expect: PRC002
	for _, item := range cart.Items {
		total += item.Sum()
	}
	return Receipt{Total: total}
}
