//! The list of what a server has: gone through, opened, said again elsewhere, cleared.

use crate::display::content::ContentView;
use crate::display::keys::Action;
use crate::knowledge;
use crate::session::Dialogue;

use super::super::catcher::listed::Row as _;
use super::super::catcher::sieve::Sieve;
use super::super::catcher::{Catcher, Listing, News};
use super::super::effect::Effect;
use super::super::model::{Anchor, Model, Pane, Session};
use super::super::popup::Asks;
use super::super::relay::{Elsewhere, Relayed};
use super::super::view::catcher::height;
use super::super::{relay, rows};
use super::{browse, directive, find, palette, sheet, transcript};

/// Does what concerns the list, and whatever is done while it is in front; `None` if `action` is for
/// others.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::CatcherList => return Some(to_list(model)),
        Action::CatcherRelay => return Some(ask_where(model)),
        Action::Leave if leads_back(model) => return Some(to_list(model)),
        _ => {}
    }
    let is_of_list = matches!(
        action,
        Action::CatcherOpen | Action::CatcherSwitch | Action::CatcherDelete | Action::CatcherClear
    );
    if model.session.catcher.is_none() {
        return is_of_list.then(|| directive::told(model, "catcher.not-list"));
    }
    if is_everywhere(action) {
        return None;
    }
    let effects = in_list(model, action);
    settle(model);
    Some(effects)
}

/// What is done whether a list or a talk is in front.
const fn is_everywhere(action: Action) -> bool {
    matches!(
        action,
        Action::Help
            | Action::Palette
            | Action::Theme
            | Action::Language
            | Action::Connect
            | Action::Hangup
            | Action::Suspend
            | Action::Redraw
            | Action::Screenshot
            | Action::Mouse
            | Action::Secrets
            | Action::Quit
            | Action::SessionNew
            | Action::SessionNext
            | Action::SessionPrevious
            | Action::SessionClose
            | Action::Choose
            | Action::Complete
    )
}

fn in_list(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = isize::try_from(height(model).saturating_sub(1)).unwrap_or(1).max(1);
    match action {
        Action::Up => step(model, -1),
        Action::Down => step(model, 1),
        Action::PageUp => step(model, -page),
        Action::PageDown => step(model, page),
        Action::Top => step(model, isize::MIN),
        Action::Follow => with(model, |catcher| match catcher.shows {
            Listing::Clients => catcher.clients.follow(),
            Listing::Mails => catcher.mails.follow(),
        }),
        Action::CatcherOpen => return open(model),
        Action::CatcherSwitch => with(model, Catcher::switch),
        Action::CatcherDelete => delete(model),
        Action::CatcherClear => {
            with(model, Catcher::clear);
            model.tell("catcher.cleared");
        }
        Action::Find | Action::Filter => find::open(model, Asks::Rows),
        Action::Copy => return copy(model),
        Action::Leave => sift(model, ""),
        _ => model.tell("catcher.not-here"),
    }
    Vec::new()
}

fn with(model: &mut Model, what: impl FnOnce(&mut Catcher)) {
    if let Some(catcher) = &mut model.session.catcher {
        what(catcher);
    }
}

/// Moves in the list in sight.
pub(super) fn step(model: &mut Model, by: isize) {
    with(model, |catcher| match catcher.shows {
        Listing::Clients => catcher.clients.step(by),
        Listing::Mails => catcher.mails.step(by),
    });
    settle(model);
}

/// Chooses the row at a place of the list in sight; whether it was chosen before.
pub(super) fn choose(model: &mut Model, index: usize) -> bool {
    let Some(catcher) = &mut model.session.catcher else { return false };
    let place = |catcher: &Catcher| match catcher.shows {
        Listing::Clients => catcher.clients.place(),
        Listing::Mails => catcher.mails.place(),
    };
    let before = place(catcher);
    match catcher.shows {
        Listing::Clients => catcher.clients.choose_at(index),
        Listing::Mails => catcher.mails.choose_at(index),
    }
    let again = before == place(catcher);
    settle(model);
    again
}

/// Keeps only those rows of the list in sight that fit.
pub(super) fn sift(model: &mut Model, line: &str) {
    let sieve = Sieve::read(line);
    with(model, |catcher| match catcher.shows {
        Listing::Clients => catcher.clients.sift(sieve),
        Listing::Mails => catcher.mails.sift(sieve),
    });
    settle(model);
}

/// What is in sight stays there when rows come.
fn settle(model: &mut Model) {
    let height = height(model);
    with(model, |catcher| {
        catcher.clients.settle(height);
        catcher.mails.settle(height);
    });
}

