//! What a session means: folds over the journal.
//!
//! A fold is *total* (no input makes it fail), *deterministic* (time comes from the events) and
//! *chunk-blind* (bytes may be cut anywhere). [`Dialogue`] sees both directions and owns all
//! framing, because what a client's bytes are depends on what the server answered. Envelope and
//! phase follow from its exchanges; content is read from a message when somebody asks.

pub mod agreement;
pub mod answers;
pub mod archive;
pub mod authenticity;
pub mod card;
pub mod compare;
pub mod content;
pub mod dane;
pub mod date;
pub mod dialogue;
pub mod envelope;
pub mod exchange;
pub mod flaw;
pub mod glance;
pub mod header;
pub mod identity;
pub mod limits;
pub mod login;
pub mod message;
mod odd;
pub mod packed;
pub mod past;
pub mod pattern;
pub mod phase;
pub mod plan;
pub mod received;
pub mod secrets;
pub mod selection;
pub mod shared;
pub mod sts;
pub mod thread;
pub mod timing;
pub mod trace;
pub mod waterfall;
pub mod wire;
pub mod word;

pub use dialogue::{Dialogue, Keep};
pub use envelope::{End, Envelope, Fate, Recipient, Transaction};
pub use exchange::Exchange;
pub use glance::Glance;
pub use identity::Identity;
pub use login::Login;
pub use message::{Kept, Message};
pub use packed::Packed;
pub use past::{Past, Stride};
pub use phase::{Phase, Turn};
pub use shared::Shared;
pub use wire::Row;
