//! Decides which text goes into which file for which assistant, and records for every rule how it arrives.
//! Leaves the words to `text`, and what is on disk to `apply`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::Config;
use crate::error::Error;
use crate::library::Library;
use crate::pack::Pack;
use crate::rule::{Activation, Rule};
use crate::sync::block::Comment;
use crate::sync::lock::Kind;
use crate::sync::matrix::{Cell, Delivery, Matrix};
use crate::sync::target::{IndexKind, ScopedKind, Target};
use crate::sync::text::{self, Line};

/// One file as it shall be.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) kind: Kind,
    pub(crate) comment: Comment,
    pub(crate) text: String,
    pub(crate) targets: Vec<String>,
}

/// Everything that shall be there.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) files: BTreeMap<String, Planned>,
    pub(crate) matrix: Matrix,
}

/// Makes the plan for all configured assistants.
pub(crate) fn build(
    root: &Path,
    config: &Config,
    library: &Library,
    targets: &[Target],
) -> Result<Plan, Error> {
    for package in &config.packages {
        if !root.join(&package.path).is_dir() {
            return Err(Error::Usage(format!("[[rules.packages]]: there is no folder `{}`", package.path)));
        }
        let known = library.rules().any(|found| package.has(found.pack, &found.rule.id));
        if !known {
            return Err(Error::Usage(format!(
                "[[rules.packages]] `{}` names no rule that exists",
                package.path
            )));
        }
    }
    let mut plan = Plan::default();
    for target in targets {
        let covered = target.covering(root, targets)?.is_some();
        Writer { root, config, library, target, covered, plan: &mut plan }.write();
    }
    share_covered(root, &mut plan.matrix, targets)?;
    plan.matrix.cells.sort_by_key(|cell| targets.iter().position(|target| target.id == cell.target));
    Ok(plan)
}

/// An assistant that loads another one's file gets its rules from there.
fn share_covered(root: &Path, matrix: &mut Matrix, targets: &[Target]) -> Result<(), Error> {
    for target in targets {
        let Some(covering) = target.covering(root, targets)? else { continue };
        let inherited: Vec<Cell> = matrix
            .cells
            .iter()
            .filter(|cell| cell.target == covering.id && matrix.cell(&cell.rule, &target.id).is_none())
            .map(|cell| Cell { target: target.id.clone(), shared: true, ..cell.clone() })
            .collect();
        matrix.cells.extend(inherited);
    }
    Ok(())
}

struct Writer<'plan> {
    root: &'plan Path,
    config: &'plan Config,
    library: &'plan Library,
    target: &'plan Target,
    covered: bool,
    plan: &'plan mut Plan,
}

/// Where one rule goes at this target.
enum Place {
    Index(Option<String>),
    Packages(Vec<String>),
    Globs,
    Skill,
}

