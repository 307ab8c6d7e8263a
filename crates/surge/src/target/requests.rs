//! Requests of a target file, ready to be filled in.
//!
//! Decides where each text of a request is put, and that a request which sends the idempotency key says so.

use crate::dialect::Request;

use super::template::{Place, Template};

/// A request whose texts have been read.
#[derive(Clone, Debug)]
pub(super) struct CallRequest {
    pub(super) method: String,
    pub(super) path: Template,
    pub(super) headers: Vec<(String, Template)>,
    pub(super) body: Option<Template>,
}

/// The request of a buyer's step.
#[derive(Clone, Debug)]
pub(super) struct StepRequest {
    pub(super) call: CallRequest,
    /// What `{{lines}}` is made of.
    pub(super) line: Option<Template>,
}

impl CallRequest {
    /// Fills it in; `Err` is a name that stands for nothing.
    pub(super) fn fill(&self, value: impl Fn(&str) -> Option<String>) -> Result<Request, String> {
        let header = |(name, text): &(String, Template)| {
            Ok((name.to_ascii_lowercase(), text.fill(Place::Plain, &value)?))
        };
        let body = self.body.as_ref().map(|body| body.fill(self.body_place(), &value)).transpose()?;
        Ok(Request {
            method: self.method.clone(),
            path: self.path.fill(Place::Path, &value)?,
            headers: self.headers.iter().map(header).collect::<Result<_, String>>()?,
            body: body.unwrap_or_default().into_bytes(),
            key: if self.has("key") { value("key") } else { None },
        })
    }

    fn body_place(&self) -> Place {
        let is_json = self.headers.iter().any(|(name, text)| {
            name.eq_ignore_ascii_case("content-type")
                && text.fill(Place::Plain, |_| Some(String::new())).is_ok_and(|kind| kind.contains("json"))
        });
        if is_json { Place::Json } else { Place::Plain }
    }

    pub(super) fn is_json(&self) -> bool {
        self.body.is_some() && self.body_place() == Place::Json
    }

    fn has(&self, name: &str) -> bool {
        self.templates().any(|template| template.has(name))
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        let headers = self.headers.iter().map(|(_, text)| text);
        std::iter::once(&self.path).chain(headers).chain(self.body.as_ref())
    }
}
