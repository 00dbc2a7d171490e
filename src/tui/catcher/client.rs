//! A session with a client in one row: who, since when, for whom, and where it stands; and who was not
//! let in.

use std::sync::Arc;

use crate::journal::Moment;
use crate::knowledge::{self, Lang};
use crate::session::glance::{Over, Trouble};
use crate::session::{Dialogue, Glance, Phase};

use super::listed::Row;

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected; the server greets.
    Greets,
    /// The client is to say something.
    Waits,
    /// The server is to answer.
    Answers,
    /// TLS begins.
    Shakes,
    /// The client logs in.
    LogsIn,
    /// The client sends a message, of which so many bytes are there.
    Sends(u64),
    /// The server said goodbye.
    Leaves,
    /// A person is to answer.
    Asks,
    /// Closed in order.
    Finished,
    /// Nothing was taken, by a reply with this code.
    Refused(u16),
    /// The server hung up by itself.
    HungUp,
    /// The client was gone without QUIT.
    Left,
    /// The connection broke before the end of a message.
    CutShort,
    /// The connection was reset.
    Reset,
    /// What was awaited did not come in time.
    TimedOut,
    /// TLS did not begin.
    NotSecured,
    /// Broken by an error of the system.
    Failed,
    /// It was not let in.
    TurnedAway(Away),
}

/// Why a client was turned away before it was greeted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// As many clients as may be were there.
    TooMany,
    /// It had come as often in this minute as it may.
    TooFast,
}

impl Away {
    /// The key of the sentence that says why.
    pub const fn why(self) -> &'static str {
        match self {
            Self::TooMany => "client.why.too-many",
            Self::TooFast => "client.why.too-fast",
        }
    }
}

impl State {
    /// Where a session stands that looks so.
    pub const fn of(glance: &Glance) -> Self {
        let code = match glance.trouble {
            Some(Trouble::Refused(code)) => Some(code.0),
            _ => None,
        };
        match (glance.end, code) {
            (None, _) => Self::open(glance),
            (Some(Over::InOrder), Some(code)) if glance.taken == 0 => Self::Refused(code),
            (Some(Over::InOrder), _) => Self::Finished,
            (Some(Over::Refused), _) => match &glance.last {
                Some((_, code)) if code.0 >= 400 => Self::Refused(code.0),
                // Whatever it was refused before.
                _ => Self::HungUp,
            },
            (Some(Over::Left), _) => Self::Left,
            (Some(Over::CutShort), _) => Self::CutShort,
            (Some(Over::Reset), _) => Self::Reset,
            (Some(Over::TimedOut), _) => Self::TimedOut,
            (Some(Over::NotSecured), _) => Self::NotSecured,
            (Some(Over::Failed), _) => Self::Failed,
        }
    }

    const fn open(glance: &Glance) -> Self {
        match glance.phase {
            Phase::Offline | Phase::AwaitingGreeting => Self::Greets,
            Phase::MailData | Phase::Chunks => Self::Sends(glance.coming),
            Phase::AwaitingTls => Self::Shakes,
            Phase::Login => Self::LogsIn,
            Phase::Closing | Phase::Closed => Self::Leaves,
            _ if glance.unanswered => Self::Answers,
            _ => Self::Waits,
        }
    }

    /// The key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Greets => "client.greets",
            Self::Waits => "client.waits",
            Self::Answers => "client.answers",
            Self::Shakes => "client.shakes",
            Self::LogsIn => "client.logs-in",
            Self::Sends(_) => "client.sends",
            Self::Leaves => "client.leaves",
            Self::Asks => "client.asks",
            Self::Finished => "client.finished",
            Self::Refused(_) => "client.refused",
            Self::HungUp => "client.hung-up",
            Self::Left => "client.left",
            Self::CutShort => "client.cut-short",
            Self::Reset => "client.reset",
            Self::TimedOut => "client.timed-out",
            Self::NotSecured => "client.not-secured",
            Self::Failed => "client.failed",
            Self::TurnedAway(Away::TooMany) => "client.too-many",
            Self::TurnedAway(Away::TooFast) => "client.too-fast",
        }
    }

    /// In words.
    pub fn words(self, lang: Lang) -> String {
        let code = if let Self::Refused(code) = self { code.to_string() } else { String::new() };
        knowledge::fill(lang, self.key(), &[("n", &code)])
    }

    /// Whether the server took nothing, or hung up.
    pub const fn is_refused(self) -> bool {
        matches!(self, Self::Refused(_) | Self::HungUp)
    }

    /// Whether the session broke.
    pub const fn is_broken(self) -> bool {
        matches!(
            self,
            Self::CutShort | Self::Reset | Self::TimedOut | Self::NotSecured | Self::Failed
        )
    }
}

