//! Signatures of callbacks: which hold, which do not, and what is said of those.

use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::payment::CallbackRequest;
use sellonce_payments::standard_webhooks::{BadSecret, Refused, Secret, TOLERANCE_MS, verify};

const SENT_S: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
/// The example of the specification, signed by its authors' own libraries.
const EXAMPLE_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const EXAMPLE_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const EXAMPLE_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn secret() -> Secret {
    Secret::parse(EXAMPLE_SECRET).expect("the example's secret")
}

fn other() -> Secret {
    Secret::from_bytes([7; 32])
}

/// Verifies the example with one header changed or left out.
fn check_header(name: &'static str, value: Option<&str>, expect: Result<&str, Refused>) {
    let sent_at = SENT_S.to_string();
    let mut headers = vec![
        ("content-type", "application/json"),
        ("webhook-id", EXAMPLE_ID),
        ("webhook-timestamp", &sent_at),
        ("webhook-signature", EXAMPLE_SIGNATURE),
    ];
    headers.retain(|(given, _)| *given != name);
    headers.extend(value.map(|value| (name, value)));
    let request = CallbackRequest { headers: &headers, body: BODY };
    let found = verify(&[secret()], &request, Timestamp::from_millis(SENT_S * 1_000));
    assert_eq!(found, expect, "{name}: {value:?}");
}

/// Verifies a message that is signed as it should be, at some time.
fn check_time(age_ms: i64, expect: Result<&str, Refused>) {
    let signature = secret().sign("m", SENT_S, BODY);
    let sent_at = SENT_S.to_string();
    let headers =
        [("webhook-id", "m"), ("webhook-timestamp", sent_at.as_str()), ("webhook-signature", &signature)];
    let request = CallbackRequest { headers: &headers, body: BODY };
    let now = Timestamp::from_millis(SENT_S * 1_000 + age_ms);
    assert_eq!(verify(&[secret()], &request, now), expect, "{age_ms} ms later");
}

/// Verifies the example's message with these signatures by these secrets.
fn check_signatures(secrets: &[Secret], signatures: &str, body: &[u8], expect: Result<&str, Refused>) {
    let sent_at = SENT_S.to_string();
    let headers = [
        ("webhook-id", EXAMPLE_ID),
        ("webhook-timestamp", sent_at.as_str()),
        ("webhook-signature", signatures),
    ];
    let request = CallbackRequest { headers: &headers, body };
    let found = verify(secrets, &request, Timestamp::from_millis(SENT_S * 1_000));
    assert_eq!(found, expect, "{signatures} of {}", String::from_utf8_lossy(body));
}

#[test]
fn the_example_of_the_specification_is_signed_and_verified_alike() {
    assert_eq!(secret().sign(EXAMPLE_ID, SENT_S, BODY), EXAMPLE_SIGNATURE);
    check_signatures(&[secret()], EXAMPLE_SIGNATURE, BODY, Ok(EXAMPLE_ID));
}

#[test]
fn a_message_is_good_for_five_minutes_either_way() {
    check_time(0, Ok("m"));
    check_time(299_000, Ok("m"));
    check_time(-299_000, Ok("m"));
    check_time(TOLERANCE_MS, Ok("m"));
    check_time(-TOLERANCE_MS, Ok("m"));
    check_time(TOLERANCE_MS + 1, Err(Refused::TooOld(300_001)));
    check_time(-TOLERANCE_MS - 1, Err(Refused::TooNew(300_001)));
    check_time(301_000, Err(Refused::TooOld(301_000)));
    check_time(-301_000, Err(Refused::TooNew(301_000)));
    check_time(i64::MAX / 2, Err(Refused::TooOld(i64::MAX / 2)));
}

#[test]
fn every_byte_of_the_body_counts() {
    for body in [
        br#"{"test":2432232314}"#.as_slice(),
        br#"{"test": 2432232315}"#,
        br#"{"test": 2432232314} "#,
        b"",
        br#"1.{"test": 2432232314}"#,
    ] {
        check_signatures(&[secret()], EXAMPLE_SIGNATURE, body, Err(Refused::WrongSignature));
    }
}

