// What goes wrong: an event about an order that was rolled back.
@Service
class BadEvents {
    @Transactional
    public void kafka(Order order) {
        orderRepository.save(order);
        kafkaTemplate.send("orders", order.getId()); // expect: EVT001
    }

    @Transactional
    public void rabbit(Order order) {
        orderRepository.save(order);
        rabbitTemplate.convertAndSend("orders", order.getId()); // expect: EVT001
    }

    @Transactional
    public void mail(Order order) {
        orderRepository.save(order);
        mailSender.send(message(order)); // expect: EVT001 CHK001
    }
}

@Service
@Transactional
class WholeClass {
    public void close(Order order) {
        orderRepository.save(order);
        streamBridge.send("orders", order.getId()); // expect: EVT001
    }
}

@Service
class Helpers {
    @Transactional
    public void close(Order order) {
        orderRepository.save(order);
        announce(order); // expect: EVT001
        reopen(order);
    }

    private void announce(Order order) {
        orderEventPublisher.publishClosed(order); // fine: EVT001
    }

    private void reopen(Order order) {
        orderRepository.save(order);
        orderEventPublisher.publishReopened(order); // expect: EVT001
    }
}

@Service
class AfterSave {
    public void close(Order order) {
        orderRepository.save(order);
        rabbitTemplate.convertAndSend("orders", order.getId()); // expect: EVT001
    }
}
