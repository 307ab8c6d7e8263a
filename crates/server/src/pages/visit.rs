//! Who looks at a page: the cart that their cookie opens.
//!
//! Decides how the cookie is read and written. Leaves what a cart may hold to checkout.

use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use axum::http::request::Parts;
use axum::response::Response;
use sellonce_checkout::cart::Cart;
use sellonce_checkout::id::{Capability, CartId};

use super::shell::Shell;
use crate::app::App;
use crate::problem::Problem;

/// The name of the cookie that holds the cart's id, which is its secret.
const CART_COOKIE: &str = "sellonce_cart";
/// How long a browser keeps the cookie: 30 days.
const CART_COOKIE_S: u32 = 30 * 24 * 3_600;

/// A visitor of a page.
pub(super) struct Visit {
    /// The shop.
    pub(super) app: App,
    /// The cart that the visitor's cookie opens, be it ordered or not.
    pub(super) cart: Option<HeldCart>,
}

/// A cart and what opens it.
pub(super) struct HeldCart {
    pub(super) capability: Capability,
    pub(super) cart: Cart,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut visit = Self { app: app.clone(), cart: None };
        if let Some(capability) = cart_cookie(&parts.headers) {
            let cart = app.store.cart(CartId(capability.uuid)).await?;
            let cart = cart.filter(|cart| cart.secret.matches(&capability.hash()));
            visit.cart = cart.map(|cart| HeldCart { capability, cart });
        }
        Ok(visit)
    }
}

impl Visit {
    /// The visitor's cart, unless it has been ordered: then they begin a new one.
    pub(super) fn open_cart(&self) -> Option<&HeldCart> {
        self.cart.as_ref().filter(|held| held.cart.ordered_by.is_none())
    }

    /// What the frame of a page shows to this visitor.
    pub(super) fn shell(&self) -> Shell {
        let lines = self.open_cart().into_iter().flat_map(|held| &held.cart.lines);
        Shell::new(&self.app, lines.map(|line| u64::from(line.quantity)).sum())
    }
}

/// Gives the visitor the cookie that opens the cart. Not readable by scripts, and not sent with other sites' forms.
pub(super) fn remember_cart(answer: &mut Response, capability: &Capability, app: &App) {
    let secure = if app.settings.public_url.starts_with("https:") { "; Secure" } else { "" };
    let id = capability.reveal(CartId::PREFIX);
    let cookie =
        format!("{CART_COOKIE}={id}; Path=/; Max-Age={CART_COOKIE_S}; HttpOnly; SameSite=Lax{secure}");
    let cookie = HeaderValue::from_str(&cookie).expect("ids are visible ASCII");
    answer.headers_mut().append(SET_COOKIE, cookie);
}

fn cart_cookie(headers: &HeaderMap) -> Option<Capability> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut cookies =
        lines.flat_map(|line| line.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find_map(
        |(name, value)| {
            if name == CART_COOKIE { Capability::parse(CartId::PREFIX, value) } else { None }
        },
    )
}
