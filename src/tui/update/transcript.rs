//! Reading the transcript: the selected row, jumps, folds, marks, and how lines are shown.

use crate::display::Role;
use crate::display::keys::Action;
use crate::display::line::notice;
use crate::journal::transcript::write_text;
use crate::knowledge::{self, Severity};
use crate::session::{Dialogue, Exchange, Row};
use crate::smtp::code::Class;
use crate::smtp::line::LineEnd;
use crate::smtp::{Oddity, Span};

use super::super::model::{Anchor, Model, Pane};
use super::super::rows::place::Window;
use super::super::rows::{self, count, selected};
use super::super::secret::RAW;
use super::super::view;
use super::browse;

/// How far lines move sideways at once.
pub(super) const SIDEWAYS: usize = 8;

/// Which part of the pane stands above rows that are brought into sight.
const BEFORE: usize = 4;

/// Does what only the transcript knows, if it has the focus; `false` if `action` is none of that.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    if model.focus != Pane::Transcript {
        return show(model, action);
    }
    match action {
        Action::Up => step(model, false),
        Action::Down => step(model, true),
        Action::PageUp => page(model, false),
        Action::PageDown => page(model, true),
        Action::Top => to(model, model.session.sight.first(model.session.seen())),
        Action::Follow => follow(model),
        Action::NextReply => jump(model, true, is_reply, "transcript.no-reply"),
        Action::PreviousReply => jump(model, false, is_reply, "transcript.no-reply"),
        Action::NextError => jump(model, true, is_error, "transcript.no-error"),
        Action::PreviousError => jump(model, false, is_error, "transcript.no-error"),
        Action::Mark => mark(model),
        Action::ToMark => to_mark(model),
        Action::Select => select(model),
        Action::Fold => fold(model),
        Action::FoldAll => model.session.sight.fold_all(),
        Action::Hex => {
            model.session.hex = !model.session.hex || at(model).is_none();
            select_something(model);
        }
        Action::Resend => resend(model),
        _ => return show(model, action),
    }
    true
}

/// How lines are shown; that counts wherever the focus is.
fn show(model: &mut Model, action: Action) -> bool {
    match action {
        Action::LineEnds => model.line_ends = !model.line_ends,
        Action::Time => model.time = !model.time,
        Action::Sides => {
            let apart = !model.has_sides(&model.session);
            model.sides = Some(apart);
            let area = model.panes().inside(Pane::Transcript).unwrap_or_default();
            let fits = usize::from(area.width) >= rows::SIDES;
            model.tell(match apart {
                true if fits => "sides.on",
                true => "sides.narrow",
                false => "sides.off",
            });
        }
        Action::Wrap => {
            model.wrap = !model.wrap;
            model.session.left = 0;
        }
        Action::ScrollLeft => {
            model.session.left = model.session.left.saturating_sub(SIDEWAYS);
        }
        Action::ScrollRight if !model.wrap && model.session.left < widest(model) => {
            model.session.left += SIDEWAYS;
        }
        _ => return false,
    }
    true
}

/// Columns of the longest row in sight.
fn widest(model: &Model) -> usize {
    let wide = |at: usize| rows::wide(model, &model.session, at);
    let (_, rows) = window(model).map_or_else(Default::default, |window| window.rows());
    rows.into_iter().map(wide).max().unwrap_or_default()
}

fn window(model: &Model) -> Option<Window<'_>> {
    let area = model.panes().inside(Pane::Transcript)?;
    Some(view::transcript::window(model, &model.session, area))
}

fn at(model: &Model) -> Option<usize> {
    selected(model, &model.session)
}

/// Nothing is selected any more.
pub(super) fn forget(model: &mut Model) {
    model.session.cursor = None;
    model.session.chosen_from = None;
}

/// Selects row `row` and brings it into sight.
pub(super) fn to(model: &mut Model, row: Option<usize>) {
    let Some(row) = row else { return };
    rest(model);
    model.session.cursor = Some(row);
    model.session.explain_scroll = 0;
    rest(model);
}

/// Shows row `row` even if it is folded away, and selects it.
pub(super) fn reveal(model: &mut Model, row: usize) {
    model.session.sight.unfold(&model.session.dialogue, row);
    to(model, Some(row));
}

/// Shows row `first`, selects it, and brings those up to `last` into sight too, as far as they have
/// room.
pub(super) fn reveal_rows(model: &mut Model, first: usize, last: usize) {
    let in_sight = |model: &Model, row: usize| {
        let rows = window(model).map(|window| window.rows().1);
        rows.is_some_and(|rows| rows.contains(&row))
    };
    let was_seen = in_sight(model, first);
    reveal(model, first);
    if was_seen && in_sight(model, last) {
        return;
    }
    // What stands before it says where it is.
    let above = window(model).map_or(0, |window| window.height / BEFORE);
    model.session.anchor = Anchor::At { row: first, skip: 0 };
    let anchor = window(model).map(|w| w.moved(-isize::try_from(above).unwrap_or(0)));
    model.session.anchor = anchor.unwrap_or(Anchor::Follow);
    rest(model);
}

