//! Payment providers call back.
//!
//! Decides what a provider is answered. Leaves telling true callbacks from forged ones to the provider's reader, and what
//! they lead to to the coordinator.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use sellonce_checkout::payment::CallbackRequest;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::extract::{self, Path};
use crate::problem::{Code, Problem};

/// A callback that was heard.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Received {
    /// Always true.
    received: bool,
}

/// Hear a payment provider.
///
/// For providers alone: what they send is signed. A callback is heard once by its id; it decides nothing, but has the
/// provider asked. Callbacks that come again, that name no payment of this shop, or whose checkout has ended are answered
/// 200 as well: what is to be asked about them is remembered.
#[utoipa::path(
    post, path = "/v1/payments/webhooks/{provider}", tag = "Payments",
    params(("provider" = String, Path, description = "The provider's name.")),
    request_body(content = serde_json::Value, description = "What the provider sends.", content_type = "application/json"),
    responses((status = 200, description = "It was heard, now or before.", body = Received)),
    extensions(("x-problems" = json!(["callback_not_authentic", "not_found"]))),
)]
pub(crate) async fn hear_provider(
    State(app): State<App>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Reply<Received> {
    let reader = app.callbacks.get(&provider).ok_or_else(Problem::not_found)?;
    let body = extract::read(&headers, body).await?;
    let texts = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let texts: Vec<(&str, &str)> = texts.collect();
    let request = CallbackRequest { headers: &texts, body: &body };
    let callback = reader.read(&request, app.store.now()).map_err(|why| {
        tracing::warn!(%provider, %why, "a callback was refused");
        Problem::new(Code::CallbackNotAuthentic, "This was not signed by the provider, or not lately.")
    })?;
    let heard = app.coordinator.hear(callback).await?;
    tracing::debug!(%provider, ?heard, "a callback was heard");
    Ok(Answer::ok(Received { received: true }))
}
