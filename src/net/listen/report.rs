//! What a listener tells while it serves.
//!
//! Nobody has to listen, and who listens slowly holds nothing up: so many reports wait for him, and
//! many bytes of them; what does not fit any more is counted, and the next report that fits stands
//! behind that count. Sessions and messages are counted whether they fit or not. How a session stands
//! is no report but a value that is replaced.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};

use crate::session::content::Content;
use crate::session::{Dialogue, Exchange, Glance, Past, Turn};
use crate::smtp::code::{Class, Code, Enhanced};
use crate::smtp::command::Argument;
use crate::smtp::verb::Verb;
use crate::speaker::server::Delivery;

use super::Entrance;

/// How many reports wait for who listens.
pub const WAITING: usize = 4_096;

/// About how many bytes wait in reports.
pub const WEIGHT: u64 = 128 << 20;

/// Something that a listener tells.
#[derive(Debug)]
pub enum Report {
    /// A session began.
    Began {
        /// Its number, from 1.
        session: u64,
        /// When.
        at: Timestamp,
        /// Where the client came in.
        entrance: Arc<Entrance>,
        /// How it stands; when no more will come of it, the session is over.
        glance: watch::Receiver<Glance>,
    },
    /// A message was stored: the next thing that its client hears is that.
    Stored {
        /// The number of its session.
        session: u64,
        /// Which of the session's messages.
        message: usize,
        /// The name under which it can be found.
        name: String,
        /// The envelope.
        envelope: Envelope,
        /// How its session stands, whose beginning may have been missed.
        glance: watch::Receiver<Glance>,
    },
    /// A message could not be stored, and was not taken.
    NotStored {
        /// The number of its session.
        session: u64,
        /// Which of the session's messages.
        message: usize,
        /// Why.
        why: String,
        /// The envelope.
        envelope: Envelope,
    },
    /// A reply said no: to a sender, a recipient, a message or a login.
    Refused {
        /// The number of its session.
        session: u64,
        /// What was refused, and how.
        refusal: Refusal,
    },
    /// A session is over: all of it, also of those that were refused or broke off.
    Ended {
        /// Its number.
        session: u64,
        /// How it stood at its end.
        glance: Glance,
        /// All that was said.
        dialogue: Box<Dialogue>,
        /// The events, where they were remembered.
        past: Box<Past>,
        /// Why it could not be recorded, or not all of it.
        not_kept: Option<String>,
    },
    /// A client was turned away before it was greeted.
    TurnedAway {
        /// Its number, as that of a session; there is none with that number.
        session: u64,
        /// Where it came in.
        entrance: Arc<Entrance>,
        /// Where it came from; a socket in the file system does not say.
        peer: Option<String>,
        /// When.
        at: Timestamp,
        /// Why.
        why: Turned,
    },
    /// Reports did not fit any more.
    Missed {
        /// How many.
        reports: u64,
        /// And how many of a session that began.
        began: u64,
    },
}

impl Report {
    /// For how many events it stands, the beginnings of sessions among them or not.
    pub const fn events(&self, with_began: bool) -> u64 {
        match self {
            Self::Missed { reports, began } if with_began => *reports + *began,
            Self::Missed { reports, .. } => *reports,
            Self::Began { .. } if !with_began => 0,
            _ => 1,
        }
    }
}

/// What a message is stored with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The reverse-path; empty for a notification.
    pub from: String,
    /// The accepted forward-paths.
    pub to: Vec<String>,
    /// How many bytes the message has.
    pub size: usize,
    /// For how many seconds it is held.
    pub held: Option<u64>,
    /// Whether it came under TLS.
    pub secured: bool,
    /// Who had logged in.
    pub user: Option<String>,
    /// What it is about, where anybody wants to know that.
    pub subject: Option<String>,
}

impl Envelope {
    pub(super) fn of(delivery: &Delivery, glance: &Glance, with_subject: bool) -> Self {
        Self {
            subject: with_subject.then(|| Content::subject_in(&delivery.content)),
            from: delivery.sender.clone(),
            to: delivery.recipients.clone(),
            size: delivery.content.len(),
            held: delivery.held.map(|time| time.as_secs()),
            secured: glance.secured,
            user: glance.user.clone(),
        }
    }
}

/// Something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// By which command; DATA and BDAT stand for the message that came behind them.
    pub verb: Verb,
    /// The address that was refused, as it was written.
    pub address: Option<String>,
    /// The reply.
    pub code: Code,
    /// Its detailed code.
    pub enhanced: Option<Enhanced>,
    /// The text of its last line.
    pub text: String,
}

