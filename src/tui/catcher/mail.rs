//! A message in one row: what was caught, and what was to be but was not.

use crate::journal::Moment;
use crate::knowledge::{self, Lang};
use crate::session::content::Content;
use crate::session::{Dialogue, End, Message, Transaction};

use super::client::Client;
use super::listed::Row;

/// How much of a message is looked at for its subject.
const LOOKED_AT: u64 = 16 << 10;

/// How many recipients a row names.
pub const NAMED: usize = 8;

/// What became of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// Its end was not answered yet.
    #[default]
    Coming,
    /// It was taken.
    Kept,
    /// It was taken, and is held for a while.
    Held,
    /// It was taken, and its session gave way to newer ones before it was kept elsewhere.
    Gone,
    /// It was not taken, by a reply with this code.
    NotTaken(u16),
    /// Its end never came.
    Cut,
}

impl Fate {
    fn of(transaction: Option<&Transaction>, message: &Message, seen: &Dialogue) -> Self {
        let end = transaction.and_then(|transaction| transaction.end);
        let code = |at: usize| {
            let reply = seen.exchanges().get(at).and_then(|exchange| exchange.reply.as_ref());
            reply.and_then(|reply| reply.code).map_or(0, |code| code.0)
        };
        match end {
            Some((_, End::Accepted | End::Partly)) => Self::Kept,
            Some((at, End::Deferred | End::Refused)) => Self::NotTaken(code(at)),
            None if seen.phase().is_open() => Self::Coming,
            _ if message.is_complete() => Self::NotTaken(0),
            _ => Self::Cut,
        }
    }

    /// What it is once nothing keeps the message any more.
    #[must_use]
    pub const fn gone(self) -> Self {
        match self {
            Self::Kept | Self::Held => Self::Gone,
            other => other,
        }
    }

    /// The key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Coming => "mail.coming",
            Self::Kept => "mail.kept",
            Self::Held => "mail.held",
            Self::Gone => "mail.gone",
            Self::NotTaken(0) => "mail.unanswered",
            Self::NotTaken(_) => "mail.not-taken",
            Self::Cut => "mail.cut",
        }
    }

    /// In words.
    pub fn words(self, lang: Lang) -> String {
        let code = if let Self::NotTaken(code) = self { code.to_string() } else { String::new() };
        knowledge::fill(lang, self.key(), &[("n", &code)])
    }
}

/// A message in one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// Its number, in the order in which messages were judged.
    pub number: u64,
    /// The number of its session.
    pub client: u64,
    /// Which message of that session it is, from 0.
    pub message: usize,
    /// When it came, on the clock of the screen.
    pub at: Moment,
    /// What a clock on the wall said then.
    pub time: String,
    /// What it is about, as its header says.
    pub subject: String,
    /// The sender on the envelope.
    pub sender: String,
    /// The first recipients on the envelope.
    pub recipients: Vec<String>,
    /// How many there are.
    pub named: usize,
    /// Bytes of its content.
    pub size: u64,
    /// What became of it.
    pub fate: Fate,
    /// The name by which its client was told of it.
    pub name: String,
    /// The file in which it is kept, where it is in one.
    pub file: String,
}

impl Mail {
    /// All messages of a dialogue whose row is `client`.
    pub fn all(seen: &Dialogue, client: &Client) -> Vec<Self> {
        let messages = seen.messages().iter().enumerate();
        messages.map(|(at, message)| Self::of(seen, at, message, client)).collect()
    }

    fn of(seen: &Dialogue, at: usize, message: &Message, client: &Client) -> Self {
        let transaction = seen.envelope().carrying(at);
        let recipients = transaction.into_iter().flat_map(Transaction::addressees);
        let mut recipients: Vec<_> = recipients.map(|r| r.path.written.clone()).collect();
        let named = recipients.len();
        recipients.truncate(NAMED);
        Self {
            number: 0,
            client: client.number,
            message: at,
            at: client.began,
            time: client.time.clone(),
            subject: Content::subject_in(&message.content_up_to(LOOKED_AT)),
            sender: transaction.map(|t| t.sender.written.clone()).unwrap_or_default(),
            recipients,
            named,
            size: message.content_len(),
            fate: Fate::of(transaction, message, seen),
            name: String::new(),
            file: String::new(),
        }
    }

    /// What was known of the same message before stays where it says more: when it came, how it is
    /// called, and in which file it is kept.
    pub(super) fn learn(&mut self, before: &Self) {
        (self.at, self.time) = (before.at, before.time.clone());
        if self.name.is_empty() {
            (self.name, self.file) = (before.name.clone(), before.file.clone());
        }
        // Its own session says what became of it last.
        if matches!(before.fate, Fate::Held | Fate::Gone) && self.fate == Fate::Kept {
            self.fate = before.fate;
        }
    }
}

impl Row for Mail {
    fn number(&self) -> u64 {
        self.number
    }

    fn is_over(&self) -> bool {
        true
    }

    fn words(&self) -> String {
        let fates = [Lang::En, Lang::Ja].map(|lang| self.fate.words(lang)).join(" ");
        let to = self.recipients.join(" ");
        let Self { client, time, subject, sender, name, file, .. } = self;
        format!("{client} {name} {time} {subject} {sender} {to} {fates} {file}")
    }

    fn code(&self) -> Option<u16> {
        match self.fate {
            Fate::NotTaken(code) => Some(code),
            _ => None,
        }
    }
}
