//! Encoded words in a header (RFC 2047 §2).

use encodify::rfc2047::{EncodedWord, MAX_WORD_LEN, WordEncoding};

use crate::session::content::is_known_charset;
use crate::session::flaw::coding::base64_fault;
use crate::session::flaw::rule::Rule;
use crate::smtp::Span;

use super::super::field::{Field, Section};
use super::super::header::{Among, takes_words};
use super::Marks;
use super::rule::{WORD_BROKEN, WORD_CHARSET, WORD_LONG, WORD_PLACE};

/// Reads the encoded words in the header of a draft.
pub(super) fn read(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    for field in section.fields.iter().filter(|field| field.value.is_some()) {
        // A comment can go on in the next line.
        let mut place = Place::default();
        for at in field.lines.clone() {
            let line = lines.get(at).copied().unwrap_or_default();
            for (span, rule) in faults(line, field, &mut place) {
                marks.add(rule, at, span);
            }
        }
    }
}

/// What a place of a field is inside of (RFC 5322 §3.2.2, RFC 5322 §3.2.4).
#[derive(Default)]
struct Place {
    quoted: bool,
    comments: usize,
    escaped: bool,
}

impl Place {
    /// Goes over `text`.
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            let escaped = self.escaped;
            self.escaped = c == '\\' && !escaped;
            match c {
                _ if escaped => {}
                '"' if self.comments == 0 => self.quoted = !self.quoted,
                '(' if !self.quoted => self.comments += 1,
                ')' if !self.quoted => self.comments = self.comments.saturating_sub(1),
                _ => {}
            }
        }
    }

    const fn among(&self) -> Among {
        match (self.quoted, self.comments) {
            (true, _) => Among::Quotes,
            (_, 0) => Among::Words,
            _ => Among::Comment,
        }
    }
}

/// What is wrong with the encoded words of a line.
fn faults(line: &str, field: &Field<'_>, place: &mut Place) -> Vec<(Span, &'static Rule)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = line.get(at..).and_then(|rest| Some(at + rest.find("=?")?)) {
        place.read(line.get(at..start).unwrap_or_default());
        let rest = line.get(start..).unwrap_or_default();
        let parsed = EncodedWord::parse(rest.as_bytes());
        let len = parsed.as_ref().map_or_else(|| token_len(rest), |(_, len)| *len);
        let span = Span::new(start, start + len);
        let allowed = takes_words(field.name, place.among());
        out.extend(
            fault(line, allowed, parsed.map(|(word, _)| word), span).map(|rule| (span, rule)),
        );
        at = span.end;
    }
    place.read(line.get(at..).unwrap_or_default());
    out
}

fn fault(
    line: &str,
    allowed: bool,
    word: Option<EncodedWord<'_>>,
    span: Span,
) -> Option<&'static Rule> {
    let Some(word) = word else {
        // Something else may have the two characters, such as an address of the web.
        let token = line.get(span.start..span.end)?;
        return (token.matches('?').count() > 2 || token.ends_with("?=")).then_some(&WORD_BROKEN);
    };
    let broken = match word.encoding {
        WordEncoding::Base64 => base64_fault(word.payload).is_some(),
        // Blanks stand for themselves to a lenient reader only.
        WordEncoding::Q => word.payload.contains(&b' ') || word.decode().is_err(),
    };
    if broken {
        return Some(&WORD_BROKEN);
    }
    if span.len() > MAX_WORD_LEN {
        return Some(&WORD_LONG);
    }
    if !is_readable(line.get(span.start..span.end).unwrap_or_default()) {
        return Some(&WORD_CHARSET);
    }
    (!allowed || is_joined(line, span)).then_some(&WORD_PLACE)
}

/// Whether the charset of an encoded word is known; a language may stand behind it (RFC 2231 §5).
fn is_readable(word: &str) -> bool {
    let charset = word.strip_prefix("=?").and_then(|rest| rest.split(['?', '*']).next());
    charset.is_some_and(is_known_charset)
}

/// Whether an encoded word has other text beside it (RFC 2047 §5).
fn is_joined(line: &str, span: Span) -> bool {
    let before = line.get(..span.start).unwrap_or_default();
    let after = line.get(span.end..).unwrap_or_default();
    before.ends_with(|c: char| !c.is_ascii_whitespace() && !matches!(c, '(' | ':' | ','))
        || after.starts_with(|c: char| !c.is_ascii_whitespace() && !matches!(c, ')' | ',' | ':'))
}

fn token_len(rest: &str) -> usize {
    rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '"' | ')')).unwrap_or(rest.len())
}
