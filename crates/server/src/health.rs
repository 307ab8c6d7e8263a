//! Whether the server lives, whether it is ready, and its figures.
//!
//! Decides what "ready" means: the database answers, and no shutdown has begun. The figures are rendered by the binary,
//! which owns the recorder.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Reply};
use crate::app::App;
use crate::problem::{Code, Problem};

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// Always `ok`; anything else is a problem document.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Read whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "Health", responses((status = 200, description = "It lives.", body = Health)))]
pub(crate) async fn read_liveness() -> Answer<Health> {
    Answer::ok(Health { status: "ok" })
}

/// Read whether the server is ready.
///
/// The database answers with the schema that this version needs, and no shutdown has begun.
#[utoipa::path(get, path = "/readyz", tag = "Health", responses((status = 200, description = "It is ready.", body = Health)))]
pub(crate) async fn read_readiness(State(app): State<App>) -> Reply<Health> {
    if app.is_draining() {
        return Err(Problem::new(Code::Unavailable, "This server is about to stop.").retry_after_ms(1_000));
    }
    app.store.ping().await?;
    Ok(Answer::ok(Health { status: "ok" }))
}

/// The router of the figures' own listener: `GET /metrics` in the text format of Prometheus.
pub fn metrics_router(render: Arc<dyn Fn() -> String + Send + Sync>) -> Router {
    let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Router::new().route("/metrics", get(async move || ([(CONTENT_TYPE, text)], render())))
}
