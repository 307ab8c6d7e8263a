// What is right with coupons and gift cards.
export async function redeem(code: string, limit: number) {
  const changed = await prisma.coupon.updateMany({ where: { code, usedCount: { lt: limit } }, data: { usedCount: { increment: 1 } } }); // fine: LIM001
  if (changed.count === 0) throw new Error("used up");
}

export async function giveBack(code: string) {
  await Coupon.updateOne({ code }, { $inc: { usedCount: -1 } }); // fine: LIM001
}

export async function payByGiftCard(id: string, amount: number) {
  const changed = await GiftCard.updateOne({ _id: id, balance: { $gte: amount } }, { $inc: { balance: -amount } }); // fine: LIM001
  if (changed.modifiedCount === 0) throw new Error("not enough");
}
