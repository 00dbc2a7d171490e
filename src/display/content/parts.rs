//! The tree of parts, with what stands around them and what is wrong with them.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use crate::display::Role;
use crate::display::text::wrap;
use crate::display::token::visible;
use crate::display::words::grouped;
use crate::knowledge::{self, Kind, Lang, Topic, topic};
use crate::session::content::{Content, Field, Nature, Part, Sources, header_in};
use crate::session::flaw::Flaw;
use crate::session::flaw::rule::Severity;
use crate::smtp::Span;

use super::body::without;
use super::judged::times;
use super::{About, Line, Piece, Sheet};

/// Beyond this depth the tree grows no wider.
const DEPTH: usize = 8;

/// So many parts are laid out while somebody waits; the others in the background.
pub const AT_ONCE: usize = 2000;

/// Lines of the tree of parts.
pub(super) fn lines(sheet: &Sheet<'_>, range: Range<usize>) -> Vec<Line> {
    if let Some(all) = bare(sheet) {
        return all.into_iter().skip(range.start).take(range.len()).collect();
    }
    sheet.laid.rows(sheet, |rows, seen| {
        if range.start == 0 {
            // Nothing needs to be known of what stands before.
            return rows.shape.lines(seen, 0, range);
        }
        rows.extend(seen, range.end, AT_ONCE);
        rows.lines(seen, range)
    })
}

/// How many there are, as far as that is known, and if there are so many at least `wanted`.
pub(super) fn count(sheet: &Sheet<'_>, wanted: usize) -> usize {
    if let Some(all) = bare(sheet) {
        return all.len().min(wanted);
    }
    sheet.laid.rows(sheet, |rows, seen| {
        rows.extend(seen, wanted, AT_ONCE);
        rows.known().min(wanted)
    })
}

/// All lines where there is no body: what there is of parts, and that.
fn bare(sheet: &Sheet<'_>) -> Option<Vec<Line>> {
    let none = without(sheet)?;
    let parts = sheet.laid.rows(sheet, |rows, seen| rows.shape.lines(seen, 0, 0..usize::MAX));
    Some([parts, none].concat())
}

/// The line of part `at`, as far as that is known.
pub fn line_of(sheet: &Sheet<'_>, at: usize) -> Option<usize> {
    sheet.laid.rows(sheet, |rows, seen| {
        rows.extend(seen, usize::MAX, at.min(AT_ONCE));
        let start = *rows.starts.get(at)?;
        let own = rows.shape.lines(seen, at, 0..rows.starts.get(at + 1)? - start);
        Some(start + own.iter().position(|line| line.part == Some(at))?)
    })
}

/// The innermost part in which a byte of the message stands.
pub fn part_at(content: &Content, byte: usize) -> Option<usize> {
    let holds = |part: &Part| part.header.start <= byte && byte < part.body.end;
    content.parts.iter().rposition(|part| part.within.is_none() && holds(part))
}

/// What lines of the tree are made of: the content, the language, and how wide they may be.
pub(super) type Seen<'a> = (&'a Content, Lang, usize);

/// Which line of the tree belongs to which part, as far as that was found out. The lines are made
/// when somebody looks.
#[derive(Clone, Debug)]
pub struct Rows {
    shape: Shape,
    /// The first line of each part, and of what follows those that were laid out.
    starts: Vec<usize>,
}

impl Rows {
    pub(super) fn of(content: &Content) -> Self {
        Self { shape: Shape::of(content), starts: vec![0] }
    }

    /// All rows of the tree.
    pub fn whole(content: &Content, lang: Lang, columns: usize) -> Self {
        let mut rows = Self::of(content);
        rows.extend((content, lang, columns), usize::MAX, usize::MAX);
        rows
    }

    /// Whether all of them are known.
    pub(super) fn is_whole(&self, content: &Content) -> bool {
        // Behind the last part epilogues stand.
        self.starts.len() > content.parts.len() + 1
    }

