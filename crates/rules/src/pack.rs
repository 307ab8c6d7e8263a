//! Decides what a pack is: a pack.toml, a folder per rule, the skills that hold the long text.
//! A pack is the same thing in the binary, in a folder, in a git checkout and in an archive; leaves fetching to `library`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::rule::{Rule, Version};

/// A pack's files by their path inside the pack, with `/` between the parts.
pub type Files = BTreeMap<String, String>;

/// One versioned unit of rules.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The name a project pins.
    pub name: String,
    /// The version a project pins.
    pub version: Version,
    /// What the rules are about, in a heading.
    pub title: String,
    /// When the rules apply, in one sentence above them.
    pub applies: String,
    /// The licence of the texts.
    pub license: String,
    /// The licence of the templates, which are made to be copied.
    pub template_license: String,
    /// The rules in the order of pack.toml.
    pub rules: Vec<Rule>,
    /// The skills that hold the long text.
    pub skills: Vec<Skill>,
    /// The templates, in the order of their rules and folders.
    pub templates: Vec<Template>,
    /// SHA-256 over names and contents of everything in it.
    pub sha256: String,
    /// The files it was read from.
    pub files: Files,
}

/// One Agent Skill: the long text of a few rules that are read together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skill {
    /// The folder's name: lower case and hyphens.
    pub name: String,
    /// What it is for and when to use it; all that an assistant sees before it opens the skill.
    pub description: String,
    /// The ids of its rules.
    pub rules: Vec<String>,
}

/// A working example of a rule for one stack.
#[derive(Debug, Clone)]
pub struct Template {
    /// The rule it keeps.
    pub rule: String,
    /// The stack, as in `ts-prisma`.
    pub stack: String,
    /// The libraries it was written for.
    pub requires: String,
    /// Words in the files that an adopter renames: what they mean, and the word.
    pub renames: BTreeMap<String, String>,
    /// Its files: name and text.
    pub files: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateManifest {
    rule: String,
    stack: String,
    requires: String,
    files: Vec<String>,
    license: String,
    #[serde(default)]
    renames: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    name: String,
    version: Version,
    title: String,
    applies: String,
    license: String,
    #[serde(default)]
    template_license: Option<String>,
    minimum_tool_version: Version,
    rules: Vec<String>,
    #[serde(default)]
    skills: Vec<Skill>,
}

impl Pack {
    /// Reads a pack from its files; `origin` is only named in errors.
    pub fn read(origin: &Path, files: Files) -> Result<Self, Error> {
        let path = origin.join("pack.toml");
        let text =
            files.get("pack.toml").ok_or_else(|| Error::source(&path, 1, "a pack needs a pack.toml"))?;
        let manifest: Manifest = toml::from_str(text).map_err(|error| toml_error(&path, text, &error))?;
        let wrong = |line: usize, message: String| Error::source(&path, line, message);
        if !is_name(&manifest.name) {
            return Err(wrong(
                1,
                format!("`{}` is no pack name; use lower case letters, digits and hyphens", manifest.name),
            ));
        }
        let tool: Version = env!("CARGO_PKG_VERSION").parse().map_err(|message| wrong(1, message))?;
        if manifest.minimum_tool_version > tool {
            let message =
                format!("needs sellonce {} or newer; this is {tool}", manifest.minimum_tool_version);
            return Err(wrong(1, message));
        }
        let rules = read_rules(origin, &files, &manifest.rules)?;
        let skills = complete_skills(&manifest, &rules);
        check_skills(&path, &skills, &rules)?;
        let mut templates = Vec::new();
        for (rule, folder) in rules.iter().zip(&manifest.rules) {
            templates.extend(self::templates(origin, &files, rule, folder)?);
        }
        Ok(Self {
            name: manifest.name,
            version: manifest.version,
            title: manifest.title,
            applies: manifest.applies,
            template_license: manifest.template_license.unwrap_or_else(|| manifest.license.clone()),
            license: manifest.license,
            rules,
            skills,
            templates,
            sha256: digest(&files),
            files,
        })
    }

