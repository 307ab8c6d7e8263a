//! The catalog: what is on sale, found by words, in pages.

use crate::on_every_store;
use crate::shop::Shop;

on_every_store! {
    the_catalog_shows_what_is_on_sale_and_whether_it_can_be_bought,
    words_find_products_by_their_beginnings,
    the_catalog_comes_in_pages,
    a_product_is_read_by_its_handle_unless_it_is_hidden,
}

async fn the_catalog_shows_what_is_on_sale_and_whether_it_can_be_bought(shop: Shop) {
    let page = shop.get("/v1/products").send().await.expect_status(200);
    let mut stock = Vec::new();
    for product in page.at("/data").as_array().unwrap() {
        for variant in product["variants"].as_array().unwrap() {
            stock.push((variant["sku"].as_str().unwrap(), variant["in_stock"].as_bool().unwrap()));
        }
    }
    stock.sort_unstable();
    let expect = [("MUG", true), ("POSTER", true), ("SHIRT-M", false), ("SHIRT-S", true), ("STICKER", true)];
    assert_eq!(stock, expect, "the lamp is not on sale, and posters can be promised");
    assert_eq!(page.at("/has_more"), false);
    assert!(page.at("/next_cursor").is_null());
}

async fn words_find_products_by_their_beginnings(shop: Shop) {
    for (words, found) in [("mug", 1), ("shir", 1), ("gift", 4), ("gift%20post", 1), ("lamp", 0), ("%20", 4)]
    {
        let page = shop.get(format!("/v1/products?q={words}")).send().await.expect_status(200);
        assert_eq!(page.at("/data").as_array().unwrap().len(), found, "{words}");
    }
    let endless = "x".repeat(201);
    shop.get(format!("/v1/products?q={endless}")).send().await.expect_fault("?q");
}

async fn the_catalog_comes_in_pages(shop: Shop) {
    let whole = shop.get("/v1/products?limit=100").send().await;
    let mut handles = Vec::new();
    let mut path = "/v1/products?limit=3".to_owned();
    loop {
        let page = shop.get(path).send().await.expect_status(200);
        handles.extend(page.at("/data").as_array().unwrap().iter().map(|product| product["handle"].clone()));
        if page.at("/has_more") == false {
            assert!(page.at("/next_cursor").is_null());
            break;
        }
        path = format!("/v1/products?limit=3&after={}", page.text("/next_cursor"));
    }
    let expect: Vec<_> =
        whole.at("/data").as_array().unwrap().iter().map(|product| product["handle"].clone()).collect();
    assert_eq!(handles, expect);
    assert_eq!(handles.len(), 4);
}

async fn a_product_is_read_by_its_handle_unless_it_is_hidden(shop: Shop) {
    let mug = shop.get("/v1/products/mug").send().await.expect_status(200);
    assert_eq!(mug.at("/variants/0/price/amount"), 1_200);
    for handle in ["lamp", "nothing", "%FF", "%0A"] {
        shop.get(format!("/v1/products/{handle}")).send().await.expect_problem(404, "not_found");
    }
}
