//! A row as it is laid out, and the long ones that are kept so.
//!
//! What stands in a row is broken once, and each of its lines is made when it is asked for. A long
//! row is kept with all that its lines depend on, its bytes included: it is laid out again as soon
//! as any of that is another.

use std::sync::{Arc, Mutex, PoisonError};

use crate::display::Role;
use crate::display::line::Shown;
use crate::display::text::width_of;
use crate::session::selection::Selection;
use crate::smtp::Span;

use super::super::find::Needle;
use super::wrap::{self, Broken};
use super::{Piece, hex, paint, stamp};

/// What has fewer bytes than this is laid out each time.
pub(super) const LONG: usize = 4 << 10;

/// How many bytes of long rows are kept beside the newest, and how many rows.
const KEPT: (usize, usize) = (64 << 20, 64);

/// All that the lines of a row depend on, as far as they take their time.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// What it shows.
    pub shown: Shown,
    /// What is looked for in it.
    pub needle: Option<Needle>,
    /// What of it is the same as what is selected elsewhere.
    pub same: Option<(Selection, Option<Span>)>,
    /// How many columns there are, if it is wrapped.
    pub columns: Option<usize>,
}

impl Key {
    /// Whether the same stands in both, however many columns there are.
    fn is_of_same(&self, other: &Self) -> bool {
        (&self.shown, &self.needle, &self.same) == (&other.shown, &other.needle, &other.same)
    }
}

/// The long rows that were laid out last, the newest last.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Vec<(Key, Arc<Broken>)>>);

impl Clone for Kept {
    /// They are laid out again when somebody looks.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Kept {
    /// What is laid out for `key`: what was kept, else what is `made`.
    pub(super) fn of(&self, key: Key, made: impl FnOnce(&Key) -> Broken) -> Arc<Broken> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.iter().position(|(other, _)| other.is_of_same(&key));
        let broken = match before.map(|at| kept.remove(at)) {
            Some((other, broken)) if other.columns == key.columns => broken,
            // What stands in it is the same, only its lines are others.
            Some((_, broken)) => Arc::new(broken.on(key.columns)),
            None => Arc::new(made(&key)),
        };
        let (room, most) = KEPT;
        let size = |kept: &[(Key, Arc<Broken>)]| -> usize {
            kept.iter().map(|(key, broken)| key.shown.said.len() + broken.size()).sum()
        };
        while !kept.is_empty() && (kept.len() >= most || size(&kept) > room) {
            kept.remove(0);
        }
        kept.push((key, broken.clone()));
        broken
    }
}

/// A row, laid out.
#[derive(Debug)]
pub struct Laid {
    /// What stands before the first line, and before those that continue it.
    pub(super) marks: (Piece, Piece),
    pub(super) body: Arc<Broken>,
    /// The last line of the body with what is said behind it, and the lines that continue that.
    pub(super) ends: Vec<Vec<Piece>>,
    /// The bytes below.
    pub(super) bytes: Option<hex::Lines>,
    /// How all of its text looks, where that is another look.
    pub(super) look: Option<Role>,
    /// Columns of a line.
    pub(super) room: usize,
    /// When it happened, where times are shown.
    pub(super) stamp: Option<String>,
    /// In which column it stands, where each side has its own.
    pub(super) column: Option<Column>,
}

/// Stands between the columns of both sides.
const BETWEEN: char = '\u{2502}';

/// The column of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Whether it is the right one, which is the server's.
    pub(super) right: bool,
    /// Columns of the screen that the left one has.
    pub(super) left: usize,
}

impl Column {
    /// How many columns of the screen stand before it.
    pub(super) const fn before(self) -> usize {
        if self.right { self.left + 1 } else { 0 }
    }

    /// A line in its column, with what stands between both.
    fn put(self, line: &mut Vec<Piece>) {
        if self.right {
            line.insert(0, (Role::Border, BETWEEN.to_string()));
            line.insert(0, (Role::Text, " ".repeat(self.left)));
        } else {
            let gap = self.left.saturating_sub(width_of(line));
            line.push((Role::Text, " ".repeat(gap)));
            line.push((Role::Border, BETWEEN.to_string()));
        }
    }
}