    /// Reads a pack from a folder.
    pub fn read_folder(folder: &Path) -> Result<Self, Error> {
        let mut files = Files::new();
        collect(folder, folder, &mut files)?;
        Self::read(folder, files)
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The skill that holds a rule's long text.
    pub fn skill_of(&self, id: &str) -> Option<&Skill> {
        self.skills.iter().find(|skill| skill.rules.iter().any(|rule| rule == id))
    }
}

fn read_rules(origin: &Path, files: &Files, folders: &[String]) -> Result<Vec<Rule>, Error> {
    let mut rules: Vec<Rule> = Vec::new();
    for folder in folders {
        let name = format!("{folder}/RULE.md");
        let path = origin.join(&name);
        let text = files
            .get(&name)
            .ok_or_else(|| Error::source(&path, 1, "pack.toml names this rule, but the file is not there"))?;
        let rule = Rule::parse(&path, text)?;
        if folder.split('-').next() != Some(rule.id.as_str()) {
            return Err(Error::source(
                &path,
                2,
                format!("the folder `{folder}` does not begin with the id {}", rule.id),
            ));
        }
        if rules.iter().any(|other| other.id == rule.id) {
            return Err(Error::source(&path, 2, format!("{} stands twice in this pack", rule.id)));
        }
        rules.push(rule);
    }
    for rule in &rules {
        if let Some(missing) = rule.related.iter().find(|id| !rules.iter().any(|other| other.id == **id)) {
            let message = format!("{} is related to {missing}, which is not in this pack", rule.id);
            return Err(Error::source(&origin.join("pack.toml"), 1, message));
        }
    }
    let unlisted = files.keys().find(|name| {
        name.strip_suffix("/RULE.md").is_some_and(|folder| !folders.iter().any(|listed| listed == folder))
    });
    match unlisted {
        Some(name) => Err(Error::source(&origin.join(name), 1, "pack.toml does not list this rule")),
        None => Ok(rules),
    }
}

/// A rule that no skill names gets a place in the pack's own skill, so that its long text is never lost.
fn complete_skills(manifest: &Manifest, rules: &[Rule]) -> Vec<Skill> {
    let mut skills = manifest.skills.clone();
    let homeless: Vec<String> = rules
        .iter()
        .filter(|rule| !skills.iter().any(|skill| skill.rules.contains(&rule.id)))
        .map(|rule| rule.id.clone())
        .collect();
    if !homeless.is_empty() {
        let description =
            format!("{}. {} Use when you change what they name.", manifest.title, manifest.applies);
        skills.push(Skill { name: format!("{}-rules", manifest.name), description, rules: homeless });
    }
    skills
}

fn check_skills(path: &Path, skills: &[Skill], rules: &[Rule]) -> Result<(), Error> {
    for skill in skills {
        let wrong =
            |message: String| Err(Error::source(path, 1, format!("skill `{}`: {message}", skill.name)));
        if !is_name(&skill.name) || skill.name.len() > 64 {
            return wrong("a name is 1 to 64 lower case letters, digits and hyphens".to_owned());
        }
        if skill.description.is_empty() || skill.description.chars().count() > 1_024 {
            return wrong("a description has 1 to 1,024 characters".to_owned());
        }
        if let Some(id) = skill.rules.iter().find(|id| !rules.iter().any(|rule| rule.id == **id)) {
            return wrong(format!("{id} is not in this pack"));
        }
    }
    Ok(())
}

/// The templates of one rule: every folder below `templates/` is one, and its template.toml names all its files.
fn templates(origin: &Path, files: &Files, rule: &Rule, folder: &str) -> Result<Vec<Template>, Error> {
    let prefix = format!("{folder}/templates/");
    let below = || files.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
    let mut stacks: Vec<&str> =
        below().filter_map(|(name, _)| name[prefix.len()..].split('/').next()).collect();
    stacks.dedup();
    let mut templates = Vec::new();
    for stack in stacks {
        let name = format!("{prefix}{stack}/template.toml");
        let path = origin.join(&name);
        let text =
            files.get(&name).ok_or_else(|| Error::source(&path, 1, "a template needs a template.toml"))?;
        let manifest: TemplateManifest =
            toml::from_str(text).map_err(|error| toml_error(&path, text, &error))?;
        if manifest.rule != rule.id || manifest.stack != stack || manifest.license.is_empty() {
            let message = format!("must say rule = \"{}\", stack = \"{stack}\" and a license", rule.id);
            return Err(Error::source(&path, 1, message));
        }
        let mut contents = Vec::new();
        for file in &manifest.files {
            let content = files.get(&format!("{prefix}{stack}/{file}"));
            let content =
                content.ok_or_else(|| Error::source(&path, 1, format!("there is no `{file}` beside it")))?;
            contents.push((file.clone(), content.clone()));
        }
        let is_used = |word: &String| {
            contents.iter().any(|(_, content)| content.to_lowercase().contains(&word.to_lowercase()))
        };
        if let Some(word) = manifest.renames.values().find(|word| !is_used(word)) {
            return Err(Error::source(
                &path,
                1,
                format!("the word `{word}` to rename stands in none of its files"),
            ));
        }
        templates.push(Template {
            rule: manifest.rule,
            stack: manifest.stack,
            requires: manifest.requires,
            renames: manifest.renames,
            files: contents,
        });
    }
    Ok(templates)
}

/// Lower case letters, digits and single hyphens, beginning with a letter.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}

pub(crate) fn toml_error(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    Error::source(path, toml_line(text, error), error.message())
}

/// The line of a text that is no TOML, counted from 1.
pub(crate) fn toml_line(text: &str, error: &toml::de::Error) -> usize {
    error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1)
}

/// SHA-256 of a text with its line ends made equal, as hex.
pub fn sha256(text: &str) -> String {
    data_hex(&Sha256::digest(text.replace("\r\n", "\n").as_bytes()))
}

fn data_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest(files: &Files) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in files {
        hasher.update(name.as_bytes());
        hasher.update([0]);
        hasher.update(sha256(text).as_bytes());
    }
    data_hex(&hasher.finalize())
}

/// Files that belong to a pack's making, not to the pack: they are neither delivered nor hashed.
pub(crate) fn is_delivered(name: &str) -> bool {
    let mut parts = name.split('/');
    !parts.any(|part| part.starts_with('.') || part == "examples" || part == "proof")
}

fn collect(root: &Path, folder: &Path, files: &mut Files) -> Result<(), Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            Error::Usage(format!("{}: no such folder", folder.display()))
        } else {
            Error::io(folder, error)
        }
    })?;
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| Error::io(folder, error))?.path());
    }
    paths.sort();
    for path in paths {
        let name =
            path.strip_prefix(root).expect("the walk began at the root").to_string_lossy().replace('\\', "/");
        if !is_delivered(&name) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if let Some(text) = crate::error::read_if_there(&path)? {
            files.insert(name, text);
        }
    }
    Ok(())
}
