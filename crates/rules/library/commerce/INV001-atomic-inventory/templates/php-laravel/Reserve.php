<?php

namespace App\Inventory;

use Illuminate\Support\Facades\DB;

final class SoldOut extends \RuntimeException
{
}

/** Holds every line of a cart, or none. */
final class Reserve
{
    /** @param list<array{sku: string, location: string, quantity: int}> $lines */
    public function __invoke(array $lines): void
    {
        $summed = [];
        foreach ($lines as $line) {
            if ($line['quantity'] <= 0) {
                throw new \InvalidArgumentException("quantity of {$line['sku']}");
            }
            $key = json_encode([$line['sku'], $line['location']], JSON_THROW_ON_ERROR);
            $summed[$key] = ($summed[$key] ?? 0) + $line['quantity'];
        }
        ksort($summed, SORT_STRING); // Every buyer touches rows in the same order: no deadlocks.

        DB::transaction(function () use ($summed): void {
            foreach ($summed as $key => $quantity) {
                [$sku, $location] = json_decode($key, true, 2, JSON_THROW_ON_ERROR);
                $held = DB::update(
                    'UPDATE inventory SET available = available - ?, reserved = reserved + ?'
                        . ' WHERE sku = ? AND location = ? AND available >= ?',
                    [$quantity, $quantity, $sku, $location, $quantity],
                );
                if ($held !== 1) {
                    throw new SoldOut($sku);
                }
            }
        });
    }
}
