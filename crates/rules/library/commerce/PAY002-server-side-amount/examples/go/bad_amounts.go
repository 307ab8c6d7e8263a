// What goes wrong: the buyer says what the buyer pays.
package shop

import "github.com/stripe/stripe-go/v82/paymentintent"

func Intent(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(req.Amount)} // expect: PAY002
	params.SetIdempotencyKey(key())
	paymentintent.New(params)
}

func Total(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(req.Total * 100)} // expect: PAY002
	params.SetIdempotencyKey(key())
	paymentintent.New(params)
}

func Take(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.ChargeParams{Amount: stripe.Int64(req.Price)} // expect: PAY002
	params.SetIdempotencyKey(key())
	charge.New(params)
}

func (h *Handler) CreateIntent(c *gin.Context) {
	var input Transaction
	if err := c.BindJSON(&input); err != nil {
		return
	}
	params := &stripe.PaymentIntentParams{
		Amount:   stripe.Int64(int64(input.Cost)), // expect: PAY002
		Currency: stripe.String("eur"),
	}
	params.SetIdempotencyKey(input.Attempt)
	paymentintent.New(params)
}
