//! Decides how a rule looks in each foreign format: file name, front matter, and the sentence that stands in for a scope.

use crate::error::Error;
use crate::exchange::{Format, marker};
use crate::glob;
use crate::library::Library;
use crate::pack::Files;
use crate::rule::{Activation, Rule, quoted};
use crate::sync::skill_text;

/// The files of a format.
pub(crate) fn files(format: Format, rules: &[Rule]) -> Result<Files, Error> {
    let mut files = Files::new();
    for (index, rule) in rules.iter().enumerate() {
        let slug = format!("{}-{}", rule.id.to_lowercase(), slug(&rule.title));
        let (path, front) = match format {
            Format::Pack => (format!("{}-{}/RULE.md", rule.id, self::slug(&rule.title)), String::new()),
            Format::Rulesync => (format!(".rulesync/rules/{slug}.md"), rulesync(rule)),
            Format::RulesyncSource => (format!("rules/{slug}.md"), rulesync(rule)),
            Format::Ruler => (format!(".ruler/{:02}-{slug}.md", index + 1), String::new()),
            Format::AgentsMd => ("AGENTS.md".to_owned(), String::new()),
            Format::Claude => (format!(".claude/rules/{slug}.md"), claude(rule)),
            Format::Cursor => (format!(".cursor/rules/{slug}.mdc"), cursor(rule)?),
            Format::Copilot => (format!(".github/instructions/{slug}.instructions.md"), copilot(rule)?),
        };
        let text = match format {
            Format::Pack => rule.to_markdown(),
            Format::Ruler | Format::AgentsMd => marker::wrap(rule, &scope_sentence(rule)),
            Format::Rulesync | Format::RulesyncSource | Format::Claude | Format::Cursor | Format::Copilot => {
                format!("{front}{}", marker::wrap(rule, ""))
            }
        };
        let file = files.entry(path).or_default();
        if !file.is_empty() {
            file.push('\n');
        }
        file.push_str(&text);
    }
    Ok(files)
}

/// The skills that go along, where the format has a place for them.
pub(crate) fn skills(format: Format, library: &Library) -> Files {
    let folder = match format {
        Format::Rulesync => ".rulesync/skills",
        Format::RulesyncSource => "skills",
        Format::Ruler => ".ruler/skills",
        Format::Pack | Format::AgentsMd | Format::Claude | Format::Cursor | Format::Copilot => {
            return Files::new();
        }
    };
    let packs = library.packs.iter();
    packs
        .flat_map(|pack| pack.skills.iter().map(move |skill| (pack, skill)))
        .map(|(pack, skill)| (format!("{folder}/{}/SKILL.md", skill.name), skill_text(pack, skill)))
        .collect()
}

/// Words of a title for a file's name.
pub(crate) fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(6)
        .collect();
    if words.is_empty() { "rule".to_owned() } else { words.join("-") }
}

fn list(items: &[String]) -> String {
    if items.is_empty() {
        return " []".to_owned();
    }
    items.iter().map(|item| format!("\n  - {}", quoted(item))).collect()
}

fn rulesync(rule: &Rule) -> String {
    let globs = match rule.activation {
        Activation::Always => vec!["**/*".to_owned()],
        // rulesync 17 writes braces where Cursor, Copilot and others split at commas: it gets none.
        Activation::Paths => glob::expand_all(&rule.scope).unwrap_or_else(|_| rule.scope.clone()),
        Activation::OnDemand => Vec::new(),
    };
    let always = rule.activation == Activation::Always;
    format!(
        "---\nroot: false\ntargets: [\"*\"]\ndescription: {}\nglobs:{}\ncursor:\n  alwaysApply: {always}\n  description: {}\n---\n\n",
        quoted(&rule.title),
        list(&globs),
        quoted(&rule.title),
    )
}

fn claude(rule: &Rule) -> String {
    match rule.activation {
        Activation::Paths => format!("---\npaths:{}\n---\n\n", list(&rule.scope)),
        Activation::Always | Activation::OnDemand => String::new(),
    }
}

fn cursor(rule: &Rule) -> Result<String, Error> {
    let globs = match rule.activation {
        Activation::Paths => format!("globs: {}\n", expanded(rule)?.join(",")),
        Activation::Always | Activation::OnDemand => String::new(),
    };
    let always = rule.activation == Activation::Always;
    Ok(format!("---\ndescription: {}\n{globs}alwaysApply: {always}\n---\n\n", quoted(&rule.title)))
}

fn copilot(rule: &Rule) -> Result<String, Error> {
    let globs = match rule.activation {
        Activation::Paths => expanded(rule)?.join(","),
        Activation::Always | Activation::OnDemand => "**".to_owned(),
    };
    Ok(format!("---\ndescription: {}\napplyTo: {}\n---\n\n", quoted(&rule.title), quoted(&globs)))
}

fn expanded(rule: &Rule) -> Result<Vec<String>, Error> {
    glob::expand_all(&rule.scope).map_err(|message| Error::Usage(format!("{}: {message}", rule.id)))
}

fn scope_sentence(rule: &Rule) -> String {
    match rule.activation {
        Activation::Paths => {
            let globs: Vec<String> = rule.scope.iter().map(|glob| format!("`{glob}`")).collect();
            format!("Applies to: {}", globs.join(", "))
        }
        Activation::Always | Activation::OnDemand => String::new(),
    }
}
