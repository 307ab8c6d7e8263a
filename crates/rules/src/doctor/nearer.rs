//! Decides which files of people stand between a shared file and some of its readers: one that a reader takes instead, and
//! one that lies nearer to the code.

use std::path::Path;

use crate::doctor::{Diagnosis, Weight, files};
use crate::error::{Error, read_if_there};
use crate::sync::block::{self, Comment};
use crate::sync::target::Target;

/// Files that a reader takes instead, unless the rules stand there too.
pub(crate) fn instead(root: &Path, target: &Target, diagnosis: &mut Diagnosis) -> Result<(), Error> {
    for instead in &target.instead {
        let Some(file) = instead.files.iter().find(|file| root.join(file).is_file()) else { continue };
        if !tells(root, file, &target.index.path)? {
            let text = format!(
                "{} reads `{file}` instead of `{}`, and sees no rule; say `Read {} first.` there",
                instead.reader, target.index.path, target.index.path
            );
            diagnosis.say(Weight::Advice, text);
        }
    }
    Ok(())
}

/// Files in folders, for readers that take only the nearest one.
pub(crate) fn nearest(root: &Path, target: &Target, diagnosis: &mut Diagnosis) -> Result<(), Error> {
    if !target.scoped.nearest_only || !root.join(&target.index.path).is_file() {
        return Ok(());
    }
    let ending = format!("/{}", target.scoped.path);
    for file in files(root).into_iter().filter(|file| file.ends_with(&ending)) {
        let up = format!("{}{}", "../".repeat(file.matches('/').count()), target.index.path);
        if !tells(root, &file, &up)? {
            let text = format!(
                "in the folder of `{file}`, assistants that read only the nearest `{}` do not see the root's; say `Read {up} first.` there",
                target.scoped.path
            );
            diagnosis.say(Weight::Advice, text);
        }
    }
    Ok(())
}

/// Whether a file holds a block of ours, or leads to the one that does.
fn tells(root: &Path, file: &str, path: &str) -> Result<bool, Error> {
    let text = read_if_there(&root.join(file))?.unwrap_or_default();
    Ok(text.contains(path) || matches!(block::find(&text, Comment::Html), Ok(Some(_))))
}
