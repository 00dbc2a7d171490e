//! What the mouse is doing, and the text that it has marked. Plain data, no behaviour of panes.

use std::mem::Discriminant;
use std::ops::RangeInclusive;

use crate::journal::Moment;

use super::layout::{Pane, Split};
use super::popup::Popup;

/// A place in the text of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The line, as in [`super::rows::Placed`].
    pub line: (usize, usize),
    /// The column on that line.
    pub column: usize,
}

/// Marked text: from cell to cell, as terminals do it, both cells included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The session in whose panes it is.
    pub session: usize,
    /// The pane.
    pub pane: Pane,
    /// Where marking began.
    pub from: Spot,
    /// Where it has come to.
    pub to: Spot,
}

impl Marked {
    /// Both ends, the upper one first.
    pub fn ends(&self) -> (Spot, Spot) {
        (self.from.min(self.to), self.from.max(self.to))
    }

    /// Which columns of a line are marked.
    pub fn columns(&self, line: (usize, usize)) -> Option<RangeInclusive<usize>> {
        let (from, to) = self.ends();
        if line < from.line || line > to.line {
            return None;
        }
        let first = if line == from.line { from.column } else { 0 };
        let last = if line == to.line { to.column } else { usize::MAX };
        Some(first..=last)
    }
}

/// What a held button holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    #[default]
    Nothing,
    /// A border, and how far beside the pointer it stands.
    Border(Split, i32),
    /// Text, from here on.
    Text(Pane, Spot),
}

/// The mouse.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pointer {
    /// What it holds.
    pub held: Held,
    /// Where and when the button was pressed last.
    pub pressed: Option<((u16, u16), Moment)>,
    /// Which popup took that: the second of two clicks is not for what stands behind it.
    pub of_popup: Option<Discriminant<Popup>>,
    /// Whether the person knows how the terminal's own marking is reached.
    pub told: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marking_goes_from_cell_to_cell_both_ways() {
        let spot = |row, column| Spot { line: (row, 0), column };
        let there = Marked { session: 1, pane: Pane::Explain, from: spot(1, 4), to: spot(3, 2) };
        for marked in [there, Marked { from: there.to, to: there.from, ..there }] {
            let columns = |row| marked.columns((row, 0));
            assert_eq!(columns(0), None);
            assert_eq!(columns(1), Some(4..=usize::MAX));
            assert_eq!(columns(2), Some(0..=usize::MAX));
            assert_eq!(columns(3), Some(0..=2));
            assert_eq!(columns(4), None);
        }
    }
}
