//! What the text of a value says of money: that it is made a binary fraction, shown, rounded to places or to minor units.

use crate::check::language::Language;
use crate::check::names::words;

/// `amountFormal`, `totalPrice`: beside a value that is rounded to two places.
pub(super) fn says_money(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "amount" | "total" | "price" | "subtotal" | "tax" | "discount" | "fee" | "cost" | "balance"
        )
    })
}

/// Whether a text makes a binary fraction of something.
pub(super) fn converts(text: &str, language: Language) -> bool {
    let words: &[&str] = match language {
        Language::Php => &["(float)", "(double)", "floatval(", "doubleval("],
        Language::JavaScript | Language::TypeScript | Language::Tsx => &["parseFloat("],
        Language::Python => &["float("],
        Language::Ruby => &[".to_f", "Float("],
        Language::Java => &["parseDouble(", "parseFloat(", ".doubleValue()", "(double)", "Double.valueOf("],
        Language::CSharp => {
            &["(double)", "(float)", "Convert.ToDouble(", "double.Parse(", "Convert.ToSingle("]
        }
        Language::Go => &["float64(", "ParseFloat("],
        Language::Rust => &["as f64", "parse::<f64>", "to_f64()", "as f32"],
        Language::Sql => &[],
    };
    // `to_stored_float(` is no conversion of the language.
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            !word.starts_with(char::is_alphanumeric)
                || !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
        })
    })
}

/// Whether a text speaks of pieces and of nothing that is money: `sum(float(lot["quantity"]) for lot in lots)`.
pub(super) fn counts_pieces(text: &str) -> bool {
    let words = words(text);
    let pieces = ["qty", "quantity", "weight", "hours", "count", "stock", "kg", "days"];
    words.iter().any(|word| pieces.contains(&word.as_str()))
        && !words.iter().any(|word| {
            says_money(word)
                || matches!(word.as_str(), "precio" | "preco" | "harga" | "rate" | "prices" | "amounts")
        })
}

/// What is only shown may be rounded at the edge.
pub(super) fn is_shown(text: &str, language: Language) -> bool {
    let shows = [
        "number_format",
        "format(",
        "Format(",
        "toLocaleString",
        "humanize",
        "fmt",
        "printf",
        "strftime",
        "number_to_currency",
    ];
    // `parseFloat(x.toFixed(2))` goes on being a number.
    let fixed = text.contains("toFixed")
        && !text.starts_with("parseFloat")
        && !text.starts_with("Number")
        && !text.starts_with('+');
    shows.iter().any(|word| text.contains(word)) || fixed && language != Language::Ruby
}

/// `Math.round(parseFloat(price) * 100)`: minor units from here on.
pub(super) fn is_minor(text: &str, language: Language) -> bool {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let hundred = ["*100", "100*", "*1000", "*100.0"].iter().any(|word| squeezed.contains(word));
    let whole = [
        "round(",
        "Round(",
        "int(",
        "intval(",
        "(int)",
        "int64(",
        "floor(",
        "trunc(",
        "ceil(",
        ".to_i",
        "as i64",
        "as u64",
        "parseInt(",
        "(long)",
        "longValue",
        ".round",
    ];
    let back = squeezed.contains("/100") && language != Language::Ruby;
    hundred && !back && whole.iter().any(|word| squeezed.contains(word))
}

/// `round($x, 2)` of PHP, `Math.round(x * 100) / 100` and `Number(x.toFixed(2))` of JavaScript give a fraction back.
pub(super) fn is_rounded(text: &str, language: Language) -> bool {
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match language {
        Language::Php => {
            squeezed.starts_with("round(") && squeezed.ends_with(",2)") && squeezed.contains(['*', '+', '/'])
        }
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            squeezed.starts_with("Math.round(") && squeezed.ends_with("/100") && squeezed.contains("*100")
                || squeezed.ends_with(".toFixed(2))")
                    && (squeezed.starts_with("Number(") || squeezed.starts_with("parseFloat("))
                || squeezed.starts_with("+(") && squeezed.ends_with(".toFixed(2)")
        }
        _ => false,
    }
}
