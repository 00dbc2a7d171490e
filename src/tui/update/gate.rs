//! Breakpoints, and what is held at the gate.

use std::num::NonZeroUsize;

use bytes::Bytes;

use crate::display::gate as shown;
use crate::journal::transcript::write_text;
use crate::knowledge;
use crate::session::pattern::Pattern;
use crate::speaker::Say;
use crate::speaker::gate::{self, Held, News, Release, Stop};

use super::super::effect::Effect;
use super::super::model::{AtGate, Model};
use super::plan;

/// What the gate of a session tells.
pub(super) fn heard(model: &mut Model, id: usize, news: News) {
    let lang = model.lang;
    let in_front = model.session.id == id;
    let Some(session) = model.session_mut(id) else { return };
    let told = match news {
        News::Held(held) => {
            session.at_gate = held.map(|held| at_gate(*held));
            if session.at_gate.is_some() {
                plan::stopped(session, true);
            }
            if in_front {
                // It is said below, with what can be done about it.
                model.notice = None;
                return;
            }
            let held = session.at_gate.as_ref().map(|held| held.breakpoint.to_string());
            let Some(breakpoint) = held else { return };
            knowledge::fill(lang, "gate.elsewhere", &[("breakpoint", &breakpoint)])
        }
        News::Stopped(breakpoint, at) => {
            plan::stopped(session, false);
            shown::stopped(&breakpoint, at, &session.dialogue, lang)
        }
    };
    model.notice = Some(if in_front { told } else { model.numbered(id, told) });
}

fn at_gate(held: Held) -> AtGate {
    let Held { say, secrets, why: Stop { breakpoint, exchange }, leaves } = held;
    let is_answer = matches!(say, Say::Answer(_));
    let bytes = match say {
        Say::Bytes(bytes) | Say::Answer(bytes) => bytes,
        say => Bytes::copy_from_slice(say.bytes()),
    };
    AtGate { bytes, is_answer, secrets, leaves, breakpoint, exchange }
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
    let id = model.session.id;
    let session = &mut model.session;
    let Some(held) = &session.at_gate else {
        return super::directive::told(model, "gate.nothing");
    };
    if let Release::After(_) = release {
        return vec![Effect::Release(id, release)];
    }
    let bytes = held.bytes.clone();
    let breaks_off = release.breaks_off(&bytes, &session.dialogue);
    session.at_gate = None;
    if let Some(planned) = &mut session.plan {
        planned.plan.leaves_as(match &release {
            Release::Dropped => 0,
            Release::Instead(other) => other.len(),
            Release::Twice => 2 * bytes.len(),
            Release::AsItIs | Release::After(_) | Release::InPieces(..) => bytes.len(),
        });
    }
    match &release {
        Release::Dropped => session.wrote(&bytes),
        Release::Instead(other) => {
            session.wrote(&bytes);
            session.gave_first(other);
        }
        Release::Twice => session.gave_first(&bytes),
        Release::InPieces(..) => session.drip = Some((0, bytes.len())),
        Release::AsItIs | Release::After(_) => {}
    }
    if release == Release::Dropped
        && let Some(queue) = &mut session.queue
    {
        queue.written();
    }
    let mut effects = vec![Effect::Release(id, release)];
    if breaks_off {
        super::errand::give_up(model, id, "errand.given-up");
        effects.extend(super::sending::stop(model).into_iter().flatten());
    }
    effects.extend(super::lines::next_line(model, id));
    effects
}

/// The largest thing that can be changed in a line.
const LINE: usize = 8 << 10;

/// What is held stands behind `:release as`, ready to be changed; a secret is not said again.
pub(super) fn edit(model: &mut Model) -> Vec<Effect> {
    let Some(held) = &model.session.at_gate else {
        return super::directive::told(model, "gate.nothing");
    };
    if held.bytes.len() > LINE {
        return super::directive::told(model, "gate.too-large");
    }
    let mut line = String::from(":release as ");
    if held.secrets.is_empty() || model.with_secrets {
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
