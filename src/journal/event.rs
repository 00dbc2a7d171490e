//! What a journal is made of.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::authenticity::Verification;
use super::facts::{Attempt, DialFailure, Endpoints, NameFacts, PolicyFacts, TlsFacts, TlsFailure};
use super::played::Played;
use super::stored::Stored;
use crate::smtp::Span;
use crate::smtp::wait::Wait;

/// A point in time: microseconds since the journal began.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// Microseconds from `earlier` to this moment, 0 if it is later.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment, some time later.
    pub fn plus(self, time: std::time::Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// The number of an event in its journal, from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventId(pub u64);

/// Which connection of the session: 0, or 1 for the second one of a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Leg(pub u8);

/// One end of an SMTP connection, by its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Speaks commands.
    Client,
    /// Speaks replies.
    Server,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// How a connection came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Closed in order.
    Finished,
    /// Reset by the peer, bytes on the way are lost.
    Reset,
    /// Nothing was heard for too long.
    TimedOut,
    /// Broken by an error of the system, in its words.
    Failed(String),
}

/// One thing that happened, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// On which connection.
    pub leg: Leg,
    /// The event that led to it, where that is known.
    pub cause: Option<EventId>,
    /// What.
    pub what: Happening,
}

impl Event {
    /// Something that happened on the first connection.
    pub const fn new(at: Moment, what: Happening) -> Self {
        Self { at, leg: Leg(0), cause: None, what }
    }

    /// Bytes that crossed the first connection.
    pub const fn bytes(at: Moment, from: Side, data: Bytes) -> Self {
        Self::new(at, Happening::Bytes { from, data, veiled: Vec::new() })
    }
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A name was looked up, on the way to a connection or about the server that was reached.
    LookedUp(Box<NameFacts>),
    /// The policy of a domain was fetched, or was to be.
    Fetched(Box<PolicyFacts>),
    /// Everything was asked that a person wanted to be asked about a server.
    Inquired,
    /// A person wanted to know whether a message is what it says.
    Verified(Box<Verification>),
    /// An address was tried, and did not become the connection.
    Tried(Box<Attempt>),
    /// A connection was made, or taken.
    Opened(Box<Endpoints>),
    /// This was sent before anything else: a header of the PROXY protocol, or what is in its place.
    Prefaced(Bytes),
    /// No connection could be made.
    NotOpened(Box<DialFailure>),
    /// Bytes as they crossed the socket, after decryption.
    Bytes {
        /// Who sent them.
        from: Side,
        /// The bytes.
        data: Bytes,
        /// Ranges that were secrets and are blanked, at their length.
        veiled: Vec<Span>,
    },
    /// A message lay in a file: it crossed no wire.
    Stored(Box<Stored>),
    /// A server that is a program said this on its standard error.
    Aside(Bytes),
    /// A server that is a program ended, in the system's words.
    Exited(String),
    /// TLS began.
    Secured(Box<TlsFacts>),
    /// TLS was to begin, and did not.
    NotSecured(Box<TlsFailure>),
    /// What was awaited had not come when its time was over. Whether that ended anything, is said
    /// by what follows.
    Overdue {
        /// What.
        wait: Wait,
        /// The limit, in seconds.
        limit: u64,
    },
    /// The practice server misbehaved on purpose.
    Played(Box<Played>),
    /// The connection ended.
    Closed {
        /// Who ended it.
        by: Side,
        /// How.
        how: Ending,
    },
}

impl Happening {
    /// Whether it tells of a server or a message and not of the connection, which goes on as it was.
    pub fn is_beside(&self) -> bool {
        match self {
            Self::LookedUp(facts) => facts.kind.is_beside(),
            Self::Fetched(_) | Self::Inquired | Self::Verified(_) => true,
            _ => false,
        }
    }

    /// What is known of the TLS layer that began, or did not.
    pub fn tls(&self) -> Option<&TlsFacts> {
        match self {
            Self::Secured(facts) => Some(facts),
            Self::NotSecured(failure) => Some(&failure.facts),
            _ => None,
        }
    }
}
