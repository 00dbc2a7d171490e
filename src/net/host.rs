//! Who answers the clients of a listener.

use std::sync::Arc;

use tokio::sync::watch;

use crate::journal::Moment;
use crate::session::Dialogue;
use crate::speaker::fault::{Faults, Player};
use crate::speaker::{Replay, Say, Speaker};

/// Where the faults come from that are to be played now.
pub type Playing = watch::Receiver<Arc<Faults>>;

/// The practice server, which plays what is to be played now, or a recording.
pub enum Host {
    /// The practice server.
    Practice(Box<Player>, Playing),
    /// The server's half of a recording.
    Recorded(Replay),
}

impl Speaker for Host {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        match self {
            Self::Practice(player, playing) => {
                // Who chooses may be gone; what was chosen last stays.
                if playing.has_changed().unwrap_or_default() {
                    let faults = Arc::clone(&playing.borrow_and_update());
                    player.play(faults);
                }
                player.next(now, seen)
            }
            Self::Recorded(replay) => replay.next(now, seen),
        }
    }

    fn shakes_hands(&self) -> bool {
        match self {
            Self::Practice(player, _) => player.shakes_hands(),
            Self::Recorded(_) => true,
        }
    }
}
