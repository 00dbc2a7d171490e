//! Reads Rust sources just well enough to tell code, comments and literals apart.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::path::{Path, PathBuf};

/// What a piece of source text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything that is neither of the others.
    Code,
    /// A comment, doc comments included.
    Comment,
    /// A string or character literal, its quotes included.
    Literal,
}

/// A stretch of source text of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    /// What it is.
    pub(crate) kind: Kind,
    /// Where it begins.
    pub(crate) start: usize,
    /// Its text.
    pub(crate) text: &'a str,
}

/// Every `.rs` file under `src`: its path below `src`, and its text.
pub(crate) fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    files.iter().map(read).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// Cuts a source into pieces.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out: Vec<Piece<'_>> = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let (kind, len) = comment(rest)
            .map(|len| (Kind::Comment, len))
            .or_else(|| literal(rest).map(|len| (Kind::Literal, len)))
            .unwrap_or_else(|| (Kind::Code, word(rest)));
        out.push(Piece { kind, start: at, text: &rest[..len] });
        at += len;
    }
    out
}

fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let mut depth = 0;
    let mut at = 0;
    while rest.starts_with("/*") && at < rest.len() {
        let here = &rest.as_bytes()[at..];
        let (step, change) = match here {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn literal(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r"].into_iter().find(|p| rest.starts_with(p));
    let body = &rest[prefix.map_or(0, str::len)..];
    let raw = prefix.is_some_and(|p| p.ends_with('r'));
    let len = if raw { raw_string(body) } else { quoted(body, prefix.is_some()) };
    len.or_else(|| quoted(rest, false).filter(|_| prefix.is_none()))
        .map(|len| len + prefix.map_or(0, str::len))
}

fn raw_string(body: &str) -> Option<usize> {
    let hashes = body.bytes().take_while(|b| *b == b'#').count();
    let inside = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(hashes + 1 + inside.find(&end)? + end.len())
}

/// A string, or a character that is no lifetime.
fn quoted(body: &str, prefixed: bool) -> Option<usize> {
    let mut characters = body.char_indices();
    let (_, quote) = characters.next()?;
    let lifetime = |body: &str| {
        let mut next = body.chars().skip(1);
        next.next() != Some('\\') && next.next() != Some('\'')
    };
    if !matches!(quote, '"' | '\'') || (quote == '\'' && !prefixed && lifetime(body)) {
        return None;
    }
    let mut escaped = false;
    for (at, c) in characters {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A whole word, so that its last letter is not taken for a prefix; or one character.
fn word(rest: &str) -> usize {
    let letters = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    letters.max(rest.chars().next().map_or(1, char::len_utf8))
}

/// Whether a name may hold `c`.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The source with blanks for comments, literals and test modules; places stay the same.
pub(crate) fn code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        if piece.kind == Kind::Code {
            out.push_str(piece.text);
        } else {
            blank(&mut out, piece.text);
        }
    }
    for range in test_modules(&out) {
        let mut blanks = String::new();
        blank(&mut blanks, &out[range.clone()]);
        out.replace_range(range, &blanks);
    }
    out
}

fn blank(out: &mut String, text: &str) {
    out.extend(text.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
}

/// Where the `#[cfg(test)]` modules of a source without literals stand.
fn test_modules(code: &str) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    for (start, mark) in code.match_indices("#[cfg(test)]") {
        let after = start + mark.len();
        let mut depth = 0;
        for (at, c) in code[after..].char_indices() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            if (c == '}' || c == ';') && depth == 0 {
                out.push(start..after + at + 1);
                break;
            }
        }
    }
    out
}

/// The pieces that do not stand in a test module.
pub(crate) fn untested_pieces(text: &str) -> Vec<Piece<'_>> {
    let all = pieces(text);
    let mut blanked = String::new();
    for piece in &all {
        match piece.kind {
            Kind::Code => blanked.push_str(piece.text),
            _ => blank(&mut blanked, piece.text),
        }
    }
    let tests = test_modules(&blanked);
    all.into_iter().filter(|p| !tests.iter().any(|t| t.contains(&p.start))).collect()
}

/// The content of a plain string literal.
pub(crate) fn content<'a>(piece: &Piece<'a>) -> Option<&'a str> {
    let text = piece.text;
    (piece.kind == Kind::Literal)
        .then(|| text.strip_prefix('"').and_then(|t| t.strip_suffix('"')))
        .flatten()
}
