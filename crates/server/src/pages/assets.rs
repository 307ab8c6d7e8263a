//! The files that pages load: the style sheet, the icon, and the pictures of the demo catalog.
//!
//! Decides their addresses and how long browsers keep them. All of them are part of the program.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sellonce_checkout::id::encode;
use sha2::{Digest, Sha256};

use crate::extract::Path;
use crate::problem::Problem;

const STYLE: &str = include_str!("../../static/shop.css");
const ICON: &str = include_str!("../../static/icon.svg");

macro_rules! demo_pictures {
    ($($name:literal)+) => {
        &[$((concat!($name, ".svg"), include_str!(concat!("../../static/demo/", $name, ".svg")))),+]
    };
}

/// The pictures of the demo catalog by their file names.
const DEMO_PICTURES: &[(&str, &str)] = demo_pictures! {
    "beeswax-candle" "brass-desk-lamp" "canvas-tote" "enamel-mug" "garden-trowel" "linen-apron" "pocket-notebook"
    "stoneware-teapot" "walnut-stool" "wildflower-honey" "winter-lantern" "wool-blanket"
};

/// The name changes with the content, so browsers may keep it for ever.
static STYLE_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::digest(STYLE);
    format!("/static/shop-{}.css", encode(&hash[..10]))
});

/// The address of the style sheet.
pub(super) fn style_path() -> &'static str {
    &STYLE_PATH
}

/// A file for every page.
pub(super) async fn show_file(Path(name): Path<String>) -> Result<Response, Problem> {
    if STYLE_PATH.strip_prefix("/static/") == Some(name.as_str()) {
        let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, KEPT_FOR_EVER)];
        return Ok((headers, STYLE).into_response());
    }
    if name == "icon.svg" { Ok(picture(ICON)) } else { Err(Problem::not_found()) }
}

/// A picture of the demo catalog.
pub(super) async fn show_demo_picture(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = DEMO_PICTURES.iter().find(|(known, _)| *known == name);
    found.map(|(_, svg)| picture(svg)).ok_or_else(Problem::not_found)
}

const KEPT_FOR_EVER: &str = "public, max-age=31536000, immutable";
const KEPT_FOR_A_DAY: &str = "public, max-age=86400";

fn picture(svg: &'static str) -> Response {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, KEPT_FOR_A_DAY)], svg).into_response()
}
