//! Decides how a template becomes a project's own code: copied with the project's names, and remembered with what was
//! copied, so that a later version can be merged into what people made of it. Leaves the words to `rename`, how an
//! instance stands to `instance`, and merging to `update`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

mod instance;
mod rename;
mod update;

pub use instance::{FileState, Instance, Status, instances, status};
pub use update::{Differences, Updated, differences, update};

use crate::config::Config;
use crate::error::{Error, read_if_there};
use crate::library::Library;
use crate::pack::{Pack, Template};
use crate::sync::lock::{self, Adopted, AdoptedFile, Lock};
use crate::sync::plan::resolve;
use crate::write::write_whole;
use rename::Rename;

/// A template that somebody wants, and how it shall be called here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The rule's id.
    pub rule: String,
    /// The stack; without it, the one of the configuration that has a template.
    pub stack: Option<String>,
    /// The folder it goes into, from the repository's root.
    pub into: String,
    /// What the project calls the template's words: the meaning, as in `table`, and the name.
    pub renames: BTreeMap<String, String>,
}

/// What `template add` wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// The files.
    pub paths: Vec<String>,
    /// What the template was written for.
    pub requires: String,
    /// Names that stayed the template's own: meaning and word.
    pub unchanged: Vec<(String, String)>,
}

impl fmt::Display for Added {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for path in &self.paths {
            writeln!(formatter, "create   {path}")?;
        }
        write!(formatter, "written for {}; it is your code now", self.requires)?;
        for (meaning, word) in &self.unchanged {
            write!(formatter, "\nstill called `{word}` ({meaning}); --rename {meaning}=NAME says otherwise")?;
        }
        Ok(())
    }
}

/// Every template that there is, a line per rule and stack; those of the configured stacks are marked.
pub fn listing(library: &Library, config: &Config) -> String {
    let line = |template: &Template| {
        let mark = if config.stacks.contains(&template.stack) { "*" } else { " " };
        let names: Vec<&str> = template.renames.keys().map(String::as_str).collect();
        format!(
            "{:8} {mark} {:15} {} (renames: {})\n",
            template.rule,
            template.stack,
            template.requires,
            names.join(", ")
        )
    };
    library.packs.iter().flat_map(|pack| &pack.templates).map(line).collect()
}

/// Copies a template into the project; a file that is there is never overwritten.
pub fn add(root: &Path, wanted: &Wanted) -> Result<Added, Error> {
    let (library, config) = Library::of(root)?;
    let (pack, template) = choose(&library, &config, wanted)?;
    check_renames(template, &wanted.renames)?;
    let mut lock = Lock::load(root)?;
    let mut files = Vec::new();
    for (name, base) in rendered(template, &wanted.renames) {
        let path = format!("{}/{name}", wanted.into.trim_matches('/'));
        let path =
            resolve(root, path.trim_start_matches("./").trim_start_matches('/')).map_err(Error::Usage)?;
        if read_if_there(&root.join(&path))?.is_some() {
            return Err(Error::Usage(format!(
                "{path} is there already; nothing was written (--into names another folder)"
            )));
        }
        files.push(AdoptedFile { name, path, base });
    }
    for file in &files {
        write_whole(&root.join(&file.path), &file.base)?;
    }
    let added = Added {
        paths: files.iter().map(|file| file.path.clone()).collect(),
        requires: template.requires.clone(),
        unchanged: template
            .renames
            .iter()
            .filter(|(meaning, _)| !wanted.renames.contains_key(*meaning))
            .map(|(meaning, word)| (meaning.clone(), word.clone()))
            .collect(),
    };
    lock.templates.push(Adopted {
        rule: template.rule.clone(),
        stack: template.stack.clone(),
        pack: pack.name.clone(),
        version: pack.version,
        renames: wanted.renames.clone(),
        files,
    });
    write_whole(&root.join(lock::FILE), &lock.to_text())?;
    Ok(added)
}

fn choose<'library>(
    library: &'library Library,
    config: &Config,
    wanted: &Wanted,
) -> Result<(&'library Pack, &'library Template), Error> {
    let id = &library.find(&wanted.rule)?.rule.id;
    let all =
        || library.packs.iter().flat_map(|pack| pack.templates.iter().map(move |template| (pack, template)));
    let of_rule: Vec<_> = all().filter(|(_, template)| template.rule == *id).collect();
    if of_rule.is_empty() {
        return Err(Error::Usage(format!(
            "{id} has no template; `sellonce rules explain {id}` shows its examples"
        )));
    }
    let stacks: Vec<&str> = of_rule.iter().map(|(_, template)| template.stack.as_str()).collect();
    let fits = |template: &Template| match &wanted.stack {
        Some(stack) => template.stack == *stack,
        None => config.stacks.contains(&template.stack),
    };
    let fitting: Vec<_> = of_rule.iter().filter(|(_, template)| fits(template)).collect();
    match (fitting.as_slice(), &wanted.stack) {
        ([one], _) => Ok(**one),
        (_, Some(stack)) => {
            Err(Error::Usage(format!("{id} has no template for `{stack}`; it has: {}", stacks.join(", "))))
        }
        (_, None) => Err(Error::Usage(format!("say which with --stack: {}", stacks.join(", ")))),
    }
}

fn check_renames(template: &Template, renames: &BTreeMap<String, String>) -> Result<(), Error> {
    for (meaning, name) in renames {
        if !template.renames.contains_key(meaning) {
            let known: Vec<&str> = template.renames.keys().map(String::as_str).collect();
            return Err(Error::Usage(format!("this template renames {}, not `{meaning}`", known.join(", "))));
        }
        if !rename::is_identifier(name) {
            return Err(Error::Usage(format!("`{name}` is no name; use letters, digits and underscores")));
        }
    }
    Ok(())
}

/// A template's files with the project's names in them.
fn rendered(template: &Template, renames: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let words: Vec<Rename<'_>> = renames
        .iter()
        .filter_map(|(meaning, to)| template.renames.get(meaning).map(|word| Rename { word, to }))
        .collect();
    template.files.iter().map(|(name, text)| (name.clone(), rename::apply(text, &words))).collect()
}
