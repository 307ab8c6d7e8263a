import { and, eq, gte, sql } from "drizzle-orm";
import type { PgTransaction } from "drizzle-orm/pg-core";
import { inventory } from "./schema";

export type Line = { sku: string; location: string; quantity: number };

export class SoldOut extends Error {
  constructor(readonly sku: string) {
    super(`sold out: ${sku}`);
  }
}

/** Holds every line or none. Call it inside a transaction and roll back when it throws. */
export async function reserve(tx: PgTransaction<any, any, any>, lines: Line[]): Promise<void> {
  for (const line of summedAndSorted(lines)) {
    const held = await tx
      .update(inventory)
      .set({
        available: sql`${inventory.available} - ${line.quantity}`,
        reserved: sql`${inventory.reserved} + ${line.quantity}`,
      })
      .where(
        and(
          eq(inventory.sku, line.sku),
          eq(inventory.location, line.location),
          gte(inventory.available, line.quantity),
        ),
      )
      .returning({ sku: inventory.sku });
    if (held.length !== 1) throw new SoldOut(line.sku);
  }
}

/** Equal SKUs are one line, and every buyer touches rows in the same order: no deadlocks. */
function summedAndSorted(lines: Line[]): Line[] {
  const summed = new Map<string, Line>();
  for (const line of lines) {
    if (!Number.isInteger(line.quantity) || line.quantity <= 0) throw new RangeError(`quantity of ${line.sku}`);
    const key = JSON.stringify([line.sku, line.location]);
    summed.set(key, { ...line, quantity: line.quantity + (summed.get(key)?.quantity ?? 0) });
  }
  return [...summed.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, line]) => line);
}
