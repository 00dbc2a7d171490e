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

pub mod content;
pub mod envelope;
pub mod explain;
pub mod help;
pub mod hints;
pub mod list;
pub mod palette;
pub mod prompt;
pub mod question;
pub mod status;
pub mod themes;
pub mod transcript;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use crate::display::Role;
use crate::display::text::{clip, wrap};
use crate::knowledge;

use super::layout::{inside, too_small};
use super::model::{Model, Pane};
use super::popup::Popup;
use super::rows::Piece;

/// Draws the whole screen.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    clear(model, frame.area(), frame);
    if too_small(model.size) {
        return sentence(model, frame);
    }
    let panes = model.panes();
    status::header(model, panes.header, frame);
    if let Some(area) = panes.transcript {
        transcript::draw(model, &model.session, area, frame);
    }
    if let Some(area) = panes.envelope {
        envelope::draw(model, area, frame);
    }
    if let Some(area) = panes.content {
        content::draw(model, area, frame);
    }
    if panes.of(Pane::Explain).is_some() {
        explain::draw(model, panes.explain, panes.explain_boxed, frame);
    }
    prompt::draw(model, panes.prompt, panes.boxed, frame);
    hints::draw(model, panes.hints, frame);
    match &model.popup {
        Some(Popup::Help(help)) => help::draw(model, help, frame),
        Some(Popup::Palette(_)) => palette::draw(model, frame),
        Some(Popup::Themes(themes)) => themes::draw(model, themes, frame),
        Some(Popup::Question(question)) => question::draw(model, question, frame),
        None => {}
    }
    cursor(model, frame);
}

/// Empties `area` down to the theme's ground.
fn clear(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, model.theme.ground());
}

/// The real cursor stands where the focus is, for screen readers and input methods.
fn cursor(model: &Model, frame: &mut Frame<'_>) {
    let panes = model.panes();
    let corner = |area: Rect| (area.x, area.y);
    let chosen = |chosen: usize| {
        let place = choices_at(model).into_iter().find(|(number, _)| *number == chosen);
        place.map_or((0, 0), |(_, area)| corner(area))
    };
    let place = match (&model.popup, model.focus) {
        (Some(Popup::Help(help)), _) => help::cursor(model, help),
        (Some(Popup::Themes(themes)), _) => chosen(themes.chosen),
        (Some(Popup::Question(question)), _) => chosen(question.chosen),
        (Some(Popup::Palette(_)), _) | (None, Pane::Prompt) => {
            prompt::cursor(model, panes.prompt, panes.boxed)
        }
        (None, pane) => panes.of(pane).map_or((0, 0), corner),
    };
    frame.set_cursor_position(place);
}

fn sentence(model: &Model, frame: &mut Frame<'_>) {
    let (w, h) = (model.size.0.to_string(), model.size.1.to_string());
    let text = knowledge::fill(model.lang, "too-small", &[("w", &w), ("h", &h)]);
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
    let role = if focused { Role::Focus } else { Role::Border };
    let room = usize::from(area.width).saturating_sub(4);
    let title = clip(&format!(" {} {title} ", pane.number()), room);
    let left = room.saturating_sub(crate::display::text::width(&title));
    let mut block = Block::bordered().border_style(model.theme.style(role)).title(Span::styled(
        title,
        model.theme.style(if focused { Role::Focus } else { Role::Title }),
    ));
    if focused {
        block = block.border_type(ratatui::widgets::BorderType::Double);
    }
    // Half a word says nothing; half a sentence does.
    let needed = crate::display::text::width(remark) + 2;
    if !remark.is_empty() && (needed <= left || left > 24) {
        let remark = clip(&format!(" {remark} "), left);
        block =
            block.title(Line::from(Span::styled(remark, model.theme.style(tone))).right_aligned());
    }
    frame.render_widget(block, area);
    inside(area)
}

/// Pieces as a line in the theme's styles.
fn styled(model: &Model, pieces: Vec<Piece>) -> Line<'static> {
    let spans = pieces.into_iter().map(|(role, text)| Span::styled(text, model.theme.style(role)));
    Line::from(spans.collect::<Vec<_>>())
}

/// The lines that fit into `area` from number `scroll` on.
fn in_sight(all: Vec<Vec<Piece>>, scroll: usize, area: Rect) -> Vec<Vec<Piece>> {
    all.into_iter().skip(scroll).take(usize::from(area.height)).collect()
}

/// Draws lines from the top of `area` on.
fn draw_lines(model: &Model, lines: Vec<Vec<Piece>>, area: Rect, frame: &mut Frame<'_>) {
    let lines: Vec<_> = lines.into_iter().map(|pieces| styled(model, pieces)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// Where the entries of the open list stand, with the numbers that `update::choose` takes.
pub fn choices_at(model: &Model) -> Vec<(usize, Rect)> {
    match &model.popup {
        Some(Popup::Palette(_)) => palette::choices(model),
        Some(Popup::Themes(themes)) => themes::choices(model, themes),
        Some(Popup::Question(question)) => question::choices(model, question),
        Some(Popup::Help(_)) | None => Vec::new(),
    }
}

/// The lines that `pane` shows: what is drawn is what is copied.
pub fn shown(model: &Model, pane: Pane) -> Vec<Vec<Piece>> {
    let Some(area) = model.panes().inside(pane) else { return Vec::new() };
    match pane {
        Pane::Transcript => transcript::lines(model, &model.session, area),
        Pane::Envelope => envelope::lines(model, area),
        Pane::Content => content::lines(model, area),
        Pane::Explain => explain::lines(model, area),
        Pane::Prompt => Vec::new(),
    }
}
