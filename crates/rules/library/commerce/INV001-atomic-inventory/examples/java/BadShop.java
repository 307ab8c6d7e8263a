// What goes wrong with Spring, JPA and JDBC.
@Service
class OrderService {
    public void buy(Long id, int quantity) {
        Product product = productRepository.findById(id).orElseThrow();
        if (product.getStock() < quantity) {
            throw new SoldOut();
        }
        product.setStock(product.getStock() - quantity); // expect: INV001
        productRepository.save(product);
    }

    @Transactional
    public void buyManaged(Long id, int quantity) {
        Product product = entityManager.find(Product.class, id);
        product.setStockQuantity(product.getStockQuantity() - quantity); // expect: INV001
    }

    @Transactional
    public synchronized void buySynchronized(Long id, int quantity) {
        Inventory inventory = inventoryRepository.findByProductId(id);
        int left = inventory.getQuantity() - quantity;
        inventory.setQuantity(left); // expect: INV001
        inventoryRepository.saveAndFlush(inventory);
    }

    public void buyAll(List<OrderItem> items) {
        for (OrderItem item : items) {
            Product product = item.getProduct();
            product.setQuantity(product.getQuantity() - item.getQuantity()); // expect: INV001
            productRepository.save(product);
        }
    }

    public void restock(Long id, int quantity) {
        Product product = productRepository.findById(id).get();
        product.setStock(product.getStock() + quantity); // expect: INV001
        productRepository.save(product);
    }

    public void jdbc(Long id, int quantity) {
        jdbcTemplate.update("UPDATE products SET stock = stock - ? WHERE id = ?", quantity, id); // expect: INV001
        jdbcTemplate.update("UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ?", quantity, id, quantity); // expect: INV001
        int stock = jdbcTemplate.queryForObject("SELECT stock FROM products WHERE id = ?", Integer.class, id);
        jdbcTemplate.update("UPDATE products SET stock = ? WHERE id = ?", stock - quantity, id); // expect: INV001
    }

    public void prepared(Connection connection, Long id, int quantity) throws SQLException {
        String sql = "UPDATE inventory SET quantity = quantity - ? WHERE product_id = ?"; // expect: INV001
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setInt(1, quantity);
        statement.setLong(2, id);
        statement.executeUpdate();
    }
}

interface ProductRepository extends JpaRepository<Product, Long> {
    @Modifying
    @Query("UPDATE Product p SET p.stock = p.stock - :quantity WHERE p.id = :id") // expect: INV001
    int take(Long id, int quantity);

    @Update("update product set stock = stock - #{quantity} where id = #{id}") // expect: INV001
    int takeByMapper(Long id, int quantity);
}

@Entity
class Item {
    @Id
    private Long id;
    private int stockQuantity;

    public void removeStock(int quantity) {
        int rest = this.stockQuantity - quantity;
        if (rest < 0) {
            throw new SoldOut();
        }
        this.stockQuantity = rest; // expect: INV001
    }

    public void removeDirectly(int quantity) {
        stockQuantity -= quantity; // expect: INV001
    }

    public void addStock(int quantity) {
        this.stockQuantity += quantity; // expect: INV001
    }
}

@Service
class Almacen {
    void despachar(Salida salida) {
        Producto producto = productos.buscarPorId(salida.getProductoId());
        producto.setCantidad(producto.getCantidad() - salida.getCantidad()); // expect: INV001
        productos.guardar(producto);
    }
}

@Service
class Counter {
    void sell(Long id, int wanted) {
        Product product = products.findById(id).orElseThrow();
        takeFrom(product, wanted);
        products.save(product);
    }

    private void takeFrom(Product product, int wanted) {
        product.setStock(product.getStock() - wanted); // expect: INV001
    }
}

class StockItem {
    private int availableQuantity;

    void withdraw(int wanted) {
        if (availableQuantity < wanted) throw new SoldOut();
        this.availableQuantity -= wanted; // expect: INV001
    }
}

class OrderPlacedHandler {
    void handle(OrderPlaced placed) {
        Inventory shelf = Inventory.findById(placed.productId());
        if (shelf.availableQuantity < placed.quantity()) {
            throw new IllegalStateException("sold out");
        }
        shelf.availableQuantity -= placed.quantity(); // expect: INV001
    }
}

class ImmutableShelf {
    void sell(Long id, int wanted) {
        Product shelf = products.findById(id).orElseThrow();
        Product after = shelf.toBuilder().stock(shelf.getStock() - wanted).build(); // expect: INV001
        products.save(after);
    }
}

class ServletOfSales {
    void sell(int id, int sold) {
        Producto producto = productos.buscar(id);
        int nuevo = producto.getStock() - sold;
        productos.actualizarStock(id, nuevo); // expect: INV001
    }
}

class RedisShelf {
    void sell(long id, int wanted) {
        Integer left = Integer.valueOf(redisTemplate.opsForValue().get("stock:" + id));
        if (left < wanted) {
            throw new IllegalStateException("sold out");
        }
        redisTemplate.opsForValue().decrement("stock:" + id, wanted); // expect: INV001
    }
}
