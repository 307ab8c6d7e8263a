//! Target files: the shipped ones are right, and each way to write a wrong one is told by its line.

use sellonce_surge::target::Target;

const SHOP: &str = include_str!("racy/shop.toml");
const SELLONCE: &str = include_str!("../../../examples/surge/sellonce.toml");

fn shop() -> String {
    SHOP.replace("URL", "http://127.0.0.1:1")
}

/// The problems of a file, without an environment.
fn problems(source: &str) -> Vec<(usize, String)> {
    let read = Target::read(source, &|_| None);
    read.err().unwrap_or_default().into_iter().map(|problem| (problem.line, problem.what)).collect()
}

/// Replaces a text of the little shop's file, and says which line must be named, and with which words.
#[track_caller]
fn check(from: &str, to: &str, words: &str) {
    let source = shop();
    let place = source.find(from).expect("the file has the text that is replaced");
    let line = source[..place].matches('\n').count() + 1;
    let found = problems(&source.replacen(from, to, 1));
    assert!(
        found.iter().any(|(at, what)| *at == line && what.contains(words)),
        "line {line} with {words:?} in {found:#?}"
    );
}

#[test]
fn the_shipped_files_are_right() {
    assert_eq!(problems(&shop()), []);
    let read = Target::read(SELLONCE, &|name| (name == "SHOP_ADMIN_KEY").then(|| "key".to_owned()));
    assert!(read.is_ok_and(|target| target.has_carts() && target.can_decline() && target.can_reprice()));
    let missing = problems(SELLONCE);
    assert!(missing.len() == 1 && missing[0].1.contains("SHOP_ADMIN_KEY"), "{missing:?}");
}

#[test]
fn what_is_wrong_is_told_by_its_line() {
    check("url = \"http://", "url = \"ftp://", "http://");
    check("currency = \"USD\"", "currency = \"GOLD\"", "ISO 4217");
    check("rest_s = 1", "rest = 1", "unknown field");
    check("/carts/{{cart}}/buy", "/carts/{{crat}}/buy", "there are");
    check("/carts/{{cart}}/buy", "/carts/{{cart/buy", "without");
    check("/carts/{{cart}}/buy", "carts/{{cart}}/buy", "begins with /");
    check("/cart/number", "cart.number", "JSON pointer");
    check("\"units\": {{quantity}},", "\"units\": {{quantity}}", "no JSON");
    check("order = \"/order/number\"", "order = \"order.number\"", "JSON pointer");
    check("id = \"/key\"", "id = \"key\"", "JSON pointer");
}

#[test]
fn a_way_that_cannot_end_is_told_at_the_paying_step() {
    let without = |line: &str| {
        let source = shop();
        let begin = source.find(line).expect("the file has the line");
        let end = begin + source[begin..].find('\n').expect("the line ends");
        problems(&format!("{}{}", &source[..begin], &source[end..]))
    };
    let paying = shop().lines().position(|line| line.contains("/buy")).map_or(0, |line| line + 1);
    for (line, words) in [("order = \"/order/number\"", "order"), ("sold_out = [", "sold_out")] {
        let found = without(line);
        assert!(found.iter().any(|(at, what)| *at == paying && what.contains(words)), "{found:?}");
    }
    assert!(without("available = \"/left\"").iter().any(|(_, what)| what.contains("on_hand")));
    assert!(without("tok_ok = \"good\"").iter().any(|(_, what)| what.contains("tok_ok")));
}

#[test]
fn a_live_payment_key_is_refused_wherever_it_stands() {
    for key in ["sk_live_x", "pk_live_x", "rk_live_x"] {
        check("tok_ok = \"good\"", &format!("tok_ok = \"{key}\""), "live payment key");
        check(
            "once = \"{{key}}\"",
            &format!("once = \"{{{{key}}}}\", authorization = \"{key}\""),
            "live payment key",
        );
    }
    let from_environment = shop().replace("[cards]", "[values]\nsecret = \"env:SECRET\"\n[cards]");
    let read = Target::read(&from_environment, &|_| Some("sk_live_x".to_owned()));
    assert!(
        read.is_err_and(|problems| problems.iter().any(|problem| problem.what.contains("live payment key")))
    );
    let test = Target::read(&from_environment, &|_| Some("sk_test_x".to_owned()));
    assert!(test.is_ok());
}
