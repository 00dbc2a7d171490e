//! A session of a server, opened from the list, heard while it goes on, and left again.

use crate::display::content::ContentView;

use super::super::super::catcher::Over;
use super::super::super::catcher::listed::Row as _;
use super::super::super::effect::Effect;
use super::super::super::model::{Anchor, Model, Pane};
use super::super::super::rows;
use super::super::{browse, directive, loaded, sessions, sheet, transcript};

pub(super) fn is_seen(model: &Model, place: (usize, u64)) -> bool {
    model.sessions().any(|session| session.caught == Some(place))
}

/// A session that is looked at is over: what was not heard of it is there now.
pub(super) fn is_over(model: &mut Model, place: (usize, u64), over: Over) {
    let mut sessions = std::iter::once(&mut model.session).chain(&mut model.others);
    let Some(session) = sessions.find(|session| session.caught == Some(place)) else { return };
    let empty = session.dialogue.connection() == 0;
    if session.loading || empty {
        let id = session.id;
        return loaded(model, id, over, None);
    }
    if !session.travels() && session.past.len() < over.0.len() {
        session.past = over.0;
    }
}

/// Opens what is chosen.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(catcher) = &model.session.catcher else { return Vec::new() };
    let Some((number, message)) = catcher.chosen() else {
        return directive::told(model, "catcher.nothing");
    };
    open_client(model, number, message)
}

/// Opens session `number` of the server in front, at a message of it or as a whole.
fn open_client(model: &mut Model, number: u64, message: Option<usize>) -> Vec<Effect> {
    let of = model.session.id;
    let Some(catcher) = &model.session.catcher else { return Vec::new() };
    let client = catcher.clients.get(number);
    if client.is_some_and(|client| client.away.is_some()) {
        return directive::told(model, "catcher.was-away");
    }
    let over = catcher.kept.get(number).cloned();
    let why_gone = catcher.why_gone(number).unwrap_or("catcher.gone");
    let goes_on = client.is_some_and(|client| {
        // What is over, but was not told of yet, is told of in a moment.
        !client.is_over() || (client.heard.is_none() && !catcher.shelved)
    });
    let target = client.map(|client| client.peer().to_owned()).unwrap_or_default();
    let view = catcher.view.unwrap_or(ContentView::Body);
    let known = model.others.iter().find(|session| session.caught == Some((of, number)));
    let answers = catcher.by_hand;
    let file = message.and_then(|_| Some(catcher.mails.chosen()?.file.clone()));
    let file = file.filter(|file| !file.is_empty());
    let mut effects = Vec::new();
    if let Some(known) = known.map(|session| session.id) {
        model.bring_to_front(known);
        if answers && message.is_none() {
            browse::focus(model, Pane::Prompt);
            return effects;
        }
    } else if over.is_some() || catcher.shelved || (goes_on && !answers) {
        let id = model.add_session(format!("#{number} {target}").trim_end().to_owned());
        if let Some(session) = model.session_mut(id) {
            session.recorded = true;
            session.caught = Some((of, number));
            session.loading = over.is_none();
            session.chosen = message;
            if message.is_some() {
                session.view = view;
            }
            if !goes_on {
                session.anchor = Anchor::At { row: 0, skip: 0 };
            }
        }
        model.bring_to_front(id);
        match over {
            Some(over) => loaded(model, id, over, None),
            None if goes_on => effects.push(Effect::Attend { session: id, of, client: number }),
            None => effects.push(Effect::Recall { session: id, of, client: number, file }),
        }
    } else {
        return directive::told(model, why_gone);
    }
    browse::focus(model, Pane::Transcript);
    model.session.followed = rows::count(model.session.seen());
    if message.is_some() {
        model.session.chosen = message;
        show_message(model);
    }
    effects
}

/// Shows the message that is chosen, with what was said of it beside it.
pub(in super::super) fn show_message(model: &mut Model) {
    let Some(message) = model.session.chosen else { return };
    let transaction = model.session.dialogue.envelope().carrying(message);
    let exchange = transaction.map(|transaction| transaction.exchange);
    let row = exchange.and_then(|exchange| sheet::row_of(&model.session, exchange));
    if let Some(row) = row {
        browse::focus(model, Pane::Transcript);
        transcript::reveal(model, row);
        let above = Anchor::At { row, skip: 0 };
        model.session.anchor = above;
    }
    // Which message it is was said by the person, and not by the row.
    model.session.chosen = Some(message);
    model.session.followed = rows::count(model.session.seen());
    browse::focus(model, Pane::Content);
}

/// Brings the list to the front; what is only looked at is closed, since the list has it.
pub(in super::super) fn to_list(model: &mut Model) -> Vec<Effect> {
    let list = match model.session.caught {
        Some((of, _)) => Some(of),
        None => model.sessions().find(|s| s.catcher.is_some()).map(|s| s.id),
    };
    let Some(list) = list.filter(|id| *id != model.session.id) else {
        if model.session.catcher.is_none() {
            model.tell("catcher.none");
        }
        return Vec::new();
    };
    let closes = model.session.caught.is_some() && model.session.recorded;
    let view = model.session.chosen.map(|_| model.session.view);
    let effects = if closes { sessions::close_front(model) } else { Vec::new() };
    model.bring_to_front(list);
    if let Some(catcher) = model.session.catcher.as_mut().filter(|_| view.is_some()) {
        // The next message is seen in the same way.
        catcher.view = view;
    }
    effects
}
