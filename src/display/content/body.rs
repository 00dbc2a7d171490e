//! One part as a person can read it: its text, HTML as text, what a picture is, its bytes.

use std::ops::Range;

use crate::display::Role;
use crate::display::hex::Shape;
use crate::display::html;
use crate::display::text::{cut, wrap};
use crate::display::token::visible;
use crate::display::words::grouped;
use crate::knowledge::{self, Kind};
use crate::session::content::{Coding, Content, Nature, Part};
use crate::session::flaw::name::{harmless, magic};
use crate::smtp::Span;

use super::header::field_lines;
use super::{About, Line, Sheet, hex};

/// How many bytes of a text are laid out.
pub const TEXT_LIMIT: usize = 256 << 10;

/// How a part is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// As text, decoded.
    Text,
    /// HTML as text that can be read.
    Readable,
    /// What it is, without opening it.
    Facts,
    /// Its decoded bytes.
    Hex,
    /// As it stands, encoded.
    Encoded,
    /// Its header.
    Header,
}

impl Way {
    /// The key of its name in the knowledge base.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Text => "way-seen.text",
            Self::Readable => "way-seen.readable",
            Self::Facts => "way-seen.facts",
            Self::Hex => "way-seen.hex",
            Self::Encoded => "way-seen.encoded",
            Self::Header => "way-seen.header",
        }
    }
}

/// The ways in which a part can be seen, the one that fits best first.
pub fn ways(part: &Part) -> &'static [Way] {
    use Way::{Encoded, Facts, Header, Hex, Readable, Text};
    let is_text = || {
        let kind = part.kind.as_str();
        kind.starts_with("message/")
            || ["json", "xml", "pgp", "javascript", "yaml"].iter().any(|word| kind.contains(word))
    };
    match part.nature {
        Nature::Text => &[Text, Hex, Encoded, Header],
        Nature::Html => &[Readable, Text, Hex, Encoded, Header],
        Nature::Message => &[Header, Encoded],
        Nature::Multipart => &[Encoded, Header],
        Nature::Binary if is_text() => &[Text, Facts, Hex, Encoded, Header],
        Nature::Binary => &[Facts, Hex, Encoded, Header],
    }
}

/// The part that is seen, and how.
pub fn seen(sheet: &Sheet<'_>) -> Option<(usize, Way)> {
    let at = part_seen(sheet.content, sheet.shown.part)?;
    let ways = ways(sheet.content.parts.get(at)?);
    let asked = sheet.shown.way.filter(|way| ways.contains(way));
    Some((at, asked.or_else(|| ways.first().copied())?))
}

/// The part that is seen where `asked` was asked for.
pub fn part_seen(content: &Content, asked: Option<usize>) -> Option<usize> {
    let known = |at: &usize| *at < content.parts.len();
    asked
        .filter(known)
        .or_else(|| content.first_text())
        .or_else(|| (!content.parts.is_empty()).then_some(0))
}

/// Whether bytes are seen, of which any is there at once.
pub fn is_hex(sheet: &Sheet<'_>) -> bool {
    seen(sheet).is_some_and(|(_, way)| way == Way::Hex)
}

fn decoded(sheet: &Sheet<'_>) -> bytes::Bytes {
    seen(sheet).map(|(at, _)| sheet.laid.decoded(sheet.content, at)).unwrap_or_default()
}

/// How many lines of bytes there are.
pub(super) fn hex_count(sheet: &Sheet<'_>) -> usize {
    let len = decoded(sheet).len();
    Shape::of(len, sheet.columns).lines(len) + head(sheet).len()
}

/// Some of them.
pub(super) fn hex_lines(sheet: &Sheet<'_>, range: Range<usize>) -> Vec<Line> {
    let (bytes, head) = (decoded(sheet), head(sheet));
    let shape = Shape::of(bytes.len(), sheet.columns);
    let behind = |at: usize| at.saturating_sub(head.len());
    let rest = behind(range.start)..behind(range.end);
    let own = |start, end| Span::new(start, end).of(&bytes).to_vec();
    let begun = head.get(range.start..range.end.min(head.len())).unwrap_or_default();
    let part = seen(sheet).map(|(at, _)| at);
    let whole = part.and_then(|at| source(sheet.content, at));
    let start = part.and_then(|at| standing(sheet.content, at));
    let lines = hex::of_bytes(shape, bytes.len(), rest, own).map(|(own, line)| {
        let own = start.map(|start| Span::new(start + own.start, start + own.end));
        Line { span: own.or(whole), ..line }
    });
    begun.iter().cloned().chain(lines).map(|line| Line { part, ..line }).collect()
}

