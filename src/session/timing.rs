//! Waits: how long a reply took, and how long a session has been silent.

use std::time::Duration;

use crate::journal::Moment;

use super::{Dialogue, Exchange};

/// What a server has to wait for the next command of a client (RFC 5321 §4.5.3.2.7).
pub const SERVER_PATIENCE: Duration = Duration::from_mins(5);

/// How long the reply took, from the end of the client's line to the end of the reply.
pub fn wait(exchange: &Exchange) -> Option<Duration> {
    Some(Duration::from_micros(exchange.replied_at?.since(exchange.sent_at?)))
}

/// When a server that keeps to the standard may give up on a silent client.
/// `None` while it is the server's turn, or without a connection.
pub fn patience_ends(dialogue: &Dialogue) -> Option<Moment> {
    let idle = dialogue.phase().is_open() && dialogue.waiting().is_empty();
    idle.then(|| dialogue.last_heard().plus(SERVER_PATIENCE))
}
