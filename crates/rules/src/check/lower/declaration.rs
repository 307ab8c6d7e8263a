//! Functions and classes of all languages, with their parameters, decorators, annotations and attributes.

use super::{Lowering, Made, Syntax};
use crate::check::tree::{Class, Function, Kind, Node, Parameter};

impl<'a> Lowering<'a> {
    /// Functions, classes, and what decorates them.
    pub(super) fn declaration(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        Some(Made::Kind(match syntax.kind() {
            "function_declaration"
            | "function_expression"
            | "generator_function_declaration"
            | "arrow_function"
            | "method_definition"
            | "function_definition"
            | "lambda"
            | "method"
            | "singleton_method"
            | "block"
            | "do_block"
            | "method_declaration"
            | "constructor_declaration"
            | "lambda_expression"
            | "anonymous_function"
            | "anonymous_function_creation_expression"
            | "anonymous_method_expression"
            | "local_function_statement"
            | "func_literal"
            | "function_item"
            | "closure_expression"
            | "method_signature"
            | "interface_method"
            | "method_elem" => return self.function(syntax),
            "class_declaration"
            | "class"
            | "abstract_class_declaration"
            | "class_definition"
            | "interface_declaration"
            | "record_declaration"
            | "struct_declaration"
            | "trait_declaration"
            | "enum_declaration"
            | "module"
            | "impl_item"
            | "struct_item"
            | "type_spec" => return self.class(syntax),
            // Rust keeps its unit tests beside the code: `mod tests { .. }`.
            "mod_item" if matches!(self.source_of_field(syntax, "name"), "tests" | "test") => {
                Kind::Other(Vec::new())
            }
            "decorated_definition" => {
                let mut children = self.children(syntax);
                return Some(match children.pop() {
                    Some(definition) => Made::Same(definition),
                    None => Made::Rest,
                });
            }
            "annotation" | "marker_annotation" | "attribute" if self.is_annotation(syntax) => {
                let name = self.field_or_empty(syntax, "name");
                let mut arguments = Vec::new();
                let mut cursor = syntax.walk();
                for child in syntax.named_children(&mut cursor) {
                    if child.kind().ends_with("arguments") || child.kind().ends_with("argument_list") {
                        arguments.extend(self.children(child));
                    }
                }
                Kind::Call(name, arguments)
            }
            _ => return None,
        }))
    }

    /// Notes a declaration that names a type.
    pub(super) fn declare(&mut self, syntax: Syntax<'_>) {
        let kind = syntax.kind();
        let field = matches!(
            kind,
            "field_declaration"
                | "property_declaration"
                | "property_promotion_parameter"
                | "public_field_definition"
        );
        let other = matches!(
            kind,
            "local_variable_declaration"
                | "variable_declaration"
                | "formal_parameter"
                | "parameter"
                | "parameter_declaration"
                | "typed_parameter"
                | "typed_default_parameter"
                | "simple_parameter"
                | "let_declaration"
                | "var_spec"
                | "assignment"
        );
        if kind == "short_var_declaration" {
            self.declare_asserted(syntax);
        }
        if !field && !other {
            return;
        }
        let Some(declared_type) = syntax.child_by_field_name("type") else { return };
        let declared_type = self.source_of(declared_type);
        let mut decorators = syntax.walk();
        let decorators = syntax.children_by_field_name("decorator", &mut decorators);
        let mapping = decorators.map(|one| one.byte_range()).reduce(|first, last| first.start..last.end);
        let mapping = mapping.and_then(|range| self.source.get(range)).unwrap_or_default();
        let mut names = Vec::new();
        let mut cursor = syntax.walk();
        for name in ["name", "pattern", "left", "declarator"] {
            names.extend(syntax.children_by_field_name(name, &mut cursor));
        }
        if names.is_empty() {
            names.extend(syntax.named_children(&mut cursor).filter(|child| {
                matches!(child.kind(), "variable_declarator" | "property_element" | "identifier")
            }));
        }
        // C# puts the variables of a field one level deeper.
        let in_field = syntax.parent().is_some_and(|parent| parent.kind() == "field_declaration");
        for name in names {
            let inner = name.child_by_field_name("name").or(name.named_child(0)).unwrap_or(name);
            self.declared.push(super::Declared {
                name: plain_name(self.source_of(inner)),
                declared_type,
                field: field || in_field || kind == "assignment",
                mapping,
                at: super::span_of(name),
            });
        }
    }

    /// Go's `product, ok := value.(*Product)`.
    fn declare_asserted(&mut self, syntax: Syntax<'_>) {
        let first = |field: &str| syntax.child_by_field_name(field).and_then(|list| list.named_child(0));
        let (Some(name), Some(value)) = (first("left"), first("right")) else { return };
        let asserted =
            value.child_by_field_name("type").filter(|_| value.kind() == "type_assertion_expression");
        if let Some(asserted) = asserted {
            let (name, at) = (self.source_of(name), super::span_of(name));
            self.declared.push(super::Declared {
                name,
                declared_type: self.source_of(asserted),
                field: false,
                mapping: "",
                at,
            });
        }
    }

