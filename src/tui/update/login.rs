//! The password of a login, before it begins.

use crate::display::keys::Action;
use crate::speaker::{Errand, Login, Secret, Seed};

use super::super::effect::Effect;
use super::super::model::Model;
use super::super::popup::{Password, Popup};
use super::super::prompt::Prompt;
use super::errand;

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
            errand::start(model, session, Errand::Login(login))
        }
        Ok(None) if let Some(known) = known(model, session, &login) => {
            login.supply(known, seed);
            errand::start(model, session, Errand::Login(login))
        }
        Ok(None) => {
            super::close(model);
            let password = Password { session, login, seed, line: Prompt::default() };
            model.popup = Some(Popup::Password(Box::new(password)));
            Vec::new()
        }
        Err(why) => {
            super::plan::failed(model, session);
            model.notice = Some(why);
            Vec::new()
        }
    }
}

/// The password that was typed for the same login before, where a plan does it once more.
fn known(model: &mut Model, session: usize, login: &Login) -> Option<Secret> {
    let session = model.session_mut(session)?;
    let again = session.plan.as_ref().is_some_and(|planned| planned.plan.is_running());
    let known = session.known_login.as_ref().filter(|_| again)?;
    let same = known.mechanism() == login.mechanism() && known.user() == login.user();
    same.then(|| known.secret().clone())
}

/// What the popup makes of an action; `None` closes it.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    if action != Action::Choose {
        return Some(Vec::new());
    }
    let Some(Popup::Password(password)) = model.popup.take() else { return None };
    let Password { session, mut login, seed, line } = *password;
    login.supply(Secret::new(line.text()), seed);
    Some(errand::start(model, session, Errand::Login(login)))
}
