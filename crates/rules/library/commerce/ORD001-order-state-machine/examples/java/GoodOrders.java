// What is right: the step names the status it comes from, or the present one is looked at.
class GoodOrders {
    void pay(Long id) {
        int rows = jdbcTemplate.update("UPDATE orders SET status = 'paid' WHERE id = ? AND status = 'pending'", id); // fine: ORD001
        if (rows != 1) throw new IllegalStateException();
    }

    void ship(Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        if (order.getStatus() != OrderStatus.PAID) throw new IllegalStateException();
        order.setStatus(OrderStatus.SHIPPED); // fine: ORD001
        orderRepository.save(order);
    }

    void create() {
        Order order = new Order();
        order.setStatus(OrderStatus.PENDING); // fine: ORD001
        orderRepository.save(order);
    }
}
