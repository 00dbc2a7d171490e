//! Leaving, and closing a session: what would be lost, and how a session is left with QUIT.

use bytes::Bytes;

use crate::smtp::code::Class;
use crate::smtp::verb::Verb;

use super::super::effect::Effect;
use super::super::model::{Model, Session};
use super::super::popup::{Answer, Asked, Popup};
use super::super::queue::Queue;
use super::lines::next_lines;
use super::question::ask;

/// Leaves; where something would be lost it asks how, and the second time leaves at once.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    let asked = matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Leave);
    let loses = model.sessions().any(|session| !lost_with(session).is_empty());
    let ask_first = model.confirm_quit && model.parting.is_empty() && loses;
    if asked || !ask_first {
        return vec![Effect::Quit];
    }
    ask(model, Asked::Leave);
    Vec::new()
}

/// What would be lost with a session: keys of sentences.
pub fn lost_with(session: &Session) -> Vec<&'static str> {
    let dialogue = &session.dialogue;
    let transaction = match dialogue.phase() {
        // The client still has what was not answered.
        _ if session.recorded || session.hand.is_some() => None,
        _ if dialogue.may_have_ended_message() => Some("question.unknown"),
        phase => phase.in_transaction().then_some("question.open"),
    };
    let served = session
        .catcher
        .as_ref()
        .is_some_and(|catcher| !catcher.by_hand && catcher.in_transaction() > 0);
    let served = served.then_some("catcher.in-transaction");
    let queue = session.queue.is_some().then_some("question.queue");
    let unkept = session.editor.as_ref().filter(|e| e.unkept.is_some() && !e.text.is_empty());
    let draft = unkept.map(|_| "editor.unkept.ask");
    transaction.into_iter().chain(served).chain(queue).chain(draft).collect()
}

/// Why nobody can leave with QUIT: it is a command in no session, or what becomes of a message is
/// not known yet.
pub(super) fn cannot_quit(model: &Model) -> Option<&'static str> {
    let ours = |s: &&Session| !s.recorded && s.hand.is_none();
    let talking = || model.sessions().filter(|s| s.dialogue.phase().is_open()).filter(ours);
    if talking().any(|session| session.dialogue.may_have_ended_message()) {
        Some("header.wait")
    } else if model.sessions().any(hears_quit) {
        None
    } else if talking().any(|session| session.dialogue.awaits_mail_data()) {
        Some("question.inside-message")
    } else {
        Some("header.wait")
    }
}

/// Whether QUIT would be a command in this session; while a reply is missing nobody knows.
fn hears_quit(session: &Session) -> bool {
    let dialogue = &session.dialogue;
    let text = dialogue.awaits_mail_data() || dialogue.awaits_login() || dialogue.awaits_octets();
    let writing = session.queue.as_ref().is_some_and(Queue::is_writing);
    let ours = session.is_trusted() && !session.recorded && session.hand.is_none();
    dialogue.awaits_client() && ours && !text && !writing
}

/// Closes a question that is about nothing any more, and says so.
pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    let Some(Popup::Question(question)) = &model.popup else { return Vec::new() };
    let settled = match question.asked {
        Asked::Leave => model.sessions().all(|session| lost_with(session).is_empty()),
        Asked::CloseSession => lost_with(&model.session).is_empty(),
        _ => false,
    };
    if !settled {
        return Vec::new();
    }
    model.popup = None;
    model.tell("question.settled");
    next_lines(model)
}

pub(super) fn leave(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Quit => part(model),
        Answer::Close => vec![Effect::Quit],
        _ => next_lines(model),
    }
}

/// Sends QUIT wherever it is a command, and nothing more anywhere.
fn part(model: &mut Model) -> Vec<Effect> {
    let open = |s: &&Session| s.dialogue.phase().is_open() && !s.recorded;
    let (hear, others): (Vec<_>, Vec<_>) =
        model.sessions().filter(open).partition(|s| hears_quit(s));
    let quit = |s: &Session| Effect::Say(s.id, Bytes::from_static(b"QUIT\r\n"));
    let quits = hear.iter().map(|s| quit(s)).chain(others.iter().map(|s| Effect::Close(s.id)));
    let effects: Vec<_> = quits.collect();
    model.parting = hear.iter().map(|s| s.id).collect();
    let ids: Vec<_> = model.sessions().map(|s| s.id).collect();
    let queues = ids.into_iter().filter_map(|id| model.session_mut(id)?.queue.take());
    let rest: Vec<_> = queues.collect::<Vec<_>>().into_iter().filter_map(Queue::rest).collect();
    if !rest.is_empty() {
        model.prompt.keep(rest.join("\n"));
    }
    model.tell("question.parting");
    effects
}

/// Leaves once every session to which QUIT was sent is closed; stays if one of them refuses it.
pub(super) fn parted(model: &mut Model, id: usize) -> Option<Effect> {
    if !model.parting.contains(&id) {
        return None;
    }
    let dialogue = &model.session_mut(id)?.dialogue;
    let last = dialogue.exchanges().iter().rev().find(|e| e.reply.is_some());
    let refused = last.is_some_and(|e| {
        e.verb() == Some(&Verb::Quit)
            && e.reply.as_ref().is_some_and(|r| r.class() != Class::Positive)
    });
    if refused {
        model.parting.clear();
        model.tell("question.quit-refused");
    } else if !dialogue.phase().is_open() {
        model.parting.retain(|parting| *parting != id);
        return model.parting.is_empty().then_some(Effect::Quit);
    }
    None
}

/// Asks before the session in front is closed in the middle of a transaction.
pub(super) fn close_session(model: &mut Model) {
    ask(model, Asked::CloseSession);
}
