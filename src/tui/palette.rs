//! What the palette lists: every directive and every action, filtered by what stands in the
//! prompt. Nothing is left out that cannot be done now; the reason stands beside it.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::display::content::{ContentView, View};
use crate::display::keys::Action;
use crate::display::words::limit_key;
use crate::knowledge::{self, Kind, Lang, Topic, Word};
use crate::smtp::wait::Wait;

use super::directive::{
    DIRECTIVES, Directive, FAULTS, LIMIT, NO_FAULT, REACH, ReachOption, TARGET, VIEW, cannot_dial,
    cannot_edit, cannot_edit_outside, cannot_keep_alive, cannot_send, cannot_talk, cannot_travel,
    has_no_draft, is_not_editing, is_now, option_behind,
};
use super::directive::{cannot_rewind, has_no_offers, has_no_plan, holds_nothing};
use super::editor::item::Item;
use super::files;
use super::model::Model;
use super::popup::Popup;
use super::relay;
use super::sessions::PRACTICE;

/// How many entries of the knowledge base are listed at most.
const TOPICS: usize = 100;

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

/// A fault that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultNamed {
    /// Its name.
    pub name: String,
    /// Its title, or what is wrong with its file.
    pub title: Word,
    /// The value that it takes if another is not said.
    pub value: Option<String>,
    /// Whose it is.
    pub whose: Whose,
}

/// Whose a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The program's.
    Program,
    /// The person's.
    Own,
    /// The person's, in whose file something is wrong.
    OwnWrong,
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

/// The fault that is being typed: what stands behind the last `+`.
fn last_fault(model: &Model) -> &str {
    let argument = typed(model).1.unwrap_or_default();
    argument.rsplit('+').next().unwrap_or_default().trim()
}

/// Every fault, the person's own ones first, and each name once.
fn all_faults(model: &Model) -> impl Iterator<Item = FaultNamed> {
    let of_program = knowledge::fault_titles().iter();
    let of_program = of_program.filter(|(name, _)| model.faults.iter().all(|f| f.name != **name));
    let of_program = of_program.map(|(name, said)| FaultNamed {
        name: name.clone(),
        title: said.title.clone(),
        value: said.value.clone(),
        whose: Whose::Program,
    });
    model.faults.iter().cloned().chain(of_program)
}

/// Every fault that fits what stands behind the last `+`.
fn faults(model: &Model, directive: &'static Directive) -> Vec<Entry> {
    let wanted = last_fault(model);
    let all = all_faults(model).map(|fault| Entry::Fault(directive, fault));
    let mut found = fitting(model, all, wanted);
    found.sort_by_key(|entry| rank(entry, wanted));
    if found.is_empty() { vec![Entry::Directive(directive)] } else { found }
}

