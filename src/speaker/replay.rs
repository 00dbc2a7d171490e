//! Answers again: the server's half of a recording, said to a client that may do otherwise.
//!
//! Each accepted connection is answered as one of the recording, in their order. What a client says
//! is answered by the first of these that was recorded on that connection:
//!
//! 1. the reply to the same line, or to a turn of the same kind: the same command, an AUTH by the
//!    same mechanism, an answer of a login, the end of a message. Each is said once; those behind
//!    the last one that was said come before those that were left out.
//! 2. the last reply of that kind once more.
//!
//! Where there is none, this says so with a code that suits. A reply is said with its bytes as they
//! were, behind it whatever was said unasked there, and where the server closed, this closes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::journal::{Ending, Event, Happening, Moment, Side};
use crate::session::{Dialogue, Exchange, Keep, Turn};
use crate::smtp::code::{Code, Enhanced};
use crate::smtp::command::Argument;
use crate::smtp::reply;
use crate::smtp::verb::Verb;

use super::{Say, Speaker};

/// What asks for a reply: a turn, and of AUTH the mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kind(Turn, Option<String>);

impl Kind {
    fn of(exchange: &Exchange) -> Self {
        let mechanism = match exchange.command.as_ref().map(|command| &command.argument) {
            Some(Argument::Login { mechanism, .. }) => Some(mechanism.clone()),
            _ => None,
        };
        Self(exchange.turn.clone(), mechanism)
    }
}

/// A reply as it was recorded.
#[derive(Clone, Debug)]
struct Recorded {
    kind: Kind,
    line: Option<Bytes>,
    /// Nothing, where nothing was replied.
    bytes: Bytes,
    code: Option<Code>,
    /// How long it took.
    after: Duration,
    /// The number of its exchange in the recording, from 0.
    exchange: usize,
}

/// The server's half of one connection.
#[derive(Clone, Debug, Default)]
struct Half {
    replies: Vec<Recorded>,
    /// How the server closed it, if it did, and how long after what was before.
    closed: Option<(Ending, Duration)>,
    implicit: bool,
}

/// The server's half of a recording.
#[derive(Clone, Debug, Default)]
pub struct Halves(Vec<Half>);

impl Halves {
    /// Takes it from the events of a recording.
    pub fn of(events: &[Event]) -> Self {
        let mut seen = Dialogue::new(Keep { message: 0, messages: 0, ..Keep::ALL });
        let mut taking = Taking::default();
        for event in events {
            match &event.what {
                // Cut into lines, so that it is known which of them are which reply.
                Happening::Bytes { from: Side::Server, data, .. } => {
                    let mut rest = data.clone();
                    while !rest.is_empty() {
                        let end = memchr::memchr(b'\n', &rest).map_or(rest.len(), |at| at + 1);
                        let line = rest.split_to(end);
                        taking.raw.extend_from_slice(&line);
                        seen.apply(&Event::bytes(event.at, Side::Server, line));
                        taking.take(&seen);
                    }
                }
                Happening::Closed { by, how } => {
                    let open = seen.unanswered().map(|(at, exchange)| (at, exchange.clone()));
                    seen.apply(event);
                    taking.take(&seen);
                    taking.close(&seen, open, (*by == Side::Server).then(|| how.clone()), event.at);
                }
                _ => seen.apply(event),
            }
        }
        Self(taking.halves.into_iter().filter(|half| !half.replies.is_empty()).collect())
    }

    /// Whether no server said anything.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|half| half.replies.iter().all(|reply| reply.bytes.is_empty()))
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether TLS began before anything was said.
    pub fn is_implicit(&self) -> bool {
        self.0.first().is_some_and(|half| half.implicit)
    }
}

/// The halves while they are taken.
#[derive(Default)]
struct Taking {
    halves: Vec<Half>,
    connection: Option<u32>,
    answered: usize,
    raw: BytesMut,
    last: Moment,
}

impl Taking {
    /// The half to which an exchange of `connection` belongs.
    fn half(&mut self, connection: u32) -> Option<&mut Half> {
        if self.connection != Some(connection) {
            self.connection = Some(connection);
            self.halves.push(Half::default());
        }
        self.halves.last_mut()
    }

