//! Where a session stands, and what moves it: one table for both sides.
//!
//! Two rules govern it. A phase changes only when a *reply* arrives, since only the server knows
//! whether a command took effect; and a row is chosen by phase, turn and the class of the reply.
//! What no row names leaves the phase as it is. The table is data: the tutor's diagram is printed
//! from it, and it says what is legal without forbidding anything.

use crate::smtp::code::Class;
use crate::smtp::verb::Verb;

/// Where a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No connection.
    #[default]
    Offline,
    /// Connected; the server speaks first (RFC 5321 §3.1).
    AwaitingGreeting,
    /// The server greeted with a refusal; only QUIT is left.
    Refused,
    /// Greeted; the client introduces itself next.
    Greeted,
    /// Introduced; a mail transaction may begin.
    Ready,
    /// Inside an AUTH exchange (RFC 4954 §4).
    Login,
    /// MAIL was accepted.
    Sender,
    /// At least one recipient was accepted.
    Recipients,
    /// Behind 354: mail data until the lone dot.
    MailData,
    /// Behind the first BDAT chunk (RFC 3030 §2).
    Chunks,
    /// Behind 220 to STARTTLS: a TLS handshake has to follow (RFC 3207 §4).
    AwaitingTls,
    /// The server said goodbye (221 or 421).
    Closing,
    /// The connection is over.
    Closed,
}

impl Phase {
    /// All phases.
    pub const ALL: &'static [Self] = &[
        Self::Offline,
        Self::AwaitingGreeting,
        Self::Refused,
        Self::Greeted,
        Self::Ready,
        Self::Login,
        Self::Sender,
        Self::Recipients,
        Self::MailData,
        Self::Chunks,
        Self::AwaitingTls,
        Self::Closing,
        Self::Closed,
    ];

    /// The name under which the knowledge base and exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::AwaitingGreeting => "awaiting-greeting",
            Self::Refused => "refused",
            Self::Greeted => "greeted",
            Self::Ready => "ready",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipients => "recipients",
            Self::MailData => "mail-data",
            Self::Chunks => "chunks",
            Self::AwaitingTls => "awaiting-tls",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }

    /// Whether a connection exists.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Offline | Self::Closed)
    }

    /// Whether a mail transaction is open.
    pub const fn in_transaction(self) -> bool {
        matches!(self, Self::Sender | Self::Recipients | Self::MailData | Self::Chunks)
    }

    /// The commands that move a session on from here, in the order in which one would use them.
    pub const fn expected(self) -> &'static [Verb] {
        match self {
            Self::Greeted => &[Verb::Ehlo, Verb::Helo, Verb::Lhlo, Verb::Quit],
            Self::Ready => &[Verb::Starttls, Verb::Auth, Verb::Mail, Verb::Quit],
            Self::Sender => &[Verb::Rcpt, Verb::Rset],
            Self::Recipients => &[Verb::Rcpt, Verb::Data, Verb::Bdat, Verb::Rset],
            Self::Chunks => &[Verb::Bdat, Verb::Rset],
            Self::Refused => &[Verb::Quit],
            _ => &[],
        }
    }
}

/// What asked for the reply.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Turn {
    /// The connection itself: the server greets.
    Greeting,
    /// A command.
    Command(Verb),
    /// `BDAT n LAST`: a command, and the end of a message.
    LastChunk,
    /// An answer inside an AUTH exchange.
    LoginAnswer,
    /// The lone dot behind mail data.
    MailData,
    /// The end of a message that came by this command, once more: for one more recipient, or behind
    /// those of PRDR for all of them.
    Delivery(Verb),
    /// Nothing: the server spoke unasked.
    Unsolicited,
}

impl Turn {
    /// Whether the reply to it says what becomes of a message.
    pub const fn ends_message(&self) -> bool {
        matches!(self, Self::LastChunk | Self::MailData | Self::Delivery(_))
    }
}

/// One row: in one of these phases, this turn, answered so, leads there.
struct Row(&'static [Phase], Turn, &'static [Class], Phase);

/// Phases in which a server reads commands.
const COMMANDS: &[Phase] = &[
    Phase::Greeted,
    Phase::Ready,
    Phase::Sender,
    Phase::Recipients,
    Phase::Chunks,
    Phase::Refused,
];
/// Phases in which there is a connection.
const OPEN: &[Phase] = &[
    Phase::AwaitingGreeting,
    Phase::Refused,
    Phase::Greeted,
    Phase::Ready,
    Phase::Login,
    Phase::Sender,
    Phase::Recipients,
    Phase::MailData,
    Phase::Chunks,
    Phase::AwaitingTls,
    Phase::Closing,
];
const INTRODUCED: &[Phase] = &[Phase::Ready, Phase::Sender, Phase::Recipients, Phase::Chunks];
const YES: &[Class] = &[Class::Positive];
const GO_ON: &[Class] = &[Class::Intermediate];
const NO: &[Class] = &[Class::Transient, Class::Permanent];
/// Everything but «go on» ends a login, nonsense included.
const OVER: &[Class] = &[Class::Positive, Class::Transient, Class::Permanent, Class::Invalid];
const ANY: &[Class] = &[Class::Positive, Class::Intermediate, Class::Transient, Class::Permanent];