    /// `attribute` is an annotation in C# and Rust, but a member access in Python.
    fn is_annotation(&self, syntax: Syntax<'_>) -> bool {
        syntax.kind() != "attribute" || self.language != crate::check::language::Language::Python
    }

    fn function(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        // A `block` is a closure in Ruby only; elsewhere it is a list of statements.
        let ruby = self.language == crate::check::language::Language::Ruby;
        if syntax.kind() == "block" && !ruby {
            return None;
        }
        let mut parameters = Vec::new();
        for field in ["parameters", "parameter", "receiver"] {
            if let Some(list) = syntax.child_by_field_name(field) {
                self.parameters(list, &mut parameters, 0);
            }
        }
        let method = syntax.child_by_field_name("receiver").is_some();
        let receiver = parameters.last().filter(|_| method).map_or("", |parameter| parameter.name);
        let mut decorators = Vec::new();
        let mut cursor = syntax.walk();
        for child in syntax.named_children(&mut cursor) {
            if matches!(child.kind(), "modifiers" | "attribute_list" | "decorator") {
                decorators.extend(self.children(child));
            }
        }
        let body = match syntax.child_by_field_name("body") {
            Some(body) => self.body(body),
            None if ruby => self.children(syntax),
            None => Vec::new(),
        };
        let name = self.source_of_field(syntax, "name");
        let mut results = ["return_type", "result", "returns", "type"].into_iter();
        if let Some(result) = results.find_map(|field| syntax.child_by_field_name(field))
            && let Some(at) = syntax.child_by_field_name("name").map(super::span_of)
        {
            let declared_type = self.source_of(result);
            self.results.push(super::Declared { name, declared_type, field: false, mapping: "", at });
        }
        Some(Made::Kind(Kind::Function(Box::new(Function { name, parameters, receiver, decorators, body }))))
    }

    /// A body's statements; an expression in its place is returned.
    fn body(&mut self, body: Syntax<'_>) -> Vec<Node<'a>> {
        let mut nodes = if matches!(
            body.kind(),
            "block"
                | "statement_block"
                | "body_statement"
                | "compound_statement"
                | "constructor_body"
                | "block_body"
        ) {
            self.children(body)
        } else {
            return vec![self.node(body)];
        };
        if self.language == crate::check::language::Language::Ruby {
            super::statement::statements(&mut nodes);
        }
        nodes
    }

    fn parameters(&mut self, list: Syntax<'_>, into: &mut Vec<Parameter<'a>>, depth: usize) {
        self.declare(list);
        let plain = matches!(
            list.kind(),
            "identifier"
                | "variable_name"
                | "shorthand_property_identifier_pattern"
                | "self"
                | "self_parameter"
        );
        if plain || depth > 5 {
            into.push(Parameter { name: plain_name(self.source_of(list)), declared_type: "" });
            return;
        }
        let named = ["name", "pattern"].into_iter().find_map(|field| list.child_by_field_name(field));
        if let Some(name) = named {
            let declared_type = self.source_of_field(list, "type").trim_start_matches(':').trim();
            if name.named_child_count() > 0 && name.kind().ends_with("pattern") {
                self.parameters(name, into, depth + 1);
            } else {
                into.push(Parameter { name: plain_name(self.source_of(name)), declared_type });
            }
            return;
        }
        if list.kind() == "typed_parameter" {
            let name = list.named_child(0).map_or("", |child| self.source_of(child));
            into.push(Parameter { name, declared_type: self.source_of_field(list, "type") });
            return;
        }
        let mut cursor = list.walk();
        let children: Vec<Syntax<'_>> = list.named_children(&mut cursor).collect();
        for child in children {
            self.parameters(child, into, depth + 1);
        }
    }

    fn class(&mut self, syntax: Syntax<'_>) -> Option<Made<'a>> {
        let python = self.language == crate::check::language::Language::Python;
        if syntax.kind() == "module" && python {
            return None;
        }
        let field = |name| self.source_of_field(syntax, name);
        let mut name = field("name");
        if name.is_empty() {
            name = field("type");
        }
        let mut bases = [field("superclasses"), field("superclass"), field("interfaces"), field("trait")]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        let mut decorators = Vec::new();
        let mut cursor = syntax.walk();
        for child in syntax.named_children(&mut cursor) {
            match child.kind() {
                "modifiers" | "attribute_list" | "decorator" => decorators.extend(self.children(child)),
                "class_heritage" | "base_list" | "base_clause" => bases = self.source_of(child),
                _ => {}
            }
        }
        let body = match syntax.child_by_field_name("body").or_else(|| syntax.child_by_field_name("type")) {
            Some(body) => self.children(body),
            None => self.children(syntax),
        };
        let name = name.split(['<', '(']).next().unwrap_or_default();
        Some(Made::Kind(Kind::Class(Box::new(Class { name, bases, decorators, body }))))
    }
}

/// A name without the mark that PHP, Ruby and Rust put before it.
pub(super) fn plain_name(name: &str) -> &str {
    match name.trim_start_matches(['$', '@', '&', '*']).trim_start_matches("mut ") {
        "self" => "this",
        other => other,
    }
}
