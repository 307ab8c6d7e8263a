//! What runs beside a server on the same file, and what does not.

use crate::harness::{Shop, get, http};

#[tokio::test]
async fn import_audit_and_keys_work_beside_a_running_server() {
    let mut shop = Shop::with_stock("mug", 3);
    std::fs::write(
        shop.path("more.csv"),
        "Handle,Title,Published,Variant Inventory Tracker,Variant Inventory Qty,Variant Price\nbowl,Bowl,true,shopify,4,12\n",
    )
    .expect("a file can be written");
    let import = shop.run(&["import", "more.csv"]);
    assert!(import.status.success(), "{import:?}");
    let (report, code) = shop.audit();
    assert_eq!((&report["ok"], code), (&serde_json::json!(true), Some(0)));
    let bearer = format!("Bearer {}", shop.key());
    let url = format!("{}/v1/admin/inventory/bowl", shop.url());
    let stock = get(&http(), &url, &[("authorization", &bearer)]).await.expect("the server answers");
    assert_eq!(stock.body["available"], 4, "{}", stock.body);
    let listed = shop.run(&["admin", "key", "list"]);
    let listed = String::from_utf8(listed.stdout).expect("a list is text");
    let id = listed.split_whitespace().next().expect("there is a key").to_owned();
    assert!(shop.run(&["admin", "key", "revoke", &id]).status.success());
    let refused = get(&http(), &url, &[("authorization", &bearer)]).await.expect("the server answers");
    assert_eq!(refused.status.as_u16(), 401);
}

#[test]
fn a_second_server_on_the_file_is_refused_and_told_who_has_it() {
    let shop = Shop::with_stock("mug", 3);
    let second = shop.run(&["serve", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains(&shop.pid().to_string()), "{said}");
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let mut shop = Shop::with_stock("mug", 3);
    shop.kill();
    pretend_newer(&shop);
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["audit"], &["import", "stock.csv"]] {
        let refused = shop.run(command);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{command:?}: {said}");
        assert!(said.contains("newer"), "{said}");
    }
}

/// Pretends that a later version has migrated the file.
fn pretend_newer(shop: &Shop) {
    let database = rusqlite::Connection::open(shop.path("sellonce.db")).expect("the database can be opened");
    let changed = database.execute(
        "INSERT INTO schema_migrations SELECT version + 1000, name, checksum, applied_at FROM schema_migrations
         ORDER BY version DESC LIMIT 1",
        [],
    );
    assert!(changed.is_ok_and(|rows| rows > 0));
}
