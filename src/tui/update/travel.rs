//! Time travel: back, forward, to an exchange, and back to now. What says anything goes back to now
//! first.

use crate::display::keys::Action;
use crate::session::Stride;
use crate::session::card::Cards;

use super::super::directive::{Does, cannot_travel};
use super::super::effect::Effect;
use super::super::model::{Anchor, Contents, Model, Pane, Session};
use super::super::rows;
use super::super::travel::{Aside, Travel};

/// Does what moves in time; `false` if `action` does not.
pub(super) fn act(model: &mut Model, action: Action) -> bool {
    match action {
        Action::TravelBack => back(model, 1, Stride::Exchange),
        Action::TravelForward => forward(model, 1, Stride::Exchange),
        Action::EventBack => back(model, 1, Stride::Event),
        Action::EventForward => forward(model, 1, Stride::Event),
        Action::Leave if model.session.travels() => now(model),
        _ => return false,
    }
    true
}

/// Does what `:back`, `:forward`, `:exchange` and `:now` say.
pub(super) fn run(model: &mut Model, name: &str, argument: &str) -> Vec<Effect> {
    match (name, strides(argument), number(argument)) {
        ("back", Some((n, stride)), _) => back(model, n, stride),
        ("forward", Some((n, stride)), _) => forward(model, n, stride),
        ("exchange", _, Some(n)) => {
            let session = &model.session;
            let at = match n.checked_sub(1) {
                None => 0,
                Some(exchange) => session.past.answered(exchange, &session.dialogue),
            };
            show(model, at);
        }
        _ => now(model),
    }
    Vec::new()
}

/// How far: `3`, `3 events`, `event`, or one exchange.
pub(super) fn strides(argument: &str) -> Option<(usize, Stride)> {
    let mut words = argument.split_whitespace().peekable();
    let n = words.next_if(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let n = n.map_or(Some(1), |word| word.parse().ok())?;
    let stride = match words.next() {
        None | Some("exchange" | "exchanges") => Stride::Exchange,
        Some("event" | "events") => Stride::Event,
        Some(_) => return None,
    };
    words.next().is_none().then_some((n, stride))
}

/// The number behind `:exchange`.
pub(super) fn number(argument: &str) -> Option<usize> {
    argument.trim().parse().ok()
}

fn back(model: &mut Model, strides: usize, stride: Stride) {
    if let Some(why) = cannot_travel(model) {
        return model.tell(why);
    }
    match model.session.moment_before(strides, stride) {
        Some(at) => show(model, at),
        None => model.tell("travel.begins"),
    }
}

fn forward(model: &mut Model, strides: usize, stride: Stride) {
    if !model.session.travels() {
        return model.tell("travel.is-now");
    }
    show(model, model.session.moment_behind(strides, stride));
}

/// Shows the moment behind so many events.
fn show(model: &mut Model, at: usize) {
    let session = &mut model.session;
    if at >= session.past.len() {
        return now(model);
    }
    let seen = session.past.at(at, &session.dialogue);
    if let Some(travel) = &mut session.travel {
        (travel.seen, travel.at) = (seen, at);
    } else {
        let aside = Aside {
            anchor: session.anchor,
            followed: session.followed,
            cursor: session.cursor,
            tab: model.tab,
            read: session.read.clone(),
            threads: session.threads.take(),
            chosen: session.chosen.take(),
        };
        let left = session.dialogue.exchanges().len();
        session.travel = Some(Box::new(Travel { seen, at, left, aside }));
    }
    turn(session);
    session.anchor = Anchor::Follow;
    session.followed = rows::count(session.seen());
    // What is being filled then is what one wants to see.
    if let Some((_, mail_data)) = super::what_fills(session.seen())
        && !matches!(model.focus, Pane::Envelope | Pane::Content)
    {
        model.tab = if mail_data { Pane::Content } else { Pane::Envelope };
    }
}

/// Another moment is shown: nothing of the one before is.
fn turn(session: &mut Session) {
    session.cursor = None;
    session.chosen_from = None;
    session.articles.clear();
    session.link = None;
    session.explain_scroll = 0;
    session.envelope_scroll = 0;
    session.pointed = None;
    session.cards = Cards::default();
    let seen = session.seen();
    let of = |message: usize| {
        let known = seen.messages().get(message)?;
        Some((known.wire_len(), !seen.grows(message)))
    };
    let same = session.read.clone().those(|read| of(read.message) == Some(read.of));
    session.read = same;
    session.reading = None;
}

/// Back to now.
pub(super) fn now(model: &mut Model) {
    let session = &mut model.session;
    let Some(travel) = session.travel.take() else { return };
    session.read = Contents::default();
    turn(session);
    let aside = travel.aside;
    session.read = aside.read;
    session.threads = aside.threads;
    session.anchor = aside.anchor;
    session.cursor = aside.cursor;
    let same = session.dialogue.exchanges().len() == travel.left;
    session.chosen = aside.chosen.filter(|_| same);
    session.followed = match aside.anchor {
        Anchor::Follow => rows::count(&session.dialogue),
        Anchor::At { .. } => aside.followed,
    };
    // What has come since is what one wants to see.
    match super::what_fills(&session.dialogue).filter(|_| !same) {
        Some((_, true)) => model.tab = Pane::Content,
        Some((_, false)) => model.tab = Pane::Envelope,
        None => model.tab = aside.tab,
    }
}

/// The same, where something is said, which is said now.
pub(super) fn now_to_say(model: &mut Model) {
    if model.session.travels() {
        now(model);
        model.tell("travel.said-now");
    }
}

/// Whether `action` says something, or changes what is going to be said.
pub(super) fn says(model: &Model, action: Action) -> bool {
    use Action::{
        Back, Candidates, CompleteLine, Connect, Delete, DropDraft, Edit, EditHeld, EditOutside,
        End, HistoryBack, HistoryForward, HistorySearch, Insert, KeepAlive, KillEnd, KillStart,
        KillWord, KillWordForward, PlanRun, PlanStep, Redo, Release, Resend, Right, Send,
        SendDraft, Transpose, Undo, Yank,
    };
    let typing = model.focus == Pane::Prompt && model.popup.is_none();
    match action {
        Connect | DropDraft | Edit | EditHeld | EditOutside | Insert | KeepAlive | PlanRun
        | PlanStep | Release | Resend | SendDraft => true,
        Back | Candidates | CompleteLine | Delete | End | HistoryBack | HistoryForward
        | HistorySearch | KillEnd | KillStart | KillWord | KillWordForward | Redo | Right
        | Send | Transpose | Undo | Yank => typing,
        _ => false,
    }
}

/// The same of a directive.
pub(super) const fn is_said(does: Does) -> bool {
    use Does::{Attach, Break, Connect, Edit, Insert, Plan, Say, Verify};
    matches!(does, Connect | Say | Edit | Insert | Attach | Verify | Break | Plan)
}
