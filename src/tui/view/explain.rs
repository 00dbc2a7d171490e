//! Pane 5: what is selected or was opened, else what the last reply means; at the end the entries
//! to which one can go.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::article::{self, Paragraph};
use crate::display::text::{clip, width, wrap};
use crate::knowledge::{self, Topic};

use super::super::explain::{clauses, links, paragraphs};
use super::super::model::{Model, Pane};
use super::super::rows::{Piece, selected, selected_line};
use super::find::matched;
use super::{boxed, draw_lines, in_sight};

/// What stands between two clauses in the title.
pub const CLAUSES: &str = ", ";

/// Draws the explanation; without a box it is one line.
pub fn draw(model: &Model, area: Rect, has_box: bool, frame: &mut Frame<'_>) {
    let area = if has_box {
        let clauses = clauses(model).join(CLAUSES);
        boxed(model, Pane::Explain, &title(model), (Role::Dim, &clauses), area, frame)
    } else {
        area
    };
    draw_lines(model, matched(model, Pane::Explain, lines(model, area)), area, frame);
}

/// The title, with the number of the line that is explained.
pub fn title(model: &Model) -> String {
    let title = knowledge::word(model.lang, Pane::Explain.title());
    let opened = !model.session.articles.is_empty();
    let Some(at) = selected(model, &model.session).filter(|_| !opened) else {
        return title.to_owned();
    };
    let n = (at + 1).to_string();
    let line = knowledge::fill(model.lang, "transcript.line", &[("n", &n)]);
    [title, knowledge::word(model.lang, "colon"), &line].concat()
}

/// The lines that are in sight.
pub fn lines(model: &Model, area: Rect) -> Vec<Vec<Piece>> {
    let columns = usize::from(area.width);
    if area.height == 1 && warns(model) && selected_line(model).is_none() {
        return vec![vec![(Role::Warn, clip(knowledge::word(model.lang, "data.really"), columns))]];
    }
    from(model, model.session.explain_scroll, columns, usize::from(area.height))
}

/// `height` lines from number `scroll` on.
pub fn from(model: &Model, scroll: usize, columns: usize, height: usize) -> Vec<Vec<Piece>> {
    let mut all = all(model, columns);
    let end = height.saturating_add(scroll);
    if let Some(last) =
        end.checked_sub(1).filter(|_| all.len() > end).and_then(|at| all.get_mut(at))
    {
        more(last, columns);
    }
    in_sight(all, scroll, height)
}

/// Ends a line with an ellipsis: there is more below it.
fn more(line: &mut Vec<Piece>, columns: usize) {
    let Some((_, text)) = line.last_mut() else { return };
    text.push('\u{2026}');
    let mut left = columns;
    for (_, text) in line {
        *text = clip(text, left);
        left -= width(text);
    }
}

/// Whether the next dot really delivers; without boxes the prompt has no place to say so.
fn warns(model: &Model) -> bool {
    let dialogue = model.session.seen();
    dialogue.awaits_mail_data() && !dialogue.endpoints().loopback
}

/// The last line to which one can scroll.
pub fn length(model: &Model) -> usize {
    let area = model.panes().inside(Pane::Explain).unwrap_or_default();
    all(model, usize::from(area.width)).len().saturating_sub(usize::from(area.height).max(1))
}

/// The lines of the pane. Where all that can be said has no place, it is said in brief.
pub fn all(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let height = model.panes().inside(Pane::Explain).map_or(1, |area| usize::from(area.height));
    let whole = paragraphs(model, false);
    // Breaking text into lines is the dear part: what cannot fit is not broken.
    let fits = whole.iter().map(|said| least(said, columns)).sum::<usize>() <= height;
    let full = fits.then(|| lines_of(&whole, columns)).filter(|lines| lines.len() <= height);
    let mut lines = full.unwrap_or_else(|| lines_of(&paragraphs(model, true), columns));
    lines.extend(leading_on(model, columns));
    lines
}

/// How many lines a paragraph takes at least.
fn least(Paragraph { head, text }: &Paragraph, columns: usize) -> usize {
    (width(&head.1) + width(&text.1)).div_ceil(columns.max(1)).max(1)
}

fn lines_of(paragraphs: &[Paragraph], columns: usize) -> Vec<Vec<Piece>> {
    paragraphs.iter().flat_map(|said| set(said, columns)).collect()
}

/// A paragraph as lines: its head, two blanks, its text.
fn set(said: &Paragraph, columns: usize) -> Vec<Vec<Piece>> {
    let (before, Paragraph { head, text }) = (said.lead(), said);
    let lines = wrap(&format!("{before}{}", text.1), columns).into_iter().enumerate();
    let line = |(at, line): (usize, String)| match line.strip_prefix(before.as_str()) {
        Some(rest) if at == 0 && !before.is_empty() => {
            vec![(head.0, before.clone()), (text.0, rest.to_owned())]
        }
        _ => vec![(text.0, line)],
    };
    lines.map(line).collect()
}

/// The entries to which one can go, each a piece of its own; the chosen one has a sign.
fn leading_on(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let topics = links(model);
    if topics.is_empty() {
        return Vec::new();
    }
    let head = knowledge::word(model.lang, "article.see");
    let mut lines = vec![vec![(Role::Title, head.to_owned())]];
    let mut left = columns.saturating_sub(width(head));
    for (at, topic) in topics.into_iter().enumerate() {
        let link = link(model, at, topic);
        let wide = width(&link.1) + 2;
        if wide > left {
            lines.push(Vec::new());
            left = columns;
        }
        left = left.saturating_sub(wide);
        if let Some(line) = lines.last_mut() {
            line.extend([(Role::Text, "  ".to_owned()), link]);
        }
    }
    lines
}

fn link(model: &Model, at: usize, topic: Topic) -> Piece {
    let name = article::name(topic, model.lang);
    if model.session.link == Some(at) {
        (Role::Selected, format!(">{name}"))
    } else {
        (Role::Link, name)
    }
}

const fn is_link((role, _): &Piece) -> bool {
    matches!(role, Role::Link | Role::Selected)
}

/// All lines as wide as the pane is.
fn placed(model: &Model) -> Vec<Vec<Piece>> {
    let columns = model.panes().inside(Pane::Explain).map_or(0, |area| usize::from(area.width));
    all(model, columns)
}

/// The number of the link in a line of the pane at a column.
pub fn link_at(model: &Model, line: usize, column: usize) -> Option<usize> {
    let all = placed(model);
    let before: usize =
        all.iter().take(line).map(|line| line.iter().filter(|piece| is_link(piece)).count()).sum();
    let (mut end, mut number) = (0, before);
    for piece in all.get(line)? {
        end += width(&piece.1);
        if column < end {
            return is_link(piece).then_some(number);
        }
        number += usize::from(is_link(piece));
    }
    None
}

/// The line of the pane on which link number `at` stands.
pub fn line_of_link(model: &Model, at: usize) -> Option<usize> {
    let mut seen = 0;
    placed(model).iter().position(|line| {
        seen += line.iter().filter(|piece| is_link(piece)).count();
        seen > at
    })
}
