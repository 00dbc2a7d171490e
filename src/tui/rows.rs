//! Rows of the transcript as lines of the screen: wrapped or cut, with times, signs and bytes.
//!
//! Used by update, to know how far one can scroll, and by view, to draw; only rows that are
//! looked at are ever made. [`sight`] says which rows there are, [`place`] which of them fit.

mod hex;
pub mod laid;
pub mod place;
pub mod sight;
mod wrap;

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::display::Role;
use crate::display::envelope::{began, since};
use crate::display::line::{Said, Shown, end_text, shown};
use crate::display::text::width_of;
use crate::display::token::{Token, visible};
use crate::display::words::address;
use crate::journal::Moment;
use crate::knowledge;
use crate::session::{Dialogue, Row, secrets, timing};
use crate::smtp::line::Line;
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Span};

use super::find::Needle;
use super::layout::Pane;
use super::model::{Model, Session};
use super::selection;
use laid::{Key, Laid};
pub use sight::count;
use wrap::Broken;
pub use wrap::MARK;

/// A piece of a line.
pub type Piece = (Role, String);

/// A line of a pane, and where it stands in the text of the pane: in the transcript a row and the
/// line of that row, elsewhere a line and 0.
pub type Placed = ((usize, usize), Vec<Piece>);

/// Columns of the time at the left.
const TIME: usize = 10;

/// Fewer columns than this have no place for it.
const TIME_NEEDS: usize = 30;

/// The selected row: what is shown nearest to the cursor. The prompt and sessions that are not in
/// front have none.
pub fn selected(model: &Model, session: &Session) -> Option<usize> {
    let here = model.focus != Pane::Prompt && session.id == model.session.id;
    session.sight.nearest(session.seen(), session.cursor.filter(|_| here)?)
}

/// What the selected row is, if it is on the wire as a whole.
pub fn selected_line(model: &Model) -> Option<Row> {
    model.session.seen().wire().row(selected(model, &model.session)?)
}

/// The rows that are chosen: from where choosing began to the selected one, the selected one, or
/// the last one. Some of them may be folded or filtered away, see [`sight::Sight::shows`].
pub fn selected_rows(model: &Model) -> Option<RangeInclusive<usize>> {
    let session = &model.session;
    let at = match selected(model, session) {
        Some(at) => at,
        None => session.sight.last(session.seen())?,
    };
    let from = session.chosen_from.unwrap_or(at);
    // A fold that is chosen is chosen as a whole.
    let last = at.max(from);
    Some(at.min(from)..=last + session.sight.behind(session.seen(), last))
}

/// Row `at`, laid out on `columns` columns.
pub fn laid(model: &Model, session: &Session, at: usize, columns: usize) -> Option<Laid> {
    signed(model, session, at, columns, true)
}

/// The lines from a line of a row on, made as they are asked for, without the signs of what is
/// selected and what has a mark.
pub fn placed<'a>(
    model: &'a Model,
    session: &'a Session,
    columns: usize,
    (first, skip): (usize, usize),
) -> impl Iterator<Item = Placed> + 'a {
    let (sight, dialogue) = (&session.sight, session.seen());
    let rows =
        std::iter::successors(sight.kept_from(dialogue, first), |row| sight.after(dialogue, *row));
    rows.flat_map(move |row| {
        let skip = if row == first { skip } else { 0 };
        let laid = signed(model, session, row, columns, false);
        let tall = laid.as_ref().map_or(0, Laid::tall);
        (skip..tall).map_while(move |line| Some(((row, line), laid.as_ref()?.line(line))))
    })
}

/// Columns before the text of row `at` in lines that continue it; `None` if lines of it are more
/// than its text.
pub fn indent(model: &Model, at: usize, columns: usize) -> Option<usize> {
    let hexed = model.session.hex && selected(model, &model.session) == Some(at);
    let time = if is_stamped(model, columns) { TIME } else { 0 };
    let mark = row(model, &model.session, at).map_or("", |row| row.mark);
    let column = column(model, &model.session, mark, columns.saturating_sub(time));
    let before = time + column.map_or(0, laid::Column::before);
    (!hexed).then_some(MARK + before)
}

