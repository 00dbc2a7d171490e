//! Which entries fit what was typed, the best one first.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::knowledge::{self, Kind, Lang, Topic};

use super::super::model::Model;
use super::Entry;

/// How many entries of the knowledge base are listed at most.
const TOPICS: usize = 100;

/// From this rank on an entry is only like what was typed.
pub(super) const LIKE: u8 = 2;

/// What is called so comes first, then what is known by that name, then all else that can be done,
/// at last what else is known.
pub(super) fn rank(entry: &Entry, wanted: &str) -> u8 {
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
pub(super) fn fitting(model: &Model, all: impl Iterator<Item = Entry>, wanted: &str) -> Vec<Entry> {
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
pub(super) fn topics(model: &Model, wanted: &str) -> impl Iterator<Item = Entry> {
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
            Entry::Fault(_, fault) => Some(both.map(|lang| fault.title.say(lang))),
            _ => entry.words().map(|key| both.map(|lang| knowledge::word(lang, key))),
        };
        let plays = match entry {
            Entry::Fault(_, fault) => &*fault.plays,
            _ => &[],
        };
        let fields = words.into_iter().flatten().chain([entry.name()]).chain(key.as_deref());
        let fields: Vec<&str> = fields.chain(plays.iter().map(String::as_str)).collect();
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