/// Which part is seen and how, where that is not plain from itself.
fn head(sheet: &Sheet<'_>) -> Vec<Line> {
    let content = sheet.content;
    let Some((at, way)) = seen(sheet) else { return Vec::new() };
    let Some(part) = content.parts.get(at) else { return Vec::new() };
    if content.parts.len() < 2 && sheet.shown.way.is_none() && way == Way::Text {
        return Vec::new();
    }
    let n = (at + 1).to_string();
    let text = [
        knowledge::fill(sheet.lang, "parts.number", &[("n", &n)]),
        visible(part.kind.as_bytes()),
        knowledge::word(sheet.lang, way.words()).to_owned(),
    ];
    let wrapped = wrap(&text.join(" \u{b7} "), sheet.columns).into_iter();
    wrapped.map(|line| Line::new(vec![(Role::Title, line)]).about("part")).collect()
}

/// The part that is seen, at least `enough` lines of it if there are so many.
pub(super) fn lines(sheet: &Sheet<'_>, enough: usize) -> Vec<Line> {
    let Some((at, way)) = seen(sheet) else { return without(sheet).unwrap_or_default() };
    let mut out = head(sheet);
    let begun = out.len();
    match way {
        Way::Text => text(sheet, at, enough, &mut out),
        Way::Readable => readable(sheet, at, &mut out),
        Way::Facts => facts(sheet, at, &mut out),
        Way::Encoded => encoded(sheet, at, enough, &mut out),
        Way::Header => fields(sheet, at, &mut out),
        Way::Hex => {}
    }
    let whole = source(sheet.content, at);
    if matches!(way, Way::Text | Way::Readable | Way::Facts) {
        // Decoded bytes have no place of their own.
        out.iter_mut().skip(begun).for_each(|line| line.span = line.span.or(whole));
    }
    if out.len() == begun && enough > begun {
        let key = if way == Way::Header { "content.no-field" } else { "content.empty-body" };
        out.extend(without(sheet).unwrap_or_else(|| sentence(sheet, key)));
    }
    for line in &mut out {
        line.part.get_or_insert(at);
    }
    out
}

/// That there is no body, or none yet.
pub(super) fn without(sheet: &Sheet<'_>) -> Option<Vec<Line>> {
    let key = if sheet.grows { "content.no-body-yet" } else { "content.no-body" };
    sheet.content.body.is_none().then(|| sentence(sheet, key))
}

fn sentence(sheet: &Sheet<'_>, key: &'static str) -> Vec<Line> {
    let wrapped = wrap(knowledge::word(sheet.lang, key), sheet.columns).into_iter();
    wrapped.map(|line| plain(Role::Dim, line)).collect()
}

/// A line of a part.
fn plain(role: Role, text: String) -> Line {
    Line::new(vec![(role, text)]).about("body")
}

/// A text that stands in the message from byte `start` on, if it stands there as it is.
fn push_text(
    text: &str,
    start: Option<usize>,
    (columns, enough): (usize, usize),
    out: &mut Vec<Line>,
) {
    let room = enough.saturating_sub(out.len());
    let mut offset = 0;
    let wrapped = text.split_inclusive('\n').flat_map(|whole| {
        let span = start.map(|start| Span::new(start + offset, start + offset + whole.len()));
        offset += whole.len();
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = visible(line.strip_suffix('\r').unwrap_or(line).as_bytes());
        // An empty line is one too.
        let rows = if line.is_empty() { vec![line] } else { wrap(&line, columns) };
        rows.into_iter().map(move |row| Line { span, ..plain(Role::Text, row) })
    });
    out.extend(wrapped.take(room));
}

fn text(sheet: &Sheet<'_>, at: usize, enough: usize, out: &mut Vec<Line>) {
    let content = sheet.content;
    let decoded = content.decoded_up_to(at, TEXT_LIMIT);
    let text = content.text_up_to(at, TEXT_LIMIT);
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(&decoded).into_owned());
    let start = standing(content, at).filter(|_| text.as_bytes() == &*decoded);
    push_text(&text, start, (sheet.columns, enough), out);
    let shown = out.len();
    rest(sheet, decoded_len(content, at).saturating_sub(decoded.len()), enough, out);
    let end = content.parts.get(at).map_or(0, |part| part.body.end);
    let left = start.map(|start| Span::new(start + decoded.len(), end));
    out.iter_mut().skip(shown).for_each(|line| line.span = left);
}

/// Where the body of part `at` begins, if it stands in the message as it is.
fn standing(content: &Content, at: usize) -> Option<usize> {
    let part = content.parts.get(at)?;
    (part.within.is_none() && part.coding == Coding::Identity).then_some(part.body.start)
}

/// Where what part `at` is decoded from stands in the message.
fn source(content: &Content, mut at: usize) -> Option<Span> {
    while let Some(outer) = content.parts.get(at)?.within.filter(|outer| *outer < at) {
        at = outer;
    }
    Some(content.parts.get(at)?.body).filter(|body| !body.is_empty())
}

/// The size of a part once decoded, in bytes.
fn decoded_len(content: &Content, at: usize) -> usize {
    content.parts.get(at).map_or(0, |part| part.decoded_len)
}

