//! Which rows fit into a pane, and where one gets by scrolling.

use std::cell::RefCell;
use std::collections::HashMap;

use super::super::model::{Anchor, Model, Session};
use super::laid::Laid;
use super::{Placed, laid, selected};

/// A row, and how many of its lines are above.
pub type Place = (usize, usize);

/// The transcript of one session in a pane. What is made of a row is kept for as long as it is
/// looked through: what is measured is drawn next.
#[derive(Debug)]
pub struct Window<'a> {
    /// The screen.
    pub model: &'a Model,
    /// The session.
    pub session: &'a Session,
    /// Columns of the pane.
    pub columns: usize,
    /// Rows of the pane.
    pub height: usize,
    made: RefCell<HashMap<usize, Option<Laid>>>,
}

impl<'a> Window<'a> {
    /// The transcript of `session` on so many columns and lines.
    pub fn new(model: &'a Model, session: &'a Session, columns: usize, height: usize) -> Self {
        Self { model, session, columns, height, made: RefCell::default() }
    }

    /// How many lines row `at` takes.
    pub fn tall(&self, at: usize) -> usize {
        let mut made = self.made.borrow_mut();
        made.entry(at).or_insert_with(|| self.laid(at)).as_ref().map_or(0, Laid::tall)
    }

    fn laid(&self, at: usize) -> Option<Laid> {
        laid(self.model, self.session, at, self.columns)
    }

    /// The lines that are in sight, with their places.
    pub fn lines_in_sight(self) -> Vec<Placed> {
        let (first, skip) = self.top();
        let mut all = Vec::new();
        let mut next = self.session.sight.kept_from(self.session.seen(), first);
        while let Some(row) = next.filter(|_| all.len() < self.height) {
            let made = self.made.borrow_mut().remove(&row);
            let laid = made.unwrap_or_else(|| self.laid(row));
            let skip = if row == first { skip } else { 0 };
            let room = self.height - all.len();
            let lines = laid.iter().flat_map(|laid| laid.lines(skip)).take(room);
            all.extend((skip..).zip(lines).map(|(line, pieces)| ((row, line), pieces)));
            next = self.after(row);
        }
        all
    }

    fn after(&self, at: usize) -> Option<usize> {
        self.session.sight.after(self.session.seen(), at)
    }

    fn before(&self, at: usize) -> Option<usize> {
        self.session.sight.before(self.session.seen(), at)
    }

    /// The place at the top of the pane. The selected row is always in sight: as a whole, or as
    /// much of it as fits.
    pub fn top(&self) -> Place {
        let end = self.end();
        let at = match self.session.anchor {
            Anchor::At { row, skip } => self.shown(row, skip).min(end),
            Anchor::Follow => end,
        };
        let Some(cursor) = selected(self.model, self.session) else { return at };
        let hidden = self.tall(cursor).saturating_sub(self.height);
        let lowest = if hidden > 0 { (cursor, 0) } else { self.back_from(cursor) };
        at.max(lowest).min((cursor, hidden))
    }

    /// The place, or the nearest one that is shown.
    fn shown(&self, row: usize, skip: usize) -> Place {
        match self.session.sight.nearest(self.session.seen(), row) {
            Some(same) if same == row => (row, skip.min(self.tall(row).saturating_sub(1))),
            other => (other.unwrap_or_default(), 0),
        }
    }

    /// The place from which the last line is reached.
    pub fn end(&self) -> Place {
        let last = self.session.sight.last(self.session.seen());
        last.map_or((0, 0), |last| self.back_from(last))
    }

    /// The place from which the pane reaches to the end of row `last`.
    fn back_from(&self, last: usize) -> Place {
        let mut left = self.height;
        let mut row = last;
        loop {
            let here = self.tall(row);
            if here >= left {
                return (row, here - left);
            }
            left -= here;
            match self.before(row) {
                Some(before) => row = before,
                None => return (row, 0),
            }
        }
    }

    /// The rows that are in sight, from top to bottom, with what is above the first.
    pub fn rows(&self) -> (usize, Vec<usize>) {
        let (first, skip) = self.top();
        let sight = &self.session.sight;
        let mut rows = Vec::new();
        let mut next = sight.kept_from(self.session.seen(), first);
        let mut left = self.height + skip;
        while let Some(row) = next.filter(|_| left > 0) {
            rows.push(row);
            left = left.saturating_sub(self.tall(row));
            next = self.after(row);
        }
        (skip, rows)
    }

    /// Where the pane stands `by` lines further down (or up).
    pub fn moved(&self, by: isize) -> Anchor {
        let (mut row, mut skip) = self.top();
        let mut left = by.unsigned_abs();
        if by < 0 {
            while left > 0 {
                if skip >= left {
                    skip -= left;
                    break;
                }
                left -= skip;
                skip = 0;
                let Some(before) = self.before(row) else { break };
                row = before;
                skip = self.tall(row);
            }
            return Anchor::At { row, skip };
        }
        let end = self.end();
        while left > 0 && (row, skip) < end {
            let rest = self.tall(row).saturating_sub(skip);
            if rest > left {
                skip += left;
                break;
            }
            left -= rest;
            let Some(after) = self.after(row) else { break };
            row = after;
            skip = 0;
        }
        if (row, skip) >= end { Anchor::Follow } else { Anchor::At { row, skip } }
    }

    /// The row a page above or below row `at`.
    pub fn page(&self, at: usize, down: bool) -> usize {
        let mut left = self.height.saturating_sub(1).max(1);
        let mut row = at;
        while let Some(next) = if down { self.after(row) } else { self.before(row) } {
            row = next;
            let here = self.tall(row);
            if here >= left {
                break;
            }
            left -= here;
        }
        row
    }
}
