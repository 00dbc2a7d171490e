//! The events of a session, so that it can be seen as it stood at any moment.
//!
//! A moment is a number of events: the fold over the first so many of them. From time to time the
//! fold is kept as it stands, which costs next to nothing (see [`super::shared`]); a moment is the
//! last fold kept before it and the few events behind that. So one step back takes as long in a
//! session of a hundred thousand exchanges as in one of ten.
//!
//! Memory is bounded as that of the fold is: above [`Keep::messages`] the oldest events give way,
//! and there one goes from one fold that was kept to the next. Where nobody walks, it is
//! [`Keep::message`]: what gave way is in the fold. What the fold has forgotten of mail
//! data is forgotten in all of them.

use bytes::Bytes;

use crate::journal::{Event, Happening};

use super::dialogue::{Dialogue, Keep};
use super::packed::Packed;
use super::shared::Shared;

/// What it may cost to fold the events between two folds that are kept: about so many microseconds.
const STRETCH: usize = 250;

/// The same where nobody walks through them.
const LONG_STRETCH: usize = 64 * STRETCH;

/// How many bytes are folded in one of them.
const BYTES: usize = 1 << 10;

/// So many bytes of events may stay there in any case: fewer would not be worth a fold.
const SHORT: usize = STRETCH * BYTES;

/// How many folds are kept; of more, each other one is given up.
const FOLDS: usize = 512;

/// After so many bytes it is looked at what the fold has forgotten.
const LOOK: usize = 8 << 20;

/// How far one goes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stride {
    /// One event.
    Event,
    /// To where an exchange was answered, or something happened to the connection.
    Exchange,
}

/// What is done with a fold.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Happened(Event),
    /// A line will be a secret wherever it stands.
    Hidden(Bytes),
    /// So much of messages stays in memory from the next one on.
    Kept(Keep),
}

impl Step {
    pub(super) fn do_with(&self, seen: &mut Dialogue) {
        match self {
            Self::Happened(event) => seen.apply(event),
            Self::Hidden(secret) => seen.hide(secret),
            Self::Kept(keep) => seen.keep(*keep),
        }
    }
}

/// A fold to go on with: `begin`, or where there is none that over nothing, which keeps so much.
pub(super) fn begun(begin: Option<&Dialogue>, kept: Keep) -> Dialogue {
    begin.cloned().unwrap_or_else(|| Dialogue::new(kept))
}

/// A fold that is kept, and what came behind it.
#[derive(Clone, Debug)]
struct Stretch {
    /// How many events came before.
    from: usize,
    /// The fold over them, where there are any.
    begin: Option<Box<Dialogue>>,
    /// Nothing where they gave way.
    steps: Option<Vec<Step>>,
    bytes: usize,
    cost: usize,
}

/// Where something was settled.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// Behind so many events.
    at: usize,
    /// So many exchanges were answered then.
    answered: usize,
}

/// The events of a session, and how it stood at some of them.
#[derive(Clone, Debug)]
pub struct Past {
    stretches: Vec<Stretch>,
    turns: Shared<Turn>,
    len: usize,
    /// How much the fold kept at first, and how many bytes of events may stay now.
    kept: Keep,
    keep: usize,
    /// Bytes of the events that are there.
    bytes: usize,
    /// What a stretch may cost now.
    stretch: usize,
    /// How many folds are kept.
    folds: usize,
    /// Bytes since it was looked at what was forgotten, and how many messages were then.
    unseen: usize,
    forgotten: usize,
}

impl Default for Past {
    fn default() -> Self {
        Self::new(Keep::default())
    }
}

impl Past {
    /// Nothing has happened; of the events at most `keep` bytes stay in memory.
    pub const fn new(keep: Keep) -> Self {
        Self {
            stretches: Vec::new(),
            turns: Shared::new(),
            len: 0,
            kept: keep,
            keep: keep.messages,
            bytes: 0,
            stretch: STRETCH,
            folds: FOLDS,
            unseen: 0,
            forgotten: 0,
        }
    }

