// What is right: minor units or an exact decimal; weights and rates are no money.
package shop

type GoodMoney struct {
	PriceCents int64           // fine: PRC002
	Price      decimal.Decimal // fine: PRC002
	Weight     float64         // fine: PRC002
}

func Search(products []Product, minPrice, maxPrice float64) []Product { // fine: PRC002
	return nil
}
