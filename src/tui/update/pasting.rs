//! A paste goes where one types; several lines are asked about first.

use super::super::effect::Effect;
use super::super::model::{Anchor, Model, Pane};
use super::super::popup::{Answer, Asked, Popup};
use super::super::queue::Queue;
use super::compose;
use super::lines::next_line;
use super::question::ask;

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
    if matches!(&model.popup, Some(Popup::Question(q)) if q.asked == Asked::Certificate) {
        return put_off(model, text);
    }
    if model.popup.is_some() && model.line().is_some() {
        text = text.replace('\n', " ");
    }
    let text = text.as_str();
    if text.contains('\n') || model.line().is_none() {
        super::close(model);
        model.focus = Pane::Prompt;
    }
    if text.contains('\n') && model.session.group.is_some() && model.popup.is_none() {
        // They are kept one by one with Enter.
        model.prompt.insert(text);
    } else if text.contains('\n') {
        ask(model, Asked::Paste(text.to_owned()));
    } else {
        compose::insert(model, text);
    }
}

/// Whether some lines are words to this program: none of them would be done.
pub(super) fn has_directives(text: &str) -> bool {
    text.lines().any(|line| line.starts_with(':'))
}

pub(super) fn send(model: &mut Model, text: String, answer: Answer) -> Vec<Effect> {
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
        Answer::Plan => {
            super::plan::paste(model, text);
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
    let has_prompt = model.session.catcher.is_none();
    model.tell(if has_prompt { "question.put-off" } else { "question.put-off-list" });
}
