//! Texts from outside, parsed at the door: SKUs, handles, countries, e-mail addresses and what people type.

use sellonce_checkout::address::{Country, typed_text};
use sellonce_checkout::catalog::{Handle, Location, Sku};
use sellonce_checkout::email::Email;
use sellonce_checkout::limits::{EMAIL_BYTES_MAX, LOCATION_BYTES_MAX, SKU_BYTES_MAX, TEXT_CHARS_MAX};

use crate::address;

#[test]
fn a_sku_is_taken_as_the_merchant_wrote_it_unless_nobody_could_tell_it_apart() {
    let check = |text: &str, taken: bool| {
        assert_eq!(Sku::parse(text).is_ok(), taken, "{text:?}");
        assert_eq!(Handle::parse(text).is_ok(), taken, "{text:?}");
    };
    check("A", true);
    check("a-1_b/c.d", true);
    check("two words", true);
    check("Größe-Ä", true);
    check(&"x".repeat(SKU_BYTES_MAX), true);
    check(&"x".repeat(SKU_BYTES_MAX + 1), false);
    check(&"ä".repeat(SKU_BYTES_MAX / 2 + 1), false);
    check("", false);
    check(" ", false);
    check(" A", false);
    check("A ", false);
    check("A\n", false);
    check("A\nB", false);
    check("A\tB", false);
    check("A\0B", false);
    check("A\u{7f}", false);
    assert_ne!(Sku::parse("a").ok(), Sku::parse("A").ok(), "compared byte by byte");
}

#[test]
fn a_shop_that_names_no_location_has_one() {
    assert_eq!(Location::main().as_str(), "main");
    assert_eq!(Location::parse("main").ok(), Some(Location::main()));
    assert!(Location::parse(&"x".repeat(LOCATION_BYTES_MAX + 1)).is_err());
}

#[test]
fn what_is_malformed_is_told_with_its_name_and_what_would_be_right() {
    let told =
        |text: &str| Sku::parse(text).map_or_else(|malformed| malformed.to_string(), |sku| sku.to_string());
    assert_eq!(told(""), "SKU is empty");
    assert_eq!(told(" A"), "SKU begins or ends with a space");
    assert_eq!(told("A\nB"), "SKU contains a control character");
    assert_eq!(told(&"x".repeat(256)), "SKU is longer than 255 bytes");
}

#[test]
fn a_country_is_two_letters() {
    let check = |text: &str, expect: Option<&str>| {
        let parsed = Country::parse(text).ok();
        assert_eq!(parsed.as_ref().map(Country::as_str), expect, "{text:?}");
    };
    check("US", Some("US"));
    check("de", Some("DE"));
    check(" fr ", Some("FR"));
    check("USA", None);
    check("U", None);
    check("", None);
    check("U1", None);
    check("ÜS", None);
    check("U S", None);
}

#[test]
fn an_email_address_is_one_that_mail_can_be_sent_to() {
    let check = |text: &str, taken: bool| assert_eq!(Email::parse(text).is_ok(), taken, "{text:?}");
    check("ada@example.com", true);
    check("ada+shop@mail.example.co.uk", true);
    check("o'hara@example.com", true);
    check(" ada@example.com ", true);
    check("ada@localhost", false);
    check("ada", false);
    check("@example.com", false);
    check("ada@", false);
    check("ada@@example.com", false);
    check("ada@example..com", false);
    check("ada example@example.com", false);
    check("\"ada\"@example.com", false);
    check("Ada <ada@example.com>", false);
    check("ada(a comment)@example.com", false);
    check("ada@example.com\nBcc: all@example.com", false);
    check("ada@example.com\r\nSubject: x", false);
    check("", false);
    check(&format!("{}@example.com", "a".repeat(EMAIL_BYTES_MAX)), false);
}

#[test]
fn an_email_address_is_kept_as_written_and_compared_in_lower_case() {
    let email = Email::parse(" Ada@Example.COM ").expect("an address");
    assert_eq!((email.as_str(), email.normalized()), ("Ada@Example.COM", "ada@example.com"));
}

#[test]
fn what_people_type_is_trimmed_and_bounded() {
    let check = |text: &str, expect: Option<&str>| {
        assert_eq!(typed_text("name", text).ok().as_deref(), expect, "{text:?}");
    };
    check(" Ada ", Some("Ada"));
    check("Ada Lovelace", Some("Ada Lovelace"));
    check(&"é".repeat(TEXT_CHARS_MAX), Some(&"é".repeat(TEXT_CHARS_MAX)));
    check(&"é".repeat(TEXT_CHARS_MAX + 1), None);
    check("", None);
    check("   ", None);
    check("Ada\nLovelace", None);
    check("Ada\u{1b}[31m", None);
}

#[test]
fn a_log_collects_no_addresses() {
    let email = Email::parse("ada@example.com").expect("an address");
    assert!(!format!("{email:?}").contains("ada"));
    let shown = format!("{:?}", address("US", Some("CA")));
    assert!(shown.contains("US"));
    for private in ["Ada", "Street", "Sometown", "12345", "CA"] {
        assert!(!shown.contains(private), "{private} in {shown}");
    }
}
