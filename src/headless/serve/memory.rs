//! What a server remembers: the sessions that go on, and those that are over as long as there is
//! room for them, with the messages that each has left.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::net::listen::report::{self, Envelope, Report};
use crate::session::archive::{Archive, Room};
use crate::session::{Dialogue, Glance, Packed, Past};

/// A message that was stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mail {
    /// Which of the messages of its session it is.
    pub(super) message: usize,
    /// The name by which its client was told of it.
    pub(super) name: String,
    /// Its envelope.
    pub(super) envelope: Envelope,
}

/// Whether a mail with the name `of` is called so: `message 3`, or `3`, or by the name of its file.
fn is_called(of: &str, name: &str) -> bool {
    of == name || of.strip_prefix("message ") == Some(name)
}

/// A session that goes on.
#[derive(Debug)]
pub(super) struct Live {
    /// When it began; its beginning may have been missed.
    pub(super) begun: Option<Timestamp>,
    /// How it stands.
    glance: watch::Receiver<Glance>,
    /// What it has left.
    pub(super) mails: Vec<Mail>,
}

impl Live {
    fn begun_at(begun: Option<Timestamp>, glance: watch::Receiver<Glance>) -> Self {
        Self { begun, glance, mails: Vec::new() }
    }

    /// How it stands.
    pub(super) fn glance(&self) -> Glance {
        self.glance.borrow().clone()
    }
}

/// A session that is over, packed: what is asked for is put together anew, which takes its time.
#[derive(Debug)]
pub(super) struct Over {
    /// When it began.
    pub(super) begun: Option<Timestamp>,
    /// All that happened.
    packed: Packed,
    /// What it has left, as JSON.
    mails: Box<[u8]>,
    /// The names of these mails, each in a line, so that one is found without the others being read.
    names: Box<str>,
}

impl Over {
    fn new(begun: Option<Timestamp>, past: Past, mails: &[Mail]) -> Self {
        let names = mails.iter().map(|mail| &*mail.name).collect::<Vec<_>>().join("\n").into();
        // It cannot fail: there are texts and numbers alone.
        let mails = serde_json::to_vec(mails).unwrap_or_default().into_boxed_slice();
        Self { begun, packed: past.pack(), mails, names }
    }

    /// All that was said.
    pub(super) fn seen(&self) -> Dialogue {
        self.packed.seen()
    }

    /// What it has left.
    pub(super) fn mails(&self) -> Vec<Mail> {
        serde_json::from_slice(&self.mails).unwrap_or_default()
    }

    /// The mail of this name that it has left.
    fn mail(&self, name: &str) -> Option<Mail> {
        let has = self.names.lines().any(|of| is_called(of, name));
        has.then(|| self.mails().into_iter().find(|mail| is_called(&mail.name, name))).flatten()
    }

    /// About how many bytes of memory it takes.
    fn size(&self) -> u64 {
        (size_of::<Self>() + self.packed.size() + self.mails.len() + self.names.len()) as u64
    }
}

/// All sessions at a moment.
pub(super) struct All {
    /// Those that are over.
    pub(super) over: Vec<(u64, Arc<Over>)>,
    /// Those that go on: how they stand, and what they have left.
    pub(super) live: Vec<(u64, Glance, Vec<Mail>)>,
    /// How many gave way.
    pub(super) gone: u64,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Memory {
    over: Archive<Arc<Over>>,
    /// How many gave way before all was cleared.
    gone: u64,
    live: BTreeMap<u64, Live>,
    /// Those that were over when reports were missed, or when all was heard the last time: what they
    /// told before may still come.
    untold: Vec<u64>,
}

impl Memory {
    /// Nobody has come yet.
    pub(super) fn new(room: Room) -> Self {
        Self { over: Archive::new(room), gone: 0, live: BTreeMap::new(), untold: Vec::new() }
    }

    /// Remembers what was reported.
    pub(super) fn note(&mut self, report: Report) {
        match report {
            Report::Began { session, at, glance, .. } => {
                self.live.insert(session, Live::begun_at(Some(at), glance));
            }
            Report::Stored { session, message, name, envelope, glance } => {
                let live = self.live.entry(session);
                let live = live.or_insert_with(|| Live::begun_at(None, glance));
                live.mails.push(Mail { message, name, envelope });
            }
            Report::Ended { session, past, .. } => {
                let live = self.live.remove(&session);
                let (begun, mails) = live.map(|live| (live.begun, live.mails)).unwrap_or_default();
                let over = Over::new(begun, *past, &mails);
                let size = over.size();
                self.over.keep(session, Arc::new(over), size);
            }
            // The end of some may have been among it.
            Report::Missed { .. } => self.look_for_ends(),
            Report::NotStored { .. } | Report::Refused { .. } | Report::TurnedAway { .. } => {}
        }
    }

    /// All was heard that was told before the last report: what has not ended by now does not end any
    /// more. What was heard of meanwhile may have ended unheard, too.
    pub(super) fn caught_up(&mut self) {
        for number in std::mem::take(&mut self.untold) {
            self.live.remove(&number);
        }
        self.look_for_ends();
    }

