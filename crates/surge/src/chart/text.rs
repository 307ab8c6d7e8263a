//! Text in a drawing: escaped, and measured without a font.

/// How wide a letter of the drawings' text is on average; digits are 6.7 units wide in most system fonts at 12 units.
const LETTER: f64 = 6.7;

/// A text as it may stand between tags and in an attribute. Letters that XML has no place for are shown as U+FFFD.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            letter => out.push(letter),
        }
    }
    out
}

/// About how wide a text is drawn, in units.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(|_| LETTER).sum()
}

/// A text of at most so many letters; what was cut shows as an ellipsis.
pub(super) fn cut(text: &str, letters_max: usize) -> String {
    if text.chars().count() <= letters_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(letters_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A coordinate, to a tenth of a unit.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[test]
fn what_would_be_markup_stays_text() {
    assert_eq!(escape("<b a='\"'>&\u{1b}\u{0}"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}\u{fffd}");
}

#[test]
fn coordinates_are_short() {
    for (value, expect) in [(1.0, "1"), (1.26, "1.3"), (-0.5, "-0.5"), (460.04, "460")] {
        assert_eq!(number(value), expect);
    }
}

#[test]
fn a_long_name_is_cut_between_letters() {
    assert_eq!(cut("Größe", 5), "Größe");
    assert_eq!(cut("Größe XL", 6), "Größe…");
}
