//! Waits: how long a reply took, what is awaited now, and how long a session has been silent.

use std::time::Duration;

use crate::journal::{Happening, Moment};
use crate::smtp::verb::Verb;
use crate::smtp::wait::{Limits, Wait};

use super::{Dialogue, Exchange, Phase, Turn};

/// How long the first command waits behind a greeting when something was sent before it. A server
/// that takes that for a command answers it by then, and its answer is not taken for another's.
const ANSWERED: Duration = Duration::from_millis(300);

/// Something that the other side is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// What.
    pub wait: Wait,
    /// Since when.
    pub since: Moment,
}

impl Awaited {
    /// When it is overdue; `None` if it has no limit.
    pub fn ends(&self, limits: &Limits) -> Option<Moment> {
        limits.of(self.wait).map(|limit| self.since.plus(limit))
    }

    /// Whether it was said that it is overdue.
    pub fn is_told(&self, dialogue: &Dialogue) -> bool {
        let mut back = dialogue.notices().iter().rev().take_while(|(at, _)| *at >= self.since);
        back.any(|(_, what)| matches!(what, Happening::Overdue { wait, .. } if *wait == self.wait))
    }
}

/// What a client waits for now: the reply to the oldest turn that has none, or a handshake. `None`
/// where it is the client's turn.
fn awaited(dialogue: &Dialogue) -> Option<Awaited> {
    let since = dialogue.last_heard();
    let Some((_, exchange)) = dialogue.unanswered() else {
        let shaking = dialogue.phase() == Phase::AwaitingTls;
        return shaking.then_some(Awaited { wait: Wait::Tls, since });
    };
    if dialogue.wants_octets() {
        return None;
    }
    let wait = match &exchange.turn {
        Turn::Greeting => Wait::Greeting,
        turn if turn.ends_message() => Wait::DataEnd,
        Turn::Command(Verb::Mail) => Wait::Mail,
        Turn::Command(Verb::Rcpt) => Wait::Rcpt,
        Turn::Command(Verb::Data) => Wait::Data,
        _ => Wait::Command,
    };
    let sent = match wait {
        // Octets follow their command.
        _ if exchange.verb() == Some(&Verb::Bdat) => since,
        Wait::Greeting => secured(dialogue).max(exchange.sent_at.unwrap_or(since)),
        _ => exchange.sent_at.unwrap_or(since),
    };
    // Whoever answers bit by bit, or one of several commands after the other, is not silent.
    Some(Awaited { wait, since: sent.max(dialogue.server_last_heard()) })
}

/// When TLS began last.
fn secured(dialogue: &Dialogue) -> Moment {
    let mut back = dialogue.notices().iter().rev();
    let found = back.find(|(_, what)| matches!(what, Happening::Secured(_)));
    found.map_or(Moment(0), |(at, _)| *at)
}

/// What a client waits for while it has something to say that the server does not take.
fn stalled(dialogue: &Dialogue) -> Option<Awaited> {
    let inside = dialogue.awaits_mail_data() || dialogue.awaits_octets();
    inside.then(|| Awaited { wait: Wait::DataBlock, since: dialogue.last_heard() })
}

/// What a client waits for: the server, which answers, or takes what the client `writes`.
pub fn server(dialogue: &Dialogue, writes: bool) -> Option<Awaited> {
    let stalled = if writes { stalled(dialogue) } else { None };
    stalled.or_else(|| awaited(dialogue))
}

/// Whatever a server is to do when nothing else is awaited.
pub const fn anything(dialogue: &Dialogue) -> Awaited {
    Awaited { wait: Wait::Command, since: dialogue.last_heard() }
}

/// What a server waits for: the client.
pub const fn client(dialogue: &Dialogue) -> Awaited {
    Awaited { wait: Wait::Idle, since: dialogue.last_heard() }
}

/// When a server may give up on a silent client. `None` while it is the server's turn, without a
/// connection, or where it waits for ever.
pub fn patience_ends(dialogue: &Dialogue, limits: &Limits) -> Option<Moment> {
    let ours = dialogue.waiting().is_empty() || dialogue.wants_octets();
    let idle = dialogue.phase().is_open() && ours;
    idle.then(|| client(dialogue).ends(limits))?
}

