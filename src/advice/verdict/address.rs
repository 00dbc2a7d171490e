//! The reverse-path and the forward-path: brackets, form and lengths (RFC 5321 §4.1.2).

use crate::smtp::path::Path;
use crate::smtp::verb::Verb;
use crate::smtp::{Parsed, Span};

use super::super::fault::{Fault, Says, Severity};
use super::super::rule::Rule;

/// Octets of a local part (RFC 5321 §4.5.3.1.1), a domain (RFC 5321 §4.5.3.1.2) and a path with its
/// brackets (RFC 5321 §4.5.3.1.3).
const LIMITS: (usize, usize, usize) = (64, 255, 256);

/// Adds what is wrong with `path` to what the grammar found about it.
pub(super) fn judge(line: &str, verb: &Verb, path: &Parsed<Path>, faults: &mut Vec<Fault>) {
    let written = line.get(path.span.start..path.span.end).unwrap_or_default();
    if written.starts_with('<') && !written.ends_with('>') {
        // Nothing can be said of an address that is not complete.
        faults.retain(|f| !matches!(f.says, Says::Oddity("F02" | "F03" | "C19" | "F31")));
        faults.push(unclosed(line, path.span));
        return;
    }
    let lengths: Vec<Fault> = too_long(path).collect();
    let named = |f: &Fault| matches!(f.says, Says::Oddity("F02" | "F03" | "C19"));
    if !lengths.is_empty() {
        faults.extend(lengths);
    } else if *verb == Verb::Rcpt && path.value.is_null() {
        faults.push(Rule::NullRecipient.at(path.span));
    } else if !faults.iter().any(named) && !is_address(verb, &path.value) {
        faults.push(Rule::Address.at(path.span));
    }
}

/// The bracket can still be typed where the line ends.
fn unclosed(line: &str, span: Span) -> Fault {
    let fault = Rule::Unclosed.at(span);
    if span.end == line.len() { fault } else { Fault { severity: Severity::Error, ..fault } }
}

/// Only a recipient may be named without a domain, and only `<Postmaster>` (RFC 5321 §4.1.1.3).
fn is_address(verb: &Verb, path: &Path) -> bool {
    path.is_well_formed() && (*verb == Verb::Rcpt || path.is_null() || path.domain.is_some())
}

fn too_long(path: &Parsed<Path>) -> impl Iterator<Item = Fault> {
    let (local, domain, whole) = LIMITS;
    let lengths = [
        (Rule::LongLocal, path.value.local.len(), local),
        (Rule::LongDomain, path.value.domain.as_ref().map_or(0, String::len), domain),
        (Rule::LongPath, path.span.len(), whole),
    ];
    let beyond = lengths.into_iter().filter(|(_, len, limit)| len > limit);
    beyond.map(|(rule, len, _)| rule.at(path.span).with("n", len.to_string()))
}
