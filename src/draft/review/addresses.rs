//! Addresses in a header: well-formed, and a Sender where several people write.

use crate::smtp::mailbox::{self, Mailboxes, Open};
use crate::smtp::{Span, path};

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
    let found = mailboxes(field.value());
    // Only a group may be without any.
    let none = found.all.is_empty() && found.empty_groups.is_empty();
    let sound = || found.all.iter().all(|mailbox| is_well_formed(&mailbox.address));
    let rule = if let Some(open) = found.open {
        Rule { about: name, ..if open == Open::Angle { ANGLE_OPEN } else { GROUP_OPEN } }
    } else if name.ends_with("Sender") && found.all.len() > 1 {
        Rule { about: name, clause, ..SENDER_SEVERAL }
    } else if none || !sound() {
        Rule { about: name, clause, ..BAD_ADDRESS }
    } else {
        return;
    };
    let line = field.lines.start;
    marks.say(&rule, line, whole(lines, line), &[("field", name.to_owned())]);
}

/// Several authors need a Sender, a single one needs none (RFC 5322 §3.6.2).
pub(super) fn sender(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    let Some(from) = section.field("From") else { return };
    let addresses = |field: &Field<'_>| -> Vec<_> {
        mailboxes(field.value()).all.into_iter().map(|mailbox| mailbox.address).collect()
    };
    let authors = addresses(from);
    let rule = match section.field("Sender") {
        None if authors.len() > 1 => &SENDER_MISSING,
        Some(sender) if addresses(sender) == authors => &SENDER_SAME,
        _ => return,
    };
    marks.add(rule, from.lines.start, whole(lines, from.lines.start));
}

/// What a field names. Addresses that are literals have colons, which begin no group.
fn mailboxes(value: &str) -> Mailboxes {
    mailbox::list(value.as_bytes(), Span::new(0, value.len()))
}

/// Whether an address has the form of RFC 5321 §4.1.2.
fn is_well_formed(address: &str) -> bool {
    let path = path::read(format!("<{address}>").as_bytes(), 0).0.value;
    path.domain.is_some() && path.is_well_formed()
}
