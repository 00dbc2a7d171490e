//! Pane 5: what the last reply means, what was odd, and where the session stands.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::text::{clip, width, wrap};
use crate::journal::Happening;
use crate::knowledge::{self, Entry, Severity};
use crate::session::{Exchange, Phase};
use crate::smtp::code::{Class, Code};

use super::super::layout::inside;
use super::super::model::{Model, Pane};
use super::super::rows::Piece;
use super::{boxed, lines};

/// Draws the explanation; without a box it is one line.
pub fn draw(model: &Model, area: Rect, has_box: bool, frame: &mut Frame<'_>) {
    let area = if has_box {
        let title = knowledge::word(model.lang, Pane::Explain.title());
        boxed(model, Pane::Explain, title, &clauses(model), area, frame);
        inside(area)
    } else {
        area
    };
    if !has_box && warns(model) {
        let warning = clip(knowledge::word(model.lang, "data.really"), usize::from(area.width));
        return lines(model, vec![vec![(Role::Warn, warning)]], 0, area, frame);
    }
    let mut all = all(model, usize::from(area.width));
    let end = model.session.explain_scroll + usize::from(area.height);
    if let Some(last) =
        end.checked_sub(1).filter(|_| all.len() > end).and_then(|at| all.get_mut(at))
    {
        more(last, usize::from(area.width));
    }
    lines(model, all, model.session.explain_scroll, area, frame);
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
    dialogue.phase() == Phase::MailData && !dialogue.endpoints().loopback
}

/// The last line to which one can scroll.
pub fn length(model: &Model) -> usize {
    let area = model.panes().explain;
    let height = usize::from(inside(area).height);
    all(model, usize::from(inside(area).width)).len().saturating_sub(height.max(1))
}

/// The exchange that was answered last, if that was on this connection.
fn last(model: &Model) -> Option<&Exchange> {
    let dialogue = &model.session.dialogue;
    let failed = matches!(dialogue.notices().last(), Some((_, Happening::NotOpened(_))));
    let answered = dialogue.exchanges().iter().rev().find(|e| e.reply.is_some());
    answered.filter(|e| e.connection == dialogue.connection() && !failed)
}

fn all(model: &Model, columns: usize) -> Vec<Vec<Piece>> {
    let mut out = Vec::new();
    let mut say = |role: Role, title: &str, text: &str| {
        let head = if title.is_empty() { String::new() } else { format!("{title}  ") };
        for (at, line) in wrap(&format!("{head}{text}"), columns).into_iter().enumerate() {
            match line.strip_prefix(head.as_str()).filter(|_| at == 0 && !head.is_empty()) {
                Some(rest) => out.push(vec![(role, head.clone()), (Role::Text, rest.to_owned())]),
                None => out.push(vec![(Role::Text, line)]),
            }
        }
    };
    let dialogue = &model.session.dialogue;
    match last(model) {
        Some(exchange) => {
            if let Some(code) = exchange.reply.as_ref().and_then(|r| r.code) {
                let entry = code_entry(code).map(|e| e.say(model.lang));
                let title =
                    entry.map_or_else(|| code.to_string(), |e| format!("{code} {}", e.title));
                say(code_role(code), &title, entry.map_or("", |e| &e.say));
            }
            let mut said = Vec::new();
            for (_, odd) in exchange.oddities() {
                if said.contains(&odd.id) {
                    continue;
                }
                said.push(odd.id);
                if let Some(entry) = knowledge::oddities().get(odd.id) {
                    let said = entry.say(model.lang);
                    say(odd_role(entry), &format!("{} {}", odd.id, said.title), &said.say);
                }
            }
        }
        None if dialogue.connection() == 0 => {
            say(Role::Dim, "", knowledge::word(model.lang, "explain.welcome"));
        }
        None => {}
    }
    if model.session.dialling {
        return out;
    }
    if let Some(entry) = knowledge::phases().get(dialogue.phase().name()) {
        let said = entry.say(model.lang);
        let next = match dialogue.unanswered() {
            Some(_) => knowledge::word(model.lang, "header.wait"),
            None => &said.next,
        };
        say(Role::Title, knowledge::word(model.lang, "explain.next"), next);
        let now = format!("{}: {}", knowledge::word(model.lang, "explain.state"), said.title);
        say(Role::Title, &now, &said.say);
    }
    out
}

fn code_entry(code: Code) -> Option<&'static Entry> {
    let class = match code.class() {
        Class::Positive => "2xx",
        Class::Intermediate => "3xx",
        Class::Transient => "4xx",
        Class::Permanent => "5xx",
        Class::Invalid => "other",
    };
    knowledge::codes().get(&code.to_string()).or_else(|| knowledge::codes().get(class))
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

/// The clauses on which the explanation of the last reply rests.
fn clauses(model: &Model) -> String {
    let code = last(model).and_then(|e| e.reply.as_ref()?.code);
    code.and_then(code_entry).map_or_else(String::new, |entry| entry.rfc.join(", "))
}
