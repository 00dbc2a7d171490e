//! The tree of parts, with what stands around them and what is wrong with them.

use std::fmt::Write as _;

use crate::display::Role;
use crate::display::text::{width, wrap};
use crate::display::token::visible;
use crate::display::words::grouped;
use crate::knowledge::{self, Kind, Lang, Topic, topic};
use crate::session::content::{Content, Nature, Part};
use crate::session::flaw::rule::Severity;
use crate::session::flaw::{Flaw, Frame};
use crate::smtp::Span;

use super::body::without;
use super::judged::times;
use super::{Line, Piece, Sheet};

/// Beyond this depth the tree grows no wider.
const DEPTH: usize = 8;

/// The parts of a message, at least `enough` lines of them if there are so many.
pub(super) fn lines(sheet: &Sheet<'_>, enough: usize) -> Vec<Line> {
    let parts = &sheet.content.parts;
    let mut tree = Tree { sheet, out: Vec::new(), more: more(parts), ends: Vec::new() };
    for (at, part) in parts.iter().enumerate() {
        tree.epilogues(part.depth);
        if tree.out.len() >= enough {
            return tree.out;
        }
        tree.part(at, part);
    }
    tree.epilogues(0);
    tree.out.extend(without(sheet).unwrap_or_default());
    tree.out
}

/// For each part, on which of the first levels another part follows under the same parent.
fn more(parts: &[Part]) -> Vec<u16> {
    let mut open = 0_u16;
    let mut out: Vec<u16> = parts
        .iter()
        .rev()
        .map(|part| {
            let depth = u32::try_from(part.depth).unwrap_or(u32::MAX);
            // What was deeper belongs to another part.
            let mask = 1_u16.checked_shl(depth + 1).map_or(u16::MAX, |bit| bit - 1);
            open &= mask;
            let here = open;
            open |= 1_u16.checked_shl(depth).unwrap_or_default();
            here
        })
        .collect();
    out.reverse();
    out
}

/// Where a line of the tree stands to its part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Beside,
    Below,
    Behind,
}

/// Lines of the tree as they are made.
struct Tree<'a> {
    sheet: &'a Sheet<'a>,
    out: Vec<Line>,
    more: Vec<u16>,
    /// Epilogues that are still to come: part, depth, and what was said of it.
    ends: Vec<(usize, usize, Frame)>,
}

impl Tree<'_> {
    /// The epilogues of multiparts that end before a part of this depth.
    fn epilogues(&mut self, depth: usize) {
        while let Some((at, own, frame)) = self.ends.pop_if(|(_, own, _)| *own >= depth) {
            let guide = self.guide(at, own, Place::Behind);
            self.around(at, &guide, "parts.epilogue", frame.epilogue);
        }
    }

    /// What stands before the first part or behind the last one of multipart `at`.
    fn around(&mut self, at: usize, guide: &str, key: &'static str, span: Span) {
        let content = self.sheet.content;
        let Some(part) = content.parts.get(at) else { return };
        let text = if part.within.is_some() { content.source(at) } else { content.raw.clone() };
        let text = span.of(&text).trim_ascii();
        if text.is_empty() {
            return;
        }
        let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
        let first = visible(first.get(..120).unwrap_or(first).trim_ascii_end());
        let values = [("size", &*grouped(span.len() as u64)), ("text", &first)];
        let said = knowledge::fill(self.sheet.lang, key, &values);
        let span = part.within.is_none().then_some(span);
        self.push(guide, guide, Role::Dim, &said, |pieces| {
            Line { span, part: Some(at), ..Line::new(pieces) }.about("multipart")
        });
    }

    /// The lines at the left of what belongs to part `at`.
    fn guide(&self, at: usize, depth: usize, place: Place) -> String {
        let below = place != Place::Beside;
        let more = self.more.get(at).copied().unwrap_or_default();
        let follows = |level: usize| more >> level.min(15) & 1 == 1;
        let mut out = String::new();
        // The message itself has no branch.
        let shown = depth.min(DEPTH);
        for level in 1..shown + usize::from(below && depth <= DEPTH) {
            out.push_str(if follows(level) { "\u{2502} " } else { "  " });
        }
        if below {
            // What is inside of it hangs on it.
            let inside = place == Place::Below
                && self.sheet.content.parts.get(at + 1).is_some_and(|p| p.depth > depth);
            out.push_str(if inside && depth < DEPTH { "\u{2502} " } else { "  " });
        } else if depth > 0 {
            let ends = if depth > DEPTH || follows(depth) {
                "\u{251c}\u{2500}"
            } else {
                "\u{2514}\u{2500}"
            };
            out.push_str(ends);
        }
        out
    }

    fn part(&mut self, at: usize, part: &Part) {
        let (content, lang) = (self.sheet.content, self.sheet.lang);
        let judgement = content.judgement();
        let worst = judgement.of_part(at).iter().map(|flaw| flaw.rule.severity).max();
        let role = match worst {
            Some(Severity::Error) => Role::Bad,
            Some(Severity::Warn) => Role::Warn,
            _ if part.defective => Role::Warn,
            _ => Role::Text,
        };
        let mut number = format!("{} ", at + 1);
        if part.depth > DEPTH {
            // The tree grows no wider; how deep this is, is said.
            let _ = write!(number, "({}) ", part.depth);
        }
        let beside = self.guide(at, part.depth, Place::Beside);
        let below = self.guide(at, part.depth, Place::Below);
        let beside = format!("{beside}{number}");
        let below = format!("{below}{}", " ".repeat(width(&beside).saturating_sub(width(&below))));
        let whole = Span::new(part.header.start, part.body.end);
        // What was encoded has places of its own.
        let span = part.within.is_none().then_some(whole);
        let about = about(part);
        let made = |pieces| Line { pieces, about: about.clone(), span, part: Some(at) };
        self.push(&beside, &below, role, &part_words(part), made);
        for text in enclosed(content, at, part) {
            self.push(&below, &below, Role::Decoded, &text, made);
        }
        for flaw in judgement.of_part(at) {
            let role = match flaw.rule.severity {
                Severity::Error => Role::Bad,
                Severity::Warn => Role::Warn,
                Severity::Info => Role::Dim,
            };
            let topics: Vec<(Kind, String)> = topic_of(flaw.rule.about)
                .map(|topic| (topic.kind, topic.id.to_owned()))
                .into_iter()
                .chain(about.iter().cloned())
                .collect();
            let span = part.within.is_none().then_some(flaw.span);
            self.push(&below, &below, role, &flaw_words(flaw, lang), |pieces| Line {
                pieces,
                about: topics.clone(),
                span,
                part: Some(at),
            });
        }
        if let Some(frame) = judgement.frame(at) {
            self.around(at, &below, "parts.preamble", frame.preamble);
            self.ends.push((at, part.depth, frame.clone()));
        }
    }

    /// A text behind lines of the tree, wrapped.
    fn push(
        &mut self,
        beside: &str,
        below: &str,
        role: Role,
        text: &str,
        line: impl Fn(Vec<Piece>) -> Line,
    ) {
        let room = self.sheet.columns.saturating_sub(width(beside).max(width(below))).max(12);
        let wrapped = wrap(text, room).into_iter().enumerate();
        self.out.extend(wrapped.map(|(at, text)| {
            let guide = if at == 0 { beside } else { below };
            line(vec![(Role::Dim, guide.to_owned()), (role, text)])
        }));
    }
}

