//! Decides how a glob is expanded, written for an assistant that knows fewer signs, and matched.
//! Braces are expanded here because several assistants split at every comma and would break them.

use globset::GlobBuilder;

/// The most patterns one pattern may expand to.
pub const EXPANSIONS_MAX: usize = 64;

/// Writes out every alternative of a pattern's braces, in order.
pub fn expand(pattern: &str) -> Result<Vec<String>, String> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(candidate) = open.pop() {
        let Some(start) = candidate.find('{') else {
            if candidate.contains('}') {
                return Err(format!("`{pattern}`: a `}}` without its `{{`"));
            }
            done.push(candidate);
            continue;
        };
        let (end, parts) =
            alternatives(&candidate, start).ok_or_else(|| format!("`{pattern}`: a `{{` without its `}}`"))?;
        for part in parts.iter().rev() {
            open.push(format!("{}{part}{}", &candidate[..start], &candidate[end + 1..]));
        }
        if done.len() + open.len() > EXPANSIONS_MAX {
            return Err(format!("`{pattern}` stands for more than {EXPANSIONS_MAX} patterns"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    done.retain(|pattern| seen.insert(pattern.clone()));
    match done.iter().find(|pattern| pattern.is_empty() || pattern.contains(',')) {
        Some(_) => Err(format!("`{pattern}`: a comma outside braces cannot be told from a separator")),
        None => Ok(done),
    }
}

/// Expands several patterns, without repeating one.
pub fn expand_all(patterns: &[String]) -> Result<Vec<String>, String> {
    let mut all: Vec<String> = Vec::new();
    for pattern in patterns {
        for expanded in expand(pattern)? {
            if !all.contains(&expanded) {
                all.push(expanded);
            }
        }
    }
    Ok(all)
}

fn alternatives(text: &str, start: usize) -> Option<(usize, Vec<&str>)> {
    let mut depth = 0_usize;
    let mut parts = Vec::new();
    let mut from = start + 1;
    for (index, letter) in text.char_indices().skip_while(|(index, _)| *index < start) {
        match letter {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    parts.push(&text[from..index]);
                    return Some((index, parts));
                }
            }
            ',' if depth == 1 => {
                parts.push(&text[from..index]);
                from = index + 1;
            }
            _ => {}
        }
    }
    None
}

/// Splits a comma-separated list of globs at the commas that stand outside braces.
pub fn split(list: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut depth = 0_usize;
    for letter in list.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(letter);
    }
    items.push(item);
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// The folder that every match of a pattern lies in, or nothing if that is the whole repository.
pub fn folder(pattern: &str) -> Option<String> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let plain: Vec<&str> = parts
        .iter()
        .take(parts.len().saturating_sub(1))
        .take_while(|part| !part.contains(['*', '?', '[', '{', '!']))
        .copied()
        .collect();
    (!plain.is_empty()).then(|| plain.join("/"))
}

/// Whether a path from the repository's root lies in a scope.
pub fn matches(patterns: &[String], path: &str) -> bool {
    patterns.iter().any(|pattern| {
        GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .is_ok_and(|glob| glob.compile_matcher().is_match(path))
    })
}
