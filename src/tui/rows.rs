//! Rows of the transcript as lines of the screen: wrapped, with the time at the right.
//!
//! Used by update, to know how far one can scroll, and by view, to draw; only rows that are
//! looked at are ever made.

use crate::display::Role;
use crate::display::line::{Shown, end_text, shown};
use crate::display::text::{split_at_width, width};
use crate::display::token::{Token, tokens};
use crate::knowledge;
use crate::session::{Dialogue, Row, timing};
use crate::smtp::Oddity;
use crate::smtp::verb::Verb;

use super::model::{Anchor, Model, Session};

/// A piece of a line.
pub type Piece = (Role, String);

/// A line of a pane, and where it stands in the text of the pane: in the transcript a row and the
/// line of that row, elsewhere a line and 0.
pub type Placed = ((usize, usize), Vec<Piece>);

/// Width of the mark before a line: `C ` or `S `.
pub const MARK: usize = 2;

/// Number of rows, unfinished replies included.
pub fn count(dialogue: &Dialogue) -> usize {
    let (reply, rest) = dialogue.partial_reply();
    let server = reply.lines.len() + usize::from(!rest.is_empty());
    dialogue.wire().len() + usize::from(dialogue.has_partial_line()) + server
}

/// The lines of row `at` on `columns` columns.
pub fn lines(model: &Model, session: &Session, at: usize, columns: usize) -> Vec<Vec<Piece>> {
    let dialogue = &session.dialogue;
    let Some(row) = row(model, session, at) else { return Vec::new() };
    let unfinished = at >= dialogue.wire().len();
    let notes = if unfinished { Vec::new() } else { notes(dialogue, at) };
    let mut pieces: Vec<Piece> =
        row.tokens.iter().map(|t| (role(&row, t), t.text.clone())).collect();
    if let Some(end) = row.end {
        pieces.push((Role::Odd, end_text(end)));
    } else if model.line_ends && !row.mark.is_empty() && !unfinished {
        pieces.push((Role::Dim, "\\r\\n".to_owned()));
    }
    for odd in &notes {
        pieces.push((Role::Warn, format!(" {}", odd.id)));
    }
    if unfinished {
        pieces.push((Role::Warn, format!(" {}", knowledge::word(model.lang, "reply.partial"))));
    }
    let time = time(dialogue, at).unwrap_or_default();
    wrap(row.mark, row.role, pieces, &time, columns)
}

/// What is shown of row `at`, complete or not.
pub fn row(model: &Model, session: &Session, at: usize) -> Option<Shown> {
    let dialogue = &session.dialogue;
    match at.checked_sub(dialogue.wire().len()) {
        None => shown(dialogue, at, model.lang, model.with_secrets),
        Some(beyond) => partial(dialogue, beyond),
    }
}

/// The lines from a line of a row on, made as they are asked for.
pub fn placed<'a>(
    model: &'a Model,
    session: &'a Session,
    columns: usize,
    (first, skip): (usize, usize),
) -> impl Iterator<Item = Placed> + 'a {
    (first..count(&session.dialogue)).flat_map(move |row| {
        let skip = if row == first { skip } else { 0 };
        let lines = lines(model, session, row, columns).into_iter().enumerate().skip(skip);
        lines.map(move |(line, pieces)| ((row, line), pieces))
    })
}

fn role(row: &Shown, token: &Token) -> Role {
    if token.odd { Role::Odd } else { row.role }
}

/// What is not complete: the client's line, then the lines of a reply.
fn partial(dialogue: &Dialogue, at: usize) -> Option<Shown> {
    let part = |mark, role, bytes: &[u8]| {
        Some(Shown { mark, role, tokens: tokens(bytes), end: None, exchange: None })
    };
    let client = usize::from(dialogue.has_partial_line());
    if at < client {
        return part("C", Role::Client, &dialogue.partial_line());
    }
    let at = at - client;
    let (reply, rest) = dialogue.partial_reply();
    let bytes = match reply.lines.get(at) {
        Some(line) => &line.line.bytes[..],
        None if at == reply.lines.len() && !rest.is_empty() => rest,
        None => return None,
    };
    part("S", Role::Server, bytes)
}

