//! The place between a speaker and the wire, where what is about to be said can be held.
//!
//! Breakpoints are patterns. One that is about the client's part alone stops before it leaves; one
//! that is about a reply stops when that is there, or is slow to come, and what is said next is held.
//! At most one thing is held, and while it is, the speaker is not asked. What it becomes is for a
//! person to say: it leaves as it is, as something else, later, in pieces, twice, or never.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;

use crate::journal::Moment;
use crate::session::pattern::{Counter, Pattern};
use crate::session::{Dialogue, Exchange};

use super::{Drip, Say, Speaker};

/// Takes one more breakpoint into a list; none stands there twice.
pub fn add(breakpoints: &mut Vec<Pattern>, breakpoint: Pattern) {
    if !breakpoints.contains(&breakpoint) {
        breakpoints.push(breakpoint);
    }
}

/// Takes the breakpoint of this number out, from 1; without one, all. Whether it was there.
pub fn remove(breakpoints: &mut Vec<Pattern>, n: Option<NonZeroUsize>) -> bool {
    match n.map(|n| n.get() - 1) {
        None => breakpoints.clear(),
        Some(at) if at < breakpoints.len() => {
            breakpoints.remove(at);
        }
        Some(_) => return false,
    }
    true
}

/// Why something stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The breakpoint.
    pub breakpoint: Pattern,
    /// The exchange that fits, unless it is only about to begin.
    pub exchange: Option<usize>,
}

/// What stands at the gate, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What is held.
    pub say: Say,
    /// Why.
    pub why: Stop,
}

/// What becomes of what is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// It leaves.
    AsItIs,
    /// This leaves instead.
    Instead(Bytes),
    /// Nothing leaves.
    Dropped,
    /// It leaves after this time.
    After(Duration),
    /// It leaves in pieces of so many bytes, with so much time between two of them.
    InPieces(NonZeroUsize, Duration),
    /// It leaves twice.
    Twice,
}

/// What a gate is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// From now on it stops by these.
    Breakpoints(Vec<Pattern>),
    /// What is held goes on.
    Release(Release),
}

/// What a gate has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Something is held; `None` when it no longer is.
    Held(Option<Box<Held>>),
    /// A breakpoint was reached: what is said next will be held.
    Stopped(Box<Stop>),
}

/// Lets things out, or holds them.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    breakpoints: Vec<Pattern>,
    held: Option<Held>,
    /// Why the next thing is held, whatever it is.
    stopped: Option<Stop>,
    /// What was let out and has not left.
    out: VecDeque<Say>,
    until: Option<Moment>,
    news: VecDeque<News>,
    nth: Nth,
    /// How many answered exchanges were looked at.
    heard: usize,
    /// The exchange that was slow when it was looked at last.
    slow: Option<usize>,
}

/// Which of its kind each exchange is.
#[derive(Clone, Debug, Default)]
struct Nth {
    counter: Counter,
    /// Of the exchanges so far.
    known: Vec<u32>,
}

impl Nth {
    fn learn(&mut self, exchanges: &[Exchange]) {
        for exchange in exchanges.get(self.known.len()..).unwrap_or_default() {
            self.known.push(self.counter.next(exchange));
        }
    }

    fn of(&self, exchange: usize) -> u32 {
        self.known.get(exchange).copied().unwrap_or(1)
    }
}

impl Gate {
    /// A gate that stops by these.
    pub fn new(breakpoints: Vec<Pattern>) -> Self {
        Self { breakpoints, ..Self::default() }
    }

    /// What goes out now, if anything does.
    pub fn next(
        &mut self,
        now: Moment,
        seen: &Dialogue,
        speaker: &mut impl Speaker,
    ) -> Option<Say> {
        if let Some(say) = self.out.pop_front() {
            return Some(self.let_out(now, say));
        }
        if self.held.is_some() {
            return None;
        }
        let say = speaker.next(now, seen)?;
        if !say.is_words() {
            return Some(say);
        }
        let why = self.stopped.take().or_else(|| self.stops(&say, seen));
        let Some(why) = why else { return Some(say) };
        let held = Held { say, why };
        self.news.push_back(News::Held(Some(Box::new(held.clone()))));
        self.held = Some(held);
        None
    }

