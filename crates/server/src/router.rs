//! The list of all routes.
//!
//! Decides which addresses exist. What surrounds every request is in `around`.

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{
    admin_audit, admin_discounts, admin_inventory, admin_limits, admin_order_changes, admin_orders,
    admin_prices, admin_products, admin_sagas, admin_simulated_payments, callbacks, carts, checkouts,
    complete, orders, products,
};
use crate::app::App;
use crate::around::around;
use crate::{docs, health, openapi, pages};

/// Everything that the server answers, but for its figures (`health::metrics_router`).
pub fn router(app: App) -> Router {
    Router::from(api())
        .merge(docs::router())
        .merge(pages::router())
        .layer(from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// The JSON API; the OpenAPI document is made from it.
pub(crate) fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(openapi::frame())
        // Store surface
        .routes(routes!(products::list_products))
        .routes(routes!(products::read_product))
        .routes(routes!(carts::create_cart))
        .routes(routes!(carts::read_cart))
        .routes(routes!(carts::add_cart_line))
        .routes(routes!(carts::change_cart_line, carts::remove_cart_line))
        .routes(routes!(checkouts::open_checkout))
        .routes(routes!(checkouts::read_checkout, checkouts::cancel_checkout))
        .routes(routes!(checkouts::confirm_prices))
        .routes(routes!(complete::complete_checkout))
        .routes(routes!(orders::read_order))
        .routes(routes!(callbacks::hear_provider))
        // Admin surface
        .routes(routes!(admin_inventory::list_inventory))
        .routes(routes!(admin_inventory::read_inventory))
        .routes(routes!(admin_inventory::list_movements, admin_inventory::move_stock))
        .routes(routes!(admin_products::put_product))
        .routes(routes!(admin_prices::set_price))
        .routes(routes!(admin_orders::list_orders))
        .routes(routes!(admin_orders::read_admin_order))
        .routes(routes!(admin_order_changes::transition_order))
        .routes(routes!(admin_order_changes::ship_order))
        .routes(routes!(admin_order_changes::refund_order))
        .routes(routes!(admin_order_changes::return_order))
        .routes(routes!(admin_sagas::list_stuck_sagas))
        .routes(routes!(admin_sagas::retry_saga))
        .routes(routes!(admin_sagas::resolve_saga))
        .routes(routes!(admin_discounts::list_discounts, admin_discounts::create_discount))
        .routes(routes!(admin_limits::list_limits, admin_limits::set_limit))
        .routes(routes!(admin_simulated_payments::list_simulated_payments))
        .routes(routes!(admin_audit::read_audit))
        // The server itself
        .routes(routes!(health::read_liveness))
        .routes(routes!(health::read_readiness))
}
