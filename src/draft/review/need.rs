//! What the server has to take: size, bytes beyond ASCII in the body and in the header.

use crate::session::flaw::rule::Rule;
use crate::smtp::Span;

use super::super::offers::Offers;
use super::super::part::Part;
use super::super::wire::wire_len;
use super::line::headers;
use super::rule::{
    BINARY, EIGHT_BIT, EIGHT_BIT_REFUSED, EIGHT_BIT_UNDECLARED, INTERNATIONAL,
    INTERNATIONAL_REFUSED, INTERNATIONAL_UNDECLARED, SIZE, SIZE_DECLARED,
};
use super::{Marks, line_of, whole};

/// Compares what a draft needs with what is offered.
pub(super) fn read(
    text: &str,
    lines: &[&str],
    parts: &[Part<'_>],
    offers: &Offers,
    marks: &mut Marks,
) {
    let ended = text.ends_with('\n');
    size(wire_len(text.len(), lines.len() - 1, ended), lines, offers, marks);
    let header = headers(lines.len(), parts);
    let beyond = |in_header: bool| {
        let header = header.iter().copied();
        let mut lines = lines.iter().zip(header).enumerate();
        lines.find(|(_, (line, h))| *h == in_header && !line.is_ascii()).map(|(at, _)| at)
    };
    if let Some(at) = beyond(false) {
        marks.add(eight_bit(offers), at, beyond_ascii(lines, at));
    }
    if let Some(at) = beyond(true) {
        marks.add(international(offers), at, beyond_ascii(lines, at));
    }
    let refused = offers.has("BINARYMIME") == Some(false);
    for part in parts.iter().filter(|part| refused && part.encoding == "binary") {
        let line = line_of(part, "Content-Transfer-Encoding");
        marks.add(&BINARY, line, whole(lines, line));
    }
}

fn size(size: u64, lines: &[&str], offers: &Offers, marks: &mut Marks) {
    let say = |rule: &Rule, limit: Option<u64>, marks: &mut Marks| {
        if let Some(limit) = limit.filter(|limit| size > *limit) {
            let values = [("n", size.to_string()), ("limit", limit.to_string())];
            marks.say(rule, 0, whole(lines, 0), &values);
        }
    };
    say(&SIZE, offers.size_limit(), marks);
    say(&SIZE_DECLARED, offers.declared_size(), marks);
}

fn eight_bit(offers: &Offers) -> &'static Rule {
    let declared = offers.declared_body();
    let fits = matches!(declared.as_deref(), Some("8BITMIME" | "BINARYMIME"));
    if offers.has("8BITMIME") == Some(false) {
        &EIGHT_BIT_REFUSED
    } else if offers.declared.is_some() && !fits {
        &EIGHT_BIT_UNDECLARED
    } else {
        &EIGHT_BIT
    }
}

/// What a header beyond ASCII needs.
pub(super) fn international(offers: &Offers) -> &'static Rule {
    if offers.has("SMTPUTF8") == Some(false) {
        &INTERNATIONAL_REFUSED
    } else if offers.declared.is_some() && offers.declared("SMTPUTF8").is_none() {
        &INTERNATIONAL_UNDECLARED
    } else {
        &INTERNATIONAL
    }
}

/// From the first character beyond ASCII to the end of the line.
pub(super) fn beyond_ascii(lines: &[&str], at: usize) -> Span {
    let line = lines.get(at).copied().unwrap_or_default();
    Span::new(line.find(|c: char| !c.is_ascii()).unwrap_or_default(), line.len())
}
