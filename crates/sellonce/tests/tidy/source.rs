//! Rust text taken apart: which of it is code, which is comment, which is literal.
//!
//! Decides that much and no more: no grammar, only what the checks need so that a word in a string or a comment is not
//! taken for code. Blanked bytes become spaces, so every place stays where it is.

/// What a piece of the text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// The code alone, with comments and literals blanked.
pub(crate) fn code(text: &str) -> String {
    keep(text, |kind| kind == Kind::Code)
}

/// Code and comments, with literals blanked.
pub(crate) fn code_and_comments(text: &str) -> String {
    keep(text, |kind| kind != Kind::Literal)
}

/// The places of a word that is not part of a longer identifier.
pub(crate) fn places_of<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let begins_named = word.bytes().next().is_some_and(is_name);
    let ends_named = word.bytes().last().is_some_and(is_name);
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].bytes().last().is_some_and(is_name);
        let after = text[*at + word.len()..].bytes().next().is_some_and(is_name);
        let is_part_of_a_longer_one = (begins_named && before) || (ends_named && after);
        !is_part_of_a_longer_one
    })
}

/// The identifier that the text begins with; may be empty.
pub(crate) fn name_at(text: &str) -> &str {
    &text[..text.bytes().take_while(|byte| is_name(*byte)).count()]
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn keep(text: &str, wanted: impl Fn(Kind) -> bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = piece(&text[at..]);
        let part = &text[at..at + length];
        if wanted(kind) {
            kept.push_str(part);
        } else {
            kept.extend(part.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        }
        at += length;
    }
    kept
}

/// The kind and the length of the piece that the text begins with.
fn piece(rest: &str) -> (Kind, usize) {
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if let Some(length) = string(rest).or_else(|| character(rest)) {
        return (Kind::Literal, length);
    }
    // A whole identifier at once: the `r` of `for"` must not be taken for the beginning of a raw string.
    let first = rest.chars().next().map_or(0, char::len_utf8);
    (Kind::Code, name_at(rest).len().max(first))
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest.as_bytes()[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.as_bytes()[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of the string literal that the text begins with, of any of Rust's kinds.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].iter().find(|prefix| {
        let after = rest.strip_prefix(**prefix).map(|after| after.trim_start_matches('#'));
        after.is_some_and(|after| after.starts_with('"'))
    })?;
    let raw = prefix.ends_with('r');
    let hashes = rest[prefix.len()..].bytes().take_while(|byte| *byte == b'#').count();
    if hashes > 0 && !raw {
        return None;
    }
    let body = prefix.len() + hashes + 1;
    if raw {
        let closing = format!("\"{}", "#".repeat(hashes));
        return Some(rest[body..].find(&closing).map_or(rest.len(), |at| body + at + closing.len()));
    }
    let mut escaped = false;
    let closing = rest[body..].find(|character| {
        let closes = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        closes
    });
    Some(closing.map_or(rest.len(), |at| body + at + 1))
}

/// The length of the character literal that the text begins with; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let quoted = rest.strip_prefix('\'')?;
    let first = quoted.chars().next()?;
    let content = if first == '\\' { 1 + quoted[1..].chars().next()?.len_utf8() } else { first.len_utf8() };
    // Only an escape may be longer than one character: '\u{1F6D2}'.
    let closing = if first == '\\' { content + quoted[content..].find('\'')? } else { content };
    quoted[closing..].starts_with('\'').then_some(closing + 2)
}

#[test]
fn literals_and_comments_are_told_from_code() {
    let check = |text: &str, expect: &str| assert_eq!(code(text), expect, "code of {text}");
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check(r#"f("x // y") // z"#, "f(        )     ");
    check(r##"f(r#"a " b"#, 1)"##, "f(          , 1)");
    check(r#"f("\\", "\"", b'"', '\'')"#, r#"f(    ,     , b   ,     )"#);
    check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
    check(r"g('{', '\u{7d}', 'é')", "g(   ,         ,     )");
    check("#[doc = \"a\nb\"] c", "#[doc =   \n  ] c");
    check("let r#type = 1;", "let r#type = 1;");
}

#[test]
fn comments_can_be_kept_where_literals_are_not_wanted() {
    assert_eq!(code_and_comments("a(\"b\") // c"), "a(   ) // c");
}

#[test]
fn a_word_inside_a_longer_one_is_another_word() {
    let places: Vec<_> = places_of("tar hotter tar_x re::tar", "tar").collect();
    assert_eq!(places, [0, 21]);
}
