//! What is worked out about transactions, made once per change: limits, and the envelope against
//! the content. A header is read once it is whole, and again only while it grows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use super::agreement::{self, Finding, Heading, Link};
use super::limits::{self, Limit};
use super::{Dialogue, Message, Transaction};

/// What is worked out about one transaction.
#[derive(Clone, Debug, Default)]
pub struct Card {
    message: Option<usize>,
    /// The line at which the end of the header is looked for next.
    line: usize,
    /// How many bytes there were when the header was read.
    read: u64,
    heading: Option<Heading>,
    /// How far the envelope had come: its recipients, and the replies in the session.
    envelope: (usize, usize),
    /// How far the message had come.
    size: (u64, bool),
    limits: OnceLock<Vec<Limit>>,
    findings: OnceLock<Vec<Finding>>,
    links: OnceLock<Vec<Link>>,
}

impl Card {
    /// The card of a transaction as it stands.
    pub fn of(dialogue: &Dialogue, transaction: &Transaction) -> Self {
        let mut card = Self::default();
        card.update(dialogue, transaction);
        card
    }

    /// Takes in what has changed since it was made.
    fn update(&mut self, dialogue: &Dialogue, transaction: &Transaction) {
        if self.message != transaction.message {
            *self = Self { message: transaction.message, ..Self::default() };
        }
        let message = transaction.message.and_then(|at| dialogue.messages().get(at));
        if let Some(message) = message {
            self.read(message);
            self.measure(message);
        }
        // No reply changes anything once it is over.
        let replies =
            if transaction.end.is_some() { usize::MAX } else { dialogue.answered().len() };
        let envelope = (transaction.recipients.len(), replies);
        if std::mem::replace(&mut self.envelope, envelope) != envelope {
            self.limits = OnceLock::new();
            self.findings = OnceLock::new();
            self.links = OnceLock::new();
        }
    }

    fn read(&mut self, message: &Message) {
        let whole = self.heading.as_ref().is_some_and(Heading::is_complete);
        let len = message.wire_len();
        // What is not kept any more was read before, or cannot be.
        if whole || len == 0 || message.kept() == 0 || self.read == len && !message.is_complete() {
            return;
        }
        self.heading = Some(Heading::of(message, &mut self.line));
        self.read = len;
        self.limits = OnceLock::new();
        self.findings = OnceLock::new();
        self.links = OnceLock::new();
    }

    fn measure(&mut self, message: &Message) {
        let size = (message.wire_len(), message.is_complete());
        if std::mem::replace(&mut self.size, size) != size {
            self.limits = OnceLock::new();
        }
    }

    /// What is offered, declared and sent.
    pub fn limits(&self, dialogue: &Dialogue, transaction: &Transaction) -> &[Limit] {
        let made = || limits::limits(dialogue, transaction, self.heading.as_ref());
        self.limits.get_or_init(made)
    }

    /// The envelope against the content.
    pub fn findings(&self, transaction: &Transaction) -> &[Finding] {
        self.findings.get_or_init(|| agreement::findings(transaction, self.heading.as_ref()))
    }

    /// What belongs together in envelope and content.
    pub fn links(&self, dialogue: &Dialogue, transaction: &Transaction) -> &[Link] {
        let made = || agreement::links(dialogue, transaction, self.heading.as_ref());
        self.links.get_or_init(made)
    }

    /// Whether more of the header of its message may come.
    pub fn grows(&self, dialogue: &Dialogue) -> bool {
        self.heading.as_ref().is_some_and(|heading| !heading.is_complete())
            && self.message.is_some_and(|at| dialogue.grows(at))
    }
}

/// The cards of the transactions that are looked at.
#[derive(Clone, Debug, Default)]
pub struct Cards(BTreeMap<usize, Card>);

impl Cards {
    /// Brings the cards of the `wanted` transactions up to date, and drops the others.
    pub fn update(&mut self, dialogue: &Dialogue, wanted: Range<usize>) {
        self.0.retain(|at, _| wanted.contains(at));
        for at in wanted {
            if let Some(transaction) = dialogue.envelope().transactions.get(at) {
                self.0.entry(at).or_default().update(dialogue, transaction);
            }
        }
    }

