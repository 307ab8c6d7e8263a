//! Which language a file is written in, and its grammar. What the nodes of a grammar mean is decided in `lower`.

use std::path::Path;

/// A language the checker reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// JavaScript, read with the TSX grammar, of which it is a part.
    JavaScript,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Java.
    Java,
    /// C#.
    CSharp,
    /// Go.
    Go,
    /// Rust.
    Rust,
    /// SQL files.
    Sql,
}

impl Language {
    /// Every language, in the order of the documentation.
    pub const ALL: [Language; 11] = [
        Language::TypeScript,
        Language::Tsx,
        Language::JavaScript,
        Language::Python,
        Language::Ruby,
        Language::Php,
        Language::Java,
        Language::CSharp,
        Language::Go,
        Language::Rust,
        Language::Sql,
    ];

    /// The language of a file, by its name; `None` for files the checker does not read.
    pub fn of_path(path: &Path) -> Option<Language> {
        Some(match path.extension()?.to_str()? {
            "ts" | "mts" | "cts" => Language::TypeScript,
            "tsx" => Language::Tsx,
            "js" | "jsx" | "mjs" | "cjs" | "vue" | "svelte" => Language::JavaScript,
            "py" => Language::Python,
            "rb" | "rake" => Language::Ruby,
            "php" => Language::Php,
            "java" => Language::Java,
            "cs" => Language::CSharp,
            "go" => Language::Go,
            "rs" => Language::Rust,
            "sql" => Language::Sql,
            _ => return None,
        })
    }

    /// The short name used in output and in `detect.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Language::JavaScript => "javascript",
            Language::TypeScript => "typescript",
            Language::Tsx => "tsx",
            Language::Python => "python",
            Language::Ruby => "ruby",
            Language::Php => "php",
            Language::Java => "java",
            Language::CSharp => "csharp",
            Language::Go => "go",
            Language::Rust => "rust",
            Language::Sql => "sql",
        }
    }

    /// The grammar; SQL files have none, they are read by `sql`.
    pub(crate) fn grammar(self) -> Option<tree_sitter::Language> {
        Some(match self {
            Language::JavaScript | Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Language::Python => tree_sitter_python::LANGUAGE.into(),
            Language::Ruby => tree_sitter_ruby::LANGUAGE.into(),
            Language::Php => tree_sitter_php::LANGUAGE_PHP.into(),
            Language::Java => tree_sitter_java::LANGUAGE.into(),
            Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Language::Go => tree_sitter_go::LANGUAGE.into(),
            Language::Rust => tree_sitter_rust::LANGUAGE.into(),
            Language::Sql => return None,
        })
    }
}
