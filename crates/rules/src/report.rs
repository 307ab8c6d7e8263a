//! Decides how a repository's standing is counted: places that keep a rule among the places that it speaks of.
//! Leaves finding these places to `check`, and the looks to `render`. Counts teams, never persons; nothing leaves the machine.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

mod history;
mod owners;
mod render;

pub use history::{Point, history};

use crate::check::{Outcome, Site};
use crate::error::{Error, Exit};
use crate::library::{self, Library};
use crate::sync::lock::Lock;
use crate::template::{self, Instance};
use owners::Owners;

/// How many of the relevant places keep their rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What was counted: a rule, a team, a package.
    pub name: String,
    /// Places that the rules speak of.
    pub relevant: usize,
    /// Those that keep them.
    pub kept: usize,
}

impl Standing {
    /// Counts all of some places under one name.
    pub fn of(sites: &[Site], name: &str) -> Self {
        let kept = sites.iter().filter(|site| site.kept).count();
        Self { name: name.to_owned(), relevant: sites.len(), kept }
    }

    /// Whole per cent, rounded down so that only a clean sheet shows 100; nothing if no place is relevant.
    pub fn per_cent(&self) -> Option<usize> {
        (self.kept * 100).checked_div(self.relevant)
    }
}

/// A rule that has no detector, or is switched off, and why it is not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Uncounted {
    /// Its id.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// A pack that is older than the one in this binary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// The pack's name.
    pub pack: String,
    /// What is pinned or delivered.
    pub has: String,
    /// What there is.
    pub newest: String,
}

/// A place where a comment says that a rule does not hold there, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppressed {
    /// The rule.
    pub rule: String,
    /// The file and the line.
    pub place: String,
    /// The team that the file belongs to.
    pub team: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds; nothing means for ever.
    pub until: Option<String>,
}

/// What a report can be limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Rule by rule.
    Rule,
    /// Team by team.
    Team,
    /// Package by package.
    Package,
}

/// The standing of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All rules together.
    pub all: Standing,
    /// Rule by rule, in the packs' order; only rules with a detector.
    pub rules: Vec<Standing>,
    /// Team by team, as CODEOWNERS names them.
    pub teams: Vec<Standing>,
    /// Package by package.
    pub packages: Vec<Standing>,
    /// Rules that no machine checks here.
    pub uncounted: Vec<Uncounted>,
    /// Places that a comment excuses. They are relevant, and not kept.
    pub suppressed: Vec<Suppressed>,
    /// Adopted templates, and how each stands.
    pub templates: Vec<Instance>,
    /// Packs behind.
    pub behind: Vec<Behind>,
    /// Commit by commit, oldest first; empty unless asked for.
    pub history: Vec<Point>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For other programs.
    Json,
    /// For a pull request or a wiki.
    Markdown,
    /// One page with plots, without any script or other file.
    Html,
}

impl std::str::FromStr for Format {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "md" | "markdown" => Ok(Self::Markdown),
            "html" => Ok(Self::Html),
            _ => Err(Error::Usage(format!("unknown format `{word}`; known are text, json, md, html"))),
        }
    }
}

impl Report {
    /// A report never fails a build; `check` does.
    pub fn exit(&self) -> Exit {
        Exit::Clean
    }

    /// Only one of the three tables.
    #[must_use]
    pub fn only(mut self, group: Group) -> Self {
        match group {
            Group::Rule => (self.teams, self.packages) = (Vec::new(), Vec::new()),
            Group::Team => (self.rules, self.packages) = (Vec::new(), Vec::new()),
            Group::Package => (self.rules, self.teams) = (Vec::new(), Vec::new()),
        }
        self
    }

    /// The report in a format.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => render::text(self),
            Format::Json => serde_json::to_string_pretty(self).expect("a report is plain data"),
            Format::Markdown => render::markdown(self),
            Format::Html => render::html(self),
        }
    }
}

/// Counts the places that the checker found.
pub fn report(root: &Path, outcome: &Outcome) -> Result<Report, Error> {
    let (library, config) = Library::of(root)?;
    let owners = Owners::load(root)?;
    let is_counted = |site: &&Site| !config.is_disabled(site.rule);
    let counted: Vec<Site> = outcome.sites.iter().filter(is_counted).cloned().collect();
    let mut rules = Vec::new();
    let mut uncounted = Vec::new();
    for found in library.rules() {
        let id = &found.rule.id;
        let of_rule: Vec<Site> = counted.iter().filter(|site| site.rule == id).cloned().collect();
        let off = config.disable.iter().find(|disabled| disabled.rule.eq_ignore_ascii_case(id));
        if let Some(disabled) = off {
            let reason = format!("switched off: {}", disabled.reason);
            uncounted.push(Uncounted { rule: id.clone(), reason });
        } else if of_rule.is_empty() && !library.has_detector(id) {
            let reason = "no detector: it is read, not measured".to_owned();
            uncounted.push(Uncounted { rule: id.clone(), reason });
        } else {
            rules.push(Standing::of(&of_rule, id));
        }
    }
    Ok(Report {
        all: Standing::of(&counted, "all rules"),
        rules,
        teams: grouped(&counted, |site| owners.team(&site.path)),
        packages: grouped(&counted, |site| owners::package(root, &site.path)),
        uncounted,
        suppressed: suppressed(outcome, &owners),
        templates: template::instances(root, &library)?,
        behind: behind(root, &library)?,
        history: Vec::new(),
    })
}

fn grouped(sites: &[Site], name: impl Fn(&Site) -> String) -> Vec<Standing> {
    let mut groups: BTreeMap<String, Vec<Site>> = BTreeMap::new();
    for site in sites {
        groups.entry(name(site)).or_default().push(site.clone());
    }
    groups.iter().map(|(name, sites)| Standing::of(sites, name)).collect()
}

fn suppressed(outcome: &Outcome, owners: &Owners) -> Vec<Suppressed> {
    let places = outcome.suppressed.iter();
    places
        .map(|(finding, suppression)| Suppressed {
            rule: finding.rule.to_owned(),
            place: format!("{}:{}", finding.path.display(), finding.at.line),
            team: owners.team(&finding.path),
            reason: suppression.reason.clone(),
            until: suppression.until.clone(),
        })
        .collect()
}

/// What is delivered is in the lock; what there is, in the packs.
fn behind(root: &Path, library: &Library) -> Result<Vec<Behind>, Error> {
    let lock = Lock::load(root)?;
    let mut behind = Vec::new();
    for locked in &lock.packs {
        let pinned = library.packs.iter().find(|pack| pack.name == locked.name);
        let embedded = library::embedded(&locked.name).ok();
        let newest =
            pinned.map(|pack| pack.version).into_iter().chain(embedded.map(|pack| pack.version)).max();
        if let Some(newest) = newest.filter(|newest| *newest > locked.version) {
            let (has, newest) = (locked.version.to_string(), newest.to_string());
            behind.push(Behind { pack: locked.name.clone(), has, newest });
        }
    }
    Ok(behind)
}
