//! Who answers the clients of a listener.

use std::sync::Arc;

use tokio::sync::watch;

use crate::journal::{Ending, Moment};
use crate::session::Dialogue;
use crate::speaker::fault::{Faults, Player};
use crate::speaker::{Ends, Replay, Say, Speaker};

/// Where the faults come from that are to be played now.
pub type Playing = watch::Receiver<Arc<Faults>>;

/// What who answers is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To finish what is under way, and to say goodbye then.
    Retire,
    /// To hang up.
    End,
}

/// The practice server, which plays what is to be played now, or a recording.
pub enum Host {
    /// The practice server.
    Practice(Box<Player>, Playing),
    /// The server's half of a recording.
    Recorded(Replay),
    /// It was told to hang up.
    Done,
}

impl Host {
    /// Does as it is told. What a recording says knows no goodbye.
    pub fn obey(&mut self, order: Order) -> Ends {
        match (order, &mut *self) {
            (Order::Retire, Self::Practice(player, _)) => {
                player.retire();
                Ends::Nothing
            }
            _ => {
                *self = Self::Done;
                Ends::Connection
            }
        }
    }
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
            Self::Done => seen.phase().is_open().then_some(Say::Close(Ending::Finished)),
        }
    }

    fn shakes_hands(&self) -> bool {
        match self {
            Self::Practice(player, _) => player.shakes_hands(),
            Self::Recorded(_) | Self::Done => true,
        }
    }
}
