//! `view(&Model, &mut Frame)`: from top to bottom
//!
//! ```text
//! header      where, state, recipients, what comes next
//! transcript  │ envelope
//!             │ content
//! explain     what the last reply means
//! prompt      the line being typed
//! hints       what the keys do, or one line for the person
//! ```
//!
//! The model is only looked at. Each pane is a function in a file of its own.

pub mod ascii;
pub mod candidates;
pub mod catcher;
pub mod content;
pub mod copy;
pub mod editor;
pub mod envelope;
pub mod explain;
pub mod find;
pub mod form;
pub mod hand;
pub mod help;
pub mod hints;
pub mod list;
pub mod live;
pub mod marked;
pub mod palette;
pub mod password;
pub mod plan;
pub mod prompt;
pub mod question;
pub mod sheet;
pub mod status;
pub mod tabs;
pub mod themes;
pub mod transcript;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::display::Role;
use crate::display::content::raw;
use crate::display::text::{clip, is_plain, width, wrap};
use crate::knowledge;

use super::catcher::Listing;
use super::layout::{Side, inside, too_small};
use super::model::{ContentView, Model, Pane};
use super::popup::Popup;
use super::rows::{self, Piece, Placed};

/// Draws the whole screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    paint(model, frame.area(), frame);
    if too_small(model.size) {
        return sentence(model, frame);
    }
    let panes = model.panes();
    status::header(model, panes.header, frame);
    tabs::draw(model, panes.tabs, frame);
    if let Some(list) = &model.session.catcher {
        panes.transcript.into_iter().for_each(|area| catcher::draw(model, list, area, frame));
        if panes.explain.height > 0 {
            catcher::chosen::draw(model, list, panes.explain, frame);
        }
    } else if let Some(area) = panes.transcript {
        transcript::draw(model, &model.session, area, frame);
    }
    if let (Some(area), Some(session)) = (panes.beside, model.beside()) {
        transcript::draw(model, session, area, frame);
    }
    if let Some(area) = panes.envelope {
        envelope::draw(model, area, frame);
    }
    if let Some(area) = panes.content {
        content::draw(model, area, frame);
    }
    if let Some(area) = panes.plan {
        plan::draw(model, area, frame);
    }
    if let Some(area) = panes.text {
        editor::draw(model, area, frame);
    }
    if let Some(area) = panes.live {
        live::draw(model, area, frame);
    }
    if panes.of(Pane::Explain).is_some() && model.session.catcher.is_none() {
        explain::draw(model, panes.explain, panes.explain_boxed, frame);
    }
    marked::draw(model, frame.buffer_mut());
    if panes.prompt.height > 0 {
        prompt::draw(model, panes.prompt, panes.boxed, frame);
    }
    hints::draw(model, panes.hints, frame);
    match &model.popup {
        Some(Popup::Help(help)) => help::draw(model, help, frame),
        Some(Popup::Palette(_)) => palette::draw(model, frame),
        Some(Popup::Candidates(list)) => candidates::draw(model, list, frame),
        Some(Popup::Themes(themes)) => themes::draw(model, themes, frame),
        Some(Popup::Question(question)) => question::draw(model, question, frame),
        Some(Popup::Query(_) | Popup::Search(_)) => find::draw(model, panes.hints, frame),
        Some(Popup::Copy(copy)) => copy::draw(model, copy, frame),
        Some(Popup::Form(form)) => form::draw(model, form, frame),
        Some(Popup::Password(asked)) => password::draw(model, asked, frame),
        Some(Popup::Sheet(sheet)) => sheet::draw(model, sheet, frame),
        None => {}
    }
    frame.set_cursor_position(cursor(model));
    ascii::replace(model, frame.buffer_mut());
}

/// Empties `area` down to the theme's ground.
fn clear(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    frame.render_widget(Clear, area);
    paint(model, area, frame);
}

/// Gives what is empty the theme's ground. A frame begins empty.
fn paint(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let ground = model.theme.ground();
    if ground != Style::new() {
        frame.buffer_mut().set_style(area, ground);
    }
}