/// What was selected before the wheel moved the transcript is selected again, or the nearest row
/// that is in sight as a whole.
pub(super) fn bring(model: &mut Model, cursor: Option<usize>) {
    let (Some(cursor), Some(window)) = (cursor, window(model)) else { return };
    let (skip, rows) = window.rows();
    let all: usize = rows.iter().map(|row| window.tall(*row)).sum();
    let cut = usize::from(all > skip + window.height);
    let whole = rows.get(usize::from(skip > 0)..rows.len() - cut).unwrap_or_default();
    let (Some(first), Some(last)) = (whole.first(), whole.last()) else { return };
    model.session.cursor = Some(cursor.clamp(*first, *last));
}

/// The transcript stays where it is now, whatever comes.
fn rest(model: &mut Model) {
    let Some((row, skip)) = window(model).map(|window| window.top()) else { return };
    if model.session.anchor == Anchor::Follow {
        model.session.followed = count(model.session.seen());
    }
    model.session.anchor = Anchor::At { row, skip };
}

/// To the end, and nothing is selected: what is new comes into sight.
fn follow(model: &mut Model) {
    forget(model);
    model.session.anchor = Anchor::Follow;
    model.session.followed = count(model.session.seen());
}

/// With nothing selected, a row in sight is: the lowest, unless one reads downwards from above.
fn begin(model: &mut Model, down: bool) {
    let above = down && model.session.anchor != Anchor::Follow;
    let (_, rows) = window(model).map_or_else(Default::default, |window| window.rows());
    let row = if above { rows.first() } else { rows.last() };
    to(model, row.copied());
}

fn select_something(model: &mut Model) {
    if at(model).is_none() {
        begin(model, false);
    }
}

fn step(model: &mut Model, down: bool) {
    let Some(row) = at(model) else { return begin(model, down) };
    if inside_row(model, row, down, 1) {
        return;
    }
    let (sight, dialogue) = (&model.session.sight, model.session.seen());
    let next = if down { sight.after(dialogue, row) } else { sight.before(dialogue, row) };
    to(model, next);
}

fn page(model: &mut Model, down: bool) {
    let Some(height) = window(model).map(|window| window.height) else { return };
    if at(model).is_none() {
        begin(model, down);
    }
    let Some(row) = at(model) else { return };
    if !inside_row(model, row, down, height.saturating_sub(1).max(1)) {
        let next = window(model).map(|window| window.page(row, down));
        to(model, next);
    }
}

/// A row that is taller than the pane is read to its end before the next one is selected.
fn inside_row(model: &mut Model, row: usize, down: bool, by: usize) -> bool {
    let Some(window) = window(model) else { return false };
    let (top, skip) = window.top();
    let hidden = window.tall(row).saturating_sub(window.height);
    let moved = if down { (skip + by).min(hidden) } else { skip.saturating_sub(by) };
    if top != row || hidden == 0 || moved == skip {
        return false;
    }
    model.session.anchor = Anchor::At { row, skip: moved };
    true
}

/// Goes to the next run of rows that `is_it`, from the selected row on.
fn jump(
    model: &mut Model,
    down: bool,
    is_it: fn(&Dialogue, usize) -> Option<usize>,
    none: &'static str,
) {
    let (sight, dialogue) = (&model.session.sight, model.session.seen());
    let wire = dialogue.wire();
    let here = at(model).or_else(|| window(model).map(|window| window.top().0));
    let mut next = here;
    let mut found = None;
    while let Some(row) = next.filter(|_| found.is_none()) {
        let run = wire.run(row).map(|(rows, _)| rows);
        next = match run {
            Some(rows) if down => sight.kept_from(dialogue, rows.end),
            Some(rows) => sight.kept_before(dialogue, rows.start),
            None if down => None,
            None => sight.kept_before(dialogue, wire.len()),
        };
        found = next.and_then(|row| is_it(dialogue, wire.run(row)?.0.start));
    }
    match found {
        Some(row) => reveal(model, row),
        None => model.tell(none),
    }
}

/// The row itself, if a reply begins there.
fn is_reply(dialogue: &Dialogue, first: usize) -> Option<usize> {
    matches!(dialogue.wire().row(first), Some(Row::Server { line: 0, .. })).then_some(first)
}

