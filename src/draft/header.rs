//! Changing a header: fields set, boundaries renamed, words beyond ASCII encoded and decoded.

use std::ops::Range;

use encodify::{Fold, rfc2047};

use crate::session::word::{self, Words};

use super::field::{Section, lines};
use super::param;
use super::part::{delimiter, parts};

/// The draft with the field `name` set to `value`: its first field of that name replaced, or one
/// put behind the others.
pub fn set_field(text: &str, name: &str, value: &str) -> String {
    let lines = lines(text);
    set_in(text, &Section::read(&lines, 0..lines.len()), name, value)
}

/// The same for the header `section` of a part.
pub(super) fn set_in(text: &str, section: &Section<'_>, name: &str, value: &str) -> String {
    let line = format!("{name}: {value}");
    if let Some(field) = section.field(name) {
        return spliced(text, field.lines.clone(), &line);
    }
    let fields = section.fields.iter().take_while(|f| f.value.is_some());
    let end = fields.last().map_or(section.lines.start, |f| f.lines.end);
    // What is no header needs an empty line before it, and must not continue the new field.
    let begins = section.fields.first().map(|field| field.name);
    let empty = begins.map_or(!section.ended, |name| name.starts_with([' ', '\t']));
    spliced(text, end..end, &if empty { line + "\n" } else { line })
}

/// The draft with MIME-Version, without which nothing of MIME counts (RFC 2045 §4).
pub(super) fn with_version(text: &str) -> String {
    let lines = lines(text);
    let section = Section::read(&lines, 0..lines.len());
    match section.field("MIME-Version") {
        Some(_) => text.to_owned(),
        None => set_in(text, &section, "MIME-Version", "1.0"),
    }
}

/// `text` with other lines in place of `range`.
pub(super) fn spliced(text: &str, range: Range<usize>, new: &str) -> String {
    let mut lines = lines(text);
    let end = range.end.min(lines.len());
    lines.splice(range.start.min(end)..end, [new]);
    lines.join("\n")
}

/// The draft with the boundary of the innermost multipart at `line` renamed, its delimiters too.
/// `None` outside of any.
pub fn set_boundary(text: &str, line: usize, boundary: &str) -> Option<String> {
    let parts = parts(text);
    let part = parts.iter().rfind(|part| {
        part.is_multipart() && part.section.lines.start <= line && line < part.section.body.end
    })?;
    let renamed = |(at, line): (usize, &str)| {
        let old = part.boundary.as_deref().filter(|_| part.section.body.contains(&at));
        match old.and_then(|old| delimiter(line, old)) {
            Some(true) => format!("--{boundary}--"),
            Some(false) => format!("--{boundary}"),
            None => line.to_owned(),
        }
    };
    let text: Vec<_> = lines(text).into_iter().enumerate().map(renamed).collect();
    let declared = part.section.value("Content-Type")?;
    let value = param::set(declared, "boundary", boundary).replace("; boundary=", ";\n boundary=");
    Some(set_in(&text.join("\n"), &part.section, "Content-Type", &value))
}

/// The draft with the field at `line` encoded, or decoded if it is encoded already. `None` if it
/// is neither.
pub fn recode_field(text: &str, line: usize) -> Option<String> {
    let lines = lines(text);
    let section = Section::read(&lines, 0..lines.len());
    let field = section.fields.iter().find(|field| field.lines.contains(&line))?;
    let value = field.value.as_deref()?;
    let other = if value.is_ascii() {
        decode_header(field.name, value)
    } else {
        encode_header(field.name, value)
    };
    let other = other.filter(|other| other != value)?;
    Some(spliced(text, field.lines.clone(), &format!("{}: {other}", field.name)))
}

/// `value` with encoded words for what is beyond ASCII, folded (RFC 2047 §2). In a field of
/// addresses only the names are encoded; `None` for fields that know no encoded words.
pub fn encode_header(name: &str, value: &str) -> Option<String> {
    let all = match Words::of(name) {
        Words::Text => return Some(words(value, name.len() + 2, rfc2047::Q_TEXT)),
        Words::Comments | Words::Nowhere => return None,
        Words::Names => false,
        Words::Phrases => true,
    };
    let mut out = String::new();
    for piece in phrases(value) {
        let column = name.len() + 2 + out.rsplit('\n').next().map_or(0, str::len);
        match piece {
            Piece::Other(phrase) | Piece::Phrase(phrase)
                if !phrase.is_ascii() && (all || matches!(piece, Piece::Phrase(_))) =>
            {
                let blanks = phrase.len() - phrase.trim_start().len();
                out.push_str(phrase.get(..blanks).unwrap_or_default());
                out.push_str(&words(&plain(phrase.trim()), column, rfc2047::Q_PHRASE));
                out.push_str(phrase.get(phrase.trim_end().len()..).unwrap_or_default());
            }
            Piece::Phrase(other) | Piece::Other(other) => out.push_str(other),
        }
    }
    Some(out)
}