/// Fewer columns than this have no place for two.
pub const SIDES: usize = 60;

/// The column in which a row stands, where each side has its own: the client's is left.
fn column(model: &Model, session: &Session, mark: &str, columns: usize) -> Option<laid::Column> {
    let left = (columns.saturating_sub(1)) / 2;
    let apart = model.has_sides(session) && columns >= SIDES;
    match mark {
        "C" | "S" if apart => Some(laid::Column { right: mark == "S", left }),
        _ => None,
    }
}

const fn is_stamped(model: &Model, columns: usize) -> bool {
    model.time && columns >= TIME_NEEDS
}

fn signed(
    model: &Model,
    session: &Session,
    at: usize,
    columns: usize,
    signs: bool,
) -> Option<Laid> {
    let row = row(model, session, at)?;
    let stamped = is_stamped(model, columns);
    let whole = if stamped { columns - TIME } else { columns };
    let column = column(model, session, row.mark, whole);
    let room = column.map_or(whole, |c| if c.right { whole - c.before() } else { c.left });
    let selected = selected(model, session) == Some(at);
    let same = signs && !selected && is_same(model, session, at);
    let look = if !signs {
        None
    } else if selected {
        Some(Role::Selected)
    } else {
        chosen(model, session, at).then_some(Role::Marked)
    };
    let bracket = bracket(session.seen(), at);
    let sign = match look {
        _ if !signs => ' ',
        Some(Role::Selected) => '>',
        Some(_) => '+',
        None if session.marks.contains(&at) => '*',
        None if same || (signs && is_shown(model, session, at)) => SAME,
        None => bracket.0,
    };
    let mark = (row.role, format!("{:1}{sign}", row.mark));
    let below = (row.role, format!(" {}", if signs { bracket.1 } else { ' ' }));
    let time = time(session, at).unwrap_or_default();
    let tail = tail(model, session, at, &row);
    let body = body(model, session, at, row, same, model.wrap.then_some(room));
    let mut laid = if model.wrap {
        Laid::wrapped((mark, below), body, tail, &time, room)
    } else {
        Laid::cut((mark, below), body, tail, &time, (room, session.left))
    };
    laid.look = look;
    laid.column = column;
    if selected && session.hex {
        let (bytes, mut secrets) = wire_bytes(session.seen(), at).unwrap_or_default();
        secrets.retain(|_| !model.with_secrets);
        laid.bytes = Some(hex::Lines::new(bytes, secrets, whole));
    }
    laid.stamp = stamped.then(|| {
        let moment = moment(session.seen(), at);
        moment.map(|at| since(began(session.seen()), at)).unwrap_or_default()
    });
    Some(laid)
}

/// What stands in a row, broken into lines of so many columns, or one line; `same` if it is the
/// same as what is selected elsewhere.
fn body(
    model: &Model,
    session: &Session,
    at: usize,
    shown: Shown,
    same: bool,
    columns: Option<usize>,
) -> Arc<Broken> {
    let needle = needle(model, session);
    let made = |shown: &Shown| {
        let tokens = shown.tokens();
        let length: usize = tokens.iter().map(|token| token.text.len()).sum();
        let mut pieces: Vec<Piece> =
            tokens.into_iter().map(|token| (role(shown, &token), token.text)).collect();
        if let Some(end) = shown.end {
            pieces.push((Role::Odd, end_text(end)));
        }
        if let Some(needle) = needle {
            pieces = marked(needle, pieces);
        }
        if same {
            let whole = || std::iter::once(0..length).collect();
            let places = selection::places(session, at).unwrap_or_else(whole);
            pieces = looking(pieces, &places, Role::Marked);
        }
        Broken::new(pieces, 0, columns)
    };
    if shown.said.len() < laid::LONG {
        return Arc::new(made(&shown));
    }
    let same = same.then(|| (session.selection.clone(), selection::place_of(session, at)));
    let key = Key { shown, needle: needle.cloned(), same, columns };
    session.long.of(key, |key| made(&key.shown))
}

/// The sign of a row that is the same as what is selected, seen elsewhere.
const SAME: char = '=';

