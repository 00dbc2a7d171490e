//! Questions that only the person can answer: how to leave an open transaction, and what to do
//! with several pasted lines.

use bytes::Bytes;

use crate::display::keys::Action;
use crate::knowledge;
use crate::smtp::code::Class;
use crate::smtp::verb::Verb;

use super::super::directive::cannot_send;
use super::super::effect::Effect;
use super::super::model::{Anchor, Model, Pane, Session};
use super::super::popup::{Answer, Asked, Popup, Question};
use super::super::queue::{Next, Queue};
use super::{compose, directive};

/// Asks.
pub(super) fn ask(model: &mut Model, asked: Asked) {
    super::close(model);
    model.popup = Some(Popup::Question(Question { asked, chosen: 0 }));
}

/// Leaves; where something would be lost it asks how, and the second time leaves at once.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    let asked = matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Leave);
    let loses = model.sessions().any(|session| !lost_with(session).is_empty());
    let ask_first = model.confirm_quit && model.parting.is_empty() && loses;
    if asked || !ask_first {
        return vec![Effect::Quit];
    }
    ask(model, Asked::Leave);
    Vec::new()
}

/// What would be lost with a session: keys of sentences.
pub fn lost_with(session: &Session) -> Vec<&'static str> {
    let dialogue = &session.dialogue;
    let transaction = match dialogue.phase() {
        _ if session.recorded => None,
        _ if dialogue.may_have_ended_message() => Some("question.unknown"),
        phase => phase.in_transaction().then_some("question.open"),
    };
    let queue = session.queue.is_some().then_some("question.queue");
    transaction.into_iter().chain(queue).collect()
}

/// Takes a paste into the line that is being typed; several lines are asked about first, unless
/// they are typed into a popup, where nothing is sent.
pub(super) fn paste(model: &mut Model, text: &str) {
    model.notice = None;
    if model.popup.is_none() && model.editing().is_some() {
        return super::editor::paste(model, text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // The end of the last line is Enter's.
    let mut text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
    if model.popup.is_some() && model.line().is_some() {
        text = text.replace('\n', " ");
    }
    let text = text.as_str();
    if text.contains('\n') || model.line().is_none() {
        super::close(model);
        model.focus = Pane::Prompt;
    }
    if text.contains('\n') {
        ask(model, Asked::Paste(text.to_owned()));
    } else if let Some(line) = model.line() {
        line.insert(text);
        super::line_changed(model);
    }
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
        (_, Answer::OneByOne) => cannot_send(model),
        (_, Answer::Together) => cannot_send(model)
            .or_else(|| (!dialogue.offers("PIPELINING")).then_some("question.no-pipelining")),
        _ => None,
    }
}

/// Whether some lines are words to this program: none of them would be done.
fn has_directives(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(':'))
}

/// Why nobody can leave with QUIT: it is a command in no session, or what becomes of a message is
/// not known yet.
fn cannot_quit(model: &Model) -> Option<&'static str> {
    let talking = || model.sessions().filter(|s| s.dialogue.phase().is_open() && !s.recorded);
    if talking().any(|session| session.dialogue.may_have_ended_message()) {
        Some("header.wait")
    } else if model.sessions().any(hears_quit) {
        None
    } else if talking().any(|session| session.dialogue.awaits_mail_data()) {
        Some("question.inside-message")
    } else {
        Some("header.wait")
    }
}

/// Closes a question that is about nothing any more, and says so.
pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    let Some(Popup::Question(question)) = &model.popup else { return Vec::new() };
    let settled = match question.asked {
        Asked::Leave => model.sessions().all(|session| lost_with(session).is_empty()),
        Asked::CloseSession => lost_with(&model.session).is_empty(),
        _ => false,
    };
    if !settled {
        return Vec::new();
    }
    model.popup = None;
    model.tell("question.settled");
    next_lines(model)
}

