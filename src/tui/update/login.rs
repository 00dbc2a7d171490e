//! A login that goes on by itself: its password, its steps, its end.

use crate::display::keys::Action;
use crate::knowledge;
use crate::speaker::login::Next;
use crate::speaker::{Login, Secret, Seed};

use super::super::effect::Effect;
use super::super::model::{Anchor, Model};
use super::super::popup::{Password, Popup};
use super::super::prompt::Prompt;

/// Begins it, or asks for the password first.
pub(super) fn begin(
    model: &mut Model,
    session: usize,
    mut login: Login,
    secret: Result<Option<Secret>, String>,
    seed: Seed,
) -> Vec<Effect> {
    match secret {
        Ok(Some(secret)) => {
            login.supply(secret, seed);
            start(model, session, login)
        }
        Ok(None) => {
            super::close(model);
            let password = Password { session, login, seed, line: Prompt::default() };
            model.popup = Some(Popup::Password(Box::new(password)));
            Vec::new()
        }
        Err(why) => {
            model.notice = Some(why);
            Vec::new()
        }
    }
}

/// What the popup makes of an action; `None` closes it.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if action != Action::Choose {
        return Some(Vec::new());
    }
    let Some(Popup::Password(password)) = model.popup.take() else { return None };
    let Password { session, mut login, seed, line } = *password;
    login.supply(Secret::new(line.text()), seed);
    Some(start(model, session, login))
}

fn start(model: &mut Model, id: usize, login: Login) -> Vec<Effect> {
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    session.login = Some(login);
    session.anchor = Anchor::Follow;
    go_on(model, id)
}

/// The next step of a session's login, if it is its turn.
pub(super) fn go_on(model: &mut Model, id: usize) -> Vec<Effect> {
    let Some(session) = model.session_mut(id).filter(|s| s.is_trusted()) else { return Vec::new() };
    let Some(login) = &mut session.login else { return Vec::new() };
    match login.next(&session.dialogue) {
        Next::Say(bytes) => return vec![Effect::Say(id, bytes)],
        Next::Wait => {}
        Next::Over(_) => {
            let fault = login.fault();
            session.login = None;
            if let Some(fault) = fault {
                remark(model, id, fault.key());
            }
        }
    }
    Vec::new()
}

/// Ends the login of a session with a sentence, if there is one.
pub(super) fn give_up(model: &mut Model, id: usize, why: &'static str) {
    if model.session_mut(id).is_some_and(|session| session.login.take().is_some()) {
        remark(model, id, why);
    }
}

fn remark(model: &mut Model, id: usize, why: &'static str) {
    let why = knowledge::word(model.lang, why);
    let told = knowledge::fill(model.lang, "login.remark", &[("why", why)]);
    model.notice = Some(model.numbered(id, told));
}
