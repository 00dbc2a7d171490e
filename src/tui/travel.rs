//! Time travel: the session as it stood at a moment that is over, while it goes on behind.
//!
//! What is shown is another fold than the one that goes on; all that decides about the session, what
//! is held, sent, asked and learned, looks at the latter. The panes look at [`Session::seen`].

use crate::session::{Dialogue, Stride};

use super::model::{Anchor, Contents, Pane, ReadThreads, Session};

/// A moment that is over, and what is shown of it.
#[derive(Clone, Debug)]
pub struct Travel {
    /// The fold over what had happened.
    pub seen: Dialogue,
    /// How many events that were.
    pub at: usize,
    /// How many exchanges there were when it was left for this.
    pub left: usize,
    /// What was shown then, to be shown again.
    pub aside: Aside,
}

/// What is shown now, and not of a moment that is over.
#[derive(Clone, Debug)]
pub struct Aside {
    /// Where the transcript stood.
    pub anchor: Anchor,
    /// How many rows there were when it was last followed.
    pub followed: usize,
    /// The row that was selected.
    pub cursor: Option<usize>,
    /// Which of envelope and content had their place.
    pub tab: Pane,
    /// The contents that were read.
    pub read: Contents,
    /// Which message answers which.
    pub threads: Option<ReadThreads>,
    /// The message that the person had chosen.
    pub chosen: Option<usize>,
}

/// Where a session stands on its way, in numbers that people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The exchange, from 1; 0 before the first one.
    pub exchange: usize,
    /// How many there are now.
    pub exchanges: usize,
    /// How many of them are new since one went back.
    pub new: usize,
    /// Of how many events it is the fold, where it stands inside an exchange.
    pub event: Option<(usize, usize)>,
}

impl Session {
    /// The fold that is shown: that over all that has happened, unless one has gone back.
    pub fn seen(&self) -> &Dialogue {
        self.travel.as_ref().map_or(&self.dialogue, |travel| &travel.seen)
    }

    /// Whether it is shown as it stood at a moment that is over.
    pub const fn travels(&self) -> bool {
        self.travel.is_some()
    }

    /// How many events are shown.
    pub fn moment(&self) -> usize {
        self.travel.as_ref().map_or(self.past.len(), |travel| travel.at)
    }

    /// The moment some strides back, or at the beginning; nothing if it is there.
    pub fn moment_before(&self, strides: usize, stride: Stride) -> Option<usize> {
        let here = self.moment();
        let mut back = std::iter::successors(Some(here), |at| self.past.before(*at, stride));
        back.by_ref().take(strides.saturating_add(1)).last().filter(|at| *at != here)
    }

    /// The moment some strides further on, or now.
    pub fn moment_behind(&self, strides: usize, stride: Stride) -> usize {
        let mut at = self.moment();
        for _ in 0..strides {
            if at >= self.past.len() {
                break;
            }
            at = self.past.behind(at, stride);
        }
        at
    }

    /// Where it stands, if one has gone back.
    pub fn standing(&self) -> Option<Standing> {
        let travel = self.travel.as_ref()?;
        let (seen, exchanges) = (&travel.seen, self.dialogue.exchanges().len());
        let settled = self.past.is_turn(travel.at);
        let answered = || seen.answered().last().map_or(0, |at| at + 1);
        let begun = seen.unanswered().map(|(at, _)| at + 1).filter(|_| !settled);
        Some(Standing {
            exchange: begun.unwrap_or_else(answered),
            exchanges,
            new: exchanges.saturating_sub(travel.left),
            event: (!settled).then_some((travel.at, self.past.len())),
        })
    }
}
