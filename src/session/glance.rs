//! How a session stands, in one line of a list.

use crate::journal::{Ending, Happening, Side};
use crate::smtp::code::{Class, Code};
use crate::smtp::verb::Verb;
use crate::smtp::wait::Wait;

use super::{Dialogue, Message, Phase, Turn};

/// How many recipients are named.
const NAMED: usize = 8;

/// A session at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// The address of the client; a socket in the file system gives its clients none.
    pub peer: Option<String>,
    /// Where it stands.
    pub phase: Phase,
    /// Whether TLS is on, or was to the end.
    pub secured: bool,
    /// The version of TLS, such as `TLSv1.3`, where that is known.
    pub tls: Option<String>,
    /// Who has logged in.
    pub user: Option<String>,
    /// The sender of the last transaction, if there was one.
    pub sender: Option<String>,
    /// Its first recipients, whether they were accepted or not.
    pub named: Vec<String>,
    /// How many recipients it has.
    pub recipients: usize,
    /// How many transactions there were.
    transactions: usize,
    /// How many bytes there are of the message that comes.
    pub coming: u64,
    /// How many messages the server took, for some of their recipients at least.
    pub taken: usize,
    /// The last of them.
    last_taken: Option<usize>,
    /// Whether the server is to answer.
    pub unanswered: bool,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many messages came, or began to.
    pub messages: usize,
    /// The command that was answered last, and by what; the greeting has none.
    pub last: Option<(Option<Verb>, Code)>,
    /// What went wrong last, if anything did.
    pub trouble: Option<Trouble>,
    /// How it ended, if it has.
    pub end: Option<Over>,
    /// How many exchanges, answers and notices it has seen.
    known: (usize, usize, usize),
}

/// What went wrong in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A reply that says no.
    Refused(Code),
    /// TLS was to begin, and did not.
    NotSecured,
    /// What was awaited had not come when its time was over.
    Overdue(Wait),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The client said QUIT.
    InOrder,
    /// The client left without QUIT, owing nothing.
    Left,
    /// The client was gone in the middle of a message.
    CutShort,
    /// The connection was reset.
    Reset,
    /// The client did not do in time what it was to do.
    TimedOut,
    /// The server gave up: it had said 421, or hung up by itself.
    Refused,
    /// TLS did not begin.
    NotSecured,
    /// The system broke the connection.
    Failed,
}

impl Over {
    /// Its name in exports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InOrder => "in-order",
            Self::Left => "left",
            Self::CutShort => "cut-short",
            Self::Reset => "reset",
            Self::TimedOut => "timed-out",
            Self::Refused => "refused",
            Self::NotSecured => "not-secured",
            Self::Failed => "failed",
        }
    }

    /// How `seen` ended, if it has.
    pub fn of(seen: &Dialogue) -> Option<Self> {
        let mut back = seen.course().rev();
        let Happening::Closed { by, how } = back.next()? else { return None };
        let before = back.next();
        let last = seen.exchanges().last();
        let code = last.and_then(|exchange| exchange.reply.as_ref()?.code);
        let said_quit =
            seen.exchanges().iter().rev().take(2).any(|e| e.verb() == Some(&Verb::Quit));
        Some(match (how, before) {
            (_, Some(Happening::NotSecured(_))) => Self::NotSecured,
            (_, Some(Happening::Overdue { .. })) | (Ending::TimedOut, _) => Self::TimedOut,
            (Ending::Reset, _) if *by == Side::Client => Self::Reset,
            (Ending::Failed(_), _) => Self::Failed,
            _ if said_quit => Self::InOrder,
            _ if code == Some(Code::NOT_AVAILABLE) || *by == Side::Server => Self::Refused,
            _ if is_inside_message(seen) => Self::CutShort,
            _ => Self::Left,
        })
    }
}

/// Whether a message was begun of which the end is missing.
fn is_inside_message(seen: &Dialogue) -> bool {
    seen.messages().last().is_some_and(|message| !message.is_complete())
}

impl Glance {
    /// How `seen` stands.
    pub fn of(seen: &Dialogue) -> Self {
        let mut glance = Self::default();
        glance.follow(seen);
        glance
    }

    /// Brings it up to `seen`, of which it has seen less so far. What it costs depends on what is new
    /// alone.
    pub fn follow(&mut self, seen: &Dialogue) {
        let now = (seen.exchanges().len(), seen.answered().len(), seen.notices().len());
        let coming = seen.awaits_mail_data() || seen.phase() == Phase::Chunks;
        self.coming = seen.messages().last().filter(|_| coming).map_or(0, Message::wire_len);
        if self.known == now && self.phase == seen.phase() {
            return;
        }
        let (_, answered, notices) = std::mem::replace(&mut self.known, now);
        for at in seen.answered().range(answered..now.1) {
            let Some(exchange) = seen.exchanges().get(*at) else { continue };
            let Some(code) = exchange.reply.as_ref().and_then(|reply| reply.code) else { continue };
            self.last = Some((verb(&exchange.turn), code));
            let ends =
                matches!(exchange.turn, Turn::MailData | Turn::LastChunk | Turn::Delivery(_));
            if ends && code.class() == Class::Positive && self.last_taken != exchange.message {
                self.taken += 1;
                self.last_taken = exchange.message;
            }
            if matches!(code.class(), Class::Transient | Class::Permanent) {
                self.trouble = Some(Trouble::Refused(code));
            }
        }
        for (_, what) in seen.notices().range(notices..now.2) {
            match what {
                Happening::Opened(endpoints) => self.peer.clone_from(&endpoints.remote),
                Happening::Secured(facts) => {
                    self.secured = true;
                    self.tls.clone_from(&facts.version);
                }
                Happening::NotSecured(_) => self.trouble = Some(Trouble::NotSecured),
                Happening::Overdue { wait, .. } => self.trouble = Some(Trouble::Overdue(*wait)),
                Happening::Closed { .. } => self.end = Over::of(seen),
                _ => {}
            }
        }
        if self.user.is_none() {
            self.user = seen.login().and_then(|login| login.user());
        }
        self.take_envelope(seen);
        self.unanswered = seen.unanswered().is_some();
        self.phase = seen.phase();
        (self.exchanges, self.messages) = (now.0, seen.messages().len());
    }
}

impl Glance {
    /// From whom and to whom.
    fn take_envelope(&mut self, seen: &Dialogue) {
        let transactions = &seen.envelope().transactions;
        let Some(last) = transactions.last() else { return };
        if self.transactions != transactions.len() {
            self.transactions = transactions.len();
            self.sender = Some(last.sender.written.clone());
            self.named.clear();
        }
        self.recipients = last.recipients.len();
        let more = last.recipients.iter().take(NAMED).skip(self.named.len());
        self.named.extend(more.map(|recipient| recipient.path.written.clone()));
    }
}

/// The command to which a reply belongs.
fn verb(turn: &Turn) -> Option<Verb> {
    match turn {
        Turn::Command(verb) | Turn::Delivery(verb) => Some(verb.clone()),
        Turn::LastChunk => Some(Verb::Bdat),
        Turn::LoginAnswer => Some(Verb::Auth),
        Turn::MailData => Some(Verb::Data),
        Turn::Greeting | Turn::Unsolicited => None,
    }
}
