//! Waits: how long a reply took, and how long a session has been silent.

use std::time::Duration;

use crate::journal::Moment;

use super::{Dialogue, Exchange};

/// What a server has to wait for the next command of a client (RFC 5321 §4.5.3.2.7).
pub const SERVER_PATIENCE: Duration = Duration::from_mins(5);

/// How long the reply took, from the end of the client's line to the end of the reply. Nothing
/// real happens at moment 0: there, a record has no times.
pub fn wait(exchange: &Exchange) -> Option<Duration> {
    let replied = exchange.replied_at.filter(|at| *at > Moment(0))?;
    Some(Duration::from_micros(replied.since(exchange.sent_at?)))
}

/// How long the client took for its line, where that came in pieces.
pub fn sending(exchange: &Exchange) -> Option<Duration> {
    let begun = exchange.begun_at.filter(|at| *at > Moment(0))?;
    let took = exchange.sent_at?.since(begun);
    (took > 0).then(|| Duration::from_micros(took))
}

/// When a server that keeps to the standard may give up on a silent client.
/// `None` while it is the server's turn, or without a connection.
pub fn patience_ends(dialogue: &Dialogue) -> Option<Moment> {
    let idle = dialogue.phase().is_open() && dialogue.waiting().is_empty();
    idle.then(|| dialogue.last_heard().plus(SERVER_PATIENCE))
}

/// A wait in three figures at most: `40 µs`, `3.1 ms`, `12 ms`, `3.1 s`, `75 s`.
pub fn in_words(wait: Duration) -> String {
    let micros = wait.as_micros();
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..10_000 => format!("{}.{} ms", micros / 1_000, micros / 100 % 10),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..10_000_000 => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
        _ => format!("{} s", micros / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_in_words() {
        for (micros, want) in [
            (440, "440 µs"),
            (1_440, "1.4 ms"),
            (12_345, "12 ms"),
            (3_100_000, "3.1 s"),
            (75_000_000, "75 s"),
        ] {
            assert_eq!(in_words(Duration::from_micros(micros)), want);
        }
    }
}