    /// A wait is asked for again and again until it is over.
    fn let_out(&mut self, now: Moment, say: Say) -> Say {
        let Say::Wait(time) = say else { return say };
        let until = *self.until.get_or_insert_with(|| now.plus(time));
        let left = Duration::from_micros(until.since(now));
        if left.is_zero() {
            self.until = None;
        } else {
            self.out.push_front(Say::Wait(time));
        }
        Say::Wait(left)
    }

    /// Looks at what has happened: a reply may be one to stop by.
    pub fn hear(&mut self, now: Moment, seen: &Dialogue) {
        if self.breakpoints.is_empty() {
            self.heard = seen.answered().len();
            return;
        }
        let exchanges = seen.exchanges();
        self.nth.learn(exchanges);
        let answered = seen.answered().get(self.heard..).unwrap_or_default();
        self.heard = seen.answered().len();
        for at in answered {
            let Some(exchange) = exchanges.get(*at).filter(|_| self.slow != Some(*at)) else {
                continue;
            };
            self.reach(*at, exchange);
        }
        let Some((at, exchange)) = seen.unanswered() else { return };
        if self.slow != Some(at) && self.wakes(seen).is_some_and(|wakes| wakes <= now) {
            self.slow = Some(at);
            let late = Exchange { replied_at: Some(now.plus(TICK)), ..exchange.clone() };
            self.reach(at, &late);
        }
    }

    fn reach(&mut self, at: usize, exchange: &Exchange) {
        let nth = self.nth.of(at);
        let unanswered = Exchange { reply: None, replied_at: None, ..exchange.clone() };
        // What fitted without the reply has stopped before.
        let reached = |p: &&Pattern| {
            p.matches(exchange, nth) && (p.is_about_replies() || !p.matches(&unanswered, nth))
        };
        if let Some(breakpoint) = self.breakpoints.iter().find(reached) {
            let stop = Stop { breakpoint: breakpoint.clone(), exchange: Some(at) };
            self.news.push_back(News::Stopped(Box::new(stop.clone())));
            self.stopped = Some(stop);
        }
    }

    /// When a reply will be slow enough to stop by, if nothing happens before.
    pub fn wakes(&self, seen: &Dialogue) -> Option<Moment> {
        let (at, exchange) = seen.unanswered()?;
        let sent = exchange.sent_at.filter(|_| self.slow != Some(at))?;
        let soonest = self.breakpoints.iter().filter_map(Pattern::patience).min()?;
        Some(sent.plus(soonest).plus(TICK))
    }

    /// Why `say` does not leave at once.
    fn stops(&mut self, say: &Say, seen: &Dialogue) -> Option<Stop> {
        if self.breakpoints.iter().all(Pattern::is_about_replies) {
            return None;
        }
        self.nth.learn(seen.exchanges());
        let mut counter = self.nth.counter.clone();
        let foreseen = seen.foreseen(&Bytes::copy_from_slice(say.bytes()));
        let foreseen: Vec<_> = foreseen.iter().map(|e| (e, counter.next(e))).collect();
        let fits = |p: &&Pattern| {
            !p.is_about_replies() && foreseen.iter().any(|(e, nth)| p.matches(e, *nth))
        };
        let breakpoint = self.breakpoints.iter().find(fits)?.clone();
        Some(Stop { breakpoint, exchange: None })
    }

    /// Does what it is told.
    pub fn obey(&mut self, order: Order) {
        match order {
            Order::Breakpoints(breakpoints) => self.breakpoints = breakpoints,
            Order::Release(release) => {
                self.stopped = None;
                let Some(held) = self.held.take() else { return };
                self.news.push_back(News::Held(None));
                self.out.extend(released(held.say, release));
            }
        }
    }

    /// What is to be told, once.
    pub fn news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// Whatever was held or let out is not said.
    pub fn clear(&mut self) {
        self.out.clear();
        self.until = None;
        self.stopped = None;
        if self.held.take().is_some() {
            self.news.push_back(News::Held(None));
        }
    }
}

/// Beyond a limit is a microsecond more.
const TICK: Duration = Duration::from_micros(1);

