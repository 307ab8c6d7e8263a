// What is right: short transactions, calls between them.
@Service
class GoodSaga {
    public void tell(Order order) {
        orders.place(order);
        restTemplate.postForEntity("https://stock.example/reserve", order, Void.class); // fine: CHK001
    }

    @Transactional
    public void place(Order order) {
        orderRepository.save(order); // fine: CHK001
    }

    @Transactional
    public void later(Order order) {
        outboxRepository.save(new OutboxRow("charge", order)); // fine: CHK001
    }

    @Transactional
    public void rename(Long id, String name) {
        Client savedClient = clients.findById(id);
        savedClient.rename(name); // fine: CHK001
        clients.save(savedClient);
    }
}

@Service
class Rows {
    private final DatabaseClient databaseClient;

    @Transactional
    public Mono<Long> write(Order order) {
        return databaseClient.sql("INSERT INTO orders (id) VALUES (:id)") // fine: CHK001
            .bind("id", order.id())
            .fetch()
            .rowsUpdated();
    }
}
