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
    pub(super) fn of(reply: &[u8], closes: bool) -> Self {
        let lines = reply.split_inclusive(|byte| *byte == b'\n');
        let text = |line: &[u8]| line.strip_suffix(b"\r\n").unwrap_or(line).to_vec();
        Self {
            wait: Duration::ZERO,
            before: Vec::new(),
            text: Text::Lines(lines.map(text).collect()),
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

    /// Changes each line; raw bytes have none.
    pub(super) fn each_line(&mut self, change: impl FnMut(&mut Vec<u8>)) {
        if let Text::Lines(lines) = &mut self.text {
            lines.iter_mut().for_each(change);
        }
    }

    /// Leaves lines of this keyword away; the first line names the server.
    pub(super) fn hide(&mut self, keyword: &[u8]) {
        let Text::Lines(lines) = &mut self.text else { return };
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
        let Text::Lines(lines) = &mut self.text else { return };
        let Some(last) = lines.last_mut() else { return };
        let code = last.get(..3).unwrap_or_default().to_vec();
        if let Some(mark) = last.get_mut(3) {
            *mark = b'-';
        }
        lines.push([code, b" ".to_vec(), text].concat());
    }

    /// A reply of one line becomes one of two, where it has words enough.
    pub(super) fn split(&mut self) {
        let Text::Lines(lines) = &mut self.text else { return };
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
        let Text::Lines(lines) = &mut self.text else { return };
        if let Some(line) = lines.last_mut().filter(|line| line.len() < len) {
            line.push(b' ');
            line.resize(len, b'x');
        }
    }

    /// What it puts on the wire.
    pub(super) fn bytes(&self) -> Bytes {
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
