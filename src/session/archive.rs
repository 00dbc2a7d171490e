//! Sessions that are over, as long as there is place for them.

use std::collections::{BTreeMap, VecDeque};

/// How many sessions are kept, and how many bytes of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How many.
    pub sessions: usize,
    /// How many bytes.
    pub bytes: u64,
}

impl Room {
    /// How many bytes of it the messages of a session that goes on may take: a quarter.
    pub const fn of_a_session(&self) -> u64 {
        self.bytes / 4
    }
}

impl Default for Room {
    fn default() -> Self {
        Self { sessions: 1_000, bytes: 256 << 20 }
    }
}

/// The sessions that are kept, each with what is known of it.
#[derive(Clone, Debug)]
pub struct Archive<T> {
    room: Room,
    sessions: BTreeMap<u64, (T, u64)>,
    /// In the order in which they were over.
    order: VecDeque<u64>,
    bytes: u64,
    /// How many gave way.
    gone: u64,
}

impl<T> Default for Archive<T> {
    fn default() -> Self {
        Self::new(Room::default())
    }
}

impl<T> Archive<T> {
    /// Nothing is kept yet.
    pub const fn new(room: Room) -> Self {
        Self { room, sessions: BTreeMap::new(), order: VecDeque::new(), bytes: 0, gone: 0 }
    }

    /// Keeps a session that takes so many bytes; the oldest give way, and what is larger than all the
    /// room itself. Gives those that did.
    pub fn keep(&mut self, number: u64, over: T, size: u64) -> Vec<(u64, T)> {
        self.forget(number);
        let mut gone = Vec::new();
        self.bytes += size;
        self.sessions.insert(number, (over, size));
        self.order.push_back(number);
        while self.sessions.len() > self.room.sessions || self.bytes > self.room.bytes {
            let Some(oldest) = self.order.pop_front() else { break };
            gone.extend(self.take(oldest).map(|over| (oldest, over)));
        }
        self.gone += gone.len() as u64;
        gone
    }

    fn take(&mut self, number: u64) -> Option<T> {
        let (over, size) = self.sessions.remove(&number)?;
        self.bytes -= size;
        Some(over)
    }

    /// A session that is kept.
    pub fn get(&self, number: u64) -> Option<&T> {
        self.sessions.get(&number).map(|(over, _)| over)
    }

    /// All that are kept, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.sessions.iter().map(|(number, (over, _))| (*number, over))
    }

    /// Keeps a session no longer: the person wants it so.
    pub fn forget(&mut self, number: u64) {
        if self.take(number).is_some() {
            self.order.retain(|other| *other != number);
        }
    }

    /// Keeps none any longer.
    pub fn clear(&mut self) {
        *self = Self::new(self.room);
    }

    /// How many gave way.
    pub const fn gone(&self) -> u64 {
        self.gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;
    use crate::session::{Dialogue, Keep, Past};

    fn over(length: usize) -> (Dialogue, u64) {
        let text = "x".repeat(900);
        let lines = format!("C: {text}\n").repeat(length / 900);
        let talk = format!(
            "S: 220 mx\nC: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\n\
             C: DATA\nS: 354 go\n{lines}C: .\nS: 250 ok\n"
        );
        let events = recording(talk.as_bytes()).unwrap().into_events();
        let seen = Past::of(events, Keep::ALL).1;
        let size = seen.weight() as u64;
        (seen, size)
    }

    #[test]
    fn the_oldest_give_way_to_number_and_to_bytes() {
        let room = Room { sessions: 50, bytes: 256 << 20 };
        let (mut kept, (small, size)) = (Archive::new(room), over(0));
        for number in 1..=53 {
            kept.keep(number, small.clone(), size);
        }
        assert_eq!((kept.gone(), kept.iter().count()), (3, 50));
        assert!(kept.get(3).is_none() && kept.get(4).is_some());
        kept.forget(4);
        assert_eq!((kept.gone(), kept.sessions.len(), kept.order.len()), (3, 49, 49));
        let mut kept = Archive::new(room);
        let (large, size) = over(20 << 20);
        for number in 1..=20 {
            kept.keep(number, large.clone(), size);
            assert!(kept.bytes <= room.bytes && kept.get(number).is_some());
        }
        assert!(kept.gone() > 0 && kept.sessions.len() as u64 + kept.gone() == 20);
        kept.clear();
        assert_eq!((kept.bytes, kept.gone(), kept.room), (0, 0, room));
    }

    #[test]
    fn what_is_larger_than_the_room_is_not_kept() {
        let mut kept = Archive::new(Room { sessions: 5, bytes: 10 });
        kept.keep(1, "small", 10);
        kept.keep(2, "large", 11);
        assert!(kept.get(2).is_none() && kept.bytes <= 10);
        let mut none = Archive::new(Room { sessions: 0, bytes: 10 });
        none.keep(1, "none", 1);
        assert_eq!((none.sessions.len(), none.gone()), (0, 1));
    }
}
