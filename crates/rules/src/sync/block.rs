//! Decides where our block stands inside a file that belongs to somebody else, and how it goes in and out without a trace.
//! Pure text in, text out; leaves files to `apply`.

/// How comments look in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Comment {
    /// Markdown.
    Html,
    /// .gitattributes.
    Hash,
    /// The section of sellonce.toml, which people are meant to change.
    Section,
}

const NOTE: &str = "written by `sellonce rules sync`; change sellonce.toml instead of this block";

impl Comment {
    fn begin(self) -> String {
        match self {
            Self::Html => format!("<!-- sellonce:begin ({NOTE}) -->"),
            Self::Hash => format!("# sellonce:begin ({NOTE})"),
            Self::Section => {
                "# sellonce:begin (written by `sellonce rules init`; yours to change)".to_owned()
            }
        }
    }

    fn marks(self) -> (&'static str, &'static str) {
        match self {
            Self::Html => ("<!-- sellonce:begin", "<!-- sellonce:end"),
            Self::Hash | Self::Section => ("# sellonce:begin", "# sellonce:end"),
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Html => "<!-- sellonce:end -->",
            Self::Hash | Self::Section => "# sellonce:end",
        }
    }
}

/// A block found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where its first line begins.
    pub(crate) start: usize,
    /// Where the line after it begins.
    pub(crate) end: usize,
    /// What stands between its marks, with `\n` line ends.
    pub(crate) inner: String,
}

/// Looks for our block; two of them, or half of one, is an error that says so.
pub(crate) fn find(text: &str, comment: Comment) -> Result<Option<Found>, String> {
    let (begin_mark, end_mark) = comment.marks();
    let mut begins = Vec::new();
    let mut ends = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = line.trim_start_matches('\u{feff}');
        if start.starts_with(begin_mark) {
            begins.push((at + line.len() - start.len(), at + line.len()));
        } else if start.starts_with(end_mark) {
            ends.push((at, at + line.len()));
        }
        at += line.len();
    }
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => Ok(None),
        ([begin], [end]) if begin.1 <= end.0 => {
            let inner = text[begin.1..end.0].replace("\r\n", "\n");
            Ok(Some(Found { start: begin.0, end: end.1, inner }))
        }
        _ => Err(format!(
            "found {} marks `{begin_mark}` and {} `{end_mark}`; there must be one pair",
            begins.len(),
            ends.len()
        )),
    }
}

/// A text with our block in it, and what was put between the old text and the block, with `\n` line ends.
pub(crate) struct Placed {
    pub(crate) text: String,
    pub(crate) joint: String,
}

/// Puts a block behind everything that is there.
pub(crate) fn append(text: &str, comment: Comment, inner: &str) -> Placed {
    let joint = match text {
        "" => "",
        _ if text.ends_with("\n\n") || text.ends_with("\r\n\r\n") => "",
        _ if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let added = with_line_ends(&format!("{joint}{}", render(comment, inner)), text);
    Placed { text: format!("{text}{added}"), joint: joint.to_owned() }
}

/// The empty line before a block, which `append` puts there nearly always.
pub(crate) fn joint_before(text: &str, found: &Found) -> &'static str {
    let before = &text[..found.start];
    if before.ends_with("\n\n") || before.ends_with("\r\n\r\n") { "\n" } else { "" }
}

/// Puts other content between the marks of a block that is there; its place and everything around it stay.
pub(crate) fn replace(text: &str, found: &Found, comment: Comment, inner: &str) -> String {
    let mut block = render(comment, inner);
    if !text[..found.end].ends_with('\n') {
        block.pop();
    }
    format!("{}{}{}", &text[..found.start], with_line_ends(&block, text), &text[found.end..])
}

/// Takes a block out, with what was put before it. A clone may have other line ends than the one that put it there.
pub(crate) fn take_out(text: &str, found: &Found, joint: &str) -> String {
    let before = &text[..found.start];
    let joint = joint.replace("\r\n", "\n");
    let rest = before.strip_suffix(&joint.replace('\n', "\r\n")).or_else(|| before.strip_suffix(&joint));
    format!("{}{}", rest.unwrap_or(before), &text[found.end..])
}

fn render(comment: Comment, inner: &str) -> String {
    format!("{}\n{}{}\n", comment.begin(), inner, comment.end())
}

fn with_line_ends(text: &str, like: &str) -> String {
    if like.contains("\r\n") { text.replace('\n', "\r\n") } else { text.to_owned() }
}
