//! Who answers the clients of a listener.

use std::sync::Arc;

use tokio::sync::watch;

use crate::journal::{Ending, Moment};
use crate::session::{Dialogue, Phase};
use crate::speaker::fault::{Faults, Player};
use crate::speaker::{Ends, Replay, Say, Speaker};

/// Where the faults come from that are to be played now.
pub type Playing = watch::Receiver<Arc<Faults>>;

/// What is answered by.
pub(super) enum Answers {
    /// The practice server, which plays what is to be played now.
    Practice(Box<Player>, Playing),
    /// The server's half of a recording.
    Recorded(Replay),
}

/// What a session is told to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// To finish what is under way, and to say goodbye then.
    Retire,
    /// To end at once.
    End,
}

/// Who speaks for our side.
pub(super) struct Host {
    answers: Answers,
    /// Whether it was told to end, and whether its client was told.
    ends: bool,
    told: bool,
}

impl Host {
    pub(super) const fn new(answers: Answers) -> Self {
        Self { answers, ends: false, told: false }
    }

    pub(super) fn obey(&mut self, order: Order) -> Ends {
        match (order, &mut self.answers) {
            (Order::Retire, Answers::Practice(player, _)) => {
                player.retire();
                return Ends::Nothing;
            }
            (Order::End, Answers::Practice(player, _)) => player.hurry(),
            (_, Answers::Recorded(_)) => {}
        }
        self.ends = true;
        Ends::Connection
    }
}

impl Host {
    /// Closes the connection behind what was answered, but never without a word (RFC 5321 §3.8), unless
    /// that was said already or is no word of a recording.
    fn close(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if let Answers::Practice(player, _) = &mut self.answers
            && let Some(rest) = player.rest(now)
        {
            return Some(rest);
        }
        let is_to_hear = !matches!(seen.phase(), Phase::AwaitingTls | Phase::Closing);
        let told = std::mem::replace(&mut self.told, true);
        match &self.answers {
            _ if !seen.phase().is_open() => None,
            Answers::Practice(player, _) if is_to_hear && !told => {
                Some(Say::Bytes(player.goodbye()))
            }
            _ => Some(Say::Close(Ending::Finished)),
        }
    }
}

impl Speaker for Host {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if self.ends {
            return self.close(now, seen);
        }
        match &mut self.answers {
            Answers::Practice(player, playing) => {
                // Who chooses may be gone; what was chosen last stays.
                if playing.has_changed().unwrap_or_default() {
                    let faults = Arc::clone(&playing.borrow_and_update());
                    player.play(faults);
                }
                player.next(now, seen)
            }
            Answers::Recorded(replay) => replay.next(now, seen),
        }
    }

    fn shakes_hands(&self) -> bool {
        match &self.answers {
            Answers::Practice(player, _) => player.shakes_hands(),
            Answers::Recorded(_) => true,
        }
    }
}