/// `value` with its encoded words decoded. `None` where something would come out that cannot
/// stand in a field.
pub fn decode_header(name: &str, value: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, run, after)) = next_words(rest) {
        out.push_str(before);
        let run = run.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = word::decoded("X", run.as_bytes());
        let phrase = matches!(Words::of(name), Words::Names | Words::Phrases);
        out.push_str(&if phrase { word::phrase(text) } else { text });
        rest = after;
    }
    out.push_str(rest);
    (!out.contains(char::is_control)).then_some(out)
}

/// `text` as encoded words: readable ones where most of it is ASCII.
fn words(text: &str, column: usize, readable: rfc2047::WordEncoder) -> String {
    let beyond = text.chars().filter(|c| !c.is_ascii()).count();
    let encoder = if beyond * 2 <= text.chars().count() { readable } else { rfc2047::B };
    let mut out = String::new();
    encoder.encode_words("utf-8", text, &mut { column }, Fold::HEADER, &mut out);
    out.replace("\r\n", "\n")
}

/// A piece of a list of addresses.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// A name before an address or a group.
    Phrase(&'a str),
    Other(&'a str),
}

/// Names and what is none, in order. A name ends before `<` or the colon of a group.
fn phrases(value: &str) -> Vec<Piece<'_>> {
    let (mut out, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    for (at, c) in value.char_indices() {
        let piece = value.get(start..at).unwrap_or_default();
        let inside = quoted || angle;
        quoted ^= c == '"' && !escaped && !angle;
        escaped = c == '\\' && !escaped;
        match c {
            '<' | ':' if !inside => out.push(Piece::Phrase(piece)),
            ',' | ';' if !inside => out.push(Piece::Other(piece)),
            '>' if angle => out.push(Piece::Other(piece)),
            _ => continue,
        }
        angle = c == '<';
        out.push(Piece::Other(value.get(at..at + 1).unwrap_or_default()));
        start = at + 1;
    }
    out.push(Piece::Other(value.get(start..).unwrap_or_default()));
    out
}

/// A name without its quotes.
fn plain(phrase: &str) -> String {
    let Some(inner) = phrase.strip_prefix('"').and_then(|p| p.strip_suffix('"')) else {
        return phrase.to_owned();
    };
    let mut escaped = false;
    let keep = |c: &char| {
        escaped = *c == '\\' && !escaped;
        !escaped
    };
    inner.chars().filter(keep).collect()
}

/// The next run of encoded words, with what stands before and behind it.
fn next_words(text: &str) -> Option<(&str, &str, &str)> {
    let start =
        text.match_indices("=?").map(|(at, _)| at).find(|at| word_len(text, *at).is_some())?;
    let mut end = start + word_len(text, start)?;
    loop {
        let rest = text.get(end..)?;
        let blanks = rest.len() - rest.trim_start().len();
        match word_len(text, end + blanks).filter(|_| blanks > 0) {
            Some(len) => end += blanks + len,
            None => return Some((text.get(..start)?, text.get(start..end)?, rest)),
        }
    }
}

fn word_len(text: &str, at: usize) -> Option<usize> {
    rfc2047::EncodedWord::parse(text.as_bytes().get(at..)?).map(|(_, len)| len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_where_they_stand_or_behind_the_others() {
        for (text, seen) in [
            ("A: 1\nDate: old\n\tfolded\nB: 2\n\nbody", "A: 1\nDate: new\nB: 2\n\nbody"),
            ("A: 1\n x\n\nDate: body\n", "A: 1\n x\nDate: new\n\nDate: body\n"),
            ("", "Date: new\n"),
            ("A: 1", "A: 1\nDate: new"),
            (" body", "Date: new\n\n body"),
            ("A: 1\nno field\n", "A: 1\nDate: new\nno field\n"),
        ] {
            assert_eq!(set_field(text, "Date", "new"), seen, "{text:?}");
        }
    }

    #[test]
    fn a_boundary_is_renamed_with_its_delimiters() {
        let text = "Content-Type: multipart/mixed; boundary=a\n\n--a\n\n--x\n--a--\n";
        assert_eq!(
            set_boundary(text, 4, "new").as_deref(),
            Some("Content-Type: multipart/mixed;\n boundary=\"new\"\n\n--new\n\n--x\n--new--\n")
        );
        assert_eq!(set_boundary("A: b\n\n", 0, "new"), None);
    }

    #[test]
    fn headers_are_encoded_and_decoded() {
        for (name, value, encoded) in [
            ("Subject", "Gr\u{fc}\u{df}e", "=?utf-8?Q?Gr=C3=BC=C3=9Fe?="),
            ("Subject", "\u{65e5}\u{672c}\u{8a9e}", "=?utf-8?B?5pel5pys6Kqe?="),
            (
                "To",
                "J\u{f8}rn <j@x.example>, b@x.example",
                "=?utf-8?Q?J=C3=B8rn?= <j@x.example>, b@x.example",
            ),
            (
                "From",
                "\"M\u{fc}ller, J\" <a@x.example>",
                "=?utf-8?Q?M=C3=BCller=2C_J?= <a@x.example>",
            ),
            ("Cc", "Fr\u{e4}nde: a@x.example;", "=?utf-8?Q?Fr=C3=A4nde?=: a@x.example;"),
        ] {
            assert_eq!(encode_header(name, value).as_deref(), Some(encoded));
            assert_eq!(decode_header(name, encoded).as_deref(), Some(value));
        }
        assert_eq!(encode_header("Content-Type", "\u{e9}"), None);
        assert_eq!(decode_header("Subject", "=?utf-8?Q?a=0Ab?="), None);
    }

    #[test]
    fn long_values_are_folded_and_come_back() {
        let subject = "\u{65e5}\u{672c}\u{8a9e}\u{306e}\u{4ef6}\u{540d} ".repeat(12);
        let text = format!("Subject: {subject}\n\n");
        let encoded = recode_field(&text, 0).unwrap();
        assert!(encoded.is_ascii() && encoded.lines().all(|line| line.len() <= 76), "{encoded}");
        assert_eq!(
            recode_field(&encoded, 1).unwrap(),
            format!("Subject: {}\n\n", subject.trim_end())
        );
        assert_eq!(recode_field("Subject: plain\n\n", 0), None);
    }

    #[test]
    fn encoded_words_stand_only_where_the_field_has_text_or_names() {
        for name in ["Subject", "Comments", "X-Anything", "Organization", "content-description"] {
            assert_eq!(
                encode_header(name, "\u{e9}").as_deref(),
                Some("=?utf-8?B?w6k=?="),
                "{name}"
            );
        }
        for name in [
            "Message-ID",
            "received",
            "List-Unsubscribe",
            "List-Post",
            "LIST-HELP",
            "Auto-Submitted",
            "Precedence",
            "DKIM-Signature",
            "Authentication-Results",
            "ARC-Seal",
            "ARC-Authentication-Results",
            "Content-Type",
            "Content-Disposition",
            "Disposition-Notification-Options",
            "Archived-At",
            "Received-SPF",
        ] {
            assert_eq!(encode_header(name, "\u{e9} <a@x.example>"), None, "{name}");
        }
        for (name, value, encoded) in [
            ("List-ID", "Caf\u{e9} <l.x.example>", "=?utf-8?Q?Caf=C3=A9?= <l.x.example>"),
            (
                "Disposition-Notification-To",
                "J\u{f8}rn <j@x.example>",
                "=?utf-8?Q?J=C3=B8rn?= <j@x.example>",
            ),
            ("Keywords", "tea, caf\u{e9}, cake", "tea, =?utf-8?Q?caf=C3=A9?=, cake"),
        ] {
            assert_eq!(encode_header(name, value).as_deref(), Some(encoded));
            assert_eq!(decode_header(name, encoded).as_deref(), Some(value));
        }
        assert_eq!(
            encode_header("List-ID", "<\u{e9}.x.example>").as_deref(),
            Some("<\u{e9}.x.example>")
        );
    }
}
