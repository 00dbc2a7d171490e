//! The journal: an append-only log of what crossed the wire and what happened to the connection.
//!
//! Only what cannot be derived is stored: bytes with their direction, opened, secured, closed.
//! Lines, replies, envelopes and findings are folds over it and never stored, so a recording
//! stays readable while the folds improve. In memory a journal keeps a bounded number of bytes:
//! above its *keep* the oldest bytes give way; the file, where there is one, has them.

pub mod event;
pub mod facts;
pub mod file;
pub mod header;
pub mod transcript;

use std::collections::VecDeque;

pub use event::{Ending, Event, EventId, Happening, Leg, Moment, Side};
pub use facts::{DialFailure, Endpoints, TlsFacts};
pub use header::{Fidelity, Header};

/// How many bytes of events a journal keeps in memory unless told otherwise.
pub const KEEP: usize = 64 << 20;

/// What one event costs beside its bytes, roughly.
const OVERHEAD: usize = 128;

/// A log of events in the order in which they happened.
#[derive(Clone, Debug)]
pub struct Journal {
    /// What kind of record this is.
    pub header: Header,
    events: VecDeque<Event>,
    elided: u64,
    kept: usize,
    keep: usize,
}

impl Journal {
    /// An empty journal that keeps [`KEEP`] bytes.
    pub const fn new(header: Header) -> Self {
        Self { header, events: VecDeque::new(), elided: 0, kept: 0, keep: KEEP }
    }

    /// The same, but keeping at most `keep` bytes of events.
    pub const fn keeping(mut self, keep: usize) -> Self {
        self.keep = keep;
        self
    }

    /// Adds an event at the end and gives its id.
    pub fn append(&mut self, event: Event) -> EventId {
        self.kept += weight(&event);
        self.events.push_back(event);
        while self.kept > self.keep && self.events.len() > 1 {
            if let Some(oldest) = self.events.pop_front() {
                self.kept -= weight(&oldest);
                self.elided += 1;
            }
        }
        EventId(self.elided + self.events.len() as u64 - 1)
    }

    /// The events that are still kept, oldest first.
    pub fn events(&self) -> impl ExactSizeIterator<Item = &Event> {
        self.events.iter()
    }

    /// How many of the oldest events gave way.
    pub const fn elided(&self) -> u64 {
        self.elided
    }
}

fn weight(event: &Event) -> usize {
    let bytes = match &event.what {
        Happening::Bytes { data, .. } => data.len(),
        _ => 0,
    };
    bytes + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn the_oldest_events_give_way() {
        let mut journal = Journal::new(Header::default()).keeping(10 * (OVERHEAD + 10));
        for _ in 0..25 {
            journal.append(Event::bytes(Moment(0), Side::Server, Bytes::from_static(&[b'x'; 10])));
        }
        assert_eq!((journal.events().len(), journal.elided()), (10, 15));
        let last = journal.append(Event::bytes(Moment(0), Side::Server, Bytes::new()));
        assert_eq!(last, EventId(25));
    }
}
