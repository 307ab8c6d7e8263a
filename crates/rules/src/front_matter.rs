//! Decides how the block between two `---` lines at the top of a Markdown file is read, line by line.
//! It reads what assistants accept, which is not always YAML (`globs: **/*.ts` is none), and refuses the rest with its
//! line instead of dropping it. Leaves the meaning of the keys to its callers.

/// One key of a front matter with its line in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key as written.
    pub key: String,
    /// What stands after the colon, or below it.
    pub value: Value,
    /// The line in the file, counted from 1.
    pub line: usize,
}

/// A value of a front matter; numbers and flags stay text, their reader knows what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One scalar.
    Text(String),
    /// A list of scalars.
    List(Vec<String>),
    /// Keys below a key.
    Map(Vec<Entry>),
}

/// A Markdown file taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The front matter's keys, in their order; empty if there is none.
    pub entries: Vec<Entry>,
    /// Everything after the front matter.
    pub body: String,
    /// The line on which the body begins.
    pub body_line: usize,
    /// Whether there was a front matter at all.
    pub has_front_matter: bool,
}

/// What cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The line in the file, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Document {
    /// The text of a scalar key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.entries.iter().find(|entry| entry.key == key).and_then(|entry| match &entry.value {
            Value::Text(text) => Some(text.as_str()),
            Value::List(_) | Value::Map(_) => None,
        })
    }

    /// A key's value.
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }
}

/// Takes a Markdown file apart.
pub fn parse(text: &str) -> Result<Document, Refusal> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut lines = text.split('\n');
    if lines.next().map(str::trim_end) != Some("---") {
        return Ok(Document { entries: Vec::new(), body: text, body_line: 1, has_front_matter: false });
    }
    let mut block = Vec::new();
    let mut closed = false;
    for (index, line) in lines.by_ref().enumerate() {
        if line.trim_end() == "---" {
            closed = true;
            break;
        }
        block.push(Line { number: index + 2, text: line });
    }
    if !closed {
        return Err(Refusal { line: 1, message: "the front matter has no closing `---`".to_owned() });
    }
    let body_line = block.len() + 3;
    let body = lines.collect::<Vec<_>>().join("\n");
    let mut reader = Reader { lines: block, at: 0 };
    let entries = reader.map(0)?;
    match reader.peek() {
        Some(line) => Err(refuse(line.number, "this line belongs to no key")),
        None => Ok(Document { entries, body, body_line, has_front_matter: true }),
    }
}

#[derive(Clone, Copy)]
struct Line<'text> {
    number: usize,
    text: &'text str,
}

impl Line<'_> {
    fn indent(self) -> usize {
        self.text.len() - self.text.trim_start_matches(' ').len()
    }
}

struct Reader<'text> {
    lines: Vec<Line<'text>>,
    at: usize,
}

fn refuse(line: usize, message: impl Into<String>) -> Refusal {
    Refusal { line, message: message.into() }
}