    fn look_for_ends(&mut self) {
        let live = self.live.iter().map(|(number, live)| (*number, &live.glance));
        self.untold = report::over(live);
    }

    /// The message of this name, and the number of its session.
    pub(super) fn mail(&self, name: &str) -> Option<(u64, Mail)> {
        let mut over = self.over.iter();
        let found = over.find_map(|(number, over)| Some((number, over.mail(name)?)));
        found.or_else(|| {
            self.live.iter().find_map(|(number, live)| {
                let mail = live.mails.iter().find(|mail| is_called(&mail.name, name))?;
                Some((*number, mail.clone()))
            })
        })
    }

    /// A session that is over.
    pub(super) fn over(&self, number: u64) -> Option<&Arc<Over>> {
        self.over.get(number)
    }

    /// A session that goes on.
    pub(super) fn live(&self, number: u64) -> Option<&Live> {
        self.live.get(&number)
    }

    /// All that there is now.
    pub(super) fn all(&self) -> All {
        let over = self.over.iter().map(|(number, over)| (number, over.clone())).collect();
        let goes_on = |(number, live): (&u64, &Live)| (*number, live.glance(), live.mails.clone());
        All { over, live: self.live.iter().map(goes_on).collect(), gone: self.gone() }
    }

    /// How many gave way.
    pub(super) const fn gone(&self) -> u64 {
        self.gone + self.over.gone()
    }

    /// Forgets all that is over; that is not to give way.
    pub(super) fn clear(&mut self) {
        self.gone = self.gone();
        self.over.clear();
    }

    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        self.clear();
        self.live.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::listen::{Entrance, Place};

    fn began(session: u64) -> (Report, watch::Sender<Glance>) {
        let (changes, glance) = watch::channel(Glance::default());
        let entrance = Entrance::from("127.0.0.1:2525".parse::<Place>().unwrap()).into();
        (Report::Began { session, at: Timestamp::UNIX_EPOCH, entrance, glance }, changes)
    }

    fn stored(session: u64, changes: &watch::Sender<Glance>) -> Report {
        let (from, to) = ("a@x.example".to_owned(), vec!["b@y.example".to_owned()]);
        let (held, user, subject) = (None, None, None);
        let envelope = Envelope { from, to, size: 1, held, secured: false, user, subject };
        let (name, glance) = (format!("message {session}"), changes.subscribe());
        Report::Stored { session, message: 0, name, envelope, glance }
    }

    fn ended(session: u64) -> Report {
        let (dialogue, past) = (Box::default(), Box::default());
        Report::Ended { session, glance: Glance::default(), dialogue, past, not_kept: None }
    }

    /// Where something was missed, the end of a session may be among it, or may still wait.
    #[test]
    fn who_is_over_keeps_what_it_has_left_until_its_end_is_heard() {
        let mut memory = Memory::new(Room { sessions: 9, bytes: 1 << 20 });
        let (begins, changes): (Vec<_>, Vec<_>) = (1..=3).map(began).unzip();
        let stored = (1..).zip(&changes).map(|(number, changes)| stored(number, changes));
        begins.into_iter().chain(stored).for_each(|report| memory.note(report));
        let mut changes = changes.into_iter();
        // The end of the first waits, that of the second was missed, and the third goes on.
        drop((changes.next(), changes.next()));
        memory.note(Report::Missed { reports: 1, began: 0 });
        memory.note(ended(1));
        memory.caught_up();
        assert_eq!(memory.mail("1").map(|(session, _)| session), Some(1));
        assert!(memory.over(1).is_some_and(|over| over.begun.is_some()));
        assert!(memory.mail("2").is_none() && memory.live(2).is_none());
        assert!(memory.mail("3").is_some() && memory.live(3).is_some());
    }

    /// Its beginning still waited when it was told that something was missed.
    #[test]
    fn who_was_not_heard_of_yet_when_its_end_was_missed_does_not_go_on() {
        let mut memory = Memory::new(Room { sessions: 9, bytes: 1 << 20 });
        let (begins, changes) = began(1);
        let left = stored(1, &changes);
        drop(changes);
        memory.note(Report::Missed { reports: 1, began: 0 });
        memory.note(begins);
        memory.note(left);
        memory.caught_up();
        // Whoever asks is answered behind all that was told.
        memory.caught_up();
        assert!(memory.live(1).is_none() && memory.mail("1").is_none());
    }

    #[test]
    fn what_a_session_has_left_whose_beginning_was_missed_stays() {
        let mut memory = Memory::new(Room { sessions: 9, bytes: 1 << 20 });
        let (_, changes) = began(1);
        memory.note(Report::Missed { reports: 0, began: 1 });
        memory.note(stored(1, &changes));
        memory.note(Report::Missed { reports: 1, began: 0 });
        memory.caught_up();
        assert_eq!(memory.mail("1").map(|(session, _)| session), Some(1), "it goes on");
        drop(changes);
        memory.note(Report::Missed { reports: 1, began: 0 });
        memory.caught_up();
        assert!(memory.mail("1").is_none());
    }
}
