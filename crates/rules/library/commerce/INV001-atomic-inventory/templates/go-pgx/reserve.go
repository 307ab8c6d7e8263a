// Package inventory holds stock for checkouts.
package inventory

import (
	"context"
	"fmt"
	"sort"

	"github.com/jackc/pgx/v5"
)

// Line is a quantity of one SKU at one location.
type Line struct {
	SKU      string
	Location string
	Quantity int64
}

// SoldOut says which SKU there is not enough of.
type SoldOut struct{ SKU string }

func (e SoldOut) Error() string { return fmt.Sprintf("sold out: %s", e.SKU) }

// Reserve holds every line or none: roll the transaction back when it fails.
func Reserve(ctx context.Context, tx pgx.Tx, lines []Line) error {
	for _, line := range summedAndSorted(lines) {
		if line.Quantity <= 0 {
			return fmt.Errorf("quantity of %s", line.SKU)
		}
		tag, err := tx.Exec(ctx,
			`UPDATE inventory SET available = available - $1, reserved = reserved + $1
			  WHERE sku = $2 AND location = $3 AND available >= $1`,
			line.Quantity, line.SKU, line.Location)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != 1 {
			return SoldOut{SKU: line.SKU}
		}
	}
	return nil
}

// Equal SKUs are one line, and every buyer touches rows in the same order: no deadlocks.
func summedAndSorted(lines []Line) []Line {
	type key struct{ sku, location string }
	summed := map[key]int64{}
	for _, line := range lines {
		summed[key{line.SKU, line.Location}] += line.Quantity
	}
	result := make([]Line, 0, len(summed))
	for k, quantity := range summed {
		result = append(result, Line{SKU: k.sku, Location: k.location, Quantity: quantity})
	}
	sort.Slice(result, func(i, j int) bool {
		if result[i].SKU != result[j].SKU {
			return result[i].SKU < result[j].SKU
		}
		return result[i].Location < result[j].Location
	})
	return result
}