#[test]
fn one_good_signature_of_several_by_one_of_several_secrets_is_enough() {
    let wrong = other().sign(EXAMPLE_ID, SENT_S, BODY);
    let good = EXAMPLE_SIGNATURE;
    check_signatures(&[secret()], &format!("{wrong} {good}"), BODY, Ok(EXAMPLE_ID));
    check_signatures(&[secret()], &format!("v1a,abc {good} v2,xyz"), BODY, Ok(EXAMPLE_ID));
    check_signatures(&[other(), secret()], good, BODY, Ok(EXAMPLE_ID));
    check_signatures(&[other()], good, BODY, Err(Refused::WrongSignature));
    check_signatures(&[], good, BODY, Err(Refused::WrongSignature));
    check_signatures(&[secret()], &wrong, BODY, Err(Refused::WrongSignature));
}

#[test]
fn a_signature_that_is_none_is_refused() {
    let digits = EXAMPLE_SIGNATURE.strip_prefix("v1,").expect("of version 1");
    for signatures in ["", digits, &format!("v0,{digits}"), &format!("v1a,{digits}"), &format!("V1,{digits}")]
    {
        check_signatures(&[secret()], signatures, BODY, Err(Refused::NoSignature));
    }
    let cut = &digits[..digits.len() - 4];
    for text in ["", "not base64!", cut, &digits.replace('=', ""), &format!("{digits}{digits}")] {
        check_signatures(&[secret()], &format!("v1,{text}"), BODY, Err(Refused::WrongSignature));
    }
}

#[test]
fn each_header_must_be_there_once_and_legible() {
    check_header("webhook-id", None, Err(Refused::Missing("webhook-id")));
    check_header("webhook-timestamp", None, Err(Refused::Missing("webhook-timestamp")));
    check_header("webhook-signature", None, Err(Refused::Missing("webhook-signature")));
    let long = "m".repeat(256);
    for id in ["", "m 1", "m.1", "mé", &long] {
        check_header("webhook-id", Some(id), Err(Refused::BadId));
    }
    check_header("webhook-id", Some("another"), Err(Refused::WrongSignature));
    for sent_at in ["", "now", "+1614265330", "-1", "1614265330.0", "0x60", "99999999999999999999"] {
        check_header("webhook-timestamp", Some(sent_at), Err(Refused::BadTimestamp));
    }
    check_header("webhook-timestamp", Some("1614265331"), Err(Refused::WrongSignature));
    check_header("webhook-timestamp", Some("01614265330"), Err(Refused::WrongSignature));
    let headers = [("webhook-id", "a"), ("webhook-id", "b"), ("webhook-timestamp", "1")];
    let twice =
        verify(&[secret()], &CallbackRequest { headers: &headers, body: b"" }, Timestamp::from_millis(0));
    assert_eq!(twice, Err(Refused::Repeated("webhook-id")));
}

#[test]
fn a_secret_is_read_from_config_and_shown_nowhere() {
    assert_eq!(format!("{:?}", secret()), "Secret(..)");
    let bytes = |count: usize| format!("whsec_{}", data_encoding::BASE64.encode(&vec![1; count]));
    for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64", &bytes(23), &bytes(65)]
    {
        assert_eq!(Secret::parse(text), Err(BadSecret), "{text}");
    }
    assert!(Secret::parse(&bytes(24)).is_ok() && Secret::parse(&bytes(64)).is_ok());
    assert_eq!(Secret::parse(&bytes(32)), Ok(Secret::from_bytes([1; 32])));
    assert!(BadSecret.to_string().contains("openssl rand -base64 32"));
}

#[test]
fn what_is_wrong_is_said_in_words_that_help() {
    let check = |refused: Refused, words: &str| {
        assert!(refused.to_string().contains(words), "{refused}");
    };
    check(Refused::Missing("webhook-id"), "`webhook-id` is missing");
    check(Refused::TooOld(301_000), "301000 ms ago, and 300000 are allowed");
    check(Refused::WrongSignature, "is the provider's secret the one in our config");
}