/// One part without a tree, in one line or in several where there is no place.
pub fn part_lines(part: &Part, columns: usize) -> Vec<Vec<Piece>> {
    let indent = "  ".repeat(part.depth.min(DEPTH));
    let role = if part.defective { Role::Warn } else { Role::Text };
    let wrapped = wrap(&part_words(part), columns.saturating_sub(indent.len() + 2));
    let line = |(at, text)| {
        let mark = if at == 0 { "- " } else { "  " };
        vec![(Role::Dim, format!("{indent}{mark}")), (role, text)]
    };
    wrapped.into_iter().enumerate().map(line).collect()
}

/// What a word of a rule names: an entry of any kind.
fn topic_of(word: &str) -> Option<Topic> {
    Topic::new(Kind::Idea, word)
        .or_else(|| Topic::of_field(word))
        .or_else(|| topic::find(&[word]).0.into_iter().next())
}

/// One part in one line: what it is, how it is encoded and meant, its name and its size.
pub fn part_words(part: &Part) -> String {
    let seen = |text: &str| visible(text.as_bytes());
    let mut out = seen(&part.kind);
    for value in [&part.charset, &part.encoding, &part.disposition].into_iter().flatten() {
        let _ = write!(out, "; {}", seen(value));
    }
    if let Some(name) = &part.name {
        let _ = write!(out, "; \"{}\"", seen(name));
    }
    if let Some(id) = &part.id {
        let _ = write!(out, "; <{}>", seen(id));
    }
    let (encoded, decoded) = (part.body.len() as u64, part.decoded_len as u64);
    match part.nature {
        Nature::Multipart => {}
        _ if encoded == decoded => _ = write!(out, ", {} B", grouped(decoded)),
        _ => _ = write!(out, ", {} > {} B", grouped(encoded), grouped(decoded)),
    }
    out
}

/// What an enclosed message is about, and who wrote it.
fn enclosed(content: &Content, at: usize, part: &Part) -> Vec<String> {
    if part.nature != Nature::Message {
        return Vec::new();
    }
    let fields = content.header_of(at + 1);
    let field = |name: &str| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let said = ["Subject", "From"].into_iter().filter_map(field);
    said.map(|field| format!("{}: {}", field.name, visible(field.value.as_bytes()))).collect()
}

/// A flaw as a sentence, how often it was met, and the clause.
pub fn flaw_words(flaw: &Flaw, lang: Lang) -> String {
    let seen: Vec<_> =
        flaw.values.iter().map(|(key, value)| (*key, visible(value.as_bytes()))).collect();
    let values: Vec<_> = seen.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let said = knowledge::fill(lang, flaw.rule.key, &values);
    let mark = match flaw.rule.severity {
        Severity::Info => "i",
        Severity::Warn => "?",
        Severity::Error => "!",
    };
    let times = times(flaw.count, flaw.line, flaw.column, lang);
    format!("{mark} {said}{times} ({})", flaw.rule.clause)
}

/// How a part is made, how it is meant, how it is encoded.
fn about(part: &Part) -> Vec<(Kind, String)> {
    let made = match part.kind.split('/').next() {
        Some("multipart") if part.kind == "multipart/alternative" => "alternative",
        Some("multipart") => "multipart",
        _ => "part",
    };
    let meant = part.disposition.as_deref().map(|meant| match meant {
        "inline" => "inline-image",
        _ => "attachment",
    });
    let encoded = part.encoding.as_deref().map(str::to_lowercase);
    let ideas = std::iter::once(made).chain(meant).chain(encoded.as_deref());
    let ideas = ideas.map(|id| (Kind::Idea, id.to_owned()));
    ideas.chain([(Kind::Field, "Content-Type".to_owned())]).collect()
}
