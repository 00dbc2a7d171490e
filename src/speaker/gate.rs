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
use crate::session::{Dialogue, Exchange, Shared};
use crate::smtp::Span;

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
    /// What of it is a secret.
    pub secrets: Vec<Span>,
    /// Why.
    pub why: Stop,
    /// When it leaves by itself.
    pub leaves: Option<Moment>,
}

impl Held {
    fn new(say: Say, why: Stop, seen: &Dialogue) -> Self {
        let bytes = say.bytes();
        let secrets = match say {
            Say::Answer(_) => vec![Span::new(0, bytes.len())],
            _ if seen.awaits_mail_data() || seen.awaits_octets() => Vec::new(),
            _ => seen.secrets_behind(&[], bytes, seen.next_line_is_meant_as()),
        };
        Self { say, secrets, why, leaves: None }
    }
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

impl Release {
    /// Whether something else is said than `held`, or nothing: who waits for the reply to that, waits
    /// in vain.
    pub fn breaks_off(&self, held: &[u8], seen: &Dialogue) -> bool {
        let first =
            |bytes: &[u8]| seen.foreseen(bytes).into_iter().next().map(|exchange| exchange.turn);
        match self {
            Self::Dropped => true,
            Self::Instead(other) => first(held) != first(other),
            Self::AsItIs | Self::After(_) | Self::InPieces(..) | Self::Twice => false,
        }
    }
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
    /// A breakpoint was reached by an exchange: what is said next will be held.
    Stopped(Box<Pattern>, usize),
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
    news: VecDeque<News>,
    begun: Begun,
    /// How many answered exchanges were looked at; nothing yet, where nothing was heard here.
    heard: Option<usize>,
    late: Late,
}

/// What was known of each exchange when it began.
#[derive(Clone, Debug, Default)]
struct Begun {
    counter: Counter,
    /// Which of its kind it is, and how much of it was odd.
    known: Vec<(u32, usize)>,
}

impl Begun {
    fn learn(&mut self, exchanges: &Shared<Exchange>) {
        for exchange in exchanges.iter().skip(self.known.len()) {
            // The end of a message is no line that could be held.
            let odd = if exchange.turn.ends_message() { 0 } else { exchange.odd.len() };
            self.known.push((self.counter.next(exchange), odd));
        }
    }