/// Whether what is typed is no fault by itself, but there are faults that fit it.
fn is_part_of_a_fault(model: &Model) -> bool {
    let word = last_fault(model);
    let by_itself = word.is_empty() || word.contains(['=', '/']) || word == NO_FAULT;
    let fits =
        || matches!(entries(model).first(), Some(Entry::Fault(_, best)) if best.name != word);
    !by_itself && fits()
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

/// From this rank on an entry is only like what was typed.
const LIKE: u8 = 2;

/// What is called so comes first, then what is known by that name, then all else that can be done,
/// at last what else is known.
fn rank(entry: &Entry, wanted: &str) -> u8 {
    let called = entry.name().get(..wanted.len());
    let called = called.is_some_and(|head| head.eq_ignore_ascii_case(wanted));
    match entry {
        Entry::Topic(topic) if topic.is_meant_by(wanted) => 1,
        // Three letters and digits may be a key.
        Entry::Topic(topic) if called && wanted.len() > 2 && topic.kind != Kind::Oddity => 1,
        Entry::Topic(_) => LIKE + 1,
        _ if called => 0,
        _ => LIKE,
    }
}

/// Those of `all` that fit `wanted`, the best one first; all of them if nothing is wanted.
fn fitting(model: &Model, all: impl Iterator<Item = Entry>, wanted: &str) -> Vec<Entry> {
    if wanted.is_empty() {
        return all.collect();
    }
    let mut finder = Finder::new(wanted);
    let mut scored: Vec<_> =
        all.filter_map(|entry| Some((finder.score(model, &entry)?, entry))).collect();
    scored.sort_by_key(|(score, _)| Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}

/// The entries of the knowledge base that fit, the best one first.
fn topics(model: &Model, wanted: &str) -> impl Iterator<Item = Entry> {
    let mut finder = Finder::new(wanted);
    let mut scored: Vec<_> = Topic::all()
        .filter_map(|topic| {
            let meant = topic.is_meant_by(wanted).then_some(u32::MAX);
            let entry = Entry::Topic(topic);
            Some((meant.or_else(|| finder.score(model, &entry))?, entry))
        })
        .collect();
    scored.sort_by_key(|(score, _)| Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).take(TOPICS)
}

/// Looks for words in names, in the words of both languages, and in keys.
struct Finder<'a> {
    wanted: &'a str,
    words: Vec<Pattern>,
    matcher: Matcher,
}

impl<'a> Finder<'a> {
    fn new(wanted: &'a str) -> Self {
        let pattern = |word| {
            let (case, marks) = (CaseMatching::Ignore, Normalization::Smart);
            Pattern::new(word, case, marks, AtomKind::Fuzzy)
        };
        let words = wanted.split_whitespace().map(pattern).collect();
        Self { wanted, words, matcher: Matcher::new(Config::DEFAULT) }
    }

    /// How well `entry` fits: every word has to be in it somewhere.
    fn score(&mut self, model: &Model, entry: &Entry) -> Option<u32> {
        let exact = match entry {
            Entry::Directive(directive) => directive.is_called(self.wanted),
            Entry::Topic(topic) => topic.id.eq_ignore_ascii_case(self.wanted),
            _ => entry.name().eq_ignore_ascii_case(self.wanted),
        };
        if exact {
            return Some(u32::MAX);
        }
        let key = match entry {
            Entry::Action(action) => model.keys.key_of(*action),
            _ => None,
        };
        let both = [Lang::En, model.lang];
        let words = match entry {
            Entry::Topic(topic) => Some(both.map(|lang| topic.entry().say(lang).title.as_str())),
            _ => entry.words().map(|key| both.map(|lang| knowledge::word(lang, key))),
        };
        let fields: Vec<&str> =
            words.into_iter().flatten().chain([entry.name()]).chain(key.as_deref()).collect();
        let matcher = &mut self.matcher;
        let mut best = |word: &Pattern| {
            let mut buffer = Vec::new();
            // Of two that fit alike, the shorter one is meant.
            let score = |field: &&str| {
                let text = Utf32Str::new(field, &mut buffer);
                let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
                Some(word.score(text, matcher)?.saturating_sub(length))
            };
            fields.iter().filter_map(score).max()
        };
        self.words.iter().map(&mut best).sum()
    }
}

/// Why `action` cannot be done now: the key of a sentence.
fn reason(model: &Model, action: Action) -> Option<&'static str> {
    match action {
        Action::Connect => cannot_dial(model),
        Action::Send => cannot_send(model),
        Action::CompleteLine | Action::Candidates => cannot_talk(model),
        Action::ReplyRight
        | Action::ReplyNotNow
        | Action::ReplyNever
        | Action::ReplyStrange
        | Action::ReplyTake => has_no_offers(model),
        Action::KeepAlive => cannot_keep_alive(model),
        Action::Release | Action::EditHeld if model.session.plan.is_some() => None,
        Action::Release | Action::EditHeld => holds_nothing(model),
        Action::Compare if model.others.len() != 1 => Some("compare.with-what"),
        Action::TravelBack | Action::EventBack => cannot_travel(model),
        Action::TravelForward | Action::EventForward => is_now(model),
        Action::Plan
        | Action::PlanStep
        | Action::PlanRun
        | Action::PlanSkip
        | Action::PlanEdit
        | Action::PlanAdd
        | Action::PlanRemove
        | Action::PlanClose => has_no_plan(model),
        Action::Rewind => cannot_rewind(model),
        Action::SessionNext | Action::SessionPrevious | Action::SessionBeside
            if model.others.is_empty() =>
        {
            Some("reason.one-session")
        }
        Action::MessageNext | Action::MessagePrevious
            if model.session.seen().messages().len() < 2 =>
        {
            Some("message.only")
        }
        Action::MessageShow if model.session.view != ContentView::Thread => Some("thread.nothing"),
        Action::CatcherList if model.sessions().all(|s| s.catcher.is_none()) => {
            Some("catcher.none")
        }
        Action::CatcherOpen
        | Action::CatcherSwitch
        | Action::CatcherDelete
        | Action::CatcherClear
            if model.session.catcher.is_none() =>
        {
            Some("catcher.not-list")
        }
        Action::CatcherRelay => relay::cannot(model),
        Action::Choose | Action::Complete => Some("reason.no-list"),
        Action::Edit | Action::Insert => cannot_edit(model),
        Action::EditOutside => cannot_edit_outside(model),
        Action::SendDraft | Action::DropDraft => has_no_draft(model),
        Action::NewLine | Action::Tab => is_not_editing(model),
        _ => None,
    }
}
