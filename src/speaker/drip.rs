//! Bytes that leave in pieces, with a wait between them: a line that is split into several writes.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;

use crate::journal::Moment;

use super::Say;

/// What is left of the bytes, and how they leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drip {
    left: Bytes,
    piece: NonZeroUsize,
    pause: Duration,
    begun: bool,
    until: Option<Moment>,
}

impl Drip {
    /// `bytes` in pieces of `piece`, with `pause` between two of them.
    pub const fn new(bytes: Bytes, piece: NonZeroUsize, pause: Duration) -> Self {
        Self { left: bytes, piece, pause, begun: false, until: None }
    }

    /// What has not been said.
    pub fn left(&self) -> &[u8] {
        &self.left
    }

    /// What to do now. Asked when the piece before is on the wire, as a speaker is: a pause begins
    /// there.
    pub fn next(&mut self, now: Moment) -> Option<Say> {
        if self.left.is_empty() {
            return None;
        }
        if self.begun {
            let until = *self.until.get_or_insert_with(|| now.plus(self.pause));
            if now < until {
                return Some(Say::Wait(Duration::from_micros(until.since(now))));
            }
        }
        self.begun = true;
        self.until = None;
        Some(Say::Bytes(self.left.split_to(self.piece.get().min(self.left.len()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_stands_between_two_pieces_and_begins_when_the_first_is_out() {
        let two = NonZeroUsize::new(2).unwrap();
        let mut drip = Drip::new("QUIT\n".into(), two, Duration::from_millis(5));
        assert_eq!(drip.next(Moment(0)), Some(Say::Bytes("QU".into())));
        assert_eq!(drip.next(Moment(1_000)), Some(Say::Wait(Duration::from_millis(5))));
        assert_eq!(drip.next(Moment(5_999)), Some(Say::Wait(Duration::from_micros(1))));
        assert_eq!(drip.next(Moment(6_000)), Some(Say::Bytes("IT".into())));
        assert_eq!(drip.left(), b"\n");
        assert!(matches!(drip.next(Moment(6_000)), Some(Say::Wait(_))));
        assert_eq!(drip.next(Moment(99_000)), Some(Say::Bytes("\n".into())));
        assert_eq!(drip.next(Moment(99_000)), None);
    }
}
