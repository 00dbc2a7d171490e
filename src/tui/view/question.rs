//! A question: what it is about, and the answers with their letters.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, wrap};
use crate::display::token::own_visible;
use crate::knowledge;

use super::super::layout::inside;
use super::super::model::{Model, Session};
use super::super::popup::{Answer, Asked, Question};
use super::super::rows::Piece;
use super::super::update::{answers, lost_with, reason};
use super::{draw_lines, list};

/// Columns that a question takes where there are more.
const COLUMNS: u16 = 74;

/// Lines of a paste that are shown where there is room.
const PREVIEW: usize = 8;

/// Draws the question in the middle.
pub fn draw(model: &Model, question: &Question, frame: &mut Frame<'_>) {
    let area = place(model, question);
    let area = list::boxed(model, knowledge::word(model.lang, title(question)), "", area, frame);
    let room = usize::from(area.width);
    let mut lines = text(model, question, room);
    let answers = answers(model, &question.asked);
    let answers = answers.iter().enumerate();
    lines.extend(
        answers.map(|(at, a)| row(model, &question.asked, *a, at == question.chosen, room)),
    );
    draw_lines(model, lines, area, frame);
    for (number, place) in choices(model, question) {
        if number == question.chosen {
            list::highlight(model, place, frame);
        }
    }
}

/// Where each answer stands: at the bottom of the box.
pub fn choices(model: &Model, question: &Question) -> Vec<(usize, Rect)> {
    let area = inside(place(model, question));
    let count = answers(model, &question.asked).len();
    let rows = u16::try_from(count).unwrap_or(u16::MAX).min(area.height);
    let area = Rect { y: area.bottom() - rows, height: rows, ..area };
    list::places(area, list::window(count, Some(question.chosen), rows))
}

fn place(model: &Model, question: &Question) -> Rect {
    let (columns, rows) = model.size;
    let width = COLUMNS.min(columns);
    let room = usize::from(width).saturating_sub(2);
    let count = answers(model, &question.asked).len();
    let lines = text(model, question, room).len() + count;
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(rows.saturating_sub(1));
    Rect { x: (columns - width) / 2, y: (rows - height) / 2, width, height }
}

const fn title(question: &Question) -> &'static str {
    match question.asked {
        Asked::Leave => "quit",
        Asked::CloseSession => "session.close",
        Asked::Paste(_) => "question.paste.title",
    }
}

/// What stands above the answers: as much of it as they leave.
fn text(model: &Model, question: &Question, room: usize) -> Vec<Vec<Piece>> {
    // The borders, and the line of hints.
    let height = usize::from(model.size.1).saturating_sub(3);
    let left = height.saturating_sub(answers(model, &question.asked).len());
    let sentence = |text: &str, role| {
        wrap(text, room).into_iter().map(move |line| vec![(role, line)]).collect::<Vec<_>>()
    };
    let mut lines = match &question.asked {
        Asked::Leave => {
            let lost = model.sessions().filter_map(|session| lost(model, session));
            lost.flat_map(|lost| sentence(&lost, Role::Text)).collect()
        }
        Asked::CloseSession => {
            sentence(&lost(model, &model.session).unwrap_or_default(), Role::Text)
        }
        Asked::Paste(text) => {
            let count = (text.matches('\n').count() + 1).to_string();
            let words = knowledge::fill(model.lang, "question.paste", &[("n", &count)]);
            let mut lines = sentence(&words, Role::Text);
            // One line at least: who pastes has to see what.
            let shown = left.saturating_sub(lines.len() + 1).max(1);
            lines.extend(preview(model, text, shown, room));
            lines
        }
    };
    lines.truncate(left);
    lines
}

/// What would be lost with a session, which is named where there are several.
fn lost(model: &Model, session: &Session) -> Option<String> {
    let left = session.queue.as_ref().map_or(0, |queue| queue.left.len()).to_string();
    let fill = |key| knowledge::fill(model.lang, key, &[("n", &left)]);
    let lost: Vec<String> = lost_with(session).into_iter().map(fill).collect();
    let named = || format!("{} {}: ", session.id, own_visible(&session.target));
    let name = if model.others.is_empty() { String::new() } else { named() };
    (!lost.is_empty()).then(|| name + &lost.join(" "))
}

/// The first lines of a paste, secrets veiled.
fn preview(model: &Model, text: &str, left: usize, room: usize) -> Vec<Vec<Piece>> {
    let shown = left.min(PREVIEW);
    // What is not looked at needs no veil: a paste can be long.
    let end = text.match_indices('\n').nth(shown).map_or(text.len(), |(at, _)| at + 1);
    let veiled = model.veiled(text.get(..end).unwrap_or(text));
    let line = |line: &str| vec![(Role::Client, clip(&format!("  {}", own_visible(line)), room))];
    let mut lines: Vec<_> = veiled.split('\n').take(shown).map(line).collect();
    if shown > 0 && veiled.split('\n').nth(shown).is_some() {
        lines.push(vec![(Role::Dim, "  \u{2026}".to_owned())]);
    }
    lines
}

fn row(model: &Model, asked: &Asked, answer: Answer, chosen: bool, room: usize) -> Vec<Piece> {
    let data = model.session.dialogue.awaits_mail_data();
    let words = match (asked, answer) {
        (_, Answer::Quit) => "answer.quit",
        (Asked::CloseSession, Answer::Close) => "answer.close-session",
        (_, Answer::Close) => "answer.close",
        (_, Answer::OneByOne) if data => "answer.all",
        (_, Answer::OneByOne) => "answer.one-by-one",
        (_, Answer::Together) => "answer.together",
        (_, Answer::Edit) => "answer.edit",
        (Asked::Leave, Answer::Stay) => "answer.stay",
        (Asked::CloseSession, Answer::Stay) => "answer.keep-session",
        (Asked::Paste(_), Answer::Stay) => "answer.cancel",
    };
    let reason = reason(model, asked, answer);
    let tone = if reason.is_some() { Role::Dim } else { Role::Text };
    let why = reason.map(|why| format!("({})", model.sentence(why, &[])));
    let key = (Role::Key, format!("{}[{}] ", list::mark(chosen), asked.letter(answer)));
    let front = (tone, knowledge::word(model.lang, words).to_owned());
    let none = (Role::Text, String::new());
    let behind = (Role::Warn, why.unwrap_or_default());
    let mut pieces = vec![key];
    pieces.extend(list::row(&front, &behind, none, room.saturating_sub(6)));
    pieces
}
