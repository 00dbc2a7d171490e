//! The list of what a server has: gone through, opened, said again elsewhere, cleared.

mod opened;
mod relay;

use crate::display::keys::Action;
use crate::knowledge;

use super::super::catcher::sieve::Sieve;
use super::super::catcher::{Catcher, Listing, News};
use super::super::effect::Effect;
use super::super::model::{Model, Session};
use super::super::popup::Asks;
use super::super::view::catcher::height;
use super::{directive, find};
use opened::{is_over, is_seen, open};
pub(super) use opened::{show_message, to_list};
use relay::ask_where;
pub(super) use relay::{brought, relay};

/// Does what concerns the list, and whatever is done while it is in front; `None` if `action` is for
/// others.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::CatcherList => return Some(to_list(model)),
        Action::CatcherRelay => return Some(ask_where(model)),
        Action::Leave if model.leads_to_list() => return Some(to_list(model)),
        _ => {}
    }
    let is_of_list = matches!(
        action,
        Action::CatcherOpen | Action::CatcherSwitch | Action::CatcherDelete | Action::CatcherClear
    );
    if model.session.catcher.is_none() {
        return is_of_list.then(|| directive::told(model, model.why_no_list()));
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

/// Scrolls the list in sight.
pub(super) fn scroll(model: &mut Model, by: isize) {
    let height = height(model);
    with(model, |catcher| match catcher.shows {
        Listing::Clients => catcher.clients.scroll(by, height),
        Listing::Mails => catcher.mails.scroll(by, height),
    });
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
