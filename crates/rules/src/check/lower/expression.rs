//! Expressions of all languages: names, members, calls, assignments, collections and operators.

use super::declaration::plain_name;
use super::{Lowering, Made, Syntax};
use crate::check::language::Language;
use crate::check::tree::{Kind, Node, Span};

impl<'a> Lowering<'a> {
    /// Everything that is neither text nor declaration.
    pub(super) fn expression(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        self.leaf(syntax)
            .or_else(|| self.access(syntax))
            .or_else(|| self.call(syntax))
            .or_else(|| self.assignment(syntax))
            .or_else(|| self.collection(syntax))
            .or_else(|| self.operator(syntax))
            .or_else(|| self.statement(syntax))
    }

    fn leaf(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let source = self.source_of(syntax);
        Some(Made::Kind(match syntax.kind() {
            "identifier"
            | "property_identifier"
            | "shorthand_property_identifier"
            | "shorthand_property_identifier_pattern"
            | "constant"
            | "name"
            | "variable_name"
            | "field_identifier"
            | "package_identifier"
            | "type_identifier"
            | "private_property_identifier"
            | "generic_name"
            | "predefined_type"
            | "qualified_name" => Kind::Name(plain_name(source.split('<').next().unwrap_or_default())),
            "this" | "self" | "this_expression" => Kind::Name("this"),
            "true" | "false" | "boolean_literal" => Kind::Name(source),
            "super" | "base" | "base_expression" => Kind::Name("super"),
            "instance_variable" | "class_variable" => Kind::Name(plain_name(source)),
            "number"
            | "integer"
            | "float"
            | "decimal_integer_literal"
            | "decimal_floating_point_literal"
            | "integer_literal"
            | "real_literal"
            | "float_literal"
            | "int_literal" => Kind::Number(source),
            _ => return None,
        }))
    }

    fn access(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let (object, field) = match syntax.kind() {
            "member_expression" => ("object", "property"),
            "attribute" => ("object", "attribute"),
            "member_access_expression" if self.language == Language::CSharp => ("expression", "name"),
            "member_access_expression" | "nullsafe_member_access_expression" => ("object", "name"),
            "scoped_property_access_expression" => ("scope", "name"),
            "field_access" => ("object", "field"),
            "selector_expression" => ("operand", "field"),
            "field_expression" => ("value", "field"),
            "scoped_identifier" | "scoped_type_identifier" => ("path", "name"),
            "scope_resolution" => ("scope", "name"),
            "qualified_type" => ("package", "name"),
            "class_constant_access_expression" => {
                let object = self.child(syntax, 0)?;
                let field = syntax.named_child(1).map_or("", |child| self.source_of(child));
                return Some(Made::Kind(Kind::Member(Box::new(object), field)));
            }
            "conditional_access_expression" => return self.conditional_access(syntax),
            "subscript_expression"
            | "subscript"
            | "index_expression"
            | "array_access"
            | "element_reference"
            | "element_access_expression" => {
                let mut children = self.children(syntax).into_iter();
                let object = children.next()?;
                let key = children.next().map_or(
                    Node { kind: Kind::Other(Vec::new()), span: object.span },
                    |key| match key.kind {
                        Kind::List(mut items) | Kind::Other(mut items) if items.len() == 1 => items.remove(0),
                        _ => key,
                    },
                );
                return Some(Made::Kind(Kind::Index(Box::new(object), Box::new(key))));
            }
            _ => return None,
        };
        let name = plain_name(self.source_of_field(syntax, field));
        let name = name.split('<').next().unwrap_or_default();
        match self.field(syntax, object) {
            Some(object) => Some(Made::Kind(Kind::Member(Box::new(object), name))),
            None => Some(Made::Kind(Kind::Name(name))),
        }
    }

    /// C#'s `a?.b(c)`: the same chain as without the question mark.
    fn conditional_access(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let object = self.child(syntax, 0)?;
        let binding = syntax.named_child(1)?;
        let name = plain_name(self.source_of(binding).trim_start_matches('.').split(['(', '<']).next()?);
        let member = Node { span: object.span, kind: Kind::Member(Box::new(object), name) };
        if binding.kind() != "invocation_expression" {
            return Some(Made::Same(member));
        }
        let arguments =
            binding.child_by_field_name("arguments").map_or(Vec::new(), |list| self.arguments(list));
        Some(Made::Kind(Kind::Call(Box::new(member), arguments)))
    }

