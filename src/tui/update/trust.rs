//! A certificate that cannot be trusted: nothing is sent before the person has said so.

use crate::journal::{Event, Happening};

use super::super::effect::Effect;
use super::super::model::{Model, Session, Trust};
use super::super::popup::{Answer, Asked, Popup};
use super::question;

/// A session has heard something.
pub(super) fn heard(session: &mut Session, event: &Event, insecure: bool) {
    match &event.what {
        Happening::Secured(facts) if !facts.faults().is_empty() && !insecure => {
            session.trust = Trust::ToAsk;
        }
        Happening::Opened(_) | Happening::Closed { .. } => session.trust = Trust::Given,
        _ => {}
    }
}

/// Asks, or closes a question that is about nothing any more.
pub(super) fn ask(model: &mut Model) {
    let asked = matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Certificate);
    match model.session.trust {
        Trust::ToAsk if model.popup.is_none() => {
            model.session.trust = Trust::Asked;
            question::ask(model, Asked::Certificate);
        }
        Trust::Given if asked => model.popup = None,
        _ => {}
    }
}

/// The person has decided.
pub(super) fn decide(model: &mut Model, answer: Answer) -> Vec<Effect> {
    if answer == Answer::Trust {
        model.session.trust = Trust::Given;
        return vec![Effect::Trust(model.session.id)];
    }
    vec![Effect::HangUp]
}