/// That `left` bytes are not laid out, and where they can be seen.
fn rest(sheet: &Sheet<'_>, left: usize, enough: usize, out: &mut Vec<Line>) {
    if left == 0 || out.len() >= enough {
        return;
    }
    let text = knowledge::fill(sheet.lang, "parts.rest", &[("size", &grouped(left as u64))]);
    out.extend(wrap(&text, sheet.columns).into_iter().map(|line| plain(Role::Warn, line)));
}

fn readable(sheet: &Sheet<'_>, at: usize, out: &mut Vec<Line>) {
    let content = sheet.content;
    let source = content.text_up_to(at, TEXT_LIMIT).unwrap_or_default();
    for block in html::read(&source) {
        let (role, text) = match block {
            html::Block::Text(text) => (Role::Text, text),
            html::Block::Named(what, text) => {
                let text = visible(text.as_bytes());
                let text = match part_of(content, &text) {
                    Some(part) => format!("{text} = {}", part + 1),
                    None => text,
                };
                let said = knowledge::fill(sheet.lang, what.words(), &[("what", &text)]);
                let role = if what.deserves_attention() { Role::Warn } else { Role::Dim };
                out.extend(wrap(&said, sheet.columns).into_iter().map(|line| plain(role, line)));
                continue;
            }
        };
        let text = visible(text.as_bytes());
        if text.is_empty() {
            out.push(plain(role, text));
        } else {
            out.extend(wrap(&text, sheet.columns).into_iter().map(|line| plain(role, line)));
        }
    }
    let shown = content.decoded_up_to(at, TEXT_LIMIT).len();
    rest(sheet, decoded_len(content, at).saturating_sub(shown), usize::MAX, out);
}

/// The part that `cid:` names at the end of a text.
fn part_of(content: &Content, text: &str) -> Option<usize> {
    let (_, id) = text.rsplit_once("cid:")?;
    let id = id.trim_end_matches('>');
    content.parts.iter().position(|part| part.id.as_deref() == Some(id))
}

fn facts(sheet: &Sheet<'_>, at: usize, out: &mut Vec<Line>) {
    let Some(part) = sheet.content.parts.get(at) else { return };
    let bytes = sheet.content.decoded_up_to(at, TEXT_LIMIT);
    let mut say = |key, values: &[(&str, &str)]| {
        let text = knowledge::fill(sheet.lang, key, values);
        let wrapped = wrap(&text, sheet.columns).into_iter();
        out.extend(wrapped.map(|line| plain(Role::Text, line)));
    };
    if let Some(name) = &part.name {
        say("fact.name", &[("name", &visible(name.as_bytes()))]);
        let kept = harmless(name);
        if kept != *name {
            say("fact.kept-as", &[("name", &visible(kept.as_bytes()))]);
        }
    }
    let found = magic(&bytes);
    match found {
        Some(found) => say("fact.magic", &[("kind", found)]),
        None => say("fact.no-magic", &[]),
    }
    if let Ok(size) = imagesize::blob_size(&bytes) {
        let (width, height) = (size.width.to_string(), size.height.to_string());
        say("fact.picture", &[("width", &width), ("height", &height)]);
    }
    let encoded = grouped(part.body.len() as u64);
    let decoded = grouped(part.decoded_len as u64);
    let key = if part.open { "fact.size.begun" } else { "fact.size" };
    say(key, &[("encoded", &encoded), ("decoded", &decoded)]);
    let n = (at + 1).to_string();
    say("fact.save", &[("n", &n)]);
}

fn encoded(sheet: &Sheet<'_>, at: usize, enough: usize, out: &mut Vec<Line>) {
    let encoded = sheet.content.encoded(at);
    let len = encoded.len();
    let head = encoded.slice(..len.min(TEXT_LIMIT));
    let start = sheet.content.parts.get(at).map_or(0, |part| part.body.start);
    let outside = sheet.content.parts.get(at).is_some_and(|part| part.within.is_none());
    let mut offset = start;
    for line in head.split_inclusive(|b| *b == b'\n') {
        if out.len() >= enough {
            return;
        }
        let span = outside.then(|| Span::new(offset, offset + line.len()));
        offset += line.len();
        // Words are no unit here.
        let rows = cut(&visible(line), sheet.columns).into_iter();
        out.extend(rows.map(|row| Line { span, ..plain(Role::Data, row) }));
    }
    rest(sheet, len - head.len(), enough, out);
}

/// The header of a part; of an enclosed message its own.
fn fields(sheet: &Sheet<'_>, at: usize, out: &mut Vec<Line>) {
    let content = sheet.content;
    let is_message = content.parts.get(at).is_some_and(|part| part.nature == Nature::Message);
    let at = if is_message { at + 1 } else { at };
    let outside = content.parts.get(at).is_some_and(|part| part.within.is_none());
    for field in content.header_of(at) {
        let lines = field_lines(&field.name, &field.value, field.decoded, sheet.columns);
        let about = About::new(vec![(Kind::Field, field.name.clone())]);
        out.extend(lines.into_iter().map(|pieces| Line {
            pieces,
            about: about.clone(),
            span: outside.then_some(field.span),
            part: Some(at),
        }));
    }
}
