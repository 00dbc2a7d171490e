//! Who says what next. A speaker looks at the dialogue and keeps no protocol state of its own.
//!
//! The contract with whoever drives a connection: after every event, and when a wait is over,
//! call [`Speaker::next`] until it gives `None` or a wait; pass each [`Say`] through the gate and
//! write what the gate lets out *before* asking again, so that the dialogue a speaker sees always
//! holds what it said. A speaker must tolerate that its words were changed on the way: what the
//! dialogue shows is what was said.

pub mod check;
pub mod chunks;
pub mod directive;
pub mod drip;
pub mod errand;
pub mod fault;
pub mod gate;
pub mod hand;
pub mod human;
pub mod login;
pub mod plan;
pub mod policy;
pub mod replay;
pub mod script;
pub mod server;
pub mod starttls;
pub mod submission;
pub mod upgrade;

use std::time::Duration;

use bytes::Bytes;

use crate::journal::{Ending, Moment, Played};
use crate::session::Dialogue;
use crate::smtp::wait::Changes;

pub use check::Check;
pub use chunks::{ChunkByChunk, Chunks, Octets};
pub use directive::Directive;
pub use drip::Drip;
pub use errand::Errand;
pub use gate::Gate;
pub use human::Human;
pub use login::{Login, Secret, Seed};
pub use policy::Policy;
pub use replay::Replay;
pub use script::Script;
pub use server::Server;
pub use starttls::Starttls;
pub use submission::Submission;
pub use upgrade::Upgrade;

/// What a speaker wants to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// These bytes shall go out, in one write where possible.
    Bytes(Bytes),
    /// The same, of an answer of a login: a secret whatever the server takes it for.
    Answer(Bytes),
    /// These bytes shall go out in pieces: whoever drives a connection asks the drip until it has
    /// nothing left, and the speaker again behind it.
    Drip(Drip),
    /// Everything about the server shall be asked beside the talk; the policy of this domain.
    Inquire(Option<String>),
    /// The last message shall be verified beside the talk.
    Verify(Box<Check>),
    /// The connection shall be closed.
    Close(Ending),
    /// The connection shall end without the goodbye of TLS.
    Cut,
    /// A fault was played.
    Played(Box<Played>),
    /// From now on waits have other limits.
    Limit(Changes),
    /// Messages of so many bytes are kept whole from the next one on.
    Keep(u64),
    /// The gate shall do this.
    Gate(gate::Order),
    /// Ask again after this time, or when something has happened before.
    Wait(Duration),
}

impl Say {
    /// What it puts on the wire.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) | Self::Answer(bytes) => bytes,
            Self::Drip(drip) => drip.left(),
            Self::Inquire(_)
            | Self::Verify(_)
            | Self::Close(_)
            | Self::Cut
            | Self::Played(_)
            | Self::Wait(_)
            | Self::Gate(_)
            | Self::Keep(_)
            | Self::Limit(_) => &[],
        }
    }

    /// Whether it puts something on the wire.
    pub fn is_words(&self) -> bool {
        matches!(self, Self::Bytes(_) | Self::Answer(_) | Self::Drip(_))
    }

    /// Whether nothing comes of it.
    pub fn is_nothing(&self) -> bool {
        self.bytes().is_empty()
            && matches!(self, Self::Wait(_) | Self::Bytes(_) | Self::Answer(_) | Self::Drip(_))
    }
}

/// What an order to a speaker puts an end to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Nothing: it waits its turn.
    Nothing,
    /// Whatever is still to be written.
    Words,
    /// The limits of waits as they were, at once.
    Limits(Changes),
    /// What the gate does, at once.
    Gate(gate::Order),
    /// The connection, and with it whatever is still to be written.
    Connection,
}

/// Decides what our side says next.
pub trait Speaker {
    /// What to do now, or `None` if there is nothing to say until something happens.
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say>;

    /// Whether it shakes hands where TLS is to begin.
    fn shakes_hands(&self) -> bool {
        true
    }
}
