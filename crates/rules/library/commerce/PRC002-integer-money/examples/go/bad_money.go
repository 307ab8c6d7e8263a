// What goes wrong: money as a binary fraction.
package shop

type BadMoney struct {
	Price      float64 // expect: PRC002
	UnitPrice  float32 // expect: PRC002
	OrderTotal float64 // expect: PRC002
}

type Order struct {
	Total float64 // expect: PRC002
}

func orderTotal(order Order) float64 {
	var total float64 // expect: PRC002
	for _, line := range order.Lines {
		total += line.Price * float64(line.Count) // expect: PRC002
	}
	return total
}
