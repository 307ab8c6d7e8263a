//! Decides how it is told which rule reaches which assistant, and how. A rule that does not arrive is LOST, with the reason.

use std::fmt;

use serde::Serialize;

/// How a rule's line reaches an assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum Delivery {
    /// Loaded in every conversation.
    Always {
        /// The file.
        path: String,
    },
    /// Loaded with the files it is about.
    Scoped {
        /// The files, at least one.
        paths: Vec<String>,
    },
    /// Loaded with its skill, which the assistant offers by itself.
    Skill {
        /// The file.
        path: String,
    },
    /// Not delivered.
    Lost {
        /// Why.
        reason: String,
    },
}

impl Delivery {
    fn word(&self) -> &'static str {
        match self {
            Self::Always { .. } => "always",
            Self::Scoped { .. } => "scoped",
            Self::Skill { .. } => "skill",
            Self::Lost { .. } => "LOST",
        }
    }
}

/// One rule at one assistant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The rule's id.
    pub rule: String,
    /// The assistant's id.
    pub target: String,
    /// How it gets there.
    pub delivery: Delivery,
    /// Whether the file is written for another assistant that this one follows.
    pub shared: bool,
}

impl Cell {
    /// Whether this cell's line stands in a file.
    pub fn is_at(&self, path: &str) -> bool {
        match &self.delivery {
            Delivery::Always { path: at } | Delivery::Skill { path: at } => at == path,
            Delivery::Scoped { paths } => paths.iter().any(|at| at == path),
            Delivery::Lost { .. } => false,
        }
    }
}

/// Every rule at every assistant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Target by target, rule by rule.
    pub cells: Vec<Cell>,
}

impl Matrix {
    /// The cells that did not arrive.
    pub fn lost(&self) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| matches!(cell.delivery, Delivery::Lost { .. }))
    }

    /// The cell of a rule at an assistant.
    pub fn cell(&self, rule: &str, target: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.rule == rule && cell.target == target)
    }

    /// Marks an assistant's cells as lost.
    pub(crate) fn lose(&mut self, target: &str, reason: &str, which: impl Fn(&Cell) -> bool) {
        for cell in self.cells.iter_mut().filter(|cell| cell.target == target) {
            if which(cell) {
                cell.delivery = Delivery::Lost { reason: reason.to_owned() };
            }
        }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut targets: Vec<&str> = self.cells.iter().map(|cell| cell.target.as_str()).collect();
        targets.dedup();
        let mut rules: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !rules.contains(&cell.rule.as_str()) {
                rules.push(&cell.rule);
            }
        }
        let width = rules.iter().map(|rule| rule.len()).max().unwrap_or(4).max(4);
        write!(formatter, "{:width$}", "rule")?;
        for target in &targets {
            write!(formatter, "  {target}")?;
        }
        for rule in rules {
            write!(formatter, "\n{rule:width$}")?;
            for target in &targets {
                let word = self.cell(rule, target).map_or("", |cell| cell.delivery.word());
                write!(formatter, "  {word:0$}", target.len())?;
            }
        }
        for cell in self.lost() {
            if let Delivery::Lost { reason } = &cell.delivery {
                write!(formatter, "\nLOST {} at {}: {reason}", cell.rule, cell.target)?;
            }
        }
        Ok(())
    }
}
