//! The contract: what the OpenAPI document says of an answer, and that an answer keeps it.
//!
//! The document is read more strictly than it is written: a field that it does not name is a mistake of the server.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use sellonce_server::problem::Code;
use serde_json::{Value, json};

use crate::shop_client::{Answer, media_type};

/// The contract of the routes.
pub(crate) static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::read);

/// The document, and a validator for every body that it describes.
pub(crate) struct Contract {
    pub(crate) document: Value,
    /// The named schemas, read strictly.
    components: Value,
    problem: Schema,
    operations: Vec<Operation>,
}

/// One method of one path.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) value: Value,
    request: Option<Schema>,
    answers: BTreeMap<String, (String, Schema)>,
}

impl Contract {
    fn read() -> Self {
        let document: Value = serde_json::from_str(&sellonce_server::openapi::document()).unwrap();
        let mut components = document["components"].clone();
        for (_, schema) in components["schemas"].as_object_mut().unwrap().iter_mut() {
            name_every_field(schema);
        }
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, value) in item.as_object().unwrap() {
                operations.push(Operation::read(method, path, value));
            }
        }
        // A literal part of a path goes before a named one.
        operations.sort_by_key(|operation| operation.path.matches('{').count());
        let problem = Schema::of(&json!({"$ref": "#/components/schemas/Problem"}));
        Self { document, components, problem, operations }
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Operation> {
        let path = path.split('?').next().unwrap();
        self.operations.iter().find(|operation| {
            operation.method == method.to_lowercase() && is_of_template(path, &operation.path)
        })
    }

    /// Panics unless the answer is what the document promises.
    #[track_caller]
    pub(crate) fn check(&self, method: &str, path: &str, sent: &[u8], answer: &Answer) {
        let status = answer.status.as_u16();
        let about = format!("{method} {path} -> {status} {}", String::from_utf8_lossy(&answer.bytes));
        check_headers(answer, path, &about);
        if status >= 400 {
            assert_eq!(media_type(&answer.headers), "application/problem+json", "{about}");
            self.problem.check(&self.components, &answer.json, &about);
            check_problem(answer, &about);
        }
        let Some(operation) = self.operation(method, path) else {
            assert!(
                // The simulated provider's page is no call of the shop's.
                matches!(status, 404 | 405)
                    || ["/docs", "/simulated/"].iter().any(|start| path.starts_with(start))
                    || path == "/openapi.json",
                "{about}"
            );
            return;
        };
        let (kind, body) =
            operation.answers.get(&status.to_string()).unwrap_or_else(|| panic!("not documented: {about}"));
        assert_eq!(media_type(&answer.headers), kind, "{about}");
        body.check(&self.components, &answer.json, &about);
        if let Some(request) = operation.request.as_ref().filter(|_| status < 300) {
            let sent = serde_json::from_slice(sent).unwrap();
            request.check(&self.components, &sent, &format!("the request of {about}"));
        }
    }
}

impl Operation {
    fn read(method: &str, path: &str, value: &Value) -> Self {
        let request = &value["requestBody"]["content"]["application/json"]["schema"];
        let mut answers = BTreeMap::new();
        for (status, answer) in value["responses"].as_object().unwrap() {
            let (kind, content) = answer["content"].as_object().unwrap().iter().next().unwrap();
            answers.insert(status.clone(), (kind.clone(), Schema::of(&content["schema"])));
        }
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            value: value.clone(),
            request: (!request.is_null()).then(|| Schema::of(request)),
            answers,
        }
    }

    pub(crate) fn has_answer(&self, status: u16) -> bool {
        self.answers.contains_key(&status.to_string())
    }
}

/// A schema, made ready when the first body is held against it.
struct Schema {
    schema: Value,
    validator: OnceLock<Validator>,
}

impl Schema {
    fn of(schema: &Value) -> Self {
        Self { schema: schema.clone(), validator: OnceLock::new() }
    }

    #[track_caller]
    fn check(&self, components: &Value, body: &Value, about: &str) {
        let validator = self.validator.get_or_init(|| {
            let mut whole = self.schema.clone();
            whole["components"] = components.clone();
            jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap()
        });
        let errors: Vec<String> =
            validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{about}\nbreaks the contract: {errors:#?}");
    }
}

/// Forbids every field that an object's schema does not name.
fn name_every_field(schema: &mut Value) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema["additionalProperties"] = json!(false);
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(keyword).filter(|inner| inner.is_object()) {
            name_every_field(inner);
        }
    }
    for property in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        name_every_field(property.1);
    }
}

fn is_of_template(path: &str, template: &str) -> bool {
    let (given, named): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
    given.len() == named.len()
        && given.iter().zip(named).all(|(given, named)| named.starts_with('{') || *given == named)
}

#[track_caller]
fn check_headers(answer: &Answer, path: &str, about: &str) {
    assert!(!answer.header("x-request-id").is_empty(), "{about}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{about}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{about}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{about}");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{about}");
    assert!(answer.headers.get("server").is_none(), "{about}");
    let is_secret = |surface: &str| path.starts_with(surface);
    if ["/v1/carts", "/v1/checkouts", "/v1/orders", "/v1/admin"].into_iter().any(is_secret) {
        assert_eq!(answer.header("cache-control"), "no-store", "{about}");
    }
}

/// A problem document is of its own status, explains itself on a page, and names no secret.
#[track_caller]
fn check_problem(answer: &Answer, about: &str) {
    let code = answer.text("/code");
    assert!(Code::ALL.iter().any(|known| known.as_str() == code), "{about}");
    assert_eq!(answer.text("/type"), format!("/docs/errors/{code}"), "{about}");
    assert_eq!(answer.at("/status"), answer.status.as_u16(), "{about}");
    assert_eq!(
        answer.text("/instance"),
        format!("urn:sellonce:request:{}", answer.text("/request_id")),
        "{about}"
    );
    if !answer.is_replayed() {
        assert_eq!(answer.text("/request_id"), answer.header("x-request-id"), "{about}");
    }
    if matches!(answer.status.as_u16(), 429 | 503) || code == "completion_in_progress" {
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1, "{about}");
    }
}
