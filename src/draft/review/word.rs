//! Encoded words in a header (RFC 2047 §2).

use encodify::rfc2047::{EncodedWord, MAX_WORD_LEN, WordEncoding};

use crate::smtp::Span;

use super::super::field::{Field, Section};
use super::super::header::takes_words;
use super::Marks;
use super::mime::base64_fault;
use super::rule::{Rule, WORD_BROKEN, WORD_LONG, WORD_PLACE};

/// Reads the encoded words in the header of a draft.
pub(super) fn read(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    for field in section.fields.iter().filter(|field| field.value.is_some()) {
        for at in field.lines.clone() {
            let line = lines.get(at).copied().unwrap_or_default();
            for (span, rule) in faults(line, field) {
                marks.add(rule, at, span);
            }
        }
    }
}

/// What is wrong with the encoded words of a line.
fn faults(line: &str, field: &Field<'_>) -> Vec<(Span, &'static Rule)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = line.get(at..).and_then(|rest| Some(at + rest.find("=?")?)) {
        let rest = line.get(start..).unwrap_or_default();
        let parsed = EncodedWord::parse(rest.as_bytes());
        let len = parsed.as_ref().map_or_else(|| token_len(rest), |(_, len)| *len);
        let span = Span::new(start, start + len);
        out.extend(fault(line, field, parsed.map(|(word, _)| word), span).map(|rule| (span, rule)));
        at = span.end;
    }
    out
}

fn fault(
    line: &str,
    field: &Field<'_>,
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
    is_misplaced(line, field, span).then_some(&WORD_PLACE)
}

/// Inside quotes, in a parameter or a trace, or joined to other text (RFC 2047 §5).
fn is_misplaced(line: &str, field: &Field<'_>, span: Span) -> bool {
    let before = line.get(..span.start).unwrap_or_default();
    let after = line.get(span.end..).unwrap_or_default();
    let quoted = before.matches('"').count() % 2 == 1;
    let in_comment = before.matches('(').count() > before.matches(')').count();
    let joined = before
        .ends_with(|c: char| !c.is_ascii_whitespace() && !matches!(c, '(' | ':' | ','))
        || after.starts_with(|c: char| !c.is_ascii_whitespace() && !matches!(c, ')' | ',' | ':'));
    quoted || !takes_words(field.name, in_comment) || joined
}

fn token_len(rest: &str) -> usize {
    rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '"' | ')')).unwrap_or(rest.len())
}
