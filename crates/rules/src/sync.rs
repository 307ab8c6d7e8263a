//! Decides the course of `rules sync` and `rules remove`: plan, compare, refuse or write, remember.
//! Promises: what a person wrote is never overwritten; no rule is lost silently; a second run changes nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use serde::Serialize;

pub mod apply;
pub(crate) mod block;
pub mod lock;
pub mod matrix;
pub(crate) mod plan;
pub mod target;
mod text;

use crate::config::Config;
use crate::error::{Error, Exit};
use crate::library::Library;
use crate::pack::{Pack, Skill};
use crate::rule::Rule;
use crate::sync::apply::{Action, Change};
use crate::sync::block::Comment;
use crate::sync::lock::{Kind, Lock, LockedFile, LockedPack};
use crate::sync::matrix::Matrix;
use crate::sync::plan::{Plan, Planned};
use crate::sync::target::Target;

/// What a sync may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// Write.
    #[default]
    Write,
    /// Write nothing, and answer 1 if a sync would.
    Check,
    /// Write nothing, and show what a sync would.
    DryRun,
}

/// The answer of a sync.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Every file that is or was ours.
    pub changes: Vec<Change>,
    /// Which rule reaches which assistant.
    pub matrix: Matrix,
    /// Templates that were adopted: code of the project, which `remove` leaves where it is.
    pub released: Vec<String>,
    /// What was asked for.
    #[serde(skip)]
    pub mode: Mode,
}

