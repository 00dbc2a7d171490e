//! The line at the bottom: what the keys do now, or one line for the person.

use std::ops::Range;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::keys::Action;
use crate::display::text::{clip, width, wrap};
use crate::display::token::own_visible;
use crate::display::words::amount;
use crate::display::{Role, gate};
use crate::knowledge;

use super::super::catcher::Listing;
use super::super::layout::Side;
use super::super::model::{self, AtGate, Model, Pane};
use super::super::popup::{Asked, Popup};
use super::super::rows::Piece;
use super::super::sending::Sending;
use super::draw_lines;

/// One entry of the line.
struct Hint {
    action: Action,
    key: String,
    words: &'static str,
}

impl Hint {
    fn of(model: &Model, action: Action) -> Option<Self> {
        let key = format!(" {} ", model.keys.key_in(model.layers(), action)?);
        Some(Self { action, key, words: words(model, action) })
    }

    fn width(&self) -> usize {
        width(&self.key) + width(self.words) + 1
    }
}

/// Draws the line, or the lines of what is said.
pub fn draw(model: &Model, area: Rect, frame: &mut Frame<'_>) {
    let room = usize::from(area.width);
    let lines = match said(model) {
        Some(text) => {
            let lines = in_lines(set(&text, room), area.height.into(), room);
            lines.into_iter().map(|line| vec![(Role::Warn, line)]).collect()
        }
        None => vec![fitting(model, room).into_iter().flat_map(pieces).collect()],
    };
    draw_lines(model, lines, area, frame);
}

/// As many of `lines` as there is place for: the first ones, and where there is place for that the
/// last two, in which stands what is said of something long.
fn in_lines(mut lines: Vec<String>, height: usize, room: usize) -> Vec<String> {
    if lines.len() > height {
        let end = if height > END { END } else { 0 };
        let end = lines.split_off(lines.len() - end);
        lines.truncate(height - end.len());
        if let Some(last) = lines.last_mut() {
            *last = clip(&[last.as_str(), "\u{2026}"].concat(), room);
        }
        lines.extend(end);
    }
    lines
}

/// So many lines of what is said stay in sight at its end.
const END: usize = 2;

/// What is said, as the lines that it takes.
pub fn set(text: &str, columns: usize) -> Vec<String> {
    let lines = wrap(&own_visible(text), columns.saturating_sub(1)).into_iter();
    lines.map(|line| [" ", &line].concat()).collect()
}

/// Which action stands in which columns of the line, where they can be seen.
pub fn hints_at(model: &Model) -> Vec<(Action, Range<u16>)> {
    if said(model).is_some() || model.popup.as_ref().is_some_and(Popup::is_below) {
        return Vec::new();
    }
    let mut at = 0;
    let place = |hint: Hint| {
        let from = at;
        at += u16::try_from(hint.width()).unwrap_or_default();
        (hint.action, from..at)
    };
    fitting(model, usize::from(model.size.0)).into_iter().map(place).collect()
}

/// What is said instead of the hints: a notice, or how far that is what goes out bit by bit.
fn said(model: &Model) -> Option<String> {
    if model.session.goes_on() && !model.session.is_trusted() {
        // It waits for the answer.
        let first = || Some(model.sentence("question.certificate.first", &[]));
        return model.notice.clone().or_else(first);
    }
    if let Some(held) = held(model) {
        return model.notice.clone().or(Some(held));
    }
    if let Some(sending) = &model.session.sending {
        return model.notice.clone().or_else(|| Some(progress(model, sending)));
    }
    let progress = model.session.queue.as_ref().map(|queue| {
        let (sent, total) = (queue.sent().to_string(), queue.total.to_string());
        model.sentence("queue.progress", &[("sent", &sent), ("total", &total)])
    });
    let dripped = model.session.drip.map(|(sent, total)| {
        let values = [("sent", &*sent.to_string()), ("total", &total.to_string())];
        model.sentence("drip.progress", &values)
    });
    let steps = model.session.plan.as_ref().filter(|_| model.session.plays()).map(|planned| {
        let plan = &planned.plan;
        let (n, all) = (plan.at().to_string(), plan.steps().len().to_string());
        model.sentence("plan.progress", &[("n", &n), ("all", &all)])
    });
    model.notice.clone().or(progress).or(dripped).or(steps)
}

/// How many columns of what is held are in sight at least.
const WHAT: usize = 12;