/// Whether row `at` is the same as what is selected, or a part of it. A reply is marked where it
/// begins.
fn is_same(model: &Model, session: &Session, at: usize) -> bool {
    let goes_on = || matches!(session.seen().wire().row(at), Some(Row::Server { line: 1.., .. }));
    model.focus != Pane::Prompt
        && session.id == model.session.id
        && selection::has_row(session, at)
        && !goes_on()
}

/// Whether row `at` begins the message that the content shows, where there are several and nothing
/// is selected.
fn is_shown(model: &Model, session: &Session, at: usize) -> bool {
    let many = session.seen().messages().len() > 1 && session.id == model.session.id;
    let Some(begun) = selection::begins(session.seen(), at).filter(|_| many) else {
        return false;
    };
    session.selection.is_empty()
        && super::view::content::message(model).is_some_and(|(shown, _)| shown == begun)
}

/// What ties row `at` to the others of its write, in its first line and in those that continue it;
/// blanks, if it left alone.
fn bracket(dialogue: &Dialogue, at: usize) -> (char, char) {
    match dialogue.group_of(at) {
        None => (' ', ' '),
        Some(group) if group.start == at => ('\u{250c}', '\u{2502}'),
        Some(group) if group.end == at + 1 => ('\u{2514}', ' '),
        Some(_) => ('\u{2502}', '\u{2502}'),
    }
}

/// Gives a whole line the look of what is selected; what was looked for keeps its own.
fn paint(line: &mut Vec<Piece>, look: Role, columns: usize) {
    let used = width_of(line);
    for (role, _) in line.iter_mut().filter(|(role, _)| *role != Role::Match) {
        *role = look;
    }
    line.push((look, " ".repeat(columns.saturating_sub(used))));
}

/// Whether row `at` was chosen together with the selected one.
fn chosen(model: &Model, session: &Session, at: usize) -> bool {
    let choosing = session.id == model.session.id && session.chosen_from.is_some();
    choosing && selected_rows(model).is_some_and(|rows| rows.contains(&at))
}

/// Puts a time before a line, or as much room.
fn stamp(line: &mut Vec<Piece>, time: &str) {
    line.insert(0, (Role::Dim, format!("{time:>9} ")));
}

/// When row `at` happened, where that is known.
pub fn moment(dialogue: &Dialogue, at: usize) -> Option<Moment> {
    let exchange = |index: usize| dialogue.exchanges().get(index);
    let at = match dialogue.wire().row(at)? {
        Row::Client { exchange: index } => exchange(index)?.sent_at,
        Row::Server { exchange: index, line: 0 } => exchange(index)?.replied_at,
        Row::Notice { index } => dialogue.notices().get(index).map(|(at, _)| *at),
        Row::Server { .. } | Row::Data { .. } => None,
    };
    // A record without times has everything at the beginning.
    at.filter(|_| dialogue.last_heard() > Moment(0))
}

/// What is shown of row `at`, complete or not.
pub fn row(model: &Model, session: &Session, at: usize) -> Option<Shown> {
    let known = session.seen().wire().len();
    match at.checked_sub(known) {
        None => shown(session.seen(), at, model.lang, model.with_secrets),
        Some(at) => partial(session.seen(), at, model.with_secrets),
    }
}

/// What there is to say behind a row.
fn tail(model: &Model, session: &Session, at: usize, row: &Shown) -> Vec<Piece> {
    let dialogue = session.seen();
    let unfinished = at >= dialogue.wire().len();
    let mut pieces: Vec<Piece> = Vec::new();
    if row.end.is_none()
        && let Some(end) = row.usual.filter(|_| model.line_ends && !unfinished)
    {
        pieces.push((Role::Dim, visible(end.bytes())));
    }
    for odd in notes(dialogue, at) {
        pieces.push((Role::Warn, format!(" {}", odd.id)));
    }
    if let Some(Row::Server { exchange, line: 0 }) = dialogue.wire().row(at)
        && let Some(path) = dialogue.exchanges().get(exchange).and_then(|e| dialogue.recipient(e))
    {
        let values = [("name", &*address(&path.written))];
        let text = knowledge::fill(model.lang, "reply.for", &values);
        pieces.push((Role::Dim, format!("  {text}")));
    }
    if unfinished {
        pieces.push((Role::Warn, format!(" {}", knowledge::word(model.lang, "reply.partial"))));
    }
    let behind = session.sight.behind(dialogue, at);
    if behind > 0 {
        let text = model.sentence("transcript.folded", &[("n", &behind.to_string())]);
        pieces.push((Role::Dim, format!(" {text}")));
    }
    pieces
}

