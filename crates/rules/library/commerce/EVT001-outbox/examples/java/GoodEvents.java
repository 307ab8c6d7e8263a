// What is right: what is to be told is a row of the same transaction.
@Service
class GoodEvents {
    @Transactional
    public void place(Order order) {
        orderRepository.save(order);
        outboxRepository.save(new OutboxRow("order.placed", order)); // fine: EVT001
    }

    @Transactional
    public void relay() {
        for (OutboxRow row : outboxRepository.findUnsent()) {
            kafkaTemplate.send(row.getTopic(), row.getBody()); // fine: EVT001
            row.markSent();
        }
    }

    public void forgotten(User user) {
        mailSender.send(message(user)); // fine: EVT001
    }
}

@Service
@Transactional(readOnly = true)
class Reads {
    public void show(Order order) {
        kafkaTemplate.send("shown", order.getId()); // fine: EVT001
    }
}

@Service
class Inside {
    @Transactional
    public void close(Order order) {
        orderRepository.save(order);
        applicationEventPublisher.publishEvent(new Closed(order)); // fine: EVT001
    }
}
