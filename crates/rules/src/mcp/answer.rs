//! Decides what the tools, resources and prompts of `rules mcp` answer. Everything is read-only, and a wrong argument gets a
//! sentence that says what would be right.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::check::{self, Vocabulary};
use crate::config::Config;
use crate::error::Error;
use crate::library::{Found, Library};
use crate::rule::{Activation, Rule};

/// What an assistant is told when it connects.
pub const INSTRUCTIONS: &str = "Rules for code that touches stock, prices, payments, checkouts and orders. Before writing such code call rules_for_paths; after it, check_code.";

/// The largest text that `check_code` takes.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// One tool: its name, what it is for, and its arguments.
pub struct Tool {
    /// The name by which it is called.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its arguments: name, description, whether it is a list.
    arguments: &'static [(&'static str, &'static str, bool)],
    required: &'static [&'static str],
}

impl Tool {
    /// The JSON schema of the arguments.
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> = self
            .arguments
            .iter()
            .map(|(name, description, is_list)| {
                let kind = if *is_list {
                    json!({ "type": "array", "items": { "type": "string" }, "description": description })
                } else {
                    json!({ "type": "string", "description": description })
                };
                ((*name).to_owned(), kind)
            })
            .collect();
        json!({ "type": "object", "properties": properties, "required": self.required })
    }
}

/// The tools; few and small, because their text is in every conversation.
pub const TOOLS: [Tool; 5] = [
    Tool {
        name: "rules_for_paths",
        description: "The rules that hold for files, one line each. Call before writing commerce code.",
        arguments: &[("paths", "Paths from the repository's root", true)],
        required: &["paths"],
    },
    Tool {
        name: "get_rule",
        description: "A rule in full: why, do, don't, exceptions.",
        arguments: &[("id", "Rule id, e.g. INV001", false)],
        required: &["id"],
    },
    Tool {
        name: "get_template",
        description: "Working code that keeps a rule, for a stack; without a stack, the list of stacks.",
        arguments: &[("id", "Rule id", false), ("stack", "e.g. ts-prisma", false)],
        required: &["id"],
    },
    Tool {
        name: "check_code",
        description: "Finds violations in a file's text, saved or not.",
        arguments: &[
            ("path", "The file's name; its ending tells the language", false),
            ("text", "The whole text", false),
        ],
        required: &["path", "text"],
    },
    Tool {
        name: "explain_finding",
        description: "What a finding of check_code means and how to fix it.",
        arguments: &[("id", "Rule id of the finding", false)],
        required: &["id"],
    },
];

/// The prompts: name, description, and their one argument.
pub const PROMPTS: [(&str, &str, &str); 2] = [
    ("review_checkout", "Review checkout code against the commerce rules", "path"),
    ("plan_saga", "Plan a checkout as a saga with compensations", "stack"),
];

/// The rules of a project, ready to be asked.
pub struct Answers {
    config: Config,
    library: Library,
    vocabulary: Vocabulary,
}

impl Answers {
    /// Loads a project's packs; without a configuration, those in the binary.
    pub fn load(root: &Path) -> Result<Self, Error> {
        let vocabulary = crate::review::vocabulary(root)?;
        let (library, config) = Library::of(root)?;
        Ok(Self { config, library, vocabulary })
    }

