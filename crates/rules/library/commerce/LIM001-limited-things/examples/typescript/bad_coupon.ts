// What goes wrong with coupons and gift cards.
export async function redeem(code: string) {
  const coupon = await prisma.coupon.findUnique({ where: { code } });
  if (coupon.usedCount >= coupon.maxUses) throw new Error("used up");
  await prisma.coupon.update({ where: { code }, data: { usedCount: coupon.usedCount + 1 } }); // expect: LIM001
}

export async function redeemStep(code: string) {
  await Coupon.updateOne({ code }, { $inc: { usedCount: 1 } }); // expect: LIM001
}

export async function payByGiftCard(id: string, amount: number) {
  const giftCard = await GiftCard.findById(id);
  giftCard.balance -= amount; // expect: LIM001
  await giftCard.save();
}
