//! The HTML pages of the shop: their routes, and the page of a refusal.
//!
//! Decides what a person sees. Pages work without scripts: they are written here, and forms post and redirect. They
//! call the store and the coordinator as the JSON API does, and have no rule about money or stock of their own.

mod act;
mod assets;
mod cart;
mod checkout;
mod countries;
mod details;
mod form;
mod orders;
mod pay;
mod problem;
mod products;
mod review;
mod shell;
mod summary;
mod visit;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use crate::app::App;
use crate::problem::Problem;

/// The routes of the pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(products::list_products))
        .route("/products/{handle}", get(products::show_product))
        .route("/cart", get(cart::show_cart).post(cart::add_to_cart))
        .route("/cart/lines/{line}", post(cart::change_line))
        .route("/cart/lines/{line}/remove", post(cart::remove_line))
        .route("/checkout", get(checkout::show_form).post(checkout::open_checkout))
        .route("/checkout/{id}", get(review::show_checkout).post(pay::pay))
        .route("/checkout/{id}/details", get(checkout::show_details).post(checkout::change_details))
        .route("/checkout/{id}/prices", post(review::accept_prices))
        .route("/orders/{id}", get(orders::show_order))
        .route("/simulated/payments/{key}", get(act::show_payment).post(act::act))
        .route("/static/{file}", get(assets::show_file))
        .route("/static/demo/{file}", get(assets::show_demo_picture))
}

/// Writes the page of a refusal for a person who asked for a page.
pub(crate) fn write_problem(app: &App, problem: &Problem, request_id: &str, answer: &mut Response) {
    problem::write(app, problem, request_id, answer);
}
