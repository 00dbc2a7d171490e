//! Pane 2: the line being typed, in visible tokens, secrets veiled.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::advice::say;
use crate::display::text::{clip, right_of, split_at_width, width};
use crate::display::token::{own_byte_at, own_tokens, own_visible};
use crate::display::words::grouped;
use crate::knowledge;
use crate::session::Phase;

use super::super::advice;
use super::super::directive::nothing_to_send;
use super::super::editor::size;
use super::super::find::Needle;
use super::super::group::{Held, differs};
use super::super::layout::inside;
use super::super::model::{Model, Pane};
use super::super::popup::Popup;
use super::super::rows::{self, Piece};
use super::{boxed, draw_lines, hand, status};

/// Draws the prompt.
pub fn draw(model: &Model, area: Rect, has_box: bool, frame: &mut Frame<'_>) {
    let area = if has_box {
        let answers = model.session.hand.is_some();
        let title = if answers { "pane.reply" } else { Pane::Prompt.title() };
        let title = knowledge::word(model.lang, title);
        let (tone, remark) = remark(model, area.width);
        boxed(model, Pane::Prompt, title, (tone, &remark), area, frame)
    } else {
        area
    };
    let mark = mark(model);
    let room = usize::from(area.width).saturating_sub(width(&mark) + 1);
    let hidden = hidden(model, room);
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut skip, mut left) = (hidden, room + 1);
    for token in own_tokens(&around(model).text) {
        let (before, rest) = split_at_width(&token.text, skip);
        skip -= width(before).min(skip);
        let (shown, _) = split_at_width(rest, left);
        left -= width(shown);
        pieces.push((if token.odd { Role::Odd } else { Role::Text }, shown.to_owned()));
    }
    if let Some(Popup::Search(search)) = &model.popup
        && let Some(needle) = Needle::new(search.line.text())
    {
        pieces = rows::marked(&needle, pieces);
    }
    if let Some(ghost) = ghost(model) {
        let ghost = own_visible(&ghost);
        let (shown, _) = split_at_width(&ghost, left);
        pieces.push((Role::Dim, shown.to_owned()));
    }
    pieces.insert(0, (Role::Prompt, mark));
    let (mut lines, behind) = held(model, area.width);
    lines.push(pieces);
    lines.extend(behind);
    draw_lines(model, lines, area, frame);
}

/// The lines of a group that stand in sight before the one being typed, and behind it.
fn held(model: &Model, columns: u16) -> (Vec<Vec<Piece>>, Vec<Vec<Piece>>) {
    if let Some(answering) = model.offers() {
        return (hand::lines(model, answering, usize::from(columns)), Vec::new());
    }
    let Some(group) = &model.session.group else { return (Vec::new(), Vec::new()) };
    let (lines, at) = group.lines();
    let shown = usize::from(model.held_shown());
    let first = at.saturating_sub(shown);
    let all = lines.iter().enumerate().skip(first).take(shown);
    // The line being typed has a number too.
    let placed = |number: usize| number + 1 + usize::from(number >= at);
    let mut all: Vec<_> =
        all.map(|(number, held)| line(model, placed(number), held, columns)).collect();
    let behind = all.split_off((at - first).min(all.len()));
    (all, behind)
}

/// A line of a group with its number, and the worst that there is to say about it.
fn line(model: &Model, number: usize, held: &Held, columns: u16) -> Vec<Piece> {
    let mut left = usize::from(columns);
    let begin = format!("{number} ");
    left = left.saturating_sub(width(&begin));
    let mut pieces = vec![(Role::Dim, begin)];
    for token in own_tokens(&held.shown(model.with_secrets)) {
        let role = if token.odd { Role::Odd } else { Role::Client };
        if width(&token.text) > left {
            pieces.push((role, clip(&token.text, left)));
            left = 0;
            break;
        }
        left -= width(&token.text);
        pieces.push((role, token.text));
    }
    if let Some(fault) = &held.fault {
        let said = say(fault, model.lang);
        let shown = clip(&said.text, left.saturating_sub(2));
        if !shown.is_empty() {
            pieces.push((said.role, format!("  {shown}")));
        }
    }
    pieces
}

