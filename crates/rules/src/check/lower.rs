//! Turns a grammar's tree into the common tree: one table of node kinds for all languages, because grammars agree on most names.
//! Strings are in `lower::text`, functions and classes in `lower::declaration`; what the result means is decided elsewhere.

mod declaration;
mod expression;
mod macros;
mod statement;
mod text;

use super::language::Language;
use super::tree::{Kind, Node, Span};
use std::ops::ControlFlow;
use tree_sitter::{ParseOptions, Parser};

type Syntax<'t> = tree_sitter::Node<'t>;

/// Deeper nesting than this is cut off: such files are generated, and recursion must end somewhere.
const DEPTH_MAX: usize = 300;
/// A parse may ask its progress callback this often, plus once per so many bytes; a healthy one stays far below.
const PARSE_CALLS_BASE: usize = 20_000;

/// A file that could not be read as its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unparsable {
    /// The parser gave up or was stopped.
    Stopped,
    /// More than half of the file is not the language it claims to be.
    Mostly,
}

/// Parses `source` and lowers it.
pub(crate) fn lower(language: Language, source: &str) -> Result<Lowered<'_>, Unparsable> {
    let grammar = language.grammar().ok_or(Unparsable::Stopped)?;
    let mut parser = Parser::new();
    parser.set_language(&grammar).map_err(|_| Unparsable::Stopped)?;
    let bytes = source.as_bytes();
    let calls_max = PARSE_CALLS_BASE + bytes.len();
    let mut calls = 0usize;
    let mut progress = |_: &tree_sitter::ParseState| {
        calls += 1;
        if calls > calls_max { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let tree = parser
        .parse_with_options(&mut |offset, _| bytes.get(offset..).unwrap_or_default(), None, Some(options))
        .ok_or(Unparsable::Stopped)?;
    if broken_bytes(tree.root_node()) * 2 > bytes.len().max(1) {
        return Err(Unparsable::Mostly);
    }
    let mut lowering = Lowering {
        source,
        language,
        depth: 0,
        heredocs: Vec::new(),
        heredocs_used: 0,
        declared: Vec::new(),
        results: Vec::new(),
        casts: Vec::new(),
    };
    lowering.collect_heredocs(tree.root_node(), 0);
    let root = lowering.node(tree.root_node());
    let Lowering { declared, results, casts, .. } = lowering;
    Ok(Lowered { root, declared, results, casts })
}

/// A file's common tree, and what it declares with a type.
pub(crate) struct Lowered<'a> {
    pub(crate) root: Node<'a>,
    pub(crate) declared: Vec<Declared<'a>>,
    /// Functions and the type of what they return.
    pub(crate) results: Vec<Declared<'a>>,
    /// The tree leaves casts out; here is what is cast, and to which type. A function that is called with type
    /// arguments stands here with them.
    pub(crate) casts: Vec<(Span, &'a str)>,
}

/// A field, parameter or variable and its type as written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Declared<'a> {
    pub(crate) name: &'a str,
    pub(crate) declared_type: &'a str,
    /// A field of a class or struct, rather than a parameter or a variable.
    pub(crate) field: bool,
    /// The decorators that tell a mapper of the field, as written.
    pub(crate) mapping: &'a str,
    pub(crate) at: Span,
}

/// The bytes under error nodes near the top of the tree.
fn broken_bytes(root: Syntax<'_>) -> usize {
    if root.is_error() {
        return root.byte_range().len();
    }
    if !root.has_error() {
        return 0;
    }
    let mut cursor = root.walk();
    root.children(&mut cursor).filter(|child| child.is_error()).map(|child| child.byte_range().len()).sum()
}

/// The state of lowering one file.
struct Lowering<'a> {
    source: &'a str,
    language: Language,
    depth: usize,
    /// Bodies of Ruby's heredocs as byte ranges, in order; their openings take them one by one.
    heredocs: Vec<(usize, usize)>,
    heredocs_used: usize,
    declared: Vec<Declared<'a>>,
    results: Vec<Declared<'a>>,
    casts: Vec<(Span, &'a str)>,
}

