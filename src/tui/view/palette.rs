//! The palette: the list above the prompt.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::display::Role;
use crate::display::token::own_visible;
use crate::display::words;
use crate::knowledge;

use super::super::directive::{FAULTS, LIMIT, SAVE, TARGET, VIEW};
use super::super::files::FILE;
use super::super::model::Model;
use super::super::palette::{Entry, FaultNamed, Whose, begun, entries, highlighted};
use super::super::rows::Piece;
use super::list;

/// Columns from which the stable names stand beside the words.
const ROOMY: usize = 60;

/// How many entries of the catalogue a row names.
const PLAYS: usize = 3;

/// Draws the list.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    let title = match begun(model).map(|directive| directive.argument) {
        Some(FILE | SAVE) => "palette.files",
        Some(VIEW) => "palette.views",
        Some(TARGET) => "palette.targets",
        Some(FAULTS) => "palette.faults",
        Some(LIMIT) => "palette.timeouts",
        _ => "palette",
    };
    let title = knowledge::word(model.lang, title);
    let row = |entry: &Entry, chosen, room| row(model, entry, chosen, room);
    list::draw(model, title, &entries(model), highlighted(model), row, frame);
}

/// Where each entry stands.
pub fn choices(model: &Model) -> Vec<(usize, Rect)> {
    list::choices(model, entries(model).len(), highlighted(model))
}

fn row(model: &Model, entry: &Entry, chosen: bool, room: usize) -> Vec<Piece> {
    let sentence = |key| model.sentence(key, &[]);
    let reason = entry.reason(model);
    let tone = if reason.is_some() { Role::Dim } else { Role::Text };
    let (words, name) = match entry {
        Entry::Directive(directive) => (directive.written(), sentence(directive.words)),
        Entry::Action(action) => (sentence(action.name()), action.name().to_owned()),
        Entry::Target(_, text) | Entry::File(_, text) => (own_visible(text), String::new()),
        Entry::Fault(_, fault) => (fault_form(fault), fault_words(fault, model, room)),
        Entry::Way(_, option) => {
            (format!("{} {}", option.name, option.value), sentence(option.words))
        }
        Entry::Topic(topic) => {
            (topic.title(model.lang), knowledge::word(model.lang, topic.kind.words()).to_owned())
        }
        Entry::Limit(_, wait) => {
            let set = format!("{}={}", wait.name(), model.limits.seconds(*wait));
            (set, sentence(words::limit_key(*wait)))
        }
        Entry::View(directive, view) => {
            let title = knowledge::word(model.lang, view.title());
            (title.to_owned(), format!(":{} {}", directive.name, view.name()))
        }
        Entry::Item(item) => {
            let say = item.say().map_or_else(|| item.name().to_owned(), sentence);
            (sentence(item.words()), say)
        }
    };
    let behind = match reason {
        Some(why) => (Role::Warn, format!("({})", sentence(why))),
        None if room < ROOMY && matches!(entry, Entry::Action(_) | Entry::Item(_)) => {
            (Role::Dim, String::new())
        }
        None => (Role::Dim, name),
    };
    let key = match entry {
        Entry::Action(action) => model.keys.key_of(*action).unwrap_or_default(),
        Entry::Fault(_, fault) => whose(fault).map_or_else(String::new, sentence),
        _ => String::new(),
    };
    let front = format!("{}{words}", list::mark(chosen));
    let is_wrong = matches!(entry, Entry::Fault(_, fault) if fault.whose == Whose::OwnWrong);
    let at_end = if is_wrong { Role::Bad } else { Role::Key };
    list::row(&(tone, front), &behind, (at_end, key), room)
}

/// The key of the word that says whose a fault is, where it is the person's.
const fn whose(fault: &FaultNamed) -> Option<&'static str> {
    match fault.whose {
        Whose::Program => None,
        Whose::Own => Some("palette.fault.own"),
        Whose::OwnWrong => Some("palette.fault.wrong"),
    }
}

/// What a fault plays, as far as `ehlo faults` tells it in a line, and its title.
fn fault_words(fault: &FaultNamed, model: &Model, room: usize) -> String {
    let title = fault.title.say(model.lang);
    if room < ROOMY || fault.plays.is_empty() {
        return own_visible(title);
    }
    let mut plays = fault.plays.iter().take(PLAYS).cloned().collect::<Vec<_>>().join(" ");
    if fault.plays.len() > PLAYS {
        plays.push('\u{2026}');
    }
    own_visible(&format!("{plays}  {title}"))
}

/// A fault as it is typed, with the value that it takes if none is.
fn fault_form(fault: &FaultNamed) -> String {
    let value = fault.value.as_ref().map(|value| format!("[={value}]"));
    own_visible(&fault.name) + &own_visible(&value.unwrap_or_default())
}