/// The real cursor stands where the focus is, for screen readers and input methods.
pub fn cursor(model: &Model) -> (u16, u16) {
    let panes = model.panes();
    let corner = |area: Rect| (area.x, area.y);
    let chosen = |chosen: usize| {
        let place = choices_at(model).into_iter().find(|(number, _)| *number == chosen);
        place.map_or((0, 0), |(_, area)| corner(area))
    };
    match (&model.popup, model.focus) {
        (Some(Popup::Help(help)), _) => help::cursor(model, help),
        (Some(Popup::Themes(themes)), _) => chosen(themes.chosen),
        (Some(Popup::Question(question)), _) => chosen(question.chosen),
        (Some(Popup::Copy(copy)), _) => chosen(copy.chosen),
        (Some(Popup::Sheet(sheet)), _) => chosen(sheet.chosen),
        (Some(Popup::Query(_) | Popup::Search(_)), _) => find::cursor(model, panes.hints),
        (Some(Popup::Form(form)), _) => form::cursor(model, form),
        (Some(Popup::Password(asked)), _) => password::cursor(model, asked),
        (None, _) if let Some(editor) = model.editing() => match editor.side {
            Side::Text => editor::cursor(model, editor),
            Side::Live => panes.live.map_or((0, 0), corner),
        },
        (None, _) if model.session.catcher.is_some() => catcher::cursor(model).unwrap_or((0, 0)),
        (Some(Popup::Palette(_) | Popup::Candidates(_)), _) | (None, Pane::Prompt) => {
            prompt::cursor(model, panes.prompt, panes.boxed)
        }
        (None, Pane::Transcript) if let Some(place) = transcript::cursor(model) => place,
        (None, Pane::Plan) if let Some(place) = plan::cursor(model) => place,
        (None, pane) => {
            let line = panes.inside(pane).and_then(|area| pointed_at(model, pane, area));
            line.or_else(|| panes.of(pane)).map_or((0, 0), corner)
        }
    }
}

fn sentence(model: &Model, frame: &mut Frame<'_>) {
    let (w, h) = (model.size.0.to_string(), model.size.1.to_string());
    let asks = matches!(model.popup, Some(Popup::Question(_)));
    let key = if asks { "too-small.question" } else { "too-small" };
    let text = knowledge::fill(model.lang, key, &[("w", &w), ("h", &h)]);
    let lines: Vec<_> =
        wrap(&text, usize::from(model.size.0)).into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(lines), frame.area());
}

/// A box with a title at the left and a remark at the right; gives its inside.
fn boxed(
    model: &Model,
    pane: Pane,
    title: &str,
    (tone, remark): (Role, &str),
    area: Rect,
    frame: &mut Frame<'_>,
) -> Rect {
    let focused = model.focus == pane && model.popup.is_none();
    let title = format!("{} {title}", pane.number());
    framed(model, focused, &title, (tone, remark), area, frame)
}

/// The same for any title, and for what may not have the focus.
fn framed(
    model: &Model,
    focused: bool,
    title: &str,
    (tone, remark): (Role, &str),
    area: Rect,
    frame: &mut Frame<'_>,
) -> Rect {
    let (border, named) =
        if focused { (Role::Focus, Role::Focus) } else { (Role::Border, Role::Title) };
    let set = if focused { border::DOUBLE } else { border::PLAIN };
    let buffer = frame.buffer_mut();
    enclose(buffer, area, &set, model.theme.style(border));
    let (title, remark) = bar(title, remark, area);
    let end = area.right().saturating_sub(1);
    put(buffer, (area.x + 1, area.y), &title, end, model.theme.style(named));
    let wide = u16::try_from(width(&remark)).unwrap_or(u16::MAX);
    let start = end.saturating_sub(wide).max(area.x + 1);
    put(buffer, (start, area.y), &remark, end, model.theme.style(tone));
    inside(area)
}

