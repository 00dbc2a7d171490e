//! The envelope: mail transactions with their sender, their recipients, and what became of each.
//!
//! Driven by the dialogue at two moments, when a command is sent (things are *waiting*) and when
//! it is answered. What ends a transaction is kept with it: RSET, a second EHLO, STARTTLS, QUIT,
//! the end of the data, or the connection (RFC 5321 §4.1.4). Being accepted as a recipient and
//! getting the message are two things: in LMTP and behind PRDR each recipient has an answer of its
//! own to the end of the data.

use crate::smtp::Parsed;
use crate::smtp::code::Class;
use crate::smtp::param::Param;
use crate::smtp::path::Path;

use super::shared::Shared;

/// What the server said to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing yet.
    Waiting,
    /// 2xx.
    Accepted,
    /// 4xx: not now.
    Deferred,
    /// 5xx, or anything that is no valid reply.
    Refused,
}

impl Fate {
    /// The fate that a reply of this class brings.
    pub const fn of(class: Class) -> Self {
        match class {
            Class::Positive => Self::Accepted,
            Class::Transient => Self::Deferred,
            _ => Self::Refused,
        }
    }
}

/// Why a transaction is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The server took the message.
    Accepted,
    /// The server took the message for some of its recipients.
    Partly,
    /// The server cannot take the message now.
    Deferred,
    /// The server refused the message.
    Refused,
    /// The sender was not accepted, so it never began.
    SenderRefused,
    /// RSET.
    Reset,
    /// Another EHLO or HELO.
    Greeting,
    /// Another MAIL that the server accepted.
    Replaced,
    /// TLS began: both sides forget all (RFC 3207 §4.2).
    Secured,
    /// QUIT.
    Quit,
    /// The connection was lost.
    Closed,
}

/// One recipient of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The forward-path.
    pub path: Path,
    /// Its parameters.
    pub params: Vec<Parsed<Param>>,
    /// What the server said to RCPT.
    pub fate: Fate,
    /// The exchange in which it was named.
    pub exchange: usize,
    /// The exchange in which the server says what becomes of the message for it, and what it said.
    pub delivered: Option<(usize, Fate)>,
}

impl Recipient {
    /// What becomes of the message for it, if somebody has asked.
    pub fn delivery(&self) -> Option<Fate> {
        self.delivered.map(|(_, fate)| fate)
    }
}

/// One mail transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The reverse-path.
    pub sender: Path,
    /// Its parameters.
    pub params: Vec<Parsed<Param>>,
    /// What the server said to the sender.
    pub fate: Fate,
    /// The exchange of its MAIL.
    pub exchange: usize,
    /// The recipients in the order in which they were named.
    pub recipients: Shared<Recipient>,
    /// The message, once its data began.
    pub message: Option<usize>,
    /// The exchange in which it ended, and why.
    pub end: Option<(usize, End)>,
    /// Something is on its way that will end it.
    ending: bool,
    /// The end of the data was answered with 353: replies follow for each recipient and for all.
    each: bool,
}

impl Transaction {
    /// Whether something is on its way that ends it if it succeeds.
    pub const fn is_ending(&self) -> bool {
        self.ending
    }

    /// Those to whom its message goes: whom the server accepted, and where it accepted nobody, all
    /// that were named.
    pub fn addressees(&self) -> impl Iterator<Item = &Recipient> {
        let nobody = self.accepted() == 0;
        self.recipients.iter().filter(move |r| nobody || r.fate == Fate::Accepted)
    }

    /// Number of recipients that the server accepted.
    pub fn accepted(&self) -> usize {
        self.recipients.iter().filter(|r| r.fate == Fate::Accepted).count()
    }

    /// Whether none was accepted, nor may have been.
    pub(super) fn has_no_recipient(&self) -> bool {
        self.recipients.iter().all(|r| matches!(r.fate, Fate::Deferred | Fate::Refused))
    }

    /// The first accepted recipient that was named behind exchange `behind`, as the exchange in
    /// which it was named.
    pub(super) fn next_recipient(&self, behind: Option<usize>) -> Option<usize> {
        let first = self.recipients.partition_point(|r| behind.is_some_and(|at| r.exchange <= at));
        let mut left = self.recipients.iter().skip(first);
        left.find(|r| r.fate == Fate::Accepted).map(|r| r.exchange)
    }

