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

@Service
class Steps {
    Order cancel(Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        validateCancellable(order.getStatus());
        order.setStatus(OrderStatus.CANCELLED); // fine: ORD001
        return orderRepository.save(order);
    }

    Order ship(Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        if (!order.isPaid()) {
            throw new IllegalStateException();
        }
        order.setStatus(OrderStatus.SHIPPED); // fine: ORD001
        return orderRepository.save(order);
    }

    Order step(Long id) {
        Order order = orderRepository.findById(id).orElseThrow();
        switch (order.getStatus()) {
            case NEW -> order.setStatus(OrderStatus.PACKED); // fine: ORD001
            default -> throw new IllegalStateException();
        }
        return orderRepository.save(order);
    }

    void expire(Long id) {
        Order order = orderRepository.findByIdAndStatus(id, OrderStatus.PENDING).orElseThrow();
        order.setStatus(OrderStatus.EXPIRED); // fine: ORD001
        orderRepository.save(order);
    }
}

class OrderDao {
    void updateOrderStatus(int id, String status) {
        jdbc.update("UPDATE orders SET status = ? WHERE id = ?", status, id); // fine: ORD001
    }

    Order createOrder(Order order) {
        order.setStatus(Status.PENDING); // fine: ORD001
        return orderRepository.save(order);
    }

    void expireAll() {
        for (Order order : orderRepository.findPendingOrders()) {
            order.setStatus(Status.EXPIRED); // fine: ORD001
            orderRepository.save(order);
        }
    }
}

@Service
class Counter {
    Order saveOrder(Order order) {
        order.setOrderDate(Instant.now());
        order.setStatus(fits(order) ? Status.ACCEPTED : Status.DECLINED); // fine: ORD001
        return orderRepository.save(order);
    }

    Order book(OrderRequest request) {
        Order order = modelMapper.map(request, Order.class);
        order.setStatus(Status.OPEN); // fine: ORD001
        return orderRepository.save(order);
    }

    Order numbered(Order order) {
        order.setOrderNumber(numbers.next());
        order.setStatus(Status.OPEN); // fine: ORD001
        return orderRepository.save(order);
    }

    void afterPayment(Long id) {
        Payment payment = paymentRepository.findByOrderId(id);
        if (payment.getStatus() != PaymentStatus.HELD) {
            return;
        }
        Order order = orderRepository.findById(id).orElseThrow();
        order.setStatus(OrderStatus.PAID); // fine: ORD001
        orderRepository.save(order);
    }
}

@Service
class Gate {
    Order process(Order newOrder) {
        newOrder.setStatus("OPEN"); // fine: ORD001
        newOrder = orderRepository.save(newOrder);
        return newOrder;
    }
}

@Service
class Anulaciones {
    @Transactional
    Pedido anular(Long id) {
        Pedido pedido = pedidoRepository.findById(id).orElseThrow();
        pedidoValidator.validarPedidoAbierto(pedido);
        pedido.setEstado(Estado.ANULADO); // fine: ORD001
        return pedidoRepository.save(pedido);
    }
}