/// What is looked for in the transcript in front.
fn needle<'a>(model: &'a Model, session: &Session) -> Option<&'a Needle> {
    let here = |find: &&super::find::Find| find.pane == Pane::Transcript;
    let find = model.find.as_ref().filter(here)?;
    (session.id == model.session.id).then_some(&find.needle)
}

/// The pieces with everything that is looked for as pieces of its own.
pub fn marked(needle: &Needle, pieces: Vec<Piece>) -> Vec<Piece> {
    let text: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    looking(pieces, &needle.places(&text), Role::Match)
}

/// The pieces with another look at some places of their text.
pub fn looking(pieces: Vec<Piece>, places: &[Range<usize>], look: Role) -> Vec<Piece> {
    if places.is_empty() {
        return pieces;
    }
    let mut places = places.to_vec();
    places.sort_unstable_by_key(|place| place.start);
    let mut out = Vec::new();
    let (mut start, mut ahead) = (0, &places[..]);
    for (role, text) in pieces {
        let end = start + text.len();
        let mut add = |role, from: usize, to: usize| {
            if let Some(part) = text.get(from - start..to - start).filter(|part| !part.is_empty()) {
                out.push((role, part.to_owned()));
            }
        };
        let mut at = start;
        // There may be as many places as pieces: none is looked at again for each of those behind.
        let passed = ahead.iter().take_while(|place| place.end <= start).count();
        ahead = ahead.get(passed..).unwrap_or_default();
        for place in ahead.iter().take_while(|p| p.start < end).filter(|p| p.end > start) {
            let (from, to) = (place.start.max(at), place.end.min(end).max(at));
            add(role, at, from);
            // What was looked for keeps its own.
            add(if role == Role::Match { role } else { look }, from, to);
            at = to;
        }
        add(role, at, end);
        start = end;
    }
    out
}

/// How many columns row `at` takes in one line, without its mark and the time it took.
pub fn wide(model: &Model, session: &Session, at: usize) -> usize {
    let Some(row) = row(model, session, at) else { return 0 };
    let tail = tail(model, session, at, &row);
    body(model, session, at, row, false, None).used() + width_of(&tail)
}

/// Whether what is looked for stands in row `at`, as it is shown.
pub fn has(model: &Model, session: &Session, at: usize, needle: &Needle) -> bool {
    let bare = match wire_bytes(session.seen(), at) {
        Some((bytes, secrets)) if secrets.is_empty() => {
            needle.is_in_bytes(bytes.strip_suffix(b"\r\n").unwrap_or(&bytes))
        }
        _ => None,
    };
    let text = || row(model, session, at).map_or_else(String::new, |row| row.text());
    bare.unwrap_or_else(|| !needle.places(&text()).is_empty())
}

/// The bytes of row `at` as they crossed the wire, its line end included; secrets blanked unless
/// the person sees them.
pub fn bytes(model: &Model, session: &Session, at: usize) -> Bytes {
    let Some((bytes, spans)) = wire_bytes(session.seen(), at) else { return Bytes::new() };
    if model.with_secrets || spans.is_empty() {
        return bytes;
    }
    let mut veiled = BytesMut::from(&bytes[..]);
    secrets::veil(&mut veiled, spans);
    veiled.freeze()
}

/// The bytes of a row, and what of them is a secret; `None` for words of ours, and for what is
/// not kept.
fn wire_bytes(dialogue: &Dialogue, at: usize) -> Option<(Bytes, Vec<Span>)> {
    let whole = |line: &Line| {
        let end = line.end.bytes();
        (line.beyond == 0).then(|| Bytes::from([&line.bytes[..], end].concat()))
    };
    let Some(row) = dialogue.wire().row(at) else {
        let (_, bytes, secrets) = partial_bytes(dialogue, at.checked_sub(dialogue.wire().len())?)?;
        return Some((bytes, secrets));
    };
    match row {
        Row::Client { exchange } => {
            let exchange = dialogue.exchanges().get(exchange)?;
            Some((whole(exchange.line.as_ref()?)?, exchange.secret.into_iter().collect()))
        }
        Row::Server { exchange, line } => {
            let reply = dialogue.exchanges().get(exchange)?.reply.as_ref()?;
            let bytes = whole(&reply.lines.get(line)?.line)?;
            let secrets = dialogue.secrets().places(&bytes);
            Some((bytes, secrets))
        }
        Row::Data { .. } => Some((Bytes::from(dialogue.data_line(at)?), Vec::new())),
        Row::Notice { .. } => None,
    }
}

