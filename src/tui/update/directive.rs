//! Does what the directives say.

use crate::journal::transcript::{Place, text};
use crate::knowledge;

use super::super::directive::{
    DIRECTIVES, Directive, Does, cannot_dial, cannot_edit, cannot_send, cannot_send_file,
};
use super::super::editor::item::Item;
use super::super::effect::Effect;
use super::super::model::Model;

/// Runs a line without its colon.
pub(super) fn run(model: &mut Model, line: &str) -> Vec<Effect> {
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    match Directive::find(name) {
        Some(directive) => perform(model, directive.does, argument),
        None => unknown(model, name),
    }
}

fn perform(model: &mut Model, what: Does, argument: &str) -> Vec<Effect> {
    match what {
        Does::Connect => return dial(model, argument),
        Does::New => return vec![Effect::New(target_of(model, argument))],
        Does::Raw => return raw(model, argument),
        Does::Data => return say(model, Effect::SayFile(argument.trim().to_owned())),
        Does::Edit => return super::editor::open(model),
        Does::Insert => return insert(model, argument.trim()),
        Does::Attach => return attach(model, argument),
        Does::Close => return vec![Effect::HangUp],
        Does::Quit => return super::question::quit(model),
        Does::Help => super::help::open(model),
    }
    Vec::new()
}

fn insert(model: &mut Model, name: &str) -> Vec<Effect> {
    match Item::find(name) {
        Some(item) => super::draft::put_in(model, item),
        None => told(model, "editor.unknown-item"),
    }
}

fn attach(model: &mut Model, file: &str) -> Vec<Effect> {
    match cannot_edit(model) {
        Some(why) => return told(model, why),
        None => super::form::open(model, file),
    }
    Vec::new()
}

/// Says that there is no such directive, and which there are.
pub(super) fn unknown(model: &mut Model, name: &str) -> Vec<Effect> {
    let known = DIRECTIVES.iter().map(Directive::written).collect::<Vec<_>>().join(", ");
    let values = [("name", name), ("known", known.as_str())];
    model.notice = Some(knowledge::fill(model.lang, "message.unknown-directive", &values));
    Vec::new()
}

fn dial(model: &mut Model, target: &str) -> Vec<Effect> {
    if let Some(why) = cannot_dial(model) {
        return told(model, why);
    }
    vec![Effect::Dial(target_of(model, target))]
}

/// The target that was named; without one, that of this session.
fn target_of(model: &Model, named: &str) -> String {
    let named = named.trim();
    if named.is_empty() { model.session.target.clone() } else { named.to_owned() }
}

fn raw(model: &mut Model, argument: &str) -> Vec<Effect> {
    match text(argument.as_bytes(), Place { line: 1, column: ":raw ".len() + 1 }) {
        Ok(raw) => say(model, Effect::Say(model.session.id, raw.wire())),
        Err(error) => {
            model.notice = Some(error.to_string());
            Vec::new()
        }
    }
}

fn say(model: &mut Model, effect: Effect) -> Vec<Effect> {
    let why = match effect {
        Effect::SayFile(_) => cannot_send_file(model),
        _ => cannot_send(model),
    };
    match why {
        Some(why) => told(model, why),
        None => vec![effect],
    }
}

/// Says a sentence, and that is all.
pub(super) fn told(model: &mut Model, key: &'static str) -> Vec<Effect> {
    model.tell(key);
    Vec::new()
}