/// What leaves in place of `say`.
fn released(say: Say, release: Release) -> Vec<Say> {
    match release {
        Release::AsItIs => vec![say],
        Release::Instead(bytes) => vec![Say::Bytes(bytes)],
        Release::Dropped => Vec::new(),
        Release::After(time) => vec![Say::Wait(time), say],
        Release::InPieces(piece, pause) => {
            let bytes = Bytes::copy_from_slice(say.bytes());
            vec![Say::Drip(Drip::new(bytes, piece, pause))]
        }
        Release::Twice => vec![say.clone(), say],
    }
}

#[cfg(test)]
mod tests {
    use super::super::Human;
    use super::*;
    use crate::journal::transcript::recording;
    use crate::journal::{Event, Happening, Side};

    fn gate(breakpoints: &[&str]) -> Gate {
        Gate::new(breakpoints.iter().map(|text| Pattern::read(text).unwrap()).collect())
    }

    fn dialogue(text: &str) -> Dialogue {
        let mut dialogue = Dialogue::default();
        let events = recording(text.as_bytes()).unwrap();
        let goes_on = |e: &&Event| !matches!(e.what, Happening::Closed { .. });
        for event in events.events().iter().filter(goes_on) {
            dialogue.apply(event);
        }
        dialogue
    }

    const MAIL: &str =
        "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 SIZE\nC: MAIL FROM:<a@b.example>\nS: 250 ok\n";

    fn said(lines: &[&str]) -> Human {
        let mut human = Human::default();
        for line in lines {
            human.push(Say::Bytes(Bytes::from(format!("{line}\r\n"))));
        }
        human
    }

    #[test]
    fn what_is_about_to_be_said_is_held_by_what_it_is() {
        let rcpt = "C: RCPT TO:<c@d.example>\nS: 250 ok\n";
        for (breakpoint, before, line, holds) in [
            ("data", MAIL.to_owned(), "DATA", true),
            ("data", MAIL.to_owned(), "NOOP", false),
            ("rcpt#3", format!("{MAIL}{rcpt}{rcpt}"), "RCPT TO:<e@f.example>", true),
            ("rcpt#3", format!("{MAIL}{rcpt}"), "RCPT TO:<e@f.example>", false),
            ("odd:F07", MAIL.to_owned(), "MAIL FROM:<a@b.example> BODY=8BITMIME", true),
            ("odd:F07", MAIL.to_owned(), "MAIL FROM:<a@b.example> SIZE=5", false),
            ("rcpt e@f.example", MAIL.to_owned(), "RCPT TO:<e@f.example>", true),
            ("!tls", MAIL.to_owned(), "NOOP", true),
            // A group stops as a whole.
            ("data", MAIL.to_owned(), "RCPT TO:<e@f.example>\r\nDATA", true),
            // What is about a reply does not stop what asks for it.
            ("5xx", MAIL.to_owned(), "RCPT TO:<e@f.example>", false),
            ("rcpt 5xx", MAIL.to_owned(), "RCPT TO:<e@f.example>", false),
            // A message has no commands.
            ("data", format!("{MAIL}{rcpt}C: DATA\nS: 354 go\n"), "DATA", false),
        ] {
            let (seen, mut human) = (dialogue(&before), said(&[line]));
            let mut gate = gate(&[breakpoint]);
            let out = gate.next(Moment(1), &seen, &mut human);
            assert_eq!(out.is_none(), holds, "{breakpoint}: {line}");
            let told = gate.news();
            assert_eq!(
                matches!(&told, Some(News::Held(Some(held))) if held.why.exchange.is_none()),
                holds
            );
        }
    }

    #[test]
    fn a_reply_holds_what_comes_next() {
        let mut seen = dialogue(MAIL);
        let mut gate = gate(&["4xx", "5xx"]);
        gate.hear(Moment(1), &seen);
        assert_eq!(gate.news(), None);
        seen.apply(&Event::bytes(Moment(2), Side::Client, "RCPT TO:<c@d.example>\r\n".into()));
        seen.apply(&Event::bytes(Moment(3), Side::Server, "550 no\r\n".into()));
        gate.hear(Moment(3), &seen);
        let Some(News::Stopped(stop)) = gate.news() else { panic!("nothing stopped") };
        assert_eq!((stop.breakpoint.to_string().as_str(), stop.exchange), ("5xx", Some(3)));
        let mut human = said(&["DATA", "QUIT"]);
        assert_eq!(gate.next(Moment(4), &seen, &mut human), None);
        assert_eq!(gate.next(Moment(4), &seen, &mut human), None, "one thing is held");
        gate.obey(Order::Release(Release::AsItIs));
        assert_eq!(gate.next(Moment(5), &seen, &mut human), Some(Say::Bytes("DATA\r\n".into())));
        assert_eq!(gate.next(Moment(5), &seen, &mut human), Some(Say::Bytes("QUIT\r\n".into())));
    }

