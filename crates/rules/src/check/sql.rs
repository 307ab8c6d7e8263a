//! SQL as it stands in strings and files: parsed, not matched. Gives the writes to columns, their guards, and row locks.

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, ObjectName, SelectItem, SetExpr, Statement,
    TableFactor, Update, UpdateTableFromKind, Value,
};
use sqlparser::dialect::{GenericDialect, MsSqlDialect, MySqlDialect};
use sqlparser::parser::Parser;

/// How a statement changes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Takes from what the row holds.
    Down,
    /// Adds to what the row holds.
    Up,
    /// Sets it to something that does not depend on the row.
    Absolute,
}

/// One assignment of an UPDATE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnWrite {
    pub(crate) column: String,
    pub(crate) change: Change,
}

/// What one statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SqlFact {
    /// UPDATE: table, assignments, the columns that its WHERE compares, and whether it returns rows.
    Update { table: String, writes: Vec<ColumnWrite>, guards: Vec<String>, returning: bool },
    /// SELECT: table, the columns it reads (`*` for all), and whether it locks the rows.
    Select { table: String, columns: Vec<String>, locks: bool },
}

/// Longer texts are data, not statements.
const TEXT_BYTES_MAX: usize = 20_000;
const RECURSION_MAX: usize = 40;

/// Reads one statement out of a string; `None` if it is not an UPDATE or SELECT.
pub(crate) fn read(text: &str) -> Option<SqlFact> {
    let trimmed = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let word: String =
        trimmed.chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_lowercase();
    if !matches!(word.as_str(), "update" | "select" | "with") || text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let cleaned = cleaned(trimmed);
    let statements = parse(&cleaned).or_else(|| {
        // What follows a hole may not parse (`ORDER BY ?`): the part before it still tells.
        let cut = cleaned.to_lowercase().rfind(" order by ").or_else(|| cleaned.rfind(';'))?;
        parse(cleaned.get(..cut)?)
    })?;
    statements.first().and_then(fact)
}

/// An expression over the row, as ORMs take it in strings: how it changes `column`.
pub(crate) fn change_of(column: &str, expression: &str) -> Option<Change> {
    let text = format!("UPDATE t SET {column} = {expression}");
    match read(&text)? {
        SqlFact::Update { writes, .. } => writes.first().map(|write| write.change),
        SqlFact::Select { .. } => None,
    }
}

/// The columns that a condition in a string compares.
pub(crate) fn guards_of(condition: &str) -> Vec<String> {
    match read(&format!("UPDATE t SET x = 1 WHERE {condition}")) {
        Some(SqlFact::Update { guards, .. }) => guards,
        _ => Vec::new(),
    }
}

fn parse(text: &str) -> Option<Vec<Statement>> {
    let generic = GenericDialect {};
    let limited = |text: &str| {
        Parser::new(&generic)
            .with_recursion_limit(RECURSION_MAX)
            .try_with_sql(text)
            .ok()?
            .parse_statements()
            .ok()
    };
    limited(text)
        .or_else(|| Parser::parse_sql(&MySqlDialect {}, text).ok())
        .or_else(|| Parser::parse_sql(&MsSqlDialect {}, text).ok())
        .filter(|statements| !statements.is_empty())
}