    fn call(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let callee = match syntax.kind() {
            "call_expression" | "function_call_expression" | "invocation_expression" => {
                self.field_or_empty(syntax, "function")
            }
            "call" if self.language == Language::Python => self.field_or_empty(syntax, "function"),
            "call" | "command_call" => self.method(syntax, "receiver", "method"),
            "method_invocation" | "member_call_expression" | "nullsafe_member_call_expression" => {
                self.method(syntax, "object", "name")
            }
            "scoped_call_expression" => self.method(syntax, "scope", "name"),
            "new_expression" => {
                let of = self.field_or_empty(syntax, "constructor");
                return Some(Made::Kind(Kind::New(of, self.call_arguments(syntax))));
            }
            "object_creation_expression" | "implicit_object_creation_expression" => {
                let mut of = *self.field_or_empty(syntax, "type");
                if self.language == Language::Php {
                    of = self.child(syntax, 0)?;
                }
                let mut arguments = self.call_arguments(syntax);
                if let Some(list) = syntax.child_by_field_name("initializer") {
                    arguments.extend(self.children(list));
                }
                return Some(Made::Kind(Kind::New(Box::new(of), arguments)));
            }
            "composite_literal" | "struct_expression" => {
                let of = self
                    .field(syntax, "type")
                    .or_else(|| self.field(syntax, "name"))
                    .unwrap_or(Node { kind: Kind::Name(""), span: Span::default() });
                let arguments =
                    syntax.child_by_field_name("body").map_or(Vec::new(), |body| self.children(body));
                return Some(Made::Kind(Kind::New(Box::new(of), arguments)));
            }
            "macro_invocation" => {
                let name = self.field_or_empty(syntax, "macro");
                let mut cursor = syntax.walk();
                let tokens = syntax.named_children(&mut cursor).find(|child| child.kind() == "token_tree");
                let arguments = tokens.map_or(Vec::new(), |tokens| self.macro_arguments(tokens));
                // What builds a map or a list is one.
                if name.name().is_some_and(|name| matches!(name, "doc" | "json" | "params" | "vec" | "bson"))
                {
                    return Some(Made::Kind(Kind::List(arguments)));
                }
                return Some(Made::Kind(Kind::Call(name, arguments)));
            }
            _ => return None,
        };
        Some(Made::Kind(Kind::Call(callee, self.call_arguments(syntax))))
    }