impl<'text> Reader<'text> {
    /// The next line that says something.
    fn peek(&mut self) -> Option<Line<'text>> {
        while let Some(line) = self.lines.get(self.at) {
            let trimmed = line.text.trim();
            if !trimmed.is_empty() && !trimmed.starts_with('#') {
                return Some(*line);
            }
            self.at += 1;
        }
        None
    }

    fn map(&mut self, indent: usize) -> Result<Vec<Entry>, Refusal> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some(line) = self.peek() {
            if line.indent() < indent {
                break;
            }
            if line.text.contains('\t')
                && line.text.trim_start().len() != line.text.trim_start_matches(' ').len()
            {
                return Err(refuse(line.number, "indented with a tab; use spaces"));
            }
            if line.indent() > indent {
                return Err(refuse(line.number, "indented deeper than the key above allows"));
            }
            let content = line.text.trim();
            let Some((key, rest)) = split_key(content) else {
                return Err(refuse(line.number, format!("expected `key: value`, found `{content}`")));
            };
            if entries.iter().any(|entry| entry.key == key) {
                return Err(refuse(line.number, format!("the key `{key}` stands here twice")));
            }
            self.at += 1;
            let value = self.value(rest, indent, line.number)?;
            entries.push(Entry { key, value, line: line.number });
        }
        Ok(entries)
    }

    fn value(&mut self, rest: &str, indent: usize, line: usize) -> Result<Value, Refusal> {
        if rest.starts_with('[') {
            return self.flow_list(rest, line);
        }
        if rest.starts_with('|') || rest.starts_with('>') {
            return Ok(Value::Text(self.block_text(indent, rest.starts_with('>'))));
        }
        if rest == "{}" {
            return Ok(Value::Map(Vec::new()));
        }
        if rest.starts_with('{') && rest.ends_with('}') && rest.contains(':') {
            return Err(refuse(line, "inline maps are not read; put each key on its own line"));
        }
        if !rest.is_empty() && !rest.starts_with('#') {
            return scalar(rest, line).map(Value::Text);
        }
        match self.peek() {
            Some(next) if next.text.trim_start().starts_with("- ") && next.indent() >= indent => {
                self.block_list(next.indent())
            }
            Some(next) if next.indent() > indent => self.map(next.indent()).map(Value::Map),
            Some(_) | None => Ok(Value::Text(String::new())),
        }
    }

    fn block_list(&mut self, indent: usize) -> Result<Value, Refusal> {
        let mut items = Vec::new();
        while let Some(line) = self.peek() {
            let Some(item) = line.text.trim().strip_prefix("- ").filter(|_| line.indent() == indent) else {
                break;
            };
            let item = item.trim();
            if item.starts_with(['[', '{']) && item.ends_with([']', '}']) && item.contains(": ") {
                return Err(refuse(line.number, "lists hold plain values only"));
            }
            items.push(scalar(item, line.number)?);
            self.at += 1;
        }
        Ok(Value::List(items))
    }

    fn flow_list(&mut self, rest: &str, line: usize) -> Result<Value, Refusal> {
        let mut text = rest.to_owned();
        while !is_closed(&text) {
            let Some(next) = self.lines.get(self.at) else {
                return Err(refuse(line, "the list has no closing `]`"));
            };
            text.push(' ');
            text.push_str(next.text.trim());
            self.at += 1;
        }
        split_flow(&text, line).map(Value::List)
    }

    fn block_text(&mut self, indent: usize, folded: bool) -> String {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.get(self.at) {
            if !line.text.trim().is_empty() && line.indent() <= indent {
                break;
            }
            lines.push(line.text.trim());
            self.at += 1;
        }
        lines.join(if folded { " " } else { "\n" }).trim().to_owned()
    }
}

fn split_key(content: &str) -> Option<(String, &str)> {
    let (key, rest) = match content.split_once(": ") {
        Some(parts) => parts,
        None => (content.strip_suffix(':')?, ""),
    };
    let key = key.trim().trim_matches('"').trim_matches('\'');
    let plain =
        !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter));
    plain.then(|| (key.to_owned(), rest.trim()))
}

/// A plain, single- or double-quoted scalar without its quotes and its trailing comment.
fn scalar(text: &str, line: usize) -> Result<String, Refusal> {
    let unterminated = || refuse(line, "the quoted text has no closing quote");
    if let Some(rest) = text.strip_prefix('"') {
        let end = closing_quote(rest).ok_or_else(unterminated)?;
        let quoted = format!("\"{}\"", &rest[..end]);
        return serde_json::from_str(&quoted)
            .map_err(|_| refuse(line, "the quoted text has an unknown escape"));
    }
    if let Some(rest) = text.strip_prefix('\'') {
        let mut value = String::new();
        let mut letters = rest.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\'' if letters.peek() == Some(&'\'') => {
                    letters.next();
                    value.push('\'');
                }
                '\'' => return Ok(value),
                _ => value.push(letter),
            }
        }
        return Err(unterminated());
    }
    Ok(text.split(" #").next().unwrap_or(text).trim().to_owned())
}

fn closing_quote(rest: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, letter) in rest.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(index),
            _ => {}
        }
    }
    None
}

fn is_closed(text: &str) -> bool {
    let text = text.trim_end();
    text.ends_with(']') || text.split(" #").next().is_some_and(|value| value.trim_end().ends_with(']'))
}

/// Splits `[a, "b,c", {d,e}]` at the commas that stand outside quotes and braces.
fn split_flow(text: &str, line: usize) -> Result<Vec<String>, Refusal> {
    let end = text.rfind(']').ok_or_else(|| refuse(line, "the list has no closing `]`"))?;
    let mut items = Vec::new();
    let mut item = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    for letter in text[1..end].chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '"' | '\'') => quote = Some(letter),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            (Some(_) | None, _) => {}
        }
        item.push(letter);
    }
    items.push(item);
    items
        .iter()
        .map(|item| item.trim())
        .filter(|item| !item.is_empty())
        .map(|item| scalar(item, line))
        .collect()
}