/// What is held, why, and what can be done about it.
fn held(model: &Model) -> Option<String> {
    let AtGate { bytes, is_answer, secrets, leaves, breakpoint, exchange } =
        model.session.at_gate.as_ref()?;
    let leaves = leaves.map(|at| Duration::from_micros(at.since(model.now)));
    let said = |what: &str| {
        let seen = &model.session.dialogue;
        let held = gate::held(what, breakpoint, *exchange, leaves, seen, model.lang);
        format!("{held}; {}", model.sentence("gate.keys", &[]))
    };
    // What can be done about it is to be in sight too.
    let room = usize::from(model.size.0).saturating_sub(width(&said("")) + 1).max(WHAT);
    Some(said(&if *is_answer && !model.with_secrets {
        model.sentence("gate.answer", &[])
    } else {
        gate::what(bytes, secrets, model.with_secrets, room)
    }))
}

/// How much of a message has left, and how fast.
fn progress(model: &Model, sending: &Sending) -> String {
    if !sending.is_prepared() {
        return model.sentence("editor.preparing", &[]);
    }
    let sent = sending.sent(&model.session.dialogue);
    let time = model.now.since(sending.begun).max(1);
    let rate = u128::from(sent) * 1_000_000 / u128::from(time);
    let rate = amount(u64::try_from(rate).unwrap_or(u64::MAX));
    let (sent, all) = (amount(sent), amount(sending.length()));
    model.sentence("editor.progress", &[("sent", &sent), ("all", &all), ("rate", &rate)])
}

fn pieces(hint: Hint) -> [Piece; 2] {
    [(Role::Key, hint.key), (Role::Hint, format!("{} ", hint.words))]
}

/// What a hint says of its action: what it does here.
pub fn words(model: &Model, action: Action) -> &'static str {
    let key = match action {
        Action::Leave if matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Certificate) => {
            "hint.later"
        }
        Action::Leave if model.popup.is_some() => "hint.close",
        Action::Leave if model.session.travels() && model.editing().is_none() => "travel.now",
        Action::CatcherList => "hint.to-list",
        Action::Leave if model.leads_to_list() => "hint.to-list",
        Action::Leave if model.session.is_caught() && model.focus != Pane::Prompt => "hint.back",
        Action::CatcherOpen => "hint.open",
        Action::CatcherSwitch => match &model.session.catcher {
            Some(catcher) if catcher.shows == Listing::Mails => "catcher.clients",
            _ => "catcher.mails",
        },
        Action::CatcherRelay => "hint.relay",
        Action::Filter if model.session.catcher.is_some() => "hint.filter",
        Action::Leave if model.editing().is_some() => "editor.leave",
        Action::TravelBack => "travel.hint.back",
        Action::TravelForward => "travel.hint.forward",
        Action::EventBack => "travel.hint.event-back",
        Action::EventForward => "travel.hint.event-forward",
        Action::ReplyRight => "hand.right",
        Action::ReplyNotNow => "hand.not-now",
        Action::ReplyNever => "hand.never",
        Action::ReplyStrange => "hand.strange",
        Action::PlanStep => "hint.step",
        Action::PlanRun => "hint.run",
        Action::PlanSkip => "hint.skip",
        Action::PlanEdit | Action::ReplyTake => "hint.change",
        Action::PlanAdd => "hint.add",
        Action::SendDraft => "prompt.send",
        Action::PaneNext if let Some(editor) = model.editing() => match editor.side {
            Side::Text => "editor.to-live",
            Side::Live => "editor.to-text",
        },
        _ => action.name(),
    };
    knowledge::word(model.lang, key)
}

/// The hints for which there is room. The last two keep their place; where others had to go, the
/// list of all is called «more».
fn fitting(model: &Model, room: usize) -> Vec<Hint> {
    let hints: Vec<_> = actions(model).iter().filter_map(|a| Hint::of(model, *a)).collect();
    let needed = |hints: &[Hint]| hints.iter().map(Hint::width).sum::<usize>();
    if needed(&hints) <= room {
        return hints;
    }
    let mut last = hints;
    let mut first: Vec<_> = last.drain(..last.len().saturating_sub(2)).collect();
    for hint in last.iter_mut().filter(|hint| hint.action == Action::Palette) {
        hint.words = knowledge::word(model.lang, "hint.more");
    }
    while needed(&first) + needed(&last) > room && first.pop().is_some() {}
    while needed(&last) > room && last.len() > 1 {
        last.remove(0);
    }
    first.append(&mut last);
    first
}