impl Writer<'_> {
    fn write(mut self) {
        let library = self.library;
        let mut blocks: BTreeMap<String, String> = BTreeMap::new();
        for pack in &library.packs {
            let mut index = Vec::new();
            let mut packages: BTreeMap<String, Vec<Line<'_>>> = BTreeMap::new();
            for rule in pack.rules.iter().filter(|rule| !self.config.is_disabled(&rule.id)) {
                match self.place(pack, rule) {
                    Place::Globs => self.scoped(pack, rule),
                    Place::Skill => self.in_skill(pack, rule),
                    Place::Index(_) if self.covered => {}
                    Place::Packages(_) if self.covered && self.target.covers_folders => {}
                    Place::Index(only_for) => index.push(Line { rule, only_for }),
                    Place::Packages(folders) => {
                        for folder in folders {
                            packages.entry(folder).or_default().push(Line { rule, only_for: None });
                        }
                    }
                }
            }
            self.index(pack, &index, &mut blocks);
            self.packages(pack, &packages, &mut blocks);
            self.skills(pack);
        }
        self.point_to_the_root(&mut blocks);
        for (path, text) in blocks {
            if let Err(reason) = self.add(&path, Kind::Block, text) {
                self.lose_all_at(&path, &reason);
            }
        }
    }

    /// A folder's file must not hide the root's from those who read only the nearest one.
    fn point_to_the_root(&self, blocks: &mut BTreeMap<String, String>) {
        let top = &self.target.index.path;
        let is_there = blocks.contains_key(top) || self.root.join(top).is_file();
        if !self.target.scoped.nearest_only || !is_there {
            return;
        }
        for (path, text) in blocks.iter_mut().filter(|(path, _)| *path != top) {
            let up = "../".repeat(path.matches('/').count());
            text.push_str(&format!("\nWhat [{top}]({up}{top}) says holds here too: read it as well.\n"));
        }
    }

    fn place(&self, pack: &Pack, rule: &Rule) -> Place {
        let folders: Vec<String> = self
            .config
            .packages
            .iter()
            .filter(|package| package.has(&pack.name, &rule.id))
            .map(|package| package.path.trim_end_matches('/').to_owned())
            .collect();
        if !folders.is_empty() {
            return Place::Packages(folders);
        }
        match (rule.activation, self.target.scoped.kind) {
            (Activation::Always, _) => Place::Index(None),
            (Activation::OnDemand, _) if self.target.skill.native => Place::Skill,
            (Activation::OnDemand, _) => Place::Index(None),
            (Activation::Paths, ScopedKind::Globs) => Place::Globs,
            (Activation::Paths, ScopedKind::Folder) => self.folders(rule),
        }
    }

    /// A scope in folders, if each of its globs lies in one that exists; otherwise the line says what it is for.
    fn folders(&self, rule: &Rule) -> Place {
        let folders: Option<Vec<String>> = rule.scope.iter().map(|glob| crate::glob::folder(glob)).collect();
        match folders {
            Some(mut folders) if folders.iter().all(|folder| self.root.join(folder).is_dir()) => {
                folders.sort();
                folders.dedup();
                Place::Packages(folders)
            }
            Some(_) | None => {
                let globs: Vec<String> = rule.scope.iter().map(|glob| format!("`{glob}`")).collect();
                Place::Index(Some(globs.join(", ")))
            }
        }
    }

    fn index(&mut self, pack: &Pack, lines: &[Line<'_>], blocks: &mut BTreeMap<String, String>) {
        if lines.is_empty() {
            return;
        }
        let path = self.target.index.path.replace("{pack}", &pack.name);
        let result = match self.target.index.kind {
            IndexKind::Block => {
                push_block(blocks, &path, &text::index(self.target, pack, lines, "##"));
                Ok(())
            }
            IndexKind::File => {
                let front = self
                    .target
                    .index
                    .front_matter
                    .replace("{description}", &crate::rule::quoted(&pack.title));
                let text = text::owned(&front, &text::index(self.target, pack, lines, "#"));
                self.add(&path, Kind::File, text)
            }
        };
        for line in lines {
            let always = Delivery::Always { path: path.clone() };
            self.cell(line.rule, result.clone().map_or_else(|reason| Delivery::Lost { reason }, |()| always));
        }
    }

    fn packages(
        &mut self,
        pack: &Pack,
        packages: &BTreeMap<String, Vec<Line<'_>>>,
        blocks: &mut BTreeMap<String, String>,
    ) {
        for (folder, lines) in packages {
            let (path, result) = match self.target.scoped.kind {
                ScopedKind::Folder => {
                    let path = format!("{folder}/{}", self.target.scoped.path);
                    push_block(blocks, &path, &text::index(self.target, pack, lines, "##"));
                    (path, Ok(()))
                }
                ScopedKind::Globs => {
                    let slug =
                        folder.to_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
                    let description = format!("{} in {folder}", pack.title);
                    self.scoped_file(pack, &slug, &description, &[format!("{folder}/**")], lines)
                }
            };
            for line in lines {
                let scoped = Delivery::Scoped { paths: vec![path.clone()] };
                self.cell(
                    line.rule,
                    result.clone().map_or_else(|reason| Delivery::Lost { reason }, |()| scoped),
                );
            }
        }
    }

    fn scoped(&mut self, pack: &Pack, rule: &Rule) {
        let lines = [Line { rule, only_for: None }];
        let (path, result) =
            self.scoped_file(pack, &rule.id.to_lowercase(), &rule.title, &rule.scope, &lines);
        self.cell(
            rule,
            result
                .map_or_else(|reason| Delivery::Lost { reason }, |()| Delivery::Scoped { paths: vec![path] }),
        );
    }

    fn scoped_file(
        &mut self,
        pack: &Pack,
        slug: &str,
        description: &str,
        globs: &[String],
        lines: &[Line<'_>],
    ) -> (String, Result<(), String>) {
        let path = self.target.scoped.path.replace("{pack}", &pack.name).replace("{scope}", slug);
        let result = text::scoped_front_matter(&self.target.scoped, description, globs).and_then(|front| {
            self.add(&path, Kind::File, text::owned(&front, &text::index(self.target, pack, lines, "#")))
        });
        (path, result)
    }

    fn in_skill(&mut self, pack: &Pack, rule: &Rule) {
        let skill = pack.skill_of(&rule.id).expect("every rule has a skill: reading a pack completes them");
        let path = text::skill_path(self.target, skill);
        self.cell(rule, Delivery::Skill { path });
    }

    fn skills(&mut self, pack: &Pack) {
        for skill in &pack.skills {
            let rules: Vec<&Rule> = skill
                .rules
                .iter()
                .filter(|id| !self.config.is_disabled(id))
                .filter_map(|id| pack.rule(id))
                .collect();
            if rules.is_empty() {
                continue;
            }
            let folder = self.target.skill.folder.replace("{skill}", &skill.name);
            let mut assets = Vec::new();
            for template in &pack.templates {
                if !rules.iter().any(|rule| rule.id == template.rule)
                    || !self.config.stacks.contains(&template.stack)
                {
                    continue;
                }
                for (name, content) in &template.files {
                    let asset = format!("assets/{}-{}/{name}", template.rule, template.stack);
                    // Skills of several assistants share a folder; the same text twice is one file.
                    if self.add(&format!("{folder}/{asset}"), Kind::File, content.clone()).is_ok() {
                        assets.push(asset);
                    }
                }
            }
            let path = text::skill_path(self.target, skill);
            if let Err(reason) = self.add(&path, Kind::File, text::skill(pack, skill, &rules, &assets)) {
                for rule in rules {
                    self.lose(&rule.id, &reason);
                }
            }
        }
    }

    fn cell(&mut self, rule: &Rule, delivery: Delivery) {
        let known = self
            .plan
            .matrix
            .cells
            .iter_mut()
            .find(|cell| cell.rule == rule.id && cell.target == self.target.id);
        match (known, delivery) {
            (None, delivery) => {
                let cell =
                    Cell { rule: rule.id.clone(), target: self.target.id.clone(), delivery, shared: false };
                self.plan.matrix.cells.push(cell);
            }
            (Some(cell), Delivery::Scoped { paths: more }) => {
                if let Delivery::Scoped { paths } = &mut cell.delivery {
                    paths.extend(more);
                }
            }
            (
                Some(cell),
                delivery @ (Delivery::Always { .. } | Delivery::Skill { .. } | Delivery::Lost { .. }),
            ) => {
                cell.delivery = delivery;
            }
        }
    }

    fn lose(&mut self, rule: &str, reason: &str) {
        self.plan.matrix.lose(&self.target.id, reason, |cell| cell.rule == rule);
    }

    fn lose_all_at(&mut self, path: &str, reason: &str) {
        self.plan.matrix.lose(&self.target.id, reason, |cell| cell.is_at(path));
    }

    /// Adds a file under the path that it really has; two different texts for one path are refused.
    fn add(&mut self, path: &str, kind: Kind, text: String) -> Result<(), String> {
        let path = resolve(self.root, path)?;
        let comment = Comment::Html;
        let files = &mut self.plan.files;
        let planned = files.entry(path.clone()).or_insert_with(|| Planned {
            kind,
            comment,
            text: text.clone(),
            targets: Vec::new(),
        });
        if planned.kind != kind || planned.text != text {
            return Err(format!(
                "`{path}` would need two different texts (the other is for {})",
                planned.targets.join(", ")
            ));
        }
        if !planned.targets.contains(&self.target.id) {
            planned.targets.push(self.target.id.clone());
        }
        Ok(())
    }
}

fn push_block(blocks: &mut BTreeMap<String, String>, path: &str, text: &str) {
    let block = blocks.entry(path.to_owned()).or_default();
    if !block.is_empty() {
        block.push('\n');
    }
    block.push_str(text);
}

/// The path behind symbolic links, from the root; one that leads out of the repository is refused.
pub(crate) fn resolve(root: &Path, path: &str) -> Result<String, String> {
    let outside = || format!("`{path}` leads out of the repository");
    let root = root.canonicalize().map_err(|error| format!("{}: {error}", root.display()))?;
    let full = root.join(path);
    let mut existing = full.as_path();
    while existing.symlink_metadata().is_err() {
        existing = existing.parent().ok_or_else(outside)?;
    }
    let real = existing.canonicalize().map_err(|_| format!("`{path}` is a link to nothing"))?;
    let inside = real.strip_prefix(&root).map_err(|_| outside())?;
    let rest = full.strip_prefix(existing).expect("it was found by walking up from there");
    let joined = if rest.as_os_str().is_empty() { inside.to_path_buf() } else { inside.join(rest) };
    Ok(joined.to_string_lossy().replace('\\', "/"))
}
