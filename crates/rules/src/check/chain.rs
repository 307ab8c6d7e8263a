//! A chain of calls (`db.update(x).set(y).where(z)`) as one thing: its root and its links in order.
//! What the links mean is in `idiom`.

use super::names::squashed;
use super::tree::{Kind, Node, Span};

/// One link of a chain: a member, or a call of it.
#[derive(Debug, Clone)]
pub(crate) struct Link<'t, 'a> {
    /// The name in lower case without separators and marks.
    pub(crate) key: String,
    /// The name as written.
    pub(crate) name: &'a str,
    /// The arguments, if it is called.
    pub(crate) arguments: Option<&'t [Node<'a>]>,
    pub(crate) span: Span,
    /// The byte at which the name stands.
    pub(crate) at: usize,
}

impl<'t, 'a> Link<'t, 'a> {
    /// The arguments, none if it is not called.
    pub(crate) fn given(&self) -> &'t [Node<'a>] {
        self.arguments.unwrap_or_default()
    }

    /// The arguments without Go's context, which says nothing of rows.
    pub(crate) fn told(&self) -> &'t [Node<'a>] {
        match self.given() {
            [first, rest @ ..] if is_context(first) => rest,
            all => all,
        }
    }
}

/// A whole chain.
#[derive(Debug, Clone)]
pub(crate) struct Chain<'t, 'a> {
    pub(crate) root: &'t Node<'a>,
    pub(crate) links: Vec<Link<'t, 'a>>,
    pub(crate) span: Span,
    /// Whether somebody takes the value of the whole chain.
    pub(crate) used: bool,
    /// The chain as it stands in the tree.
    pub(crate) node: &'t Node<'a>,
}

impl<'t, 'a> Chain<'t, 'a> {
    /// Flattens a chain; `None` if the node is not a chain with at least one call.
    pub(crate) fn of(node: &'t Node<'a>, used: bool) -> Option<Chain<'t, 'a>> {
        let mut links = Vec::new();
        let root = flatten(node, &mut links);
        links.iter().any(|link| link.arguments.is_some()).then_some(())?;
        Some(Chain { root, links, span: node.span, used, node })
    }

    /// The link with this key, if there is one.
    pub(crate) fn link(&self, keys: &[&str]) -> Option<&Link<'t, 'a>> {
        self.links.iter().find(|link| keys.contains(&link.key.as_str()))
    }

    /// Whether the chain has one of these links.
    pub(crate) fn has(&self, keys: &[&str]) -> bool {
        self.link(keys).is_some()
    }
}

/// `ctx`, `context.Background()`, `r.Context()`.
fn is_context(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Name("ctx" | "c" | "context") | Kind::Member(_, "ctx" | "Ctx") => true,
        Kind::Call(callee, arguments) => {
            arguments.is_empty()
                && matches!(callee.kind, Kind::Member(_, "Background" | "TODO" | "Context" | "UserContext"))
        }
        _ => false,
    }
}

fn flatten<'t, 'a>(node: &'t Node<'a>, links: &mut Vec<Link<'t, 'a>>) -> &'t Node<'a> {
    match &node.kind {
        Kind::Member(object, name) => {
            let root = flatten(object, links);
            links.push(link(name, None, node.span, node.span.end.saturating_sub(name.len())));
            root
        }
        Kind::Call(callee, arguments) => match &callee.kind {
            Kind::Member(object, name) => {
                let root = flatten(object, links);
                let at = callee.span.end.saturating_sub(name.len());
                links.push(link(name, Some(arguments), node.span, at));
                root
            }
            Kind::Name(name) => {
                links.push(link(name, Some(arguments), node.span, node.span.start));
                callee
            }
            _ => {
                let root = flatten(callee, links);
                links.push(link("", Some(arguments), node.span, node.span.start));
                root
            }
        },
        Kind::Index(object, key) => {
            let root = flatten(object, links);
            let name: &str = match &key.kind {
                Kind::Text(std::borrow::Cow::Borrowed(text), _) => text,
                _ => "",
            };
            links.push(link(name, None, node.span, node.span.start));
            root
        }
        _ => node,
    }
}

fn link<'t, 'a>(name: &'a str, arguments: Option<&'t [Node<'a>]>, span: Span, at: usize) -> Link<'t, 'a> {
    Link { key: squashed(name), name, arguments, span, at }
}
