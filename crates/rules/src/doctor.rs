//! Decides what is worth telling about the delivery: what each assistant will see, and what it will not, and why.
//! Changes nothing.

use std::fmt;
use std::path::Path;

mod globs;
mod nearer;

use ignore::gitignore::Gitignore;
use serde::Serialize;

use crate::config::Config;
use crate::error::{Error, Exit, read_if_there};
use crate::git;
use crate::library::Library;
use crate::sync::lock::Lock;
use crate::sync::matrix::Delivery;
use crate::sync::target::{self, Target};
use crate::sync::{self, Mode, Outcome};

/// After so many days somebody should compare a target with its source again.
pub const VERIFIED_DAYS_MAX: i64 = 180;

/// What the specification of Agent Skills advises (agentskills.io).
const SKILL_LINES_MAX: usize = 500;

/// How much a remark matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// An assistant does not see what it should.
    Problem,
    /// It does, but something could be better.
    Advice,
}

/// One thing worth telling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// How much it matters.
    pub weight: Weight,
    /// What, and what to do.
    pub text: String,
}

/// A file that an assistant reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The assistant's name.
    pub assistant: String,
    /// The file.
    pub path: String,
    /// How many rules' lines it gets from there.
    pub rules: usize,
    /// The file's size, if it is there.
    pub characters: Option<usize>,
}

/// What the doctor found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Diagnosis {
    /// What each assistant reads.
    pub seen: Vec<Seen>,
    /// What is worth telling.
    pub remarks: Vec<Remark>,
}

impl Diagnosis {
    /// 1 if an assistant does not see what it should.
    pub fn exit(&self) -> Exit {
        let sick = self.remarks.iter().any(|remark| remark.weight == Weight::Problem);
        if sick { Exit::Findings } else { Exit::Clean }
    }

    fn say(&mut self, weight: Weight, text: String) {
        self.remarks.push(Remark { weight, text });
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for seen in &self.seen {
            let size = seen
                .characters
                .map_or("not there".to_owned(), |characters| format!("{characters} characters"));
            writeln!(formatter, "{:24} {} ({} rules, {size})", seen.assistant, seen.path, seen.rules)?;
        }
        for remark in &self.remarks {
            let word = if remark.weight == Weight::Problem { "problem" } else { "advice" };
            writeln!(formatter, "{word}: {}", remark.text)?;
        }
        if self.remarks.is_empty() {
            writeln!(formatter, "nothing to remark")?;
        }
        Ok(())
    }
}

/// Examines a repository; `today` is a day as in 2027-01-31.
pub fn examine(root: &Path, today: &str) -> Result<Diagnosis, Error> {
    let config = Config::load(root)?;
    let library = Library::load(root, &config)?;
    let targets = target::select(&config.assistants)?;
    let outcome = sync::sync(root, Mode::Check, None)?;
    let mut diagnosis = Diagnosis::default();
    for target in &targets {
        look_through(root, target, &outcome, &mut diagnosis)?;
        nearer::instead(root, target, &mut diagnosis)?;
        nearer::nearest(root, target, &mut diagnosis)?;
        let age = days(today).zip(days(&target.verified_on)).map(|(today, then)| today - then);
        if let Some(age) = age.filter(|age| *age > VERIFIED_DAYS_MAX) {
            let text = format!(
                "what we know of {} was compared with {} {age} days ago; look whether its format changed",
                target.title, target.source
            );
            diagnosis.say(Weight::Advice, text);
        }
    }
    drift(&outcome, &mut diagnosis);
    hidden(root, &outcome, &mut diagnosis);
    long_skills(&outcome, &mut diagnosis);
    duplicates(root, &targets, &mut diagnosis)?;
    globs::of_rules(root, &config, &library, &mut diagnosis);
    globs::of_people(root, &targets, &outcome, &mut diagnosis)?;
    silent(&config, &mut diagnosis);
    changed_packs(root, &library, &mut diagnosis)?;
    diagnosis.remarks.sort_by_key(|remark| remark.weight);
    Ok(diagnosis)
}

fn look_through(
    root: &Path,
    target: &Target,
    outcome: &Outcome,
    diagnosis: &mut Diagnosis,
) -> Result<(), Error> {
    let mut paths: Vec<(String, usize)> = Vec::new();
    for cell in outcome.matrix.cells.iter().filter(|cell| cell.target == target.id) {
        let cell_paths = match &cell.delivery {
            Delivery::Always { path } | Delivery::Skill { path } => vec![path.clone()],
            Delivery::Scoped { paths } => paths.clone(),
            Delivery::Lost { .. } => Vec::new(),
        };
        for path in cell_paths {
            match paths.iter_mut().find(|(known, _)| *known == path) {
                Some((_, rules)) => *rules += 1,
                None => paths.push((path, 1)),
            }
        }
    }
    for (path, rules) in paths {
        let text = read_if_there(&root.join(&path))?;
        let lines = text.as_ref().map_or(0, |text| text.lines().count());
        if let Some(most) = target.limits.file_lines.filter(|most| lines > *most) {
            let advice = format!(
                "`{path}` has {lines} lines; {} follows files better that have less than {most}",
                target.title
            );
            diagnosis.say(Weight::Advice, advice);
        }
        let characters = text.map(|text| text.chars().count());
        if let Some((count, most)) =
            characters.zip(target.limits.advised_characters).filter(|(count, most)| count > most)
        {
            let advice = format!(
                "`{path}` has {count} characters; parts of {} read only the first {most}",
                target.title
            );
            diagnosis.say(Weight::Advice, advice);
        }
        diagnosis.seen.push(Seen { assistant: target.title.clone(), path, rules, characters });
    }
    Ok(())
}