impl Laid {
    /// A body with what is said behind it, and the time at the right, wrapped.
    pub(super) fn wrapped(
        marks: (Piece, Piece),
        body: Arc<Broken>,
        tail: Vec<Piece>,
        time: &str,
        room: usize,
    ) -> Self {
        let tail = Broken::new(tail, body.used(), Some(room));
        let last = body.lines() - 1;
        let mut ends = Vec::with_capacity(tail.lines());
        for at in 0..tail.lines() {
            let mark = if last + at == 0 { &marks.0 } else { &marks.1 };
            let own = |(role, text): (Role, &str)| (role, text.to_owned());
            let begun = (at == 0).then(|| body.line(last)).into_iter().flatten();
            let line = begun.chain(tail.line(at)).map(own);
            ends.push(std::iter::once(mark.clone()).chain(line).collect());
        }
        wrap::time(ends.last_mut(), time, tail.used(), room);
        Self { marks, body, ends, bytes: None, look: None, room, stamp: None, column: None }
    }

    /// A body with what is said behind it, and the time at the right, in one line.
    pub(super) fn cut(
        marks: (Piece, Piece),
        body: Arc<Broken>,
        tail: Vec<Piece>,
        time: &str,
        (room, left): (usize, usize),
    ) -> Self {
        let tail = Broken::new(tail, body.used(), None);
        let pieces = body.line(0).chain(tail.line(0));
        let line = wrap::cut(marks.0.clone(), (pieces, tail.used()), time, room, left);
        Self {
            marks,
            body,
            ends: vec![line],
            bytes: None,
            look: None,
            room,
            stamp: None,
            column: None,
        }
    }

    /// How many lines of text stand before the last line of the body.
    fn above(&self) -> usize {
        self.body.lines() - 1
    }

    /// How many lines it takes.
    pub fn tall(&self) -> usize {
        self.above() + self.ends.len() + self.bytes.as_ref().map_or(0, hex::Lines::len)
    }

    /// Line `at`; one that it does not have is empty.
    pub fn line(&self, at: usize) -> Vec<Piece> {
        let text = match at.checked_sub(self.above()) {
            None => {
                let mark = if at == 0 { &self.marks.0 } else { &self.marks.1 };
                let own = self.body.line(at).map(|(role, text)| (role, text.to_owned()));
                Some(std::iter::once(mark.clone()).chain(own).collect())
            }
            Some(at) => self.ends.get(at).cloned(),
        };
        let mut line = match (text, &self.bytes) {
            (Some(mut line), _) => {
                if let Some(look) = self.look {
                    paint(&mut line, look, self.room);
                }
                if let Some(column) = self.column {
                    column.put(&mut line);
                }
                line
            }
            (None, Some(bytes)) => bytes.line(at - self.above() - self.ends.len()),
            (None, None) => Vec::new(),
        };
        if let Some(time) = &self.stamp {
            stamp(&mut line, if at == 0 { time } else { "" });
        }
        line
    }

    /// All its lines from line `skip` on.
    pub fn lines(&self, skip: usize) -> impl Iterator<Item = Vec<Piece>> {
        (skip..self.tall()).map(|at| self.line(at))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::display::line::Said;

    fn key(bytes: Vec<u8>) -> Key {
        let said = Said::Bytes(bytes.into(), 0);
        let shown =
            Shown { mark: "S", role: Role::Server, said, end: None, usual: None, exchange: None };
        Key { shown, needle: None, same: None, columns: Some(42) }
    }

    #[test]
    fn what_was_laid_out_is_kept_until_something_in_it_is_another() {
        let (kept, made) = (Kept::default(), Cell::new(0));
        let lines = |key: &Key| {
            let broken = kept.of(key.clone(), |key| {
                made.set(made.get() + 1);
                let text: String = key.shown.tokens().into_iter().map(|t| t.text).collect();
                Broken::new(vec![(Role::Server, text)], 0, key.columns)
            });
            (broken.lines(), made.get())
        };
        let first = key(vec![b'a'; 40_000]);
        assert_eq!(lines(&first), (1_000, 1));
        assert_eq!(lines(&first), (1_000, 1));
        // Another width breaks the same text.
        assert_eq!(lines(&Key { columns: Some(82), ..first.clone() }), (500, 1));
        assert_eq!(lines(&Key { columns: None, ..first.clone() }), (1, 1));
        assert_eq!(lines(&Key { needle: Needle::new("a"), ..first.clone() }), (500 * 2, 2));
        // Both are still there.
        assert_eq!(lines(&first), (1_000, 2));
        let veiled = [vec![b'a'; 39_999], vec![b'*']].concat();
        assert_eq!(lines(&key(veiled)), (1_000, 3));
        assert_eq!(lines(&key(vec![b'a'; 40_001])), (1_001, 4));
    }
}
