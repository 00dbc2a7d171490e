//! A person at the keyboard: says what was typed, nothing else, whatever the server is doing.

use std::collections::VecDeque;

use crate::journal::Moment;
use crate::session::Dialogue;

use super::{Say, Speaker};

/// Says what was pushed, in its order.
#[derive(Clone, Debug, Default)]
pub struct Human {
    queue: VecDeque<Say>,
}

impl Human {
    /// Adds something to say. Hanging up overtakes everything that is still to be said; `true`
    /// says that it did.
    pub fn push(&mut self, say: Say) -> bool {
        let hangs_up = matches!(say, Say::Close(_));
        if hangs_up {
            self.queue.clear();
        }
        self.queue.push_back(say);
        hangs_up
    }

    /// Nothing more is said of what was pushed.
    pub fn stop(&mut self) {
        self.queue.clear();
    }
}

impl Speaker for Human {
    fn next(&mut self, _now: Moment, _seen: &Dialogue) -> Option<Say> {
        self.queue.pop_front()
    }
}
