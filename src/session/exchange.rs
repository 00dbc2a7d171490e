//! One exchange: something that asks for a reply, and the reply.

use crate::journal::Moment;
use crate::smtp::command::{Argument, Command};
use crate::smtp::line::Line;
use crate::smtp::param::Param;
use crate::smtp::reply::{Reply, ReplyLine};
use crate::smtp::verb::Verb;
use crate::smtp::{Oddity, Parsed, Span};

use super::envelope::Transaction;
use super::phase::{Phase, Turn};

/// A turn of the client and the server's reply to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What asked for the reply.
    pub turn: Turn,
    /// The client's line as it was sent, for commands and login answers.
    pub line: Option<Line>,
    /// What the line means, for commands.
    pub command: Option<Command>,
    /// The part of the line that is a secret.
    pub secret: Option<Span>,
    /// The message that the exchange ends or adds to.
    pub message: Option<usize>,
    /// The exchange that named the one recipient for whom the message is answered here
    /// (RFC 2033 §4.2).
    pub recipient: Option<usize>,
    /// What was odd about the client's part.
    pub odd: Vec<Oddity>,
    /// The reply, once it is complete.
    pub reply: Option<Reply>,
    /// When the client's line, or its mail data, began to come.
    pub begun_at: Option<Moment>,
    /// When the client's part was complete; for the greeting, when the connection was made.
    pub sent_at: Option<Moment>,
    /// Since when the reply was due: everything before it had been answered. Known once it is there.
    pub due_at: Option<Moment>,
    /// When the reply began to come.
    pub reply_begun_at: Option<Moment>,
    /// When the reply was complete.
    pub replied_at: Option<Moment>,
    /// The phase behind it.
    pub phase: Phase,
    /// Which connection of the session, from 1.
    pub connection: u32,
    /// Whether it began under TLS.
    pub secured: bool,
}

/// What an exchange takes beside what was said in it, about: its places on the wire and among those
/// that were answered, its events where they are remembered, and what the system takes for each piece
/// of memory.
const BESIDE: usize = 400;

impl Exchange {
    /// An exchange that has not been answered.
    pub const fn new(turn: Turn, phase: Phase, connection: u32) -> Self {
        Self {
            turn,
            line: None,
            command: None,
            secret: None,
            message: None,
            recipient: None,
            odd: Vec::new(),
            reply: None,
            begun_at: None,
            sent_at: None,
            due_at: None,
            reply_begun_at: None,
            replied_at: None,
            phase,
            connection,
            secured: false,
        }
    }

    /// The verb, if this is a command.
    pub fn verb(&self) -> Option<&Verb> {
        self.command.as_ref().map(|c| &c.verb)
    }

    /// Whether the client gives up a login by it (RFC 4954 §4), or by a byte that is no answer
    /// either: once it is veiled, nobody can tell.
    pub fn gives_up_login(&self) -> bool {
        let line = self.line.as_ref().filter(|_| self.turn == Turn::LoginAnswer);
        line.is_some_and(|line| line.bytes.len() == 1)
    }

    /// About how many bytes of memory the client's part takes: what its line means may take many
    /// times as much as the line.
    pub(super) fn weight(&self) -> usize {
        let line = self.line.as_ref().map_or(0, |line| line.bytes.len());
        let argument = match self.command.as_ref().map(|command| &command.argument) {
            Some(Argument::Name(name)) => name.len(),
            // The envelope has them, too.
            Some(Argument::Path(path, params)) => {
                let domain = path.value.domain.as_ref().map_or(0, String::len);
                let texts = path.value.written.len() + path.value.local.len() + domain;
                2 * (texts + weigh(params)) + size_of::<Transaction>()
            }
            Some(Argument::Attributes(params)) => weigh(params),
            Some(Argument::Login { mechanism, .. }) => mechanism.len(),
            _ => 0,
        };
        let verb = self.verb().map_or(0, |verb| verb.as_str().len());
        size_of::<Self>() + BESIDE + line + verb + argument + self.odd.len() * size_of::<Oddity>()
    }

    /// Every oddity of both parts: the line of the reply it is about, or `None` for the client's.
    pub fn oddities(&self) -> impl Iterator<Item = (Option<usize>, Oddity)> + '_ {
        let theirs = self.reply.iter().flat_map(|r| &r.odd).map(|(line, odd)| (Some(*line), *odd));
        self.odd.iter().map(|odd| (None, *odd)).chain(theirs)
    }
}

/// About how many bytes of memory parameters take.
fn weigh(params: &[Parsed<Param>]) -> usize {
    let each = |param: &Parsed<Param>| {
        let value = param.value.value.as_ref().map_or(0, String::len);
        let odd = param.odd.len() * size_of::<Oddity>();
        size_of::<Parsed<Param>>() + param.value.name.len() + value + odd
    };
    params.iter().map(each).sum()
}

/// About how many bytes of memory a reply takes.
pub(super) fn weight_of(reply: &Reply) -> usize {
    let text: usize = reply.lines.iter().map(|line| line.line.bytes.len()).sum();
    reply.lines.capacity() * size_of::<ReplyLine>() + text
}