/// The row of the run from `first` on at which something went wrong.
fn is_error(dialogue: &Dialogue, first: usize) -> Option<usize> {
    let exchange = |index: usize| dialogue.exchanges().get(index);
    match dialogue.wire().row(first)? {
        Row::Server { exchange: index, .. } => server_error(exchange(index)?).map(|l| first + l),
        Row::Client { exchange: index } => {
            exchange(index)?.odd.iter().any(is_grave).then_some(first)
        }
        Row::Data { message, line } => {
            let message = dialogue.messages().get(message)?;
            let line_of = |odd: &Oddity| message.line_at(odd.span.start as u64);
            let here = message.odd().iter().filter(|odd| is_grave(odd)).map(line_of);
            let row = first + here.filter(|at| *at >= line).min()? - line;
            dialogue.wire().run(first).filter(|(rows, _)| rows.contains(&row)).map(|_| row)
        }
        Row::Notice { index } => {
            let (_, what) = dialogue.notices().get(index)?;
            (notice(what, knowledge::Lang::En).role == Role::Bad).then_some(first)
        }
    }
}

/// The line of the reply that refuses, or is wrong.
fn server_error(exchange: &Exchange) -> Option<usize> {
    let reply = exchange.reply.as_ref()?;
    let refuses = !matches!(reply.class(), Class::Positive | Class::Intermediate);
    let grave = reply.odd.iter().filter(|(_, odd)| is_grave(odd)).map(|(line, _)| *line).min();
    if refuses { Some(0) } else { grave }
}

fn is_grave(odd: &Oddity) -> bool {
    knowledge::oddity(odd.id).is_some_and(|e| e.severity == Some(Severity::Error))
}

/// Puts a mark on the selected row, or takes it away.
fn mark(model: &mut Model) {
    select_something(model);
    let Some(row) = at(model) else { return };
    if !model.session.marks.remove(&row) {
        model.session.marks.insert(row);
    }
}

/// To the next mark, and behind the last to the first.
fn to_mark(model: &mut Model) {
    let session = &model.session;
    let from = at(model).map_or(0, |row| row + 1);
    let kept = |row: &&usize| session.sight.kept_from(session.seen(), **row) == Some(**row);
    let next = session.marks.range(from..).chain(session.marks.range(..from)).find(kept).copied();
    match next {
        Some(row) => reveal(model, row),
        None => model.tell("transcript.no-mark"),
    }
}

/// Begins to choose rows, or ends it.
fn select(model: &mut Model) {
    select_something(model);
    let here = at(model);
    model.session.chosen_from = if model.session.chosen_from.is_some() { None } else { here };
}

fn fold(model: &mut Model) {
    select_something(model);
    let Some(row) = at(model) else { return };
    let first = model.session.sight.fold(&model.session.dialogue, row);
    // An unfolded row stays selected, and one that is gone gives way to the first.
    to(model, first.filter(|_| !model.session.sight.shows(model.session.seen(), row)));
}

/// Puts the command of the selected row into the prompt, without its secret.
fn resend(model: &mut Model) {
    let row = at(model).and_then(|row| model.session.seen().wire().row(row));
    let exchange = match row {
        Some(Row::Client { exchange } | Row::Server { exchange, .. }) => Some(exchange),
        _ => None,
    };
    let exchange = exchange.and_then(|at| model.session.seen().exchanges().get(at));
    let Some((text, at)) = exchange.and_then(again) else {
        model.tell("transcript.no-command");
        return;
    };
    // What was being typed comes back with a yank, unless it could be read then.
    let secret = !model.typed_secrets().is_empty();
    let draft = model.prompt.take(false);
    if !draft.is_empty() && !secret {
        model.prompt.keep(draft);
    }
    model.prompt.set(&text);
    model.prompt.place(at);
    browse::focus(model, Pane::Prompt);
}

/// What has to be typed to send a command again, and where its secret is missing in that.
fn again(exchange: &Exchange) -> Option<(String, usize)> {
    let line = exchange.line.as_ref().filter(|_| exchange.command.is_some())?;
    let end = Span::new(line.bytes.len(), line.bytes.len());
    let secret = exchange.secret.unwrap_or(end);
    let (head, tail) = (line.bytes.get(..secret.start)?, line.bytes.get(secret.end..)?);
    let bytes = [head, tail].concat();
    let plain = std::str::from_utf8(&bytes).ok().filter(|text| {
        line.end == LineEnd::CrLf && !text.starts_with(':') && !text.contains(char::is_control)
    });
    if let Some(text) = plain {
        return Some((text.to_owned(), head.len()));
    }
    let mut out = RAW.to_owned();
    write_text(&mut out, head, true);
    let at = out.len();
    write_text(&mut out, tail, true);
    if line.end != LineEnd::CrLf {
        write_text(&mut out, line.end.bytes(), true);
        out.push_str("\\c");
    }
    Some((out, at))
}
