//! Mails: one per event that a buyer is told, as the bytes of an RFC 5322 message.
//!
//! Decides headers and form: plain text with an HTML alternative. What is said is in `letter`. Equal events give equal
//! bytes (I8): the time, the message id and the boundary between the parts come from the event, nothing is random.

mod letter;

use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use sellonce_checkout::address::typed_text;
use sellonce_checkout::catalog::Malformed;
use sellonce_checkout::clock::Timestamp;
use sellonce_checkout::email::Email;
use sellonce_checkout::order::Status;
use sellonce_checkout::store::deliveries::Due;

use letter::{Html, Letter, Text};

/// The first second that has no date of four digits for its year: 10000-01-01T00:00:00Z.
const SECONDS_BEYOND: u64 = 253_402_300_800;

/// Who writes to buyers, as the shop's configuration has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The shop's name in subjects, signatures and the sender.
    pub shop_name: String,
    /// The address that mails come from.
    pub from: Email,
    /// The address under which buyers reach the shop, as `https://shop.example`.
    pub public_url: String,
}

/// Why an event has no mail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Nobody has written a mail for this status.
    #[error("there is no mail for an order that becomes {}", .0.as_str())]
    NoLetter(Status),
    /// The event is of a time that no mail can carry.
    #[error("{0} ms is not a time that a mail can carry")]
    Time(Timestamp),
    /// The mail cannot be put together.
    #[error("the mail cannot be put together: {0}")]
    Form(String),
}

/// Writes mails in the shop's name.
#[derive(Clone, Debug)]
pub struct Writer {
    shop_name: String,
    sender: Mailbox,
    public_url: String,
}

impl Writer {
    /// Checks what every mail will carry, so that a mistake shows at start-up and not at the first order.
    pub fn new(settings: Settings) -> Result<Self, Malformed> {
        let shop_name = typed_text("shop name", &settings.shop_name)?;
        let from = settings.from.as_str();
        let malformed = |what, problem: &str| Malformed { what, problem: problem.to_owned() };
        if !from.is_ascii() {
            let problem = "has letters that not every mail server takes; write its domain as xn--...";
            return Err(malformed("sender's address", problem));
        }
        let address =
            from.parse().map_err(|_| malformed("sender's address", "is not one that can send mail"))?;
        let url = settings.public_url.trim_end_matches('/');
        let is_address = url.starts_with("https://") || url.starts_with("http://");
        if !is_address || url.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            return Err(malformed("public address", "reads like https://shop.example"));
        }
        let sender = Mailbox::new(Some(shop_name.clone()), address);
        Ok(Self { shop_name, sender, public_url: url.to_owned() })
    }

    /// The mail that tells a buyer of an event, ready to be sent.
    pub fn mail(&self, due: &Due) -> Result<Vec<u8>, Problem> {
        let letter = Letter::about(due, &self.shop_name, &self.public_url)?;
        let event = due.event.id;
        let buyer = due.view.checkout.buyer.email.as_str().parse().map_err(form)?;
        let text = Text { letter: &letter }.render().map_err(form)?;
        let html = Html { letter: &letter }.render().map_err(form)?;
        // What a buyer typed was typed before the event had its id, so no line of it can be the boundary.
        let parts = MultiPart::builder()
            .kind(lettre::message::MultiPartKind::Alternative)
            .boundary(format!("=_{event}"))
            .singlepart(SinglePart::plain(text))
            .singlepart(SinglePart::html(html));
        let message = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, buyer))
            .subject(letter.subject)
            .message_id(Some(format!("<{event}@{}>", self.sender.email.domain())))
            .date(date(due.event.at)?)
            .multipart(parts)
            .map_err(form)?;
        Ok(message.formatted())
    }
}

fn form(error: impl std::error::Error) -> Problem {
    Problem::Form(error.to_string())
}

fn date(at: Timestamp) -> Result<SystemTime, Problem> {
    let since_epoch = u64::try_from(at.millis()).ok().map(Duration::from_millis);
    let datable = since_epoch.filter(|since_epoch| since_epoch.as_secs() < SECONDS_BEYOND);
    datable.and_then(|since_epoch| SystemTime::UNIX_EPOCH.checked_add(since_epoch)).ok_or(Problem::Time(at))
}