/// What is suggested behind the line, veiled as it would be once it is taken.
fn ghost(model: &Model) -> Option<String> {
    let text = model.prompt.text();
    let with = model.veiled(&[text, &advice::ghost(model)?].concat());
    with.get(text.len()..).map(str::to_owned)
}

/// Where the cursor stands on the screen.
pub fn cursor(model: &Model, area: Rect, has_box: bool) -> (u16, u16) {
    let area = if has_box { inside(area) } else { area };
    let mark = width(&mark(model));
    let room = usize::from(area.width).saturating_sub(mark + 1);
    let column = mark + width(&before_cursor(model)) - hidden(model, room);
    let column = u16::try_from(column).unwrap_or(u16::MAX).min(area.width.saturating_sub(1));
    let row = u16::try_from(held(model, area.width).0.len()).unwrap_or_default();
    (area.x + column, area.y + row.min(area.height.saturating_sub(1)))
}

/// The byte of the line that is shown at column `x` of the screen.
pub fn byte_at(model: &Model, x: u16) -> usize {
    let area = model.panes().inside(Pane::Prompt).unwrap_or_default();
    let mark = width(&mark(model));
    let room = usize::from(area.width).saturating_sub(mark + 1);
    let column = usize::from(x.saturating_sub(area.x)).saturating_sub(mark) + hidden(model, room);
    let around = around(model);
    around.start + own_byte_at(&around.text, column)
}

/// How many bytes on each side of the cursor are looked at: more than any screen shows. A whole
/// message can have been pasted.
const REACH: usize = 4_096;

/// The line around the cursor, secrets veiled.
struct Around {
    text: String,
    /// Where it begins in the line.
    start: usize,
    /// The cursor in it.
    cursor: usize,
}

fn around(model: &Model) -> Around {
    let line = model.veiled(model.prompt.text());
    let cursor = model.prompt.cursor();
    let start = line.floor_char_boundary(cursor.saturating_sub(REACH));
    let end = line.floor_char_boundary(cursor.saturating_add(REACH));
    let text = line.get(start..end).unwrap_or_default().to_owned();
    Around { text, start, cursor: cursor - start }
}

/// What stands before the cursor.
fn before_cursor(model: &Model) -> String {
    let around = around(model);
    own_visible(around.text.get(..around.cursor).unwrap_or(&around.text))
}

/// Columns at the left that do not fit, so that the cursor is always in sight; whole characters.
fn hidden(model: &Model, room: usize) -> usize {
    let head = before_cursor(model);
    let surplus = width(&head).saturating_sub(room);
    let (cut, rest) = split_at_width(&head, surplus);
    if width(cut) == surplus { surplus } else { width(cut) + width(first(rest)) }
}

/// The first character of `text` with what combines with it.
fn first(text: &str) -> &str {
    text.get(..right_of(text, 0)).unwrap_or_default()
}

fn mark(model: &Model) -> String {
    let dialogue = model.session.seen();
    if model.session.hand.is_some() {
        return "> ".to_owned();
    }
    let left = model.session.octets_left();
    let mark = if matches!(model.popup, Some(Popup::Palette(_))) {
        // A directive, whatever the server waits for.
        "> "
    } else if let Some(group) = &model.session.group {
        return format!("GROUP {}> ", group.len());
    } else if left > 0 {
        return format!("BDAT {left}> ");
    } else if model.session.recorded {
        // Whatever the server waits for, it does not wait for the person.
        "> "
    } else if dialogue.awaits_mail_data() {
        "DATA> "
    } else if dialogue.awaits_login() {
        "AUTH> "
    } else {
        "> "
    };
    mark.to_owned()
}