    /// Takes the replies that are complete since.
    fn take(&mut self, seen: &Dialogue) {
        while let Some(at) = seen.answered().get(self.answered) {
            self.answered += 1;
            let Some(exchange) = seen.exchanges().get(*at) else { continue };
            let replied = exchange.replied_at.unwrap_or(self.last);
            self.add((*at, exchange), replied);
        }
    }

    fn add(&mut self, (at, exchange): (usize, &Exchange), replied: Moment) {
        let since = exchange.sent_at.map_or(self.last, |sent| sent.max(self.last));
        self.last = replied;
        let reply = Recorded {
            kind: Kind::of(exchange),
            line: exchange.line.as_ref().map(|line| line.bytes.clone()),
            bytes: self.raw.split().freeze(),
            code: exchange.reply.as_ref().and_then(|reply| reply.code),
            after: Duration::from_micros(replied.since(since)),
            exchange: at,
        };
        let Some(half) = self.half(exchange.connection) else { return };
        half.implicit |= exchange.turn == Turn::Greeting && exchange.secured;
        half.replies.push(reply);
    }

    /// The end of a connection; what was `open` then was answered in part, or not at all.
    fn close(
        &mut self,
        seen: &Dialogue,
        open: Option<(usize, Exchange)>,
        by_server: Option<Ending>,
        at: Moment,
    ) {
        if let Some((index, exchange)) = open {
            let answered = seen.exchanges().get(index).is_some_and(|e| e.reply.is_some());
            if !answered {
                self.add((index, &exchange), at);
            }
        }
        let after = Duration::from_micros(at.since(self.last));
        if let Some(how) = by_server
            && let Some(half) = self.halves.last_mut()
        {
            half.closed = Some((how, after));
        }
        self.raw.clear();
    }
}

/// Where a reply is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The reply to the same line.
    SameLine,
    /// The reply to another line of the kind.
    SameKind,
    /// A reply that was said before.
    Again,
    /// None was recorded.
    Nowhere,
}

impl Origin {
    /// The name that JSON and the words have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameLine => "same-line",
            Self::SameKind => "same-kind",
            Self::Again => "again",
            Self::Nowhere => "not-recorded",
        }
    }
}

/// What a client was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What it said, as far as it was no secret; nothing for the connection itself.
    pub turn: Turn,
    /// The line, if it is a command.
    pub line: Option<Bytes>,
    /// The code; nothing where nothing is replied.
    pub code: Option<Code>,
    /// From where that is.
    pub origin: Origin,
    /// The number of the exchange in the recording, from 0.
    pub recorded: Option<usize>,
}

/// Told what a client is answered.
pub type Tell = Arc<dyn Fn(&Answered) + Send + Sync>;

/// Answers one connection.
pub struct Replay {
    half: Half,
    said: Vec<bool>,
    /// Behind the last reply that was said.
    cursor: usize,
    /// The exchange that was answered last.
    answered: Option<usize>,
    queue: VecDeque<(Duration, Say)>,
    due: Option<Moment>,
    timing: bool,
    tell: Tell,
}

impl Replay {
    /// Answers connection number `number`, from 0; behind the last of the recording comes its first
    /// again. With `timing` it takes the time that was taken.
    pub fn new(halves: &Halves, number: usize, timing: bool, tell: Tell) -> Self {
        let at = number.checked_rem(halves.len()).unwrap_or_default();
        let half = halves.0.get(at).cloned().unwrap_or_default();
        let said = vec![false; half.replies.len()];
        let (cursor, answered, due) = (0, None, None);
        Self { half, said, cursor, answered, queue: VecDeque::new(), due, timing, tell }
    }

    /// The reply that fits, and why it does.
    fn choose(&self, kind: &Kind, line: Option<&Bytes>) -> Option<(usize, Origin)> {
        let of_kind = |at: &usize| self.half.replies.get(*at).is_some_and(|r| r.kind == *kind);
        let order = (self.cursor..self.half.replies.len()).chain(0..self.cursor).filter(of_kind);
        let left = order.filter(|at| self.said.get(*at) == Some(&false));
        let same = |at: &usize| {
            let recorded = self.half.replies.get(*at).and_then(|reply| reply.line.as_ref());
            match (recorded, line) {
                (Some(one), Some(other)) => {
                    one.trim_ascii().eq_ignore_ascii_case(other.trim_ascii())
                }
                (one, other) => one.is_none() && other.is_none(),
            }
        };
        if let Some(at) = left.clone().find(same) {
            return Some((at, Origin::SameLine));
        }
        let mut left = left;
        let next = left.next().map(|at| (at, Origin::SameKind));
        next.or_else(|| {
            let last = (0..self.half.replies.len()).rev().find(of_kind)?;
            Some((last, Origin::Again))
        })
    }

