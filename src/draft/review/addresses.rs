//! Addresses in a header: well-formed, and a Sender where several people write.

use crate::session::content;
use crate::smtp::path;

use crate::session::flaw::rule::Rule;

use super::super::field::{Field, Section};
use super::rule::{
    ANGLE_OPEN, BAD_ADDRESS, GROUP_OPEN, SENDER_MISSING, SENDER_SAME, SENDER_SEVERAL,
};
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
    let sound = || addresses.iter().all(|address| is_well_formed(address, field.value()));
    let rule = if let Some(rule) = left_open(field.value()) {
        Rule { about: name, ..*rule }
    } else if name.ends_with("Sender") && addresses.len() > 1 {
        Rule { about: name, clause, ..SENDER_SEVERAL }
    } else if none || !sound() {
        Rule { about: name, clause, ..BAD_ADDRESS }
    } else {
        return;
    };
    let line = field.lines.start;
    marks.say(&rule, line, whole(lines, line), &[("field", name.to_owned())]);
}

/// What a list of addresses begins and does not end: an address in brackets, or a group
/// (RFC 5322 §3.4).
fn left_open(value: &str) -> Option<&'static Rule> {
    let (mut escaped, mut quoted, mut literal, mut comments) = (false, false, false, 0_usize);
    let (mut angle, mut group) = (false, false);
    for c in value.chars() {
        let was_escaped = std::mem::take(&mut escaped);
        let plain = !quoted && !literal && comments == 0;
        match c {
            _ if was_escaped => {}
            '\\' => escaped = true,
            '"' if comments == 0 && !literal => quoted = !quoted,
            '(' if !quoted && !literal => comments += 1,
            ')' if !quoted && !literal => comments = comments.saturating_sub(1),
            ']' => literal = false,
            '[' if plain => literal = true,
            '<' if plain && angle => return Some(&ANGLE_OPEN),
            '<' | '>' if plain => angle = c == '<',
            ':' | ';' if plain && !angle => group = c == ':',
            _ => {}
        }
    }
    if angle { Some(&ANGLE_OPEN) } else { group.then_some(&GROUP_OPEN) }
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
