//! A message of the list, said to another server.

use crate::session::Dialogue;

use super::super::super::effect::Effect;
use super::super::super::model::Model;
use super::super::super::relay::{self, Elsewhere, Relayed};
use super::super::{directive, palette};

/// Asks to which server the chosen message is to be said again.
pub(super) fn ask_where(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = relay::cannot(model) {
        return directive::told(model, why);
    }
    palette::open(model, ":relay ", false);
    Vec::new()
}

/// `:relay TARGET`: a session with that server, and what is to be said there as a plan.
pub(in super::super) fn relay(model: &mut Model, target: &str) -> Vec<Effect> {
    let target = target.to_owned();
    match relay::relayed(model) {
        Ok(Relayed::Steps(steps)) => vec![Effect::Relay(target, steps)],
        Ok(Relayed::Elsewhere(elsewhere)) => vec![Effect::Bring(elsewhere, target)],
        Err(why) => directive::told(model, why),
    }
}

/// A message was brought that is to be said to `target`; its session may have ended meanwhile, and is
/// kept then.
pub(in super::super) fn brought(
    model: &mut Model,
    what: &Elsewhere,
    target: String,
    seen: Option<&Dialogue>,
) -> Vec<Effect> {
    let list = model.sessions().find(|session| session.id == what.of);
    let catcher = list.and_then(|session| session.catcher.as_ref());
    let kept = catcher.and_then(|catcher| catcher.kept.get(what.client));
    let why_gone = || catcher.and_then(|catcher| catcher.why_gone(what.client));
    let steps = match seen.or_else(|| kept.map(|(_, seen)| seen)) {
        Some(seen) => relay::brought(model, seen, what.message),
        None => Err(why_gone().unwrap_or("catcher.not-found")),
    };
    match steps {
        Ok(steps) => vec![Effect::Relay(target, steps)],
        Err(why) => directive::told(model, why),
    }
}
