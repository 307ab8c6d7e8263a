//! The OpenAPI document: made from the routes, so that it cannot tell of others.
//!
//! Decides what is the same for many calls: the refusals that follow from having a body, a parameter or a credential.
//! Leaves what is a call's own to its attributes, where `x-problems` names its own refusals by their codes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::schema::{AllOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, Content, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::{Code, Facts, status};

/// Where an operation names the refusals that are its own.
const OWN_PROBLEMS: &str = "x-problems";
/// What any request can meet.
const OF_ANY: &[Code] = &[Code::RateLimited, Code::Internal, Code::Overloaded, Code::Unavailable];
/// What a request with a body can meet.
const OF_BODY: &[Code] = &[
    Code::MalformedRequest,
    Code::RequestTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];
/// What a call of the admin surface can meet.
const OF_API_KEY: &[Code] = &[Code::Unauthorized, Code::Forbidden];
/// What a call that needs an idempotency key can meet.
const OF_KEY: &[Code] =
    &[Code::IdempotencyKeyMissing, Code::IdempotencyKeyInvalid, Code::IdempotencyKeyReused];

/// The groups of calls, in the order in which they are shown.
const TAGS: &[(&str, &str)] = &[
    ("Products", "What is on sale."),
    ("Carts", "What a buyer wants, with the prices seen. A cart holds nothing."),
    (
        "Checkouts",
        "Prices are locked when a checkout opens; stock is held and money moves when it is completed.",
    ),
    ("Orders", "What was sold, as its buyer sees it."),
    ("Admin products", "What is on sale, as merchants put it there."),
    ("Inventory", "Stock and its journal."),
    ("Prices", "What things cost."),
    ("Admin orders", "Orders, as merchants see and move them."),
    ("Discounts", "Codes that take something off."),
    ("Limits", "How many units one buyer may have."),
    ("Sagas", "Checkouts and refunds that hang, and what an operator can do about them."),
    ("Payments", "Where payment providers call back."),
    ("Simulated payments", "The book of the simulated payment provider, where it is switched on."),
    ("Audit", "Whether every promise is kept."),
    ("Health", "Whether the server lives and is ready."),
];

const DESCRIPTION: &str = "\
The store surface (`/v1`) needs no credential; the admin surface (`/v1/admin`) takes an API key as `Authorization: Bearer`. \
The id of a cart or a checkout is its secret: keep it as you would keep a password.

Money is written as integer minor units with a currency. No amount that a client sends is ever charged. Unknown fields are \
refused.

Every refusal is a problem document (RFC 9457): look at its `code`. Every answer carries `X-Request-Id`.

A call that moves stock or money needs an `Idempotency-Key`: draw a random one for each thing that shall be done, and send \
it with every repetition. The repetition of an answered request is answered alike, with `Idempotent-Replayed: true`. An \
answer without effect (400, 404, 409, 422, 429, 503) is not kept: the same key may try again.

Carts, checkouts and orders carry their version as `ETag`; send it as `If-Match` to change only what you have seen. Lists \
come in pages: give `next_cursor` as `after`.";

/// The document before the routes are added.
pub(crate) fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Sellonce")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION));
    let tags = TAGS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build());
    let mut components = Components::new();
    let bearer = || SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("api_key", bearer());
    components.add_security_scheme("order_token", bearer());
    let mut schemas = vec![("Problem".to_owned(), Facts::schema())];
    Facts::schemas(&mut schemas);
    components.schemas.extend(schemas);
    OpenApiBuilder::new().info(info.build()).tags(Some(tags)).components(Some(components)).build()
}

/// Adds to every operation what follows from its form.
fn finish(mut document: OpenApi) -> OpenApi {
    if let Some(components) = &mut document.components {
        name_rows(components);
    }
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            shape_headers(operation);
            let problems = problems(operation);
            add_problems(operation, &problems);
            add_headers(operation, &problems);
        }
    }
    document
}

/// The document as it is served.
///
/// # Panics
/// When an operation names a code that does not exist; every test of the routes would see it.
pub fn document() -> String {
    let document = finish(crate::router::api().into_openapi());
    document.to_pretty_json().expect("a document of texts and lists can always be written as JSON")
}

