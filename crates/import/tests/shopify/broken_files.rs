//! Files that are broken or foreign as a whole, and files that only look odd.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use sellonce_import::shopify;

use crate::{fixture, options, read, skus, texts, try_read};

fn refusal(file: impl AsRef<[u8]>) -> String {
    try_read(file).expect_err("the file is refused").to_string()
}

#[test]
fn line_ends_of_all_systems_and_a_byte_order_mark_make_no_difference() {
    for name in ["export.csv", "bad-rows.csv", "newer-names.csv", "apart.csv"] {
        let file = fixture(name);
        let catalog = read(&file);
        for ends in ["\r\n", "\r"] {
            assert_eq!(
                read(format!("\u{feff}{}", file.replace('\n', ends))),
                catalog,
                "{name} with {ends:?}"
            );
        }
        assert_eq!(read(file.trim_end()), catalog, "{name} without a last line end");
    }
}

#[test]
fn headers_are_read_in_any_case_and_with_spaces_around_them() {
    let catalog = read(" HANDLE , title,\"variant price \",Unknown\npen,Pen,2,\n");
    assert_eq!(skus(&catalog), ["pen"]);
    let quoted = read("\u{feff}\"Handle\",\"Title\",\"Variant Price\"\npen,Pen,2\n");
    assert_eq!(skus(&quoted), ["pen"]);
}

#[test]
fn lines_count_behind_empty_ones_too() {
    let catalog = read("\r\n\r\nHandle,Title,Variant Price\r\n\r\npen,Pen,2\r\n,,\r\n\r\n\r\nink,Ink,x\r\n");
    assert_eq!(catalog.products[0].line, 5);
    assert_eq!((catalog.rows, catalog.problems[0].line), (2, 9));
}

#[test]
fn an_open_quote_refuses_the_file_and_names_its_row() {
    let told = refusal(fixture("open-quote.csv"));
    assert!(told.starts_with("the row of line 5 opens a quote that is never closed"), "{told}");
    let cut_off = "Handle,Title,Body (HTML),Variant Price\npen,Pen,\"<p>Writes";
    assert!(refusal(cut_off).starts_with("the row of line 2 opens a quote"));
}

#[test]
fn a_quote_without_end_swallows_no_more_than_a_row_may_have() {
    let file = format!("Handle,Title,Variant Price\npen,Pen,2\nink,\"Ink,{}", "2\n".repeat(4_000_000));
    assert_eq!(refusal(file), "the row of line 3 is longer than 4194304 bytes; is a quote in it left open?");
}

#[test]
fn files_in_another_encoding_are_refused_with_the_line() {
    assert!(
        refusal(b"Handle,Title,Variant Price\npen,Pen,2\ncafe,Caf\xE9,2\n")
            .starts_with("line 3 is not UTF-8")
    );
    assert!(refusal(b"\xFF\xFEH\0a\0n\0d\0l\0e\0").starts_with("line 1 is not UTF-8"));
    assert!(refusal(b"Handle,Title,Variant Price\n\xFF\npen,Pen,2\n").starts_with("line 2 is not UTF-8"));
}

#[test]
fn files_of_another_kind_are_refused_with_what_to_do() {
    assert!(refusal("").starts_with("the file is empty; export the products again"));
    assert!(refusal("\n \n").starts_with("the file is empty"));
    let told = refusal("Order,Title,Price\n1,Pen,2\n");
    assert!(told.starts_with("the first line has no column `Handle` or `URL handle`: "), "{told}");
    assert!(refusal("Handle;Title;Variant Price\npen;Pen;2\n").contains("with commas between its columns"));
    assert!(refusal("Handle,Title,Variant SKU\n").contains("no column `Variant Price` or `Price`"));
    assert!(refusal("Handle,Variant Price\n").contains("no column `Title`"));
}

#[test]
fn a_file_of_only_a_header_has_no_products() {
    let catalog = read("Handle,Title,Variant Price\n");
    assert_eq!((catalog.rows, catalog.products.len(), texts(&catalog.problems).len()), (0, 0, 0));
}

/// A file that another program overwrites after it was read once.
struct Overwritten {
    versions: Vec<Cursor<&'static str>>,
}

impl Read for Overwritten {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.versions[0].read(buffer)
    }
}

impl Seek for Overwritten {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        self.versions.remove(0);
        Ok(0)
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let before = "Handle,Title,Variant Price\npen,Pen,2\nink,Ink,3\n";
    for after in
        ["Handle,Title,Variant Price\npen,Pen,2\n", "Handle,Title,Variant Price\nnib,Nib,2\nink,Ink,3\n"]
    {
        let versions = ["", before, after].map(Cursor::new).into();
        let refusal = shopify::read(Overwritten { versions }, options()).expect_err("the file is refused");
        assert_eq!(refusal.to_string(), "the file was changed while it was read; import it again");
    }
}