const TABLE: &[Row] = &[
    Row(&[Phase::AwaitingGreeting], Turn::Greeting, YES, Phase::Greeted),
    Row(&[Phase::AwaitingGreeting], Turn::Greeting, NO, Phase::Refused),
    Row(COMMANDS, Turn::Command(Verb::Ehlo), YES, Phase::Ready),
    Row(COMMANDS, Turn::Command(Verb::Helo), YES, Phase::Ready),
    Row(COMMANDS, Turn::Command(Verb::Lhlo), YES, Phase::Ready),
    // Whatever came before it, what follows is never clear text again.
    Row(OPEN, Turn::Command(Verb::Starttls), YES, Phase::AwaitingTls),
    Row(COMMANDS, Turn::Command(Verb::Auth), GO_ON, Phase::Login),
    Row(&[Phase::Login], Turn::LoginAnswer, OVER, Phase::Ready),
    Row(COMMANDS, Turn::Command(Verb::Mail), YES, Phase::Sender),
    Row(COMMANDS, Turn::Command(Verb::Rcpt), YES, Phase::Recipients),
    Row(COMMANDS, Turn::Command(Verb::Data), GO_ON, Phase::MailData),
    Row(&[Phase::MailData], Turn::MailData, ANY, Phase::Ready),
    Row(COMMANDS, Turn::Command(Verb::Bdat), YES, Phase::Chunks),
    Row(COMMANDS, Turn::Command(Verb::Burl), YES, Phase::Chunks),
    Row(COMMANDS, Turn::Command(Verb::Xclient), YES, Phase::Greeted),
    Row(INTRODUCED, Turn::LastChunk, ANY, Phase::Ready),
    Row(INTRODUCED, Turn::Command(Verb::Rset), YES, Phase::Ready),
    Row(COMMANDS, Turn::Command(Verb::Quit), YES, Phase::Closing),
];

/// The phase behind a reply of class `class` to `turn`; no row means no change.
pub fn after(phase: Phase, turn: &Turn, class: Class) -> Phase {
    TABLE
        .iter()
        .find(|Row(from, t, classes, _)| {
            t == turn && from.contains(&phase) && classes.contains(&class)
        })
        .map_or(phase, |Row(_, _, _, to)| *to)
}

/// The phase behind a goodbye. In clear text behind an accepted STARTTLS anybody may have said it.
pub const fn after_goodbye(phase: Phase) -> Phase {
    if matches!(phase, Phase::AwaitingTls) { phase } else { Phase::Closing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_can_be_reached_and_left() {
        let reached = |p: Phase| TABLE.iter().any(|Row(_, _, _, to)| *to == p);
        let left = |p: Phase| TABLE.iter().any(|Row(from, ..)| from.contains(&p));
        for phase in Phase::ALL {
            // The connection itself, not a reply, moves these.
            let by_connection =
                matches!(phase, Phase::Offline | Phase::AwaitingGreeting | Phase::Closed);
            assert!(by_connection || reached(*phase), "{phase:?} is never reached");
            let ends = by_connection || matches!(phase, Phase::AwaitingTls | Phase::Closing);
            assert!(ends || left(*phase), "{phase:?} is never left");
        }
    }

    #[test]
    fn an_open_phase_is_one_with_a_connection() {
        for phase in Phase::ALL {
            assert_eq!(OPEN.contains(phase), phase.is_open(), "{phase:?}");
        }
    }

    #[test]
    fn what_is_expected_has_a_row() {
        for phase in Phase::ALL {
            for verb in phase.expected() {
                let row = TABLE.iter().any(|Row(from, turn, ..)| {
                    from.contains(phase) && *turn == Turn::Command(verb.clone())
                });
                assert!(row, "{phase:?} expects {verb}, but no row says what it does");
            }
        }
    }

    #[test]
    fn no_two_rows_disagree() {
        for phase in Phase::ALL {
            for Row(_, turn, classes, _) in TABLE {
                for class in *classes {
                    let rows = TABLE
                        .iter()
                        .filter(|Row(f, t, c, _)| {
                            f.contains(phase) && t == turn && c.contains(class)
                        })
                        .count();
                    assert!(rows <= 1, "{phase:?} {turn:?} {class:?}");
                }
            }
        }
    }
}
