//! The person answers a client: suggestions are chosen, taken into the line, or said.

use crossterm::event::KeyEvent;

use crate::display::keys::{Action, Layer};
use crate::journal::transcript::{Place, TranscriptError};
use crate::journal::{Ending, Happening, Moment};
use crate::speaker::Say;
use crate::speaker::hand::{self, Hand, Kind};

use super::super::catcher::{Catcher, Client, News};
use super::super::directive::cannot_talk;
use super::super::effect::Effect;
use super::super::hand::{Answering, has_begun};
use super::super::model::{Anchor, Model, Pane, Session};
use super::directive;

/// Where a line at the prompt begins.
const AT: Place = Place { line: 1, column: 1 };

/// A client has come to where the person answers: the number of its session, in front where nothing
/// else is under way there.
pub fn accepted(model: &mut Model, hand: Hand, place: String, client: String) -> usize {
    let waits = |session: &&Session| session.awaits_a_client() && !session.dialling;
    let waiting = model.sessions().find(waits).map(|session| session.id);
    let id = waiting.unwrap_or_else(|| model.add_session(String::new()));
    let idle = |session: &Session| {
        session.hand.is_some() && !session.dialogue.phase().is_open() && !session.dialling
    };
    let free = idle(&model.session) && model.popup.is_none() && model.prompt.text().is_empty();
    if let Some(session) = model.session_mut(id) {
        session.target = client;
        session.hand = Some(Box::new(Answering::new(hand, place)));
        // Until its connection is heard of, nobody else is to take its place.
        session.dialling = true;
    }
    if free {
        model.bring_to_front(id);
    }
    begin_list(model);
    id
}

/// From the second client on they are listed.
fn begin_list(model: &mut Model) {
    let answered = model.sessions().filter(|session| session.hand.is_some());
    let places: Vec<_> =
        answered.filter_map(|s| Some((s.id, s.hand.as_ref()?.place.clone()))).collect();
    let is_listed = model.sessions().any(|session| session.catcher.is_some());
    let [.., (_, place)] = &places[..] else { return };
    if is_listed || places.len() < 2 {
        return;
    }
    let list = model.add_session(place.clone());
    if let Some(session) = model.session_mut(list) {
        session.recorded = true;
        session.catcher = Some(Box::new(Catcher::answered()));
    }
    for (id, _) in places {
        list_again(model, id);
    }
}

/// The list of clients shows how the session of one of them stands.
pub(super) fn list_again(model: &mut Model, id: usize) {
    let is_list = |s: &&Session| s.catcher.as_ref().is_some_and(|catcher| catcher.by_hand);
    let Some(list) = model.sessions().find(is_list).map(|session| session.id) else { return };
    let Some(session) = model.session_mut(id) else { return };
    let Some(answering) = &session.hand else { return };
    session.caught = Some((list, id as u64));
    let seen = &session.dialogue;
    let moment = |at: Option<&(Moment, Happening)>| at.map_or(Moment(0), |(at, _)| *at);
    let (began, ended) = (moment(seen.notices().first()), moment(seen.notices().last()));
    let row = Client {
        number: id as u64,
        began,
        door: answering.place.as_str().into(),
        asks: session.is_asked(),
        ..Client::default()
    };
    let row = Box::new(row.seen(seen));
    let news = if row.lasted.is_some() {
        let row = Client { lasted: Some(ended.since(began)), ..*row };
        News::Over(Box::new(row), Box::new((session.past.clone(), seen.clone())))
    } else {
        News::Client(row)
    };
    super::catcher::take(model, list, vec![news]);
}

/// What a key does to suggestions; `None` if `action` is none of that.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if model.session.hand.is_none() {
        return only_here(model, action);
    }
    let chooses = model.chooses_offers();
    match action {
        Action::ReplyRight => return Some(say_first(model, Kind::Right)),
        Action::ReplyNotNow => return Some(say_first(model, Kind::NotNow)),
        Action::ReplyNever => return Some(say_first(model, Kind::Never)),
        Action::ReplyStrange => next_strange(model),
        Action::ReplyTake => take(model),
        Action::Up if chooses => step(model, -1),
        Action::Down if chooses => step(model, 1),
        Action::PageUp if chooses => step(model, -super::PAGE),
        Action::PageDown if chooses => step(model, super::PAGE),
        Action::Choose | Action::Send if chooses => return Some(say_chosen(model)),
        Action::CompleteLine if model.offers().is_some() => take(model),
        Action::CompleteLine | Action::Candidates => model.tell("hand.nothing-asked"),
        _ => return None,
    }
    Some(Vec::new())
}

