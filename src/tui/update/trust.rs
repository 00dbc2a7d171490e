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

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::super::super::message::Message;
    use super::super::update;
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::facts::{CertificateFault, Verdict};
    use crate::journal::{Endpoints, Moment, Side, TlsFacts};
    use crate::knowledge::{self, Lang};

    fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
        update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// A session whose server has shown an expired certificate.
    fn doubted(insecure: bool) -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((80, 24), Lang::En, theme, keys);
        model.insecure = insecure;
        let bytes = |from, text: &str| Event::bytes(Moment(1), from, text.to_owned().into()).what;
        let faults = vec![CertificateFault::Expired];
        let verdict = Some(Verdict { name: "mx.example.net".to_owned(), at: 0, faults });
        for what in [
            Happening::Opened(Endpoints::default()),
            bytes(Side::Server, "220 mx\r\n"),
            bytes(Side::Client, "STARTTLS\r\nNOOP\r\n"),
            bytes(Side::Server, "220 go\r\n"),
            Happening::Secured(Box::new(TlsFacts { verdict, ..TlsFacts::default() })),
        ] {
            update(&mut model, Message::Heard(1, Event::new(Moment(1), what)));
        }
        model
    }

    #[test]
    fn nothing_is_sent_before_the_person_has_said_yes_with_enter() {
        let mut model = doubted(false);
        let asks = |model: &Model| matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Certificate);
        assert!(asks(&model));
        assert_eq!(press(&mut model, KeyCode::Esc), []);
        for c in "NOOP".chars() {
            press(&mut model, KeyCode::Char(c));
        }
        assert_eq!(press(&mut model, KeyCode::Enter), [], "it asks again");
        assert!(asks(&model));
        assert_eq!(press(&mut model, KeyCode::Char('g')), [], "a letter alone is too little");
        assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Trust(1)]);
        assert!(matches!(&press(&mut model, KeyCode::Enter)[..], [Effect::Say(1, _), ..]));
    }

    #[test]
    fn the_connection_is_closed_unless_it_is_trusted_and_some_are_not_asked() {
        assert_eq!(press(&mut doubted(false), KeyCode::Enter), [Effect::HangUp]);
        assert!(doubted(true).popup.is_none());
    }

    #[test]
    fn clear_text_behind_starttls_is_answered_by_nobody() {
        let model = doubted(true);
        assert!(model.session.dialogue.waiting().is_empty());
        assert!(model.session.dialogue.awaits_client());
    }
}