/// Lets a page of a list name the type of its rows, which the derived schema repeats in full.
fn name_rows(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        if let Some(row) = name.strip_prefix("Page_")
            && let RefOr::T(Schema::Object(page)) = schema
        {
            let rows = ArrayBuilder::new().items(Ref::from_schema_name(row)).build();
            page.properties.insert("data".to_owned(), RefOr::T(Schema::Array(rows)));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete].into_iter().flatten()
}

/// Says how the headers look that several calls take.
fn shape_headers(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let pattern = match parameter.name.as_str() {
            "Idempotency-Key" => "^[!-~]{1,255}$",
            "If-Match" => "^(\\*|\"[0-9]+\")$",
            _ => continue,
        };
        let text =
            ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).pattern(Some(pattern)).build();
        parameter.schema = Some(RefOr::T(Schema::Object(text)));
    }
}

/// Every refusal that an operation can answer.
fn problems(operation: &Operation) -> BTreeSet<Code> {
    let own = operation.extensions.as_ref().and_then(|extensions| extensions.get(OWN_PROBLEMS));
    let own = own.and_then(|codes| codes.as_array()).into_iter().flatten().map(|name| {
        let code = Code::ALL.iter().find(|code| Some(code.as_str()) == name.as_str());
        *code.expect("`x-problems` names codes of checkout::error")
    });
    let mut problems: BTreeSet<Code> = own.chain(OF_ANY.iter().copied()).collect();
    if operation.request_body.is_some() {
        problems.extend(OF_BODY);
    }
    if needs(operation, "api_key") {
        problems.extend(OF_API_KEY);
    }
    for (name, place, required) in parameters(operation) {
        match (name.as_str(), place) {
            (_, ParameterIn::Path) => problems.extend([Code::NotFound]),
            (_, ParameterIn::Query) => problems.extend([Code::ValidationFailed, Code::MalformedRequest]),
            ("If-Match", _) => problems.extend([Code::PreconditionFailed]),
            ("Idempotency-Key", _) if required => problems.extend(OF_KEY),
            _ => {}
        }
    }
    problems
}

/// The credentials of an operation; the requirement's names can only be read from its JSON.
fn needs(operation: &Operation, scheme: &str) -> bool {
    let requirements = operation.security.iter().flatten();
    requirements.map(|requirement| json!(requirement)).any(|requirement| requirement.get(scheme).is_some())
}

fn parameters(operation: &Operation) -> impl Iterator<Item = (String, ParameterIn, bool)> {
    operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some((
            parameter.name.clone(),
            parameter.parameter_in.clone(),
            matches!(parameter.required, Required::True),
        )),
        RefOr::Ref(_) => None,
    })
}

fn add_problems(operation: &mut Operation, problems: &BTreeSet<Code>) {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in problems {
        by_status.entry(status(*code).as_u16()).or_default().push(*code);
    }
    for (status, codes) in by_status {
        let told: Vec<String> =
            codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.title())).collect();
        let names = codes.iter().map(|code| code.as_str());
        let code =
            ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(names)).build();
        let schema = AllOfBuilder::new()
            .item(Ref::from_schema_name("Problem"))
            .item(ObjectBuilder::new().property("code", code).build())
            .build();
        let response = ResponseBuilder::new()
            .description(told.join(" "))
            .content("application/problem+json", Content::new(Some(Schema::AllOf(schema))))
            .build();
        operation.responses.responses.insert(status.to_string(), RefOr::T(response));
    }
}

fn add_headers(operation: &mut Operation, problems: &BTreeSet<Code>) {
    let replays = parameters(operation).any(|(name, _, _)| name == "Idempotency-Key");
    let under_way = problems.contains(&Code::CompletionInProgress);
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        add_header(response, "X-Request-Id", "The request's id.");
        if matches!(status.as_str(), "429" | "503" | "202") || (status == "409" && under_way) {
            add_header(response, "Retry-After", "In how many seconds it is worth asking again.");
        }
        if replays && matches!(status.as_str(), "200" | "201" | "202" | "402") {
            add_header(
                response,
                "Idempotent-Replayed",
                "`true` if an earlier request with the same key did it.",
            );
        }
    }
}

fn add_header(response: &mut Response, name: &str, description: &str) {
    let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).build();
    let header = HeaderBuilder::new().description(Some(description)).schema(Some(text)).build();
    response.headers.insert(name.to_owned(), RefOr::T(header));
}
