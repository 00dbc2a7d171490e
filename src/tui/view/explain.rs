//! Pane 5: what the last reply means, what was odd, and where the session stands.

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, width, wrap};
use crate::display::token::visible;
use crate::journal::Happening;
use crate::knowledge::{self, Entry, Severity, Topic};
use crate::session::{Exchange, Row};
use crate::smtp::code::{Class, Code};

use super::super::model::{Model, Pane};
use super::super::rows::{Piece, notes, selected, selected_line};
use super::content::field_at;
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
    let Some(at) = selected(model, &model.session) else { return title.to_owned() };
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
    let dialogue = &model.session.dialogue;
    dialogue.awaits_mail_data() && !dialogue.endpoints().loopback
}

/// The last line to which one can scroll.
pub fn length(model: &Model) -> usize {
    let area = model.panes().inside(Pane::Explain).unwrap_or_default();
    all(model, usize::from(area.width)).len().saturating_sub(usize::from(area.height).max(1))
}

/// The exchange that was answered last, if that was on this connection.
fn last(model: &Model) -> Option<&Exchange> {
    let dialogue = &model.session.dialogue;
    let failed = matches!(dialogue.notices().last(), Some((_, Happening::NotOpened(_))));
    let answered = dialogue.exchanges().iter().rev().find(|e| e.reply.is_some());
    answered.filter(|e| e.connection == dialogue.connection() && !failed)
}

/// The exchange that is explained: that of the selected line, else the last.
fn explained(model: &Model) -> Option<&Exchange> {
    match selected_line(model) {
        Some(Row::Client { exchange } | Row::Server { exchange, .. }) => {
            model.session.dialogue.exchanges().get(exchange)
        }
        Some(Row::Data { .. } | Row::Notice { .. }) => None,
        None => last(model),
    }
}

/// One thing to say: its role and title, and the sentence.
type Said = (Role, String, String);

/// The lines of the pane.
pub fn all(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let said = match selected_line(model) {
        Some(row) => line(model, row),
        None => present(model),
    };
    said.iter().flat_map(|said| paragraph(said, columns)).collect()
}

/// What there is to say about one line.
fn line(model: &Model, row: Row) -> Vec<Said> {
    let word = |key| knowledge::word(model.lang, key).to_owned();
    match row {
        Row::Notice { .. } => {
            let at = selected(model, &model.session).unwrap_or_default();
            let dialogue = &model.session.dialogue;
            let shown = crate::display::line::shown(dialogue, at, model.lang, model.with_secrets);
            shown.map(|row| (row.role, String::new(), row.text())).into_iter().collect()
        }
        Row::Data { message, line } => {
            let (title, text) = data(model, message, line);
            let at = selected(model, &model.session).unwrap_or_default();
            let odd = notes(&model.session.dialogue, at).into_iter().map(|odd| odd.id);
            std::iter::once((Role::Data, title, text)).chain(named(model, odd)).collect()
        }
        Row::Client { .. } | Row::Server { .. } => {
            let Some(exchange) = explained(model) else { return Vec::new() };
            let answer = match &exchange.reply {
                Some(_) => reply(model, exchange),
                None => Some((Role::Dim, String::new(), word("explain.unanswered"))),
            };
            answer.into_iter().chain(oddities(model, exchange)).collect()
        }
    }
}

/// What a line of mail data is: its title and a sentence.
fn data(model: &Model, message: usize, line: usize) -> (String, String) {
    let messages = model.session.dialogue.messages();
    let n = (line + 1).to_string();
    let title = knowledge::fill(model.lang, "explain.data", &[("n", &n)]);
    let word = |key| knowledge::word(model.lang, key).to_owned();
    let Some(message) = messages.get(message) else { return (title, String::new()) };
    let bytes = message.line(line).unwrap_or_default();
    let last = message.is_complete() && !message.is_chunked() && line + 1 == message.line_count();
    let text = match field_at(message, line) {
        _ if last => word("explain.data.end"),
        Some((_, first)) => {
            let field = message.line(first).unwrap_or_default();
            let name = field.split(|b| *b == b':').next().unwrap_or_default();
            knowledge::fill(model.lang, "explain.data.field", &[("name", &visible(name))])
        }
        None if bytes.starts_with(b"..") && !message.is_chunked() => word("explain.data.stuffed"),
        None if matches!(&bytes[..], b"\r\n" | b"\n") => word("explain.data.empty"),
        None => word("explain.data.body"),
    };
    (title, text)
}

