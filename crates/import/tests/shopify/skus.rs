//! SKUs: kept where the file has them, made where it has none, and never one for two variants.

use sellonce_checkout::limits;

use crate::{fixture, read, skus, texts};

const HEADER: &str = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n";

fn made(rows: &[&str]) -> Vec<String> {
    let catalog = read(format!("{HEADER}{}\n", rows.join("\n")));
    assert_eq!(texts(&catalog.problems), [""; 0]);
    let mut skus: Vec<_> = skus(&catalog).into_iter().map(str::to_owned).collect();
    skus.sort();
    skus
}

#[test]
fn a_made_sku_is_the_handle_and_the_option_values() {
    let catalog = read(fixture("apart.csv"));
    assert_eq!(skus(&catalog), ["HAT", "glove-m", "sock-38", "sock-40", "sock-42"]);
    assert_eq!(made(&["pen,Pen,Title,Default Title,,2"]), ["pen"]);
    assert_eq!(made(&["pen,Pen,Tip, Extra  Fine (0.3),,2"]), ["pen-extra-fine-0-3"]);
    assert_eq!(made(&["käse,Käse,Größe,500 G,,2"]), ["käse-500-g"]);
}

#[test]
fn made_skus_do_not_depend_on_the_order_of_the_rows() {
    let rows = [
        "c,C,Kind,C,,1",
        "c,C,Kind,C++,,1",
        "c,C,Kind,C#,,1",
        "c-c,CC,Title,Default Title,,1",
        "d,D,Kind,C,,1",
    ];
    let skus = made(&rows);
    let mut reversed = rows;
    reversed.reverse();
    assert_eq!(made(&reversed), skus);
    assert_eq!(skus.iter().filter(|sku| sku.starts_with("c-c-")).count(), 4, "each that wants c-c: {skus:?}");
    assert!(skus.contains(&"d-c".to_owned()), "who wants what nobody else wants keeps it plain: {skus:?}");
}

#[test]
fn a_made_sku_gives_way_to_a_written_one() {
    for rows in
        [["pen,Pen,Tip,Fine,,2", "ink,Ink,,,pen-fine,2"], ["ink,Ink,,,pen-fine,2", "pen,Pen,Tip,Fine,,2"]]
    {
        let skus = made(&rows);
        assert_eq!(skus[0], "pen-fine");
        assert!(skus[1].starts_with("pen-fine-") && skus[1].len() == "pen-fine-".len() + 10, "{skus:?}");
        // Even the one with the fingerprint may be written in the file.
        let taken = format!("cap,Cap,,,{},2", skus[1]);
        let longer = made(&[rows[0], rows[1], &taken]);
        assert_eq!(longer.len(), 3);
        assert!(longer[2].starts_with(&skus[1]) && longer[2].len() > skus[1].len(), "{longer:?}");
    }
}

#[test]
fn a_made_sku_is_never_empty_or_too_long() {
    let long = "x".repeat(limits::HANDLE_BYTES_MAX);
    let first = format!("{long},X,Kind,Yellow,,1");
    let second = format!("{long},,,Green,,1");
    let skus = made(&[&first, &second, "!!!,Y,,,,1"]);
    assert_eq!(skus.len(), 3);
    assert_eq!(skus[0].len(), 10, "only a fingerprint remains: {skus:?}");
    assert!(skus[1..].iter().all(|sku| sku.len() == limits::SKU_BYTES_MAX) && skus[1] != skus[2], "{skus:?}");
}

#[test]
fn a_sku_that_stands_twice_is_refused_the_second_time_with_both_lines() {
    let catalog = read(format!("{HEADER}pen,Pen,Tip,Fine,P-1,2\npen,,,Broad,P-2,2\nink,Ink,,,P-1,2\n"));
    assert_eq!(skus(&catalog), ["P-1", "P-2"]);
    assert_eq!(
        texts(&catalog.problems)[0],
        "line 4, ink: `Variant SKU`: `P-1` stands in line 2 already; a SKU names one variant"
    );
}

#[test]
fn a_sku_that_no_shop_could_keep_is_refused() {
    let catalog = read(format!("{HEADER}pen,Pen,,,{},2\n", "9".repeat(limits::SKU_BYTES_MAX + 1)));
    assert_eq!(texts(&catalog.problems)[0], "line 2, pen: `Variant SKU`: SKU is longer than 255 bytes");
}
