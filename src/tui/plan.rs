//! The plan of a session on the screen: which of its steps is selected, and whether it goes back.

use crate::session::plan::{Plan, State};

/// A plan, and where the person is in it.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// The step that is selected, where the person has moved; else it is the next one.
    pub cursor: Option<usize>,
    /// Under way back to a step.
    pub rewind: Option<Rewind>,
    /// Whether a breakpoint would hold what comes next, though it has stopped the plan already.
    pub stopped: bool,
    /// How many waits were begun.
    pub waits: u64,
}

/// A session that begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewind {
    /// The step before which it stops.
    pub to: usize,
    /// Whether the last connection is still to be left.
    pub leaves: bool,
    /// The first row of the new connection.
    pub from_row: usize,
}

impl Planned {
    /// A plan that rests before its first step.
    pub fn new(plan: Plan) -> Self {
        Self { plan, ..Self::default() }
    }

    /// The step that is selected.
    pub fn selected(&self) -> usize {
        let last = self.plan.steps().len().saturating_sub(1);
        self.cursor.unwrap_or_else(|| self.plan.at()).min(last)
    }

    /// How many lines of the pane a step takes.
    pub fn tall(&self, at: usize) -> usize {
        let step = self.plan.steps().get(at);
        1 + usize::from(step.is_some_and(|step| matches!(step.state, State::Unmet(_))))
    }

    /// The first line of step `step`.
    pub fn line_of(&self, step: usize) -> usize {
        (0..step).map(|at| self.tall(at)).sum()
    }

    /// The step that stands in line `line`.
    pub fn step_at(&self, line: usize) -> Option<usize> {
        let mut below = 0;
        (0..self.plan.steps().len()).find(|at| {
            below += self.tall(*at);
            line < below
        })
    }
}
