//! Columns and variables of money that SQL declares as binary fractions. Read by lines: dialects differ, this does not.

use super::words::{is_money, is_money_in};
use crate::check::fact::Reading;

/// The lines (from 0) of an SQL text on which money is declared as a binary fraction, with the name.
pub(super) fn declared<'s>(text: &'s str, reading: Reading<'_>) -> Vec<(usize, &'s str)> {
    let mut found = Vec::new();
    let mut table = "";
    // Where prices are kept, totals are money.
    let priced = ["price", "precio", "preco", "prix", "harga", "prezzo"]
        .iter()
        .any(|word| text.to_lowercase().contains(word));
    let priced = if priced { "price" } else { "" };
    for (number, line) in text.lines().enumerate() {
        let line = line.split("--").next().unwrap_or_default();
        let lower = line.to_ascii_lowercase();
        if let Some(at) = lower.find("create table") {
            let name = line[at + "create table".len()..].trim_start();
            let skipped = "if not exists".len();
            let name = match name.to_ascii_lowercase().starts_with("if not exists") {
                true => name.get(skipped..).unwrap_or_default(),
                false => name,
            };
            table = name.trim_start().split([' ', '(']).next().unwrap_or_default();
        }
        for part in line.split([',', '(']) {
            let mut tokens = part.split_whitespace().skip_while(|token| {
                let token = token.to_ascii_lowercase();
                matches!(
                    token.as_str(),
                    "declare" | "in" | "out" | "inout" | "add" | "column" | "alter" | "modify"
                )
            });
            let (Some(name), Some(kind)) = (tokens.next(), tokens.next()) else { continue };
            let name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '_');
            let kind = kind.to_ascii_lowercase();
            let kind = kind.trim_end_matches(|c: char| !c.is_alphanumeric());
            let float = matches!(
                kind,
                "float" | "double" | "real" | "float8" | "float4" | "binary_double" | "binary_float"
            );
            let bare = name.trim_start_matches('@').trim_start_matches("v_").trim_start_matches("p_");
            if float && (is_money(reading, bare) || is_money_in(reading, bare, &[table, priced])) {
                found.push((number, name));
            }
        }
    }
    found
}