    /// The same, of which it matters how all of it stands, not how each moment stood: it takes less
    /// place.
    pub fn in_short(keep: Keep) -> Self {
        Self { stretch: LONG_STRETCH, folds: 1, keep: keep.message, ..Self::new(keep) }
    }

    /// Whether one can walk through it.
    pub const fn has_moments(&self) -> bool {
        self.folds > 1
    }

    /// The past of `events`, and the fold over them.
    pub fn of(events: impl IntoIterator<Item = Event>, keep: Keep) -> (Self, Dialogue) {
        let (mut past, mut live) = (Self::new(keep), Dialogue::new(keep));
        for event in events {
            past.take(event, &mut live);
        }
        (past, live)
    }

    /// How many bytes of events are there.
    pub const fn weight(&self) -> usize {
        self.bytes
    }

    /// All of it in the least place, now that nothing more comes.
    pub fn pack(mut self) -> Packed {
        let (begin, steps) = match self.stretches.pop() {
            Some(Stretch { begin, steps, .. }) => (begin, steps.unwrap_or_default()),
            None => (None, Vec::new()),
        };
        Packed::new(self.kept, begin, &steps)
    }

    /// How many events there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has happened.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether one of the events is settling, or the first: a place where one stops that goes by
    /// exchanges.
    pub fn is_turn(&self, at: usize) -> bool {
        at == 0 || self.turns.find_by_key(&at, |turn| turn.at).is_some()
    }

    /// Takes the next event, into `live` as well: the fold over all of them.
    pub fn take(&mut self, event: Event, live: &mut Dialogue) {
        self.begin_stretch(live);
        let answered = live.answered().len();
        live.apply(&event);
        self.len += 1;
        let settles = matches!(
            event.what,
            Happening::Secured(_)
                | Happening::NotSecured(_)
                | Happening::NotOpened(_)
                | Happening::Closed { .. }
        );
        if self.has_moments() && (settles || live.answered().len() > answered) {
            self.turns.push(Turn { at: self.len, answered: live.answered().len() });
        }
        let data = match &event.what {
            Happening::Bytes { data, .. } => data.len(),
            _ => 0,
        };
        let bytes = size_of::<Step>() + data;
        self.push(Step::Happened(event), bytes);
        self.bytes += bytes;
        self.unseen += bytes;
        self.give_way();
        if self.unseen >= LOOK {
            self.forget(live);
        }
    }

    /// A line of the client, `secret`, will be one wherever it stands, in `live` as well.
    pub fn hide(&mut self, secret: &[u8], live: &mut Dialogue) {
        self.begin_stretch(live);
        live.hide(secret);
        self.push(Step::Hidden(Bytes::copy_from_slice(secret)), 0);
    }

    /// So much of a message stays in memory from the next one on, in `live` as well, and of all of them
    /// and of the events no less than before.
    pub fn keep(&mut self, keep: Keep, live: &mut Dialogue) {
        self.begin_stretch(live);
        live.keep(keep);
        self.push(Step::Kept(keep), 0);
        let most = if self.has_moments() { keep.messages } else { keep.message };
        self.keep = most.max(self.keep);
    }

    fn push(&mut self, step: Step, bytes: usize) {
        let Some(stretch) = self.stretches.last_mut() else { return };
        stretch.steps.get_or_insert_default().push(step);
        stretch.bytes += bytes;
        stretch.cost += 1 + bytes / BYTES;
    }

    /// Keeps the fold as it stands, if it would take too long to come here from the last one, or where
    /// nobody walks, if what was said since then is more than may stay.
    fn begin_stretch(&mut self, live: &Dialogue) {
        let most = if self.has_moments() { usize::MAX } else { self.keep.max(SHORT) };
        let goes_on = |last: &Stretch| last.cost < self.stretch && last.bytes <= most;
        if self.stretches.last().is_some_and(goes_on) {
            return;
        }
        if !self.has_moments() {
            self.stretches.clear();
            self.bytes = 0;
        } else if self.stretches.len() >= self.folds {
            self.thin_out();
        }
        let begin = (self.len > 0).then(|| Box::new(live.clone()));
        let steps = Some(Vec::new());
        self.stretches.push(Stretch { from: self.len, begin, steps, bytes: 0, cost: 0 });
    }