    /// All of them, with the numbers of their transactions.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Card)> {
        self.0.iter().map(|(at, card)| (*at, card))
    }

    /// The card of a transaction, if it was wanted.
    pub fn get(&self, at: usize) -> Option<&Card> {
        self.0.get(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;
    use crate::journal::{Ending, Event, Happening, Moment, Side};
    use crate::session::agreement::Point;

    const BEGIN: &str = "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 SIZE 100\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: DATA\nS: 354 go\n";

    fn points(cards: &Cards, dialogue: &Dialogue) -> Vec<Point> {
        let transaction = &dialogue.envelope().transactions[0];
        let findings = cards.get(0).unwrap().findings(transaction);
        findings.iter().map(|finding| finding.point).collect()
    }

    #[test]
    fn a_card_follows_what_is_typed() {
        let text = format!(
            "{BEGIN}C: From: a@b.example\nC: To: x@d.example,\nC:  c@d.example\nC: \nC: To: body@d.example\nC: .\nS: 250 ok\n"
        );
        let (mut dialogue, mut cards) = (Dialogue::default(), Cards::default());
        let mut seen = Vec::new();
        for event in recording(text.as_bytes()).unwrap().events() {
            dialogue.apply(event);
            cards.update(&dialogue, 0..1);
            if cards.get(0).is_some_and(|card| card.heading.is_some()) {
                seen.push(points(&cards, &dialogue));
            }
        }
        seen.dedup();
        let (whole, author) = (vec![Point::SenderIsAuthor, Point::NotSent], Point::SenderIsAuthor);
        assert_eq!(seen.first(), Some(&vec![author]), "{seen:?}");
        assert!(seen.contains(&vec![author, Point::Blind, Point::NotSent]), "{seen:?}");
        assert_eq!(seen.last(), Some(&whole), "{seen:?}");
        let at_once = Card::of(&dialogue, &dialogue.envelope().transactions[0]);
        let transaction = &dialogue.envelope().transactions[0];
        assert_eq!(at_once.findings(transaction), cards.get(0).unwrap().findings(transaction));
        assert_eq!(
            at_once.limits(&dialogue, transaction),
            cards.get(0).unwrap().limits(&dialogue, transaction)
        );
    }

    #[test]
    fn a_header_goes_on_while_its_message_can() {
        let chunked = BEGIN.replace("C: DATA\nS: 354 go\n", "");
        let begun = |text: &str| format!("{chunked}{text}");
        let closed = Happening::Closed { by: Side::Server, how: Ending::Reset };
        let opened = Happening::Opened(Box::default());
        for (text, grows) in [
            (format!("{BEGIN}C: From: a@b.example\n"), true),
            (format!("{BEGIN}C: From: a@b.example\nC: .\n"), false),
            (begun("C: BDAT 12\nC: Subject: x\n"), true),
            (begun("C: BDAT 12\nC: Subject: x\nS: 250 ok\n"), true),
            (begun("C: BDAT 12\nC: Subject: x\nS: 552 too much\n"), false),
            (begun("C: BDAT 12\nC: Subject: x\nS: 250 ok\nC: RSET\nS: 250 ok\n"), false),
            (begun("C: BDAT 12\nC: Subject: x\nS: 250 ok\nC: EHLO x\nS: 250 mx\n"), false),
            (begun("C: BDAT 20\nC: Subject: x\nS: 552 too much\n"), true),
            (begun("C: BDAT 20 LAST\nC: Subject: x\n"), true),
            (begun("C: BDAT 12 LAST\nC: Subject: x\n"), false),
        ] {
            let dialogue = Dialogue::standing(&text);
            let card = |dialogue: &Dialogue| {
                Card::of(dialogue, &dialogue.envelope().transactions[0]).grows(dialogue)
            };
            assert_eq!((dialogue.grows(0), card(&dialogue)), (grows, grows), "{text}");
            for what in [&closed, &opened] {
                let mut dialogue = dialogue.clone();
                dialogue.apply(&Event::new(Moment(0), what.clone()));
                assert!(!dialogue.grows(0) && !card(&dialogue), "{text} {what:?}");
            }
        }
    }

    #[test]
    fn a_card_survives_the_bytes_of_its_message() {
        let text = format!(
            "{BEGIN}C: From: a@b.example\nC: To: c@d.example\nC: \nC: hi\nC: .\nS: 250 ok\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\nC: \nC: {}\nC: .\nS: 250 ok\n",
            "x".repeat(100)
        );
        let keep = super::super::Keep { message: 120, messages: 120, ..super::super::Keep::ALL };
        let (mut dialogue, mut cards) = (Dialogue::new(keep), Cards::default());
        for event in recording(text.as_bytes()).unwrap().events() {
            dialogue.apply(event);
            cards.update(&dialogue, 0..dialogue.envelope().transactions.len());
        }
        assert_eq!(dialogue.messages()[0].kept(), 0);
        assert_eq!(points(&cards, &dialogue), [Point::SenderIsAuthor, Point::AllAgree]);
    }
}
