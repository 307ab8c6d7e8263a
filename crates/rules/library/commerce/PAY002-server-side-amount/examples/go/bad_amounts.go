// What goes wrong: the buyer says what the buyer pays.
package shop

import "github.com/stripe/stripe-go/v82/paymentintent"

func Intent(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(req.Amount)}
	params.SetIdempotencyKey(key())
	paymentintent.New(params) // expect: PAY002
}

func Total(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(req.Total * 100)}
	params.SetIdempotencyKey(key())
	paymentintent.New(params) // expect: PAY002
}

func Take(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.ChargeParams{Amount: stripe.Int64(req.Price)}
	params.SetIdempotencyKey(key())
	charge.New(params) // expect: PAY002
}

func (h *Handler) CreateIntent(c *gin.Context) {
	var input Transaction
	if err := c.BindJSON(&input); err != nil {
		return
	}
	params := &stripe.PaymentIntentParams{
		Amount:   stripe.Int64(int64(input.Cost)),
		Currency: stripe.String("eur"),
	}
	params.SetIdempotencyKey(input.Attempt)
	paymentintent.New(params) // expect: PAY002
}

func lines(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Lines []Line }
	json.NewDecoder(r.Body).Decode(&sent)
	var items []*stripe.CheckoutSessionLineItemParams
	for _, line := range sent.Lines {
		item := &stripe.CheckoutSessionLineItemParams{
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{UnitAmount: stripe.Int64(line.Price)},
		}
		items = append(items, item)
	}
	session.New(&stripe.CheckoutSessionParams{LineItems: items}) // expect: PAY002
}