    /// Gives up each other fold, where it does not stand between events that are there and such that
    /// gave way.
    fn thin_out(&mut self) {
        self.stretch *= 2;
        let mut thinned: Vec<Stretch> = Vec::with_capacity(self.folds);
        for next in std::mem::take(&mut self.stretches) {
            let Some(last) = thinned.last_mut().filter(|last| {
                last.steps.is_some() == next.steps.is_some() && last.cost < self.stretch
            }) else {
                thinned.push(next);
                continue;
            };
            last.bytes += next.bytes;
            last.cost += next.cost;
            if let (Some(steps), Some(more)) = (&mut last.steps, next.steps) {
                steps.extend(more);
            }
        }
        self.stretches = thinned;
    }

    /// The oldest events give way to those that are there now.
    fn give_way(&mut self) {
        let behind = self.stretches.len().saturating_sub(1);
        for stretch in self.stretches.iter_mut().take(behind).filter(|s| s.steps.is_some()) {
            if self.bytes <= self.keep {
                return;
            }
            stretch.steps = None;
            self.bytes -= std::mem::take(&mut stretch.bytes);
        }
    }

    /// What was forgotten in `live` is forgotten in all.
    fn forget(&mut self, live: &Dialogue) {
        self.unseen = 0;
        if std::mem::replace(&mut self.forgotten, live.forgotten()) != live.forgotten() {
            for begin in self.stretches.iter_mut().filter_map(|stretch| stretch.begin.as_mut()) {
                begin.forget_as(live);
            }
        }
    }

    /// The fold over the first `at` events; `live` is that over all. Where events gave way it is one
    /// over fewer.
    pub fn at(&self, at: usize, live: &Dialogue) -> Dialogue {
        if at >= self.len {
            return live.clone();
        }
        let mut seen = self.fold(at);
        seen.forget_as(live);
        seen
    }

    fn fold(&self, at: usize) -> Dialogue {
        let Some(stretch) = self.stretch_of(at) else { return Dialogue::new(self.kept) };
        let mut seen = begun(stretch.begin.as_deref(), self.kept);
        let mut left = at - stretch.from;
        for step in stretch.steps.iter().flatten() {
            if left == 0 {
                break;
            }
            step.do_with(&mut seen);
            left -= usize::from(matches!(step, Step::Happened(_)));
        }
        seen
    }

    fn stretch_of(&self, at: usize) -> Option<&Stretch> {
        let behind = self.stretches.partition_point(|stretch| stretch.from <= at);
        self.stretches.get(behind.checked_sub(1)?)
    }

    /// The next moment before `at`, by one stride; nothing before the first one.
    pub fn before(&self, at: usize, stride: Stride) -> Option<usize> {
        let before = match stride {
            Stride::Event => at.checked_sub(1)?,
            Stride::Exchange => {
                let turn = self.turns.partition_point(|turn| turn.at < at).checked_sub(1);
                match turn.and_then(|turn| self.turns.get(turn)) {
                    Some(turn) => turn.at,
                    None => return (at > 0).then_some(0),
                }
            }
        };
        let stretch = self.stretch_of(before)?;
        Some(if stretch.steps.is_some() { before } else { stretch.from })
    }

    /// The next moment behind `at`, by one stride; the last one is that of all events.
    pub fn behind(&self, at: usize, stride: Stride) -> usize {
        let behind = match stride {
            Stride::Event => at + 1,
            Stride::Exchange => {
                let turn = self.turns.partition_point(|turn| turn.at <= at);
                self.turns.get(turn).map_or(self.len, |turn| turn.at)
            }
        };
        self.not_before(behind)
    }

    /// The first moment from `at` on where something is left to be seen.
    fn not_before(&self, at: usize) -> usize {
        let next = self.stretches.partition_point(|stretch| stretch.from <= at);
        let here = next.checked_sub(1).and_then(|here| self.stretches.get(here));
        let is_there = here.is_none_or(|s| s.steps.is_some() || s.from == at);
        let next = self.stretches.get(next).map_or(self.len, |stretch| stretch.from);
        if is_there { at.min(self.len) } else { next }
    }

