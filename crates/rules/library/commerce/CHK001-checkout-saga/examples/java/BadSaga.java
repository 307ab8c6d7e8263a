// What goes wrong: rows stay locked while another server answers.
@Service
class BadSaga {
    @Transactional
    public void tell(Order order) {
        orderRepository.save(order);
        restTemplate.postForEntity("https://stock.example/reserve", order, Void.class); // expect: CHK001
    }

    @Transactional
    public void rates(Order order) {
        order.setRate(restTemplate.getForObject("https://rates.example/eur", BigDecimal.class)); // expect: CHK001
        orderRepository.save(order);
    }

    void template(Order order) {
        transactionTemplate.executeWithoutResult(status -> orderRepository.save(order));
    }

    @Transactional
    public void send(Order order) {
        orderRepository.save(order);
        httpClient.send(request(order), BodyHandlers.ofString()); // expect: CHK001
    }

    private final TaxClient taxClient;

    @Transactional
    public void tax(Order order) {
        order.setTax(taxClient.rateOf(order.getCountry())); // expect: CHK001
        orderRepository.save(order);
    }
}