/// Whether QUIT would be a command in this session; while a reply is missing nobody knows.
fn hears_quit(session: &Session) -> bool {
    let dialogue = &session.dialogue;
    let text = dialogue.awaits_mail_data() || dialogue.awaits_login() || dialogue.awaits_octets();
    let writing = session.queue.as_ref().is_some_and(Queue::is_writing);
    dialogue.awaits_client() && !session.recorded && !text && !writing
}

/// The answers that make sense: mail data goes out at once in any case, and is edited in the editor.
pub fn answers(model: &Model, asked: &Asked) -> Vec<Answer> {
    let data = model.session.dialogue.awaits_mail_data();
    let makes_sense = |answer: &Answer| match answer {
        Answer::Together | Answer::Edit => !data,
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

/// A letter: the answer that it stands for.
pub(super) fn letter(model: &mut Model, c: char) -> Vec<Effect> {
    let Some(Popup::Question(question)) = &model.popup else { return Vec::new() };
    let asked = &question.asked;
    let answer =
        answers(model, asked).into_iter().find(|a| asked.letter(*a) == c.to_ascii_lowercase());
    answer.map_or_else(Vec::new, |answer| give(model, answer))
}

fn give(model: &mut Model, answer: Answer) -> Vec<Effect> {
    let Some(Popup::Question(question)) = &model.popup else { return Vec::new() };
    if let Some(why) = reason(model, &question.asked, answer) {
        return directive::told(model, why);
    }
    let Some(Popup::Question(question)) = model.popup.take() else { return Vec::new() };
    match question.asked {
        Asked::Leave => leave(model, answer),
        Asked::CloseSession if answer == Answer::Close => super::sessions::close_front(model),
        Asked::CloseSession => next_lines(model),
        Asked::Paste(text) => send(model, text, answer),
        Asked::SendDraft { needs, chunk } => super::sending::give(model, answer, needs, chunk),
        Asked::DropDraft if answer == Answer::Drop => super::draft::drop_draft(model),
        Asked::DropDraft => Vec::new(),
        Asked::LeftDraft => super::draft::decide(model, answer),
    }
}

fn leave(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Quit => part(model),
        Answer::Close => vec![Effect::Quit],
        _ => next_lines(model),
    }
}

/// Sends QUIT wherever it is a command, and nothing more anywhere.
fn part(model: &mut Model) -> Vec<Effect> {
    let open = |s: &&Session| s.dialogue.phase().is_open() && !s.recorded;
    let (hear, others): (Vec<_>, Vec<_>) =
        model.sessions().filter(open).partition(|s| hears_quit(s));
    let quit = |s: &Session| Effect::Say(s.id, Bytes::from_static(b"QUIT\r\n"));
    let quits = hear.iter().map(|s| quit(s)).chain(others.iter().map(|s| Effect::Close(s.id)));
    let effects: Vec<_> = quits.collect();
    model.parting = hear.iter().map(|s| s.id).collect();
    let ids: Vec<_> = model.sessions().map(|s| s.id).collect();
    let queues = ids.into_iter().filter_map(|id| model.session_mut(id)?.queue.take());
    let rest: Vec<_> = queues.collect::<Vec<_>>().into_iter().filter_map(Queue::rest).collect();
    if !rest.is_empty() {
        model.prompt.keep(rest.join("\n"));
    }
    model.tell("question.parting");
    effects
}

fn send(model: &mut Model, text: String, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Edit => {
            model.prompt.insert(&text);
            Vec::new()
        }
        Answer::Editor => {
            super::editor::begin(model);
            super::editor::paste(model, &text);
            Vec::new()
        }
        Answer::OneByOne if !model.session.dialogue.awaits_mail_data() => {
            model.prompt.insert(&text);
            let lines = model.prompt.take(false);
            model.session.anchor = Anchor::Follow;
            model.session.queue = Some(Queue::new(&lines, &model.session.dialogue));
            next_line(model, model.session.id)
        }
        Answer::OneByOne | Answer::Together => {
            model.prompt.insert(&text);
            compose::send_text(model, false)
        }
        _ => {
            put_off(model, text);
            Vec::new()
        }
    }
}

