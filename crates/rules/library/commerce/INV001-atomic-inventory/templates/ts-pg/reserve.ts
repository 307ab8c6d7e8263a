import type { PoolClient } from "pg";

export type Line = { sku: string; location: string; quantity: number };

export class SoldOut extends Error {
  constructor(readonly sku: string) {
    super(`sold out: ${sku}`);
  }
}

/** Holds every line or none. Call it inside a transaction and roll back when it throws. */
export async function reserve(client: PoolClient, lines: Line[]): Promise<void> {
  for (const line of summedAndSorted(lines)) {
    const result = await client.query(
      `UPDATE inventory
          SET available = available - $1, reserved = reserved + $1
        WHERE sku = $2 AND location = $3 AND available >= $1`,
      [line.quantity, line.sku, line.location],
    );
    if (result.rowCount !== 1) throw new SoldOut(line.sku);
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
