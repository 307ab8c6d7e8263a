// What goes wrong: the status is written by whoever wants to.
class BadOrders {
    void pay(Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        order.setStatus(OrderStatus.PAID); // expect: ORD001
        orderRepository.save(order);
    }

    @Transactional
    public void ship(Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        order.setStatus(OrderStatus.SHIPPED); // expect: ORD001
    }

    void close(Long id) {
        jdbcTemplate.update("UPDATE orders SET status = ? WHERE id = ?", "closed", id); // expect: ORD001
    }

    void approve(Long id) {
        DonHang donHang = donHangRepository.findById(id).orElseThrow();
        donHang.setTrangThai("DA_DUYET"); // expect: ORD001
        donHangRepository.save(donHang);
    }
}

@Service
class Desk {
    void createPayment(Order order) {
        payments.save(new Payment(order));
        order.setStatus(OrderStatus.PAID); // expect: ORD001
        orderRepository.save(order);
    }

    void remap(OrderRequest request, Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        modelMapper.map(request, order);
        order.setStatus(OrderStatus.OPEN); // expect: ORD001
        orderRepository.save(order);
    }
}
