//! Lines that go out one by one: each waits for the reply to the one before.

use std::collections::VecDeque;

use crate::session::{Dialogue, secrets};
use crate::smtp::code::{Class, Code};

/// What is still to be sent.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The lines, without their ends.
    pub left: VecDeque<String>,
    /// How many there were at first.
    pub total: usize,
    /// The first exchange whose reply was not looked at; those before the first line do not count.
    next_reply: usize,
    /// Whether a line was given away that has not been written yet.
    on_its_way: bool,
    /// Whether some of them are secrets.
    secret: bool,
}

/// What has to be done about the queue.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Send this line.
    Line(String),
    /// Nothing yet.
    Wait,
    /// All lines are out.
    Done,
    /// The server refused: the rest stays here.
    Refused(Code),
    /// There is no connection any more.
    Closed,
}

impl Queue {
    /// The lines of `text`.
    pub fn new(text: &str, dialogue: &Dialogue) -> Self {
        let left: VecDeque<_> = text.split('\n').map(str::to_owned).collect();
        let next_reply = dialogue.exchanges().len();
        let secrets = secrets::in_typed(text.as_bytes(), dialogue.next_line_is_meant_as());
        let secret = !secrets.is_empty();
        Self { total: left.len(), left, next_reply, on_its_way: false, secret }
    }

    /// How many lines are out.
    pub fn sent(&self) -> usize {
        self.total - self.left.len()
    }

    /// What is left, as a text; nothing where there are secrets in it, which could be read elsewhere.
    pub fn rest(self) -> Option<String> {
        (!self.secret).then(|| self.left.into_iter().collect::<Vec<_>>().join("\n"))
    }

    /// Whether a line was given away that has not been written yet.
    pub const fn is_writing(&self) -> bool {
        self.on_its_way
    }

    /// The line that was given away is on the wire.
    pub const fn written(&mut self) {
        self.on_its_way = false;
    }

    /// What comes next, now that the session is as it is.
    pub fn next(&mut self, dialogue: &Dialogue) -> Next {
        if let Some(code) = self.refusal(dialogue).filter(|_| !self.left.is_empty()) {
            return Next::Refused(code);
        }
        if self.left.is_empty() {
            return Next::Done;
        }
        if !dialogue.phase().is_open() {
            return Next::Closed;
        }
        let takes_lines = dialogue.awaits_mail_data() || dialogue.awaits_octets();
        if self.on_its_way || !(takes_lines || dialogue.awaits_client()) {
            return Next::Wait;
        }
        self.on_its_way = true;
        self.left.pop_front().map_or(Next::Done, Next::Line)
    }

    /// The code of the first new reply that says no for good.
    fn refusal(&mut self, dialogue: &Dialogue) -> Option<Code> {
        while let Some(reply) = dialogue.exchanges().get(self.next_reply)?.reply.as_ref() {
            self.next_reply += 1;
            if reply.class() == Class::Permanent {
                return reply.code;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Happening, Moment, Side};

    fn hear(dialogue: &mut Dialogue, side: Side, text: &str) {
        dialogue.apply(&Event::bytes(Moment(1), side, text.to_owned().into()));
    }

    fn greeted() -> Dialogue {
        let mut dialogue = Dialogue::default();
        dialogue.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        hear(&mut dialogue, Side::Server, "220 mx\r\n");
        dialogue
    }

    /// Sends what comes next, and hears `reply`.
    fn send(queue: &mut Queue, dialogue: &mut Dialogue, line: &str, reply: &str) {
        assert_eq!(queue.next(dialogue), Next::Line(line.to_owned()));
        assert_eq!(queue.next(dialogue), Next::Wait, "{line} is not on the wire yet");
        hear(dialogue, Side::Client, &format!("{line}\r\n"));
        queue.written();
        if !reply.is_empty() {
            assert_eq!(queue.next(dialogue), Next::Wait, "{line} has no reply yet");
            hear(dialogue, Side::Server, reply);
        }
    }

    #[test]
    fn each_line_waits_for_the_reply_before_it_but_lines_of_a_message_do_not() {
        let mut dialogue = greeted();
        let text = "EHLO x\nMAIL FROM:<a@b.example>\nRCPT TO:<c@d.example>\nDATA\nhello\n.\nQUIT";
        let mut queue = Queue::new(text, &dialogue);
        send(&mut queue, &mut dialogue, "EHLO x", "250 mx\r\n");
        send(&mut queue, &mut dialogue, "MAIL FROM:<a@b.example>", "250 ok\r\n");
        send(&mut queue, &mut dialogue, "RCPT TO:<c@d.example>", "451 later\r\n");
        send(&mut queue, &mut dialogue, "DATA", "354 go\r\n");
        send(&mut queue, &mut dialogue, "hello", "");
        send(&mut queue, &mut dialogue, ".", "250 ok\r\n");
        assert_eq!((queue.sent(), queue.total), (6, 7));
        assert_eq!(queue.next(&dialogue), Next::Line("QUIT".to_owned()));
        assert_eq!(queue.next(&dialogue), Next::Done);
    }

    #[test]
    fn a_refusal_keeps_the_rest() {
        let mut dialogue = greeted();
        hear(&mut dialogue, Side::Client, "FOO\r\n");
        hear(&mut dialogue, Side::Server, "500 an older refusal\r\n");
        let mut queue = Queue::new("VRFY x\nNOOP\nQUIT", &dialogue);
        send(&mut queue, &mut dialogue, "VRFY x", "550 no\r\n");
        assert_eq!(queue.next(&dialogue), Next::Refused(Code(550)));
        assert_eq!(queue.rest().as_deref(), Some("NOOP\nQUIT"));
    }

    #[test]
    fn a_closed_connection_ends_it() {
        let mut queue = Queue::new("NOOP\nQUIT", &greeted());
        assert_eq!(queue.next(&Dialogue::default()), Next::Closed);
    }
}