impl Refusal {
    /// What an exchange refuses, if it refuses anything that matters to mail.
    pub fn of(seen: &Dialogue, exchange: &Exchange) -> Option<Self> {
        let reply = exchange.reply.as_ref()?;
        let code =
            reply.code.filter(|c| matches!(c.class(), Class::Transient | Class::Permanent))?;
        let verb = match &exchange.turn {
            Turn::Command(
                verb @ (Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Bdat | Verb::Auth),
            )
            | Turn::Delivery(verb) => verb.clone(),
            Turn::LastChunk => Verb::Bdat,
            Turn::MailData => Verb::Data,
            Turn::LoginAnswer => Verb::Auth,
            _ => return None,
        };
        let path = match exchange.command.as_ref().map(|command| &command.argument) {
            Some(Argument::Path(path, _)) => Some(&path.value),
            _ => seen.recipient(exchange),
        };
        let last = reply.lines.last();
        let text = last.map(|line| String::from_utf8_lossy(line.text.of(&line.line.bytes)).into());
        Some(Self {
            verb,
            address: path.map(crate::smtp::path::Path::address),
            code,
            enhanced: reply.enhanced(),
            text: text.unwrap_or_default(),
        })
    }
}

/// Why a client was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// As many clients as may be were there.
    TooMany,
    /// It had come as often in this minute as it may.
    TooFast,
}

/// What both ends know of reports.
#[derive(Debug, Default)]
struct Counts {
    /// The bytes that wait.
    weight: AtomicU64,
    /// How many reports did not fit since that was told, and how many of a session that began.
    missed: AtomicU64,
    missed_began: AtomicU64,
    /// How many sessions are over, and how many messages were stored.
    sessions: AtomicU64,
    messages: AtomicU64,
}

/// Where reports go.
#[derive(Clone, Debug)]
pub struct Teller {
    queue: mpsc::Sender<(Report, u64)>,
    counts: Arc<Counts>,
}

/// Where reports come from.
#[derive(Debug)]
pub struct Reports {
    queue: mpsc::Receiver<(Report, u64)>,
    counts: Arc<Counts>,
    next: Option<Report>,
}

/// Two ends between which reports wait.
pub fn channel() -> (Teller, Reports) {
    let (told, queue) = mpsc::channel(WAITING);
    let counts = Arc::<Counts>::default();
    (Teller { queue: told, counts: counts.clone() }, Reports { queue, counts, next: None })
}

impl Teller {
    /// Tells something, now or never.
    pub fn tell(&self, report: Report) {
        let Counts { weight: waiting, missed, missed_began, sessions, messages } = &*self.counts;
        let missed = if matches!(report, Report::Began { .. }) { missed_began } else { missed };
        match &report {
            Report::Ended { .. } => sessions.fetch_add(1, Ordering::Relaxed),
            Report::Stored { .. } => messages.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
        let weight = weight(&report) as u64;
        let fits = waiting.fetch_add(weight, Ordering::Relaxed) < WEIGHT;
        if !fits || self.queue.try_send((report, weight)).is_err() {
            waiting.fetch_sub(weight, Ordering::Relaxed);
            missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether anybody listens.
    pub fn is_heard(&self) -> bool {
        !self.queue.is_closed()
    }
}

impl Reports {
    /// The next report, once there is one; `None` when the listener has ended and told all.
    /// Cancel-safe.
    pub async fn next(&mut self) -> Option<Report> {
        if let Some(next) = self.next.take() {
            return Some(next);
        }
        let told = self.queue.recv().await.map(|told| self.taken(told));
        match self.missed() {
            Report::Missed { reports: 0, began: 0 } => told,
            missed => {
                self.next = told;
                Some(missed)
            }
        }
    }

    /// What did not fit since this was asked.
    fn missed(&self) -> Report {
        let Counts { missed, missed_began, .. } = &*self.counts;
        let [reports, began] =
            [missed, missed_began].map(|missed| missed.swap(0, Ordering::Relaxed));
        Report::Missed { reports, began }
    }

    /// The next report, if there is one already.
    pub fn ready(&mut self) -> Option<Report> {
        let next = self.next.take();
        next.or_else(|| self.queue.try_recv().ok().map(|told| self.taken(told)))
    }

    /// For how many events those stand that were not taken, and will not be.
    pub fn rest(mut self, with_began: bool) -> u64 {
        let mut rest = 0;
        while let Some(report) = self.ready() {
            rest += report.events(with_began);
        }
        rest + self.missed().events(with_began)
    }

    /// How many sessions are over, and how many messages were stored, those of which nobody could be
    /// told included.
    pub fn totals(&self) -> (u64, u64) {
        let Counts { sessions, messages, .. } = &*self.counts;
        (sessions.load(Ordering::Relaxed), messages.load(Ordering::Relaxed))
    }

    /// It waits no longer.
    fn taken(&self, (report, weight): (Report, u64)) -> Report {
        self.counts.weight.fetch_sub(weight, Ordering::Relaxed);
        report
    }
}

/// Which of these sessions are over. All that was told of them is told by now: what of it still waits
/// is among the next [`WAITING`] reports.
pub fn over<'a>(live: impl Iterator<Item = (u64, &'a watch::Receiver<Glance>)>) -> Vec<u64> {
    live.filter(|(_, glance)| glance.has_changed().is_err()).map(|(number, _)| number).collect()
}

/// About how many bytes of memory a report takes.
fn weight(report: &Report) -> usize {
    let said = match report {
        // Both hold the same messages.
        Report::Ended { dialogue, past, .. } => dialogue.weight().max(past.weight()),
        Report::Stored { envelope, .. } | Report::NotStored { envelope, .. } => {
            let to = envelope.to.iter().map(|to| size_of::<String>() + to.len());
            let subject = envelope.subject.as_ref().map_or(0, String::len);
            envelope.from.len() + to.sum::<usize>() + subject
        }
        Report::Refused { refusal, .. } => {
            refusal.address.as_ref().map_or(0, String::len) + refusal.text.len()
        }
        Report::Began { .. } | Report::TurnedAway { .. } | Report::Missed { .. } => 0,
    };
    size_of::<Report>() + said
}

#[cfg(test)]
mod tests {
    use super::super::Place;
    use super::*;

