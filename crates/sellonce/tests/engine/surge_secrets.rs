//! What a dry run shows can be shown to anybody.

use crate::harness::Shop;

#[test]
fn a_dry_run_shows_no_key_and_no_secret_of_an_order() {
    let mut shop = Shop::with_stock("mug", 5);
    let file = include_str!("../../../../examples/surge/sellonce.toml");
    let file = file.replace("http://127.0.0.1:8080", &shop.url());
    // The buyer is vouched for by the merchant, and the order's token is kept.
    let file = file.replace(
        "idempotency-key = \"{{key}}\"",
        "idempotency-key = \"{{key}}\", authorization = \"Bearer {{admin}}\"",
    );
    let file = file.replace("order = \"/id\"", "extract = { pass = \"/token\" }\norder = \"/id\"");
    std::fs::write(shop.path("shop.toml"), &file).expect("a file can be written");
    let key = shop.key();
    shop.set("SHOP_ADMIN_KEY", &key);
    let output = shop.run(&["surge", "target", "check", "shop.toml", "--dry-run", "--seed", "3"]);
    let shown = String::from_utf8(output.stdout).expect("it is text");
    assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!shown.contains(&key[..12]), "the key of the administrator: {shown}");
    let is_opaque = |word: &&str| word.len() >= 40 && word.contains(|letter: char| letter.is_ascii_digit());
    let word = shown.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').find(is_opaque);
    assert_eq!(word, None, "a checkout or an order could be opened with it: {shown}");
    // What is left says what was sent, and which is which.
    for part in [
        "authorization: Bearer <sk_",
        "idempotency-key: surge-3-dry-run",
        "checkout = <chk_",
        "step 2, pay: POST /v1/checkouts/<chk_",
        "pass = <",
        "\"token\": \"tok_ok\"",
        "which means: the order ord_",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}