/// Takes what is new about the server that session `id` lists.
pub(super) fn take(model: &mut Model, id: usize, news: Vec<News>) {
    for news in news {
        // What is looked at in a tab of its own is needed there too.
        let over = match &news {
            News::Over(client, over) if is_seen(model, (id, client.number)) => {
                Some((client.number, over.clone()))
            }
            _ => None,
        };
        let Some(Session { catcher: Some(catcher), .. }) = model.session_mut(id) else { return };
        catcher.take(news);
        if let Some((number, over)) = over {
            is_over(model, (id, number), *over);
        }
    }
    if model.session.id == id {
        settle(model);
    }
}

fn is_seen(model: &Model, place: (usize, u64)) -> bool {
    model.sessions().any(|session| session.caught == Some(place))
}

/// A session that is looked at is over: what was not heard of it is there now.
fn is_over(model: &mut Model, place: (usize, u64), over: super::super::catcher::Over) {
    let mut sessions = std::iter::once(&mut model.session).chain(&mut model.others);
    let Some(session) = sessions.find(|session| session.caught == Some(place)) else { return };
    let empty = session.dialogue.connection() == 0;
    if session.loading || empty {
        let id = session.id;
        return super::loaded(model, id, over, None);
    }
    if !session.travels() && session.past.len() < over.0.len() {
        session.past = over.0;
    }
}

/// Opens what is chosen.
fn open(model: &mut Model) -> Vec<Effect> {
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
    let goes_on = client.is_some_and(|client| !client.is_over());
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
            Some(over) => super::loaded(model, id, over, None),
            None if goes_on => effects.push(Effect::Attend { session: id, of, client: number }),
            None => effects.push(Effect::Recall { session: id, of, client: number, file }),
        }
    } else {
        return directive::told(model, "catcher.gone");
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
pub(super) fn show_message(model: &mut Model) {
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

/// Whether Esc leads from a talk back to the list of it.
fn leads_back(model: &Model) -> bool {
    let session = &model.session;
    let inside = session.travels()
        || session.chosen_from.is_some()
        || model.find.is_some()
        || session.reads_messages()
        || session.at_gate.is_some();
    let zoomed = model.zoomed && model.focus == Pane::Explain;
    session.is_caught() && model.focus != Pane::Prompt && !inside && !zoomed
}

/// Brings the list to the front; what is only looked at is closed, since the list has it.
fn to_list(model: &mut Model) -> Vec<Effect> {
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
    let effects = if closes { super::sessions::close_front(model) } else { Vec::new() };
    model.bring_to_front(list);
    if let Some(catcher) = model.session.catcher.as_mut().filter(|_| view.is_some()) {
        // The next message is seen in the same way.
        catcher.view = view;
    }
    effects
}

/// Takes the chosen row off the list.
fn delete(model: &mut Model) {
    let Some(catcher) = &mut model.session.catcher else { return };
    let key = match (catcher.count().0, catcher.delete()) {
        (0, _) => "catcher.nothing",
        (_, true) => return,
        (_, false) => "catcher.goes-on",
    };
    model.tell(key);
}

/// Copies the words of the chosen row.
fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(catcher) = &model.session.catcher else { return Vec::new() };
    let line = super::super::view::catcher::line(model, catcher);
    if line.is_empty() {
        return directive::told(model, "catcher.nothing");
    }
    let what = knowledge::word(model.lang, "catcher.row").to_owned();
    vec![Effect::Copy { text: line.into(), what }]
}

/// Asks to which server the chosen message is to be said again.
fn ask_where(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = relay::cannot(model) {
        return directive::told(model, why);
    }
    palette::open(model, ":relay ", false);
    Vec::new()
}

/// `:relay TARGET`: a session with that server, and what is to be said there as a plan.
pub(super) fn relay(model: &mut Model, target: &str) -> Vec<Effect> {
    let target = target.to_owned();
    match relay::relayed(model) {
        Ok(Relayed::Steps(steps)) => vec![Effect::Relay(target, steps)],
        Ok(Relayed::Elsewhere(elsewhere)) => vec![Effect::Bring(elsewhere, target)],
        Err(why) => directive::told(model, why),
    }
}

/// A message was brought that is to be said to `target`; its session may have ended meanwhile, and is
/// kept then.
pub(super) fn brought(
    model: &mut Model,
    what: &Elsewhere,
    target: String,
    seen: Option<&Dialogue>,
) -> Vec<Effect> {
    let list = model.sessions().find(|session| session.id == what.of);
    let kept = list.and_then(|session| session.catcher.as_ref()?.kept.get(what.client));
    let steps = match seen.or_else(|| kept.map(|(_, seen)| seen)) {
        Some(seen) => relay::brought(model, seen, what.message),
        None => Err("catcher.gone"),
    };
    match steps {
        Ok(steps) => vec![Effect::Relay(target, steps)],
        Err(why) => directive::told(model, why),
    }
}
