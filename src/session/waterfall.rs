//! Where the time of a session went: each thing that was waited for, and whose time it was.
//!
//! What a name server, a network or a handshake takes is one stretch. An exchange has up to four:
//! the client sends, its line waits while earlier ones are answered, the server thinks, the reply
//! comes. While nothing is waited for, it is the client who thinks, and that is left out.

use std::time::Duration;

use crate::journal::{Happening, Moment};

use super::{Dialogue, Exchange, Turn};

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// What this notice tells: the answer of a name server, a connection that was made or not, TLS.
    Notice(usize),
    /// The reply in this exchange.
    Exchange(usize),
}

/// A stretch of time, by the moments that part it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What was waited for.
    pub what: What,
    /// When the client began to send.
    pub begun: Moment,
    /// When all of it was sent.
    pub sent: Moment,
    /// When all that was asked before had been answered.
    pub turn: Moment,
    /// When the answer began to come, or until when it has not.
    pub heard: Moment,
    /// When it was there, or until when it was not.
    pub over: Moment,
    /// Whether it is there.
    pub done: bool,
}

/// Whose time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The client sends.
    Sending,
    /// Earlier commands are answered.
    Queued,
    /// The server, or whoever was asked, thinks.
    Thinking,
    /// The reply comes.
    Receiving,
}

impl Whose {
    /// In their order.
    pub const ALL: [Self; 4] = [Self::Sending, Self::Queued, Self::Thinking, Self::Receiving];

    /// The stable name, as JSON has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Queued => "queued",
            Self::Thinking => "thinking",
            Self::Receiving => "receiving",
        }
    }
}

impl Stage {
    /// From when to when it is whose time.
    pub const fn stretch(&self, whose: Whose) -> (Moment, Moment) {
        match whose {
            Whose::Sending => (self.begun, self.sent),
            Whose::Queued => (self.sent, self.turn),
            Whose::Thinking => (self.turn, self.heard),
            Whose::Receiving => (self.heard, self.over),
        }
    }

    /// How long it is whose time.
    pub const fn time(&self, whose: Whose) -> Duration {
        let (from, to) = self.stretch(whose);
        Duration::from_micros(to.since(from))
    }

    /// How long all of it took.
    pub const fn took(&self) -> Duration {
        Duration::from_micros(self.over.since(self.begun))
    }

    /// Something that ended at `over` and took so many microseconds, all of them spent by others.
    const fn of(what: What, over: Moment, took: u64) -> Self {
        let begun = Moment(over.0.saturating_sub(took));
        Self { what, begun, sent: begun, turn: begun, heard: over, over, done: true }
    }
}

/// All stages in the order in which they began; what goes on does so until `now`. A record without
/// times has none.
pub fn stages(seen: &Dialogue, now: Moment) -> Vec<Stage> {
    if seen.last_heard() == Moment(0) {
        return Vec::new();
    }
    let notices = seen.notices().iter().enumerate();
    let notices = notices
        .filter_map(|(index, (at, what))| Some(Stage::of(What::Notice(index), *at, took(what)?)));
    let due = seen.due();
    let exchanges = seen.exchanges().iter().enumerate();
    let exchanges = exchanges.filter_map(|(at, exchange)| {
        let due = due.filter(|(next, _)| *next == at).map(|(_, due)| due);
        let mut stage = of_exchange(at, exchange, exchange.due_at.or(due), now)?;
        if seen.wants_octets() && seen.unanswered().is_some_and(|(next, _)| next == at) {
            (stage.sent, stage.turn, stage.heard) = (stage.over, stage.over, stage.over);
        }
        Some(stage)
    });
    let mut out: Vec<_> = notices.chain(exchanges).collect();
    out.sort_by_key(|stage| (stage.begun, stage.over));
    out
}

/// How long a notice took, in microseconds.
fn took(what: &Happening) -> Option<u64> {
    match what {
        Happening::LookedUp(facts) if facts.kind.is_beside() => None,
        Happening::LookedUp(facts) => Some(facts.took),
        Happening::Tried(attempt) => Some(attempt.took),
        Happening::Opened(endpoints) => endpoints.took,
        Happening::NotOpened(failure) => failure.took,
        what => what.tls()?.took,
    }
}

