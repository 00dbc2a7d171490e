//! The order of lines on the wire, for reading from top to bottom.
//!
//! Rows are not stored one by one: a run stands for all lines of a reply or of a stretch of mail
//! data, so a message of a million lines costs one run, and finding a row is a binary search.

use std::ops::Range;

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
    runs: Vec<Run>,
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

    /// How many rows before row `at` show the beginning of the same line of mail data.
    pub fn begun(&self, at: usize) -> usize {
        let (Some(own), Some((rows, _))) = (self.row(at), self.run(at)) else { return 0 };
        let (mut begun, mut start) = (0, rows.start);
        if at > start {
            return 0;
        }
        while let Some((rows, begin)) = start.checked_sub(1).and_then(|row| self.run(row)) {
            start = rows.start;
            if !matches!(begin, Row::Data { .. }) {
                continue;
            }
            if self.row(rows.end - 1) != Some(own) {
                break;
            }
            begun += 1;
            if rows.len() > 1 {
                break;
            }
        }
        begun
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
