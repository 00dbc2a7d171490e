//! Questions that only the person can answer: how to leave an open transaction, and what to do
//! with several pasted lines.

use bytes::Bytes;

use crate::display::keys::Action;
use crate::knowledge;

use super::super::directive::cannot_send;
use super::super::effect::Effect;
use super::super::model::{Anchor, Model, Pane, Session};
use super::super::popup::{Answer, Asked, Popup, Question};
use super::super::queue::{Next, Queue};
use super::{compose, directive};

fn ask(model: &mut Model, asked: Asked) {
    super::close(model);
    model.popup = Some(Popup::Question(Question { asked, chosen: 0 }));
}

/// Leaves; with an open transaction it asks how, and the second time leaves at once.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    let asked = matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Leave);
    let open = |session: &Session| session.dialogue.phase().in_transaction() && !session.recorded;
    let ask_first = model.confirm_quit && !model.parting && model.sessions().any(open);
    if asked || !ask_first {
        return vec![Effect::Quit];
    }
    ask(model, Asked::Leave);
    Vec::new()
}

/// Takes a paste; several lines are asked about first.
pub(super) fn paste(model: &mut Model, text: &str) {
    if !matches!(model.popup, Some(Popup::Palette(_))) || text.contains('\n') {
        super::close(model);
        model.focus = Pane::Prompt;
    }
    model.notice = None;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // The end of the last line is Enter's.
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if text.contains('\n') {
        ask(model, Asked::Paste(text.to_owned()));
    } else {
        model.prompt.insert(text);
        super::palette::typed_on(model);
    }
}

/// Why an answer cannot be given now: the key of a sentence.
pub fn reason(model: &Model, asked: &Asked, answer: Answer) -> Option<&'static str> {
    let dialogue = &model.session.dialogue;
    match (asked, answer) {
        (Asked::Leave, Answer::Quit) if dialogue.awaits_mail_data() || dialogue.awaits_octets() => {
            Some("question.inside-message")
        }
        (_, Answer::Quit | Answer::OneByOne) => cannot_send(model),
        (_, Answer::Together) => cannot_send(model)
            .or_else(|| (!dialogue.offers("PIPELINING")).then_some("question.no-pipelining")),
        _ => None,
    }
}

/// The answers that make sense: mail data goes out at once in any case.
pub fn answers(model: &Model, asked: &Asked) -> Vec<Answer> {
    let data = model.session.dialogue.awaits_mail_data();
    let answers = asked.answers().iter().copied();
    answers.filter(|answer| !(data && *answer == Answer::Together)).collect()
}

/// Moves or answers; `None` if `action` closes the question.
pub(super) fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let Some(Popup::Question(question)) = &model.popup else { return None };
    let answers = answers(model, &question.asked);
    let chosen = match action {
        Action::Up => question.chosen.saturating_sub(1),
        Action::Down => (question.chosen + 1).min(answers.len() - 1),
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
        return directive::told(model, knowledge::word(model.lang, why).to_owned());
    }
    let Some(Popup::Question(question)) = model.popup.take() else { return Vec::new() };
    match question.asked {
        Asked::Leave => leave(model, answer),
        Asked::Paste(text) => send(model, text, answer),
    }
}

fn leave(model: &mut Model, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Quit => {
            model.parting = true;
            let text = knowledge::word(model.lang, "question.parting").to_owned();
            model.notice = Some(text);
            vec![Effect::Say(Bytes::from_static(b"QUIT\r\n"))]
        }
        Answer::Close => vec![Effect::Quit],
        _ => Vec::new(),
    }
}

fn send(model: &mut Model, text: String, answer: Answer) -> Vec<Effect> {
    match answer {
        Answer::Edit => {
            model.prompt.insert(&text);
            Vec::new()
        }
        Answer::OneByOne if !model.session.dialogue.awaits_mail_data() => {
            model.prompt.insert(&text);
            let lines = model.prompt.take(false);
            model.session.anchor = Anchor::Follow;
            model.session.queue = Some(Queue::new(&lines, &model.session.dialogue));
            next_line(model)
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

/// Nothing is sent, and nothing is lost.
pub(super) fn put_off(model: &mut Model, text: String) {
    model.prompt.keep(text);
    model.notice = Some(knowledge::word(model.lang, "question.put-off").to_owned());
}

/// Sends the next line of the queue, if it is its turn.
pub(super) fn next_line(model: &mut Model) -> Vec<Effect> {
    let session = &mut model.session;
    let Some(queue) = &mut session.queue else { return Vec::new() };
    match queue.next(&session.dialogue) {
        Next::Wait => {}
        Next::Line(line) => return vec![Effect::Say(Bytes::from(line + "\r\n"))],
        Next::Done => session.queue = None,
        Next::Refused(code) => stop(model, "queue.refused", &code.to_string()),
        Next::Closed => stop(model, "queue.closed", ""),
    }
    Vec::new()
}

/// Ends the queue with a sentence; what was not sent can be yanked.
pub(super) fn stop(model: &mut Model, why: &'static str, code: &str) {
    let Some(queue) = model.session.queue.take() else { return };
    let (sent, total) = (queue.sent().to_string(), queue.total.to_string());
    model.prompt.keep(queue.rest());
    let why = knowledge::fill(model.lang, why, &[("code", code)]);
    let values = [("why", why.as_str()), ("sent", &sent), ("total", &total)];
    model.notice = Some(knowledge::fill(model.lang, "queue.stopped", &values));
}
