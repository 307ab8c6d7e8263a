// What is right with Spring, JPA and JDBC.
@Service
class OrderService {
    @Transactional
    public void locked(Long id, int quantity) {
        Product product = productRepository.findByIdForUpdate(id).orElseThrow();
        if (product.getStock() < quantity) {
            throw new SoldOut();
        }
        product.setStock(product.getStock() - quantity); // fine: INV001
        productRepository.save(product);
    }

    @Transactional
    public void lockedByManager(Long id, int quantity) {
        Product product = entityManager.find(Product.class, id, LockModeType.PESSIMISTIC_WRITE);
        product.setStock(product.getStock() - quantity); // fine: INV001
    }

    @Transactional
    public void lockedByAnnotation(Long id, int quantity) {
        Product product = productRepository.findLockedProduct(id);
        product.setStock(product.getStock() - quantity); // fine: INV001
    }

    @Transactional(isolation = Isolation.SERIALIZABLE)
    public void serializable(Long id, int quantity) {
        Product product = productRepository.findById(id).orElseThrow();
        product.setStock(product.getStock() - quantity); // fine: INV001
        productRepository.save(product);
    }

    public void versioned(Long id, int quantity) {
        StockLevel level = stockLevelRepository.findById(id).orElseThrow();
        level.setOnHand(level.getOnHand() - quantity); // fine: INV001
        stockLevelRepository.save(level);
    }

    public void conditional(Long id, int quantity) {
        int changed = jdbcTemplate.update("UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?", quantity, id, quantity); // fine: INV001
        if (changed == 0) {
            throw new SoldOut();
        }
    }

    public void redisson(Long id, int quantity) {
        RLock lock = redisson.getLock("product:" + id);
        lock.lock();
        Product product = productRepository.findById(id).orElseThrow();
        product.setStock(product.getStock() - quantity); // fine: INV001
        productRepository.save(product);
    }

    public void setStock(Long id, ProductDto dto) {
        Product product = productRepository.findById(id).orElseThrow();
        product.setStock(dto.getStock()); // fine: INV001
        productRepository.save(product);
    }

    public void cart(Long id) {
        CartItem item = cartItemRepository.findById(id).orElseThrow();
        item.setQuantity(item.getQuantity() + 1); // fine: INV001
        cartItemRepository.save(item);
        OrderLine line = orderLineRepository.findById(id).orElseThrow();
        line.setQuantity(line.getQuantity() - 1); // fine: INV001
        orderLineRepository.save(line);
    }

    public int total(List<Product> products) {
        int stock = 0;
        for (Product product : products) {
            stock += product.getStock(); // fine: INV001
        }
        return stock;
    }
}

interface ProductRepository extends JpaRepository<Product, Long> {
    @Lock(LockModeType.PESSIMISTIC_WRITE)
    @Query("select p from Product p where p.id = :id")
    Product findLockedProduct(Long id);

    @Modifying
    @Query("UPDATE Product p SET p.stock = p.stock - :quantity WHERE p.id = :id AND p.stock >= :quantity") // fine: INV001
    int take(Long id, int quantity);

    @Modifying
    @Query("UPDATE Product p SET p.stock = p.stock + :quantity WHERE p.id = :id") // fine: INV001
    int give(Long id, int quantity);
}

@Entity
class StockLevel {
    @Id
    private Long id;
    private int onHand;
    @Version
    private long version;

    public void take(int quantity) {
        this.onHand -= quantity; // fine: INV001
    }
}

class Shelf {
    private int stock;

    public void take(int quantity) {
        this.stock -= quantity; // fine: INV001
    }
}

class Receipt {
    private final List<Product> taken = new ArrayList<>();

    void print(Product product, int wanted) {
        lower(product, wanted);
        taken.add(product);
    }

    private void lower(Product product, int wanted) {
        product.setStock(product.getStock() - wanted); // fine: INV001
    }
}

@MappedSuperclass
abstract class VersionedRow {
    @Version
    private Long version;
}

@Entity
class Bin extends VersionedRow {
    private int quantityOnHand;

    void take(int wanted) {
        this.quantityOnHand -= wanted; // fine: INV001
    }
}

class RetriedStock {
    @Retryable(retryFor = ObjectOptimisticLockingFailureException.class)
    public void take(String sku, int wanted) {
        Inventory row = inventories.findBySku(sku).orElseThrow();
        row.setQuantity(row.getQuantity() - wanted); // fine: INV001
        inventories.save(row);
    }
}

class Wishes {
    public void wish(Long id, int more) {
        CartItem product = repository.findById(id).orElseThrow();
        product.setQuantity(product.getQuantity() + more); // fine: INV001
        repository.save(product);
    }
}

class RedisShelf {
    void sell(long id, int wanted) {
        Long left = redisTemplate.opsForValue().decrement("stock:" + id, wanted); // fine: INV001
        if (left < 0) {
            redisTemplate.opsForValue().increment("stock:" + id, wanted);
            throw new IllegalStateException("sold out");
        }
    }
}