    fn turned_away() -> Report {
        let place = "127.0.0.1:2525".parse::<Place>().unwrap();
        let (session, entrance) = (1, Arc::new(Entrance::from(place)));
        let at = Timestamp::UNIX_EPOCH;
        Report::TurnedAway { session, entrance, peer: None, at, why: Turned::TooMany }
    }

    #[tokio::test]
    async fn who_listens_slowly_is_told_how_much_he_missed() {
        let (teller, mut reports) = channel();
        for _ in 0..WAITING + 3 {
            teller.tell(turned_away());
        }
        assert!(matches!(reports.next().await, Some(Report::Missed { reports: 3, began: 0 })));
        for _ in 0..WAITING {
            assert!(matches!(reports.next().await, Some(Report::TurnedAway { .. })));
        }
        teller.tell(turned_away());
        drop(teller);
        assert!(matches!(reports.next().await, Some(Report::TurnedAway { .. })));
        assert!(reports.next().await.is_none());
    }

    #[tokio::test]
    async fn no_more_bytes_wait_than_may_and_what_happened_is_counted() {
        let (teller, mut reports) = channel();
        let stored = |size: usize| Report::Stored {
            session: 1,
            message: 0,
            name: String::new(),
            envelope: Envelope {
                from: String::new(),
                to: vec!["x".repeat(size)],
                size,
                held: None,
                secured: false,
                user: None,
                subject: None,
            },
            glance: watch::channel(Glance::default()).1,
        };
        for _ in 0..200 {
            teller.tell(stored(1 << 20));
        }
        let waiting = teller.counts.weight.load(Ordering::Relaxed);
        assert!(waiting <= WEIGHT + (2 << 20), "{waiting}");
        let Some(Report::Missed { reports: missed, .. }) = reports.next().await else { panic!() };
        assert!((71..74).contains(&missed), "{missed}");
        assert!(reports.next().await.is_some());
        drop(teller);
        assert_eq!(reports.totals(), (0, 200));
        assert_eq!(reports.rest(true), 199 - missed);
    }

    /// Words tell of no beginning, and so of none that was missed.
    #[tokio::test]
    async fn beginnings_that_were_missed_are_counted_apart() {
        let (teller, mut reports) = channel();
        (0..WAITING).for_each(|_| teller.tell(turned_away()));
        let began = |session| {
            let entrance = Arc::new(Entrance::from("127.0.0.1:2525".parse::<Place>().unwrap()));
            let glance = watch::channel(Glance::default()).1;
            Report::Began { session, at: Timestamp::UNIX_EPOCH, entrance, glance }
        };
        (1..3).for_each(|session| teller.tell(began(session)));
        let missed = reports.next().await.unwrap();
        assert_eq!((missed.events(true), missed.events(false)), (2, 0));
        assert_eq!((began(1).events(true), began(1).events(false)), (1, 0));
        teller.tell(began(3));
        assert_eq!(reports.rest(false), WAITING as u64);
    }

    #[test]
    fn who_does_not_listen_is_no_matter() {
        let (teller, reports) = channel();
        drop(reports);
        teller.tell(turned_away());
        assert!(!teller.is_heard());
    }
}