    fn of(&self, exchange: usize) -> (u32, usize) {
        self.known.get(exchange).copied().unwrap_or((1, 0))
    }
}

/// Breakpoints that wait for a reply that is slow to come.
#[derive(Clone, Debug, Default)]
struct Late {
    /// The exchange.
    exchange: Option<usize>,
    /// Those whose time was over, and those of them that stopped.
    over: Vec<Pattern>,
    stopped: Vec<Pattern>,
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
            return Some(say);
        }
        if let Some(held) = &self.held {
            let left = Duration::from_micros(held.leaves?.since(now));
            if !left.is_zero() {
                return Some(Say::Wait(left));
            }
            self.let_go(Release::AsItIs);
            return self.out.pop_front();
        }
        let say = speaker.next(now, seen)?;
        if !say.is_words() {
            return Some(say);
        }
        let why = self.stopped.take().or_else(|| self.stops(&say, seen));
        let Some(why) = why else { return Some(say) };
        self.hold(Held::new(say, why, seen));
        None
    }

    fn hold(&mut self, held: Held) {
        self.news.push_back(News::Held(Some(Box::new(held.clone()))));
        self.held = Some(held);
    }

    fn let_go(&mut self, release: Release) {
        let Some(held) = self.held.take() else { return };
        if let Release::After(_) = release {
            return self.hold(held);
        }
        self.news.push_back(News::Held(None));
        self.out.extend(released(held.say, release));
    }

    /// Looks at what has happened: a reply may be one to stop by.
    pub fn hear(&mut self, now: Moment, seen: &Dialogue) {
        let exchanges = seen.exchanges();
        // What was answered on connections before this one stops nothing here.
        let answered = seen.answered().len();
        let heard = self.heard.replace(answered).unwrap_or(answered);
        if self.breakpoints.is_empty() {
            return;
        }
        self.begun.learn(exchanges);
        for at in seen.answered().iter().skip(heard) {
            let stopped = self.late.exchange.filter(|late| late == at);
            let stopped = stopped.map_or_else(Vec::new, |_| self.late.stopped.clone());
            if let Some(exchange) = exchanges.get(*at) {
                self.reach(*at, exchange, |breakpoint| !stopped.contains(breakpoint));
            }
        }
        let Some((at, due)) = seen.due() else { return };
        if self.late.exchange != Some(at) {
            self.late = Late { exchange: Some(at), ..Late::default() };
        }
        let over = self.breakpoints.iter().filter(|breakpoint| {
            let patience = breakpoint.patience().filter(|_| !self.late.over.contains(breakpoint));
            patience.is_some_and(|patience| due.plus(patience) < now)
        });
        let over: Vec<Pattern> = over.cloned().collect();
        if let Some(exchange) = exchanges.get(at).filter(|_| !over.is_empty()) {
            let late = Exchange { due_at: Some(due), replied_at: Some(now), ..exchange.clone() };
            let stopped = self.reach(at, &late, |breakpoint| over.contains(breakpoint));
            self.late.stopped.extend(stopped);
            self.late.over.extend(over);
        }
    }

    /// An exchange is as it is: the first breakpoint that `counts` and was not reached before is.
    fn reach(
        &mut self,
        at: usize,
        exchange: &Exchange,
        counts: impl Fn(&Pattern) -> bool,
    ) -> Option<Pattern> {
        let (nth, odd) = self.begun.of(at);
        let odd = exchange.odd.iter().take(odd).copied().collect();
        let before = Exchange { reply: None, replied_at: None, odd, ..exchange.clone() };
        // What fitted without the reply has stopped before.
        let reached = |p: &&Pattern| {
            counts(p)
                && p.matches(exchange, nth)
                && (p.is_about_replies() || !p.matches(&before, nth))
        };
        let breakpoint = self.breakpoints.iter().find(reached)?.clone();
        self.news.push_back(News::Stopped(Box::new(breakpoint.clone()), at));
        self.stopped = Some(Stop { breakpoint: breakpoint.clone(), exchange: Some(at) });
        Some(breakpoint)
    }

    /// When there is something to look at if nothing happens before: a reply will be slow enough to
    /// stop by.
    pub fn wakes(&self, seen: &Dialogue) -> Option<Moment> {
        let (at, due) = seen.due()?;
        let over = if self.late.exchange == Some(at) { &self.late.over[..] } else { &[] };
        let waiting = self.breakpoints.iter().filter(|breakpoint| !over.contains(breakpoint));
        let soonest = waiting.filter_map(Pattern::patience).min()?;
        Some(due.plus(soonest).plus(TICK))
    }

    /// Why `say` does not leave at once.
    fn stops(&mut self, say: &Say, seen: &Dialogue) -> Option<Stop> {
        if self.breakpoints.iter().all(Pattern::is_about_replies) {
            return None;
        }
        self.begun.learn(seen.exchanges());
        let mut counter = self.begun.counter.clone();
        let foreseen = seen.foreseen(say.bytes());
        let foreseen: Vec<_> = foreseen.iter().map(|e| (e, counter.next(e))).collect();
        let fits = |p: &&Pattern| {
            !p.is_about_replies() && foreseen.iter().any(|(e, nth)| p.matches(e, *nth))
        };
        let breakpoint = self.breakpoints.iter().find(fits)?.clone();
        Some(Stop { breakpoint, exchange: None })
    }

    /// Does what it is told.
    pub fn obey(&mut self, now: Moment, order: Order) {
        match order {
            Order::Breakpoints(breakpoints) => self.breakpoints = breakpoints,
            Order::Release(release) => {
                self.stopped = None;
                if let (Release::After(time), Some(held)) = (&release, &mut self.held) {
                    held.leaves = Some(now.plus(*time));
                }
                self.let_go(release);
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
        Release::AsItIs | Release::After(_) => vec![say],
        // What replaces an answer is one.
        Release::Instead(bytes) if matches!(say, Say::Answer(_)) => vec![Say::Answer(bytes)],
        Release::Instead(bytes) => vec![Say::Bytes(bytes)],
        Release::Dropped => Vec::new(),
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
    use crate::journal::{Event, Side};

    fn gate(breakpoints: &[&str]) -> Gate {
        Gate::new(breakpoints.iter().map(|text| Pattern::read(text).unwrap()).collect())
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
            let (seen, mut human) = (Dialogue::standing(&before), said(&[line]));
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
        let mut seen = Dialogue::standing(MAIL);
        let mut gate = gate(&["4xx", "5xx"]);
        gate.hear(Moment(1), &seen);
        assert_eq!(gate.news(), None);
        seen.apply(&Event::bytes(Moment(2), Side::Client, "RCPT TO:<c@d.example>\r\n".into()));
        seen.apply(&Event::bytes(Moment(3), Side::Server, "550 no\r\n".into()));
        gate.hear(Moment(3), &seen);
        let Some(News::Stopped(breakpoint, exchange)) = gate.news() else {
            panic!("nothing stopped")
        };
        assert_eq!((breakpoint.to_string().as_str(), exchange), ("5xx", 3));
        let mut human = said(&["DATA", "QUIT"]);
        assert_eq!(gate.next(Moment(4), &seen, &mut human), None);
        assert_eq!(gate.next(Moment(4), &seen, &mut human), None, "one thing is held");
        gate.obey(Moment(4), Order::Release(Release::AsItIs));
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
            gate.hear(Moment(1), &Dialogue::standing(MAIL));
            gate.hear(Moment(1), &Dialogue::standing(&format!("{MAIL}{text}")));
            let told = gate.news();
            assert_eq!(matches!(told, Some(News::Stopped(..))), stops, "{breakpoint}: {told:?}");
        }
    }

    #[test]
    fn a_reply_that_is_slow_stops_before_it_comes_and_once() {
        let mut seen = Dialogue::standing(MAIL);
        let mut gate = gate(&["slow>2s"]);
        seen.apply(&Event::bytes(Moment(1_000_000), Side::Client, "DATA\r\n".into()));
        gate.hear(Moment(1_000_000), &seen);
        let wakes = gate.wakes(&seen).unwrap();
        assert_eq!(wakes, Moment(3_000_001));
        gate.hear(wakes, &seen);
        assert!(matches!(gate.news(), Some(News::Stopped(..))));
        assert_eq!(gate.wakes(&seen), None);
        seen.apply(&Event::bytes(Moment(4_000_000), Side::Server, "503 no\r\n".into()));
        gate.hear(Moment(4_000_000), &seen);
        assert_eq!(gate.news(), None);
    }

    #[test]
    fn what_is_held_leaves_as_a_person_says() {
        let seen = Dialogue::standing(MAIL);
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
            gate.obey(Moment(4), Order::Release(release));
            let out: Vec<_> =
                std::iter::from_fn(|| gate.next(Moment(2), &seen, &mut human)).collect();
            assert_eq!(out, want);
        }
        let (mut gate, mut human) = (gate(&["data"]), said(&["DATA"]));
        assert_eq!(gate.next(Moment(1), &seen, &mut human), None);
        gate.obey(Moment(10), Order::Release(Release::After(time)));
        assert_eq!(gate.next(Moment(10), &seen, &mut human), Some(Say::Wait(time)));
        let later = gate.next(Moment(600_010), &seen, &mut human);
        assert_eq!(later, Some(Say::Wait(Duration::from_millis(400))));
        assert_eq!(gate.next(Moment(1_000_010), &seen, &mut human), Some(line()));
        // It can be taken back until it has left.
        let (mut gate, mut human) = (self::gate(&["data"]), said(&["DATA"]));
        assert_eq!(gate.next(Moment(1), &seen, &mut human), None);
        gate.obey(Moment(10), Order::Release(Release::After(time)));
        gate.obey(Moment(20), Order::Release(Release::Dropped));
        assert_eq!(gate.next(Moment(2_000_000), &seen, &mut human), None);
    }

    #[test]
    fn a_reply_that_was_slow_stops_once_and_by_what_else_it_is() {
        let sent = |text: &str| {
            let mut seen = Dialogue::standing(MAIL);
            let line = format!("{text}\r\n").into();
            seen.apply(&Event::bytes(Moment(1_000_000), Side::Client, line));
            seen
        };
        let reply = |seen: &mut Dialogue, at: u64| {
            seen.apply(&Event::bytes(Moment(at), Side::Server, "550 no\r\n".into()));
        };
        for (breakpoints, stops) in [
            (&["mail slow>1s", "5xx"][..], vec!["5xx"]),
            (&["5xx slow>1s"], vec!["5xx slow>1s"]),
            (&["slow>1s", "5xx"], vec!["slow>1s", "5xx"]),
            (&["slow>1s"], vec!["slow>1s"]),
            (&["slow>1s", "slow>2s"], vec!["slow>1s", "slow>2s"]),
        ] {
            let mut seen = sent("RCPT TO:<c@d.example>");
            let mut gate = gate(breakpoints);
            gate.hear(Moment(1_000_000), &seen);
            let mut told = Vec::new();
            while let Some(wakes) = gate.wakes(&seen) {
                gate.hear(wakes, &seen);
            }
            reply(&mut seen, 4_000_000);
            gate.hear(Moment(4_000_000), &seen);
            while let Some(news) = gate.news() {
                let News::Stopped(breakpoint, 3) = news else { panic!("{news:?}") };
                told.push(breakpoint.to_string());
            }
            assert_eq!(told, stops, "{breakpoints:?}");
        }
        // Octets that are to come are awaited by the server.
        let seen = sent("BDAT 7");
        assert_eq!(gate(&["slow>1s"]).wakes(&seen), None);
    }

    #[test]
    fn what_another_connection_answered_stops_nothing() {
        let seen = Dialogue::standing(&format!("{MAIL}C: RCPT TO:<c@d.example>\nS: 550 no\n"));
        let mut gate = gate(&["5xx"]);
        gate.hear(Moment(9), &seen);
        assert_eq!(gate.news(), None);
        assert!(gate.next(Moment(9), &seen, &mut said(&["EHLO x"])).is_some());
    }

    #[test]
    fn what_turns_out_odd_at_the_reply_stops_then() {
        let mut seen = Dialogue::standing(MAIL);
        let mut gate = gate(&["odd:G20"]);
        gate.hear(Moment(1), &seen);
        for (side, text) in [
            (Side::Client, "RCPT TO:<c@d.example>\r\n"),
            (Side::Server, "250 ok\r\n"),
            (Side::Client, "DATA\r\n"),
            (Side::Server, "354 go\r\n"),
            (Side::Client, "\u{e9}\r\n.\r\n"),
            (Side::Server, "250 ok\r\n"),
        ] {
            seen.apply(&Event::bytes(Moment(2), side, text.to_owned().into()));
            gate.hear(Moment(2), &seen);
        }
        assert!(matches!(gate.news(), Some(News::Stopped(_, 5))));
    }

    #[test]
    fn what_is_a_secret_in_what_is_held_is_known() {
        for (before, text, secret) in [
            (MAIL.to_owned(), "AUTH PLAIN AGEAYg==\r\n", Some("AGEAYg==")),
            (MAIL.to_owned(), "AUTH LOGIN\r\nYQ==\r\nYg==\r\n", Some("YQ==")),
            (format!("{MAIL}C: AUTH PLAIN \\c\n"), "AGEAYg==\r\n", Some("AGEAYg==")),
            (MAIL.to_owned(), "NOOP\r\n", None),
        ] {
            let (seen, mut gate) = (Dialogue::standing(&before), gate(&["!tls"]));
            let mut human = Human::default();
            human.push(Say::Bytes(text.to_owned().into()));
            assert_eq!(gate.next(Moment(1), &seen, &mut human), None);
            let Some(News::Held(Some(held))) = gate.news() else { panic!("nothing held") };
            let mut secrets =
                held.secrets.iter().map(|s| text.get(s.start..s.end).unwrap().trim_end());
            assert_eq!(secrets.find(|text| !text.is_empty()), secret, "{text}");
        }
    }
}