/// Makes the placeholders of all drivers parse: `%s`, `%(name)s`, `#{name}`, `{0}`, `:name`, `@name`, `'?'`.
fn cleaned(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let skip = match rest {
            ['#' | '$', '{', ..] => closing(rest, '}'),
            ['{', ..] => closing(rest, '}'),
            ['%', '(', ..] => closing(rest, ')').map(|end| end + 1),
            ['%', 's' | 'd' | 'i' | 'f' | 'v', ..] => Some(2),
            ['?', '-', '-', '{', ..] => closing(rest, '}'),
            ['?', digit, ..] if digit.is_ascii_digit() => {
                Some(1 + rest[1..].iter().take_while(|c| c.is_ascii_digit()).count())
            }
            [':', first, ..] if first.is_alphabetic() && (at == 0 || bytes[at - 1] != ':') => Some(
                1 + rest[1..].iter().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).count(),
            ),
            ['@', first, ..] if first.is_alphabetic() => {
                Some(1 + rest[1..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').count())
            }
            ['\'', '?', '\'', ..] => Some(3),
            // T-SQL's `N'text'`.
            ['N', '\'', '?', '\'', ..] if !out.ends_with(char::is_alphanumeric) => Some(4),
            _ => None,
        };
        match skip {
            Some(length) => {
                // A hole in the place of a table's name still leaves a statement.
                let table = out.trim_end().to_lowercase();
                let named = ["update", "from", "into"].iter().any(|word| table.ends_with(word));
                out.push_str(if named { "hole" } else { "?" });
                at += length.max(1);
            }
            None if rest[0] == '?' => {
                let table = out.trim_end().to_lowercase();
                let named = ["update", "from", "into"].iter().any(|word| table.ends_with(word));
                let glued = out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
                let followed = rest.get(1).is_some_and(|c| c.is_alphanumeric() || *c == '_');
                out.push_str(if named || glued || followed { "hole" } else { "?" });
                at += 1;
            }
            None => {
                out.push(rest[0]);
                at += 1;
            }
        }
    }
    out
}

fn closing(rest: &[char], bracket: char) -> Option<usize> {
    rest.iter().take(200).position(|c| *c == bracket).map(|end| end + 1)
}

fn fact(statement: &Statement) -> Option<SqlFact> {
    match statement {
        Statement::Update(update) => {
            let table = changed_table(update);
            let writes = update.assignments.iter().filter_map(write).collect();
            let mut guards = Vec::new();
            if let Some(selection) = &update.selection {
                compared(selection, &mut guards, 0);
            }
            Some(SqlFact::Update { table, writes, guards, returning: update.returning.is_some() })
        }
        Statement::Query(query) => {
            let SetExpr::Select(select) = query.body.as_ref() else {
                let SetExpr::Update(inner) = query.body.as_ref() else { return None };
                return fact(inner);
            };
            let from = select.from.first();
            let table = from.map_or(String::new(), |from| match &from.relation {
                TableFactor::Table { name, .. } => name_of(name),
                _ => String::new(),
            });
            let hinted = from.is_some_and(|from| from.to_string().to_lowercase().contains("updlock"));
            let columns = select.projection.iter().map(selected).collect();
            Some(SqlFact::Select { table, columns, locks: !query.locks.is_empty() || hinted })
        }
        _ => None,
    }
}

/// The table whose rows an UPDATE changes: `UPDATE s SET s.quantity = 1 FROM stocks s`, `UPDATE lines l JOIN stocks s SET ...`
/// name it by an alias.
fn changed_table(update: &Update) -> String {
    let from = match &update.from {
        Some(UpdateTableFromKind::BeforeSet(tables) | UpdateTableFromKind::AfterSet(tables)) => {
            tables.as_slice()
        }
        None => &[],
    };
    let tables = std::iter::once(&update.table).chain(from);
    let named = tables.flat_map(|table| {
        std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
    });
    let named: Vec<(String, String)> = named
        .filter_map(|table| match table {
            TableFactor::Table { name, alias, .. } => {
                let alias = alias.as_ref().map(|alias| alias.name.value.to_lowercase());
                Some((alias.unwrap_or_default(), name_of(name)))
            }
            _ => None,
        })
        .collect();
    let real = |short: &str| {
        named.iter().find(|(alias, _)| *alias == short.to_lowercase()).map(|(_, table)| table.clone())
    };
    // `SET s.quantity = ...` says whose column it is.
    let target = update.assignments.first().and_then(|one| match &one.target {
        AssignmentTarget::ColumnName(name) => {
            name.to_string().rsplit_once('.').map(|(owner, _)| plain(owner))
        }
        AssignmentTarget::Tuple(_) => None,
    });
    let first = match &update.table.relation {
        TableFactor::Table { name, .. } => name_of(name),
        _ => String::new(),
    };
    target.and_then(|owner| real(&owner)).or_else(|| real(&first)).unwrap_or(first)
}

