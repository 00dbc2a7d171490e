//! The order of lines on the wire, for reading from top to bottom.
//!
//! Rows are not stored one by one: a run stands for all lines of a reply or of a stretch of mail
//! data, so a message of a million lines costs one run, and finding a row is a binary search.

use std::ops::Range;

use super::shared::Shared;

/// One line of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// The client's line of an exchange.
    Client {
        /// Index of the exchange.
        exchange: usize,
    },
    /// One line of a reply; behind the last kept line stands one row for those that are not.
    Server {
        /// Index of the exchange.
        exchange: usize,
        /// Index of the line.
        line: usize,
    },
    /// One line of mail data.
    Data {
        /// Index of the message.
        message: usize,
        /// Index of the line.
        line: usize,
    },
    /// Something that happened to the connection.
    Notice {
        /// Index of the notice.
        index: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: usize,
    begin: Row,
}

/// All rows of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    runs: Shared<Run>,
    /// Rows that go on with a line of mail data, and from which byte of the message on.
    cuts: Shared<(usize, u64)>,
    rows: usize,
}

impl Wire {
    /// Number of rows.
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether nothing has happened yet.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Row number `at`.
    pub fn row(&self, at: usize) -> Option<Row> {
        let (rows, begin) = self.run(at)?;
        let offset = at - rows.start;
        Some(match begin {
            Row::Server { exchange, line } => Row::Server { exchange, line: line + offset },
            Row::Data { message, line } => Row::Data { message, line: line + offset },
            single => single,
        })
    }

    /// The run of row `at`: its rows, and what the first of them is.
    pub fn run(&self, at: usize) -> Option<(Range<usize>, Row)> {
        if at >= self.rows {
            return None;
        }
        let next = self.runs.partition_point(|r| r.first <= at);
        let run = self.runs.get(next.checked_sub(1)?)?;
        Some((run.first..self.runs.get(next).map_or(self.rows, |r| r.first), run.begin))
    }

    /// Where on the wire row `at` goes on with a line of mail data that began in a row before it.
    pub fn goes_on(&self, at: usize) -> Option<u64> {
        let found = self.cuts.find_by_key(&at, |(row, _)| *row)?;
        self.cuts.get(found).map(|(_, from)| *from)
    }

    /// Makes the next row go on with a line of mail data, from byte `from` of the message on.
    pub(super) fn go_on(&mut self, from: u64) {
        self.cuts.push((self.rows, from));
    }

    /// Adds `count` rows that begin with `begin`.
    pub(super) fn push(&mut self, begin: Row, count: usize) {
        if count > 0 {
            self.runs.push(Run { first: self.rows, begin });
            self.rows += count;
        }
    }

    /// Makes the rows of `message` reach up to line `lines`; they go on in the last run.
    pub(super) fn extend_data(&mut self, message: usize, seen: usize, lines: usize) {
        let added = lines.saturating_sub(seen);
        match self.runs.last() {
            Some(Run { begin: Row::Data { message: same, .. }, .. }) if *same == message => {
                self.rows += added;
            }
            _ => self.push(Row::Data { message, line: seen }, added),
        }
    }
}