/// How long the client's first command still has to wait, where something was sent before all
/// else.
pub fn settles(now: Moment, seen: &Dialogue) -> Option<Duration> {
    if !seen.is_prefaced() {
        return None;
    }
    let mut exchanges = seen.exchanges_here().rev().map(|(_, exchange)| exchange);
    let last = exchanges.find(|e| e.turn != Turn::Unsolicited)?;
    let greeted = last.replied_at.filter(|_| last.turn == Turn::Greeting)?;
    let left = greeted.plus(ANSWERED).since(now);
    (left > 0).then(|| Duration::from_micros(left))
}

/// How long the reply took, from when it was due to its end: behind the end of the client's line,
/// and the replies to what was said before. Nothing real happens at moment 0: there, a record has
/// no times.
pub fn wait(exchange: &Exchange) -> Option<Duration> {
    let replied = exchange.replied_at.filter(|at| *at > Moment(0))?;
    Some(Duration::from_micros(replied.since(exchange.due_at.or(exchange.sent_at)?)))
}

/// How long the reply came behind what it answers, whatever was answered in between.
pub fn behind(exchange: &Exchange) -> Option<Duration> {
    let replied = exchange.replied_at.filter(|at| *at > Moment(0))?;
    Some(Duration::from_micros(replied.since(exchange.sent_at?)))
}

/// How long the client took for its line, where that came in pieces.
pub fn sending(exchange: &Exchange) -> Option<Duration> {
    let begun = exchange.begun_at.filter(|at| *at > Moment(0))?;
    let took = exchange.sent_at?.since(begun);
    (took > 0).then(|| Duration::from_micros(took))
}

