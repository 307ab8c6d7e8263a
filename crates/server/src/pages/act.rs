//! The simulated provider's page, where a buyer confirms a payment or refuses it; programs post JSON to it.
//!
//! Decides in which words a payment is told. Leaves what becomes of it to the provider, which calls the shop back as a
//! real one does.

use askama::Template;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use sellonce_checkout::simulated_book::Booking;
use serde::{Deserialize, Serialize};

use super::form::Form;
use super::shell::{Page, Shell, go_to, page};
use super::visit::Visit;
use crate::answer::Answer;
use crate::app::{ActionPage, App};
use crate::extract::{JsonBody, Path};
use crate::fault::Faults;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "act.html")]
struct ActTemplate {
    shell: Shell,
    title: &'static str,
    text: &'static str,
    amount: String,
    path: String,
    waits: bool,
}

/// What the buyer does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    result: String,
}

/// How the payment stands after it.
#[derive(Serialize)]
struct Acted {
    status: String,
}

fn action_page(app: &App) -> Result<&dyn ActionPage, Problem> {
    app.simulated.as_ref().map(|simulated| simulated.page.as_ref()).ok_or_else(Problem::not_found)
}

/// A payment, with the two things that its buyer can do if it waits for them.
pub(super) async fn show_payment(visit: Visit, Path(key): Path<String>) -> Page {
    let booking = action_page(&visit.app)?.payment(&key).await?.ok_or_else(Problem::not_found)?;
    let (title, text) = words(&booking);
    let (amount, path) = (booking.amount.to_string(), path(&key));
    let waits = booking.status == "requires_action";
    page(StatusCode::OK, &ActTemplate { shell: visit.shell(), title, text, amount, path, waits })
}

/// The buyer acts: by the form, or a program by `{"result": "succeed" | "fail"}`.
pub(super) async fn act(State(app): State<App>, Path(key): Path<String>, request: Request) -> Page {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_form = media_type.is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
    let act = if is_form {
        let Form(act) = Form::<Act>::from_request(request, &app).await?;
        act
    } else {
        JsonBody::<Act>::from_request(request, &app).await?.value
    };
    let succeed = match act.result.as_str() {
        "succeed" => true,
        "fail" => false,
        _ => {
            let mut faults = Faults::default();
            faults.add("/result", "must be one of: succeed, fail");
            return Err(faults.into_problem());
        }
    };
    let booking = action_page(&app)?.act(&key, succeed).await?.ok_or_else(Problem::not_found)?;
    if is_form {
        go_to(&path(&key))
    } else {
        Ok(Answer::ok(Acted { status: booking.status }).into_response())
    }
}

fn path(key: &str) -> String {
    format!("/simulated/payments/{key}")
}

fn words(booking: &Booking) -> (&'static str, &'static str) {
    match booking.status.as_str() {
        "requires_action" => {
            ("Confirm your payment", "The shop wants to charge you this amount. Is that what you want?")
        }
        "captured" | "authorized" => {
            ("The payment is confirmed", "You can close this page: the shop goes on by itself.")
        }
        "declined" => ("The payment is refused", "Nothing was charged. You can close this page."),
        _ => ("This payment is over", "It was called off. Nothing was charged. You can close this page."),
    }
}
