//! A reply while rules change it.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;

use super::change::Close;

/// What ends every line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    /// As it should be.
    #[default]
    Crlf,
    /// LF alone.
    Lf,
    /// CR alone.
    Cr,
    /// The last line has no end.
    None,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// What a good server says, whole: most replies stay so, and are not copied.
    Good(Bytes),
    /// Lines without their ends.
    Lines(Vec<Vec<u8>>),
    /// Exactly this.
    Raw(Vec<u8>),
}

/// What would be said, and how.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub wait: Duration,
    pub before: Vec<Vec<u8>>,
    pub text: Text,
    pub behind: Vec<Vec<u8>>,
    pub line_end: LineEnd,
    /// How often more it is said.
    pub times: usize,
    pub drip: Option<(NonZeroUsize, Duration)>,
    pub batch: Option<Duration>,
    pub late: bool,
    pub hangs: bool,
    pub close: Option<Close>,
}

impl Spoken {
    /// The reply of a good server, which closes the connection behind it or not.
    pub(super) fn of(reply: Bytes, closes: bool) -> Self {
        Self {
            wait: Duration::ZERO,
            before: Vec::new(),
            text: Text::Good(reply),
            behind: Vec::new(),
            line_end: LineEnd::Crlf,
            times: 0,
            drip: None,
            batch: None,
            late: false,
            hangs: false,
            close: closes.then_some(Close::Finished),
        }
    }

    /// Its lines, to be changed; raw bytes have none.
    fn lines(&mut self) -> Option<&mut Vec<Vec<u8>>> {
        if let Text::Good(reply) = &self.text {
            let lines = reply.split_inclusive(|byte| *byte == b'\n');
            let text = |line: &[u8]| line.strip_suffix(b"\r\n").unwrap_or(line).to_vec();
            self.text = Text::Lines(lines.map(text).collect());
        }
        match &mut self.text {
            Text::Lines(lines) => Some(lines),
            Text::Good(_) | Text::Raw(_) => None,
        }
    }

    /// Whether a client is told that what it asked for was done.
    pub(super) fn is_positive(&self) -> bool {
        let last = |bytes: &[u8]| {
            let mut lines = bytes.split(|byte| *byte == b'\n').rev();
            lines.find(|line| !line.is_empty()).is_some_and(|line| line.starts_with(b"2"))
        };
        match &self.text {
            Text::Good(bytes) => last(bytes),
            Text::Lines(lines) => lines.last().is_some_and(|line| line.starts_with(b"2")),
            Text::Raw(bytes) => bytes.starts_with(b"2"),
        }
    }

    /// Changes each line; raw bytes have none.
    pub(super) fn each_line(&mut self, change: impl FnMut(&mut Vec<u8>)) {
        self.lines().into_iter().flatten().for_each(change);
    }

    /// Leaves lines of this keyword away; the first line names the server.
    pub(super) fn hide(&mut self, keyword: &[u8]) {
        let Some(lines) = self.lines() else { return };
        let mut at = 0;
        lines.retain(|line| {
            at += 1;
            let word = line.get(4..).unwrap_or_default().split(|byte| b" =".contains(byte)).next();
            at == 1 || !word.is_some_and(|word| word.eq_ignore_ascii_case(keyword))
        });
        mark_last(lines);
    }

    /// One more line at the end.
    pub(super) fn claim(&mut self, text: Vec<u8>) {
        let Some(lines) = self.lines() else { return };
        let Some(last) = lines.last_mut() else { return };
        let code = last.get(..3).unwrap_or_default().to_vec();
        if let Some(mark) = last.get_mut(3) {
            *mark = b'-';
        }
        lines.push([code, b" ".to_vec(), text].concat());
    }

    /// A reply of one line becomes one of two, where it has words enough.
    pub(super) fn split(&mut self) {
        let Some(lines) = self.lines() else { return };
        let [line] = &mut lines[..] else { return };
        let Some(at) = line.iter().rposition(|byte| *byte == b' ').filter(|at| *at > 3) else {
            return;
        };
        let code = line.get(..3).unwrap_or_default().to_vec();
        let rest = line.split_off(at);
        if let Some(mark) = line.get_mut(3) {
            *mark = b'-';
        }
        lines.push([code, rest].concat());
    }

    /// Makes the last line so long.
    pub(super) fn pad(&mut self, len: usize) {
        let Some(lines) = self.lines() else { return };
        if let Some(line) = lines.last_mut().filter(|line| line.len() < len) {
            line.push(b' ');
            line.resize(len, b'x');
        }
    }

    /// What it puts on the wire.
    pub(super) fn bytes(&mut self) -> Bytes {
        let alone = self.before.is_empty() && self.behind.is_empty() && self.times == 0;
        if let Text::Good(reply) = &self.text
            && alone
            && self.line_end == LineEnd::Crlf
        {
            return reply.clone();
        }
        self.lines();
        let end: &[u8] = match self.line_end {
            LineEnd::Crlf | LineEnd::None => b"\r\n",
            LineEnd::Lf => b"\n",
            LineEnd::Cr => b"\r",
        };
        let mut out = Vec::new();
        let all = |out: &mut Vec<u8>, lines: &[Vec<u8>]| {
            for line in lines {
                out.extend_from_slice(line);
                out.extend_from_slice(end);
            }
        };
        for _ in 0..=self.times {
            all(&mut out, &self.before);
            match &self.text {
                Text::Lines(lines) => all(&mut out, lines),
                Text::Raw(bytes) => out.extend_from_slice(bytes),
                Text::Good(bytes) => out.extend_from_slice(bytes),
            }
            all(&mut out, &self.behind);
        }
        if self.line_end == LineEnd::None && out.ends_with(end) {
            out.truncate(out.len() - end.len());
        }
        out.into()
    }
}

/// The last line, and it alone, has a blank behind its code.
fn mark_last(lines: &mut [Vec<u8>]) {
    if let Some(mark) = lines.last_mut().and_then(|last| last.get_mut(3)) {
        *mark = b' ';
    }
}