    /// The moment at which exchange number `exchange` was answered, or when it was not, the last
    /// one; `live` is the fold over all events.
    pub fn answered(&self, exchange: usize, live: &Dialogue) -> usize {
        let place = live.answered().iter().rposition(|at| *at == exchange);
        let turn = place.and_then(|place| {
            self.turns.get(self.turns.partition_point(|turn| turn.answered <= place))
        });
        turn.map_or(self.len, |turn| self.not_before(turn.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;
    use crate::session::Message;

    const TALK: &str = "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 SIZE 100\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: From: a@b.example\nC: \nC: text\nC: .\nS: 250 ok\n";

    fn events(times: usize) -> Vec<Event> {
        let again = TALK.split_once("C: MAIL").unwrap().1;
        let text =
            format!("{TALK}{}C: QUIT\nS: 221 bye\n", format!("C: MAIL{again}").repeat(times));
        recording(text.as_bytes()).unwrap().events().to_vec()
    }

    fn folded(events: &[Event], keep: Keep) -> Dialogue {
        let mut dialogue = Dialogue::new(keep);
        for event in events {
            dialogue.apply(event);
        }
        dialogue
    }

    fn small(folds: usize, keep: Keep) -> Past {
        Past { stretch: 4, folds, ..Past::new(keep) }
    }

    #[test]
    fn in_short_all_of_it_is_the_same() {
        let (all, keep) = (events(12_000), Keep::default());
        let (mut past, mut live) = (Past::in_short(keep), Dialogue::new(keep));
        for event in &all[..40] {
            past.take(event.clone(), &mut live);
        }
        let before = past.clone().pack().seen();
        assert!(before == live && before.exchanges() == live.exchanges());
        for event in &all[40..] {
            past.take(event.clone(), &mut live);
        }
        // What lies before the last fold is in it.
        assert_eq!((past.stretches.len(), past.turns.len()), (1, 0));
        assert!(past.len() == all.len() && past.pack().seen() == live);
    }

    #[test]
    fn in_short_no_more_stays_than_may() {
        let keep = Keep { message: SHORT + 1_000, ..Keep::ALL };
        let (mut past, mut live) = (Past::in_short(keep), Dialogue::new(keep));
        // One event goes over it.
        let most = keep.message + size_of::<Step>() + 100;
        for event in events(500) {
            past.take(event, &mut live);
            assert!(past.weight() <= most, "{}", past.weight());
        }
        assert!(past.pack().seen() == live);
    }

    #[test]
    fn every_moment_is_the_fold_over_its_events() {
        let all = events(20);
        for folds in [2, 7, 1_000] {
            let keep = Keep::default();
            let (mut past, mut live) = (small(folds, keep), Dialogue::new(keep));
            for event in &all {
                past.take(event.clone(), &mut live);
            }
            assert!(past.stretches.len() <= folds, "{folds}");
            assert_eq!(past.len(), all.len());
            for at in (0..=all.len()).rev() {
                assert!(past.at(at, &live) == folded(&all[..at], keep), "{folds} {at}");
            }
        }
    }

    #[test]
    fn the_folds_stay_few_and_evenly_spread() {
        let keep = Keep { message: 1 << 20, messages: 100 * BYTES, ..Keep::ALL };
        let (mut past, mut live) = (small(16, keep), Dialogue::new(keep));
        // Some events cost three times what others do.
        let said = |n: usize| format!("NOOP {}\r\n", "x".repeat(2 * BYTES * (n % 2)));
        for n in 0..3_000 {
            let at = crate::journal::Moment(n as u64);
            past.take(Event::bytes(at, crate::journal::Side::Client, said(n).into()), &mut live);
            assert!(past.stretches.len() <= 16, "{n}");
        }
        let costs: Vec<_> = past.stretches.iter().map(|stretch| stretch.cost).collect();
        let all: usize = costs.iter().sum();
        assert_eq!(all, 3_000 * 2);
        assert!(costs.iter().all(|cost| *cost <= all / 4), "{costs:?}");
    }

    #[test]
    fn one_goes_by_events_and_by_exchanges() {
        let (past, live) = Past::of(events(0), Keep::default());
        let (mut by_event, mut at) = (vec![], past.len());
        while let Some(before) = past.before(at, Stride::Event) {
            at = before;
            by_event.push(at);
        }
        assert!(by_event.iter().rev().copied().eq(0..past.len()));
        let mut by_exchange = vec![(past.len(), live.exchanges().len())];
        while let Some(before) = past.before(by_exchange.last().unwrap().0, Stride::Exchange) {
            by_exchange.push((before, past.at(before, &live).answered().len()));
        }
        let answered: Vec<_> = by_exchange.iter().map(|(_, answered)| *answered).collect();
        assert_eq!(answered, [7, 7, 6, 5, 4, 3, 2, 1, 0]);
        for (n, window) in by_exchange.windows(2).rev().enumerate() {
            let (next, here) = (window[0].0, window[1].0);
            assert_eq!(past.behind(here, Stride::Exchange), next);
            assert!(past.is_turn(here));
            if n > 0 {
                assert_eq!(past.answered(n - 1, &live), here);
            }
        }
        assert_eq!(past.behind(past.len(), Stride::Event), past.len());
        assert_eq!(past.before(0, Stride::Exchange), None);
        assert_eq!(past.answered(99, &live), past.len());
    }

    #[test]
    fn what_gives_way_is_gone_by_in_one_step() {
        let all = events(50);
        let keep = Keep { message: 1_000, messages: 1_000, ..Keep::ALL };
        let (mut past, mut live) = (small(1_000, keep), Dialogue::new(keep));
        for event in &all {
            past.take(event.clone(), &mut live);
            assert!(past.bytes <= keep.messages + 100, "{}", past.bytes);
        }
        past.forget(&live);
        let kept = |seen: &Dialogue| seen.messages().iter().map(Message::kept).sum::<usize>();
        assert!(
            past.stretches.iter().flat_map(|s| &s.begin).all(|begin| kept(begin) <= kept(&live))
        );
        let (mut at, mut back) = (past.len(), vec![past.len()]);
        while let Some(before) = past.before(at, Stride::Event) {
            at = before;
            back.push(at);
            let (mut seen, plain) = (past.at(at, &live), folded(&all[..at], keep));
            assert_eq!(seen.exchanges(), plain.exchanges());
            assert!(kept(&seen) <= kept(&live));
            seen.apply(&all[at]);
            assert!(seen.exchanges() == folded(&all[..=at], keep).exchanges());
        }
        assert!(back.len() < all.len() && back.len() > 20 && at == 0, "{}", back.len());
        let mut forth = vec![0];
        while at < past.len() {
            at = past.behind(at, Stride::Event);
            forth.push(at);
        }
        assert!(forth.iter().eq(back.iter().rev()));
        for at in [0, 7, 30, past.len()] {
            assert!(forth.contains(&past.behind(at, Stride::Exchange)));
        }
    }

    #[test]
    fn a_hidden_line_is_a_secret_in_every_moment_behind() {
        let keep = Keep::default();
        let (mut past, mut live) = (small(1_000, keep), Dialogue::new(keep));
        for event in recording(b"S: 220 mx\n").unwrap().events().iter().take(2) {
            past.take(event.clone(), &mut live);
        }
        past.hide(b"c2VjcmV0\r\n", &mut live);
        let said = |text: &'static str| {
            Event::bytes(crate::journal::Moment(1), crate::journal::Side::Client, text.into())
        };
        for text in ["c2Vj", "cmV0\r\n", "NOOP\r\n"] {
            past.take(said(text), &mut live);
        }
        for seen in [live.clone(), past.at(past.len() - 1, &live)] {
            assert!(seen.exchanges().get(1).unwrap().secret.is_some());
        }
        assert_eq!(past.at(past.len() - 2, &live).partial_line(), b"****");
    }
}
