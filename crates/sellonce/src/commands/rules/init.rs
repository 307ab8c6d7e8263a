//! `rules init`: what flags do not say is asked for at a terminal, and taken as it was found elsewhere.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use clap::Args;
use sellonce_rules::init::{self, Answers, Detected, Evidence};
use sellonce_rules::sync::target;

use super::{Stop, told};
use crate::output;

#[derive(Debug, Args)]
pub(super) struct Init {
    /// The assistants to deliver to; `agents-md` serves all that read AGENTS.md.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    assistants: Option<Vec<String>>,
    /// The stacks whose templates go into the skills, as ts-prisma.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    stacks: Option<Vec<String>>,
    /// What tables and columns are called here, by a key of [check]: stock_columns=units_left,on_hand; may be repeated.
    #[arg(long, value_name = "KEY=A,B", value_parser = pair)]
    names: Vec<(String, String)>,
    /// Ask nothing; take what was found.
    #[arg(long)]
    yes: bool,
}

/// `key=value` of a flag.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(key, value)| !key.is_empty() && !value.is_empty());
    parts.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "write KEY=VALUE".to_owned())
}

pub(super) fn run(root: &Path, call: Init) -> Result<(), Stop> {
    told(init::refuse_again(root))?;
    let detected = init::detect(root);
    let names = call.names.iter().map(|(key, names)| (key.clone(), words(names))).collect();
    let mut answers = Answers { assistants: call.assistants, stacks: call.stacks, names };
    if !call.yes && std::io::stdin().is_terminal() {
        let mut conversation =
            Conversation { answers: std::io::stdin().lock(), questions: std::io::stderr() };
        conversation.complete(&detected, &mut answers)?;
    }
    let initialised = told(init::init(root, &answers))?;
    for (kind, list) in [
        ("assistant", &detected.assistants),
        ("stack", &detected.stacks),
        ("stock column", &detected.stock_columns),
    ] {
        for Evidence { what, path } in list {
            output::note(format_args!("found {kind} {what} ({path})"));
        }
    }
    output::result(format_args!("{}\nwritten to {}", initialised.section, initialised.change.path));
    output::note("next: `sellonce rules sync --dry-run` shows what a sync would write");
    Ok(())
}

fn words(text: &str) -> Vec<String> {
    text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Questions out, answers in.
struct Conversation<R, W> {
    answers: R,
    questions: W,
}

impl<R: BufRead, W: Write> Conversation<R, W> {
    /// Asks for everything that no flag has said.
    fn complete(&mut self, detected: &Detected, answers: &mut Answers) -> std::io::Result<()> {
        let known: Vec<String> = target::all().into_iter().map(|target| target.id).collect();
        if answers.assistants.is_none() {
            answers.assistants = Some(self.choice("Assistants", &detected.assistants, &known)?);
        }
        let known: Vec<String> = init::STACKS.iter().map(|(stack, _, _)| (*stack).to_owned()).collect();
        if answers.stacks.is_none() {
            answers.stacks = Some(self.choice("Stacks", &detected.stacks, &known)?);
        }
        self.names("stock_columns", "Columns that hold stock", &detected.stock_columns, &mut answers.names)?;
        self.names("stock_entities", "Tables or models that are stock", &[], &mut answers.names)
    }

    /// One or more of what is known; asked again until it is.
    fn choice(
        &mut self,
        question: &str,
        found: &[Evidence],
        known: &[String],
    ) -> std::io::Result<Vec<String>> {
        writeln!(self.questions, "{question} ({})", known.join(", "))?;
        loop {
            let (answer, ended) = self.ask(found)?;
            match answer.iter().find(|word| !known.contains(word)) {
                Some(unknown) if !ended => writeln!(self.questions, "`{unknown}` is none of them")?,
                Some(_) | None => return Ok(answer),
            }
        }
    }

    fn names(
        &mut self,
        key: &str,
        question: &str,
        found: &[Evidence],
        names: &mut BTreeMap<String, Vec<String>>,
    ) -> std::io::Result<()> {
        if !names.contains_key(key) {
            writeln!(self.questions, "{question}, beside the usual names")?;
            let (answer, _) = self.ask(found)?;
            names.insert(key.to_owned(), answer);
        }
        Ok(())
    }

    /// One line; an empty one takes what was found, a dash takes nothing. Also whether the answers have ended.
    fn ask(&mut self, found: &[Evidence]) -> std::io::Result<(Vec<String>, bool)> {
        let found: Vec<String> = found.iter().map(|evidence| evidence.what.clone()).collect();
        let shown = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        write!(self.questions, "  [{shown}; - for none] > ")?;
        self.questions.flush()?;
        let mut line = String::new();
        let ended = self.answers.read_line(&mut line)? == 0;
        Ok((
            match line.trim() {
                "" => found,
                "-" => Vec::new(),
                said => words(said),
            },
            ended,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(said: &str, answers: Answers) -> (Answers, String) {
        let evidence = |what: &str| Evidence { what: what.to_owned(), path: "x".to_owned() };
        let detected = Detected {
            assistants: vec![evidence("agents-md"), evidence("cursor")],
            stacks: Vec::new(),
            stock_columns: vec![evidence("unitsLeft")],
        };
        let mut answers = answers;
        let mut conversation = Conversation { answers: said.as_bytes(), questions: Vec::new() };
        conversation.complete(&detected, &mut answers).expect("memory can be read and written");
        (answers, String::from_utf8(conversation.questions).expect("questions are text"))
    }

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn an_empty_line_takes_what_was_found_and_a_dash_nothing() {
        let (answers, _) = complete("\nts-pg\n-\nShelf, Bin\n", Answers::default());
        assert_eq!(answers.assistants, Some(list(&["agents-md", "cursor"])));
        assert_eq!(answers.stacks, Some(list(&["ts-pg"])));
        assert_eq!(answers.names["stock_columns"], list(&[]));
        assert_eq!(answers.names["stock_entities"], list(&["Shelf", "Bin"]));
    }

    #[test]
    fn an_unknown_name_is_asked_for_again() {
        let (answers, asked) = complete("notepad\nkiro\n", Answers::default());
        assert_eq!(answers.assistants, Some(list(&["kiro"])));
        assert!(asked.contains("`notepad` is none of them"), "{asked}");
    }

    #[test]
    fn what_a_flag_said_is_not_asked_and_an_end_of_answers_takes_what_was_found() {
        let said = Answers { assistants: Some(list(&["kiro"])), ..Answers::default() };
        let (answers, asked) = complete("", said);
        assert_eq!(answers.assistants, Some(list(&["kiro"])));
        assert_eq!(answers.names["stock_columns"], list(&["unitsLeft"]));
        assert!(!asked.contains("Assistants"), "{asked}");
    }
}