/// The column that a part of a SELECT reads: of `COALESCE(stock, 0)` this is `stock`.
fn selected(item: &SelectItem) -> String {
    match item {
        SelectItem::UnnamedExpr(Expr::Function(function))
        | SelectItem::ExprWithAlias { expr: Expr::Function(function), .. }
            if matches!(
                name_of(&function.name).to_lowercase().as_str(),
                "coalesce" | "ifnull" | "isnull" | "nvl"
            ) =>
        {
            let arguments = function.args.to_string();
            plain(arguments.split(',').next().unwrap_or_default())
        }
        _ => plain(&item.to_string()),
    }
}

fn write(assignment: &Assignment) -> Option<ColumnWrite> {
    let AssignmentTarget::ColumnName(name) = &assignment.target else { return None };
    let column = name_of(name);
    let change = change(&column, &assignment.value, 0);
    Some(ColumnWrite { column, change })
}

fn change(column: &str, value: &Expr, depth: usize) -> Change {
    if depth > RECURSION_MAX {
        return Change::Absolute;
    }
    match value {
        Expr::BinaryOp { left, op, right } => {
            let own = |side: &Expr| mentions(column, side);
            match (op, own(left), own(right)) {
                (BinaryOperator::Minus, true, _) => Change::Down,
                (BinaryOperator::Plus, true, _) if negative(right) => Change::Down,
                (BinaryOperator::Plus, true, _) | (BinaryOperator::Plus, _, true) => Change::Up,
                _ => Change::Absolute,
            }
        }
        Expr::Nested(inner) => change(column, inner, depth + 1),
        Expr::Cast { expr, .. } => change(column, expr, depth + 1),
        Expr::Case { conditions, else_result, .. } => conditions
            .iter()
            .map(|when| &when.result)
            .chain(else_result.as_deref())
            .map(|result| change(column, result, depth + 1))
            .find(|change| *change != Change::Absolute)
            .unwrap_or(Change::Absolute),
        Expr::Function(function) => {
            // GREATEST(stock - 1, 0) hides the oversell, it does not prevent it.
            let text = function.args.to_string();
            let inner = text.trim_start_matches('(').split(',').find(|part| part.contains(column));
            match inner {
                Some(part) if part.contains('-') => Change::Down,
                Some(part) if part.contains('+') => Change::Up,
                _ => Change::Absolute,
            }
        }
        _ => Change::Absolute,
    }
}

fn negative(value: &Expr) -> bool {
    value.to_string().trim_start_matches('(').starts_with('-')
}

fn mentions(column: &str, value: &Expr) -> bool {
    match value {
        Expr::Identifier(name) => name.value.eq_ignore_ascii_case(column),
        Expr::CompoundIdentifier(path) => {
            path.last().is_some_and(|name| name.value.eq_ignore_ascii_case(column))
        }
        Expr::Nested(inner) => mentions(column, inner),
        Expr::BinaryOp { left, right, .. } => mentions(column, left) || mentions(column, right),
        Expr::Function(function) => {
            let text = function.args.to_string().to_lowercase();
            text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column.to_lowercase())
        }
        Expr::Cast { expr, .. } => mentions(column, expr),
        _ => false,
    }
}

/// The columns that a WHERE compares with something that can refuse the change.
fn compared(condition: &Expr, into: &mut Vec<String>, depth: usize) {
    if depth > RECURSION_MAX {
        return;
    }
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, right } => {
            compared(left, into, depth + 1);
            compared(right, into, depth + 1);
        }
        Expr::BinaryOp { left, op, right } => {
            // `stock >= 0` only refuses what is already oversold, unless the change itself is on the left.
            let zero =
                matches!(op, BinaryOperator::GtEq) && is_zero(right) && !left.to_string().contains('-');
            if !zero {
                columns(left, into, 0);
                columns(right, into, 0);
            }
        }
        Expr::Nested(inner) => compared(inner, into, depth + 1),
        Expr::Between { expr, .. } => columns(expr, into, 0),
        Expr::InList { expr, .. } => columns(expr, into, 0),
        _ => {}
    }
}