/// At most seven, those of use now.
fn actions(model: &Model) -> &'static [Action] {
    use Action::{
        CatcherList, CatcherOpen, CatcherRelay, CatcherSwitch, Choose, Complete, CompleteLine,
        Connect, ContentView, Copy, Edit, EditOutside, EventBack, EventForward, Filter, Find,
        Hangup, Help, Insert, KeepAlive, Leave, LinkBack, LinkFollow, LinkNext, MessageShow,
        PageDown, Palette, PaneNext, PlanAdd, PlanEdit, PlanRun, PlanSkip, PlanStep, Prompt, Quit,
        ReplyNever, ReplyNotNow, ReplyRight, ReplyStrange, ReplyTake, Send, SendDraft, SessionNext,
        TravelBack, TravelForward, Zoom,
    };
    let open = model.session.dialogue.phase().is_open();
    match (&model.popup, model.focus) {
        (Some(Popup::Help(_)), _) => &[PageDown, Leave, Quit],
        (Some(Popup::Palette(_) | Popup::Candidates(_)), _) => &[Choose, Complete, Leave],
        (Some(_), _) => &[Choose, Leave],
        (None, _) if model.session.catcher.as_ref().is_some_and(|c| c.count().0 == 0) => {
            &[CatcherSwitch, Filter, Help, Palette, Quit]
        }
        (None, _) if model.session.catcher.is_some() => {
            &[CatcherOpen, CatcherSwitch, Filter, CatcherRelay, Help, Palette, Quit]
        }
        (None, Pane::Transcript | Pane::Content) if model.session.is_caught() => {
            &[Leave, ContentView, Find, Filter, Copy, Palette, Quit]
        }
        // Where one side covers the other, the way to that one comes first.
        (None, _) if model.editing().is_some() && model.panes().splitters.is_empty() => {
            &[PaneNext, SendDraft, Insert, Leave, EditOutside, Palette, Quit]
        }
        (None, _) if model.editing().is_some() => {
            &[SendDraft, Insert, Leave, PaneNext, EditOutside, Palette, Quit]
        }
        (None, _) if model.session.travels() => {
            &[Leave, TravelBack, TravelForward, EventBack, EventForward, Palette, Quit]
        }
        (None, Pane::Prompt) if model.session.recorded => {
            &[Help, PaneNext, Leave, ContentView, Palette, Quit]
        }
        (None, Pane::Prompt) if model.chooses_offers() => {
            &[ReplyRight, ReplyNotNow, ReplyNever, ReplyStrange, ReplyTake, Palette, Quit]
        }
        (None, Pane::Prompt) if model.session.hand.is_some() && open => {
            &[Help, Send, PaneNext, ContentView, Palette, Quit]
        }
        // This client is gone; others may wait.
        (None, Pane::Prompt) if model.session.hand.is_some() && !model.others.is_empty() => {
            &[Help, SessionNext, PaneNext, ContentView, Palette, Quit]
        }
        (None, Pane::Prompt) if model.session.hand.is_some() => {
            &[Help, PaneNext, ContentView, Palette, Quit]
        }
        (None, Pane::Prompt) if model.session.dialling => &[Help, PaneNext, Hangup, Palette, Quit],
        (None, Pane::Prompt) if model.session.dialogue.awaits_mail_data() => {
            &[Help, Send, Edit, CompleteLine, ContentView, Palette, Quit]
        }
        (None, Pane::Prompt) if model.session.dialogue.awaits_octets() => {
            &[Help, Send, CompleteLine, Leave, Palette, Quit]
        }
        (None, Pane::Prompt) if open => {
            &[Help, Send, CompleteLine, Leave, KeepAlive, Palette, Quit]
        }
        (None, Pane::Prompt) => &[Help, Connect, PaneNext, ContentView, Palette, Quit],
        (None, Pane::Transcript) if model.has_list_behind() => {
            &[CatcherList, Prompt, Find, Filter, Copy, Palette, Quit]
        }
        (None, Pane::Transcript) => &[Help, Prompt, Find, Filter, Copy, Palette, Quit],
        (None, Pane::Explain) => &[Help, Prompt, LinkNext, LinkFollow, LinkBack, Palette, Quit],
        (None, Pane::Plan) => &[PlanStep, PlanRun, PlanSkip, PlanEdit, PlanAdd, Palette, Quit],
        (None, Pane::Content) if model.session.view == model::ContentView::Thread => {
            &[Help, Prompt, MessageShow, ContentView, Find, Palette, Quit]
        }
        (None, Pane::Content) => &[Help, Prompt, Find, ContentView, Copy, Palette, Quit],
        _ => &[Help, Prompt, Find, Copy, Zoom, Palette, Quit],
    }
}