/// What there is to say about the session as it stands.
fn present(model: &Model) -> Vec<Said> {
    let dialogue = &model.session.dialogue;
    let mut said: Vec<Said> = broken(model).into_iter().collect();
    match last(model) {
        Some(exchange) => {
            said.extend(reply(model, exchange));
            said.extend(oddities(model, exchange));
        }
        None if dialogue.connection() == 0 => {
            let welcome = knowledge::word(model.lang, "explain.welcome");
            said.push((Role::Dim, String::new(), welcome.to_owned()));
        }
        None => {}
    }
    if !model.session.dialling {
        said.extend(phase(model).into_iter().flatten());
    }
    said
}

fn paragraph((role, title, text): &Said, columns: usize) -> Vec<Vec<Piece>> {
    let head = if title.is_empty() { String::new() } else { format!("{title}  ") };
    let lines = wrap(&format!("{head}{text}"), columns).into_iter().enumerate();
    let line = |(at, line): (usize, String)| match line.strip_prefix(head.as_str()) {
        Some(rest) if at == 0 && !head.is_empty() => {
            vec![(*role, head.clone()), (Role::Text, rest.to_owned())]
        }
        _ => vec![(Role::Text, line)],
    };
    lines.map(line).collect()
}

/// How the connection was lost, if it did not end in order.
fn broken(model: &Model) -> Option<Said> {
    let (_, what) = model.session.dialogue.notices().last()?;
    let shown = crate::display::line::notice(what, model.lang);
    (shown.role == Role::Bad).then(|| (Role::Bad, String::new(), shown.text()))
}

fn reply(model: &Model, exchange: &Exchange) -> Option<Said> {
    let code = exchange.reply.as_ref()?.code?;
    let entry = code_entry(code).map(|e| e.say(model.lang));
    let title = entry.map_or_else(|| code.to_string(), |e| format!("{code} {}", e.title));
    Some((code_role(code), title, entry.map_or_else(String::new, |e| e.say.clone())))
}

/// Each oddity once, however often it occurs.
fn oddities(model: &Model, exchange: &Exchange) -> Vec<Said> {
    named(model, exchange.oddities().map(|(_, odd)| odd.id))
}

fn named(model: &Model, ids: impl Iterator<Item = &'static str>) -> Vec<Said> {
    let mut ids: Vec<_> = ids.collect();
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    let say = |id: &&str| {
        let entry = knowledge::oddity(id)?;
        let said = entry.say(model.lang);
        Some((odd_role(entry), format!("{id} {}", said.title), said.say.clone()))
    };
    ids.iter().filter_map(say).collect()
}

/// What comes next, and where the session stands.
fn phase(model: &Model) -> Option<[Said; 2]> {
    let dialogue = &model.session.dialogue;
    let word = |key| knowledge::word(model.lang, key).to_owned();
    let said = knowledge::phase(dialogue.phase().name())?.say(model.lang);
    let next = match dialogue.unanswered() {
        Some(_) => word("header.wait"),
        None => said.next.clone(),
    };
    let now = word("explain.state") + &word("colon") + &said.title;
    Some([(Role::Title, word("explain.next"), next), (Role::Title, now, said.say.clone())])
}

fn code_entry(code: Code) -> Option<&'static Entry> {
    Topic::of_code(&code.to_string()).map(Topic::entry)
}

const fn code_role(code: Code) -> Role {
    match code.class() {
        Class::Positive | Class::Intermediate => Role::Good,
        Class::Transient => Role::Warn,
        Class::Permanent | Class::Invalid => Role::Bad,
    }
}

const fn odd_role(entry: &Entry) -> Role {
    match entry.severity {
        Some(Severity::Error) => Role::Bad,
        Some(Severity::Warn) => Role::Warn,
        _ => Role::Title,
    }
}

/// The clauses on which the explanation of the reply rests.
pub fn clauses(model: &Model) -> &'static [String] {
    let code = explained(model).and_then(|e| e.reply.as_ref()?.code);
    code.and_then(code_entry).map_or(&[], |entry| entry.rfc.as_slice())
}
