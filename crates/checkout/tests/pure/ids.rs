//! Ids and secrets: one text for one value, nothing else is an id, and no secret is shown by mistake.

use proptest::prelude::*;
use sellonce_checkout::id::{
    ApiKeyId, Capability, CartId, CartLineId, CauseId, CheckoutId, EventId, Ids, OrderId, OrderToken,
    OwnerId, ProductId, RefundId, SagaId, SecretHash, Uuid, decode, encode,
};

use crate::uuid;

/// Draws the same values again and again.
struct Fixed;

impl Ids for Fixed {
    fn uuid(&self) -> Uuid {
        uuid(7)
    }

    fn secret16(&self) -> [u8; 16] {
        [0xA5; 16]
    }

    fn secret32(&self) -> [u8; 32] {
        [0x5A; 32]
    }
}

/// An id type, as its text form sees it.
struct Form {
    prefix: &'static str,
    write: fn(u128) -> String,
    read: fn(&str) -> Option<u128>,
}

macro_rules! forms {
    ($($name:ident,)+) => {
        [$(Form {
            prefix: $name::PREFIX,
            write: |number| $name(uuid(number)).to_string(),
            read: |text| $name::parse(text).map(|id| id.0.as_u128()),
        },)+]
    };
}

const FORMS: [Form; 11] = forms![
    ProductId, CartId, CartLineId, CheckoutId, SagaId, OrderId, EventId, RefundId, CauseId, ApiKeyId,
    OwnerId,
];

#[test]
fn each_kind_of_id_has_a_prefix_of_its_own() {
    let mut prefixes: Vec<_> = FORMS.iter().map(|form| form.prefix).collect();
    prefixes.push("pay_");
    prefixes.sort_unstable();
    prefixes.dedup();
    assert_eq!(prefixes.len(), FORMS.len() + 1);
    assert!(prefixes.iter().all(|prefix| prefix.len() == 4 && prefix.ends_with('_')));
}

#[test]
fn an_id_is_its_prefix_and_26_characters() {
    for form in &FORMS {
        let zero = format!("{}{}", form.prefix, "0".repeat(26));
        assert_eq!((form.write)(0), zero);
        assert_eq!((form.write)(u128::MAX), format!("{}{}w", form.prefix, "z".repeat(25)));
    }
}

#[test]
fn nothing_but_its_own_text_is_an_id() {
    for form in &FORMS {
        let check = |text: String| assert_eq!((form.read)(&text), None, "{text}");
        let digits = encode(uuid(0xDEAD_BEEF).as_bytes());
        let right = format!("{}{digits}", form.prefix);
        assert!((form.read)(&right).is_some());
        check(String::new());
        check(digits.clone());
        check(form.prefix.to_owned());
        check(right.to_uppercase());
        check(format!("{}{}", form.prefix, digits.to_uppercase()));
        check(format!("{}{}", form.prefix.to_uppercase(), digits));
        check(format!("xyz_{digits}"));
        check(format!("{}{}", form.prefix.trim_end_matches('_'), digits));
        check(format!("{right}0"));
        check(format!("{right}="));
        check(format!("{right}======"));
        check(format!("{right} "));
        check(format!(" {right}"));
        check(format!("{right}\n"));
        check(right[..right.len() - 1].to_owned());
        check(right.replace('0', "o"));
        check(right.replace('0', "é"));
        check(format!("{}{}", form.prefix, uuid(0xDEAD_BEEF)));
        for letter in ["i", "l", "o", "u", "-", "_", "O"] {
            check(format!("{}{}{letter}", form.prefix, &digits[..25]));
        }
    }
}

#[test]
fn the_bits_that_pad_an_id_must_be_as_written() {
    // 26 characters have 130 bits: of the last character's five, two pad, so only every fourth one ends an id.
    let alphabet: Vec<char> = "0123456789abcdefghjkmnpqrstvwxyz".chars().collect();
    for (value, last) in alphabet.into_iter().enumerate() {
        let text = format!("ord_{}{last}", "0".repeat(25));
        assert_eq!(OrderId::parse(&text).is_some(), value % 4 == 0, "{text}");
    }
}

#[test]
fn an_id_of_one_kind_is_none_of_another() {
    for (index, form) in FORMS.iter().enumerate() {
        for (other_index, other) in FORMS.iter().enumerate() {
            let read = (other.read)(&(form.write)(42));
            assert_eq!(read.is_some(), index == other_index, "{} as {}", form.prefix, other.prefix);
        }
    }
}

