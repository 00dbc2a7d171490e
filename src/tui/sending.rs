//! A message on its way: its pieces, each after the reply to the one before, or all together.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::draft;
use crate::journal::Moment;
use crate::session::{Dialogue, End, Exchange, Message, Phase, Turn};
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
            let pieces = draft::chunks(wire, size).map(|chunk| chunk.whole());
            (pieces.collect(), length)
        };
        let (pieces, length) = match way {
            Way::Chunks(size) | Way::ChunksTogether(size) => chunked(size),
            Way::Data | Way::MailData => {
                return Self::data(draft::mail_data(text), way == Way::Data);
            }
        };
        let together = matches!(way, Way::ChunksTogether(_));
        Self { pieces, length, together, behind_354: false }
    }

    /// Mail data, behind DATA if that is still to be said.
    pub fn data(mail_data: Bytes, with_command: bool) -> Self {
        let command = with_command.then(|| Bytes::from_static(b"DATA\r\n"));
        let length = mail_data.len() as u64;
        let pieces = command.into_iter().chain([mail_data]).collect();
        Self { pieces, length, together: false, behind_354: !with_command }
    }
}

/// What is to be sent, piece by piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// A piece is answered before the next one follows.
    pub pieces: Vec<Bytes>,
    /// Whether no reply is waited for.
    pub together: bool,
    /// Whether they are mail data from the first one on, and commands to a server without 354.
    pub behind_354: bool,
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
    /// The number of the pieces that are still being made.
    awaited: Option<u64>,
    /// Whether its lines come into the prompt, and the person sends them.
    pub by_hand: bool,
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
        let begun = begun(dialogue);
        Self {
            wanted: pieces.pieces.len(),
            left: pieces.pieces.into(),
            together: pieces.together,
            taken: 0,
            said: 0,
            next_reply: dialogue.exchanges().len(),
            message: dialogue.messages().len() - usize::from(begun.is_some()),
            before: begun.map_or(0, Message::wire_len),
            length: pieces.length,
            awaited: None,
            by_hand: false,
            begun: now,
            draft,
        }
    }

    /// A message whose pieces are being made, under this number.
    pub fn awaiting(number: u64, draft: Option<u64>, dialogue: &Dialogue, now: Moment) -> Self {
        let none = Self::new(Pieces::default(), draft, dialogue, now);
        Self { awaited: Some(number), ..none }
    }

    /// Whether it waits for the pieces of this number.
    pub fn awaits(&self, number: u64) -> bool {
        self.awaited == Some(number)
    }

    /// Whether its pieces are still being made.
    pub const fn is_prepared(&self) -> bool {
        self.awaited.is_none()
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
        Self { wanted: replies, by_hand: true, ..Self::new(pieces, Some(draft), dialogue, now) }
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

    /// Whether what has left is this mail data, as far as that is kept: lines that come into the
    /// prompt can leave changed, or end before the last one.
    pub fn has_sent(&self, data: &[u8], dialogue: &Dialogue) -> bool {
        dialogue.messages().get(self.message).is_some_and(|message| {
            let end = message.wire_len();
            let seen = message.wire(self.before, end);
            let is_long = end - self.before == data.len() as u64;
            is_long && !message.is_chunked() && data.starts_with(&seen)
        })
    }

    /// Whether something of it is still to leave.
    pub fn is_leaving(&self, dialogue: &Dialogue) -> bool {
        !self.is_prepared() || !self.left.is_empty() || self.is_inside(dialogue)
    }

    /// Whether a stop leaves half a piece on the wire: the server would wait for the rest.
    pub fn is_inside(&self, dialogue: &Dialogue) -> bool {
        let given = self.left.is_empty() && self.together && self.sent(dialogue) < self.length;
        let mut asked = dialogue.waiting().iter().filter_map(|at| dialogue.exchanges().get(*at));
        let begins = asked.any(|exchange| exchange.verb() == Some(&Verb::Data));
        self.is_prepared()
            && (given || begins || dialogue.awaits_mail_data() || dialogue.awaits_octets())
    }

    /// What comes next, now that the session is as it is.
    pub fn next(&mut self, dialogue: &Dialogue) -> Next {
        if !self.is_prepared() {
            return if dialogue.phase().is_open() { Next::Wait } else { Next::Closed };
        }
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

    /// Counts the replies that say yes; the code of the first one that says no. Where each
    /// recipient has an answer, the message is taken if it is for one of them.
    fn refusal(&mut self, dialogue: &Dialogue) -> Option<Code> {
        while let Some(exchange) = dialogue.exchanges().get(self.next_reply) {
            if carries(exchange) {
                let reply = exchange.reply.as_ref()?;
                // Behind anything but 354 the lines of a message would be commands.
                let is_data = exchange.verb() == Some(&Verb::Data);
                let good = if is_data { Class::Intermediate } else { Class::Positive };
                let sent = exchange.message.and_then(|at| dialogue.envelope().carrying(at));
                let taken = match sent.filter(|_| exchange.turn.ends_message()) {
                    Some(sent) => match sent.end?.1 {
                        // Not everybody has heard.
                        End::Closed => return None,
                        end => matches!(end, End::Accepted | End::Partly),
                    },
                    None => reply.class() == good,
                };
                if !taken {
                    return Some(reply.code.unwrap_or(Code(0)));
                }
                self.taken += 1;
            }
            self.next_reply += 1;
        }
        None
    }
}

/// The message that has begun, and of which more would be sent: the server waits for it, or a chunk
/// of it is out.
pub fn begun(dialogue: &Dialogue) -> Option<&Message> {
    let open = dialogue.awaits_mail_data() || dialogue.phase() == Phase::Chunks;
    dialogue.messages().last().filter(|message| open && !message.is_complete())
}

/// Whether an exchange is about a message, and not something that was typed meanwhile.
fn carries(exchange: &Exchange) -> bool {
    let ends = matches!(exchange.turn, Turn::MailData | Turn::LastChunk);
    ends || matches!(exchange.verb(), Some(Verb::Data | Verb::Bdat))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Happening, Side};

    const TEXT: &str = "Subject: x\n\n.dot\n";

    fn hear(dialogue: &mut Dialogue, side: Side, text: &str) {
        dialogue.apply(&Event::bytes(Moment(1), side, text.to_owned().into()));
    }

    /// A session with an accepted recipient.
    fn addressed() -> Dialogue {
        let mut dialogue = Dialogue::default();
        dialogue.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        hear(&mut dialogue, Side::Server, "220 mx\r\n");
        for (line, reply) in [
            ("EHLO x\r\n", "250-mx\r\n250 CHUNKING\r\n"),
            ("MAIL FROM:<a@b.example>\r\n", "250 ok\r\n"),
            ("RCPT TO:<c@d.example>\r\n", "250 ok\r\n"),
        ] {
            hear(&mut dialogue, Side::Client, line);
            hear(&mut dialogue, Side::Server, reply);
        }
        dialogue
    }

    fn sending(way: Way, dialogue: &Dialogue) -> Sending {
        Sending::new(Pieces::of(TEXT, way), Some(7), dialogue, Moment(1))
    }

    /// Sends what comes next, which is `piece`, and hears `reply`.
    fn send(sending: &mut Sending, dialogue: &mut Dialogue, piece: &str, reply: &str) {
        let Next::Say(bytes) = sending.next(dialogue) else { panic!("nothing before {piece:?}") };
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), piece);
        hear(dialogue, Side::Client, piece);
        if !sending.together {
            assert_eq!(sending.next(dialogue), Next::Wait, "{piece:?} has no reply yet");
        }
        hear(dialogue, Side::Server, reply);
    }

    #[test]
    fn data_waits_for_354_and_for_the_last_reply() {
        let mut dialogue = addressed();
        let mut sending = sending(Way::Data, &dialogue);
        send(&mut sending, &mut dialogue, "DATA\r\n", "354 go\r\n");
        assert!(sending.is_leaving(&dialogue));
        let data = "Subject: x\r\n\r\n..dot\r\n.\r\n";
        send(&mut sending, &mut dialogue, data, "250 ok\r\n");
        assert_eq!(sending.sent(&dialogue), sending.length());
        assert!(!sending.is_leaving(&dialogue));
        assert_eq!(sending.next(&dialogue), Next::Taken);
    }

    #[test]
    fn no_line_of_a_message_becomes_a_command() {
        for (reply, code) in [("554 no\r\n", 554), ("250 odd\r\n", 250), ("421 bye\r\n", 421)] {
            let mut dialogue = addressed();
            let mut sending = sending(Way::Data, &dialogue);
            send(&mut sending, &mut dialogue, "DATA\r\n", reply);
            assert_eq!(sending.next(&dialogue), Next::Refused(Code(code)));
        }
    }

    #[test]
    fn a_refusal_of_the_message_is_one() {
        let mut dialogue = addressed();
        hear(&mut dialogue, Side::Client, "DATA\r\n");
        hear(&mut dialogue, Side::Server, "354 go\r\n");
        let mut sending = sending(Way::MailData, &dialogue);
        let data = "Subject: x\r\n\r\n..dot\r\n.\r\n";
        send(&mut sending, &mut dialogue, data, "552 too much\r\n");
        assert_eq!(sending.next(&dialogue), Next::Refused(Code(552)));
    }

    #[test]
    fn chunks_wait_for_each_other_or_go_together() {
        let (first, second) = ("BDAT 10\r\nSubject: x", "BDAT 10 LAST\r\n\r\n\r\n.dot\r\n");
        let mut dialogue = addressed();
        let mut one = sending(Way::Chunks(10), &dialogue);
        send(&mut one, &mut dialogue, first, "250 ok\r\n");
        // What is typed meanwhile is none of its business.
        hear(&mut dialogue, Side::Client, "NOOP\r\n");
        hear(&mut dialogue, Side::Server, "500 what\r\n");
        assert_eq!(one.sent(&dialogue), 10);
        assert!(one.is_leaving(&dialogue) && !one.is_inside(&dialogue), "a good place to stop");
        send(&mut one, &mut dialogue, second, "250 ok\r\n");
        assert_eq!(one.next(&dialogue), Next::Taken);

        let mut dialogue = addressed();
        let mut all = sending(Way::ChunksTogether(10), &dialogue);
        assert_eq!(all.next(&dialogue), Next::Say(Bytes::from(first)));
        assert_eq!(all.next(&dialogue), Next::Say(Bytes::from(second)));
        assert!(all.is_inside(&dialogue), "both are given away");
        hear(&mut dialogue, Side::Client, &[first, second].concat());
        hear(&mut dialogue, Side::Server, "250 ok\r\n");
        assert_eq!(all.next(&dialogue), Next::Wait);
        hear(&mut dialogue, Side::Server, "250 ok\r\n");
        assert_eq!(all.next(&dialogue), Next::Taken);
    }

    #[test]
    fn a_closed_connection_ends_it() {
        let dialogue = addressed();
        let mut sending = sending(Way::Data, &dialogue);
        assert_eq!(sending.next(&Dialogue::default()), Next::Closed);
    }
}
