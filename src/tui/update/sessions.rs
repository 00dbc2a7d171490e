//! Several sessions: opened, gone through, put side by side, closed.

use crate::display::keys::Action;
use crate::journal::Endpoints;

use super::super::effect::Effect;
use super::super::model::{Model, Pane};
use super::super::sessions::{BESIDE, is_practice};

/// Does what concerns several sessions; `None` if `action` does not.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::SessionNew => super::compose::prepare(model, "new"),
        Action::SessionNext => model.bring_to_front(model.neighbour(1)),
        Action::SessionPrevious => model.bring_to_front(model.neighbour(model.others.len())),
        Action::SessionBeside => beside(model),
        Action::SessionClose => return Some(close(model)),
        Action::SessionOtherEnd => return Some(other_end(model)),
        _ => return None,
    }
    Some(Vec::new())
}

/// Two transcripts side by side, and back.
fn beside(model: &mut Model) {
    if model.beside {
        model.beside = false;
    } else if model.others.is_empty() {
        model.tell("message.beside-alone");
    } else if model.size.0 < BESIDE {
        model.tell("message.beside-narrow");
    } else {
        model.beside = true;
        model.zoomed = false;
        if matches!(model.focus, Pane::Envelope | Pane::Content) {
            model.focus = Pane::Transcript;
        }
    }
}

/// Closes the session in front, its connection first; in a transaction it asks.
fn close(model: &mut Model) -> Vec<Effect> {
    if model.others.is_empty() {
        return super::leaving::quit(model);
    }
    if !super::lost_with(&model.session).is_empty() {
        super::leaving::close_session(model);
        return Vec::new();
    }
    close_front(model)
}

/// Closes the session in front, whatever it is in the middle of.
pub(super) fn close_front(model: &mut Model) -> Vec<Effect> {
    let Some(closed) = model.remove_front() else { return Vec::new() };
    // Of an empty one no file is left.
    let draft =
        closed.editor.map(|editor| Effect::LeaveDraft(closed.id, editor.text.rope().clone()));
    draft.into_iter().chain([Effect::Close(closed.id)]).collect()
}

/// What a session is to show cannot be had: its tab goes, and why is told.
pub(super) fn unopened(model: &mut Model, id: usize, told: String) -> Vec<Effect> {
    if !model.sessions().any(|session| session.id == id && session.loading) {
        // It was closed, or is there by now.
        return Vec::new();
    }
    model.notice = Some(told);
    if model.session.id == id && model.session.caught.is_some() {
        return super::catcher::to_list(model);
    }
    if model.session.id == id {
        return close_front(model);
    }
    model.others.retain(|session| session.id != id);
    vec![Effect::Close(id)]
}

/// Shows what the practice server of this program hears and says in the talk in front.
fn other_end(model: &mut Model) -> Vec<Effect> {
    let of = model.session.id;
    if let Some(shown) = model.others.iter().find(|s| s.other_end_of == Some(of)) {
        model.bring_to_front(shown.id);
        return Vec::new();
    }
    let dialogue = &model.session.dialogue;
    let ours = is_practice(&model.session.target) && !model.session.recorded;
    let ends = dialogue.endpoints().local.clone().zip(dialogue.endpoints().remote.clone());
    let Some((client, server)) = ends.filter(|_| ours && dialogue.phase().is_open()) else {
        model.tell("message.other-end");
        return Vec::new();
    };
    let session = model.add_session(model.session.target.clone());
    if let Some(session) = model.session_mut(session) {
        session.recorded = true;
        session.loading = true;
        session.other_end_of = Some(of);
    }
    model.bring_to_front(session);
    vec![Effect::Watch { session, client, server }]
}

/// A session was connected: the server's end of it, if it is looked at, is that of this talk.
pub(super) fn follow(model: &Model, id: usize, endpoints: &Endpoints) -> Option<Effect> {
    let session = model.sessions().find(|s| s.other_end_of == Some(id))?.id;
    let (client, server) = (endpoints.local.clone()?, endpoints.remote.clone()?);
    Some(Effect::Watch { session, client, server })
}