    /// Whether the message gets a reply for each recipient and one for all, as 353 has said.
    pub const fn answers_each(&self) -> bool {
        self.each
    }

    fn recipient_mut(&mut self, exchange: usize) -> Option<&mut Recipient> {
        let at = self.recipients.find_by_key(&exchange, |r| r.exchange)?;
        self.recipients.get_mut(at)
    }

    /// Nothing more will be said: who stood behind the recipient that was due gets no answer either.
    fn leave(&mut self) {
        let Some((due, _)) = self.recipients.iter().filter_map(|r| r.delivered).next_back() else {
            return;
        };
        let owed = |r: &&mut Recipient| r.fate == Fate::Accepted && r.delivered.is_none();
        for recipient in self.recipients.iter_mut().filter(owed) {
            recipient.delivered = Some((due, Fate::Waiting));
        }
    }

    /// How it ended, now that everything was said about the message that will be; `fate` is what
    /// was said at last.
    fn outcome(&self, fate: Fate) -> End {
        let of = |fate| self.recipients.iter().filter(|r| r.delivery() == Some(fate)).count();
        match (of(Fate::Accepted), of(Fate::Deferred), self.accepted()) {
            (_, _, 0) => match fate {
                Fate::Accepted => End::Accepted,
                Fate::Deferred => End::Deferred,
                Fate::Waiting | Fate::Refused => End::Refused,
            },
            (taken, _, all) if taken == all => End::Accepted,
            (1.., ..) => End::Partly,
            (_, 1.., _) => End::Deferred,
            _ => End::Refused,
        }
    }

    /// Whether MAIL had the parameter `name`.
    pub fn has_param(&self, name: &str) -> bool {
        self.params.iter().any(|p| p.value.name == name)
    }

    /// The value of MAIL's parameter `name`.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|p| p.value.name == name)?.value.value.as_deref()
    }
}

/// All transactions of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// In the order in which they began.
    pub transactions: Shared<Transaction>,
}

impl Envelope {
    /// The transaction that is open, the sender's acceptance pending or given.
    pub fn open(&self) -> Option<&Transaction> {
        self.transactions.last().filter(|t| t.end.is_none())
    }

    /// The transaction whose message that is.
    pub fn carrying(&self, message: usize) -> Option<&Transaction> {
        self.transactions.iter().rev().find(|t| t.message == Some(message))
    }

    fn open_mut(&mut self) -> Option<&mut Transaction> {
        self.transactions.last_mut().filter(|t| t.end.is_none())
    }

    /// MAIL was sent. Inside an open transaction it begins nothing unless it is accepted.
    pub(super) fn mail_sent(&mut self, exchange: usize, sender: &Path, params: &[Parsed<Param>]) {
        if self.open().is_none_or(|t| t.ending) {
            self.begin(exchange, sender, params);
        }
    }

    /// MAIL was answered.
    pub(super) fn mail_answered(
        &mut self,
        exchange: usize,
        sender: &Path,
        params: &[Parsed<Param>],
        fate: Fate,
    ) {
        // From the end: what is answered now began a moment ago.
        let mut recent = self.transactions.iter_mut().rev().take_while(|t| t.exchange >= exchange);
        match recent.find(|t| t.exchange == exchange) {
            Some(transaction) => transaction.fate = fate,
            None if fate == Fate::Accepted => {
                self.end(exchange, End::Replaced);
                self.begin(exchange, sender, params);
                self.mail_answered(exchange, sender, params, fate);
                return;
            }
            None => return,
        }
        if fate != Fate::Accepted && self.open().is_some_and(|t| t.exchange == exchange) {
            self.end(exchange, End::SenderRefused);
        }
    }

    /// RCPT was sent.
    pub(super) fn rcpt_sent(&mut self, exchange: usize, path: &Path, params: &[Parsed<Param>]) {
        if let Some(transaction) = self.open_mut() {
            let (path, params) = (path.clone(), params.to_vec());
            let fate = Fate::Waiting;
            let named = Recipient { path, params, fate, exchange, delivered: None };
            transaction.recipients.push(named);
        }
    }