/// A session in one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Its number, from 1.
    pub number: u64,
    /// When it began, on the clock of the screen.
    pub began: Moment,
    /// What a clock on the wall said then.
    pub time: String,
    /// How long it took, in microseconds, once it is over.
    pub lasted: Option<u64>,
    /// Where it came in, as it is written for `--listen`.
    pub door: Arc<str>,
    /// Why it was not let in, if it was not.
    pub away: Option<Away>,
    /// Whether a person is to answer it.
    pub asks: bool,
    /// Whether its end was heard, and with it all that was said, or missed; nothing before that.
    pub heard: Option<bool>,
    /// How it stands.
    pub glance: Glance,
}

impl Client {
    /// The row of a dialogue; when it began is said by `self`, which is the row so far.
    #[must_use]
    pub fn seen(self, seen: &Dialogue) -> Self {
        let mut glance = Glance::of(seen);
        glance.peer = glance.peer.or(self.glance.peer);
        let took = seen.notices().last().map(|(at, _)| at.0).filter(|_| glance.end.is_some());
        Self { glance, lasted: self.lasted.or(took), ..self }
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        if let Some(away) = self.away {
            return State::TurnedAway(away);
        }
        match State::of(&self.glance) {
            _ if self.asks && self.glance.end.is_none() => State::Asks,
            state => state,
        }
    }

    /// Its address; nothing where it has none.
    pub fn peer(&self) -> &str {
        self.glance.peer.as_deref().unwrap_or_default()
    }
}

impl Row for Client {
    fn number(&self) -> u64 {
        self.number
    }

    fn is_over(&self) -> bool {
        self.glance.end.is_some() || self.away.is_some()
    }

    fn words(&self) -> String {
        let glance = &self.glance;
        let open = if self.is_over() { "over" } else { "open" };
        let tls = if glance.secured { "tls" } else { "" };
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        let parts = [
            self.number.to_string(),
            self.time.clone(),
            self.door.to_string(),
            some(&glance.peer),
            some(&glance.tls),
            some(&glance.user),
            some(&glance.sender),
            glance.named.join(" "),
        ];
        let states = [Lang::En, Lang::Ja].map(|lang| self.state().words(lang)).join(" ");
        format!("{} {states} {open} {tls}", parts.join(" "))
    }

    fn code(&self) -> Option<u16> {
        match self.glance.trouble {
            Some(Trouble::Refused(code)) => Some(code.0),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;

    /// Who was put off and went on is not listed with that.
    #[test]
    fn what_was_refused_before_a_message_was_taken_is_over() {
        let begin = "S: 220 mx\nC: EHLO pc\nS: 250 mx\n";
        let refused = "C: MAIL FROM:<a@x.example>\nS: 450 Not now\n";
        let taken = "C: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@y.example>\nS: 250 ok\n\
            C: DATA\nS: 354 go\nC: .\nS: 250 ok\n";
        let quit = "C: QUIT\nS: 221 bye\n:closed\n";
        for (talk, state) in [
            ([refused, taken, quit], State::Finished),
            ([refused, "", quit], State::Refused(450)),
            ([refused, taken, ":closed\n"], State::HungUp),
            (["", refused, ":closed\n"], State::Refused(450)),
            ([refused, taken, "S: 421 bye\n:closed\n"], State::Refused(421)),
        ] {
            let talk = format!("{begin}{}", talk.concat());
            let mut seen = Dialogue::default();
            for event in recording(talk.as_bytes()).unwrap().into_events() {
                seen.apply(&event);
            }
            assert_eq!(State::of(&Glance::of(&seen)), state, "{talk}");
        }
    }
}
