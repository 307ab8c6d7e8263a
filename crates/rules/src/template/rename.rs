//! Decides how a template's words become a project's: whole words of an identifier, in the case in which they stand.
//! `inventory` is renamed in `tx.inventory`, `Inventory` and `inventory_available`, and left alone in `inventories`.

/// A word of a template and what the project calls it.
pub(crate) struct Rename<'name> {
    pub(crate) word: &'name str,
    pub(crate) to: &'name str,
}

/// Renames all words in one pass, so that one answer is never taken for another word.
pub(crate) fn apply(text: &str, renames: &[Rename<'_>]) -> String {
    let mut renamed = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let found =
            renames.iter().filter_map(|rename| found(&text[..at], rest, rename)).max_by_key(|one| one.0);
        if let Some((length, answer)) = found {
            renamed.push_str(&answer);
            at += length;
        } else {
            let letter = rest.chars().next().map_or(1, char::len_utf8);
            renamed.push_str(&rest[..letter]);
            at += letter;
        }
    }
    renamed
}

/// How much of `rest` is the word, and what stands there instead.
fn found(before: &str, rest: &str, rename: &Rename<'_>) -> Option<(usize, String)> {
    let capital = capitalised(rename.word);
    let (word, answer) = if rest.starts_with(rename.word) {
        (rename.word, rename.to.to_owned())
    } else if rest.starts_with(&capital) {
        (capital.as_str(), pascal(rename.to))
    } else {
        return None;
    };
    let begins_upper = word.starts_with(char::is_uppercase);
    let opens = before
        .chars()
        .next_back()
        .is_none_or(|last| !last.is_alphanumeric() || (begins_upper && !last.is_uppercase()));
    let closes =
        rest[word.len()..].chars().next().is_none_or(|next| !next.is_alphanumeric() || next.is_uppercase());
    (opens && closes).then_some((word.len(), answer))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `stock_levels` and `stockLevels` as a type is called: `StockLevels`.
fn pascal(name: &str) -> String {
    name.split('_').map(capitalised).collect()
}

/// Whether a text can be the name of a table, a column or a type in any language.
pub(crate) fn is_identifier(text: &str) -> bool {
    !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
