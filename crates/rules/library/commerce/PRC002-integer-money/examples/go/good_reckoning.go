// What is right: integers of cents, and floats that are shown or no money.
package shop

func totalOf(cart *Cart) int64 {
	var total int64 // fine: PRC002
	for _, item := range cart.Items {
		total += item.PriceCents * int64(item.Quantity) // fine: PRC002
	}
	return total
}

func show(order *Order) {
	fmt.Printf("%.2f", float64(order.Total)/100) // fine: PRC002
	log.Println(float64(order.Price) * 1.19) // fine: PRC002
}

func share(order *Order, customer *Customer) float64 { // fine: PRC002
	return float64(order.Total) / float64(customer.Total) // fine: PRC002
}

func params(order *Order) *stripe.PaymentIntentParams {
	return &stripe.PaymentIntentParams{Amount: stripe.Int64(order.Total * 100)} // fine: PRC002
}

func reply(order *pb.Order) *pb.Reply {
	return &pb.Reply{Price: float64(order.Price)} // fine: PRC002
}

type Score struct {
	Weight   float64 // fine: PRC002
	Discount float64 // fine: PRC002
}
