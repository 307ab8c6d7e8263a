//! Decides what `rules init` proposes: which assistants and stacks a repository uses, and what its stock is called.
//! Writes the section `[rules]` once; leaves asking to the binary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{self, Config};
use crate::error::{Error, read_if_there};
use crate::library;
use crate::review;
use crate::rule::quoted;
use crate::sync::apply::{self, Action, Change};
use crate::sync::lock::{self, Kind, Lock};
use crate::sync::plan::Planned;
use crate::sync::{block::Comment, target};
use crate::write::write_whole;

/// How deep a repository is searched for manifests.
const DEPTH_MAX: usize = 7;
/// The most files that are looked at.
const FILES_MAX: usize = 20_000;

/// Something found, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The id of an assistant or a stack, or a column's name.
    pub what: String,
    /// The file or folder that shows it.
    pub path: String,
}

/// What a repository shows of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Detected {
    /// Assistants whose files are there.
    pub assistants: Vec<Evidence>,
    /// Stacks that a manifest names.
    pub stacks: Vec<Evidence>,
    /// Columns of tables that are called like stock.
    pub stock_columns: Vec<Evidence>,
}

/// What the caller decided; where nothing is said, what was found is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// The assistants to deliver to.
    pub assistants: Option<Vec<String>>,
    /// The stacks whose templates are wanted.
    pub stacks: Option<Vec<String>>,
    /// What tables and columns are called here, by the keys of `[check]`.
    pub names: BTreeMap<String, Vec<String>>,
}

/// What `init` did.
#[derive(Debug, Clone, Serialize)]
pub struct Initialised {
    /// What was found.
    pub detected: Detected,
    /// The section that was written.
    pub section: String,
    /// The change of sellonce.toml.
    pub change: Change,
}

/// The stacks that have templates, with the words in a manifest by which each is known.
pub const STACKS: [(&str, &[&str], &[&str]); 13] = [
    ("ts-prisma", &["package.json"], &["\"@prisma/client\"", "\"prisma\""]),
    ("ts-drizzle", &["package.json"], &["\"drizzle-orm\""]),
    ("ts-knex", &["package.json"], &["\"knex\""]),
    ("ts-typeorm", &["package.json"], &["\"typeorm\""]),
    ("ts-pg", &["package.json"], &["\"pg\"", "\"postgres\""]),
    ("py-sqlalchemy", &["pyproject.toml", "requirements.txt", "setup.cfg"], &["sqlalchemy"]),
    ("py-django", &["pyproject.toml", "requirements.txt", "setup.cfg"], &["django"]),
    ("rs-sqlx", &["Cargo.toml"], &["sqlx"]),
    ("go-pgx", &["go.mod"], &["github.com/jackc/pgx"]),
    ("java-jdbc", &["pom.xml", "build.gradle", "build.gradle.kts"], &["jdbc", "spring-data"]),
    ("rb-rails", &["Gemfile"], &["rails"]),
    ("php-laravel", &["composer.json"], &["laravel/framework"]),
    ("sql", &[], &[]),
];

/// Looks at what is there; changes nothing.
pub fn detect(root: &Path) -> Detected {
    let mut detected = Detected::default();
    for target in target::all() {
        if let Some(path) = target.detect.iter().find(|path| root.join(path).exists()) {
            detected.assistants.push(Evidence { what: target.id.clone(), path: path.clone() });
        }
    }
    let mut files: Vec<PathBuf> = ignore::WalkBuilder::new(root)
        .max_depth(Some(DEPTH_MAX))
        .filter_entry(|entry| entry.file_name() != "node_modules" && entry.file_name() != "vendor")
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .take(FILES_MAX)
        .map(ignore::DirEntry::into_path)
        .collect();
    files.sort();
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let is_schema = name.ends_with(".prisma") || name.ends_with(".sql");
        let is_manifest = STACKS.iter().any(|(_, manifests, _)| manifests.contains(&name.as_str()));
        if !is_schema && !is_manifest {
            continue;
        }
        let Ok(Some(text)) = read_if_there(&path) else { continue };
        for (stack, manifests, words) in STACKS {
            let lower = text.to_lowercase();
            if manifests.contains(&name.as_str()) && words.iter().any(|word| lower.contains(word)) {
                note(&mut detected.stacks, stack, &relative);
            }
        }
        if is_schema {
            for column in stock_columns(&text) {
                note(&mut detected.stock_columns, &column, &relative);
            }
        }
    }
    detected
}

fn note(list: &mut Vec<Evidence>, what: &str, path: &str) {
    if !list.iter().any(|known| known.what == what) {
        list.push(Evidence { what: what.to_owned(), path: path.to_owned() });
    }
}

