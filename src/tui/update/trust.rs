//! A certificate that cannot be trusted: nothing is sent before the person has said so, and what
//! goes on by itself waits for that.

use crate::journal::{Event, Happening};

use super::super::effect::Effect;
use super::super::model::{Model, Session, Trust};
use super::super::popup::{Answer, Asked, Popup};
use super::{errand, lines, question, sending};

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

/// Asks once more, and keeps the line that is to be sent; what the palette has put aside for it can
/// be yanked.
pub(super) fn ask_again(model: &mut Model) {
    model.session.trust = Trust::ToAsk;
    if let Some(Popup::Palette(palette)) = &model.popup {
        let draft = palette.draft.text().to_owned();
        if !draft.is_empty() && !palette.draft.held_secret() && !model.session.hides_in(&draft) {
            model.prompt.keep(draft);
        }
        model.popup = None;
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

/// The person has decided: what waited goes on, or is dropped.
pub(super) fn decide(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let id = model.session.id;
    if answer == Answer::Trust {
        model.session.trust = Trust::Given;
        let goes_on = super::go_on(model, id);
        return [Effect::Trust(id)].into_iter().chain(goes_on).collect();
    }
    lines::stop(model, id, "certificate.refused", "");
    sending::end(model, id, "editor.untrusted", None);
    errand::give_up(model, id, "certificate.refused");
    vec![Effect::HangUp]
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::super::super::message::Message;
    use super::super::super::queue::Queue;
    use super::super::super::sending::{Pieces, Sending, Way};
    use super::super::update;
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::facts::{CertificateFault, Verdict};
    use crate::journal::{Moment, Side, TlsFacts};
    use crate::knowledge::{self, Lang};
    use crate::speaker::login::Credentials;
    use crate::speaker::{Login, Secret, Seed};

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
            Happening::Opened(Box::default()),
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

    /// The same, where lines, a login or a draft wait.
    fn waiting(what: &str) -> Model {
        let mut model = doubted(false);
        press(&mut model, KeyCode::Esc);
        let dialogue = &model.session.dialogue;
        if what == "draft" {
            model.session.go_on_with("x");
            model.session.write().open = false;
            let draft = model.session.write().text.revision();
            let pieces = Pieces::of("x", Way::Data);
            let dialogue = &model.session.dialogue;
            model.session.sending = Some(Sending::new(pieces, Some(draft), dialogue, Moment(1)));
        } else if what == "login" {
            let mut login = Login::new("EXTERNAL", Credentials::default(), Some(true));
            login.supply(Secret::default(), Seed::default());
            let secret = Ok(Some(Secret::default()));
            let message = Message::LogsIn {
                session: 1,
                login: Box::new(login),
                secret,
                seed: Seed::default(),
            };
            assert_eq!(update(&mut model, message), []);
        } else {
            model.session.queue = Some(Queue::new("NOOP\nHELP", dialogue));
        }
        let late = Event::bytes(Moment(1), Side::Server, "250 late\r\n".into());
        assert_eq!(update(&mut model, Message::Heard(1, late)), []);
        press(&mut model, KeyCode::Enter);
        model
    }

    #[test]
    fn what_goes_on_by_itself_waits_for_the_answer() {
        for (what, line) in
            [("lines", "NOOP\r\n"), ("login", "AUTH EXTERNAL =\r\n"), ("draft", "DATA\r\n")]
        {
            let mut model = waiting(what);
            assert_eq!(press(&mut model, KeyCode::Char('g')), []);
            let said = Effect::Say(1, line.into());
            assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Trust(1), said]);
        }
    }

    #[test]
    fn what_waits_is_dropped_with_a_remark_where_the_answer_is_no() {
        for (what, told) in
            [("lines", "lines sent: 0 of 2"), ("login", "login: "), ("draft", "the draft is kept")]
        {
            let mut model = waiting(what);
            assert_eq!(press(&mut model, KeyCode::Enter), [Effect::HangUp]);
            let notice = model.notice.clone().unwrap_or_default();
            assert!(notice.contains("the certificate is not trusted"), "{notice}");
            assert!(notice.contains(told), "{notice}");
            assert!(!model.session.goes_on() && model.session.errand.is_none());
        }
    }
}
