// What goes wrong: a lost answer and a second try move the money twice.
package shop

import "github.com/stripe/stripe-go/v82/paymentintent"

func Intent(order Order) (*stripe.PaymentIntent, error) {
	return paymentintent.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(order.Total)}) // expect: PAY001
}

func Back(order Order) (*stripe.Refund, error) {
	return refund.New(&stripe.RefundParams{PaymentIntent: stripe.String(order.PaymentID)}) // expect: PAY001
}

func Take(order Order) (*stripe.Charge, error) {
	return charge.New(&stripe.ChargeParams{Amount: stripe.Int64(order.Total)}) // expect: PAY001
}

func Later(order Order) (*stripe.PaymentIntent, error) {
	params := &stripe.PaymentIntentParams{Amount: stripe.Int64(order.Total)}
	params.AddMetadata("order_id", order.ID)
	return paymentintent.New(params) // expect: PAY001
}
