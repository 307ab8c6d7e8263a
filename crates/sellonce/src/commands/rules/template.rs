//! `rules template`: working code taken over from a pack, and followed through its versions.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sellonce_rules::error::Exit;
use sellonce_rules::library::Library;
use sellonce_rules::template::{self, Wanted};

use super::init::pair;
use super::{Stop, end, from_root, told};

#[derive(Debug, Subcommand)]
pub(super) enum Template {
    /// List what there is; templates of the configured stacks have a star.
    List,
    /// Copy a template into the project, with the project's names.
    Add(Add),
    /// Tell which copies are as they were, changed, or behind their pack.
    Status,
    /// Show what people changed, and what an update would.
    Diff,
    /// Merge the packs' versions into the copies; the work tree must be clean.
    Update,
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The rule, as INV001.
    id: String,
    /// The stack, as ts-prisma [default: the configured one that has a template].
    #[arg(long, value_name = "STACK")]
    stack: Option<String>,
    /// The folder it goes into.
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    into: PathBuf,
    /// What one of the template's words is called here, as table=stock_levels; may be repeated.
    #[arg(long, value_name = "WORD=NAME", value_parser = pair)]
    rename: Vec<(String, String)>,
}

pub(super) fn run(root: &Path, here: &Path, call: Template) -> Result<(), Stop> {
    match call {
        Template::List => {
            let (library, config) = told(Library::of(root))?;
            end(template::listing(&library, &config).trim_end(), Exit::Clean)
        }
        Template::Add(Add { id, stack, into, rename }) => {
            let into = from_root(root, here, &into)?;
            let wanted = Wanted { rule: id, stack, into, renames: rename.into_iter().collect() };
            end(told(template::add(root, &wanted))?, Exit::Clean)
        }
        Template::Status => {
            let status = told(template::status(root))?;
            end(&status, status.exit())
        }
        Template::Diff => {
            let differences = told(template::differences(root))?;
            end(&differences, differences.exit())
        }
        Template::Update => {
            let updated = told(template::update(root))?;
            end(&updated, updated.exit())
        }
    }
}
