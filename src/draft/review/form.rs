//! The form of a header section: every line a field or the rest of one (RFC 5322 §2.2).

use crate::smtp::Span;

use super::super::field::{Field, Section};
use super::rule::{
    BAD_NAME, BEGINS_FOLDED, BLANK_FOLD, FOLDED, MBOX, NO_COLON, NO_END, SPACE_COLON,
};
use super::{Marks, whole};

/// Reads the form of the header of a draft.
pub(super) fn read(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    for field in &section.fields {
        name(lines, field, marks);
        folding(lines, field, marks);
    }
    if !section.ended && !section.fields.is_empty() {
        let last = section.lines.end.saturating_sub(1);
        marks.add(&NO_END, last, whole(lines, last));
    }
}

fn name(lines: &[&str], field: &Field<'_>, marks: &mut Marks) {
    let at = field.lines.start;
    if field.name.starts_with([' ', '\t']) {
        marks.add(&BEGINS_FOLDED, at, whole(lines, at));
    } else if ["From ", ">From "].iter().any(|begin| is_mbox(field.name, begin)) {
        marks.add(&MBOX, at, whole(lines, at));
    } else if field.value.is_none() {
        marks.add(&NO_COLON, at, whole(lines, at));
    } else if is_name(field.name.trim_end()) && field.name.ends_with([' ', '\t']) {
        marks.add(&SPACE_COLON, at, Span::new(field.name.trim_end().len(), field.name.len()));
    } else if !is_name(field.name) {
        marks.add(&BAD_NAME, at, Span::new(0, field.name.len()));
    }
}

/// `ftext` of RFC 5322 §3.6.8.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic())
}

/// Whether a line divides messages in a file of many: `From alice@example.org Mon Nov 23 …`.
fn is_mbox(line: &str, begin: &str) -> bool {
    line.strip_prefix(begin).is_some_and(|rest| rest.contains(' ') && !rest.starts_with(' '))
}

fn folding(lines: &[&str], field: &Field<'_>, marks: &mut Marks) {
    for at in field.lines.clone().skip(1) {
        let blank = lines.get(at).is_some_and(|line| line.trim().is_empty());
        marks.add(if blank { &BLANK_FOLD } else { &FOLDED }, at, whole(lines, at));
    }
}
