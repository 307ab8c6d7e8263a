//! Mails: what each says, byte for byte, and what can never get into one.

use sellonce_checkout::email::Email;
use sellonce_checkout::order::Status;
use sellonce_checkout::store::deliveries::Due;
use sellonce_checkout::totals::{Tax, Totals};
use sellonce_delivery::mail::{Problem, Settings, Writer};

use crate::{Timestamp, confirmation, due, later, money, settings};

fn bytes(due: &Due) -> Vec<u8> {
    Writer::new(settings()).expect("good settings").mail(due).expect("a mail")
}

/// The mail as text with plain line ends; every line of it ended as mail demands.
fn mail(due: &Due) -> String {
    let text = String::from_utf8(bytes(due)).expect("mails are ASCII");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "lines end with CR LF");
    assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 998), "as every server takes it");
    text.replace("\r\n", "\n")
}

/// The lines above the first empty one.
fn headers(mail: &str) -> Vec<&str> {
    mail.lines().take_while(|line| !line.is_empty()).collect()
}

/// The two readings of a mail, decoded: plain text and HTML.
fn parts(mail: &str) -> [String; 2] {
    let mut parts = mail.split("--=_evt_").skip(1);
    [(); 2].map(|()| {
        let part = parts.next().and_then(|part| part.split_once("\n\n"));
        let (headers, body) = part.expect("a mail has two parts");
        assert!(headers.contains("quoted-printable"), "{headers}");
        decoded(body)
    })
}

