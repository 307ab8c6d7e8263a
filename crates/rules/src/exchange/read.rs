//! Decides how foreign files become rules again: ours by their marks, others by what can be told of them.
//! What had to be guessed is said with the rule, so that a person looks at it.

use std::path::{Path, PathBuf};

use crate::error::{Error, read_if_there};
use crate::exchange::Format;
use crate::exchange::marker::{self, Part};
use crate::front_matter::{self, Document, Value};
use crate::glob;
use crate::pack::Files;
use crate::rule::{Activation, IMPERATIVE_CHARACTERS_MAX, Rule, Severity, TITLE_CHARACTERS_MAX, Version};

/// Where an imported rule comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It was exported by us and came back.
    Ours,
    /// Somebody else wrote it; these guesses want a look.
    Foreign(Vec<String>),
}

/// A rule, and the file it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The rule.
    pub rule: Rule,
    /// Its file.
    pub path: String,
    /// Ours or somebody else's.
    pub source: Source,
}

/// The places in which a format keeps its rules.
pub(crate) fn places(format: Format) -> &'static [&'static str] {
    match format {
        Format::Pack => &[""],
        Format::Rulesync => &[".rulesync/rules"],
        Format::RulesyncSource => &["rules"],
        Format::Ruler => &[".ruler"],
        Format::AgentsMd => &["AGENTS.md"],
        Format::Claude => &["CLAUDE.md", ".claude/CLAUDE.md", ".claude/rules"],
        Format::Cursor => &[".cursor/rules"],
        Format::Copilot => &[".github/copilot-instructions.md", ".github/instructions"],
    }
}

/// Reads a format's files below a folder.
pub(crate) fn collect(root: &Path, format: Format) -> Result<Files, Error> {
    let mut files = Files::new();
    for place in places(format) {
        let path = root.join(place);
        if path.is_dir() {
            walk(root, &path, &mut files)?;
        } else if let Some(text) = read_if_there(&path)? {
            files.insert((*place).to_owned(), text);
        }
    }
    let suffix = match format {
        Format::Cursor => ".mdc",
        Format::Pack => "RULE.md",
        Format::Rulesync
        | Format::RulesyncSource
        | Format::Ruler
        | Format::AgentsMd
        | Format::Claude
        | Format::Copilot => ".md",
    };
    files.retain(|name, _| name.ends_with(suffix) && !name.contains("/skills/"));
    Ok(files)
}

fn walk(root: &Path, folder: &Path, files: &mut Files) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| Error::io(folder, error))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.is_symlink() {
            walk(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "md" || extension == "mdc")
            && let Some(text) = read_if_there(&path)?
        {
            let name = path.strip_prefix(root).expect("the walk began at the root");
            files.insert(name.to_string_lossy().replace('\\', "/"), text);
        }
    }
    Ok(())
}

/// The rules of a format's files; foreign ones are numbered under `prefix`.
pub(crate) fn rules(format: Format, files: &Files, prefix: &str) -> Result<Vec<Imported>, Error> {
    let mut imported = Vec::new();
    let mut foreign = 0;
    for (name, text) in files {
        let path = Path::new(name);
        if format == Format::Pack {
            imported.push(Imported {
                rule: Rule::parse(path, text)?,
                path: name.clone(),
                source: Source::Ours,
            });
            continue;
        }
        let document = front_matter::parse(text)
            .map_err(|refusal| Error::source(path, refusal.line, refusal.message))?;
        let told = Told::read(format, &document);
        let parts = marker::split(&document.body)
            .map_err(|(line, message)| Error::source(path, document.body_line + line - 1, message))?;
        for part in parts {
            match part {
                Part::Marked(rule) => {
                    imported.push(Imported {
                        rule: told.correct(*rule)?,
                        path: name.clone(),
                        source: Source::Ours,
                    });
                }
                Part::Plain(text) => {
                    for section in sections(&without_managed_blocks(&text), document.has_front_matter) {
                        foreign += 1;
                        let id = format!("{prefix}{foreign:03}");
                        if !crate::rule::is_id(&id) {
                            return Err(Error::Usage(format!(
                                "`{id}` is no rule id; choose a prefix of 3 to 6 capitals"
                            )));
                        }
                        imported.push(guess(id, name, &section, &told));
                    }
                }
            }
        }
    }
    Ok(imported)
}

/// What the front matter of a foreign file says.
struct Told {
    description: Option<String>,
    globs: Vec<String>,
    activation: Activation,
    dropped: Vec<String>,
}

