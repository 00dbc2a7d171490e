//! Lines that go out one by one, each behind the reply to the one before.

use crate::knowledge;
use crate::speaker::chunks;

use super::super::effect::Effect;
use super::super::model::Model;
use super::super::popup::{Asked, Popup};
use super::super::queue::Next;

/// Goes on with every queue.
pub(super) fn next_lines(model: &mut Model) -> Vec<Effect> {
    let ids: Vec<_> = model.sessions().map(|session| session.id).collect();
    ids.into_iter().flat_map(|id| next_line(model, id)).collect()
}

/// Whether a question is open whose answer may end a queue.
fn decides_queues(model: &Model) -> bool {
    let Some(Popup::Question(question)) = &model.popup else { return false };
    matches!(question.asked, Asked::Leave | Asked::CloseSession)
}

/// Sends the next line of a session's queue, if it is its turn.
pub(super) fn next_line(model: &mut Model, id: usize) -> Vec<Effect> {
    if decides_queues(model) {
        return Vec::new();
    }
    let Some(session) = model.session_mut(id).filter(|s| s.is_trusted()) else { return Vec::new() };
    if session.errand.is_some() {
        return Vec::new();
    }
    let Some(queue) = &mut session.queue else { return Vec::new() };
    match queue.next(&session.dialogue) {
        Next::Wait => {}
        Next::Line(line) => {
            let bytes = chunks::typed(line.as_bytes(), session.dialogue.octets_left());
            return vec![Effect::Say(id, bytes)];
        }
        Next::Done => session.queue = None,
        Next::Refused(code) => stop(model, id, "queue.refused", &code.to_string()),
        Next::Closed => stop(model, id, "queue.closed", ""),
    }
    Vec::new()
}

/// Ends the queue with a sentence; what was not sent can be yanked.
pub(super) fn stop(model: &mut Model, id: usize, why: &'static str, code: &str) {
    let Some(queue) = model.session_mut(id).and_then(|s| s.queue.take()) else { return };
    let (sent, total) = (queue.sent().to_string(), queue.total.to_string());
    let rest = queue.rest();
    let key = if rest.is_some() { "queue.stopped" } else { "queue.stopped.secret" };
    model.prompt.keep(rest.unwrap_or_default());
    let why = knowledge::fill(model.lang, why, &[("code", code)]);
    let values = [("why", why.as_str()), ("sent", &sent), ("total", &total)];
    let told = model.sentence(key, &values);
    model.notice = Some(model.numbered(id, told));
}
