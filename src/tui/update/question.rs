//! Questions that only the person can answer: the answers, and what each of them does.

use crate::display::keys::Action;

use super::super::directive::{UNTRUSTED, cannot_send, something_leaves};
use super::super::effect::Effect;
use super::super::model::Model;
use super::super::popup::{Answer, Asked, Popup, Question};
use super::directive;
use super::leaving::{cannot_quit, leave};
use super::lines::next_lines;
use super::pasting::{has_directives, send};

/// Asks.
pub(super) fn ask(model: &mut Model, asked: Asked) {
    super::close(model);
    let chosen = harmless(&answers(model, &asked));
    model.popup = Some(Popup::Question(Question { asked, chosen, typing: false }));
}

/// The answer that is chosen as long as nobody has chosen another.
fn harmless(answers: &[Answer]) -> usize {
    answers.iter().position(|answer| !answer.needs_enter()).unwrap_or_default()
}

/// Why an answer cannot be given now: the key of a sentence.
pub fn reason(model: &Model, asked: &Asked, answer: Answer) -> Option<&'static str> {
    let dialogue = &model.session.dialogue;
    match (asked, answer) {
        (Asked::SendDraft { .. }, _) => super::sending::reason(model, answer),
        (_, Answer::Quit) => cannot_quit(model),
        (Asked::Paste(text), Answer::OneByOne | Answer::Together)
            if has_directives(text) && !dialogue.awaits_mail_data() =>
        {
            Some("question.directives")
        }
        (_, Answer::OneByOne) => cannot_send(model).or_else(|| is_busy(model)),
        (_, Answer::Together) => cannot_send(model)
            .or_else(|| is_busy(model))
            .or_else(|| (!dialogue.offers("PIPELINING")).then_some("question.no-pipelining")),
        _ => None,
    }
}

/// Why no lines can go out now: they would get into something else. A message whose lines the
/// person sends takes them.
fn is_busy(model: &Model) -> Option<&'static str> {
    let by_hand = model.session.sending.as_ref().is_some_and(|sending| sending.by_hand);
    if by_hand { None } else { something_leaves(model) }
}

/// The answers that make sense: mail data goes out at once in any case, and is edited in the editor.
pub fn answers(model: &Model, asked: &Asked) -> Vec<Answer> {
    let data = model.session.dialogue.awaits_mail_data();
    let makes_sense = |answer: &Answer| match answer {
        Answer::Together | Answer::Edit | Answer::Plan => !data,
        Answer::Editor => data,
        _ => true,
    };
    asked.answers().iter().copied().filter(makes_sense).collect()
}

/// Moves or answers; `None` if `action` closes the question.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let Some(Popup::Question(question)) = &model.popup else { return None };
    let answers = answers(model, &question.asked);
    let chosen = match action {
        Action::Up => question.chosen.saturating_sub(1),
        Action::Down => (question.chosen + 1).min(answers.len() - 1),
        Action::Left | Action::Right => {
            resize(model, action == Action::Right);
            return Some(Vec::new());
        }
        Action::Choose => {
            let answer = answers.get(question.chosen).copied().unwrap_or(Answer::Stay);
            return Some(give(model, answer));
        }
        _ => return None,
    };
    if let Some(Popup::Question(question)) = &mut model.popup {
        question.chosen = chosen;
        question.typing = false;
    }
    Some(Vec::new())
}

/// Chunks of another size.
fn resize(model: &mut Model, larger: bool) {
    if let Some(Popup::Question(question)) = &mut model.popup
        && let Asked::SendDraft { chunk, .. } = &mut question.asked
    {
        *chunk = super::sending::resize(*chunk, larger);
    }
}

/// A letter: the answer that it stands for. Whoever types something else goes on writing, and
/// answers nothing by it.
pub(super) fn letter(model: &mut Model, c: char) -> Vec<Effect> {
    let Some(Popup::Question(question)) = &model.popup else { return Vec::new() };
    let answers = answers(model, &question.asked);
    let at = answers.iter().position(|answer| question.asked.letter(*answer) == c);
    let meant = at.filter(|_| !question.typing);
    let answer = meant.and_then(|at| answers.get(at)).copied();
    let only_chooses = question.asked.needs_enter();
    if let Some(answer) = answer.filter(|answer| !only_chooses && !answer.needs_enter()) {
        return give(model, answer);
    }
    if let Some(Popup::Question(question)) = &mut model.popup {
        let typed_on = || if only_chooses { harmless(&answers) } else { question.chosen };
        question.chosen = meant.unwrap_or_else(typed_on);
        // Behind one letter another one makes a word.
        question.typing = only_chooses || meant.is_none();
    }
    let confirms = match answer {
        Some(Answer::Trust) => "question.confirm",
        Some(answer) if answer.needs_enter() => "question.destroys",
        Some(_) => "question.chosen",
        None => "question.typing",
    };
    directive::told(model, confirms)
}

