//! The sessions that are over, as long as there is place for them.

use std::collections::{BTreeMap, VecDeque};

use crate::session::{Dialogue, Message, Past};

/// How many sessions are kept at most.
const MOST: usize = 5_000;

/// How many bytes of them, about.
const ROOM: usize = 256 << 20;

/// What an exchange takes beside the bytes of messages, about: its lines, and what is known of them.
const EXCHANGE: usize = 1 << 10;

/// A session that is over: its events, and the fold over them.
pub type Over = (Past, Dialogue);

/// The sessions that are kept.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    sessions: BTreeMap<u64, (Over, usize)>,
    /// In the order in which they were over.
    order: VecDeque<u64>,
    bytes: usize,
    /// How many gave way.
    gone: u64,
}

impl Kept {
    /// Keeps a session; the oldest give way.
    pub fn keep(&mut self, number: u64, over: Over) {
        self.forget(number);
        let size = size(&over.1);
        self.bytes += size;
        self.sessions.insert(number, (over, size));
        self.order.push_back(number);
        while self.sessions.len() > 1 && (self.sessions.len() > MOST || self.bytes > ROOM) {
            let Some(oldest) = self.order.pop_front() else { return };
            self.gone += u64::from(self.take(oldest));
        }
    }

    fn take(&mut self, number: u64) -> bool {
        let taken = self.sessions.remove(&number);
        self.bytes -= taken.as_ref().map_or(0, |(_, size)| *size);
        taken.is_some()
    }

    /// A session that is kept.
    pub fn get(&self, number: u64) -> Option<&Over> {
        self.sessions.get(&number).map(|(over, _)| over)
    }

    /// Keeps a session no longer: the person wants it so.
    pub fn forget(&mut self, number: u64) {
        if self.take(number) {
            self.order.retain(|other| *other != number);
        }
    }

    /// Keeps none any longer.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many gave way.
    pub const fn gone(&self) -> u64 {
        self.gone
    }
}

/// How much a session takes, about.
fn size(seen: &Dialogue) -> usize {
    let messages: usize = seen.messages().iter().map(Message::kept).sum();
    messages + seen.exchanges().len() * EXCHANGE + EXCHANGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;
    use crate::session::Keep;

    fn over(size: usize) -> Over {
        let text = "x".repeat(900);
        let lines = format!("C: {text}\n").repeat(size / 900);
        let talk = format!(
            "S: 220 mx\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\n\
             C: DATA\nS: 354 go\n{lines}C: .\nS: 250 ok\n"
        );
        Past::of(recording(talk.as_bytes()).unwrap().into_events(), Keep::ALL)
    }

    #[test]
    fn the_oldest_give_way_to_number_and_to_bytes() {
        let (mut kept, small) = (Kept::default(), over(0));
        for number in 1..=MOST as u64 + 3 {
            kept.keep(number, small.clone());
        }
        assert_eq!((kept.gone(), kept.sessions.len()), (3, MOST));
        assert!(kept.get(3).is_none() && kept.get(4).is_some());
        kept.forget(4);
        assert_eq!((kept.gone(), kept.sessions.len(), kept.order.len()), (3, MOST - 1, MOST - 1));
        let mut kept = Kept::default();
        let large = over(20 << 20);
        for number in 1..=20 {
            kept.keep(number, large.clone());
            assert!(kept.bytes <= ROOM && kept.get(number).is_some());
        }
        assert!(kept.gone() > 0 && kept.sessions.len() as u64 + kept.gone() == 20);
        kept.clear();
        assert_eq!((kept.bytes, kept.gone()), (0, 0));
    }
}
