//! The directives: what a person can say to the program at the prompt, behind a colon.

use crate::journal::transcript::{Place, text};
use crate::knowledge;

use super::super::effect::Effect;
use super::super::model::Model;

/// One directive.
#[derive(Debug)]
pub struct Directive {
    /// Its name, without the colon.
    pub name: &'static str,
    /// A shorter name.
    pub short: Option<&'static str>,
    /// What stands behind it, in capitals; nothing if that is empty.
    pub argument: &'static str,
    /// Whether it says nothing without its argument.
    pub needs_argument: bool,
    /// The key of its words.
    pub words: &'static str,
    /// Why it cannot be done now: the key of a sentence.
    pub reason: fn(&Model) -> Option<&'static str>,
    run: fn(&mut Model, &str) -> Vec<Effect>,
}

impl PartialEq for Directive {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Directive {}

/// Every directive, in the order of the lists.
pub static DIRECTIVES: [Directive; 7] = [
    Directive {
        name: "connect",
        short: None,
        argument: "TARGET",
        needs_argument: false,
        words: "help.connect",
        reason: cannot_dial,
        run: dial,
    },
    Directive {
        name: "new",
        short: None,
        argument: "TARGET",
        needs_argument: false,
        words: "session.new",
        reason: |_| None,
        run: |model, target| vec![Effect::New(target_of(model, target))],
    },
    Directive {
        name: "raw",
        short: None,
        argument: "TEXT",
        needs_argument: true,
        words: "help.raw",
        reason: cannot_send,
        run: raw,
    },
    Directive {
        name: "data",
        short: None,
        argument: "FILE",
        needs_argument: true,
        words: "help.data",
        reason: cannot_send_file,
        run: |model, file| say(model, Effect::SayFile(file.trim().to_owned())),
    },
    Directive {
        name: "close",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help.close",
        reason: cannot_close,
        run: |_, _| vec![Effect::HangUp],
    },
    Directive {
        name: "help",
        short: None,
        argument: "",
        needs_argument: false,
        words: "help",
        reason: |_| None,
        run: |model, _| {
            super::help::open(model);
            Vec::new()
        },
    },
    Directive {
        name: "quit",
        short: Some("q"),
        argument: "",
        needs_argument: false,
        words: "quit",
        reason: |_| None,
        run: |model, _| super::question::quit(model),
    },
];

impl Directive {
    /// The directive of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        DIRECTIVES.iter().find(|directive| directive.is_called(name))
    }

    /// Whether `name` is its name, or its shorter one.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.short == Some(name)
    }

    /// How it is written: `:connect TARGET`.
    pub fn written(&self) -> String {
        format!(":{} {}", self.name, self.argument).trim_end().to_owned()
    }
}

/// Runs a line without its colon.
pub(super) fn run(model: &mut Model, line: &str) -> Vec<Effect> {
    let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
    match Directive::find(name) {
        Some(directive) => (directive.run)(model, argument),
        None => unknown(model, name),
    }
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

/// Why nothing can ever be sent from a session that is only looked at.
const fn nothing_to_send(model: &Model) -> &'static str {
    if model.session.other_end_of.is_some() { "prompt.other-end" } else { "prompt.file" }
}

/// Why no line can be sent.
pub fn cannot_send(model: &Model) -> Option<&'static str> {
    if model.session.recorded {
        Some(nothing_to_send(model))
    } else if model.session.dialogue.phase().is_open() {
        None
    } else {
        Some("prompt.closed")
    }
}

fn cannot_send_file(model: &Model) -> Option<&'static str> {
    let ready = model.session.dialogue.awaits_mail_data();
    if ready { cannot_send(model) } else { Some("message.data-where") }
}

/// Why no connection can be made.
pub fn cannot_dial(model: &Model) -> Option<&'static str> {
    let busy = model.session.dialogue.phase().is_open() || model.session.dialling;
    if model.session.recorded {
        Some(nothing_to_send(model))
    } else {
        busy.then_some("message.busy")
    }
}

fn cannot_close(model: &Model) -> Option<&'static str> {
    if model.session.dialling { None } else { cannot_send(model) }
}

/// Says a sentence, and that is all.
pub(super) fn told(model: &mut Model, key: &'static str) -> Vec<Effect> {
    model.notice = Some(model.sentence(key, &[]));
    Vec::new()
}
