//! The OpenAPI document, taken apart into what a page shows of it.
//!
//! Decides which words describe a type: `array of Line`, `text or null`. It reads only the document that our own routes
//! make, so what is missing there is empty here.

use serde_json::Value;

/// Everything that the page shows.
pub(super) struct Reference {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) surfaces: Vec<Surface>,
    pub(super) types: Vec<Type>,
}

/// Calls for one kind of client.
pub(super) struct Surface {
    pub(super) title: &'static str,
    pub(super) groups: Vec<Group>,
}

/// Calls about one thing.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
}

/// One operation.
pub(super) struct Call {
    pub(super) anchor: String,
    /// As `POST /v1/carts`.
    pub(super) signature: String,
    pub(super) summary: String,
    pub(super) text: String,
    /// What it takes: parameters and body.
    pub(super) fields: Vec<Field>,
    pub(super) answers: Vec<Outcome>,
}

/// One status of an operation.
pub(super) struct Outcome {
    pub(super) status: String,
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) codes: Vec<String>,
}

/// A named schema.
pub(super) struct Type {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) fields: Vec<Field>,
    pub(super) kind: Kind,
    pub(super) example: String,
}

/// A field of a type, or something that a call takes.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) place: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) text: String,
}

/// A type in words, with the named types in it.
#[derive(Default)]
pub(super) struct Kind(pub(super) Vec<Word>);

/// A part of a type's description.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) is_type: bool,
}

impl Reference {
    pub(super) fn of(document: &Value) -> Self {
        let info = &document["info"];
        let schemas = entries(&document["components"]["schemas"]);
        Self {
            title: text(&info["title"]),
            version: text(&info["version"]),
            paragraphs: text(&info["description"]).split("\n\n").map(prose).collect(),
            surfaces: surfaces(document),
            types: schemas.map(|(name, schema)| type_of(name, schema)).collect(),
        }
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.surfaces.iter().flat_map(|surface| &surface.groups).flat_map(|group| &group.calls)
    }
}

impl Call {
    pub(super) fn can_answer(&self, code: &str) -> bool {
        self.answers.iter().any(|answer| answer.codes.iter().any(|each| each == code))
    }
}

/// Plain text as HTML: escaped, and what stands between backticks as code.
pub(super) fn prose(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts = escaped.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        1 => format!("<code>{part}</code>"),
        _ => part.to_owned(),
    };
    parts.map(part).collect()
}

fn surfaces(document: &Value) -> Vec<Surface> {
    let mut surfaces = Vec::new();
    for (title, belongs) in [
        (
            "Store surface",
            (|path| path.starts_with("/v1/") && !path.starts_with("/v1/admin/")) as fn(&str) -> bool,
        ),
        ("Admin surface", |path| path.starts_with("/v1/admin/")),
        ("The server itself", |path| !path.starts_with("/v1/")),
    ] {
        let group = |tag: &Value| Group {
            name: text(&tag["name"]),
            text: prose(&text(&tag["description"])),
            calls: calls(document, tag["name"].as_str().unwrap_or_default(), belongs),
        };
        let groups = items(&document["tags"]).map(group).filter(|group| !group.calls.is_empty());
        surfaces.push(Surface { title, groups: groups.collect() });
    }
    surfaces
}

fn calls(document: &Value, tag: &str, belongs: fn(&str) -> bool) -> Vec<Call> {
    let mut calls = Vec::new();
    for (path, item) in entries(&document["paths"]).filter(|(path, _)| belongs(path)) {
        for (method, operation) in entries(item).filter(|(_, operation)| operation["tags"][0] == tag) {
            calls.push(call(method, path, operation));
        }
    }
    calls
}

fn call(method: &str, path: &str, operation: &Value) -> Call {
    let parameter = |parameter: &Value| Field {
        name: text(&parameter["name"]),
        place: match parameter["in"].as_str() {
            Some("path") => "path",
            Some("query") => "query",
            _ => "header",
        },
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        text: prose(&text(&parameter["description"])),
    };
    let mut fields: Vec<Field> = items(&operation["parameters"]).map(parameter).collect();
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !body.is_null() {
        let body = Field {
            name: "body".to_owned(),
            place: "JSON",
            kind: kind(body),
            required: true,
            text: String::new(),
        };
        fields.push(body);
    }
    Call {
        anchor: text(&operation["operationId"]),
        signature: format!("{} {path}", method.to_uppercase()),
        summary: prose(text(&operation["summary"]).trim_end_matches('.')),
        text: prose(&text(&operation["description"])),
        fields,
        answers: entries(&operation["responses"]).map(|(status, answer)| outcome(status, answer)).collect(),
    }
}

fn outcome(status: &str, answer: &Value) -> Outcome {
    let problem = &answer["content"]["application/problem+json"]["schema"];
    let codes = items(&problem["allOf"][1]["properties"]["code"]["enum"]).map(text).collect();
    Outcome {
        status: status.to_owned(),
        text: if problem.is_null() { prose(&text(&answer["description"])) } else { String::new() },
        kind: kind(&answer["content"]["application/json"]["schema"]),
        codes,
    }
}

fn type_of(name: &str, schema: &Value) -> Type {
    let required: Vec<&str> = items(&schema["required"]).filter_map(Value::as_str).collect();
    let field = |(name, field): (&str, &Value)| Field {
        name: name.to_owned(),
        place: "",
        kind: kind(field),
        required: required.contains(&name),
        text: prose(&text(&field["description"])),
    };
    let example = &schema["example"];
    Type {
        name: name.to_owned(),
        text: prose(&text(&schema["description"])),
        fields: entries(&schema["properties"]).map(field).collect(),
        kind: if schema["properties"].is_null() { kind(schema) } else { Kind::default() },
        example: if example.is_null() { String::new() } else { format!("{example:#}") },
    }
}

/// A schema in words.
fn kind(schema: &Value) -> Kind {
    let mut words = Vec::new();
    describe(schema, &mut words);
    Kind(words)
}

fn describe(schema: &Value, words: &mut Vec<Word>) {
    let say = |words: &mut Vec<Word>, text: &str| words.push(Word { text: text.to_owned(), is_type: false });
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return words.push(Word { text: name.to_owned(), is_type: true });
    }
    let choices: Vec<&Value> = items(&schema["oneOf"]).collect();
    if !choices.is_empty() {
        // "or null" comes last, whatever the document's order.
        let (nulls, others): (Vec<&Value>, Vec<&Value>) =
            choices.into_iter().partition(|choice| choice["type"] == "null");
        for (index, choice) in others.into_iter().chain(nulls).enumerate() {
            if index > 0 {
                say(words, " or ");
            }
            describe(choice, words);
        }
        return;
    }
    let values: Vec<&str> = items(&schema["enum"]).filter_map(Value::as_str).collect();
    if !values.is_empty() {
        return say(words, &values.join(", "));
    }
    // One type, or several.
    let types = schema["type"].as_str().into_iter().chain(items(&schema["type"]).filter_map(Value::as_str));
    for (index, name) in types.enumerate() {
        if index > 0 {
            say(words, " or ");
        }
        match name {
            "array" => {
                say(words, "array of ");
                describe(&schema["items"], words);
            }
            "string" if schema["format"] == "date-time" => say(words, "time"),
            "string" => say(words, "text"),
            other => say(words, other),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}