/// Quoted-printable, read: `=3D` is a byte, and `=` at the end of a line joins it with the next.
fn decoded(body: &str) -> String {
    let mut bytes = Vec::new();
    let joined = body.replace("=\n", "");
    let mut pieces = joined.split('=');
    bytes.extend_from_slice(pieces.next().unwrap_or("").as_bytes());
    for piece in pieces {
        let (byte, rest) = piece.split_at(2);
        bytes.push(u8::from_str_radix(byte, 16).expect("two digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).expect("what is written is UTF-8")
}

#[test]
fn each_mail_reads_as_the_one_in_the_fixtures() {
    for (due, name, expected) in [
        (confirmation(), "confirmation", include_str!("../fixtures/confirmation.eml")),
        (
            due(Status::Processing, Status::Shipped, "1Z-999"),
            "shipped",
            include_str!("../fixtures/shipped.eml"),
        ),
        (
            due(Status::Paid, Status::Cancelled, "fraud?"),
            "cancelled",
            include_str!("../fixtures/cancelled.eml"),
        ),
        (due(Status::Cancelled, Status::Refunded, ""), "refunded", include_str!("../fixtures/refunded.eml")),
    ] {
        let mail = mail(&due);
        assert!(mail == expected.replace("\r\n", "\n"), "{name}.eml differs; the mail is now:\n{mail}");
    }
}

#[test]
fn equal_events_give_equal_bytes_however_late_they_are_told() {
    for due in [
        confirmation(),
        due(Status::Processing, Status::Shipped, "1Z-999"),
        due(Status::Paid, Status::Cancelled, ""),
        due(Status::Cancelled, Status::Refunded, ""),
    ] {
        assert_eq!(bytes(&due), bytes(&due), "told twice");
        assert_eq!(bytes(&due), bytes(&later(due.clone())), "told after the order has gone on");
    }
}

#[test]
fn a_parcel_without_tracking_has_no_line_about_it() {
    for (reason, has_line) in
        [("none", false), ("", false), ("none of your business", true), ("1Z-999", true)]
    {
        let mail = mail(&due(Status::Processing, Status::Shipped, reason));
        assert_eq!(mail.contains("Tracking: "), has_line, "{reason}");
    }
}

#[test]
fn a_cancellation_speaks_of_money_only_where_there_was_any() {
    let (back, not_charged) = ("goes back", "You were not charged");
    let check = |due: Due, expect: [bool; 2]| {
        let mail = mail(&due);
        assert_eq!([back, not_charged].map(|words| mail.contains(words)), expect, "{mail}");
        assert!(!mail.contains("the merchant's own words"), "a reason is for the shop's own history");
    };
    let cancelled = |from| due(from, Status::Cancelled, "the merchant's own words");
    check(cancelled(Status::Paid), [true, false]);
    check(cancelled(Status::Processing), [true, false]);
    check(cancelled(Status::Pending), [false, true]);
    let mut free = cancelled(Status::Paid);
    free.view.order.total = money(0);
    check(free, [false, false]);
}

#[test]
fn a_receipt_shows_what_is_not_zero_and_the_tax_that_prices_include() {
    let mut due = confirmation();
    let lock = &mut due.view.checkout.lock;
    lock.totals =
        Totals::sum_up(money(2_999), money(0), money(0), Tax::Contained(money(479))).expect("small");
    due.view.checkout.buyer.address = None;
    let mail = mail(&due);
    for part in parts(&mail) {
        assert!(
            part.contains("Subtotal") && part.contains("Tax included") && part.contains("4.79 USD"),
            "{part}"
        );
        for absent in ["Discount", "Shipping", "Ships to", "Tax:", "<td>Tax</td>"] {
            assert!(!part.contains(absent), "{absent} in {part}");
        }
    }
}

#[test]
fn nothing_that_a_buyer_or_merchant_wrote_becomes_markup() {
    let hostile = "<script>alert('1')</script> \"&\"";
    let mut due = confirmation();
    let checkout = &mut due.view.checkout;
    checkout.lock.lines[0].title = hostile.to_owned();
    let address = checkout.buyer.address.as_mut().expect("the buyer has one");
    for text in [&mut address.name, &mut address.line1, &mut address.city, &mut address.postal_code] {
        *text = hostile.to_owned();
    }
    (address.line2, address.region) = (Some(hostile.to_owned()), Some(hostile.to_owned()));
    let mail = mail(&due);
    let [text, html] = parts(&mail);
    assert_eq!(text.matches("<script>").count(), 7, "plain text is shown as it is: {text}");
    assert!(!html.contains("<script") && !html.contains("alert('1')"), "{html}");
    assert_eq!(html.matches("&#60;script&#62;").count(), 7, "{html}");
}

#[test]
fn no_name_breaks_into_the_headers() {
    for line_break in ["\r\n", "\n", "\r", "\u{0}"] {
        let shop_name = format!("Harbour{line_break}Bcc: everyone@example.com");
        let refused = Writer::new(Settings { shop_name, ..settings() }).map(drop);
        assert!(refused.is_err(), "a shop name with {line_break:?}");
        let public_url = format!("https://harbour.example{line_break}Bcc: everyone@example.com");
        assert!(
            Writer::new(Settings { public_url, ..settings() }).is_err(),
            "an address with {line_break:?}"
        );
    }
    // What comes with an order stands in the body, whatever it is.
    let mut due = due(Status::Processing, Status::Shipped, "1Z\r\nBcc: everyone@example.com");
    due.view.checkout.lock.lines[0].title = "Mug\r\nBcc: everyone@example.com".to_owned();
    let mail = mail(&due);
    assert!(!headers(&mail).iter().any(|line| line.starts_with("Bcc")), "{mail}");
}

#[test]
fn names_in_other_scripts_and_with_commas_stay_names() {
    for shop_name in ["Hafen & Söhne", "Harbour, Goods <shop>", "海の店", "\"Harbour\"", &"é".repeat(255)]
    {
        let writer = Writer::new(Settings { shop_name: shop_name.to_owned(), ..settings() });
        let mail = writer.expect("a shop name").mail(&confirmation()).expect("a mail");
        let mail = String::from_utf8(mail).expect("mails are ASCII");
        assert!(mail.is_ascii(), "{mail}");
        let headers = headers(&mail);
        assert_eq!(headers.iter().filter(|line| line.contains("@harbour.example>")).count(), 2, "{mail}");
        let named = |line: &&&str| line.split_once(": ").is_some_and(|(name, _)| !name.contains(' '));
        let names: Vec<_> = headers.iter().filter(named).map(|line| line.split(':').next()).collect();
        let expected = ["From", "To", "Subject", "Message-ID", "Date", "MIME-Version", "Content-Type"];
        assert_eq!(names, expected.map(Some), "{mail}");
    }
}

#[test]
fn titles_in_other_scripts_arrive() {
    let mut due = confirmation();
    due.view.checkout.lock.lines[0].title = "カップ ☕".to_owned();
    for part in parts(&mail(&due)) {
        assert!(part.contains("カップ ☕ (MUG-BLUE) at 12.50 USD"), "{part}");
    }
}

#[test]
fn the_link_opens_the_order() {
    let due = confirmation();
    let order = &due.view.order;
    let link = format!("https://harbour.example/orders/{}?token={}", order.id, order.token.reveal());
    for part in parts(&mail(&due)) {
        assert!(part.contains(&link), "{part}");
    }
}

#[test]
fn settings_that_no_mail_can_carry_are_refused() {
    let check = |settings: Settings, fine: bool| {
        assert_eq!(Writer::new(settings.clone()).is_ok(), fine, "{settings:?}");
    };
    check(settings(), true);
    check(Settings { public_url: "http://127.0.0.1:8080".to_owned(), ..settings() }, true);
    for public_url in ["", "harbour.example", "javascript:alert(1)", "https://harbour.example/ shop"] {
        check(Settings { public_url: public_url.to_owned(), ..settings() }, false);
    }
    check(Settings { shop_name: "  ".to_owned(), ..settings() }, false);
    let from = Email::parse("shop@höfen.example").expect("an address");
    check(Settings { from, ..settings() }, false);
}

#[test]
fn an_event_without_a_letter_is_named() {
    let writer = Writer::new(settings()).expect("good settings");
    for to in [Status::Pending, Status::Processing, Status::Delivered] {
        assert_eq!(writer.mail(&due(Status::Paid, to, "")), Err(Problem::NoLetter(to)));
    }
}

#[test]
fn a_time_that_no_mail_can_carry_is_named() {
    let writer = Writer::new(settings()).expect("good settings");
    for millis in [i64::MIN, -1, 253_402_300_800_000, i64::MAX] {
        let mut due = confirmation();
        due.event.at = Timestamp::from_millis(millis);
        assert_eq!(writer.mail(&due), Err(Problem::Time(due.event.at)));
    }
    for millis in [0, 253_402_300_799_999] {
        let mut due = confirmation();
        due.event.at = Timestamp::from_millis(millis);
        assert!(writer.mail(&due).is_ok(), "{millis}");
    }
}
