// What players carry is no stock, also where a bot keeps it.
import { Client } from "discord.js";

export async function drop(prisma, interaction, id: string, wanted: number) {
  const inventory = await prisma.inventory.findUnique({ where: { owner: interaction.user.id, id } });
  await prisma.inventory.update({ where: { id }, data: { quantity: inventory.quantity - wanted } }); // fine: INV001
}
