# What is right: the amount is what the server stored when the checkout began.
class PaymentsController < ApplicationController
  def intent
    checkout = Checkout.find(params[:id])
    Stripe::PaymentIntent.create({ amount: checkout.locked_total, currency: "eur" }, { idempotency_key: key }) # fine: PAY002
  end

  def charge
    Stripe::Charge.create({ amount: current_cart.total_cents, currency: "eur" }, { idempotency_key: key }) # fine: PAY002
  end

  def back
    Stripe::Refund.create({ charge: params[:charge], amount: params[:amount] }, { idempotency_key: key }) # fine: PAY002
  end

  def donate
    Stripe::Charge.create({ amount: params[:amount].to_i, currency: "eur" }, { idempotency_key: key }) # fine: PAY002
  end
end