impl Outcome {
    /// The exit code: 2 if a rule does not arrive, 1 for drift or a person's edit, else 0.
    pub fn exit(&self) -> Exit {
        let blocked = self.changes.iter().any(Change::is_blocked);
        let drift = self.mode == Mode::Check && self.changes.iter().any(Change::is_pending);
        match () {
            () if self.matrix.lost().next().is_some() => Exit::Usage,
            () if blocked || drift => Exit::Findings,
            () => Exit::Clean,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = self.matrix.lost().next().is_some();
        for change in self.changes.iter().filter(|change| change.action != Action::Keep) {
            writeln!(formatter, "{:8} {}", word(change, self.mode), change.path)?;
            if let Action::Edited(why) = &change.action {
                writeln!(formatter, "         {why}")?;
            }
            if change.action == Action::Foreign {
                writeln!(
                    formatter,
                    "         somebody else's file stands where a rules file goes; rename it, then sync again"
                )?;
            }
            if self.mode == Mode::DryRun && change.is_pending() {
                write!(formatter, "{}", change.diff())?;
            }
        }
        for path in &self.released {
            writeln!(formatter, "keep     {path} (made from a template, and your code now)")?;
        }
        if !self.matrix.cells.is_empty() {
            writeln!(formatter, "\n{}\n", self.matrix)?;
        }
        let pending = self.changes.iter().filter(|change| change.is_pending()).count();
        match (lost, self.mode) {
            (true, _) => write!(formatter, "nothing was written: rules would be lost"),
            (false, Mode::Write) => write!(formatter, "{} changed", counted(pending, "file")),
            (false, Mode::Check | Mode::DryRun) if pending == 0 => write!(formatter, "nothing to do"),
            (false, Mode::Check | Mode::DryRun) => {
                write!(formatter, "{} would change; run `sellonce rules sync`", counted(pending, "file"))
            }
        }
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn word(change: &Change, mode: Mode) -> &'static str {
    match (&change.action, mode) {
        (Action::Keep, _) => "keep",
        (Action::Create, Mode::Check) => "missing",
        (Action::Create, Mode::Write | Mode::DryRun) => "create",
        (Action::Update, Mode::Check) => "behind",
        (Action::Update, Mode::Write | Mode::DryRun) => "update",
        (Action::Delete, Mode::Check) => "stale",
        // Only our block goes; the file was there before, or people wrote into it since.
        (Action::Delete, Mode::Write | Mode::DryRun) if change.after.is_some() => "restore",
        (Action::Delete, Mode::Write | Mode::DryRun) => "delete",
        (Action::Edited(_), _) => "EDITED",
        (Action::Foreign, _) => "FOREIGN",
    }
}

/// A skill's text without templates, as a pack's readers elsewhere get it.
pub(crate) fn skill_text(pack: &Pack, skill: &Skill) -> String {
    let rules: Vec<&Rule> = skill.rules.iter().filter_map(|id| pack.rule(id)).collect();
    text::skill(pack, skill, &rules, &[])
}

/// Delivers the rules; `only` restricts it to some assistants.
pub fn sync(root: &Path, mode: Mode, only: Option<&[String]>) -> Result<Outcome, Error> {
    let config = Config::load(root)?;
    let library = Library::load(root, &config)?;
    let targets = target::select(&config.assistants)?;
    if targets.is_empty() {
        return Err(Error::Usage(
            "no assistant is configured; add `assistants = [\"agents-md\"]` to [rules]".to_owned(),
        ));
    }
    let only = only.map(|only| with_covering(root, only, &targets)).transpose()?;
    let mut plan = plan::build(root, &config, &library, &targets)?;
    let old = Lock::load(root)?;
    let is_chosen = |id: &String| only.as_ref().is_none_or(|only| only.contains(id));
    let chosen = |ids: &[String]| ids.is_empty() || ids.iter().any(is_chosen);
    add_attributes(&mut plan);
    let mut changes = Vec::new();
    let mut files = Vec::new();
    for (path, planned) in plan.files.iter().filter(|(_, planned)| chosen(&planned.targets)) {
        let (change, locked) = apply::prepare(root, path, planned, old.file(path))?;
        remember(&mut files, &change, locked, old.file(path));
        changes.push(change);
    }
    for known in old
        .files
        .iter()
        .filter(|known| known.kind != Kind::Configuration && !plan.files.contains_key(&known.path))
    {
        if !chosen(&known.targets) {
            continue;
        }
        let change = apply::retire(root, known)?;
        if change.is_blocked() {
            files.push(known.clone());
        }
        changes.push(change);
    }
    let is_untouched = |known: &&LockedFile| !changes.iter().any(|change| change.path == known.path);
    files.extend(old.files.iter().filter(is_untouched).cloned());
    let mut matrix = std::mem::take(&mut plan.matrix);
    matrix.cells.retain(|cell| is_chosen(&cell.target));
    lose_foreign(&mut matrix, &changes, &plan);
    lose_over_budget(root, &mut matrix, &changes, &plan, &targets)?;
    let lost = matrix.lost().next().is_some();
    changes.extend(lock_change(root, &new_lock(old, &library, files))?);
    if mode == Mode::Write && !lost {
        write(root, &changes)?;
    }
    Ok(Outcome { changes, matrix, released: Vec::new(), mode })
}

/// The assistants that somebody asked for, and those whose files these read along.
fn with_covering(root: &Path, only: &[String], targets: &[Target]) -> Result<Vec<String>, Error> {
    let mut chosen = only.to_vec();
    for id in only {
        let Some(target) = targets.iter().find(|target| target.id == *id) else {
            target::select(std::slice::from_ref(id))?;
            return Err(Error::Usage(format!("`{id}` is not among the configured assistants")));
        };
        chosen.extend(target.covering(root, targets)?.map(|covering| covering.id.clone()));
    }
    Ok(chosen)
}

fn new_lock(old: Lock, library: &Library, files: Vec<LockedFile>) -> Lock {
    let packs = library
        .packs
        .iter()
        .map(|pack| LockedPack {
            name: pack.name.clone(),
            version: pack.version,
            sha256: pack.sha256.clone(),
        })
        .collect();
    Lock { packs, files, ..old }
}

/// What was edited by hand keeps its old entry, so that the edit stays visible until it is resolved.
fn remember(files: &mut Vec<LockedFile>, change: &Change, locked: LockedFile, known: Option<&LockedFile>) {
    if change.is_blocked() {
        files.extend(known.cloned());
    } else {
        files.push(locked);
    }
}

/// What has to happen to the lock, if anything; nothing to remember means no lock.
fn lock_change(root: &Path, lock: &Lock) -> Result<Option<Change>, Error> {
    let before = crate::error::read_if_there(&root.join(lock::FILE))?;
    let known = before.as_ref().map(|text| text.replace("\r\n", "\n"));
    let after = (!lock.files.is_empty()).then(|| lock.to_text());
    let action = match (&before, &after) {
        _ if known == after => return Ok(None),
        (_, None) => Action::Delete,
        (None, Some(_)) => Action::Create,
        (Some(_), Some(_)) => Action::Update,
    };
    Ok(Some(Change { path: lock::FILE.to_owned(), action, before, after }))
}

/// The lock stands last among the changes: what a crash leaves behind is healed by the next run.
fn write(root: &Path, changes: &[Change]) -> Result<(), Error> {
    changes.iter().filter(|change| change.is_pending()).try_for_each(|change| change.write(root))
}

/// Tells git which files are generated, so that reviews fold them.
fn add_attributes(plan: &mut Plan) {
    let mut owned: BTreeSet<&str> = plan
        .files
        .iter()
        .filter(|(_, planned)| planned.kind == Kind::File)
        .map(|(path, _)| path.as_str())
        .collect();
    owned.insert(lock::FILE);
    let line = |path: &str| {
        let path = path.replace(' ', "?");
        format!("{path} linguist-generated=true\n")
    };
    let text = owned.into_iter().map(line).collect();
    let planned = Planned { kind: Kind::Block, comment: Comment::Hash, text, targets: Vec::new() };
    plan.files.insert(".gitattributes".to_owned(), planned);
}

/// A person's file where ours would go: the rules in it do not arrive.
fn lose_foreign(matrix: &mut Matrix, changes: &[Change], plan: &Plan) {
    for change in changes.iter().filter(|change| change.action == Action::Foreign) {
        let reason = format!("`{}` is there and was not written by us", change.path);
        for target in
            plan.files.get(&change.path).map(|planned| planned.targets.as_slice()).unwrap_or_default()
        {
            matrix.lose(target, &reason, |cell| cell.is_at(&change.path));
        }
    }
}

/// A file that an assistant would cut: the rules in it do not surely arrive.
fn lose_over_budget(
    root: &Path,
    matrix: &mut Matrix,
    changes: &[Change],
    plan: &Plan,
    targets: &[Target],
) -> Result<(), Error> {
    for change in changes {
        let Some(after) = &change.after else { continue };
        for target in targets {
            if !plan.files.get(&change.path).is_some_and(|planned| planned.targets.contains(&target.id)) {
                continue;
            }
            let characters = after.chars().count();
            if let Some(most) = target.limits.file_characters.filter(|most| characters > *most) {
                let reason = format!(
                    "`{}` would have {characters} characters; {} cuts at {most}",
                    change.path, target.title
                );
                matrix.lose(&target.id, &reason, |cell| cell.is_at(&change.path));
            }
            let Some(most) = target.limits.chain_bytes else { continue };
            let bytes = chain_bytes(root, changes, &change.path)?;
            if bytes > most && change.path.ends_with(&target.index.path) {
                let reason = format!(
                    "`{}` and those above it would have {bytes} bytes; some assistants cut at {most}",
                    change.path
                );
                matrix.lose(&target.id, &reason, |cell| cell.is_at(&change.path));
            }
        }
    }
    Ok(())
}

/// The bytes of a file and of its namesakes in the folders above, as they will be.
fn chain_bytes(root: &Path, changes: &[Change], path: &str) -> Result<usize, Error> {
    let path = Path::new(path);
    let name = path.file_name().expect("a planned path names a file");
    let mut bytes = 0;
    for folder in path.ancestors().skip(1) {
        let namesake = folder.join(name);
        let planned = changes.iter().find(|change| Path::new(&change.path) == namesake);
        bytes += match planned {
            Some(change) => change.after.as_ref().map_or(0, String::len),
            None => crate::error::read_if_there(&root.join(&namesake))?.map_or(0, |text| text.len()),
        };
    }
    Ok(bytes)
}

/// Takes everything out again that `init` and `sync` wrote; what a person changed since stays, and is named.
pub fn remove(root: &Path, mode: Mode) -> Result<Outcome, Error> {
    let lock = Lock::load(root)?;
    if lock.files.is_empty() && lock.templates.is_empty() {
        return Err(Error::Usage(format!(
            "{}: nothing here was written by `rules init` or `rules sync`",
            root.display()
        )));
    }
    let mut changes =
        lock.files.iter().map(|known| apply::retire(root, known)).collect::<Result<Vec<_>, _>>()?;
    let adopted = lock.templates.iter().flat_map(|adopted| &adopted.files);
    let released = adopted.map(|file| file.path.clone()).collect();
    let stays: Vec<LockedFile> = lock
        .files
        .iter()
        .zip(&changes)
        .filter(|(_, change)| change.is_blocked())
        .map(|(known, _)| known.clone())
        .collect();
    changes.extend(lock_change(root, &Lock { files: stays, templates: Vec::new(), ..lock })?);
    if mode == Mode::Write {
        write(root, &changes)?;
    }
    Ok(Outcome { changes, matrix: Matrix::default(), released, mode })
}
