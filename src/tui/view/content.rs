//! Pane 4: the last message, in four views, also while it is being typed.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{width, wrap};
use crate::display::token::{tokens, visible};
use crate::display::words::part_line;
use crate::knowledge::{self, Kind, Topic};
use crate::session::content::{Content, Part};
use crate::session::{Message, Row};

use super::super::explain::{field_at, of_field_line, topics_of_data, topics_of_part};
use super::super::model::{ContentView, Model, Pane};
use super::super::rows::{Piece, selected_line};
use super::find::matched;
use super::{Click, Title, boxed, draw_lines, in_sight, point_out, signed};

/// Draws the content.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let title: String = title(model, area).into_iter().map(|(text, _)| text).collect();
    let remark = remark(model, room(area).saturating_sub(width(&title)));
    let area = boxed(model, Pane::Content, &title, (Role::Dim, &remark), area, frame);
    draw_lines(model, matched(model, Pane::Content, lines(model, area)), area, frame);
    point_out(model, Pane::Content, area, frame);
}

/// The lines that are in sight.
pub fn lines(model: &Model, area: Rect) -> Vec<Vec<Piece>> {
    from(model, model.session.content_scroll, usize::from(area.width), usize::from(area.height))
}

/// The line that is selected in the transcript, or whose field is.
pub fn meant(model: &Model, columns: usize) -> Option<usize> {
    let (_, line) = selected(model)?;
    match model.session.view {
        ContentView::Header => signed(&all(model, columns, usize::MAX)),
        ContentView::Raw => Some(line),
        ContentView::Parts | ContentView::Body => None,
    }
}

/// What is left of the upper border beside the corners, the number, and the blanks around it.
fn room(area: Rect) -> usize {
    usize::from(area.width).saturating_sub(8)
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    if model.session.view == ContentView::Raw
        && let Some((_, message)) = message(model)
    {
        let line = selected(model).map(|(_, line)| line);
        return raw(message, scroll, height, columns, line);
    }
    in_sight(all(model, columns, height.saturating_add(scroll)), scroll, height)
}

/// The message that is shown: the last one, or in raw lines that of the selected line.
pub fn message(model: &Model) -> Option<(usize, &Message)> {
    let messages = model.session.dialogue.messages();
    let selected = selected(model).filter(|_| model.session.view == ContentView::Raw);
    let index = selected.map(|(index, _)| index).or_else(|| messages.len().checked_sub(1))?;
    Some((index, messages.get(index)?))
}

/// The message and the line of it that are selected in the transcript.
fn selected(model: &Model) -> Option<(usize, usize)> {
    match selected_line(model)? {
        Row::Data { message, line } => Some((message, line)),
        _ => None,
    }
}

/// The number of the header field that is selected in the transcript, among those of the message
/// that was read.
fn selected_field(model: &Model) -> Option<usize> {
    let (index, line) = selected(model)?;
    model.session.read.as_ref().filter(|read| read.message == index)?;
    field_at(model.session.dialogue.messages().get(index)?, line).map(|(number, _)| number)
}

/// The last line to which one can scroll, or one behind line `wanted`: no more are made.
pub fn length(model: &Model, wanted: usize) -> usize {
    let columns = model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width));
    let count = match (model.session.view, message(model)) {
        (ContentView::Raw, Some((_, message))) => message.line_count(),
        _ => all(model, columns, wanted.saturating_add(1)).len(),
    };
    count.saturating_sub(1)
}

/// The views by name, the shown one in brackets; that one alone where there is no room for all.
///
/// Where the envelope shares the place, the name of the pane leads back to it.
pub fn title(model: &Model, area: Rect) -> Title {
    let word = |key| knowledge::word(model.lang, key);
    let back = model.panes().envelope.is_none().then_some(Click::Pane(Pane::Envelope));
    let name = || (word(Pane::Content.title()).to_owned(), back.clone());
    let colon = || (word("colon").to_owned(), None);
    let mut all = vec![name(), colon()];
    for view in ContentView::ALL {
        let name = word(view.title());
        let name = if view == model.session.view { format!("[{name}]") } else { name.to_owned() };
        let gap = if view == ContentView::default() { "" } else { " " };
        all.extend([(gap.to_owned(), None), (name, Some(Click::View(view)))]);
    }
    if all.iter().map(|(text, _)| width(text)).sum::<usize>() <= room(area) {
        return all;
    }
    // One click goes on to the next view, as the key does.
    let shown = format!("[{}]", word(model.session.view.title()));
    let next = Some(Click::View(model.session.view.next()));
    vec![name(), colon(), (shown, next)]
}

/// Which message, and how much of it there is; the size alone where there is no room for more.
fn remark(model: &Model, room: usize) -> String {
    let Some((index, message)) = message(model) else { return String::new() };
    let key = if message.is_complete() { "content.message" } else { "content.growing" };
    let (n, size) = ((index + 1).to_string(), message.wire_len().to_string());
    let all = knowledge::fill(model.lang, key, &[("n", &n), ("size", &size)]);
    if width(&all) + 2 <= room { all } else { format!("{size} B") }
}