    fn known(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    /// Finds out `enough` lines, but of no more than the first `most` parts and what follows them.
    fn extend(&mut self, seen: Seen<'_>, enough: usize, most: usize) {
        let mut tree = Tree::new(seen, &self.shape);
        while self.starts.len() <= most.saturating_add(1)
            && !self.is_whole(seen.0)
            && self.known() < enough
        {
            tree.out.clear();
            tree.block(self.starts.len() - 1);
            self.starts.push(self.known() + tree.out.len());
        }
    }

    /// Some lines that are known.
    fn lines(&self, seen: Seen<'_>, range: Range<usize>) -> Vec<Line> {
        let range = range.start..range.end.min(self.known());
        let first = self.starts.partition_point(|start| *start <= range.start).saturating_sub(1);
        let start = self.starts.get(first).copied().unwrap_or_default();
        self.shape.lines(seen, first, range.start - start..range.end.saturating_sub(start))
    }
}

/// How parts hang together.
#[derive(Clone, Debug)]
struct Shape {
    more: Vec<u16>,
    /// Before which part an epilogue stands, and of which it is.
    ends: Vec<(usize, usize)>,
}

impl Shape {
    fn of(content: &Content) -> Self {
        let (parts, judgement) = (&content.parts, content.judgement());
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut ends = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            while let Some((of, _)) = open.pop_if(|(_, depth)| *depth >= part.depth) {
                ends.push((at, of));
            }
            if judgement.frame(at).is_some() {
                open.push((at, part.depth));
            }
        }
        ends.extend(open.into_iter().rev().map(|(of, _)| (parts.len(), of)));
        Self { more: more(parts), ends }
    }

    /// Lines from part `first` on, of those behind its beginning the ones in `range`.
    fn lines(&self, seen: Seen<'_>, first: usize, range: Range<usize>) -> Vec<Line> {
        let mut tree = Tree::new(seen, self);
        for at in first..=seen.0.parts.len() {
            if tree.out.len() >= range.end {
                break;
            }
            tree.block(at);
        }
        tree.out.truncate(range.end);
        tree.out.drain(..range.start.min(tree.out.len()));
        tree.out
    }
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
    content: &'a Content,
    lang: Lang,
    columns: usize,
    shape: &'a Shape,
    sources: Sources,
    out: Vec<Line>,
}

impl<'a> Tree<'a> {
    fn new((content, lang, columns): Seen<'a>, shape: &'a Shape) -> Self {
        Self { content, lang, columns, shape, sources: Sources::default(), out: Vec::new() }
    }

    /// Part `at`, and the epilogues that stand before it.
    fn block(&mut self, at: usize) {
        let content = self.content;
        let first = self.shape.ends.partition_point(|(before, _)| *before < at);
        for (_, of) in self.shape.ends.iter().skip(first).take_while(|(before, _)| *before == at) {
            let Some((part, frame)) = content.parts.get(*of).zip(content.judgement().frame(*of))
            else {
                continue;
            };
            let guide = self.guide(*of, part.depth, Place::Behind);
            self.around(*of, &guide, "parts.epilogue", frame.epilogue);
        }
        if let Some(part) = content.parts.get(at) {
            self.part(at, part);
        }
    }

    /// What stands before the first part or behind the last one of multipart `at`.
    fn around(&mut self, at: usize, guide: &str, key: &'static str, span: Span) {
        let content = self.content;
        let Some(part) = content.parts.get(at) else { return };
        let text = self.sources.of(content, at);
        let text = span.of(&text).trim_ascii();
        if text.is_empty() {
            return;
        }
        let first = text.split(|b| *b == b'\n').next().unwrap_or_default();
        let first = visible(first.get(..120).unwrap_or(first).trim_ascii_end());
        let values = [("size", &*grouped(span.len() as u64)), ("text", &first)];
        let said = knowledge::fill(self.lang, key, &values);
        let span = part.within.is_none().then_some(span);
        self.push(guide, guide, Role::Dim, &said, |pieces| {
            Line { span, part: Some(at), ..Line::new(pieces) }.about("multipart")
        });
    }

