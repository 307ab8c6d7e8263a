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
        mailSender.send(message(order)); // expect: EVT001
    }
}