/// What stands at the right of the upper border, `columns` wide: the verdict on the line, else what
/// the prompt is for.
fn remark(model: &Model, columns: u16) -> (Role, String) {
    let dim = |key| (Role::Dim, model.sentence(key, &[]));
    let warn = |key| (Role::Warn, model.sentence(key, &[]));
    let dialogue = model.session.seen();
    if let Some((key, n)) = differs(model.prompt.text()) {
        return (Role::Warn, model.sentence(key, &[("n", &n.to_string())]));
    }
    if model.session.hand.is_some() && !model.session.travels() {
        return hand::remark(model, columns);
    }
    let newlines = model.prompt.text().matches('\n').count();
    if newlines > 0 {
        let n = (newlines + 1).to_string();
        return (Role::Warn, model.sentence("prompt.lines", &[("n", &n)]));
    }
    if let Some(errand) = model.session.errand.as_ref().filter(|_| !model.prompt.text().is_empty())
    {
        return warn(errand.under_way());
    }
    let really = dialogue.awaits_mail_data() && !dialogue.endpoints().loopback;
    if let Some(said) = verdict(model, columns, really) {
        return said;
    }
    let draft = draft(model);
    let left = model.session.octets_left();
    match dialogue.phase() {
        _ if model.session.group.is_some() => dim("group.hint"),
        _ if left > 0 => (Role::Dim, model.sentence("bdat.hint", &[])),
        _ if model.session.recorded => dim(nothing_to_send(model)),
        _ if really => warn("data.really"),
        _ if dialogue.awaits_mail_data() && !draft.is_empty() => (Role::Dim, draft),
        _ if advice::wants_empty_line(model) => dim("verdict.empty-line"),
        _ if dialogue.awaits_mail_data() && !dialogue.is_inside_text() => dim("data.begin"),
        _ if dialogue.awaits_mail_data() => dim("data.dot"),
        _ if dialogue.awaits_login() && model.session.errand.is_none() => dim("prompt.login"),
        Phase::AwaitingTls => dim("prompt.handshake"),
        Phase::AwaitingGreeting if model.session.tls_first && !dialogue.is_secured() => {
            dim("prompt.handshake")
        }
        _ if is_silent(model) => warn("silent.short"),
        _ if !model.session.is_trusted() => warn("question.certificate.first"),
        phase if !phase.is_open() && !model.session.dialling => dim("prompt.closed"),
        _ if !draft.is_empty() => (Role::Dim, draft),
        _ if model.popup.is_none() && advice::ghost(model).is_some() => dim("prompt.ghost"),
        _ => (Role::Dim, String::new()),
    }
}

/// Whether a server has said nothing for so long that it may wait for something else.
fn is_silent(model: &Model) -> bool {
    let dialogue = model.session.seen();
    let waited = status::awaited(model).map(|awaited| status::waited(model, awaited));
    let waits = waited.is_some_and(|seconds| seconds >= SILENCE);
    dialogue.awaits_first_word() && waits
}

/// After so many seconds of silence a port for TLS is the likely reason: most servers greet at once.
const SILENCE: u64 = 5;

/// What there is to say about the line: its worst fault with the clause where there is room, and
/// how many others it has. Where a dot really delivers, only what is wrong is more important.
fn verdict(model: &Model, columns: u16, really: bool) -> Option<(Role, String)> {
    let faults = advice::verdict(model)?;
    let Some(worst) = faults.first().filter(|fault| fault.is_wrong() || !really) else {
        let fine = knowledge::word(model.lang, "verdict.fine");
        return (!really).then(|| (Role::Good, fine.to_owned()));
    };
    let said = say(worst, model.lang);
    let others = faults.iter().filter(|fault| fault.is_wrong()).count().saturating_sub(1);
    let more = |text: String| match others {
        0 => text,
        n => knowledge::fill(model.lang, "verdict.more", &[("said", &text), ("n", &n.to_string())]),
    };
    let room = usize::from(columns).saturating_sub(TITLE);
    let whole = more(said.with_clause());
    let text = if width(&whole) <= room { whole } else { more(said.text) };
    Some((said.role, text))
}

/// Columns that the title and the corners of the border take.
const TITLE: usize = 20;

/// That a draft is there, and how large it is.
fn draft(model: &Model) -> String {
    let written = model.session.editor.as_ref().filter(|editor| !editor.text.is_empty());
    let size = written.map(|editor| grouped(size(editor.text.rope())));
    size.map_or_else(String::new, |size| model.sentence("editor.waits", &[("size", &size)]))
}
