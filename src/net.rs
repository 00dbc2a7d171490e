//! Sockets and clocks: the only floor that has them.
//!
//! One task owns a session: it reads and writes the socket, appends what really crossed it to the
//! log, and publishes each event to whoever listens. Everything above works on those events.

pub mod authenticity;
pub mod call;
pub mod certificate;
pub mod dial;
pub mod driver;
mod host;
pub mod inquiry;
pub mod listen;
pub mod names;
mod pipe;
mod policy;
mod race;
mod recording;
pub mod route;
pub mod signals;
pub mod stream;
pub mod tls;
pub mod via;
pub mod watch;

use std::time::{Duration, Instant};

use crate::journal::{Header, Moment, Side};
use crate::speaker::Seed;

/// What the random values of a login come from. A system that has none to give still lets one log
/// in, with values that could be guessed.
pub fn seed() -> Seed {
    let mut seed = Seed::default();
    let _ = getrandom::fill(&mut seed.0);
    seed
}

/// What dice begin with where nobody has said.
pub fn throw() -> u64 {
    let mut bytes = [0; 8];
    let _ = getrandom::fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// Time of one journal: moments count from its creation.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    wall: jiff::Timestamp,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self { started: Instant::now(), wall: jiff::Timestamp::now() }
    }

    /// The time since it was started.
    pub fn now(&self) -> Moment {
        Moment(micros(self.started.elapsed()))
    }

    /// Date and time of now, however the clock of the machine was set meanwhile.
    pub fn timestamp(&self) -> jiff::Timestamp {
        self.wall.saturating_add(self.started.elapsed()).unwrap_or(self.wall)
    }

    /// The header of a journal that is kept by this clock.
    pub fn header(&self, played: Side) -> Header {
        Header { started: Some(self.wall.to_string()), played: Some(played), ..Header::default() }
    }
}

/// A time as the log has it.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
