//! A session with a client in one row: who, since when, for whom, and where it stands.

use crate::journal::{Ending, Happening, Moment, Side};
use crate::knowledge::{self, Lang};
use crate::session::{Dialogue, End, Message, Phase};
use crate::smtp::verb::Verb;

use super::listed::Row;

/// How many recipients a row names.
const NAMED: usize = 8;

/// Where a session stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Connected; the server greets.
    #[default]
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
    /// Closed in order; nothing was taken, by a reply with this code.
    Refused(u16),
    /// The client was told to come back: there were too many.
    TooMany,
    /// The client was gone without QUIT.
    Vanished,
    /// The connection broke before the end of a message.
    Cut,
    /// The connection was reset.
    Reset,
    /// What was awaited did not come in time.
    TimedOut,
    /// TLS did not begin.
    NotSecured,
    /// Broken by an error of the system, in its words.
    Failed(String),
}

impl State {
    /// Where a dialogue stands.
    pub fn of(seen: &Dialogue) -> Self {
        match seen.phase() {
            Phase::Offline | Phase::AwaitingGreeting => Self::Greets,
            Phase::Closed => Self::ended(seen),
            Phase::MailData | Phase::Chunks => {
                Self::Sends(seen.messages().last().map_or(0, Message::wire_len))
            }
            Phase::AwaitingTls => Self::Shakes,
            Phase::Login => Self::LogsIn,
            Phase::Closing => Self::Leaves,
            _ if seen.unanswered().is_some() => Self::Answers,
            _ => Self::Waits,
        }
    }

    fn ended(seen: &Dialogue) -> Self {
        let mut course = seen.course().rev();
        let Some(Happening::Closed { by, how }) = course.next() else { return Self::Finished };
        let overdue = seen.course().any(|what| matches!(what, Happening::Overdue { .. }));
        let failed = seen.course().any(|what| matches!(what, Happening::NotSecured(_)));
        let cut = seen.messages().last().is_some_and(|message| !message.is_complete());
        let quit = seen.said(&Verb::Quit) > 0;
        match how {
            Ending::TimedOut => Self::TimedOut,
            Ending::Finished if overdue && *by == Side::Server => Self::TimedOut,
            _ if failed => Self::NotSecured,
            _ if cut => Self::Cut,
            Ending::Reset => Self::Reset,
            Ending::Failed(why) => Self::Failed(why.clone()),
            Ending::Finished if !quit && *by == Side::Client => Self::Vanished,
            Ending::Finished => refusal(seen).map_or(Self::Finished, Self::Refused),
        }
    }

    /// The key of its words.
    pub const fn key(&self) -> &'static str {
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
            Self::TooMany => "client.too-many",
            Self::Vanished => "client.vanished",
            Self::Cut => "client.cut",
            Self::Reset => "client.reset",
            Self::TimedOut => "client.timed-out",
            Self::NotSecured => "client.not-secured",
            Self::Failed(_) => "client.failed",
        }
    }

    /// In words.
    pub fn words(&self, lang: Lang) -> String {
        let value = match self {
            Self::Refused(code) => code.to_string(),
            _ => String::new(),
        };
        knowledge::fill(lang, self.key(), &[("n", &value)])
    }

    /// Whether nothing more will happen.
    pub const fn is_over(&self) -> bool {
        !matches!(
            self,
            Self::Greets
                | Self::Waits
                | Self::Answers
                | Self::Shakes
                | Self::LogsIn
                | Self::Sends(_)
                | Self::Leaves
                | Self::Asks
        )
    }

    /// Whether the session broke.
    pub const fn is_broken(&self) -> bool {
        matches!(
            self,
            Self::Vanished
                | Self::Cut
                | Self::Reset
                | Self::TimedOut
                | Self::NotSecured
                | Self::Failed(_)
        )
    }
}

/// The code by which a session had nothing taken: the last refusal, where no message was accepted.
fn refusal(seen: &Dialogue) -> Option<u16> {
    let taken = seen.envelope().transactions.iter().any(|t| {
        matches!(t.end, Some((_, End::Accepted | End::Partly)))
    });
    let answered = seen.exchanges().iter().rev().filter_map(|e| e.reply.as_ref());
    let codes = answered.filter_map(|reply| reply.code.map(|code| code.0));
    codes.filter(|code| (400..600).contains(code)).find(|_| !taken)
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
    /// Its address; nothing where it has none.
    pub peer: String,
    /// The version of TLS; nothing without.
    pub tls: String,
    /// Who logged in; nothing where nobody did.
    pub login: String,
    /// The sender of the last transaction, if there is one.
    pub sender: Option<String>,
    /// Its first recipients.
    pub recipients: Vec<String>,
    /// How many recipients were named in it.
    pub named: usize,
    /// How many commands were heard.
    pub commands: usize,
    /// How many messages were begun.
    pub messages: usize,
    /// The code of the last reply that refused something.
    pub code: Option<u16>,
    /// Where it stands.
    pub state: State,
}

impl Client {
    /// The row of a dialogue. When it began is said by `self`, which is the row so far.
    #[must_use]
    pub fn seen(self, seen: &Dialogue) -> Self {
        let last = seen.envelope().transactions.last();
        let recipients = last.map(|transaction| &transaction.recipients);
        let named = recipients.map_or(0, crate::session::Shared::len);
        let recipients = recipients.into_iter().flat_map(crate::session::Shared::iter).take(NAMED);
        let replies = seen.exchanges().iter().rev().filter_map(|e| e.reply.as_ref());
        let codes = replies.filter_map(|reply| reply.code.map(|code| code.0));
        let commands = seen.exchanges().iter().filter(|e| e.command.is_some()).count();
        let tls = seen.tls().map(|facts| facts.version.clone().unwrap_or_else(|| "TLS".to_owned()));
        let login = seen.login().and_then(|login| login.user());
        Self {
            peer: seen.endpoints().remote.clone().unwrap_or(self.peer),
            tls: tls.unwrap_or(self.tls),
            login: login.unwrap_or(self.login),
            sender: last.map(|transaction| transaction.sender.written.clone()),
            recipients: recipients.map(|recipient| recipient.path.written.clone()).collect(),
            named,
            commands,
            messages: seen.messages().len(),
            code: codes.clone().find(|code| (400..600).contains(code)),
            state: State::of(seen),
            ..self
        }
    }
}

impl Row for Client {
    fn number(&self) -> u64 {
        self.number
    }

    fn is_over(&self) -> bool {
        self.state.is_over()
    }

    fn words(&self) -> String {
        let open = if self.is_over() { "over" } else { "open" };
        let sender = self.sender.as_deref().unwrap_or_default();
        let parts = [&self.time, &self.peer, &self.tls, &self.login, sender, open].map(|p| p as &str);
        let states = [Lang::En, Lang::Ja].map(|lang| self.state.words(lang));
        let (number, to) = (self.number.to_string(), self.recipients.join(" "));
        let tls = if self.tls.is_empty() { "" } else { "tls" };
        format!("{number} {} {to} {} {tls}", parts.join(" "), states.join(" "))
    }

    fn code(&self) -> Option<u16> {
        self.code
    }
}