impl Told {
    fn read(format: Format, document: &Document) -> Self {
        let key = match format {
            Format::Claude => "paths",
            Format::Copilot => "applyTo",
            Format::Pack
            | Format::Rulesync
            | Format::RulesyncSource
            | Format::Ruler
            | Format::AgentsMd
            | Format::Cursor => "globs",
        };
        let globs = match document.value(key) {
            Some(Value::List(items)) => items.iter().flat_map(|item| glob::split(item)).collect(),
            Some(Value::Text(text)) => glob::split(text),
            Some(Value::Map(_)) | None => Vec::new(),
        };
        let everywhere = globs.iter().any(|glob| glob == "**" || glob == "**/*");
        let flag = |key: &str| document.text(key) == Some("true");
        let has_modes = matches!(format, Format::Cursor | Format::Rulesync | Format::RulesyncSource);
        let activation = if format == Format::Cursor && flag("alwaysApply") {
            Activation::Always
        } else if has_modes && document.has_front_matter && globs.is_empty() && !flag("root") {
            Activation::OnDemand
        } else if flag("root") || everywhere || globs.is_empty() {
            Activation::Always
        } else {
            Activation::Paths
        };
        let known = [key, "description", "alwaysApply", "root", "targets", "name"];
        let dropped =
            document.entries.iter().map(|entry| &entry.key).filter(|key| !known.contains(&key.as_str()));
        Self {
            description: document.text("description").map(str::to_owned),
            globs,
            activation,
            dropped: dropped.cloned().collect(),
        }
    }

    /// A person may have changed the globs of a rule of ours: what is visible wins, unless it says the same.
    fn correct(&self, rule: Rule) -> Result<Rule, Error> {
        if self.activation != Activation::Paths {
            return Ok(rule);
        }
        let same = match (glob::expand_all(&self.globs), glob::expand_all(&rule.scope)) {
            (Ok(visible), Ok(marked)) => visible == marked,
            (Err(message), _) | (_, Err(message)) => {
                return Err(Error::Usage(format!("{}: {message}", rule.id)));
            }
        };
        if same && rule.activation == Activation::Paths {
            return Ok(rule);
        }
        Ok(Rule { scope: self.globs.clone(), activation: Activation::Paths, ..rule })
    }
}

/// What `sync` wrote is delivered text, not a source.
fn without_managed_blocks(text: &str) -> String {
    let mut inside = false;
    let mut rest = String::new();
    for line in text.lines() {
        inside |= line.starts_with("<!-- sellonce:begin");
        if !inside {
            rest.push_str(line);
            rest.push('\n');
        }
        inside &= !line.starts_with("<!-- sellonce:end");
    }
    rest
}

/// A file with front matter is one rule; one without is split at its second-level headings.
fn sections(text: &str, whole: bool) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if !whole && !fenced && line.starts_with("## ") {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push_str(line);
            section.push('\n');
        }
    }
    let says_something =
        |section: &String| section.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#'));
    sections.into_iter().filter(says_something).collect()
}

fn guess(id: String, path: &str, text: &str, told: &Told) -> Imported {
    let mut guesses = vec!["the imperative line is the beginning of the text".to_owned()];
    let prose = outside_code(text);
    let heading =
        prose.iter().find(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let stem = path.rsplit('/').next().unwrap_or(path).split('.').next().unwrap_or(path);
    let title = told.description.as_deref().or(heading).filter(|title| !title.is_empty()).unwrap_or(stem);
    let says = |line: &&&str| !line.trim().is_empty() && !line.starts_with(['#', '<', '`']);
    let sentence = prose.iter().find(says).copied().unwrap_or(title);
    if !told.dropped.is_empty() {
        guesses.push(format!("not taken over: {}", told.dropped.join(", ")));
    }
    let (scope, activation) = match glob::expand_all(&told.globs) {
        Ok(_) => (told.globs.clone(), told.activation),
        Err(message) => {
            guesses.push(format!("its scope cannot be read ({message}), so it is always loaded"));
            (Vec::new(), Activation::Always)
        }
    };
    let scope = if activation == Activation::Paths { scope } else { Vec::new() };
    let rule = Rule {
        id,
        version: Version { major: 0, minor: 1, patch: 0 },
        title: shorten(title, TITLE_CHARACTERS_MAX),
        imperative: shorten(sentence.trim_start_matches(['-', '*', ' ']), IMPERATIVE_CHARACTERS_MAX),
        severity: Severity::Note,
        scope,
        activation,
        related: Vec::new(),
        references: Vec::new(),
        body: format!("## Do\n\n{}", demoted(text)),
    };
    Imported { rule, path: path.to_owned(), source: Source::Foreign(guesses) }
}

/// The lines outside code: what looks like a heading inside is a comment of a shell.
fn outside_code(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let is_prose = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    };
    text.lines().filter(is_prose).collect()
}

fn shorten(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let cut: String = text.chars().take(most - 1).collect();
    format!("{}…", cut.rsplit_once(' ').map_or(cut.as_str(), |(kept, _)| kept))
}

/// Headings below `## Do`, outside code.
fn demoted(text: &str) -> String {
    let mut fenced = false;
    let lines = text.trim().lines().map(|line| {
        fenced ^= line.trim_start().starts_with("```");
        if !fenced && line.starts_with('#') { format!("##{line}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}
