//! A question: what it is about, and the answers with their letters.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::text::{clip, wrap};
use crate::display::token::own_visible;
use crate::display::words::grouped;
use crate::display::{Role, security};
use crate::draft::Severity;
use crate::knowledge;

use super::super::editor::{Needs, size};
use super::super::layout::inside;
use super::super::model::{Model, Session};
use super::super::popup::{Answer, Asked, Question};
use super::super::rows::Piece;
use super::super::sending::begun;
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
        Asked::SendDraft { .. } => "editor.send",
        Asked::Overwrite(_) => "help.save-part",
        Asked::DropDraft => "editor.drop",
        Asked::LeftDraft => "editor.left.title",
        Asked::ReplaceDraft(template) => template.title,
        Asked::Certificate => "question.certificate.title",
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
        Asked::SendDraft { needs, .. } => needed(model, *needs)
            .into_iter()
            .flat_map(|(role, text)| sentence(&text, role))
            .collect(),
        Asked::Overwrite(wish) => {
            let values = [("file", &*own_visible(&wish.file))];
            sentence(&knowledge::fill(model.lang, "save.exists", &values), Role::Text)
        }
        Asked::DropDraft => sentence(&size_of_draft(model, "editor.drop.ask"), Role::Text),
        Asked::ReplaceDraft(_) => sentence(&size_of_draft(model, "editor.replace.ask"), Role::Text),
        Asked::LeftDraft => sentence(&left_draft(model), Role::Text),
        Asked::Certificate => {
            let own = model.session.dialogue.tls();
            let own = own.and_then(|facts| security::own_certificate(facts, model.lang));
            let mut lines = sentence(&untrusted(model), Role::Bad);
            lines.extend(own.iter().flat_map(|own| sentence(own, Role::Text)));
            lines
        }
    };
    if lines.len() > left {
        lines.truncate(left);
        // A sentence that is cut says so; a line of a paste stands there as it is.
        let last = lines.last_mut().and_then(|line| line.last_mut());
        if let Some((_, last)) = last.filter(|(role, _)| *role != Role::Client) {
            *last = clip(&format!("{last} \u{2026}"), room);
        }
    }
    lines
}

/// What is wrong with the draft and its sending, which has a line even where there are few, and what
/// the wire needs of it.
fn needed(model: &Model, needs: Needs) -> Vec<Piece> {
    let (lines, dots) = (needs.lines.to_string(), needs.dots.to_string());
    let size = grouped(needs.message);
    let values = [("lines", lines.as_str()), ("dots", &dots), ("size", &size)];
    let mut said = Vec::new();
    let reviewed = model.session.editor.as_ref().and_then(|editor| editor.reviewed.as_ref());
    let wrong = reviewed.map_or(0, |reviewed| reviewed.review.count(Severity::Error));
    if wrong > 0 {
        let n = wrong.to_string();
        said.push((Role::Warn, knowledge::fill(model.lang, "editor.needs.wrong", &[("n", &n)])));
    }
    let begun = begun(&model.session.dialogue).map_or(0, crate::session::Message::wire_len);
    if begun > 0 {
        let n = grouped(begun);
        said.push((Role::Warn, knowledge::fill(model.lang, "editor.needs.begun", &[("n", &n)])));
    }
    if !model.session.dialogue.endpoints().loopback && model.session.dialogue.phase().is_open() {
        said.push((Role::Warn, knowledge::word(model.lang, "editor.needs.really").to_owned()));
    }
    said.push((Role::Text, knowledge::fill(model.lang, "editor.needs", &values)));
    said
}

/// What would be dropped, or replaced.
fn size_of_draft(model: &Model, words: &'static str) -> String {
    let text = model.session.editor.as_ref().map(|editor| editor.text.rope());
    let size = grouped(text.map(size).unwrap_or_default());
    knowledge::fill(model.lang, words, &[("size", &size)])
}

/// The newest draft that was left, and how many more there are.
fn left_draft(model: &Model) -> String {
    let Some(draft) = model.left_drafts.first() else { return String::new() };
    let (subject, size) = (own_visible(&draft.subject), grouped(draft.len));
    let values = [("subject", subject.as_str()), ("size", &size), ("when", &draft.written)];
    let mut text = knowledge::fill(model.lang, "editor.left.ask", &values);
    let more = model.left_drafts.len() - 1;
    if more > 0 {
        text.push_str(&knowledge::fill(
            model.lang,
            "editor.left.more",
            &[("n", &more.to_string())],
        ));
    }
    text
}

/// What is wrong with the certificate.
fn untrusted(model: &Model) -> String {
    let Some(verdict) = model.session.dialogue.tls().and_then(|tls| tls.verdict.as_ref()) else {
        return String::new();
    };
    let faults = security::faults(&verdict.faults, model.lang);
    let values = [("name", own_visible(&verdict.name)), ("faults", faults)];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    knowledge::fill(model.lang, "question.certificate", &values)
}

/// What would be lost with a session, which is named where there are several.
fn lost(model: &Model, session: &Session) -> Option<String> {
    let served = session.catcher.as_ref().map(|catcher| catcher.in_transaction());
    let left = session.queue.as_ref().map_or(0, |queue| queue.left.len());
    let left = served.unwrap_or(left).to_string();
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
        (_, Answer::Editor) => "answer.editor",
        (_, Answer::Data) if data => "answer.mail-data",
        (_, Answer::Data) => "answer.data",
        (_, Answer::Chunks) => "answer.chunks",
        (_, Answer::ChunksTogether) => "answer.chunks-together",
        (_, Answer::ByHand) => "answer.by-hand",
        (_, Answer::GoOn) => "answer.go-on",
        (_, Answer::Another) => "answer.another",
        (_, Answer::Drop) => "answer.drop",
        (_, Answer::Overwrite) => "answer.overwrite",
        (_, Answer::Replace) => "answer.replace",
        (_, Answer::Quit) => "answer.quit",
        (Asked::CloseSession, Answer::Close) => "answer.close-session",
        (Asked::Certificate, Answer::Close) => "answer.distrust",
        (_, Answer::Trust) => "answer.trust",
        (_, Answer::Close) => "answer.close",
        (_, Answer::OneByOne) if data => "answer.all",
        (_, Answer::OneByOne) => "answer.one-by-one",
        (_, Answer::Together) => "answer.together",
        (_, Answer::Plan) => "answer.plan",
        (_, Answer::Edit) => "answer.edit",
        (Asked::Leave | Asked::Certificate, Answer::Stay) => "answer.stay",
        (Asked::CloseSession, Answer::Stay) => "answer.keep-session",
        (Asked::Paste(_), Answer::Stay) => "answer.cancel",
        (_, Answer::Stay) => "answer.back",
    };
    let reason = reason(model, asked, answer);
    let tone = if reason.is_some() { Role::Dim } else { Role::Text };
    let why = reason.map(|why| format!("({})", model.sentence(why, &[])));
    let key = (Role::Key, format!("{}[{}] ", list::mark(chosen), asked.letter(answer)));
    let chunk = match asked {
        Asked::SendDraft { chunk: usize::MAX, .. } => {
            knowledge::word(model.lang, "answer.one-chunk").to_owned()
        }
        Asked::SendDraft { chunk, .. } => format!("{} B", grouped(*chunk as u64)),
        _ => String::new(),
    };
    let front = (tone, knowledge::fill(model.lang, words, &[("chunk", &chunk)]));
    let none = (Role::Text, String::new());
    let behind = (Role::Warn, why.unwrap_or_default());
    let mut pieces = vec![key];
    pieces.extend(list::row(&front, &behind, none, room.saturating_sub(6)));
    pieces
}