    /// The lines at the left of what belongs to part `at`.
    fn guide(&self, at: usize, depth: usize, place: Place) -> String {
        let below = place != Place::Beside;
        let more = self.shape.more.get(at).copied().unwrap_or_default();
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
                && self.content.parts.get(at + 1).is_some_and(|p| p.depth > depth);
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
        let (content, lang) = (self.content, self.lang);
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
        let below = format!("{below}{}", " ".repeat(drawn(&beside).saturating_sub(drawn(&below))));
        let whole = Span::new(part.header.start, part.body.end);
        // What was encoded has places of its own.
        let span = part.within.is_none().then_some(whole);
        let about = about(part);
        let made = |pieces| Line { pieces, about: about.clone(), span, part: Some(at) };
        self.push(&beside, &below, role, &part_words(part, lang), made);
        for (text, own) in enclosed(content, at, part, &mut self.sources) {
            let made = |pieces| Line { span: span.and(own), ..made(pieces) };
            self.push(&below, &below, Role::Decoded, &text, made);
        }
        for flaw in judgement.of_part(at) {
            let (role, mark) = match flaw.rule.severity {
                Severity::Error => (Role::Bad, "!"),
                Severity::Warn => (Role::Warn, "?"),
                Severity::Info => (Role::Dim, "i"),
            };
            let said = format!("{mark} {} ({})", flaw_words(flaw, lang), flaw.rule.clause);
            let own = topic_of(flaw.rule.about).map(|topic| (topic.kind, topic.id.to_owned()));
            let topics: About = Arc::new(own.into_iter().chain(about.iter().cloned()).collect());
            let span = part.within.is_none().then_some(flaw.span);
            self.push(&below, &below, role, &said, |pieces| Line {
                pieces,
                about: topics.clone(),
                span,
                part: Some(at),
            });
        }
        if let Some(frame) = judgement.frame(at) {
            self.around(at, &below, "parts.preamble", frame.preamble);
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
        let room = self.columns.saturating_sub(drawn(beside).max(drawn(below))).max(12);
        let wrapped = wrap(text, room).into_iter().enumerate();
        self.out.extend(wrapped.map(|(at, text)| {
            let guide = if at == 0 { beside } else { below };
            line(vec![(Role::Dim, guide.to_owned()), (role, text)])
        }));
    }
}

/// Columns of what is drawn at the left: lines, digits and blanks have one each.
fn drawn(guide: &str) -> usize {
    guide.chars().count()
}

/// One part without a tree, in one line or in several where there is no place.
pub fn part_lines(part: &Part, columns: usize, lang: Lang) -> Vec<Vec<Piece>> {
    let indent = "  ".repeat(part.depth.min(DEPTH));
    let role = if part.defective { Role::Warn } else { Role::Text };
    let wrapped = wrap(&part_words(part, lang), columns.saturating_sub(indent.len() + 2));
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
pub fn part_words(part: &Part, lang: Lang) -> String {
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
    let mut size = format!("{} B", grouped(decoded));
    if encoded != decoded {
        size = format!("{} > {size}", grouped(encoded));
    }
    if part.open {
        size = knowledge::fill(lang, "parts.at-least", &[("size", &size)]);
    }
    // Of what is still to come nothing is known.
    let nothing = part.open && encoded == 0;
    if part.nature != Nature::Multipart && !nothing {
        let _ = write!(out, ", {size}");
    }
    out
}

/// What an enclosed message is about, and who wrote it, in its order; and where that stands, unless
/// the message was encoded.
fn enclosed(
    content: &Content,
    at: usize,
    part: &Part,
    sources: &mut Sources,
) -> Vec<(String, Option<Span>)> {
    if part.nature != Nature::Message {
        return Vec::new();
    }
    let Some(inner) = content.parts.get(at + 1) else { return Vec::new() };
    let inside = inner.within.is_some();
    let fields = header_in(&sources.of(content, at + 1), inner);
    let field = |name: &str| fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    let mut said: Vec<_> = ["Subject", "From"].into_iter().filter_map(field).collect();
    said.sort_unstable_by_key(|field| field.span.start);
    let text = |field: &Field| format!("{}: {}", field.name, visible(field.value.as_bytes()));
    said.into_iter().map(|field| (text(field), (!inside).then_some(field.span))).collect()
}

/// A flaw as a sentence, and how often it was met.
pub fn flaw_words(flaw: &Flaw, lang: Lang) -> String {
    let seen: Vec<_> =
        flaw.values.iter().map(|(key, value)| (*key, visible(value.as_bytes()))).collect();
    let values: Vec<_> = seen.iter().map(|(key, value)| (*key, value.as_str())).collect();
    knowledge::fill(lang, flaw.rule.key, &values) + &times(flaw.count, flaw.line, flaw.column, lang)
}

/// How a part is made, how it is meant, how it is encoded.
fn about(part: &Part) -> About {
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
    Arc::new(ideas.chain([(Kind::Field, "Content-Type".to_owned())]).collect())
}
