// What is right: the key is stored with the attempt and sent with every try.
package shop

import "github.com/stripe/stripe-go/v82/paymentintent"

func Intent(order Order) (*stripe.PaymentIntent, error) {
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(order.Total)}
	params.SetIdempotencyKey(order.Key)
	return paymentintent.New(params) // fine: PAY001
}

func Back(order Order) (*stripe.Refund, error) {
	params := &stripe.RefundParams{PaymentIntent: stripe.String(order.PaymentID)}
	params.IdempotencyKey = stripe.String(order.Key)
	return refund.New(params) // fine: PAY001
}

func Known(user User) (*stripe.Customer, error) {
	return customer.New(&stripe.CustomerParams{Email: stripe.String(user.Email)}) // fine: PAY001
}
