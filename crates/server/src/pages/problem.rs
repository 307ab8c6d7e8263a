//! The page of what went otherwise than the buyer hoped.
//!
//! Decides in which words each problem is told to a buyer, and where they can go from there. Leaves the words for
//! developers to `checkout::error`.

use askama::Template;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use axum::response::Response;

use super::shell::Shell;
use crate::app::App;
use crate::problem::{Code, Problem};

/// What went wrong, and what the buyer can do.
#[derive(Template)]
#[template(path = "problem.html")]
pub(super) struct Trouble {
    pub(super) shell: Shell,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) short: Vec<Short>,
    pub(super) ways: Vec<Way>,
    pub(super) request_id: String,
}

/// A line of which there is less than was wanted.
pub(super) struct Short {
    pub(super) title: String,
    pub(super) requested: i64,
    pub(super) available: i64,
}

/// Somewhere to go.
pub(super) struct Way {
    pub(super) href: String,
    pub(super) label: &'static str,
}

const TO_SHOP: (&str, &str) = ("/", "To the shop");
const TO_CART: (&str, &str) = ("/cart", "To the cart");
/// The address that was asked for, once more.
const AGAIN: (&str, &str) = ("", "Try again");

/// A problem in the buyer's words, and the way out of it.
struct Words {
    code: Code,
    title: &'static str,
    text: &'static str,
    ways: &'static [(&'static str, &'static str)],
}

const fn words(
    code: Code,
    title: &'static str,
    text: &'static str,
    ways: &'static [(&'static str, &'static str)],
) -> Words {
    Words { code, title, text, ways }
}

/// The problems that a buyer can run into; any other is told as its own detail says.
const WORDS: &[Words] = &[
    words(
        Code::NotFound,
        "There is nothing here",
        "The address is wrong or incomplete, or what was here is gone.",
        &[TO_SHOP],
    ),
    words(
        Code::MethodNotAllowed,
        "There is nothing to see here",
        "This address only takes forms. Go back and send the form once more.",
        &[TO_CART, TO_SHOP],
    ),
    words(
        Code::Forbidden,
        "This came from another site",
        "A page of another site has sent this form, so nothing was done.",
        &[TO_SHOP],
    ),
    words(
        Code::Overloaded,
        "The shop is very busy",
        "Nothing was done and nothing is lost. Please try again in a moment.",
        &[AGAIN, TO_SHOP],
    ),
    words(
        Code::RateLimited,
        "One moment, please",
        "Too many requests come from your connection. Please try again in a moment.",
        &[AGAIN, TO_SHOP],
    ),
    words(
        Code::Unavailable,
        "The shop cannot answer at this moment",
        "Whatever you have begun is finished exactly once. Please try again in a moment.",
        &[AGAIN, TO_SHOP],
    ),
    words(
        Code::Internal,
        "Something went wrong on our side",
        "It has been noted. Please try again; nothing happens twice.",
        &[AGAIN, TO_SHOP],
    ),
    words(
        Code::CheckoutExpired,
        "This checkout is over",
        "Its time has run out, or it was cancelled. Nothing was charged. Your cart is as it was: check out again to get \
         the prices of today.",
        &[TO_CART, TO_SHOP],
    ),
    words(
        Code::CartAlreadyOrdered,
        "This cart has been ordered",
        "An order was placed from it, perhaps in another tab. Look into your mail for the confirmation.",
        &[TO_SHOP],
    ),
    words(
        Code::CompletionInProgress,
        "A payment for this cart is under way",
        "Wait for it to end before you pay once more; it may be in another tab.",
        &[AGAIN, TO_CART],
    ),
    words(
        Code::NothingToSell,
        "Nothing of this can be sold",
        "Everything that was in your cart has been taken off sale.",
        &[TO_SHOP, TO_CART],
    ),
    words(
        Code::UnknownSku,
        "This is not for sale",
        "It has been taken off sale, or nothing was chosen.",
        &[TO_SHOP, TO_CART],
    ),
    words(
        Code::ValidationFailed,
        "That is not possible",
        "Take between 1 and 10,000 units of a product, and at most 100 different ones.",
        &[TO_CART, TO_SHOP],
    ),
    words(
        Code::MalformedRequest,
        "This form cannot be read",
        "Nothing was done. Go back and send it once more.",
        &[TO_CART, TO_SHOP],
    ),
    words(Code::AmountOutOfRange, "That is more than we can add up", "Take fewer units.", &[TO_CART]),
];

/// Writes the page of a problem into the answer that carries it.
pub(super) fn write(app: &App, problem: &Problem, request_id: &str, answer: &mut Response) {
    let is_ours = problem.status().is_server_error();
    let trouble = match WORDS.iter().find(|words| words.code.as_str() == problem.code()) {
        Some(words) => Trouble {
            title: words.title.to_owned(),
            text: words.text.to_owned(),
            ways: words.ways.iter().map(|(href, label)| Way { href: (*href).to_owned(), label }).collect(),
            ..trouble(app)
        },
        None => {
            Trouble { title: problem.title().to_owned(), text: problem.detail().to_owned(), ..trouble(app) }
        }
    };
    let trouble =
        Trouble { request_id: if is_ours { request_id.to_owned() } else { String::new() }, ..trouble };
    let html = trouble.render().unwrap_or_else(|_| problem.title().to_owned());
    *answer.body_mut() = Body::from(html);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    answer.headers_mut().remove(CONTENT_LENGTH);
}

fn trouble(app: &App) -> Trouble {
    let way = Way { href: "/cart".to_owned(), label: "To the cart" };
    Trouble {
        shell: Shell::new(app, 0),
        title: String::new(),
        text: String::new(),
        short: Vec::new(),
        ways: vec![way],
        request_id: String::new(),
    }
}
