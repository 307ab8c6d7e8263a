//! `import` as a merchant runs it: what it says, what it keeps, what a second run changes.

use crate::harness::Shop;

const HEADER: &str = "Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn bad_rows_are_reported_with_their_line_and_good_rows_are_kept() {
    let shop = Shop::new();
    let rows = "mug,Mug,true,Title,Default Title,MUG,shopify,3,deny,14.50\nbowl,Bowl,true,Title,Default Title,BOWL,shopify,2,deny,cheap\n";
    std::fs::write(shop.path("file.csv"), format!("{HEADER}{rows}")).expect("a file can be written");
    let first = shop.run(&["import", "file.csv"]);
    assert_eq!(first.status.code(), Some(1), "{first:?}");
    assert!(text(&first.stderr).contains("line 3") && text(&first.stderr).contains("cheap"), "{first:?}");
    assert!(text(&first.stdout).contains("1 products new"), "{first:?}");
    let second = shop.run(&["import", "file.csv"]);
    assert!(
        text(&second.stdout)
            .contains("0 products new, 0 changed, 1 unchanged; 0 SKUs new, stock moved for 0"),
        "{second:?}"
    );
}

#[test]
fn a_dry_run_leaves_no_database_behind() {
    let shop = Shop::new();
    let row = "mug,Mug,true,Title,Default Title,MUG,shopify,3,deny,14.50\n";
    std::fs::write(shop.path("file.csv"), format!("{HEADER}{row}")).expect("a file can be written");
    let dry = shop.run(&["import", "file.csv", "--dry-run"]);
    assert!(dry.status.success() && text(&dry.stdout).contains("nothing was changed"), "{dry:?}");
    assert!(!shop.path("sellonce.db").exists());
}

#[test]
fn quantities_are_applied_once_and_later_only_when_asked_for() {
    let shop = Shop::new();
    let file = |quantity: u32| {
        let row = format!("mug,Mug,true,Title,Default Title,MUG,shopify,{quantity},deny,14.50\n");
        std::fs::write(shop.path("file.csv"), format!("{HEADER}{row}")).expect("a file can be written");
    };
    file(3);
    assert!(text(&shop.run(&["import", "file.csv"]).stdout).contains("stock moved for 1"));
    file(8);
    assert!(text(&shop.run(&["import", "file.csv"]).stdout).contains("stock moved for 0"));
    assert!(text(&shop.run(&["import", "file.csv", "--set-stock"]).stdout).contains("stock moved for 1"));
    shop.assert_audit_ok();
}

#[test]
fn a_file_that_is_no_export_is_a_usage_error() {
    let shop = Shop::new();
    std::fs::write(shop.path("file.csv"), "one,two\n1,2\n").expect("a file can be written");
    assert_eq!(shop.run(&["import", "file.csv"]).status.code(), Some(2));
    assert_eq!(shop.run(&["import", "absent.csv"]).status.code(), Some(2));
}