fn of_exchange(at: usize, exchange: &Exchange, due: Option<Moment>, now: Moment) -> Option<Stage> {
    let sent = exchange.sent_at?;
    let over = exchange.replied_at.unwrap_or(now).max(sent);
    let turn = due.unwrap_or(over).clamp(sent, over);
    // A server greets behind TLS, where that comes first.
    let sent = if exchange.turn == Turn::Greeting { turn } else { sent };
    let begun = exchange.begun_at.unwrap_or(sent).min(sent);
    let heard = exchange.reply_begun_at.unwrap_or(over).clamp(turn, over);
    let done = exchange.reply.is_some();
    Some(Stage { what: What::Exchange(at), begun, sent, turn, heard, over, done })
}

/// How much of the time before each stage was spent waiting for nothing, in microseconds, and how
/// long all stages together are without that.
pub fn pauses(stages: &[Stage]) -> (Vec<u64>, u64) {
    let mut reached = stages.first().map_or(Moment(0), |stage| stage.begun);
    let mut paused = reached.0;
    let mut out = Vec::with_capacity(stages.len());
    for stage in stages {
        paused += stage.begun.since(reached);
        reached = reached.max(stage.over);
        out.push(paused);
    }
    (out, reached.0.saturating_sub(paused))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Endpoints, Event, Side};

    fn heard(events: &[(u64, &str)]) -> Dialogue {
        let mut seen = Dialogue::default();
        let opened = Endpoints { took: Some(20), ..Endpoints::default() };
        seen.apply(&Event::new(Moment(100), Happening::Opened(Box::new(opened))));
        for (at, text) in events {
            let (from, text) = match text.split_at(2) {
                ("C ", text) => (Side::Client, text),
                (_, text) => (Side::Server, text),
            };
            seen.apply(&Event::bytes(Moment(*at), from, text.to_owned().into()));
        }
        seen
    }

    fn told(seen: &Dialogue, now: u64) -> Vec<[u64; 4]> {
        let stages = stages(seen, Moment(now));
        let of = |stage: &Stage| {
            Whose::ALL.map(|whose| u64::try_from(stage.time(whose).as_micros()).unwrap())
        };
        stages.iter().map(of).collect()
    }

    #[test]
    fn the_time_of_each_side_is_told_apart() {
        let seen = heard(&[
            (150, "S 220 mx\r\n"),
            // The client thinks for 850, and types in pieces.
            (1_000, "C EHLO"),
            (1_010, "C  x\r\n"),
            (1_310, "S 250-mx\r\n"),
            (1_315, "S 250 SIZE\r\n"),
            // Two commands together: the second has its turn behind the reply to the first.
            (2_000, "C NOOP\r\nNOOP\r\n"),
            (2_100, "S 250 ok\r\n"),
            (2_170, "S 250 ok\r\n"),
            (3_000, "C NOOP\r\n"),
        ]);
        assert_eq!(
            told(&seen, 3_500),
            [
                [0, 0, 20, 0],
                [0, 0, 50, 0],
                [10, 0, 300, 5],
                [0, 0, 100, 0],
                [0, 100, 70, 0],
                [0, 0, 500, 0],
            ]
        );
        let stages = stages(&seen, Moment(3_500));
        assert!(!stages[5].done && stages[4].done);
        // From 80 to 150, 1000 to 1315, 2000 to 2170, 3000 to 3500.
        let (pauses, all) = pauses(&stages);
        assert_eq!(pauses, [80, 80, 930, 1_615, 1_615, 2_445]);
        assert_eq!(all, 70 + 315 + 170 + 500);
    }

    #[test]
    fn mail_data_and_chunks_are_sent_until_their_last_byte() {
        let envelope = "C MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n";
        let seen = heard(&[
            (150, "S 220 mx\r\n"),
            (200, envelope),
            (210, "S 250 ok\r\n250 ok\r\n"),
            (300, "C DATA\r\n"),
            (310, "S 354 go\r\n"),
            (400, "C text\r\n"),
            (900, "C more\r\n.\r\n"),
            (950, "S 250 ok\r\n"),
            (1_000, "C BDAT 4 LAST\r\n"),
            (1_700, "C octe"),
            (1_790, "S 503 no\r\n"),
        ]);
        let told = told(&seen, 2_000);
        assert_eq!(told[told.len() - 2..], [[500, 0, 50, 0], [700, 0, 90, 0]]);
    }

    #[test]
    fn a_record_without_times_has_no_stages() {
        let text = "S: 220 mx\nC: EHLO x\nS: 250 mx\n";
        let seen = Dialogue::standing(text);
        assert_eq!(stages(&seen, Moment(9)), []);
        assert_eq!(pauses(&[]), (Vec::new(), 0));
    }
}
