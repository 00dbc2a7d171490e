//! A message on its way: its pieces, each behind the reply to the one before, or all together.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::draft;
use crate::journal::Moment;
use crate::session::{Dialogue, Exchange};
use crate::smtp::code::{Class, Code};
use crate::smtp::verb::Verb;

/// How a message leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// DATA, and behind 354 the mail data.
    Data,
    /// The mail data alone: 354 is there.
    MailData,
    /// In chunks of so many bytes, each behind the reply to the one before.
    Chunks(usize),
    /// In chunks of so many bytes without waiting.
    ChunksTogether(usize),
}

impl Pieces {
    /// What leaves of a draft.
    pub fn of(text: &str, way: Way) -> Self {
        let chunked = |size| {
            let wire = draft::wire(text);
            let length = wire.len() as u64;
            let pieces = draft::chunks(wire, size)
                .map(|chunk| Bytes::from([chunk.command().as_bytes(), &chunk.data[..]].concat()));
            (pieces.collect(), length)
        };
        let (pieces, length) = match way {
            Way::Chunks(size) | Way::ChunksTogether(size) => chunked(size),
            Way::Data | Way::MailData => {
                return Self::data(draft::mail_data(text), way == Way::Data);
            }
        };
        Self { pieces, length, together: matches!(way, Way::ChunksTogether(_)) }
    }

    /// Mail data, behind DATA if that is still to be said.
    pub fn data(mail_data: Bytes, with_command: bool) -> Self {
        let command = with_command.then(|| Bytes::from_static(b"DATA\r\n"));
        let length = mail_data.len() as u64;
        Self { pieces: command.into_iter().chain([mail_data]).collect(), together: false, length }
    }
}

/// What is to be sent, piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// A piece is answered before the next one follows.
    pub pieces: Vec<Bytes>,
    /// Whether no reply is waited for.
    pub together: bool,
    /// How long the message itself is, as its lines or octets cross the wire.
    pub length: u64,
}

/// What is still to be sent of a message.
#[derive(Clone, Debug)]
pub struct Sending {
    left: VecDeque<Bytes>,
    together: bool,
    /// How many pieces the server has to take.
    wanted: usize,
    taken: usize,
    said: usize,
    /// The first exchange whose reply was not looked at.
    next_reply: usize,
    /// The message that grows by it, and how much of that was there before.
    message: usize,
    before: u64,
    length: u64,
    /// When it began.
    pub begun: Moment,
    /// The revision of the draft that it is, if it is one.
    pub draft: Option<u64>,
}

/// What has to be done about it.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Send these bytes.
    Say(Bytes),
    /// Nothing yet.
    Wait,
    /// The server has taken all of it.
    Taken,
    /// The server refused.
    Refused(Code),
    /// There is no connection any more.
    Closed,
}

impl Sending {
    /// `pieces` of a message, which go out from now on.
    pub fn new(pieces: Pieces, draft: Option<u64>, dialogue: &Dialogue, now: Moment) -> Self {
        let messages = dialogue.messages();
        // The message has begun if the server waits for it, or if a chunk of it is out.
        let begun = messages.last().filter(|m| !m.is_complete());
        Self {
            wanted: pieces.pieces.len(),
            left: pieces.pieces.into(),
            together: pieces.together,
            taken: 0,
            said: 0,
            next_reply: dialogue.exchanges().len(),
            message: messages.len() - usize::from(begun.is_some()),
            before: begun.map_or(0, crate::session::Message::wire_len),
            length: pieces.length,
            begun: now,
            draft,
        }
    }

    /// A draft whose lines somebody else sends: so many replies end it.
    pub fn watched(
        replies: usize,
        length: u64,
        draft: u64,
        dialogue: &Dialogue,
        now: Moment,
    ) -> Self {
        let pieces = Pieces { length, ..Pieces::default() };
        Self { wanted: replies, ..Self::new(pieces, Some(draft), dialogue, now) }
    }

    /// How long the message is.
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// How much of the message has left.
    pub fn sent(&self, dialogue: &Dialogue) -> u64 {
        let message = dialogue.messages().get(self.message);
        message.map_or(0, |m| m.wire_len().saturating_sub(self.before)).min(self.length)
    }

    /// Whether something of it is still to leave.
    pub fn is_leaving(&self, dialogue: &Dialogue) -> bool {
        !self.left.is_empty() || self.is_inside(dialogue)
    }

    /// Whether a stop leaves half a piece on the wire: the server would wait for the rest.
    pub fn is_inside(&self, dialogue: &Dialogue) -> bool {
        let given = self.left.is_empty() && self.together && self.sent(dialogue) < self.length;
        given || dialogue.awaits_mail_data() || dialogue.awaits_octets()
    }

    /// What comes next, now that the session is as it is.
    pub fn next(&mut self, dialogue: &Dialogue) -> Next {
        if let Some(code) = self.refusal(dialogue) {
            return Next::Refused(code);
        }
        if self.taken == self.wanted {
            return Next::Taken;
        }
        if !dialogue.phase().is_open() {
            return Next::Closed;
        }
        if !self.together && self.said > self.taken {
            return Next::Wait;
        }
        let Some(piece) = self.left.pop_front() else { return Next::Wait };
        self.said += 1;
        Next::Say(piece)
    }

    /// Counts the replies that say yes; the code of the first one that says no.
    fn refusal(&mut self, dialogue: &Dialogue) -> Option<Code> {
        while let Some(exchange) = dialogue.exchanges().get(self.next_reply) {
            if carries(exchange) {
                let reply = exchange.reply.as_ref()?;
                // Behind anything but 354 the lines of a message would be commands.
                let is_data = exchange.verb() == Some(&Verb::Data);
                let good = if is_data { Class::Intermediate } else { Class::Positive };
                if reply.class() != good {
                    return Some(reply.code.unwrap_or(Code(0)));
                }
                self.taken += 1;
            }
            self.next_reply += 1;
        }
        None
    }
}

/// Whether an exchange is about a message, and not something that was typed meanwhile.
fn carries(exchange: &Exchange) -> bool {
    exchange.turn.ends_message() || matches!(exchange.verb(), Some(Verb::Data | Verb::Bdat))
}
