//! Decides the words an assistant gets: the always-loaded lines, the front matter above them, the skills.
//! Pure; leaves to `plan` which rule goes where.

use std::fmt::Write;

use crate::pack::{Pack, Skill};
use crate::rule::{Rule, quoted};
use crate::sync::target::{GlobStyle, Scoped, Target};

/// The line below the front matter of every file that is wholly ours.
pub(crate) const OWNED_NOTE: &str =
    "<!-- Written by `sellonce rules sync`; change sellonce.toml instead of this file. -->";

/// A rule's line and, where a scope could not be kept, the files it is meant for.
pub(crate) struct Line<'pack> {
    pub(crate) rule: &'pack Rule,
    pub(crate) only_for: Option<String>,
}

/// The always-loaded text of one pack for one assistant: a line per rule, and where to read on.
pub(crate) fn index(target: &Target, pack: &Pack, lines: &[Line<'_>], heading: &str) -> String {
    let mut text = format!("{heading} {}\n\n{}\n\n", pack.title, pack.applies);
    for line in lines {
        let only_for = line.only_for.as_ref().map(|globs| format!(" (for {globs})")).unwrap_or_default();
        writeln!(text, "- **{}** {}{only_for}", line.rule.id, line.rule.imperative)
            .expect("a string takes everything");
    }
    text.push_str(
        "\nReasons, examples, exceptions and templates: read the skill before you write such code.\n\n",
    );
    for skill in &pack.skills {
        let mut ids =
            skill.rules.iter().filter(|id| lines.iter().any(|line| line.rule.id == **id)).peekable();
        if ids.peek().is_some() {
            let ids: Vec<&str> = ids.map(String::as_str).collect();
            let path = skill_path(target, skill);
            writeln!(text, "- `{path}`: {}", ids.join(", ")).expect("a string takes everything");
        }
    }
    text
}

/// Where a skill's SKILL.md lies for an assistant.
pub(crate) fn skill_path(target: &Target, skill: &Skill) -> String {
    format!("{}/SKILL.md", target.skill.folder.replace("{skill}", &skill.name))
}

/// A file that is wholly ours: front matter in the first bytes, then the note, then the text.
pub(crate) fn owned(front_matter: &str, text: &str) -> String {
    if front_matter.is_empty() {
        return format!("{OWNED_NOTE}\n\n{text}");
    }
    format!("{}\n\n{OWNED_NOTE}\n\n{text}", front_matter.trim())
}

/// The front matter of a scoped file, or why its globs cannot be written for this assistant.
pub(crate) fn scoped_front_matter(
    scoped: &Scoped,
    description: &str,
    globs: &[String],
) -> Result<String, String> {
    let globs = if scoped.braces { globs.to_vec() } else { crate::glob::expand_all(globs)? };
    let globs: Vec<String> = globs.iter().map(|glob| glob.trim_start_matches('/').to_owned()).collect();
    if scoped.globs != GlobStyle::List
        && let Some(glob) = globs.iter().find(|glob| glob.contains([',', '"', '\n']))
    {
        return Err(format!("`{glob}` would be split at its comma"));
    }
    let written = match scoped.globs {
        GlobStyle::List => globs.iter().map(|glob| format!("\n  - {}", quoted(glob))).collect(),
        GlobStyle::Comma => globs.join(","),
        GlobStyle::QuotedComma => quoted(&globs.join(",")),
        GlobStyle::SpacedComma => globs.join(", "),
    };
    Ok(scoped.front_matter.replace("{description}", &quoted(description)).replace("{globs}", &written))
}

/// A SKILL.md: everything there is to say about the rules of one skill.
pub(crate) fn skill(pack: &Pack, skill: &Skill, rules: &[&Rule], assets: &[String]) -> String {
    let mut text = format!(
        "---\nname: {}\ndescription: {}\n---\n\n{OWNED_NOTE}\n\n# {}: {}\n",
        skill.name,
        quoted(&skill.description),
        pack.title,
        rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", "),
    );
    if !assets.is_empty() {
        text.push_str("\nTemplates to adapt:\n\n");
        for asset in assets {
            writeln!(text, "- [{asset}]({asset})").expect("a string takes everything");
        }
    }
    for rule in rules {
        let body = rule.body.replace("\n## ", "\n### ");
        let body = body.strip_prefix("## ").map_or(body.clone(), |rest| format!("### {rest}"));
        write!(text, "\n## {}: {}\n\n**{}**\n\n{body}\n", rule.id, rule.title, rule.imperative)
            .expect("a string takes everything");
        if !rule.references.is_empty() {
            text.push_str("\n### References\n\n");
            for reference in &rule.references {
                writeln!(text, "- {reference}").expect("a string takes everything");
            }
        }
    }
    text
}
