// What is right: the amount is what the server stored when the checkout began.
package shop

import "github.com/stripe/stripe-go/v82/paymentintent"

func Intent(c *gin.Context) {
	checkout := checkouts.Find(c.Param("id"))
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(checkout.LockedTotal)} // fine: PAY002
	params.SetIdempotencyKey(key())
	paymentintent.New(params)
}

func Of(order Order) {
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(order.Total)} // fine: PAY002
	params.SetIdempotencyKey(order.Key)
	paymentintent.New(params)
}

func Back(c *gin.Context) {
	var req PayRequest
	c.BindJSON(&req)
	params := &stripe.RefundParams{Amount: stripe.Int64(req.Amount)} // fine: PAY002
	params.SetIdempotencyKey(key())
	refund.New(params)
}