fn drift(outcome: &Outcome, diagnosis: &mut Diagnosis) {
    for cell in outcome.matrix.lost() {
        if let Delivery::Lost { reason } = &cell.delivery {
            diagnosis.say(Weight::Problem, format!("{} does not reach {}: {reason}", cell.rule, cell.target));
        }
    }
    for change in outcome.changes.iter().filter(|change| change.is_pending()) {
        diagnosis.say(
            Weight::Problem,
            format!("`{}` is not as the configuration wants it; run `sellonce rules sync`", change.path),
        );
    }
    for change in outcome.changes.iter().filter(|change| change.is_blocked()) {
        diagnosis.say(
            Weight::Problem,
            format!("`{}` was changed by hand; `sellonce rules sync --check` says where", change.path),
        );
    }
}

/// Files that git ignores reach nobody else, and some assistants skip them.
fn hidden(root: &Path, outcome: &Outcome, diagnosis: &mut Diagnosis) {
    for path in ignored(root, outcome.changes.iter().map(|change| change.path.as_str()).collect()) {
        let text = format!("git ignores `{path}`: colleagues may not get it, and some assistants skip it");
        diagnosis.say(Weight::Problem, text);
    }
}

/// git knows more places that ignore than one, and a committed file still matches them; without git, the file at the root
/// is asked.
fn ignored(root: &Path, paths: Vec<&str>) -> Vec<String> {
    let asked = git::command(root, &["check-ignore", "--no-index", "--"]).args(&paths).output();
    match asked {
        Ok(answer) if answer.status.code().is_some_and(|code| code <= 1) => {
            String::from_utf8_lossy(&answer.stdout).lines().map(str::to_owned).collect()
        }
        Ok(_) | Err(_) => {
            let (file, _) = Gitignore::new(root.join(".gitignore"));
            let is_ignored = |path: &&str| file.matched_path_or_any_parents(path, false).is_ignore();
            paths.into_iter().filter(is_ignored).map(str::to_owned).collect()
        }
    }
}

/// Skills are read whole, and what is long crowds out the rest.
fn long_skills(outcome: &Outcome, diagnosis: &mut Diagnosis) {
    for change in outcome.changes.iter().filter(|change| change.path.ends_with("/SKILL.md")) {
        let lines = change.after.as_ref().map_or(0, |text| text.lines().count());
        if lines > SKILL_LINES_MAX {
            let text = format!(
                "`{}` has {lines} lines, and skills are advised to stay below {SKILL_LINES_MAX}; give its pack more skills",
                change.path
            );
            diagnosis.say(Weight::Advice, text);
        }
    }
}

/// The same lines twice cost twice and help once.
fn duplicates(root: &Path, targets: &[Target], diagnosis: &mut Diagnosis) -> Result<(), Error> {
    let has = |id: &str| targets.iter().any(|target| target.id == id);
    if has("agents-md") && has("claude-code") && read_if_there(&root.join("CLAUDE.md"))?.is_none() {
        let text = "without a CLAUDE.md, newer versions of Claude Code read AGENTS.md too, and the rules twice; a CLAUDE.md with the line `@AGENTS.md` makes it once";
        diagnosis.say(Weight::Advice, text.to_owned());
    }
    if has("copilot") && (has("agents-md") || has("claude-code")) {
        let text = "VS Code reads AGENTS.md and .claude/rules beside Copilot's own files: there the rules are loaded more than once";
        diagnosis.say(Weight::Advice, text.to_owned());
    }
    Ok(())
}

/// Rules that nobody is told, because the project says so; a silence that is easily forgotten.
fn silent(config: &Config, diagnosis: &mut Diagnosis) {
    for disabled in &config.disable {
        let text = format!("nobody is told {}: it is switched off ({})", disabled.rule, disabled.reason);
        diagnosis.say(Weight::Advice, text);
    }
}

/// A pack is pinned by its version; one that changed under it was not released.
fn changed_packs(root: &Path, library: &Library, diagnosis: &mut Diagnosis) -> Result<(), Error> {
    for locked in &Lock::load(root)?.packs {
        let same =
            library.packs.iter().find(|pack| pack.name == locked.name && pack.version == locked.version);
        if same.is_some_and(|pack| pack.sha256 != locked.sha256) {
            let text = format!(
                "the pack `{}` is still {}, but its files differ from those that were delivered; give it a new version",
                locked.name, locked.version
            );
            diagnosis.say(Weight::Advice, text);
        }
    }
    Ok(())
}

/// Every file below the root that git would know, by its path from there, in order.
fn files(root: &Path) -> Vec<String> {
    let entries = ignore::WalkBuilder::new(root).hidden(false).build().filter_map(Result::ok);
    let is_file = |entry: &ignore::DirEntry| entry.file_type().is_some_and(|kind| kind.is_file());
    let path = |entry: &ignore::DirEntry| {
        entry.path().strip_prefix(root).ok().map(|path| path.to_string_lossy().replace('\\', "/"))
    };
    let mut files: Vec<String> = entries
        .filter(is_file)
        .filter_map(|entry| path(&entry))
        .filter(|path| !path.starts_with(".git/"))
        .collect();
    files.sort();
    files
}

/// Days since 1970 of a date as in 2027-01-31.
fn days(date: &str) -> Option<i64> {
    let parts: Vec<i64> = date.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [year, month, day] = parts.as_slice() else { return None };
    // Counted from March, the leap day is the last of its year.
    let (year, month) = if *month > 2 { (*year, *month - 3) } else { (*year - 1, *month + 9) };
    Some(365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469)
}
