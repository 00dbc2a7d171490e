//! A person at the keyboard: says what was typed, nothing else, whatever the server is doing.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::journal::{Ending, Moment};
use crate::session::Dialogue;

use super::{Ends, Say, Speaker};

/// Says what was pushed, in its order.
#[derive(Clone, Debug, Default)]
pub struct Human {
    queue: VecDeque<Say>,
}

impl Human {
    /// Adds something to say. Hanging up overtakes everything that is still to be said; other
    /// limits and what the gate is told do not wait at all.
    pub fn push(&mut self, say: Say) -> Ends {
        match say {
            Say::Limit(changes) => return Ends::Limits(changes),
            Say::Gate(order) => return Ends::Gate(order),
            _ => {}
        }
        let ends = if matches!(say, Say::Close(_)) { Ends::Connection } else { Ends::Nothing };
        if ends == Ends::Connection {
            self.queue.clear();
        }
        self.queue.push_back(say);
        ends
    }

    /// Adds several things to say, one behind the other; hanging up comes behind what is said before.
    pub fn push_all(&mut self, said: Vec<Say>) -> Ends {
        if let [Say::Close(_)] = said.as_slice() {
            return said.into_iter().next().map_or(Ends::Nothing, |close| self.push(close));
        }
        self.queue.extend(said);
        Ends::Nothing
    }

    /// Says these last words and hangs up; that overtakes everything that is still to be said.
    pub fn end(&mut self, words: Bytes) -> Ends {
        self.queue = [Say::Bytes(words), Say::Close(Ending::Finished)].into();
        Ends::Connection
    }

    /// Nothing more is said of what was pushed.
    pub fn stop(&mut self) -> Ends {
        self.queue.clear();
        Ends::Words
    }
}

impl Speaker for Human {
    fn next(&mut self, _now: Moment, _seen: &Dialogue) -> Option<Say> {
        self.queue.pop_front()
    }
}