    /// RCPT was answered.
    pub(super) fn rcpt_answered(&mut self, exchange: usize, fate: Fate) {
        for transaction in self.transactions.iter_mut().rev() {
            if let Some(recipient) = transaction.recipient_mut(exchange) {
                recipient.fate = fate;
                return;
            }
            if transaction.exchange < exchange {
                return;
            }
        }
    }

    /// Mail data begins.
    pub(super) fn message_began(&mut self, message: usize) {
        if let Some(transaction) = self.open_mut() {
            transaction.message = Some(message);
        }
    }

    /// Chunks begin. A message of which a chunk was refused stays the transaction's: only RSET or
    /// DATA begins anew.
    pub(super) fn chunks_began(&mut self, message: usize) {
        if let Some(transaction) = self.open_mut() {
            transaction.message.get_or_insert(message);
        }
    }

    /// Something was sent that will end the open transaction if it succeeds.
    pub(super) fn end_sent(&mut self) {
        if let Some(transaction) = self.open_mut() {
            transaction.ending = true;
        }
    }

    /// What would have ended the open transaction did not succeed.
    pub(super) fn end_failed(&mut self) {
        if let Some(transaction) = self.open_mut() {
            transaction.ending = false;
        }
    }

    /// The message was answered, for all of whom nothing was said yet: its transaction is over,
    /// whatever the answer was. Behind 353 what is refused for all is refused for each; in LMTP who
    /// has the message keeps it (RFC 2033 §4.2).
    pub(super) fn message_answered(&mut self, exchange: usize, message: usize, fate: Fate) {
        let Some(transaction) = self.sent(message) else { return };
        let refuses_all = transaction.each && fate != Fate::Accepted;
        let overrules = |said| said == Fate::Accepted && refuses_all;
        for recipient in transaction.recipients.iter_mut().filter(|r| r.fate == Fate::Accepted) {
            let said = recipient.delivery().unwrap_or(Fate::Waiting);
            if said == Fate::Waiting || overrules(said) {
                recipient.delivered = Some((exchange, fate));
            }
        }
        transaction.end = Some((exchange, transaction.outcome(fate)));
    }

    /// Nothing more will be said about the message.
    pub(super) fn message_left(&mut self, exchange: usize, message: usize) {
        if let Some(transaction) = self.sent(message) {
            transaction.leave();
            transaction.end = Some((exchange, transaction.outcome(Fate::Waiting)));
        }
    }

    /// A recipient has to be answered in `exchange`, or was.
    pub(super) fn delivery(&mut self, exchange: usize, message: usize, to: usize, fate: Fate) {
        let recipient = self.sent(message).and_then(|t| t.recipient_mut(to));
        if let Some(recipient) = recipient {
            recipient.delivered = Some((exchange, fate));
        }
    }

    /// The message gets an answer for each recipient, and then one for all.
    pub(super) fn each_is_answered(&mut self, message: usize) {
        if let Some(transaction) = self.sent(message) {
            transaction.each = true;
        }
    }

    /// The open transaction whose message that is.
    fn sent(&mut self, message: usize) -> Option<&mut Transaction> {
        let mut open = self.transactions.iter_mut().rev().take_while(|t| t.end.is_none());
        open.find(|t| t.message == Some(message))
    }

    /// Everything that is open is wiped.
    pub(super) fn end(&mut self, exchange: usize, why: End) {
        for transaction in self.transactions.iter_mut().rev().take_while(|t| t.end.is_none()) {
            // What was sent behind the command that wipes belongs to the next transaction.
            if transaction.exchange <= exchange {
                transaction.leave();
                transaction.end = Some((exchange, why));
            }
        }
    }

    fn begin(&mut self, exchange: usize, sender: &Path, params: &[Parsed<Param>]) {
        self.transactions.push(Transaction {
            sender: sender.clone(),
            params: params.to_vec(),
            fate: Fate::Waiting,
            exchange,
            recipients: Shared::new(),
            message: None,
            end: None,
            ending: false,
            each: false,
        });
    }
}