/// The lines of the pane, at least `enough` of them if there are so many.
pub fn all(model: &Model, columns: usize, enough: usize) -> Vec<Vec<Piece>> {
    let sentence = |key| {
        let text = knowledge::word(model.lang, key);
        wrap(text, columns).into_iter().map(|line| vec![(Role::Dim, line)]).collect::<Vec<_>>()
    };
    let Some(last) = model.session.dialogue.messages().len().checked_sub(1) else {
        return sentence("content.empty");
    };
    let read = model.session.read.as_ref().filter(|r| r.message == last);
    let Some(content) = read.map(|r| &r.content) else { return sentence("content.reading") };
    let mut out = match model.session.view {
        ContentView::Header if content.fields.is_empty() => sentence("content.none"),
        ContentView::Header => {
            let fields =
                content.fields.iter().map(|f| (f.name.as_str(), f.value.as_str(), f.decoded));
            let lines = header(fields, columns, enough, selected_field(model));
            lines.into_iter().map(|(_, line)| line).collect()
        }
        ContentView::Parts => {
            parts(content.parts.iter(), columns, enough).map(|(_, line)| line).collect()
        }
        ContentView::Body if content.body.is_none() => sentence("content.no-body"),
        ContentView::Body => body(content, columns, enough),
        ContentView::Raw => Vec::new(),
    };
    if model.session.reading {
        out.extend(sentence("content.reading"));
    }
    if content.beyond > 0 {
        let text =
            knowledge::fill(model.lang, "content.beyond", &[("n", &content.beyond.to_string())]);
        out.push(vec![(Role::Dim, text)]);
    }
    out
}

/// What line number `line` of the pane is about.
pub fn topics_at(model: &Model, line: usize) -> Vec<Topic> {
    let columns = model.panes().inside(Pane::Content).map_or(40, |area| usize::from(area.width));
    if let (ContentView::Raw, Some((number, _))) = (model.session.view, message(model)) {
        return topics_of_data(model, number, line);
    }
    let Some(content) = model.session.read.as_ref().map(|read| &read.content) else {
        return Vec::new();
    };
    match model.session.view {
        ContentView::Header => {
            let fields = content.fields.iter().map(|f| (f.name.as_str(), f.value.as_str(), false));
            let lines = header(fields, columns, line, None);
            let field = lines.get(line).and_then(|(at, _)| content.fields.get(*at));
            field.map(|f| of_field_line(&f.name, f.value.as_bytes())).unwrap_or_default()
        }
        ContentView::Parts => {
            let at = parts(content.parts.iter(), columns, line + 1).nth(line).map(|(at, _)| at);
            at.and_then(|at| content.parts.get(at)).map(topics_of_part).unwrap_or_default()
        }
        ContentView::Body | ContentView::Raw => {
            Topic::new(Kind::Idea, "body").into_iter().collect()
        }
    }
}

/// `Subject: value`, folded with a hanging indent; decoded values have a look of their own, and
/// the selected field has a sign. A field is its name, its value and whether that was decoded; each
/// line comes with the number of its field.
pub(super) fn header<'a>(
    fields: impl Iterator<Item = (&'a str, &'a str, bool)>,
    columns: usize,
    enough: usize,
    selected: Option<usize>,
) -> Vec<(usize, Vec<Piece>)> {
    let mut out = Vec::new();
    for (number, (name, value, decoded)) in fields.enumerate() {
        if out.len() > enough {
            break;
        }
        let mut name = visible(name.as_bytes());
        let mut look = Role::Field;
        if selected == Some(number) {
            name.insert(0, '>');
            look = Role::Selected;
        }
        let role = if decoded { Role::Decoded } else { Role::Text };
        let indent = (width(&name) + 2).min(columns / 3).max(2);
        let value = visible(value.as_bytes());
        let mut first = vec![(look, format!("{name}: "))];
        for (at, line) in wrap(&value, columns.saturating_sub(indent)).into_iter().enumerate() {
            if at == 0 {
                first.push((role, line));
                out.push((number, std::mem::take(&mut first)));
            } else {
                out.push((number, vec![(role, format!("{}{line}", " ".repeat(indent)))]));
            }
        }
    }
    out
}

/// The tree of parts. Each line comes with the number of its part.
pub(super) fn parts<'a>(
    parts: impl Iterator<Item = &'a Part>,
    columns: usize,
    enough: usize,
) -> impl Iterator<Item = (usize, Vec<Piece>)> {
    let line = move |(number, part): (usize, &Part)| {
        let indent = "  ".repeat(part.depth.min(10));
        let role = if part.defective { Role::Warn } else { Role::Text };
        let wrapped = wrap(&part_line(part), columns.saturating_sub(indent.len() + 2));
        wrapped.into_iter().enumerate().map(move |(at, text)| {
            let mark = if at == 0 { "- " } else { "  " };
            (number, vec![(Role::Dim, format!("{indent}{mark}")), (role, text)])
        })
    };
    parts.enumerate().flat_map(line).take(enough)
}

fn body(content: &Content, columns: usize, enough: usize) -> Vec<Vec<Piece>> {
    let texts = content.parts.iter().filter_map(|p| p.text.as_deref());
    texts
        .flat_map(str::lines)
        .flat_map(|line| wrap(&visible(line.as_bytes()), columns))
        .map(|line| vec![(Role::Text, line)])
        .take(enough)
        .collect()
}

/// Lines as they crossed the wire, stuffed dots and end mark included, with every line end shown.
/// The selected one has a sign.
fn raw(
    message: &Message,
    scroll: usize,
    height: usize,
    columns: usize,
    selected: Option<usize>,
) -> Vec<Vec<Piece>> {
    let shown = (scroll..message.line_count()).take(height);
    let line = |at| {
        let mut pieces: Vec<Piece> = Vec::new();
        let bytes = message.line(at).unwrap_or_default();
        let mut left = columns;
        let is_selected = selected == Some(at);
        if is_selected {
            pieces.push((Role::Selected, ">".to_owned()));
            left = left.saturating_sub(1);
        }
        for token in tokens(&bytes) {
            let text = crate::display::text::clip(&token.text, left);
            left -= width(&text);
            let plain = if is_selected { Role::Selected } else { Role::Data };
            pieces.push((if token.odd { Role::Dim } else { plain }, text));
        }
        pieces
    };
    shown.map(line).collect()
}