/// Where somebody else answers, that is said.
fn only_here(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    is_of_replies(action).then(|| directive::told(model, "hand.only"))
}

const fn is_of_replies(action: Action) -> bool {
    use Action::{ReplyNever, ReplyNotNow, ReplyRight, ReplyStrange, ReplyTake};
    matches!(action, ReplyRight | ReplyNotNow | ReplyNever | ReplyStrange | ReplyTake)
}

/// What a key of suggestions does where none stand yet: it types nothing, and what comes next is not
/// answered unseen.
pub(super) fn too_early(model: &Model, key: KeyEvent) -> Option<Action> {
    let session = &model.session;
    let at_prompt = model.popup.is_none() && model.focus == Pane::Prompt;
    let empty = model.prompt.text().is_empty() && !has_begun(&session.dialogue);
    let now = !session.travels() && model.editing().is_none();
    let here = session.hand.is_some() && at_prompt && empty && now;
    model.keys.action(&[Layer::Reply], key).filter(|action| here && is_of_replies(*action))
}

fn step(model: &mut Model, by: isize) {
    if let Some(answering) = &mut model.session.hand {
        let last = answering.offers.len().saturating_sub(1);
        answering.chosen = answering.chosen.saturating_add_signed(by).min(last);
    }
}

/// The next strange one is chosen; the first follows the last.
fn next_strange(model: &mut Model) {
    if model.offers().is_none() {
        return model.tell("hand.nothing-asked");
    }
    super::browse::focus(model, Pane::Prompt);
    let Some(answering) = &mut model.session.hand else { return };
    let is_strange =
        |at: &usize| answering.offers.get(*at).is_some_and(|offer| offer.kind == Kind::Strange);
    let mut behind = (answering.chosen + 1..answering.offers.len()).filter(is_strange);
    let first = behind.next().or_else(|| answering.first(Kind::Strange));
    answering.chosen = first.unwrap_or(answering.chosen);
}

/// The chosen one stands in the line, to be changed.
fn take(model: &mut Model) {
    let line = model.offers().and_then(Answering::chosen).map(|offer| offer.line.clone());
    let Some(line) = line else { return model.tell("hand.nothing-asked") };
    super::browse::focus(model, Pane::Prompt);
    model.prompt.set(&line);
}

/// Number `at` of them is said, as a click does.
pub(super) fn say_number(model: &mut Model, at: usize) -> Vec<Effect> {
    if let Some(answering) = &mut model.session.hand {
        answering.chosen = at;
    }
    say_chosen(model)
}

fn say_first(model: &mut Model, kind: Kind) -> Vec<Effect> {
    match model.offers().and_then(|answering| answering.first(kind)) {
        Some(at) => say_number(model, at),
        None => directive::told(model, "hand.nothing-asked"),
    }
}

fn say_chosen(model: &mut Model) -> Vec<Effect> {
    let line = model.offers().and_then(Answering::chosen).map(|offer| offer.line.clone());
    let Some(line) = line else { return directive::told(model, "hand.nothing-asked") };
    say(model, &line)
}

/// Whether the line is one that only a person in a server's place says, or says in another way.
pub(super) fn slip(model: &Model) -> Option<TranscriptError> {
    hand::read(model.prompt.text(), AT).err()
}

/// A line is said: a reply, or what a directive says.
pub(super) fn say(model: &mut Model, line: &str) -> Vec<Effect> {
    if let Some(why) = cannot_talk(model) {
        return directive::refuse(model, why);
    }
    let Ok(said) = hand::read(line, AT) else { return Vec::new() };
    let id = model.session.id;
    model.session.anchor = Anchor::Follow;
    if let [Say::Limit(changes)] = said.as_slice() {
        return directive::limit(model, changes);
    }
    if said.iter().all(Say::is_nothing) {
        return directive::told(model, "message.nothing-sent");
    }
    model.session.answers();
    let [only] = said.as_slice() else { return vec![Effect::Reply(id, said)] };
    vec![match only {
        Say::Bytes(bytes) => Effect::Say(id, bytes.clone()),
        Say::Drip(drip) => Effect::Drip(id, drip.clone()),
        Say::Close(Ending::Finished) => Effect::HangUp,
        _ => Effect::Reply(id, said),
    }]
}

/// What stands in the prompt is said as it stands; what is empty only where a reply has begun.
pub(super) fn send(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_talk(model) {
        return directive::refuse(model, why);
    }
    if model.prompt.text().is_empty() && !has_begun(&model.session.dialogue) {
        return directive::told(model, "hand.nothing-typed");
    }
    let line = model.prompt.take(true);
    say(model, &line)
}
