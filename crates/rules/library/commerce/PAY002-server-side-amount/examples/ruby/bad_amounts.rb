# What goes wrong: the buyer says what the buyer pays.
class PaymentsController < ApplicationController
  def intent
    Stripe::PaymentIntent.create({ amount: params[:amount], currency: "eur" }, { idempotency_key: key }) # expect: PAY002
  end

  def charge
    Stripe::Charge.create({ amount: params[:total].to_i * 100, currency: "eur" }, { idempotency_key: key }) # expect: PAY002
  end

  def pay
    amount = (params[:price].to_f * 100).round
    Stripe::PaymentIntent.create({ amount: amount, currency: "eur" }, { idempotency_key: key }) # expect: PAY002
  end

  def settle
    @payment = Payment.new
    @payment.amount = params[:amount]
    cents = @payment.amount * 100
    Stripe::Charge.create({ amount: cents, currency: "cad" }, { idempotency_key: key }) # expect: PAY002
  end
end
