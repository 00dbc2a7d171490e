//! When something is done to a reply, and what.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::session::Exchange;
use crate::session::pattern::{Count, Mail, MessagePattern, Pattern};

use super::change::Change;
use super::dice::SIDES;
use super::text::{self, Time};

/// How many envelopes are remembered; the oldest are forgotten, which makes them new again.
const REMEMBERED: usize = 10_000;

/// One rule: it holds where all of its conditions do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// What the client has done, and what a good server would reply; one of them is enough.
    #[serde(deserialize_with = "text::any_of")]
    on: Vec<Pattern>,
    /// Which time that everything else here holds but `fresh` and `chance`, in this session and since
    /// the fault is played.
    #[serde(default, deserialize_with = "text::count")]
    nth: Option<Count>,
    /// What the message is like that is ended or added to; one of them is enough.
    #[serde(default, deserialize_with = "text::any_message")]
    message: Vec<MessagePattern>,
    /// The number of the session on this server.
    #[serde(default, deserialize_with = "text::count")]
    session: Option<Count>,
    /// What was answered before on this connection, in this order.
    #[serde(default, deserialize_with = "text::patterns")]
    after: Vec<Pattern>,
    /// What was not.
    #[serde(default, deserialize_with = "text::patterns")]
    before: Vec<Pattern>,
    /// For how long an envelope is new that was never seen before from this client's address.
    fresh: Option<Time>,
    /// Whether the command stood in a group behind another one that was not answered.
    pipelined: Option<bool>,
    /// Whether the dice have to allow it.
    chance: Option<Chance>,
    /// What is done.
    pub(super) r#do: Vec<Change>,
}

impl Eq for Rule {}

/// A probability, as a number of throws of [`SIDES`].
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Chance(pub(super) u16);

impl TryFrom<f64> for Chance {
    type Error = &'static str;

    fn try_from(chance: f64) -> Result<Self, Self::Error> {
        let below = (0..=SIDES).find(|throws| f64::from(*throws) >= chance * f64::from(SIDES));
        below.filter(|_| chance >= 0.0).map(Self).ok_or("expected a chance from 0 to 1")
    }
}

/// What a rule is asked about.
pub(super) struct Asked<'a> {
    /// The exchange with the reply of a good server.
    pub exchange: &'a Exchange,
    /// Which of its kind it is.
    pub nth: u32,
    pub session: u32,
    pub pipelined: bool,
    /// The message that it ends or adds to.
    pub mail: Option<&'a Mail<'a>>,
}

/// How far a rule has come with what was answered before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    after: usize,
    over: bool,
}

impl Progress {
    /// Takes note of an exchange that was answered.
    pub(super) fn note(&mut self, rule: &Rule, exchange: &Exchange, nth: u32) {
        if rule.after.get(self.after).is_some_and(|next| next.matches(exchange, nth)) {
            self.after += 1;
        }
        self.over |= rule.before.iter().any(|pattern| pattern.matches(exchange, nth));
    }
}

impl Rule {
    /// Whether it depends on dice.
    pub(super) const fn rolls(&self) -> bool {
        self.chance.is_some()
    }

    /// Whether it asks what was answered before.
    pub(super) const fn looks_back(&self) -> bool {
        !self.after.is_empty() || !self.before.is_empty()
    }

    /// Whether its conditions hold but `fresh` and `chance`; it counts in `held` that they did.
    pub(super) fn holds(&self, asked: &Asked<'_>, progress: Progress, held: &mut u32) -> bool {
        let here = progress.after == self.after.len()
            && !progress.over
            && self.session.is_none_or(|count| count.holds(asked.session))
            && self.pipelined.is_none_or(|wanted| wanted == asked.pipelined)
            && self.on.iter().any(|pattern| pattern.matches(asked.exchange, asked.nth))
            && (self.message.is_empty()
                || asked.mail.is_some_and(|mail| self.message.iter().any(|m| m.matches(mail))));
        *held += u32::from(here);
        here && self.nth.is_none_or(|count| count.holds(*held))
    }

    /// For how long an envelope is new to it, if that matters.
    pub(super) fn fresh(&self) -> Option<Duration> {
        self.fresh.map(|time| time.0)
    }

    /// Below which throw it holds, if the dice decide.
    pub(super) fn chance(&self) -> Option<u16> {
        self.chance.map(|chance| chance.0)
    }
}

/// When envelopes were first seen, for all sessions of a server.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<IndexMap<String, i64>>);

impl Memory {
    /// Whether an envelope was first seen less than `time` before `now`, in microseconds.
    pub(super) fn is_fresh(&self, envelope: String, now: i64, time: Duration) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED && !known.contains_key(&envelope) {
            known.shift_remove_index(0);
        }
        let first = *known.entry(envelope).or_insert(now);
        u128::try_from(now.saturating_sub(first)).unwrap_or_default() < time.as_micros()
    }
}
