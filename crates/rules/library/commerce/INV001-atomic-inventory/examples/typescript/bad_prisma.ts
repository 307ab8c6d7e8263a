// What goes wrong with Prisma: the amount is read, checked in the program and written back, or changed without a condition.
import { PrismaClient } from "@prisma/client";

const prisma = new PrismaClient();

export async function buy(productId: string, quantity: number) {
  const product = await prisma.product.findUnique({ where: { id: productId } });
  if (!product || product.stock < quantity) {
    throw new Error("sold out");
  }
  await prisma.product.update({ // expect: INV001
    where: { id: productId },
    data: { stock: product.stock - quantity },
  });
}

export async function buyWithStep(productId: string, quantity: number) {
  const product = await prisma.product.findUniqueOrThrow({ where: { id: productId } });
  if (product.stock < quantity) throw new Error("sold out");
  return prisma.product.update({ // expect: INV001
    where: { id: productId },
    data: { stock: { decrement: quantity } },
  });
}

export async function buyInTransaction(lines: { variantId: string; quantity: number }[]) {
  await prisma.$transaction(async (tx) => {
    for (const line of lines) {
      const inventory = await tx.inventory.findFirst({ where: { variantId: line.variantId } });
      const left = inventory!.quantity - line.quantity;
      if (left < 0) throw new Error("sold out");
      await tx.inventory.update({ where: { id: inventory!.id }, data: { quantity: left } }); // expect: INV001
    }
  });
}

export async function buyIgnoringTheCount(variantId: string, quantity: number) {
  await prisma.stockLevel.updateMany({ // expect: INV001
    where: { variantId, quantityOnHand: { gte: quantity } },
    data: { quantityOnHand: { decrement: quantity } },
  });
}

export async function restock(productId: string, quantity: number) {
  const product = await prisma.product.findUniqueOrThrow({ where: { id: productId } });
  await prisma.product.update({ where: { id: productId }, data: { stock: product.stock + quantity } }); // expect: INV001
}

export async function buyByRawSql(productId: string, quantity: number) {
  await prisma.$executeRaw`UPDATE products SET stock = stock - ${quantity} WHERE id = ${productId}`; // expect: INV001
}