    fn rules(&self) -> impl Iterator<Item = Found<'_>> {
        self.library.rules().filter(|found| !self.config.is_disabled(&found.rule.id))
    }

    /// Answers a tool's call.
    pub fn call(&self, name: &str, arguments: &Map<String, Value>) -> Result<String, String> {
        let tool = TOOLS
            .iter()
            .find(|tool| tool.name == name)
            .ok_or_else(|| format!("there is no tool `{name}`"))?;
        if let Some(unknown) =
            arguments.keys().find(|key| !tool.arguments.iter().any(|(known, _, _)| known == key))
        {
            let known: Vec<&str> = tool.arguments.iter().map(|(name, _, _)| *name).collect();
            return Err(format!("`{name}` knows no argument `{unknown}`, only {}", known.join(", ")));
        }
        match name {
            "rules_for_paths" => Ok(self.for_paths(&texts(arguments, "paths")?)),
            "get_rule" => Ok(self.rule(arguments)?.rule.in_full()),
            "get_template" => self.template(arguments),
            "check_code" => self.check(&text(arguments, "path")?, &text(arguments, "text")?),
            _ => Ok(explanation(self.rule(arguments)?.rule)),
        }
    }

    fn rule(&self, arguments: &Map<String, Value>) -> Result<Found<'_>, String> {
        self.library.find(text(arguments, "id")?.trim()).map_err(|error| {
            let ids: Vec<&str> = self.rules().map(|found| found.rule.id.as_str()).collect();
            format!("{error}: {}", ids.join(", "))
        })
    }

    fn for_paths(&self, paths: &[String]) -> String {
        let mut answer = String::new();
        for found in self.rules() {
            let rule = found.rule;
            let folders: Vec<&str> = self
                .config
                .packages
                .iter()
                .filter(|package| package.has(found.pack, &rule.id))
                .map(|package| package.path.trim_end_matches('/'))
                .collect();
            let in_folder = |path: &String| folders.iter().any(|folder| Path::new(path).starts_with(folder));
            let holds = match rule.activation {
                _ if !folders.is_empty() => paths.iter().any(in_folder),
                Activation::Paths => paths.iter().any(|path| crate::glob::matches(&rule.scope, path)),
                Activation::Always | Activation::OnDemand => true,
            };
            if holds {
                writeln!(answer, "- {} ({}): {}", rule.id, rule.severity.word(), rule.imperative)
                    .expect("a string takes everything");
            }
        }
        if answer.is_empty() { "No rule holds for these paths.".to_owned() } else { answer }
    }

    fn template(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let id = self.rule(arguments)?.rule.id.clone();
        let templates: Vec<_> = self
            .library
            .packs
            .iter()
            .flat_map(|pack| &pack.templates)
            .filter(|template| template.rule == id)
            .collect();
        let stacks: Vec<&str> = templates.iter().map(|template| template.stack.as_str()).collect();
        let Some(stack) = arguments.get("stack").and_then(Value::as_str) else {
            return Ok(if stacks.is_empty() {
                format!("{id} has no template; get_rule shows its examples")
            } else {
                format!("{id} has templates for {}", stacks.join(", "))
            });
        };
        let template = templates.iter().find(|template| template.stack == stack);
        let template = template
            .ok_or_else(|| format!("{id} has no template for `{stack}`; it has: {}", stacks.join(", ")))?;
        Ok(template.files.iter().map(|(name, text)| format!("{name}\n```\n{text}```\n")).collect())
    }

    fn check(&self, path: &str, code: &str) -> Result<String, String> {
        if code.len() > TEXT_BYTES_MAX {
            return Err(format!("the text has {} bytes; at most {TEXT_BYTES_MAX} are checked", code.len()));
        }
        if check::Language::of_path(Path::new(path)).is_none() {
            return Err(format!("`{path}`: no language that is checked has this ending"));
        }
        let outcome = check::check_text(Path::new(path), code, &self.vocabulary);
        let findings: Vec<_> =
            outcome.findings.iter().filter(|finding| !self.config.is_disabled(finding.rule)).collect();
        if !outcome.unparsable.is_empty() {
            return Err(format!("`{path}` could not be read as its language"));
        }
        if findings.is_empty() {
            let unseen: Vec<&str> = self
                .rules()
                .map(|found| found.rule.id.as_str())
                .filter(|id| !self.library.has_detector(id))
                .collect();
            return Ok(format!(
                "No violation found. Not checked by machine, so read them: {}.",
                unseen.join(", ")
            ));
        }
        let line = |finding: &&check::Finding| {
            let (rule, at, sure) = (finding.rule, finding.at.line, finding.confidence.name());
            format!("{path}:{at} {rule} ({sure} confidence): {} {}\n", finding.message, finding.fix)
        };
        Ok(findings.iter().map(line).collect())
    }

    /// The resources: address and name.
    pub fn resources(&self) -> Vec<(String, String)> {
        let rules = self.rules().map(|found| (format!("rule://{}", found.rule.id), found.rule.title.clone()));
        let skills = self.library.packs.iter().flat_map(|pack| &pack.skills);
        rules.chain(skills.map(|skill| (format!("skill://{}", skill.name), skill.name.clone()))).collect()
    }

    /// A resource's text.
    pub fn resource(&self, uri: &str) -> Result<String, String> {
        if let Some(id) = uri.strip_prefix("rule://") {
            return self
                .library
                .find(id)
                .map(|found| found.rule.in_full())
                .map_err(|error| error.to_string());
        }
        let skill = uri.strip_prefix("skill://").and_then(|name| self.library.skill(name));
        let (pack, skill) = skill.ok_or_else(|| format!("there is no resource `{uri}`"))?;
        Ok(crate::sync::skill_text(pack, skill))
    }

    /// A prompt's text.
    pub fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<String, String> {
        let argument = |key: &str| arguments.get(key).and_then(Value::as_str).map(str::to_owned);
        let lines = |wanted: &[&str]| -> String {
            let rules =
                self.rules().filter(|found| wanted.is_empty() || wanted.contains(&found.rule.id.as_str()));
            rules.map(|found| format!("- {}: {}\n", found.rule.id, found.rule.imperative)).collect()
        };
        match name {
            "review_checkout" => {
                let path = argument("path").unwrap_or_else(|| "the code that was changed".to_owned());
                Ok(format!(
                    "Review {path} against these rules. For each, name the line that keeps or breaks it, or say that it does not apply. Call get_rule where you are unsure and check_code on every file.\n\n{}",
                    lines(&[])
                ))
            }
            "plan_saga" => {
                let stack = argument("stack").unwrap_or_else(|| "this repository's stack".to_owned());
                Ok(format!(
                    "Plan the checkout for {stack} as a saga: a table of states and events, each step's transaction, its compensation, what is stored before each outside call, and the tests. Keep these rules.\n\n{}",
                    lines(&["INV001", "INV002", "CHK001", "CHK002", "PAY001", "PAY002", "EVT001"])
                ))
            }
            _ => Err(format!("there is no prompt `{name}`")),
        }
    }
}

fn explanation(rule: &Rule) -> String {
    let section = |name: &str| rule.section(name).unwrap_or_default();
    format!(
        "{}: {}\n\n{}\n\nFix:\n\n{}\n\nNot a mistake if:\n\n{}\n",
        rule.id,
        rule.imperative,
        section("Why"),
        section("Do"),
        section("Exceptions")
    )
}

fn text(arguments: &Map<String, Value>, key: &str) -> Result<String, String> {
    arguments
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("`{key}` must be a text"))
}

fn texts(arguments: &Map<String, Value>, key: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("`{key}` must be a list of texts, as in [\"src/checkout.ts\"]");
    let items = arguments.get(key).and_then(Value::as_array).ok_or_else(wrong)?;
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}
