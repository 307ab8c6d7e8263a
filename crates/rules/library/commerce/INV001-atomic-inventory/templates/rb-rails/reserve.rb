# Holds every line of a cart, or none.
class Reserve
  class SoldOut < StandardError; end

  # lines: hashes with :sku, :location and :quantity. Raising rolls all of them back.
  def self.call(lines)
    summed = lines.group_by { |line| [line[:sku], line[:location]] }
                  .transform_values { |same| same.sum { |line| line[:quantity] } }
    Inventory.transaction do
      # Every buyer touches rows in the same order: no deadlocks.
      summed.sort.each do |(sku, location), quantity|
        raise ArgumentError, "quantity of #{sku}" unless quantity.positive?

        held = Inventory.where(sku: sku, location: location)
                        .where("available >= ?", quantity)
                        .update_all(["available = available - ?, reserved = reserved + ?", quantity, quantity])
        raise SoldOut, sku unless held == 1
      end
    end
  end
end
