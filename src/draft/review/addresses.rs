//! Addresses in a header: well-formed, and a Sender where several people write.

use crate::session::content;
use crate::smtp::path;

use crate::session::flaw::rule::Rule;

use super::super::field::{Field, Section};
use super::rule::{BAD_ADDRESS, SENDER_MISSING, SENDER_SAME};
use super::{Marks, whole};

/// Reads the addresses of a field.
pub(super) fn read(
    lines: &[&str],
    field: &Field<'_>,
    name: &'static str,
    clause: &'static str,
    marks: &mut Marks,
) {
    let addresses = content::addresses(field.value());
    // Only a group may be without any.
    let none = addresses.is_empty() && !field.value().contains(':');
    let several = name.ends_with("Sender") && addresses.len() > 1;
    if none || several || !addresses.iter().all(|address| is_well_formed(address, field.value())) {
        let rule = Rule { about: name, clause, ..BAD_ADDRESS };
        let line = field.lines.start;
        marks.say(&rule, line, whole(lines, line), &[("field", name.to_owned())]);
    }
}

/// Several authors need a Sender, a single one needs none (RFC 5322 §3.6.2).
pub(super) fn sender(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    let Some(from) = section.field("From") else { return };
    let authors = content::addresses(from.value());
    let rule = match section.field("Sender") {
        None if authors.len() > 1 => &SENDER_MISSING,
        Some(sender) if content::addresses(sender.value()) == authors => &SENDER_SAME,
        _ => return,
    };
    marks.add(rule, from.lines.start, whole(lines, from.lines.start));
}

/// Whether an address has the form of RFC 5321 §4.1.2. The parser takes a quoted local part
/// without brackets for a name.
fn is_well_formed(address: &str, value: &str) -> bool {
    if let Some(domain) = address.strip_prefix('@') {
        return value.contains(&format!("\"{address}")) && path::is_domain(domain);
    }
    let path = path::read(format!("<{address}>").as_bytes(), 0).0.value;
    path.domain.is_some() && path.is_well_formed()
}
