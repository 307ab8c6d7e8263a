// What is right with Prisma: one conditional statement whose count is checked, a row lock, or something that is not stock.
import { PrismaClient } from "@prisma/client";

const prisma = new PrismaClient();

export async function buy(productId: string, quantity: number) {
  const changed = await prisma.product.updateMany({ // fine: INV001
    where: { id: productId, stock: { gte: quantity } },
    data: { stock: { decrement: quantity } },
  });
  if (changed.count !== 1) throw new Error("sold out");
}

export async function buyOne(productId: string) {
  // `update` throws when no row fits its condition.
  await prisma.product.update({ where: { id: productId, stock: { gt: 0 } }, data: { stock: { decrement: 1 } } }); // fine: INV001
}

export async function giveBack(productId: string, quantity: number) {
  await prisma.product.update({ where: { id: productId }, data: { stock: { increment: quantity } } }); // fine: INV001
}

export async function buyLocked(productId: string, quantity: number) {
  await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM products WHERE id = ${productId} FOR UPDATE`;
    const product = await tx.product.findUniqueOrThrow({ where: { id: productId } });
    if (product.stock < quantity) throw new Error("sold out");
    await tx.product.update({ where: { id: productId }, data: { stock: product.stock - quantity } }); // fine: INV001
  });
}

export async function buySerializable(productId: string, quantity: number) {
  await prisma.$transaction(
    async (tx) => {
      const product = await tx.product.findUniqueOrThrow({ where: { id: productId } });
      if (product.stock < quantity) throw new Error("sold out");
      await tx.product.update({ where: { id: productId }, data: { stock: product.stock - quantity } }); // fine: INV001
    },
    { isolationLevel: "Serializable" },
  );
}

export async function changeCartLine(lineId: string, more: number) {
  const line = await prisma.cartItem.findUniqueOrThrow({ where: { id: lineId } });
  await prisma.cartItem.update({ where: { id: lineId }, data: { quantity: line.quantity + more } }); // fine: INV001
}

export async function setStock(productId: string, body: { stock: number }) {
  await prisma.product.update({ where: { id: productId }, data: { stock: body.stock } }); // fine: INV001
}

export async function buyByRawSql(productId: string, quantity: number) {
  const rows = await prisma.$executeRaw`UPDATE products SET stock = stock - ${quantity} WHERE id = ${productId} AND stock >= ${quantity}`; // fine: INV001
  if (rows === 0) throw new Error("sold out");
}
