//! Decides how a rule is marked in a foreign file, so that nothing of it is lost on the way: a comment with what the format
//! has no field for, the text as people read it, and a closing comment.

use serde::{Deserialize, Serialize};

use crate::rule::{Activation, Rule, Severity, Version};

const BEGIN: &str = "<!-- sellonce-rule ";
const END: &str = "<!-- sellonce-rule end -->";

/// What travels in the comment.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    id: String,
    version: Version,
    title: String,
    imperative: String,
    severity: Severity,
    scope: Vec<String>,
    activation: Activation,
    related: Vec<String>,
    references: Vec<String>,
}

/// A part of a foreign file: a marked rule, or something that others wrote.
pub(crate) enum Part {
    /// A rule of ours.
    Marked(Box<Rule>),
    /// Anything else.
    Plain(String),
}

/// Writes a rule with its marks; `extra` is a paragraph for readers of formats without scopes.
pub(crate) fn wrap(rule: &Rule, extra: &str) -> String {
    let marker = Marker {
        id: rule.id.clone(),
        version: rule.version,
        title: rule.title.clone(),
        imperative: rule.imperative.clone(),
        severity: rule.severity,
        scope: rule.scope.clone(),
        activation: rule.activation,
        related: rule.related.clone(),
        references: rule.references.clone(),
    };
    // `>` could end the comment; JSON has another way to write it.
    let json = serde_json::to_string(&marker).expect("a marker is plain data").replace('>', "\\u003e");
    let extra = if extra.is_empty() { String::new() } else { format!("{extra}\n\n") };
    format!(
        "{BEGIN}{json} -->\n\n# {}: {}\n\n**{}**\n\n{extra}{}\n\n{END}\n",
        rule.id, rule.title, rule.imperative, rule.body
    )
}

/// Takes a text apart; a broken mark is an error with its line.
pub(crate) fn split(text: &str) -> Result<Vec<Part>, (usize, String)> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(json) = line.strip_prefix(BEGIN).filter(|_| line != END) else {
            plain.push_str(line);
            plain.push('\n');
            continue;
        };
        let json =
            json.strip_suffix(" -->").ok_or_else(|| (number + 1, "the rule's mark has no end".to_owned()))?;
        let marker: Marker =
            serde_json::from_str(json).map_err(|error| (number + 1, format!("the rule's mark: {error}")))?;
        let mut body = Vec::new();
        let mut closed = false;
        for (_, line) in lines.by_ref() {
            if line == END {
                closed = true;
                break;
            }
            body.push(line);
        }
        if !closed {
            return Err((number + 1, format!("the text of {} has no `{END}`", marker.id)));
        }
        parts.push(Part::Plain(std::mem::take(&mut plain)));
        parts.push(Part::Marked(Box::new(unwrap_rule(marker, &body))));
    }
    parts.push(Part::Plain(plain));
    parts.retain(|part| !matches!(part, Part::Plain(text) if text.trim().is_empty()));
    Ok(parts)
}

/// The visible line wins over the mark: a person may have changed it.
fn unwrap_rule(marker: Marker, lines: &[&str]) -> Rule {
    let visible =
        lines.iter().find_map(|line| line.strip_prefix("**").and_then(|line| line.strip_suffix("**")));
    let start = lines.iter().position(|line| line.starts_with("## ")).unwrap_or(lines.len());
    Rule {
        id: marker.id,
        version: marker.version,
        title: marker.title,
        imperative: visible.map_or(marker.imperative, str::to_owned),
        severity: marker.severity,
        scope: marker.scope,
        activation: marker.activation,
        related: marker.related,
        references: marker.references,
        body: lines[start..].join("\n").trim().to_owned(),
    }
}