    fn answer(&mut self, exchange: &Exchange) {
        let kind = Kind::of(exchange);
        let line = exchange.line.as_ref().map(|line| line.bytes.clone());
        let chosen = self.choose(&kind, line.as_ref());
        let told = |code, origin, recorded| Answered {
            turn: exchange.turn.clone(),
            line: line.clone().filter(|_| exchange.secret.is_none() && kind.0 != Turn::LoginAnswer),
            code,
            origin,
            recorded,
        };
        let Some((at, origin)) = chosen else {
            let (code, say) = unrecorded(&kind);
            (self.tell)(&told(Some(code), Origin::Nowhere, None));
            self.queue.push_back((Duration::ZERO, say));
            if code == Code::CLOSING {
                self.queue.push_back((Duration::ZERO, Say::Close(Ending::Finished)));
            }
            return;
        };
        let Some(reply) = self.half.replies.get(at) else { return };
        (self.tell)(&told(reply.code, origin, Some(reply.exchange)));
        self.queue.push_back((reply.after, Say::Bytes(reply.bytes.clone())));
        if origin == Origin::Again {
            return;
        }
        let unasked = |reply: &&Recorded| reply.kind.0 == Turn::Unsolicited;
        let more: Vec<_> = self.half.replies.iter().skip(at + 1).take_while(unasked).collect();
        self.cursor = at + 1 + more.len();
        self.queue.extend(more.into_iter().map(|r| (r.after, Say::Bytes(r.bytes.clone()))));
        self.said.iter_mut().take(self.cursor).skip(at).for_each(|said| *said = true);
        if self.cursor == self.half.replies.len()
            && let Some((how, after)) = &self.half.closed
        {
            self.queue.push_back((*after, Say::Close(how.clone())));
        } else if kind.0 == Turn::Command(Verb::Quit) {
            // The client may have closed first.
            self.queue.push_back((Duration::ZERO, Say::Close(Ending::Finished)));
        }
    }
}

/// What is said where nothing was recorded.
fn unrecorded(kind: &Kind) -> (Code, Say) {
    let (code, what) = match &kind.0 {
        Turn::Greeting => (Code::READY, "a greeting".to_owned()),
        Turn::Command(Verb::Quit) => (Code::CLOSING, Verb::Quit.to_string()),
        Turn::Command(verb) => (Code::BAD_SEQUENCE, verb.to_string()),
        Turn::LoginAnswer => (Code::BAD_SEQUENCE, "an answer of a login".to_owned()),
        _ => (Code::FAILED, "the end of a message".to_owned()),
    };
    let class = if code.0 < 300 { 2 } else { 5 };
    let enhanced = (class != 2 || kind.0 == Turn::Command(Verb::Quit))
        .then(|| if class == 5 { Enhanced::new(5, 5, 1) } else { Enhanced::new(2, 0, 0) });
    let text = format!("The recording has no reply to {what}");
    (code, Say::Bytes(reply::write(code, enhanced, &[text])))
}

impl Speaker for Replay {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if !seen.phase().is_open() {
            return None;
        }
        if self.queue.is_empty() {
            let (index, exchange) = seen.unanswered()?;
            let waits = exchange.verb() == Some(&Verb::Bdat) && seen.awaits_octets();
            if waits || self.answered == Some(index) {
                return None;
            }
            self.answered = Some(index);
            self.answer(exchange);
        }
        let (after, _) = self.queue.front()?;
        let due = *self.due.get_or_insert_with(|| if self.timing { now.plus(*after) } else { now });
        let left = due.since(now);
        if left > 0 {
            return Some(Say::Wait(Duration::from_micros(left)));
        }
        self.due = None;
        let (_, say) = self.queue.pop_front()?;
        match say {
            // Nothing was replied.
            Say::Bytes(bytes) if bytes.is_empty() => self.next(now, seen),
            say => Some(say),
        }
    }
}