    fn method(&mut self, syntax: Syntax<'_>, object: &str, name: &str) -> Box<Node<'a>> {
        let field = self.source_of_field(syntax, name);
        let span = syntax.child_by_field_name(name).map(super::span_of).unwrap_or_default();
        let kind = match self.field(syntax, object) {
            Some(object) => Kind::Member(Box::new(object), field),
            None => Kind::Name(field),
        };
        Box::new(Node { kind, span })
    }

    fn call_arguments(&mut self, syntax: Syntax<'_>) -> Vec<Node<'a>> {
        let mut arguments =
            syntax.child_by_field_name("arguments").map_or(Vec::new(), |list| self.arguments(list));
        if self.language == Language::Php && arguments.is_empty() {
            let mut cursor = syntax.walk();
            let list = syntax.named_children(&mut cursor).find(|child| child.kind() == "arguments");
            arguments = list.map_or(Vec::new(), |list| self.arguments(list));
        }
        if let Some(block) = syntax.child_by_field_name("block") {
            arguments.push(self.node(block));
        }
        arguments
    }

    fn arguments(&mut self, list: Syntax<'_>) -> Vec<Node<'a>> {
        // A tagged template has a string where others have a list.
        if matches!(list.kind(), "template_string" | "generator_expression") {
            return vec![self.node(list)];
        }
        self.children(list)
    }

    fn assignment(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let (left, right) = match syntax.kind() {
            "variable_declarator" | "var_spec" | "const_spec" => ("name", "value"),
            "public_field_definition" | "field_definition" => ("name", "value"),
            "let_declaration" | "let_condition" => ("pattern", "value"),
            "named_expression" => ("name", "value"),
            "assignment_expression"
            | "augmented_assignment_expression"
            | "assignment"
            | "augmented_assignment"
            | "operator_assignment"
            | "assignment_statement"
            | "short_var_declaration"
            | "compound_assignment_expr" => ("left", "right"),
            "update_expression"
            | "inc_statement"
            | "dec_statement"
            | "postfix_unary_expression"
            | "prefix_unary_expression" => return self.step(syntax),
            _ => return None,
        };
        let operator = match self.source_of_field(syntax, "operator") {
            "" | ":=" => "=",
            operator => operator,
        };
        let target = *self.field_or_empty(syntax, left);
        let value = match self.field(syntax, right) {
            Some(value) => value,
            // C# keeps the value of a declarator without a field name.
            None if syntax.kind() == "variable_declarator" && syntax.named_child_count() > 1 => {
                self.child(syntax, syntax.named_child_count() as u32 - 1)?
            }
            None => return Some(Made::Rest),
        };
        Some(Made::Kind(Kind::Assign(Box::new(single(target)), operator, Box::new(single(value)))))
    }

    /// `x++` and `x--`.
    fn step(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let source = self.source_of(syntax);
        let operator = match (source.contains("++"), source.contains("--")) {
            (true, _) => "+=",
            (_, true) => "-=",
            _ if source.starts_with('-') => {
                let inner = self.child(syntax, 0)?;
                return Some(Made::Kind(Kind::Minus(Box::new(inner))));
            }
            _ => return Some(Made::Rest),
        };
        let target = self.child(syntax, 0)?;
        let one = Node { kind: Kind::Number("1"), span: target.span };
        Some(Made::Kind(Kind::Assign(Box::new(target), operator, Box::new(one))))
    }

    fn collection(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let kind = match syntax.kind() {
            "pair" | "pair_pattern" => self.pair(syntax, "key", "value")?,
            "keyword_argument" => self.pair(syntax, "name", "value")?,
            "field_initializer" => self.pair(syntax, "field", "value")?,
            "element_value_pair" => self.pair(syntax, "key", "value")?,
            "array_element_initializer" | "keyed_element" if syntax.named_child_count() == 2 => {
                let (key, value) = (self.child(syntax, 0)?, self.child(syntax, 1)?);
                Kind::Pair(Box::new(unwrapped(key)), Box::new(unwrapped(value)))
            }
            "argument" => {
                let value = self.child(syntax, syntax.named_child_count().checked_sub(1)? as u32)?;
                if let Some(name) = syntax.child_by_field_name("name") {
                    let key = self.node(name);
                    return Some(Made::Kind(Kind::Pair(Box::new(key), Box::new(value))));
                }
                return Some(Made::Same(value));
            }
            "object"
            | "array"
            | "dictionary"
            | "list"
            | "tuple"
            | "hash"
            | "array_creation_expression"
            | "literal_value"
            | "object_pattern"
            | "array_pattern"
            | "expression_list"
            | "pattern_list"
            | "left_assignment_list"
            | "right_assignment_list"
            | "array_expression"
            | "tuple_expression"
            | "tuple_pattern"
            | "list_literal"
            | "initializer_expression"
            | "collection_expression"
            | "tuple_struct_pattern"
            | "anonymous_object_creation_expression" => Kind::List(self.children(syntax)),
            _ => return None,
        };
        Some(Made::Kind(kind))
    }

    fn pair(&mut self, syntax: Syntax<'_>, key: &str, value: &str) -> Option<Kind<'a>> {
        let key = self.field(syntax, key)?;
        // Ruby's `stock:` and JavaScript's `{ stock }` name a variable by the key.
        let value = self.field(syntax, value).unwrap_or_else(|| {
            let span = key.span;
            let name = syntax.child(0).map_or("", |child| self.source_of(child));
            Node { kind: Kind::Name(name), span }
        });
        Some(Kind::Pair(Box::new(key), Box::new(value)))
    }

    fn operator(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let kind = match syntax.kind() {
            "binary_expression" | "binary_operator" | "binary" => {
                let operator = self.source_of_field(syntax, "operator");
                let (left, right) =
                    (self.field_or_empty(syntax, "left"), self.field_or_empty(syntax, "right"));
                if operator == "<<" && self.language == Language::Ruby {
                    return Some(Made::Kind(pushed(left, *right)));
                }
                Kind::Binary(operator, left, right)
            }
            "comparison_operator" => {
                let mut children = self.children(syntax).into_iter();
                let (left, right) = (children.next()?, children.next()?);
                let operator = self.comparison(syntax);
                Kind::Binary(operator, Box::new(left), Box::new(right))
            }
            // C#'s grammar takes `Add(price * count)` for the declaration of a pointer.
            "declaration_expression" => {
                let pointer =
                    syntax.child_by_field_name("type").filter(|one| one.kind() == "pointer_type")?;
                let left = Box::new(self.child(pointer, 0)?);
                Kind::Binary("*", left, self.field_or_empty(syntax, "name"))
            }
            "unary_expression" | "unary" | "unary_operator" | "unary_op_expression"
                if self.source_of(syntax).starts_with('-') =>
            {
                Kind::Minus(Box::new(self.child(syntax, syntax.named_child_count().checked_sub(1)? as u32)?))
            }
            _ => return self.transparent(syntax),
        };
        Some(Made::Kind(kind))
    }

    /// Parentheses, `await`, casts and references: what is inside stands in their place.
    fn transparent(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        if !matches!(
            syntax.kind(),
            "parenthesized_expression"
                | "parenthesized_statements"
                | "await_expression"
                | "await"
                | "non_null_expression"
                | "try_expression"
                | "reference_expression"
                | "cast_expression"
                | "as_expression"
                | "satisfies_expression"
                | "type_cast_expression"
                | "unary_expression"
                | "type_assertion_expression"
                | "condition"
                | "literal_element"
                | "mut_pattern"
                | "expression"
                | "template_substitution"
                | "interpolation"
                | "by_ref"
                | "type_conversion_expression"
                | "equals_value_clause"
                | "arrow_expression_clause"
                | "field_initializer_clause"
                | "error_suppression_expression"
                | "splat_argument"
                | "generic_function"
                | "ref_expression"
        ) {
            return None;
        }
        let inner = match syntax.kind() {
            "cast_expression" | "type_cast_expression" => syntax.child_by_field_name("value"),
            "as_expression" | "satisfies_expression" => syntax.named_child(0),
            "type_assertion_expression" | "reference_expression" => {
                syntax.child_by_field_name("operand").or_else(|| syntax.child_by_field_name("value"))
            }
            "unary_expression" => {
                ["argument", "operand"].into_iter().find_map(|field| syntax.child_by_field_name(field))
            }
            "generic_function" => syntax.child_by_field_name("function"),
            _ => None,
        };
        let inner = inner.or_else(|| syntax.named_child(0))?;
        let node = self.node(inner);
        let cast = match syntax.kind() {
            "cast_expression" | "type_cast_expression" => self.source_of_field(syntax, "type"),
            "generic_function" => self.source_of_field(syntax, "type_arguments"),
            _ => "",
        };
        if !cast.is_empty() {
            self.casts.push((node.span, cast));
        }
        Some(Made::Same(node))
    }

    /// The operator between the two sides of Python's comparison, which its grammar does not name.
    fn comparison(&self, syntax: Syntax<'_>) -> &'a str {
        let (Some(left), Some(right)) = (syntax.named_child(0), syntax.named_child(1)) else { return "" };
        self.source.get(left.end_byte()..right.start_byte()).unwrap_or_default().trim()
    }
}

/// A list of one is what is in it: Go and Python write single targets as lists.
pub(super) fn single(node: Node<'_>) -> Node<'_> {
    match node.kind {
        Kind::List(mut items) if items.len() == 1 && !matches!(items[0].kind, Kind::Pair(..)) => {
            items.remove(0)
        }
        _ => node,
    }
}

/// Go wraps keys and values of literals once more.
fn unwrapped(node: Node<'_>) -> Node<'_> {
    match node.kind {
        Kind::Other(mut items) if items.len() == 1 => items.remove(0),
        _ => node,
    }
}

/// Ruby's `list << element` is a call like any other.
fn pushed<'a>(list: Box<Node<'a>>, element: Node<'a>) -> Kind<'a> {
    let span = Span { end: list.span.end, ..list.span };
    let push = Node { kind: Kind::Member(list, "push"), span };
    Kind::Call(Box::new(push), vec![element])
}
