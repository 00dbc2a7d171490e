//! A login, or a switch to TLS, that goes on by itself.

use crate::knowledge;
use crate::speaker::Errand;
use crate::speaker::login::Next;

use super::super::effect::Effect;
use super::super::model::{Anchor, Model};

/// Begins it.
pub(super) fn start(model: &mut Model, id: usize, errand: Errand) -> Vec<Effect> {
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    if let Errand::Login(login) = &errand {
        session.known_login = Some(login.clone());
    }
    session.errand = Some(errand);
    session.anchor = Anchor::Follow;
    go_on(model, id)
}

/// The next step of a session's errand, if it is its turn.
pub(super) fn go_on(model: &mut Model, id: usize) -> Vec<Effect> {
    let Some(session) = model.session_mut(id).filter(|s| s.is_trusted()) else { return Vec::new() };
    let Some(errand) = &mut session.errand else { return Vec::new() };
    let before = errand.remark();
    let next = errand.next(&session.dialogue);
    let remark = errand.remark().filter(|remark| before != Some(*remark));
    if matches!(next, Next::Over(_)) {
        session.errand = None;
    }
    if let Some((sentence, why)) = remark {
        tell(model, id, sentence, why);
    }
    match next {
        Next::Say(bytes) => vec![Effect::Say(id, bytes)],
        Next::Answer(bytes) => vec![Effect::Answer(id, bytes)],
        Next::Wait | Next::Over(_) => Vec::new(),
    }
}

/// Ends the errand of a session with a sentence, if there is one.
pub(super) fn give_up(model: &mut Model, id: usize, why: &'static str) {
    if let Some(errand) = model.session_mut(id).and_then(|session| session.errand.take()) {
        tell(model, id, errand.sentence(), why);
    }
}

fn tell(model: &mut Model, id: usize, sentence: &'static str, why: &'static str) {
    let why = knowledge::word(model.lang, why);
    let told = knowledge::fill(model.lang, sentence, &[("why", why)]);
    model.notice = Some(model.numbered(id, told));
}
