//! The journal: an append-only log of what crossed the wire and what happened to the connection.
//!
//! Only what cannot be derived is stored: bytes with their direction, looked up, tried,
//! opened, secured, closed, a time that was over, a fault that was played on purpose, and a message
//! that lay in a file.
//! Lines, replies, envelopes and findings are folds over it and never stored, so a recording
//! stays readable while the folds improve. A live session has no journal in memory: its events go
//! to the fold, to the file and to whoever listens, and what a fold keeps is bounded.

pub mod authenticity;
pub mod event;
pub mod facts;
pub mod file;
pub mod header;
pub mod mbox;
pub mod played;
pub mod source;
pub mod stored;
pub mod transcript;

pub use event::{Ending, Event, EventId, Happening, Leg, Moment, Side};
pub use facts::{Attempt, DialFailure, Endpoints, NameFacts, PolicyFacts, TlsFacts, TlsFailure};
pub use header::{Fidelity, Header};
pub use played::Played;
pub use stored::Stored;

/// A log of events in the order in which they happened.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// What kind of record this is.
    pub header: Header,
    events: Vec<Event>,
}

impl Journal {
    /// An empty journal.
    pub const fn new(header: Header) -> Self {
        Self { header, events: Vec::new() }
    }

    /// Adds an event at the end and gives its id.
    pub fn append(&mut self, event: Event) -> EventId {
        self.events.push(event);
        EventId(self.events.len() as u64 - 1)
    }

    /// The events alone, oldest first.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// The events, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}
