//! A person at the keyboard: says what was typed, nothing else.

use std::collections::VecDeque;

use crate::journal::Moment;
use crate::session::Dialogue;

use super::{Say, Speaker};

/// Says what was pushed, in its order.
#[derive(Clone, Debug, Default)]
pub struct Human {
    queue: VecDeque<Say>,
    patient: bool,
}

impl Human {
    /// Someone whose lines go out at once, whatever the server is doing.
    pub fn eager() -> Self {
        Self::default()
    }

    /// Someone who waits for each reply before the next line, as standard input does.
    pub fn patient() -> Self {
        Self { patient: true, ..Self::default() }
    }

    /// Adds something to say.
    pub fn push(&mut self, say: Say) {
        self.queue.push_back(say);
    }

    /// Whether everything has been said.
    pub fn is_silent(&self) -> bool {
        self.queue.is_empty()
    }
}

impl Speaker for Human {
    fn next(&mut self, _now: Moment, seen: &Dialogue) -> Option<Say> {
        if self.patient && seen.phase().is_open() && !seen.awaits_client() {
            return None;
        }
        self.queue.pop_front()
    }
}