impl<'a> Lowering<'a> {
    fn node(&mut self, syntax: Syntax<'_>) -> Node<'a> {
        let span = span_of(syntax);
        if self.depth >= DEPTH_MAX {
            return Node { kind: Kind::Other(Vec::new()), span };
        }
        self.depth += 1;
        let mut node = self.lowered(syntax);
        self.depth -= 1;
        // A transparent node (parentheses, await) keeps the place of what is inside.
        if node.span == Span::default() {
            node.span = span;
        }
        node
    }

    fn lowered(&mut self, syntax: Syntax<'_>) -> Node<'a> {
        self.declare(syntax);
        let kind = self
            .text(syntax)
            .or_else(|| self.declaration(syntax))
            .or_else(|| self.expression(syntax))
            .unwrap_or(Made::Rest);
        match kind {
            Made::Kind(kind) => Node { kind, span: Span::default() },
            Made::Same(node) => node,
            Made::Rest => Node { kind: Kind::Other(self.children(syntax)), span: Span::default() },
        }
    }

    /// All named children, decorators given to the declaration that follows them.
    fn children(&mut self, syntax: Syntax<'_>) -> Vec<Node<'a>> {
        let mut nodes = Vec::new();
        let mut decorators = Vec::new();
        let mut cursor = syntax.walk();
        for child in syntax.named_children(&mut cursor) {
            match child.kind() {
                "comment" | "line_comment" | "block_comment" | "heredoc_body" => {}
                "decorator" | "attribute_item" => decorators.push(self.node(child)),
                _ => {
                    let mut node = self.node(child);
                    if !decorators.is_empty() {
                        give(&mut node, std::mem::take(&mut decorators));
                    }
                    nodes.push(node);
                }
            }
        }
        nodes
    }

    fn field(&mut self, syntax: Syntax<'_>, name: &str) -> Option<Node<'a>> {
        syntax.child_by_field_name(name).map(|child| self.node(child))
    }

    /// A field, or nothing in its place.
    fn field_or_empty(&mut self, syntax: Syntax<'_>, name: &str) -> Box<Node<'a>> {
        Box::new(
            self.field(syntax, name).unwrap_or(Node { kind: Kind::Other(Vec::new()), span: span_of(syntax) }),
        )
    }

    /// The named child at `index`, lowered.
    fn child(&mut self, syntax: Syntax<'_>, index: u32) -> Option<Node<'a>> {
        syntax.named_child(index).map(|child| self.node(child))
    }

    fn source_of(&self, syntax: Syntax<'_>) -> &'a str {
        self.source.get(syntax.byte_range()).unwrap_or_default()
    }

    fn source_of_field(&self, syntax: Syntax<'_>, name: &str) -> &'a str {
        syntax.child_by_field_name(name).map_or("", |child| self.source_of(child))
    }
}

/// What a part of the table made of a node.
enum Made<'a> {
    Kind(Kind<'a>),
    /// The node adds nothing; this stands in its place.
    Same(Node<'a>),
    /// Only the children matter.
    Rest,
}

/// Hands decorators to the declaration they stand before, through wrappers like `export`.
fn give<'a>(node: &mut Node<'a>, decorators: Vec<Node<'a>>) {
    match &mut node.kind {
        Kind::Function(function) => function.decorators.extend(decorators),
        Kind::Class(class) => class.decorators.extend(decorators),
        Kind::Other(children) | Kind::List(children) => {
            if let Some(last) = children.last_mut() {
                give(last, decorators);
            }
        }
        Kind::Name(_)
        | Kind::Member(..)
        | Kind::Index(..)
        | Kind::Call(..)
        | Kind::New(..)
        | Kind::Pair(..)
        | Kind::Binary(..)
        | Kind::Minus(_)
        | Kind::Assign(..)
        | Kind::Text(..)
        | Kind::Number(_)
        | Kind::Each(..)
        | Kind::Branch(..)
        | Kind::Return(_)
        | Kind::Statement(_) => {}
    }
}

fn span_of(syntax: Syntax<'_>) -> Span {
    let at = syntax.start_position();
    Span { start: syntax.start_byte(), end: syntax.end_byte(), line: at.row + 1, column: at.column + 1 }
}