proptest! {
    #[test]
    fn every_id_can_be_read_back(number: u128) {
        for form in &FORMS {
            prop_assert_eq!((form.read)(&(form.write)(number)), Some(number));
        }
        let saga = SagaId(uuid(number));
        prop_assert_eq!(SagaId::from_attempt_key(&saga.attempt_key()), Some(saga));
    }

    #[test]
    fn ids_sort_as_their_values_do(a: u128, b: u128) {
        for form in &FORMS {
            prop_assert_eq!((form.write)(a).cmp(&(form.write)(b)), a.cmp(&b));
        }
    }

    #[test]
    fn one_value_has_one_text(text in "[0-9a-z]{26}") {
        if let Some(bytes) = decode::<16>(&text) {
            prop_assert_eq!(encode(&bytes), text);
        }
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,60}") {
        for form in &FORMS {
            prop_assert_eq!((form.read)(&text), None);
        }
        prop_assert_eq!(Capability::parse("crt_", &text), None);
        prop_assert_eq!(SagaId::from_attempt_key(&text), None);
    }

    #[test]
    fn a_capability_can_be_read_back(bytes: [u8; 32]) {
        let text = format!("chk_{}", encode(&bytes));
        let capability = Capability::parse("chk_", &text).expect("32 bytes are a capability");
        prop_assert_eq!(capability.reveal("chk_"), text);
        prop_assert_eq!(capability.uuid.as_bytes().as_slice(), &bytes[..16]);
        prop_assert_eq!(capability.hash(), SecretHash::of(&bytes[16..]));
    }
}

#[test]
fn an_attempt_key_is_the_saga_under_another_name() {
    let saga = SagaId(uuid(9));
    assert_eq!(saga.attempt_key().strip_prefix("pay_"), saga.to_string().strip_prefix("sag_"));
    assert_eq!(SagaId::from_attempt_key(&saga.to_string()), None);
    assert_eq!(SagaId::parse(&saga.attempt_key()), None);
}

#[test]
fn a_capability_opens_only_what_it_was_drawn_for() {
    let capability = Capability::draw(&Fixed);
    let text = capability.reveal("crt_");
    assert_eq!(text.len(), 4 + 52);
    assert_eq!(Capability::parse("crt_", &text), Some(capability));
    assert_eq!(Capability::parse("chk_", &text), None);
    assert_eq!(Capability::parse("crt_", &text.to_uppercase()), None);
    assert_eq!(Capability::parse("crt_", &text[..text.len() - 1]), None);
    assert_eq!(Capability::parse("crt_", &format!("{text}0")), None);
    // The id without its secret opens nothing.
    assert_eq!(Capability::parse("crt_", &CartId(capability.uuid).to_string()), None);
}

#[test]
fn a_secret_is_compared_by_its_hash() {
    let capability = Capability::draw(&Fixed);
    assert!(capability.hash().matches(&SecretHash::of(&[0xA5; 16])));
    assert!(!capability.hash().matches(&SecretHash::of(&[0xA4; 16])));
    let token = OrderToken::draw(&Fixed);
    assert!(token.matches(&OrderToken([0x5A; 32])));
    assert!(!token.matches(&OrderToken([0x5B; 32])));
    assert_eq!(OrderToken::parse(&token.reveal()), Some(token));
    assert_eq!(OrderToken::parse(&token.reveal().to_uppercase()), None);
    assert_eq!(OrderToken::parse(&format!("{}0", token.reveal())), None);
}

#[test]
fn a_secret_never_reaches_a_log() {
    let capability = Capability::draw(&Fixed);
    let token = OrderToken::draw(&Fixed);
    let secret = encode(&[0xA5; 16]);
    for shown in [format!("{capability:?}"), format!("{:#?}", Some(capability)), format!("{token:?}")] {
        let shown = shown.to_lowercase();
        assert!(!shown.contains(&secret) && !shown.contains(&token.reveal()), "{shown}");
        assert!(!shown.contains("a5a5") && !shown.contains("165, 165"), "{shown}");
        assert!(!shown.contains("5a5a") && !shown.contains("90, 90"), "{shown}");
    }
    assert!(format!("{capability:?}").contains(&capability.uuid.to_string()), "the row can still be found");
}