fn give(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let Some(Popup::Question(question)) = &model.popup else { return Vec::new() };
    if let Some(why) = reason(model, &question.asked, answer) {
        if why == UNTRUSTED
            && let Some(Popup::Question(Question { asked, .. })) = model.popup.take()
            && let Asked::Paste(text) = asked
        {
            model.prompt.insert(&text);
        }
        return directive::refuse(model, why);
    }
    let Some(Popup::Question(question)) = model.popup.take() else { return Vec::new() };
    match question.asked {
        Asked::Leave => leave(model, answer),
        Asked::CloseSession if answer == Answer::Close => super::sessions::close_front(model),
        Asked::CloseSession => next_lines(model),
        Asked::Paste(text) => send(model, text, answer),
        Asked::SendDraft { needs, chunk } => super::sending::give(model, answer, needs, chunk),
        Asked::Overwrite(wish) => super::content::decide(model, wish, answer),
        Asked::DropDraft if answer == Answer::Drop => super::draft::drop_draft(model),
        Asked::DropDraft => Vec::new(),
        Asked::LeftDraft => super::draft::decide(model, answer),
        Asked::ReplaceDraft(template) => super::draft::replace(model, template, answer),
        Asked::Certificate => super::trust::decide(model, answer),
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use bytes::Bytes;

    use super::super::super::message::Message;
    use super::super::super::popup::Asks;
    use super::super::{act, find, lost_with, update};
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::{Ending, Event, Happening, Moment, Side};
    use crate::knowledge::{self, Lang};

    fn happens(model: &mut Model, id: usize, what: Happening) -> Vec<Effect> {
        update(model, Message::Heard(id, Event::new(Moment(1), what)))
    }

    fn hears(model: &mut Model, id: usize, from: Side, text: &str) -> Vec<Effect> {
        happens(model, id, Event::bytes(Moment(1), from, text.to_owned().into()).what)
    }

    fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
        let press = |c| {
            let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
            update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
        };
        keys.chars().flat_map(press).collect()
    }

    /// Two sessions: a transaction is open in the first, the second is in front.
    fn two() -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((120, 40), Lang::En, theme, keys);
        for id in [1, model.add_session("mx.example.net".to_owned())] {
            happens(&mut model, id, Happening::Opened(Box::default()));
            hears(&mut model, id, Side::Server, "220 mx.example.net\r\n");
            hears(&mut model, id, Side::Client, "EHLO x\r\n");
            hears(&mut model, id, Side::Server, "250 mx.example.net\r\n");
        }
        hears(&mut model, 1, Side::Client, "MAIL FROM:<a@b.example>\r\n");
        hears(&mut model, 1, Side::Server, "250 ok\r\n");
        model.bring_to_front(2);
        model
    }

    fn quit_in(id: usize) -> Effect {
        Effect::Say(id, Bytes::from_static(b"QUIT\r\n"))
    }

    fn closes(model: &mut Model, id: usize) -> Vec<Effect> {
        happens(model, id, Happening::Closed { by: Side::Server, how: Ending::Finished })
    }

    #[test]
    fn quit_goes_to_every_session_and_the_last_one_that_closes_ends_it() {
        let mut model = two();
        assert_eq!(act(&mut model, Action::Quit), []);
        assert_eq!(press(&mut model, "q"), [quit_in(1), quit_in(2)]);
        assert_eq!(closes(&mut model, 2), []);
        assert_eq!(closes(&mut model, 1), [Effect::Quit]);
    }

    #[test]
    fn who_goes_on_or_is_refused_stays() {
        let mut model = two();
        act(&mut model, Action::Quit);
        press(&mut model, "q");
        press(&mut model, "NOOP\n");
        assert_eq!([closes(&mut model, 2), closes(&mut model, 1)], [[], []]);
        let mut model = two();
        act(&mut model, Action::Quit);
        press(&mut model, "q");
        hears(&mut model, 1, Side::Client, "QUIT\r\n");
        hears(&mut model, 1, Side::Server, "500 never\r\n");
        assert_eq!(closes(&mut model, 2), []);
        assert_eq!(act(&mut model, Action::Quit), [], "the transaction is still open: it asks");
        assert!(model.popup.is_some());
    }

    #[test]
    fn a_queue_goes_on_behind_another_session() {
        let mut model = two();
        update(&mut model, Message::Paste("NOOP\nHELP\nQUIT\n".to_owned()));
        let say = |line: &'static str| [Effect::Say(2, Bytes::from_static(line.as_bytes()))];
        assert_eq!(press(&mut model, "o"), say("NOOP\r\n"));
        model.bring_to_front(1);
        hears(&mut model, 2, Side::Client, "NOOP\r\n");
        assert_eq!(hears(&mut model, 2, Side::Server, "250 ok\r\n"), say("HELP\r\n"));
        hears(&mut model, 2, Side::Client, "HELP\r\n");
        hears(&mut model, 2, Side::Server, "502 no\r\n");
        assert!(model.notice.as_deref().is_some_and(|n| n.contains("502")), "{:?}", model.notice);
    }

    #[test]
    fn a_session_in_a_transaction_is_closed_when_the_answer_says_so() {
        let mut model = two();
        model.bring_to_front(1);
        assert_eq!(act(&mut model, Action::SessionClose), []);
        assert_eq!(press(&mut model, "s"), []);
        assert_eq!(model.sessions().count(), 2);
        act(&mut model, Action::SessionClose);
        assert_eq!(press(&mut model, "c"), [Effect::Close(1)]);
        assert_eq!(model.session.id, 2);
    }

    #[test]
    fn a_paste_goes_where_one_types() {
        let mut model = two();
        act(&mut model, Action::Leave);
        find::open(&mut model, Asks::Find);
        update(&mut model, Message::Paste("250\n".to_owned()));
        assert_eq!(model.line().unwrap().text(), "250");
        assert_eq!(model.prompt.text(), "");
        assert!(model.find.is_some());
        act(&mut model, Action::Help);
        update(&mut model, Message::Paste("zoom".to_owned()));
        assert_eq!(model.line().unwrap().text(), "zoom");
    }

    #[test]
    fn what_is_left_of_a_secret_stays_veiled_until_the_line_is_empty() {
        let mut model = two();
        press(&mut model, "AUTH PLAIN c2VjcmV0");
        let key = |code| Message::Key(KeyEvent::new(code, KeyModifiers::NONE));
        update(&mut model, key(KeyCode::Home));
        for left in ["UTH PLAIN ********", "TH PLAIN ********", "H PLAIN ********"] {
            update(&mut model, key(KeyCode::Delete));
            assert_eq!(model.veiled(model.prompt.text()), left);
        }
        for _ in 0..8 {
            update(&mut model, key(KeyCode::Delete));
        }
        assert_eq!(
            model.veiled(model.prompt.text()),
            "********",
            "nothing says any more what it is"
        );
        for _ in 0..8 {
            update(&mut model, key(KeyCode::Delete));
        }
        press(&mut model, "NOOP");
        assert_eq!(model.veiled(model.prompt.text()), "NOOP");
        // Deleted from its end, the line says again what it is.
        let mut model = two();
        press(&mut model, "AUTH PLAIN x");
        update(&mut model, key(KeyCode::Backspace));
        assert_eq!(model.veiled(model.prompt.text()), "AUTH PLAIN ");
    }

    #[test]
    fn in_the_palette_only_what_raw_sends_is_veiled() {
        let mut model = two();
        hears(&mut model, 2, Side::Client, "AUTH LOGIN\r\n");
        hears(&mut model, 2, Side::Server, "334 VXNlcm5hbWU6\r\n");
        act(&mut model, Action::Palette);
        press(&mut model, "theme");
        assert_eq!(model.veiled(model.prompt.text()), ":theme");
        model.prompt.set(":raw c2VjcmV0");
        assert_eq!(model.veiled(model.prompt.text()), ":raw ********");
    }

    /// A session in the middle of a transaction, with DATA on its way.
    fn data_on_its_way() -> Model {
        let mut model = two();
        model.bring_to_front(1);
        hears(&mut model, 1, Side::Client, "RCPT TO:<a@b.example>\r\n");
        hears(&mut model, 1, Side::Server, "250 ok\r\n");
        hears(&mut model, 1, Side::Client, "DATA\r\n");
        model
    }

    #[test]
    fn quit_waits_for_a_reply_and_nothing_follows_it() {
        let mut model = data_on_its_way();
        update(&mut model, Message::Paste("one\n.\n".to_owned()));
        press(&mut model, "o");
        assert!(model.session.queue.is_some());
        act(&mut model, Action::Quit);
        assert_eq!(hears(&mut model, 1, Side::Server, "354 go\r\n"), [], "it waits for the answer");
        // QUIT would be the first line of mail data.
        assert_eq!(press(&mut model, "q"), [quit_in(2), Effect::Close(1)]);
        assert!(model.session.queue.is_none());
        // Who stays goes on.
        let mut model = data_on_its_way();
        update(&mut model, Message::Paste("one\n.\n".to_owned()));
        press(&mut model, "o");
        act(&mut model, Action::Quit);
        hears(&mut model, 1, Side::Server, "354 go\r\n");
        assert_eq!(press(&mut model, "s"), [Effect::Say(1, "one\r\n".into())]);
    }

    #[test]
    fn what_may_be_a_whole_message_is_said_to_be_unknown() {
        for (server, client) in [
            ("354 go\r\n", "x\r\n.\r\n"),
            // Before the answer to DATA nobody knows what this is.
            ("", "x\r\n.\r\n"),
        ] {
            let mut model = data_on_its_way();
            hears(&mut model, 1, Side::Server, server);
            hears(&mut model, 1, Side::Client, client);
            assert_eq!(lost_with(&model.session), ["question.unknown"]);
        }
        let mut model = two();
        model.bring_to_front(1);
        hears(&mut model, 1, Side::Client, "RCPT TO:<a@b.example>\r\nBDAT 5 LAST\r\nhel");
        assert_eq!(lost_with(&model.session), ["question.open"]);
        hears(&mut model, 1, Side::Client, "lo");
        assert_eq!(lost_with(&model.session), ["question.unknown"]);
    }

    #[test]
    fn a_question_about_nothing_any_more_is_closed() {
        let mut model = two();
        act(&mut model, Action::Quit);
        closes(&mut model, 1);
        assert!(model.popup.is_none());
        assert!(model.notice.as_deref().is_some_and(|n| n.contains("nothing would be lost")));
    }

    #[test]
    fn nobody_leaves_with_quit_while_a_message_is_unanswered() {
        let mut model = data_on_its_way();
        hears(&mut model, 1, Side::Server, "354 go\r\n");
        hears(&mut model, 1, Side::Client, "x\r\n.\r\n");
        act(&mut model, Action::Quit);
        assert_eq!(press(&mut model, "q"), []);
        assert!(model.popup.is_some() && model.notice.is_some());
    }

    #[test]
    fn on_a_screen_that_is_too_small_nothing_is_answered_or_sent_unseen() {
        let mut model = two();
        model.size = (39, 9);
        assert_eq!(press(&mut model, "NOOP\n"), []);
        assert_eq!(act_by_key(&mut model, 'q'), []);
        assert!(model.popup.is_some(), "it asks");
        for _ in 0..2 {
            assert_eq!(act_by_key(&mut model, 'q'), []);
            assert_eq!(press(&mut model, "q\n"), []);
        }
        model.size = (80, 24);
        assert_eq!(press(&mut model, "q"), [quit_in(1), quit_in(2)]);
    }

    fn act_by_key(model: &mut Model, c: char) -> Vec<Effect> {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        update(model, Message::Key(key))
    }

    #[test]
    fn directives_in_a_paste_are_not_sent_as_text() {
        let mut model = two();
        update(&mut model, Message::Paste(":raw AUTH PLAIN c2VjcmV0\nNOOP\n".to_owned()));
        assert_eq!(press(&mut model, "o"), []);
        assert!(model.notice.is_some() && model.popup.is_some());
    }

    #[test]
    fn the_rest_of_half_an_auth_line_is_a_secret() {
        let mut model = two();
        hears(&mut model, 2, Side::Client, "AUTH PLAIN ");
        press(&mut model, "c2VjcmV0");
        assert_eq!(model.veiled(model.prompt.text()), "********");
    }

    #[test]
    fn secrets_that_wait_to_be_sent_are_not_kept() {
        let mut model = two();
        update(&mut model, Message::Paste("AUTH LOGIN\nYWxpY2U=\nc2VjcmV0\n".to_owned()));
        press(&mut model, "o");
        act(&mut model, Action::Hangup);
        act(&mut model, Action::Yank);
        assert_eq!(model.prompt.text(), "");
        // Behind the palette a half-typed answer goes when the login is over.
        let mut model = two();
        hears(&mut model, 2, Side::Client, "AUTH LOGIN\r\n");
        hears(&mut model, 2, Side::Server, "334 VXNlcm5hbWU6\r\n");
        press(&mut model, "c2VjcmV0");
        act(&mut model, Action::Palette);
        closes(&mut model, 2);
        act(&mut model, Action::Leave);
        assert_eq!(model.prompt.text(), "");
    }

    #[test]
    fn lines_that_wait_are_asked_about() {
        let mut model = two();
        update(&mut model, Message::Paste("NOOP\nHELP\n".to_owned()));
        press(&mut model, "o");
        hears(&mut model, 1, Side::Client, "RSET\r\n");
        hears(&mut model, 1, Side::Server, "250 ok\r\n");
        assert_eq!(act(&mut model, Action::Quit), [], "it asks");
        assert_eq!(lost_with(&model.session), ["question.queue"]);
    }

    #[test]
    fn a_half_typed_secret_goes_with_its_connection() {
        for ending in ["lost", "535 no\r\n"] {
            let mut model = two();
            hears(&mut model, 2, Side::Client, "AUTH LOGIN\r\n");
            hears(&mut model, 2, Side::Server, "334 VXNlcm5hbWU6\r\n");
            press(&mut model, "c2VjcmV0");
            if ending == "lost" {
                closes(&mut model, 2);
                assert_eq!(model.prompt.text(), "");
            } else {
                hears(&mut model, 2, Side::Client, "*\r\n");
                hears(&mut model, 2, Side::Server, ending);
                assert!(!model.typed_secrets().is_empty(), "still veiled");
            }
        }
    }

    #[test]
    fn a_queue_that_stops_in_a_login_leaves_no_answer_behind() {
        let closed = Happening::Closed { by: Side::Server, how: Ending::Finished };
        let refused = Event::bytes(Moment(1), Side::Server, "504 no\r\n".into()).what;
        let asked = Event::bytes(Moment(1), Side::Server, "334 VXNlcm5hbWU6\r\n".into()).what;
        for what in [refused, closed, asked] {
            let mut model = two();
            update(
                &mut model,
                Message::Paste("AUTH LOGIN\ndXNlcg==\nc2VjcmV0\nNOOP\nc2Vj".to_owned()),
            );
            press(&mut model, "o");
            hears(&mut model, 2, Side::Client, "AUTH LOGIN\r\n");
            happens(&mut model, 2, what);
            act(&mut model, Action::Hangup);
            assert!(model.session.queue.is_none());
            act(&mut model, Action::Yank);
            assert_eq!(model.prompt.text(), "");
        }
    }

    #[test]
    fn a_deleted_secret_is_not_put_back_and_escapes_hide_none() {
        let mut model = two();
        press(&mut model, "AUTH PLAIN c2VjcmV0");
        act(&mut model, Action::KillStart);
        act(&mut model, Action::Yank);
        assert_eq!(model.prompt.text(), "");
        for line in [":RAW AUTH PLAIN c2Vj", ":raw AU\\x54H PLAIN c2Vj", ":raw AUTH PLAIN \\x63"] {
            model.prompt.set(line);
            assert!(!model.typed_secrets().is_empty(), "{line}");
        }
        model.prompt.set(":raw NOOP \\x63");
        assert!(model.typed_secrets().is_empty());
    }

    #[test]
    fn a_loss_inside_a_message_or_a_login_leaves_no_text_behind() {
        for (typed, reply) in [("DATA", "354 go"), ("AUTH LOGIN", "334 VXNlcm5hbWU6")] {
            let mut model = two();
            model.bring_to_front(1);
            hears(&mut model, 1, Side::Client, "RCPT TO:<a@b.example>\r\n");
            hears(&mut model, 1, Side::Server, "250 ok\r\n");
            hears(&mut model, 1, Side::Client, &format!("{typed}\r\n"));
            hears(&mut model, 1, Side::Server, &format!("{reply}\r\n"));
            hears(&mut model, 1, Side::Client, "half");
            closes(&mut model, 1);
            model.session.target = "mx.example.net".to_owned();
            act(&mut model, Action::Connect);
            assert_eq!(press(&mut model, "\n"), [Effect::Dial("mx.example.net".to_owned())]);
        }
    }
}
