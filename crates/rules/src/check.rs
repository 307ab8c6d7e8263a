//! The static checker: which files are read, which facts they give, which rules those facts break.
//!
//! `run` checks a tree of files, `check_text` one unsaved text. Both give findings; `format` shows them.
//! The binary leaves arguments, printing and the clock; nothing here ends the process or writes to the terminal.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a question over a syntax tree names the few kinds of nodes it is about; a new kind is rightly none of its business"
)]

mod amount;
mod chain;
mod changed;
mod class;
mod declared;
mod entry;
mod evidence;
mod fact;
mod finding;
mod format;
mod guard;
mod idiom;
mod language;
mod lock;
mod lower;
mod names;
mod owner;
mod persistence;
mod project;
mod report;
mod rule;
mod sql;
mod sql_file;
mod suppression;
mod tree;
mod unit;
mod vocabulary;
mod walk;
mod write;

pub use changed::{ChangedError, Scope, changed};
pub use finding::{Confidence, Finding, Related};
pub use format::Format;
pub use language::Language;
pub use names::{Names, Vocabulary};
pub use report::FailOn;
pub use suppression::Suppression;
pub use tree::Span;

use fact::{FileFacts, Reading};
use project::Project;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// What to check and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The root of the repository: paths in findings are relative to it.
    pub root: PathBuf,
    /// Files and folders to check; empty means the root.
    pub paths: Vec<PathBuf>,
    /// A team's own names.
    pub vocabulary: Vocabulary,
    /// Also check tests, seeds and migrations, which are left out otherwise.
    pub with_tests: bool,
    /// Findings below this are left out; the usual value is `Confidence::Medium`.
    pub confidence_min: Option<Confidence>,
    /// Report only on these files, relative to the root; everything is still read (see `changed`).
    pub only: Option<BTreeSet<PathBuf>>,
    /// Fingerprints of a baseline: findings that are known and not reported again.
    pub known: BTreeSet<String>,
    /// Today as `YYYY-MM-DD`, for suppressions that end; empty means that none has ended.
    pub today: String,
}

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// The findings, by path and line.
    pub findings: Vec<Finding>,
    /// Files that could not be read as their language.
    pub unparsable: Vec<PathBuf>,
    /// Files of a known language that were looked at.
    pub files: usize,
    /// Their lines.
    pub lines: usize,
    /// Files that a rule could speak of and that were parsed.
    pub parsed: usize,
    /// Findings that a comment suppresses, with the suppression.
    pub suppressed: Vec<(Finding, Suppression)>,
    /// Findings that the baseline knows.
    pub known: usize,
    /// Writes to stock and limits: the relevant sites of a report, by rule and path, with whether each keeps its rule.
    pub sites: Vec<Site>,
}

/// A place that a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The rule.
    pub rule: &'static str,
    /// The file, relative to the root.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// Whether the rule is kept there.
    pub kept: bool,
}

struct Checked {
    path: PathBuf,
    facts: FileFacts,
    lines: usize,
    parsed: bool,
    unparsable: bool,
    source: String,
    suppressions: Vec<Suppression>,
}

/// Checks the files that `options` name.
pub fn run(options: &Options) -> Outcome {
    run_with(options, &|_, _| {})
}

