//! Reads the HTML that our own templates write: tags, attributes, forms. It is no parser for anybody else's.

use std::collections::BTreeMap;

/// A start tag.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The text up to the next tag.
    pub(crate) text: String,
}

/// A form, with the fields that a browser would send.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: BTreeMap<String, String>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// The start tags of a page in their order; end tags have a name that begins with `/`.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    for piece in html.split('<').skip(1) {
        let (inside, text) = split_tag(piece);
        let name: String = inside.chars().take_while(|letter| !letter.is_whitespace()).collect();
        let attributes = attributes(&inside[name.len()..]);
        tags.push(Tag { name: name.to_lowercase(), attributes, text: decoded(text) });
    }
    tags
}

/// A tag ends at the first `>` outside of quotes.
fn split_tag(piece: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, letter) in piece.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '>' if !quoted => return (&piece[..at], &piece[at + 1..]),
            _ => {}
        }
    }
    panic!("a tag is not closed: <{piece}");
}

fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or(rest.len());
        let name = rest[..end].to_lowercase();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("a quoted value ends");
            value = decoded(&quoted[..end]);
            rest = &quoted[end + 1..];
        }
        assert!(!rest.starts_with('='), "the value of `{name}` stands in quotes");
        assert!(attributes.insert(name, value).is_none(), "an attribute is given once: {text}");
        rest = rest.trim_start();
    }
    attributes
}

fn decoded(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

/// The forms of a page that are sent by POST.
pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    let mut select = String::new();
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" if tag.attribute("method") == "post" => {
                forms.push(Form { action: tag.attribute("action").to_owned(), fields: BTreeMap::new() });
                open = true;
            }
            "/form" => open = false,
            "select" => select = tag.attribute("name").to_owned(),
            _ => {}
        }
        let Some(form) = forms.last_mut().filter(|_| open) else { continue };
        let is_choice = tag.attribute("type") == "radio";
        let (name, value) = (tag.attribute("name").to_owned(), tag.attribute("value").to_owned());
        match tag.name.as_str() {
            "input" if !is_choice || tag.has("checked") => form.fields.insert(name, value),
            "option" if tag.has("selected") || !form.fields.contains_key(&select) => {
                form.fields.insert(select.clone(), value)
            }
            _ => None,
        };
    }
    forms
}