fn is_zero(value: &Expr) -> bool {
    matches!(value, Expr::Value(value) if matches!(&value.value, Value::Number(text, _) if text == "0"))
}

fn columns(value: &Expr, into: &mut Vec<String>, depth: usize) {
    match value {
        Expr::Identifier(name) => into.push(name.value.clone()),
        Expr::CompoundIdentifier(path) => into.extend(path.last().map(|name| name.value.clone())),
        Expr::BinaryOp { left, right, .. } if depth < RECURSION_MAX => {
            columns(left, into, depth + 1);
            columns(right, into, depth + 1);
        }
        Expr::Nested(inner) if depth < RECURSION_MAX => columns(inner, into, depth + 1),
        Expr::Function(function) => into.push(plain(&function.args.to_string())),
        _ => {}
    }
}

fn name_of(name: &ObjectName) -> String {
    plain(&name.to_string())
}

/// The last part of a dotted name, without quotes.
fn plain(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '*').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(text: &str) -> (String, String, Change, Vec<String>) {
        match read(text) {
            Some(SqlFact::Update { table, writes, guards, .. }) => {
                (table, writes[0].column.clone(), writes[0].change, guards)
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_update_says_what_it_changes_and_what_guards_it() {
        for (text, change, guards) in [
            ("UPDATE inventory SET quantity = quantity - 1", Change::Down, vec![]),
            (
                "update products set stock = stock - $1 where id = $2 and stock >= $1",
                Change::Down,
                vec!["id", "stock"],
            ),
            ("UPDATE `products` SET `stock` = `stock` - ? WHERE `id` = ?", Change::Down, vec!["id"]),
            ("UPDATE products SET stock = ? WHERE id = %s", Change::Absolute, vec!["id"]),
            ("UPDATE products p SET p.stock = p.stock - :qty WHERE p.id = :id", Change::Down, vec!["id"]),
            ("UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= 0", Change::Down, vec!["id"]),
            (
                "UPDATE t SET stock = stock - @q WHERE id = @id AND stock - @q >= 0",
                Change::Down,
                vec!["id", "stock"],
            ),
            ("UPDATE products SET stock = GREATEST(stock - 1, 0) WHERE id = 1", Change::Down, vec!["id"]),
            ("UPDATE #{table} SET stock = stock + 1 WHERE id = {0}", Change::Up, vec!["id"]),
            (
                "UPDATE s SET s.quantity = s.quantity - i.n FROM stocks s JOIN inserted i ON s.id = i.id",
                Change::Down,
                vec![],
            ),
            ("UPDATE [dbo].[Products] SET [Stock] = [Stock] - 1 WHERE Id = @Id", Change::Down, vec!["Id"]),
        ] {
            let (_, _, found, found_guards) = update(text);
            assert_eq!(found, change, "{text}");
            assert_eq!(found_guards, guards, "{text}");
        }
    }

    #[test]
    fn a_table_is_known_by_its_alias() {
        for (text, expected) in [
            ("UPDATE s SET s.quantity = 1 FROM stocks s JOIN inserted i ON s.id = i.id", "stocks"),
            ("UPDATE lines l JOIN stocks s ON s.id = l.stock_id SET s.quantity = s.quantity - l.n", "stocks"),
            ("UPDATE products p SET quantity = 1 FROM lines l WHERE l.product_id = p.id", "products"),
            ("UPDATE stocks SET quantity = 1", "stocks"),
        ] {
            assert_eq!(update(text).0, expected, "{text}");
        }
    }

    #[test]
    fn a_select_says_whether_it_locks() {
        for (text, expected) in [
            ("SELECT stock FROM products WHERE id = ?", false),
            ("SELECT * FROM products WHERE id = ? FOR UPDATE", true),
            ("SELECT stock FROM products WITH (UPDLOCK) WHERE id = @id", true),
        ] {
            assert!(matches!(read(text), Some(SqlFact::Select { locks, .. }) if locks == expected), "{text}");
        }
    }
}
