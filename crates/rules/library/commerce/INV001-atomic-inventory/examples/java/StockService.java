// The caller of `StockItem.withdraw` in `BadShop.java`: it loads the item and stores what the method changed.
class StockService {
    void withdraw(UUID id, int wanted) {
        StockItem item = stockItems.findById(id).orElseThrow();
        item.withdraw(wanted);
        stockItems.save(item);
    }
}
