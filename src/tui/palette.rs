//! What the palette lists: every directive and every action, filtered by what stands in the
//! prompt. Nothing is left out that cannot be done now; the reason stands beside it.

mod fault;
mod finder;
mod reason;

use crate::display::content::{ContentView, View};
use crate::display::keys::Action;
use crate::display::words::limit_key;
use crate::knowledge::Topic;
use crate::smtp::wait::Wait;

use super::directive::{
    DIRECTIVES, Directive, FAULTS, LIMIT, REACH, ReachOption, TARGET, VIEW, cannot_edit,
    option_behind,
};
use super::editor::item::Item;
use super::files;
use super::model::Model;
use super::popup::Popup;
use super::sessions::PRACTICE;
pub use fault::{FaultNamed, Whose};
use fault::{faults, is_part_of_a_fault};
use finder::{LIKE, fitting, rank, topics};
use reason::reason;

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Runs or completes a directive.
    Directive(&'static Directive),
    /// Does an action.
    Action(Action),
    /// Completes a directive with a target.
    Target(&'static Directive, String),
    /// Completes a directive with an option about the way.
    Way(&'static Directive, &'static ReachOption),
    /// Completes a directive with a path.
    File(&'static Directive, String),
    /// Opens an entry of the knowledge base.
    Topic(Topic),
    /// Puts something into the draft.
    Item(Item),
    /// Shows a view of the message.
    View(&'static Directive, View),
    /// Completes a directive with a fault.
    Fault(&'static Directive, FaultNamed),
    /// Completes a directive with the limit of a wait.
    Limit(&'static Directive, Wait),
}

impl Entry {
    /// Its name, as it can be typed.
    pub fn name(&self) -> &str {
        match self {
            Self::Directive(directive) => directive.name,
            Self::Action(action) => action.name(),
            Self::Target(_, text) | Self::File(_, text) => text,
            Self::Topic(topic) => topic.id,
            Self::Item(item) => item.name(),
            Self::View(_, view) => view.name(),
            Self::Limit(_, wait) => wait.name(),
            Self::Fault(_, fault) => &fault.name,
            Self::Way(_, option) => option.name,
        }
    }

    /// The key of its words; targets and paths speak for themselves, and a topic has a title.
    pub const fn words(&self) -> Option<&'static str> {
        match self {
            Self::Directive(directive) => Some(directive.words),
            Self::Action(action) => Some(action.name()),
            Self::Item(item) => Some(item.words()),
            Self::View(_, view) => Some(view.title()),
            Self::Limit(_, wait) => Some(limit_key(*wait)),
            Self::Way(_, option) => Some(option.words),
            Self::Target(..) | Self::File(..) | Self::Topic(_) | Self::Fault(..) => None,
        }
    }

    /// Why it cannot be done now: the key of a sentence.
    pub fn reason(&self, model: &Model) -> Option<&'static str> {
        match self {
            Self::Directive(directive)
            | Self::Target(directive, _)
            | Self::Way(directive, _)
            | Self::Fault(directive, ..)
            | Self::File(directive, _) => (directive.reason)(model),
            Self::Action(action) => reason(model, *action),
            Self::Topic(_) | Self::Limit(..) | Self::View(..) => None,
            Self::Item(_) => cannot_edit(model),
        }
    }
}

/// The name of the directive that is being typed, and what stands behind it.
pub fn typed(model: &Model) -> (&str, Option<&str>) {
    let text = model.prompt.text();
    let text = text.strip_prefix(':').unwrap_or(text);
    text.split_once(' ').map_or((text, None), |(name, argument)| (name, Some(argument)))
}

/// The directive whose argument is being typed.
pub fn begun(model: &Model) -> Option<&'static Directive> {
    let (name, argument) = typed(model);
    let directive = argument.and_then(|_| Directive::find(name));
    directive.filter(|directive| !directive.argument.is_empty() || !searches(model))
}

/// Whether what is typed are words to look for.
fn searches(model: &Model) -> bool {
    matches!(&model.popup, Some(Popup::Palette(palette)) if palette.searches)
}

/// The entries that fit what was typed, the best one first.
pub fn entries(model: &Model) -> Vec<Entry> {
    match begun(model) {
        Some(directive) if directive.argument == TARGET => targets(model, directive),
        Some(directive) if files::takes_file(directive) => {
            let found = files::fitting(model).into_iter();
            let found: Vec<_> = found.map(|path| Entry::File(directive, path)).collect();
            if found.is_empty() { vec![Entry::Directive(directive)] } else { found }
        }
        Some(directive) if directive.argument == "WORD" => {
            let found = topics(model, typed(model).1.unwrap_or_default().trim());
            std::iter::once(Entry::Directive(directive)).chain(found).collect()
        }
        Some(directive) if directive.argument == "WHAT" => {
            fitting(model, Item::all().map(Entry::Item), typed(model).1.unwrap_or_default().trim())
        }
        Some(directive) if directive.argument == VIEW => {
            let views = View::all().map(|view| Entry::View(directive, view));
            fitting(model, views, typed(model).1.unwrap_or_default().trim())
        }
        Some(directive) if directive.argument == FAULTS => faults(model, directive),
        Some(directive) if directive.argument == LIMIT => limits(model, directive),
        Some(directive) => vec![Entry::Directive(directive)],
        None => filtered(model),
    }
}

/// The entry on which Enter acts; none while an argument is typed and none was gone to, nor where
/// what was typed as a name is only like one.
pub fn highlighted(model: &Model) -> Option<usize> {
    let Some(Popup::Palette(palette)) = &model.popup else { return None };
    let wanted = match begun(model) {
        None => wanted(model),
        Some(directive) if matches!(directive.argument, "WHAT" | VIEW) => {
            typed(model).1.unwrap_or_default().trim()
        }
        Some(directive) if directive.argument == FAULTS => {
            return palette.chosen.or_else(|| is_part_of_a_fault(model).then_some(0));
        }
        Some(_) => return palette.chosen,
    };
    let named = || entries(model).first().is_some_and(|entry| rank(entry, wanted) < LIKE);
    palette.chosen.or_else(|| (palette.searches || named()).then_some(0))
}

/// What is looked for where no argument is typed.
fn wanted(model: &Model) -> &str {
    model.prompt.text().strip_prefix(':').unwrap_or_default().trim()
}

fn targets(model: &Model, directive: &'static Directive) -> Vec<Entry> {
    let wanted = last_word(model);
    let ways = REACH.iter().map(|option| Entry::Way(directive, option));
    if wanted.starts_with('-') {
        return ways.filter(|way| way.name().starts_with(wanted)).collect();
    }
    let mut known = model.targets.clone();
    if known.iter().all(|target| target != PRACTICE) {
        known.push(PRACTICE.to_owned());
    }
    known.retain(|target| target.contains(wanted));
    let known = known.into_iter().map(|target| Entry::Target(directive, target));
    let found: Vec<_> = known.chain(ways.filter(|_| wanted.is_empty())).collect();
    if found.is_empty() { vec![Entry::Directive(directive)] } else { found }
}

/// What stands before the target, or the option, that is being typed; options end with a blank.
pub fn before_target(model: &Model) -> &str {
    let argument = typed(model).1.unwrap_or_default();
    let options = argument.trim_start().starts_with('-') || option_behind(argument).is_some();
    let end = argument.rfind(char::is_whitespace).filter(|_| options).map_or(0, |at| at + 1);
    argument.get(..end).unwrap_or_default()
}

fn last_word(model: &Model) -> &str {
    let argument = typed(model).1.unwrap_or_default();
    argument.get(before_target(model).len()..).unwrap_or_default().trim()
}

/// Every limit that fits the last word.
fn limits(model: &Model, directive: &'static Directive) -> Vec<Entry> {
    let (_, argument) = typed(model);
    let word = argument.unwrap_or_default().rsplit([',', ' ']).next().unwrap_or_default();
    let name = word.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let fitting = Wait::all().filter(|wait| wait.name().starts_with(&name));
    fitting.map(|wait| Entry::Limit(directive, wait)).collect()
}

fn filtered(model: &Model) -> Vec<Entry> {
    let wanted = wanted(model);
    let directives = DIRECTIVES.iter().map(Entry::Directive);
    let actions = Action::ALL.iter().copied().map(Entry::Action);
    let views = Directive::find("view").into_iter();
    let views =
        views.flat_map(|d| ContentView::ALL.map(|view| Entry::View(d, View::Content(view))));
    let all = directives.chain(actions).chain(Item::all().map(Entry::Item)).chain(views);
    if wanted.is_empty() {
        // What can be said now comes first; actions keep their places.
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|entry| match entry {
            Entry::Directive(directive) => u8::from((directive.reason)(model).is_some()),
            _ => 2,
        });
        return all;
    }
    let mut found: Vec<_> =
        fitting(model, all, wanted).into_iter().chain(topics(model, wanted)).collect();
    found.sort_by_key(|entry| rank(entry, wanted));
    found
}
