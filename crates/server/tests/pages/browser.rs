//! A visitor's browser, and what holds for every page that it shows.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN,
    REFERRER_POLICY, SET_COOKIE,
};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use tower::ServiceExt;

use crate::html::{self, Form, Tag};
use crate::shop::Shop;

pub(crate) const SITE: &str = "http://shop.example";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http: data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// A browser with its cookies.
pub(crate) struct Browser<'a> {
    shop: &'a Shop,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// What the browser shows after it has followed all redirects.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Its address, without the site.
    pub(crate) path: String,
    pub(crate) html: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(shop: &'a Shop) -> Self {
        Self { shop, cookies: Mutex::default() }
    }

    /// Goes to an address.
    pub(crate) async fn open(&self, path: &str) -> Page {
        self.follow(self.ask(path)).await
    }

    /// Sends a form of a page as it is, but for some fields.
    pub(crate) async fn send(&self, form: &Form, changes: &[(&str, &str)]) -> Page {
        let (path, request) = self.post(form, changes);
        self.follow((path, request.header(ORIGIN, SITE).header("sec-fetch-site", "same-origin"))).await
    }

    /// A request that sends a form; what browsers say of its origin is yet to be added.
    pub(crate) fn post(&self, form: &Form, changes: &[(&str, &str)]) -> (String, Asking) {
        let mut fields = form.fields.clone();
        fields.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let asking = self.asking(Method::POST, fields, &form.action);
        (form.action.clone(), asking.header(CONTENT_TYPE, "application/x-www-form-urlencoded"))
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    fn ask(&self, path: &str) -> (String, Asking) {
        (path.to_owned(), self.asking(Method::GET, BTreeMap::new(), path))
    }

    fn asking(&self, method: Method, fields: BTreeMap<String, String>, path: &str) -> Asking {
        let cookies = self.cookies.lock().unwrap();
        let cookies: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let builder = Request::builder().method(method).uri(path);
        let builder = builder.header(HOST, "shop.example").header(ACCEPT, "text/html,*/*;q=0.8");
        let builder = if cookies.is_empty() { builder } else { builder.header(COOKIE, cookies.join("; ")) };
        Asking { builder, body: encoded(&fields) }
    }

    /// Makes a request and follows redirects as long as there are any.
    pub(crate) async fn follow(&self, asked: (String, Asking)) -> Page {
        let mut asked = asked;
        for _ in 0..10 {
            let page = self.answer(asked).await;
            let Some(to) = page.headers.get(LOCATION) else {
                check(&page);
                return page;
            };
            assert_eq!(
                page.status,
                StatusCode::SEE_OTHER,
                "a form is answered so that a reload repeats nothing"
            );
            asked = self.ask(to.to_str().unwrap());
        }
        panic!("the redirects lead in a circle");
    }

    pub(crate) async fn answer(&self, (path, asking): (String, Asking)) -> Page {
        let mut request = asking.builder.body(Body::from(asking.body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 7], 4_711))));
        let answer = self.shop.router.clone().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        for cookie in head.headers.get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.set_cookie(name, value);
        }
        let html = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Page { status: head.status, headers: head.headers, path, html }
    }
}

/// A request that is being put together.
pub(crate) struct Asking {
    builder: axum::http::request::Builder,
    body: String,
}

impl Asking {
    pub(crate) fn header(self, name: impl AsRef<str>, value: &str) -> Self {
        Self { builder: self.builder.header(name.as_ref(), value), ..self }
    }
}

impl Page {
    /// The one form that is sent to an address that begins so.
    pub(crate) fn form(&self, action: &str) -> Form {
        let forms: Vec<Form> =
            html::forms(&self.html).into_iter().filter(|form| form.action.starts_with(action)).collect();
        assert_eq!(forms.len(), 1, "{} has one form to {action}:\n{}", self.path, self.html);
        forms.into_iter().next().unwrap()
    }

    /// The form that pays.
    pub(crate) fn pay_form(&self) -> Form {
        let forms = html::forms(&self.html);
        let form = forms.into_iter().find(|form| form.fields.contains_key("key"));
        form.unwrap_or_else(|| panic!("{} has a form to pay:\n{}", self.path, self.html))
    }

    pub(crate) fn can_be_paid(&self) -> bool {
        html::forms(&self.html).iter().any(|form| form.fields.contains_key("key"))
    }

    /// The text between the tags, with single spaces.
    pub(crate) fn text(&self) -> String {
        let texts = html::tags(&self.html).into_iter().map(|tag| tag.text);
        texts.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.text().contains(text), "{} says `{text}`:\n{}", self.path, self.text());
        self
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Self {
        assert!(!self.text().contains(text), "{} says `{text}`:\n{}", self.path, self.text());
        self
    }

    #[track_caller]
    pub(crate) fn is(&self, status: StatusCode, path: &str) -> &Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        assert!(self.path.starts_with(path), "{} begins with {path}", self.path);
        self
    }

    /// Every address that the page leads to or loads.
    pub(crate) fn links(&self) -> Vec<String> {
        let of = |tag: &Tag| ["href", "src"].map(|name| tag.attribute(name).to_owned());
        html::tags(&self.html).iter().flat_map(of).filter(|link| link.starts_with('/')).collect()
    }
}

/// What holds for every page.
fn check(page: &Page) {
    let header = |name| page.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
    if !header(CONTENT_TYPE).starts_with("text/html") {
        return;
    }
    let path = &page.path;
    assert_eq!(header(CONTENT_SECURITY_POLICY), POLICY, "{path}");
    assert_eq!(header(CACHE_CONTROL), "no-store", "{path}");
    let is_secret = path.contains("chk_") || path.contains("token=");
    let policy = header(REFERRER_POLICY);
    assert!(
        policy == "no-referrer" || (policy == "same-origin" && !is_secret),
        "{path} tells its address: {policy}"
    );
    let tags = html::tags(&page.html);
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    assert_eq!((count("h1"), count("title"), count("main")), (1, 1, 1), "{path}");
    assert_eq!(count("script") + count("style") + count("iframe") + count("object"), 0, "{path}");
    assert!(tags.iter().any(|tag| tag.name == "html" && tag.attribute("lang") == "en"), "{path}");
    for tag in &tags {
        let runs = |name: &String| name.starts_with("on") || name == "style" || name == "srcdoc";
        assert!(!tag.attributes.keys().any(runs), "{path}: {tag:?}");
        assert!(
            !tag.attributes.values().any(|value| value.trim_start().starts_with("javascript:")),
            "{path}: {tag:?}"
        );
    }
    check_labels(path, &tags);
}

/// Every field has its label, every picture its words, and every id is given once.
fn check_labels(path: &str, tags: &[Tag]) {
    let mut ids: Vec<&str> = tags.iter().map(|tag| tag.attribute("id")).filter(|id| !id.is_empty()).collect();
    let has_label = |id: &str| tags.iter().any(|tag| tag.name == "label" && tag.attribute("for") == id);
    for tag in tags {
        let is_field = matches!(tag.name.as_str(), "input" | "select");
        // Choices stand inside of their labels.
        if is_field && !matches!(tag.attribute("type"), "hidden" | "radio") {
            assert!(has_label(tag.attribute("id")), "{path}: {tag:?}");
        }
        assert!(tag.name != "img" || tag.has("alt"), "{path}: {tag:?}");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{path}: {ids:?}");
}

fn encoded(fields: &BTreeMap<String, String>) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    let text = |text: &str| text.bytes().map(byte).collect::<String>();
    fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect::<Vec<_>>().join("&")
}