/// What is odd about the line of row `at`.
fn notes(dialogue: &Dialogue, at: usize) -> Vec<Oddity> {
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

/// How long the reply that ends in row `at` took.
fn time(dialogue: &Dialogue, at: usize) -> Option<String> {
    let Row::Server { exchange, line } = dialogue.wire().row(at)? else { return None };
    let exchange = dialogue.exchanges().get(exchange)?;
    let last = exchange.reply.as_ref()?.lines.len() == line + 1;
    let wait = timing::wait(exchange).filter(|_| last)?;
    Some(timing::in_words(wait))
}

/// Breaks pieces into lines; the first has the mark and, at the right, the time.
fn wrap(mark: &str, role: Role, pieces: Vec<Piece>, time: &str, columns: usize) -> Vec<Vec<Piece>> {
    let room = columns.saturating_sub(MARK).max(1);
    let mark = if mark.is_empty() { String::new() } else { format!("{mark} ") };
    let mut lines = vec![vec![(role, format!("{mark:MARK$}"))]];
    let mut used = 0;
    for (role, text) in pieces {
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let whole = rest;
            let (mut head, mut tail) = split_at_width(rest, room.saturating_sub(used));
            if !tail.is_empty()
                && let Some(words) = at_blank(whole, head, room)
            {
                (head, tail) = words;
            }
            if head.is_empty() && used == 0 {
                // Not even one character fits; it is cut off by the border.
                (head, tail) = (rest, "");
            }
            if let Some(line) = lines.last_mut().filter(|_| !head.is_empty()) {
                line.push((role, head.to_owned()));
                used += width(head);
            }
            if !tail.is_empty() {
                lines.push(vec![(role, " ".repeat(MARK))]);
                used = 0;
            }
            rest = tail;
        }
    }
    let gap = room.saturating_sub(used + width(time));
    if let Some(line) = lines.last_mut().filter(|_| gap > 0 && !time.is_empty()) {
        line.push((Role::Dim, format!("{}{time}", " ".repeat(gap))));
    }
    lines
}

/// Where to break `whole` instead of behind `head`: behind its last blank, if that is not too far
/// back. The blank stays, it is evidence too.
fn at_blank<'a>(whole: &'a str, head: &str, room: usize) -> Option<(&'a str, &'a str)> {
    let blank = head.rfind(' ')? + 1;
    let lost = width(head) - width(head.get(..blank)?);
    (lost <= room / 3).then(|| whole.split_at_checked(blank))?
}

/// The row and line at the top of a pane of `height` lines.
pub fn top(model: &Model, session: &Session, columns: usize, height: usize) -> (usize, usize) {
    match session.anchor {
        Anchor::At { row, skip } => (row, skip),
        Anchor::Follow => back_from_end(model, session, columns, height),
    }
}

/// The place from which `height` lines reach the end.
fn back_from_end(
    model: &Model,
    session: &Session,
    columns: usize,
    height: usize,
) -> (usize, usize) {
    let mut left = height;
    let mut row = count(&session.dialogue);
    while row > 0 {
        row -= 1;
        let here = lines(model, session, row, columns).len();
        if here >= left {
            return (row, here - left);
        }
        left -= here;
    }
    (0, 0)
}

/// The place `by` lines further down (or up), and whether that is the end.
pub fn moved(model: &Model, session: &Session, columns: usize, height: usize, by: isize) -> Anchor {
    let (mut row, mut skip) = top(model, session, columns, height);
    let mut left = by.unsigned_abs();
    if by < 0 {
        while left > 0 {
            if skip >= left {
                skip -= left;
                break;
            }
            left -= skip;
            skip = 0;
            let Some(before) = row.checked_sub(1) else { break };
            row = before;
            skip = lines(model, session, row, columns).len();
        }
        return Anchor::At { row, skip };
    }
    let end = back_from_end(model, session, columns, height);
    while left > 0 && (row, skip) < end {
        let rest = lines(model, session, row, columns).len().saturating_sub(skip);
        if rest > left {
            skip += left;
            break;
        }
        left -= rest;
        row += 1;
        skip = 0;
    }
    if (row, skip) >= end { Anchor::Follow } else { Anchor::At { row, skip } }
}

/// The verbs that come next, in one line.
pub fn next_verbs(dialogue: &Dialogue) -> String {
    dialogue.next_commands().map(Verb::as_str).collect::<Vec<_>>().join(", ")
}
