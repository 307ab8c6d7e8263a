// What goes wrong: money as a binary fraction.
package shop

type BadMoney struct {
	Price      float64 // expect: PRC002
	UnitPrice  float32 // expect: PRC002
	OrderTotal float64 // expect: PRC002
}