/// Tables that tell of stock without holding it.
const ABOUT_STOCK: [&str; 7] =
    ["movement", "history", "log", "transfer", "adjustment", "reservation", "alert"];

/// Quantity columns of models and tables that are called like stock. A name of one word, as `quantity`, means stock there
/// but not in a cart: the checker knows that by itself, and as a name for every table it would be wrong.
fn stock_columns(schema: &str) -> Vec<String> {
    let mut columns = Vec::new();
    let mut inside = false;
    for line in schema.lines() {
        let lower = line.to_lowercase();
        let opens =
            lower.trim_start().starts_with("model ") || lower.trim_start().starts_with("create table");
        if opens {
            inside = ["inventory", "stock"].iter().any(|word| lower.contains(word))
                && !ABOUT_STOCK.iter().any(|word| lower.contains(word));
            continue;
        }
        let first: String = line
            .trim_start()
            .trim_start_matches(['"', '`'])
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect();
        let words = ["available", "quantity", "qty", "on_hand", "onhand", "stock", "left"];
        let is_number = ["int", "numeric", "decimal"].iter().any(|kind| lower.contains(kind));
        let is_several =
            first.trim_matches('_').chars().skip(1).any(|letter| letter == '_' || letter.is_uppercase());
        if inside && is_number && is_several && words.iter().any(|word| first.to_lowercase().contains(word)) {
            columns.push(first);
        }
        inside &= !line.trim_start().starts_with(['}', ')']);
    }
    columns
}

/// Writes the section `[rules]`; a repository that has one already is left as it is.
pub fn init(root: &Path, answers: &Answers) -> Result<Initialised, Error> {
    let path = root.join(config::FILE);
    refuse_again(root)?;
    let detected = detect(root);
    let section = section(&detected, answers)?;
    let planned = Planned {
        kind: Kind::Configuration,
        comment: Comment::Section,
        text: section.clone(),
        targets: Vec::new(),
    };
    let mut lock = Lock::load(root)?;
    let (change, locked) = apply::prepare(root, config::FILE, &planned, None)?;
    if let Action::Edited(reason) = &change.action {
        return Err(Error::Usage(format!("{}: {reason}", path.display())));
    }
    Config::parse(&path, change.after.as_deref().unwrap_or_default())?;
    change.write(root)?;
    lock.files.retain(|known| known.path != config::FILE);
    lock.files.push(locked);
    write_whole(&root.join(lock::FILE), &lock.to_text())?;
    Ok(Initialised { detected, section, change })
}

/// Refuses a repository that has a section `[rules]`: to be asked before the first question.
pub fn refuse_again(root: &Path) -> Result<(), Error> {
    let path = root.join(config::FILE);
    match Config::parse(&path, &read_if_there(&path)?.unwrap_or_default())? {
        None => Ok(()),
        Some(_) => Err(Error::Usage(format!(
            "{} has a section [rules] already; change it there, then sync",
            path.display()
        ))),
    }
}

fn section(detected: &Detected, answers: &Answers) -> Result<String, Error> {
    let found =
        |list: &[Evidence]| -> Vec<String> { list.iter().map(|evidence| evidence.what.clone()).collect() };
    let mut assistants = answers.assistants.clone().unwrap_or_else(|| found(&detected.assistants));
    if assistants.is_empty() {
        assistants.push("agents-md".to_owned());
    }
    target::select(&assistants)?;
    let stacks = answers.stacks.clone().unwrap_or_else(|| found(&detected.stacks));
    if let Some(unknown) = stacks.iter().find(|stack| !STACKS.iter().any(|(known, _, _)| known == stack)) {
        let known: Vec<&str> = STACKS.iter().map(|(stack, _, _)| *stack).collect();
        return Err(Error::Usage(format!("unknown stack `{unknown}`; known are {}", known.join(", "))));
    }
    let pack = library::embedded("commerce")?;
    let list = |items: &[String]| items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "[rules]\nassistants = [{}]\nstacks = [{}]\n\n[[rules.packs]]\nname = \"commerce\"\nversion = \"{}\"\n",
        list(&assistants),
        list(&stacks),
        pack.version,
    );
    let mut names = answers.names.clone();
    names.entry("stock_columns".to_owned()).or_insert_with(|| found(&detected.stock_columns));
    names.retain(|_, columns| !columns.is_empty());
    if !names.is_empty() {
        text.push_str("\n[check]\n");
        for (key, columns) in &names {
            writeln!(text, "{key} = [{}]", list(columns)).expect("a string takes everything");
        }
    }
    // A key that the checker does not know is told here, and not at the first check.
    review::parse_vocabulary(Path::new(config::FILE), &text)?;
    Ok(text)
}