/// Nothing is sent, and nothing is lost but a secret, which could be read elsewhere.
pub(super) fn put_off(model: &mut Model, text: String) {
    if model.session.hides_in(&text) {
        return model.tell("question.put-off-secret");
    }
    model.prompt.keep(text);
    model.tell("question.put-off");
}

/// Leaves once every session to which QUIT was sent is closed; stays if one of them refuses it.
pub(super) fn parted(model: &mut Model, id: usize) -> Option<Effect> {
    if !model.parting.contains(&id) {
        return None;
    }
    let dialogue = &model.session_mut(id)?.dialogue;
    let last = dialogue.exchanges().iter().rev().find(|e| e.reply.is_some());
    let refused = last.is_some_and(|e| {
        e.verb() == Some(&Verb::Quit)
            && e.reply.as_ref().is_some_and(|r| r.class() != Class::Positive)
    });
    if refused {
        model.parting.clear();
        model.tell("question.quit-refused");
    } else if !dialogue.phase().is_open() {
        model.parting.retain(|parting| *parting != id);
        return model.parting.is_empty().then_some(Effect::Quit);
    }
    None
}

/// Asks before the session in front is closed in the middle of a transaction.
pub(super) fn close_session(model: &mut Model) {
    ask(model, Asked::CloseSession);
}

/// Goes on with every queue.
fn next_lines(model: &mut Model) -> Vec<Effect> {
    let ids: Vec<_> = model.sessions().map(|session| session.id).collect();
    ids.into_iter().flat_map(|id| next_line(model, id)).collect()
}

/// Whether a question is open whose answer may end a queue.
fn decides_queues(model: &Model) -> bool {
    let Some(Popup::Question(question)) = &model.popup else { return false };
    matches!(question.asked, Asked::Leave | Asked::CloseSession)
}

/// Sends the next line of a session's queue, if it is its turn.
pub(super) fn next_line(model: &mut Model, id: usize) -> Vec<Effect> {
    if decides_queues(model) {
        return Vec::new();
    }
    let Some(session) = model.session_mut(id) else { return Vec::new() };
    let Some(queue) = &mut session.queue else { return Vec::new() };
    match queue.next(&session.dialogue) {
        Next::Wait => {}
        Next::Line(line) => return vec![Effect::Say(id, Bytes::from(line + "\r\n"))],
        Next::Done => session.queue = None,
        Next::Refused(code) => stop(model, id, "queue.refused", &code.to_string()),
        Next::Closed => stop(model, id, "queue.closed", ""),
    }
    Vec::new()
}

/// Ends the queue with a sentence; what was not sent can be yanked.
pub(super) fn stop(model: &mut Model, id: usize, why: &'static str, code: &str) {
    let Some(queue) = model.session_mut(id).and_then(|s| s.queue.take()) else { return };
    let (sent, total) = (queue.sent().to_string(), queue.total.to_string());
    let rest = queue.rest();
    let key = if rest.is_some() { "queue.stopped" } else { "queue.stopped.secret" };
    model.prompt.keep(rest.unwrap_or_default());
    let why = knowledge::fill(model.lang, why, &[("code", code)]);
    let values = [("why", why.as_str()), ("sent", &sent), ("total", &total)];
    let told = model.sentence(key, &values);
    model.notice = Some(model.numbered(id, told));
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::super::super::message::Message;
    use super::super::super::popup::Asks;
    use super::super::{act, find, update};
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::{Ending, Endpoints, Event, Happening, Moment, Side};
    use crate::knowledge::Lang;

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
            happens(&mut model, id, Happening::Opened(Endpoints::default()));
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
        update(&mut model, key(KeyCode::Delete));
        assert_eq!(model.veiled(model.prompt.text()), "******************");
        for _ in 0..18 {
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
