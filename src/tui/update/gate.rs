//! Breakpoints, and what is held at the gate.

use std::num::NonZeroUsize;

use crate::display::gate as shown;
use crate::journal::transcript::write_text;
use crate::knowledge;
use crate::session::pattern::Pattern;
use crate::speaker::Say;
use crate::speaker::gate::{self, Held, News, Release, Stop};

use super::super::effect::Effect;
use super::super::model::{AtGate, Model};

/// What the gate of a session tells.
pub(super) fn heard(model: &mut Model, id: usize, news: News) {
    let lang = model.lang;
    let in_front = model.session.id == id;
    let Some(session) = model.session_mut(id) else { return };
    match news {
        News::Held(held) => session.at_gate = held.map(|held| at_gate(*held)),
        News::Stopped(stop) => {
            let at = stop.exchange.unwrap_or_default();
            let told = shown::stopped(&stop.breakpoint, at, &session.dialogue, lang);
            if in_front {
                model.notice = Some(told);
            }
        }
    }
}

fn at_gate(held: Held) -> AtGate {
    let Stop { breakpoint, exchange } = held.why;
    let is_answer = matches!(held.say, Say::Answer(_));
    AtGate { bytes: held.say.bytes().to_vec().into(), is_answer, breakpoint, exchange }
}

/// Sets a breakpoint; without a pattern, says which there are.
pub(super) fn set(model: &mut Model, breakpoint: Option<Pattern>) -> Vec<Effect> {
    let Some(breakpoint) = breakpoint else {
        model.notice = Some(shown::list(&model.breakpoints, model.lang));
        return Vec::new();
    };
    gate::add(&mut model.breakpoints, breakpoint);
    changed(model)
}

/// Removes a breakpoint, or all.
pub(super) fn unset(model: &mut Model, n: Option<NonZeroUsize>) -> Vec<Effect> {
    if gate::remove(&mut model.breakpoints, n) {
        return changed(model);
    }
    let (n, count) = (n.map_or(0, NonZeroUsize::get), model.breakpoints.len());
    let values = [("n", &*n.to_string()), ("count", &count.to_string())];
    model.notice = Some(knowledge::fill(model.lang, "gate.no-such", &values));
    Vec::new()
}

fn changed(model: &mut Model) -> Vec<Effect> {
    model.notice = Some(shown::list(&model.breakpoints, model.lang));
    vec![Effect::Breakpoints(model.breakpoints.clone())]
}

/// Lets go what is held in the session in front.
pub(super) fn release(model: &mut Model, release: Release) -> Vec<Effect> {
    let session = &mut model.session;
    let Some(held) = session.at_gate.take() else {
        return super::directive::told(model, "gate.nothing");
    };
    let bytes = &held.bytes;
    match &release {
        Release::Dropped => session.wrote(bytes),
        Release::Instead(other) => {
            session.wrote(bytes);
            session.gave(other);
        }
        Release::Twice => session.gave(bytes),
        Release::InPieces(..) => session.drip = Some((0, bytes.len())),
        Release::AsItIs | Release::After(_) => {}
    }
    if release == Release::Dropped
        && let Some(queue) = &mut session.queue
    {
        queue.written();
    }
    let id = session.id;
    let mut effects = vec![Effect::Release(id, release)];
    effects.extend(super::lines::next_line(model, id));
    effects
}

/// What is held stands behind `:release as`, ready to be changed; a secret is not said again.
pub(super) fn edit(model: &mut Model) -> Vec<Effect> {
    let Some(held) = &model.session.at_gate else {
        return super::directive::told(model, "gate.nothing");
    };
    let mut line = String::from(":release as ");
    let foreseen = model.session.dialogue.foreseen(&held.bytes);
    let is_secret = held.is_answer || foreseen.iter().any(|exchange| exchange.secret.is_some());
    if !is_secret || model.with_secrets {
        if let Some(text) = held.bytes.strip_suffix(b"\r\n") {
            write_text(&mut line, text, true);
        } else {
            write_text(&mut line, &held.bytes, true);
            line.push_str("\\c");
        }
    }
    super::palette::open(model, &line, false);
    Vec::new()
}