/// Draws a border, and touches nothing inside: ratatui's block styles each cell of its area anew.
fn enclose(buffer: &mut Buffer, area: Rect, set: &border::Set<'_>, style: Style) {
    let Rect { width: columns, height: rows, .. } = area;
    let (Some(right), Some(bottom)) = (columns.checked_sub(1), rows.checked_sub(1)) else { return };
    let mut cell = |x: u16, y: u16, symbol: &str| {
        if let Some(cell) = buffer.cell_mut((area.x + x, area.y + y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    };
    for x in 1..right {
        cell(x, 0, set.horizontal_top);
        cell(x, bottom, set.horizontal_bottom);
    }
    for y in 1..bottom {
        cell(0, y, set.vertical_left);
        cell(right, y, set.vertical_right);
    }
    cell(0, 0, set.top_left);
    cell(right, 0, set.top_right);
    cell(0, bottom, set.bottom_left);
    cell(right, bottom, set.bottom_right);
}

/// Title and remark as they stand in the upper border.
fn bar(title: &str, remark: &str, area: Rect) -> (String, String) {
    let room = usize::from(area.width).saturating_sub(4);
    let title = clip(&format!(" {title} "), room);
    let left = room.saturating_sub(width(&title));
    // Half a word says nothing; half a sentence does.
    let fits = width(remark) + 2 <= left || left > 24;
    let remark = if remark.is_empty() || !fits { "" } else { &format!(" {remark} ") };
    (title, clip(remark, left))
}

/// What a click in the border of a box does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Click {
    /// Brings another pane here.
    Pane(Pane),
    /// Shows the content so.
    View(ContentView),
    /// Shows the other list of what a server has.
    Listing(Listing),
    /// Opens the page of a clause.
    Clause(&'static str),
}

/// The parts of a title, and what a click on them does.
pub type Title = Vec<(String, Option<Click>)>;

/// What a click in the upper border of `pane` at column `x` of the screen does.
pub fn click(model: &Model, pane: Pane, x: u16) -> Option<Click> {
    let area = model.panes().of(pane)?;
    let parts = match pane {
        Pane::Transcript if let Some(list) = &model.session.catcher => catcher::title(model, list),
        Pane::Envelope => envelope::title(model),
        Pane::Content => content::title(model, area),
        Pane::Explain => return clause(model, area, x),
        Pane::Transcript | Pane::Prompt | Pane::Plan => return None,
    };
    // The corner, and the number between blanks.
    let before = width(&format!(" {} ", pane.number())) + 1;
    part(parts, usize::from(x.checked_sub(area.x)?).checked_sub(before)?)
}

/// What the part at `column` of all parts does.
fn part(parts: Title, mut column: usize) -> Option<Click> {
    for (text, click) in parts {
        let wide = width(&text);
        if column < wide {
            return click;
        }
        column -= wide;
    }
    None
}

/// The clause in the border of the explanation.
fn clause(model: &Model, area: Rect, x: u16) -> Option<Click> {
    let clauses = super::explain::clauses(model);
    let title = explain::title(model);
    let (_, remark) =
        bar(&format!("{} {title}", Pane::Explain.number()), &clauses.join(explain::CLAUSES), area);
    let start = usize::from(area.right().saturating_sub(1)).checked_sub(width(&remark))? + 1;
    let column = usize::from(x).checked_sub(start).filter(|at| at + 2 < width(&remark))?;
    let each = clauses.iter().flat_map(|clause| {
        let click = Some(Click::Clause(clause.as_str()));
        [(clause.clone(), click), (explain::CLAUSES.to_owned(), None)]
    });
    part(each.collect(), column)
}

/// Pieces as a line in the theme's styles.
fn styled(model: &Model, pieces: Vec<Piece>) -> Line<'static> {
    let spans = pieces.into_iter().map(|(role, text)| Span::styled(text, model.theme.style(role)));
    Line::from(spans.collect::<Vec<_>>())
}

/// `height` lines from number `scroll` on.
fn in_sight(all: Vec<Vec<Piece>>, scroll: usize, height: usize) -> Vec<Vec<Piece>> {
    all.into_iter().skip(scroll).take(height).collect()
}

/// The line that has the sign of what is selected.
fn signed(all: &[Vec<Piece>]) -> Option<usize> {
    all.iter().position(|line| line.first().is_some_and(|(role, _)| *role == Role::Selected))
}

/// Where the line stands at which the person points, if it is in sight.
fn pointed_at(model: &Model, pane: Pane, area: Rect) -> Option<Rect> {
    let (_, line) = model.session.pointed.filter(|(at, _)| *at == pane && pane == model.focus)?;
    let scroll = match pane {
        Pane::Envelope => model.session.envelope_scroll,
        _ => model.session.content_scroll,
    };
    let below = u16::try_from(line.checked_sub(scroll)?).ok()?;
    (below < area.height).then(|| Rect { y: area.y + below, height: 1, ..area })
}

/// Gives the line at which the person points the look of what is selected.
fn point_out(model: &Model, pane: Pane, area: Rect, frame: &mut Frame<'_>) {
    if let Some(line) = pointed_at(model, pane, area) {
        frame.buffer_mut().set_style(line, model.theme.style(Role::Selected));
    }
}

/// Draws lines from the top of `area` on.
fn draw_lines(model: &Model, lines: Vec<Vec<Piece>>, area: Rect, frame: &mut Frame<'_>) {
    for (line, y) in lines.into_iter().zip(area.top()..area.bottom()) {
        let mut x = area.x;
        for (role, text) in line {
            x = put(frame.buffer_mut(), (x, y), &text, area.right(), model.theme.style(role));
        }
    }
}

/// Draws `text` up to the column `end`; gives the column behind it. Text without anything special
/// needs no look at its graphemes.
fn put(buffer: &mut Buffer, (x, y): (u16, u16), text: &str, end: u16, style: Style) -> u16 {
    if !is_plain(text) {
        return buffer.set_stringn(x, y, text, usize::from(end.saturating_sub(x)), style).0;
    }
    let mut at = x;
    for (byte, column) in text.bytes().zip(x..end) {
        if let Some(cell) = buffer.cell_mut((column, y)) {
            cell.set_char(char::from(byte)).set_style(style);
        }
        at = column + 1;
    }
    at
}

/// Where the entries of the open list stand, with the numbers that `update::choose` takes.
pub fn choices_at(model: &Model) -> Vec<(usize, Rect)> {
    match &model.popup {
        Some(Popup::Palette(_)) => palette::choices(model),
        Some(Popup::Candidates(list)) => candidates::choices(model, list),
        Some(Popup::Themes(themes)) => themes::choices(model, themes),
        Some(Popup::Question(question)) => question::choices(model, question),
        Some(Popup::Copy(copy)) => copy::choices(model, copy),
        Some(Popup::Form(form)) => form::choices(model, form),
        Some(Popup::Password(_)) => password::choices(model),
        Some(Popup::Sheet(sheet)) => sheet::choices(model, sheet),
        Some(Popup::Help(_) | Popup::Query(_) | Popup::Search(_)) | None => Vec::new(),
    }
}

/// Where the open popup stands, its box included; the line of the palette is the prompt.
pub fn popup_at(model: &Model) -> Option<Rect> {
    let panes = model.panes();
    let entries = choices_at(model).into_iter().map(|(_, area)| area.outer(Margin::new(1, 1)));
    match model.popup.as_ref()? {
        Popup::Help(_) | Popup::Sheet(_) => Some(help::place(model)),
        Popup::Query(_) | Popup::Search(_) => Some(panes.hints),
        Popup::Palette(_) | Popup::Candidates(_) => Some(entries.fold(panes.prompt, Rect::union)),
        _ => entries.reduce(Rect::union),
    }
}

/// The lines that `pane` shows, with their places: what is drawn is what is marked and copied.
pub fn shown(model: &Model, pane: Pane) -> Vec<Placed> {
    let Some(area) = model.panes().inside(pane) else { return Vec::new() };
    let session = &model.session;
    let (first, lines) = match pane {
        // There a click chooses a row.
        _ if session.catcher.is_some() => return Vec::new(),
        Pane::Transcript => return transcript::shown(model, session, area),
        Pane::Envelope => (session.envelope_scroll, envelope::lines(model, area)),
        Pane::Content => (session.content_scroll, content::lines(model, area)),
        Pane::Explain => (session.explain_scroll, explain::lines(model, area)),
        Pane::Plan => {
            let (columns, height) = (usize::from(area.width), usize::from(area.height));
            let scroll = plan::scroll(model, height);
            (scroll, plan::from(model, scroll, columns, height))
        }
        Pane::Prompt => return Vec::new(),
    };
    numbered(lines, first)
}

/// The lines of `pane` from one place to another, in sight or not, without the signs of rows.
pub fn between(model: &Model, pane: Pane, from: (usize, usize), to: (usize, usize)) -> Vec<Placed> {
    let Some(area) = model.panes().inside(pane) else { return Vec::new() };
    let columns = usize::from(area.width);
    let height = to.0.saturating_sub(from.0).saturating_add(1);
    let lines = match pane {
        Pane::Transcript => {
            let placed = rows::placed(model, &model.session, columns, from);
            return placed.take_while(|(at, _)| *at <= to).collect();
        }
        Pane::Envelope => envelope::from(model, from.0, columns, height),
        // A line that the pane cuts is marked and copied to its end.
        Pane::Content if model.session.view == ContentView::Raw && !content::is_both(model) => {
            let lines = content::from(model, from.0, usize::MAX, height).into_iter();
            let left = model.session.shown.left;
            let line = |pieces| [vec![content::raw_column()], raw::without_left(pieces, left)];
            lines.map(|pieces| line(pieces).concat()).collect()
        }
        Pane::Content => content::from(model, from.0, columns, height),
        Pane::Explain => explain::from(model, from.0, columns, height),
        Pane::Plan => plan::from(model, from.0, columns, height),
        Pane::Prompt => Vec::new(),
    };
    numbered(lines, from.0)
}

/// All lines of a pane other than the transcript, unbroken but for what is set in columns.
pub fn all(model: &Model, pane: Pane) -> Vec<Vec<Piece>> {
    let columns = model.panes().inside(pane).map_or(40, |area| usize::from(area.width));
    match pane {
        Pane::Envelope => envelope::all(model, columns, usize::MAX),
        Pane::Content => content::from(model, 0, usize::MAX, usize::MAX),
        Pane::Explain => explain::all(model, usize::MAX),
        Pane::Plan => plan::from(model, 0, columns, usize::MAX),
        Pane::Transcript | Pane::Prompt => Vec::new(),
    }
}

fn numbered(lines: Vec<Vec<Piece>>, first: usize) -> Vec<Placed> {
    lines.into_iter().zip(first..).map(|(line, at)| ((at, 0), line)).collect()
}