/// A wait in three figures at most: `40 µs`, `3.1 ms`, `12 ms`, `3.1 s`, `75 s`.
pub fn in_words(wait: Duration) -> String {
    let micros = wait.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{}.{} ms", micros / 1_000, micros / 100 % 10),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..10_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        _ => format!("{} s", micros / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Side};

    #[test]
    fn waits_in_words() {
        for (micros, want) in [
            (440, "440 µs"),
            (1_440, "1.4 ms"),
            (12_345, "12 ms"),
            (3_100_000, "3.1 s"),
            (75_000_000, "75 s"),
        ] {
            assert_eq!(in_words(Duration::from_micros(micros)), want);
        }
    }

    /// A dialogue of one line a second, and what is awaited behind it.
    fn heard(lines: &[&str]) -> Dialogue {
        let mut dialogue = Dialogue::default();
        dialogue.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        for (at, line) in (1..).zip(lines) {
            let from = if line.starts_with("C: ") { Side::Client } else { Side::Server };
            let data = format!("{}\r\n", line.get(3..).unwrap_or_default()).into();
            dialogue.apply(&Event::bytes(Moment(at * 1_000_000), from, data));
        }
        dialogue
    }

    const MAIL: [&str; 3] = ["S: 220 mx", "C: EHLO x", "S: 250 mx"];

    #[test]
    fn what_is_awaited_follows_from_the_dialogue() {
        let mail = |more: &[&'static str]| [&MAIL[..], more].concat();
        for (lines, want) in [
            (vec![], Some((Wait::Greeting, 0))),
            (vec!["S: 220-mx"], Some((Wait::Greeting, 1))),
            (vec!["S: 220 mx"], None),
            (vec!["S: 220 mx", "C: EHLO x"], Some((Wait::Command, 2))),
            (vec!["S: 220 mx", "C: EHLO x", "S: 250-mx"], Some((Wait::Command, 3))),
            (mail(&["C: MAIL FROM:<>"]), Some((Wait::Mail, 4))),
            // What is typed ahead does not make the reply younger.
            (mail(&["C: MAIL FROM:<>", "C: RCPT TO:<b@c.example>"]), Some((Wait::Mail, 4))),
            (
                mail(&["C: MAIL FROM:<>", "C: RCPT TO:<b@c.example>", "S: 250"]),
                Some((Wait::Rcpt, 6)),
            ),
            (mail(&["C: STARTTLS", "S: 220 go"]), Some((Wait::Tls, 5))),
            (mail(&["C: AUTH PLAIN", "S: 334 ", "C: AGEAYg=="]), Some((Wait::Command, 6))),
            (mail(&["C: DATA"]), Some((Wait::Data, 4))),
            (mail(&["C: DATA", "S: 354", "C: text"]), None),
            (mail(&["C: DATA", "S: 354", "C: ."]), Some((Wait::DataEnd, 6))),
            (mail(&["C: BDAT 9 LAST", "C: octets!"]), Some((Wait::DataEnd, 5))),
            (mail(&["C: BDAT 9", "C: octets!"]), Some((Wait::Command, 5))),
            (mail(&["C: BDAT 99", "C: octets!"]), None),
            (mail(&["C: MAIL FROM:<>", "C: BDAT 99", "C: octets!"]), Some((Wait::Mail, 4))),
        ] {
            let seen = awaited(&heard(&lines)).map(|a| (a.wait, a.since.0 / 1_000_000));
            assert_eq!(seen, want, "{lines:?}");
        }
    }

    /// In LMTP every recipient has its reply.
    #[test]
    fn each_recipient_is_awaited_as_an_end_of_the_message() {
        let rcpt =
            ["C: RCPT TO:<a@b.example>", "S: 250 ok", "C: RCPT TO:<c@d.example>", "S: 250 ok"];
        let lmtp = ["S: 220 mx", "C: LHLO x", "S: 250 mx", "C: MAIL FROM:<>", "S: 250 ok"];
        let end = ["C: DATA", "S: 354 go", "C: .", "S: 250 one"];
        let seen = awaited(&heard(&[&lmtp[..], &rcpt, &end].concat()));
        assert_eq!(seen.map(|a| (a.wait, a.since)), Some((Wait::DataEnd, Moment(13_000_000))));
    }

    #[test]
    fn a_message_that_is_not_taken_is_awaited_while_it_leaves() {
        let data = [&MAIL[..], &["C: DATA", "S: 354", "C: text"]].concat();
        let seen = heard(&data);
        let stalled = stalled(&seen).unwrap();
        assert_eq!((stalled.wait, stalled.since), (Wait::DataBlock, Moment(6_000_000)));
        assert_eq!(super::stalled(&heard(&MAIL)), None);
        let chunk = heard(&[&MAIL[..], &["C: BDAT 9", "C: oct"]].concat());
        assert_eq!(super::stalled(&chunk).map(|a| a.wait), Some(Wait::DataBlock));
    }

    #[test]
    fn what_is_overdue_is_told_once_for_each_wait() {
        let mut seen = heard(&["S: 220 mx", "C: EHLO x"]);
        let now = awaited(&seen).unwrap();
        let limits = Limits::default();
        assert_eq!(now.ends(&limits), Some(Moment(302_000_000)));
        assert!(!now.is_told(&seen));
        let told = Happening::Overdue { wait: now.wait, limit: 300 };
        seen.apply(&Event::new(Moment(302_000_000), told));
        assert!(awaited(&seen).unwrap().is_told(&seen));
        let more =
            ["250 mx\r\n", "NOOP\r\n"].map(|text| bytes::Bytes::from_static(text.as_bytes()));
        let [reply, noop] = more;
        seen.apply(&Event::bytes(Moment(303_000_000), Side::Server, reply));
        seen.apply(&Event::bytes(Moment(304_000_000), Side::Client, noop));
        assert!(!awaited(&seen).unwrap().is_told(&seen), "this is another one");
        let mut forever = limits;
        forever.set(Wait::Command, 0);
        assert_eq!(now.ends(&forever), None);
    }

    #[test]
    fn the_first_command_waits_where_something_was_said_before_the_greeting() {
        let mut seen = Dialogue::default();
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        seen.apply(&Event::new(Moment(1), Happening::Prefaced("PROXY".into())));
        assert_eq!(settles(Moment(2), &seen), None, "nobody has greeted");
        seen.apply(&Event::bytes(Moment(100), Side::Server, "220 mx\r\n".into()));
        assert_eq!(settles(Moment(100), &seen), Some(ANSWERED));
        assert_eq!(settles(Moment(100).plus(ANSWERED), &seen), None);
        assert_eq!(settles(Moment(1), &heard(&["S: 220 mx"])), None);
    }
}
