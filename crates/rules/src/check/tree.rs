//! The one syntax tree that all nine languages are lowered to: only what rules ask about survives.
//! Lowering (`lower`) builds it, `unit`, `chain` and the rules read it; nothing here knows a language or a framework.

use std::borrow::Cow;

/// A place in a file: bytes, and the line and column (both from 1) of its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line of the first byte, from 1.
    pub line: usize,
    /// The column of the first byte, from 1, counted in bytes.
    pub column: usize,
}

/// A piece of code.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) span: Span,
}

/// What a piece of code is. Parentheses, `await`, casts, `?` and references are left out: they change no fact.
#[derive(Debug)]
pub(crate) enum Kind<'a> {
    /// A name; `self`, `$this` and `@field`'s owner are all written `this`.
    Name(&'a str),
    /// `object.field`, `object->field`, `Class::name`.
    Member(Box<Node<'a>>, &'a str),
    /// `object[key]`.
    Index(Box<Node<'a>>, Box<Node<'a>>),
    /// A call; arguments given by name are `Pair`s.
    Call(Box<Node<'a>>, Vec<Node<'a>>),
    /// `new Type(...)`, a struct literal, an object literal of a named type.
    New(Box<Node<'a>>, Vec<Node<'a>>),
    /// `key: value`, `key => value`, `key=value`.
    Pair(Box<Node<'a>>, Box<Node<'a>>),
    /// A map, a list, a tuple, or the targets of a destructuring assignment.
    List(Vec<Node<'a>>),
    /// An operator between two values.
    Binary(&'a str, Box<Node<'a>>, Box<Node<'a>>),
    /// A minus sign before a value.
    Minus(Box<Node<'a>>),
    /// An assignment; the operator is `=`, `+=`, `-=` and so on.
    Assign(Box<Node<'a>>, &'a str, Box<Node<'a>>),
    /// A string; what is interpolated stands as `?` in the text and follows as nodes.
    Text(Cow<'a, str>, Vec<Node<'a>>),
    /// A number as written.
    Number(&'a str),
    /// A function, method or closure.
    Function(Box<Function<'a>>),
    /// A class, interface, struct or `impl`.
    Class(Box<Class<'a>>),
    /// A loop over a collection: the loop's name, the collection, the body.
    Each(Box<Node<'a>>, Box<Node<'a>>, Box<Node<'a>>),
    /// A condition and what depends on it.
    Branch(Box<Node<'a>>, Vec<Node<'a>>),
    /// `return value`.
    Return(Vec<Node<'a>>),
    /// An expression whose value nobody takes.
    Statement(Box<Node<'a>>),
    /// Everything else, kept for its children.
    Other(Vec<Node<'a>>),
}

/// A function, method or closure.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    /// Empty for closures.
    pub(crate) name: &'a str,
    pub(crate) parameters: Vec<Parameter<'a>>,
    /// Go's name for the object whose method this is; empty elsewhere. It is one of the parameters too.
    pub(crate) receiver: &'a str,
    pub(crate) decorators: Vec<Node<'a>>,
    pub(crate) body: Vec<Node<'a>>,
}

/// A parameter with its declared type as written (or empty).
#[derive(Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) declared_type: &'a str,
}

/// A class or what a language has in its place.
#[derive(Debug)]
pub(crate) struct Class<'a> {
    pub(crate) name: &'a str,
    /// What it extends and implements, as written.
    pub(crate) bases: &'a str,
    pub(crate) decorators: Vec<Node<'a>>,
    pub(crate) body: Vec<Node<'a>>,
}

impl<'a> Node<'a> {
    /// The parts of this node in the order of the source.
    pub(crate) fn children(&self) -> Vec<&Node<'a>> {
        match &self.kind {
            Kind::Name(_) | Kind::Number(_) => Vec::new(),
            Kind::Member(object, _) => vec![object],
            Kind::Index(left, right)
            | Kind::Pair(left, right)
            | Kind::Binary(_, left, right)
            | Kind::Assign(left, _, right) => vec![left, right],
            Kind::Call(first, rest) | Kind::New(first, rest) | Kind::Branch(first, rest) => {
                std::iter::once(first.as_ref()).chain(rest).collect()
            }
            Kind::Minus(inner) | Kind::Statement(inner) => vec![inner],
            Kind::List(items) | Kind::Text(_, items) | Kind::Return(items) | Kind::Other(items) => {
                items.iter().collect()
            }
            Kind::Function(function) => function.decorators.iter().chain(&function.body).collect(),
            Kind::Class(class) => class.decorators.iter().chain(&class.body).collect(),
            Kind::Each(name, collection, body) => vec![name, collection, body],
        }
    }

    /// Calls `visit` for this node and everything in it, parents first.
    pub(crate) fn walk<'t>(&'t self, visit: &mut dyn FnMut(&'t Node<'a>)) {
        visit(self);
        for child in self.children() {
            child.walk(visit);
        }
    }

    /// Whether `test` holds for this node or anything in it.
    pub(crate) fn any(&self, test: &dyn Fn(&Node<'a>) -> bool) -> bool {
        test(self) || self.children().into_iter().any(|child| child.any(test))
    }

    /// The name, if this is a plain name.
    pub(crate) fn name(&self) -> Option<&'a str> {
        match self.kind {
            Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The string, if this is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The leftmost thing of a chain of members, indexes and calls.
    pub(crate) fn root(&self) -> &Node<'a> {
        match &self.kind {
            Kind::Member(object, _) | Kind::Index(object, _) | Kind::Call(object, _) => object.root(),
            _ => self,
        }
    }
}