/// The same, and tells how many of how many files are read: for a line of progress on long runs.
pub fn run_with(options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Outcome {
    let read = std::sync::atomic::AtomicUsize::new(0);
    let names = Names::new(&options.vocabulary);
    let filter = walk::Filter::new(&names);
    let files = walk::files(options);
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build();
    let work = || {
        files
            .par_iter()
            .filter_map(|file| {
                let checked = read_file(file, &options.root, &names, &filter);
                progress(read.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, files.len());
                checked
            })
            .collect::<Vec<Checked>>()
    };
    let checked = match pool {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    };
    judged(checked, options)
}

/// Checks one text as if it stood at `path`.
pub fn check_text(path: &Path, text: &str, vocabulary: &Vocabulary) -> Outcome {
    let names = Names::new(vocabulary);
    let Some(language) = Language::of_path(path) else { return Outcome::default() };
    let checked = read_text(path.to_path_buf(), text, language, &names);
    judged(vec![checked], &Options { confidence_min: Some(Confidence::Medium), ..Options::default() })
}

/// Lowering recurses: a deep tree needs room.
const STACK_BYTES: usize = 32 * 1024 * 1024;

fn read_file(file: &Path, root: &Path, names: &Names, filter: &walk::Filter) -> Option<Checked> {
    let language = Language::of_path(file)?;
    let path = file.strip_prefix(root).unwrap_or(file).to_path_buf();
    let text = walk::text(file)?;
    let lines = text.lines().count();
    if !filter.is_relevant(&text) || walk::is_generated(&text) {
        let facts = FileFacts::default();
        let (source, suppressions) = (String::new(), Vec::new());
        return Some(Checked { path, facts, lines, parsed: false, unparsable: false, source, suppressions });
    }
    let text = walk::script_of(file, text);
    Some(Checked { lines, ..read_text(path, &text, language, names) })
}

fn read_text(path: PathBuf, text: &str, language: Language, names: &Names) -> Checked {
    let place = path.to_string_lossy().into_owned();
    let reading = Reading::new(names, language, &place, text);
    let (facts, unparsable) = if language == Language::Sql {
        (sql_file::read(reading), false)
    } else {
        match lower::lower(language, text) {
            Ok(lowered) => (fact::read(&lowered, reading), false),
            Err(_) => (FileFacts::default(), true),
        }
    };
    let suppressions = suppression::suppressions(text);
    let quiet = facts.writes.is_empty() && facts.local.findings.is_empty() && suppressions.is_empty();
    let source = if quiet { String::new() } else { text.to_owned() };
    let lines = text.lines().count();
    Checked { path, facts, lines, parsed: true, unparsable, source, suppressions }
}

fn judged(checked: Vec<Checked>, options: &Options) -> Outcome {
    let project = Project::of(checked.iter().map(|file| &file.facts));
    let mut outcome = Outcome { files: checked.len(), ..Outcome::default() };
    for file in checked {
        outcome.lines += file.lines;
        outcome.parsed += usize::from(file.parsed);
        if file.unparsable {
            outcome.unparsable.push(file.path.clone());
        }
        let only = options.only.as_ref().is_none_or(|only| only.contains(&file.path));
        if only {
            judge_file(file, &project, options, &mut outcome);
        }
    }
    outcome.findings.sort_by(|a, b| (&a.path, a.at, a.rule).cmp(&(&b.path, b.at, b.rule)));
    outcome.findings.dedup_by(|a, b| a.path == b.path && a.at.line == b.at.line && a.rule == b.rule);
    outcome.unparsable.sort();
    finding::fingerprint(&mut outcome.findings);
    let before = outcome.findings.len();
    outcome.findings.retain(|finding| !options.known.contains(&finding.fingerprint));
    outcome.known = before - outcome.findings.len();
    outcome
}

/// Judges the facts of one file and takes out what its comments suppress.
fn judge_file(file: Checked, project: &Project, options: &Options, outcome: &mut Outcome) {
    let lines: Vec<&str> = file.source.lines().collect();
    let confidence_min = options.confidence_min.unwrap_or(Confidence::Medium);
    let mut findings: Vec<Finding> = Vec::new();
    // A statement that changes several amounts is one mistake: the gravest is told.
    let mut told: HashMap<(&str, usize), usize> = HashMap::new();
    for write in &file.facts.writes {
        let finding = rule::amount::judge(write, project);
        let kept = finding.is_none();
        outcome.sites.push(Site {
            rule: write.meaning.rule(),
            path: file.path.clone(),
            line: write.at.line,
            kept,
        });
        let Some(finding) = finding else { continue };
        match told.get(&(finding.rule, write.statement)) {
            Some(before) if findings[*before].confidence >= finding.confidence => {}
            Some(before) => findings[*before] = finding,
            None => {
                told.insert((finding.rule, write.statement), findings.len());
                findings.push(finding);
            }
        }
    }
    let local = file.facts.local;
    let broken = local.findings.iter().map(|finding| (finding.rule, finding.at.line, false));
    let kept = local.kept.iter().map(|(rule, at)| (*rule, at.line, true));
    for (rule, line, kept) in broken.chain(kept) {
        outcome.sites.push(Site { rule, path: file.path.clone(), line, kept });
    }
    findings.extend(local.findings);
    findings.retain(|finding| finding.confidence >= confidence_min);
    for suppression in &file.suppressions {
        match suppression.fault(&options.today) {
            Some(fault) => findings.push(fault),
            None => {
                let (covered, rest) = findings.into_iter().partition(|finding| suppression.covers(finding));
                findings = rest;
                let covered: Vec<Finding> = covered;
                outcome.suppressed.extend(
                    covered.into_iter().map(|f| (f.completed(&file.path, &lines), suppression.clone())),
                );
            }
        }
    }
    outcome.findings.extend(findings.into_iter().map(|finding| finding.completed(&file.path, &lines)));
}