    #[test]
    fn what_is_odd_stops_on_the_side_where_it_is() {
        let changed = "C: EHLO x\nS: 250-mx\nS: 250 DSN\n";
        let unoffered = "C: RCPT TO:<c@d.example> NOTIFY=NEVER\nS: 250 ok\n";
        for (breakpoint, text, stops) in [
            ("odd:C15", changed, true),
            ("odd:C15", "C: EHLO x\nS: 250-mx\nS: 250 SIZE\n", false),
            ("odd", changed, true),
            // It was held before it left.
            ("odd:F07", unoffered, false),
            ("odd:F07 250", unoffered, true),
        ] {
            let mut gate = gate(&[breakpoint]);
            gate.hear(Moment(1), &dialogue(&format!("{MAIL}{text}")));
            let told = gate.news();
            assert_eq!(matches!(told, Some(News::Stopped(_))), stops, "{breakpoint}: {told:?}");
        }
    }

    #[test]
    fn a_reply_that_is_slow_stops_before_it_comes_and_once() {
        let mut seen = dialogue(MAIL);
        let mut gate = gate(&["slow>2s"]);
        seen.apply(&Event::bytes(Moment(1_000_000), Side::Client, "DATA\r\n".into()));
        gate.hear(Moment(1_000_000), &seen);
        let wakes = gate.wakes(&seen).unwrap();
        assert_eq!(wakes, Moment(3_000_001));
        gate.hear(wakes, &seen);
        assert!(matches!(gate.news(), Some(News::Stopped(_))));
        assert_eq!(gate.wakes(&seen), None);
        seen.apply(&Event::bytes(Moment(4_000_000), Side::Server, "503 no\r\n".into()));
        gate.hear(Moment(4_000_000), &seen);
        assert_eq!(gate.news(), None);
    }

    #[test]
    fn what_is_held_leaves_as_a_person_says() {
        let seen = dialogue(MAIL);
        let line = || Say::Bytes("DATA\r\n".into());
        let two = NonZeroUsize::new(2).unwrap();
        let time = Duration::from_secs(1);
        for (release, want) in [
            (Release::AsItIs, vec![line()]),
            (Release::Instead("NOOP\r\n".into()), vec![Say::Bytes("NOOP\r\n".into())]),
            (Release::Dropped, vec![]),
            (Release::Twice, vec![line(), line()]),
            (
                Release::InPieces(two, time),
                vec![Say::Drip(Drip::new("DATA\r\n".into(), two, time))],
            ),
        ] {
            let (mut gate, mut human) = (gate(&["data"]), said(&["DATA"]));
            assert_eq!(gate.next(Moment(1), &seen, &mut human), None);
            gate.obey(Order::Release(release));
            let out: Vec<_> =
                std::iter::from_fn(|| gate.next(Moment(2), &seen, &mut human)).collect();
            assert_eq!(out, want);
        }
        let (mut gate, mut human) = (gate(&["data"]), said(&["DATA"]));
        assert_eq!(gate.next(Moment(1), &seen, &mut human), None);
        gate.obey(Order::Release(Release::After(time)));
        assert_eq!(gate.next(Moment(10), &seen, &mut human), Some(Say::Wait(time)));
        let later = gate.next(Moment(600_010), &seen, &mut human);
        assert_eq!(later, Some(Say::Wait(Duration::from_millis(400))));
        assert_eq!(
            gate.next(Moment(1_000_010), &seen, &mut human),
            Some(Say::Wait(Duration::ZERO))
        );
        assert_eq!(gate.next(Moment(1_000_010), &seen, &mut human), Some(line()));
    }
}