fn role(row: &Shown, token: &Token) -> Role {
    if token.odd { Role::Odd } else { row.role }
}

/// What is not complete: the client's line, then the lines of a reply.
fn partial(dialogue: &Dialogue, at: usize, with_secrets: bool) -> Option<Shown> {
    let (mark, bytes, spans) = partial_bytes(dialogue, at)?;
    let mut bytes = bytes.to_vec();
    secrets::veil(&mut bytes, spans.into_iter().filter(|_| !with_secrets));
    let role = if mark == "C" { Role::Client } else { Role::Server };
    let said = Said::Bytes(bytes.into(), 0);
    Some(Shown { mark, role, said, end: None, usual: None, exchange: None })
}

/// Who said it, its bytes, and what of them are secrets; those of the client are blanked already.
fn partial_bytes(dialogue: &Dialogue, at: usize) -> Option<(&'static str, Bytes, Vec<Span>)> {
    let client = usize::from(dialogue.has_partial_line());
    if at < client {
        return Some(("C", Bytes::from(dialogue.partial_line()), Vec::new()));
    }
    let at = at - client;
    let (reply, rest) = dialogue.partial_reply();
    let sent = dialogue.secrets();
    match reply.lines.get(at) {
        Some(line) => Some(("S", line.line.bytes.clone(), sent.places(&line.line.bytes))),
        None if at == reply.lines.len() && !rest.is_empty() => {
            Some(("S", Bytes::copy_from_slice(rest), sent.places_so_far(rest)))
        }
        None => None,
    }
}

/// What is odd about the line of row `at`.
pub fn notes(dialogue: &Dialogue, at: usize) -> Vec<Oddity> {
    let of = |exchange: usize, line: Option<usize>| {
        let exchange = dialogue.exchanges().get(exchange);
        let all = exchange.into_iter().flat_map(crate::session::Exchange::oddities);
        all.filter(move |(l, _)| *l == line).map(|(_, odd)| odd).collect()
    };
    match dialogue.wire().row(at) {
        Some(Row::Client { exchange }) => of(exchange, None),
        Some(Row::Server { exchange, line }) => of(exchange, Some(line)),
        Some(Row::Data { message, line }) => data_notes(dialogue, message, line),
        _ => Vec::new(),
    }
}

fn data_notes(dialogue: &Dialogue, message: usize, line: usize) -> Vec<Oddity> {
    let Some(message) = dialogue.messages().get(message) else { return Vec::new() };
    let Some(range) = message.line_range(line) else { return Vec::new() };
    let here = |odd: &&Oddity| range.contains(&(odd.span.start as u64));
    message.odd().iter().filter(here).copied().collect()
}

/// How long the reply that ends in row `at`, or is folded into it, took.
fn time(session: &Session, at: usize) -> Option<String> {
    let dialogue = session.seen();
    let at = at + session.sight.behind(dialogue, at);
    let exchange = |index: usize| dialogue.exchanges().get(index);
    let took = match dialogue.wire().row(at)? {
        Row::Client { exchange: index } => timing::sending(exchange(index)?)?,
        Row::Server { exchange: index, line } => {
            let last = exchange(index)?.reply.as_ref()?.lines.len() == line + 1;
            timing::wait(exchange(index)?).filter(|_| last)?
        }
        _ => return None,
    };
    Some(timing::in_words(took))
}

/// The verbs that come next, in one line.
pub fn next_verbs(dialogue: &Dialogue) -> String {
    dialogue.next_commands().map(Verb::as_str).collect::<Vec<_>>().join(", ")
}
