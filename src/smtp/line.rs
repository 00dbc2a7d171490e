//! Cuts a stream of bytes into lines and remembers how each one ended.
//!
//! A line ends at LF; whether CR stood before it is kept, because that is evidence
//! (RFC 5321 §2.3.8 allows CRLF alone). A line of any length is still one line: beyond a cap its
//! bytes are counted, no longer kept, so an endless line costs a fixed amount of memory.

use bytes::{Bytes, BytesMut};

/// How a line ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LineEnd {
    /// CR LF, the only correct ending (RFC 5321 §2.3.8).
    #[default]
    CrLf,
    /// LF alone.
    Lf,
    /// CR, and then the stream ended.
    Cr,
    /// The stream ended in the middle of the line.
    Nothing,
}

impl LineEnd {
    /// The bytes that stood there.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf => b"\n",
            Self::Cr => b"\r",
            Self::Nothing => b"",
        }
    }
}

/// One line, without its ending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What was kept of the line.
    pub bytes: Bytes,
    /// How it ended.
    pub end: LineEnd,
    /// How many further bytes it had, beyond the cap.
    pub beyond: u64,
}

impl Line {
    /// Length of the line on the wire, its ending included.
    pub fn wire_len(&self) -> u64 {
        self.bytes.len() as u64 + self.beyond + self.end.bytes().len() as u64
    }
}

/// Collects bytes until a line is complete.
#[derive(Clone, Debug)]
pub struct Cutter {
    kept: BytesMut,
    total: u64,
    last: Option<u8>,
    cap: usize,
}

impl Cutter {
    /// A cutter that keeps at most `cap` bytes of each line.
    pub fn new(cap: usize) -> Self {
        Self { kept: BytesMut::new(), total: 0, last: None, cap }
    }

    /// Takes bytes off the front of `data` up to and including the next LF.
    /// `None` means that all of `data` was taken and the line goes on.
    pub fn cut(&mut self, data: &mut Bytes) -> Option<Line> {
        let Some(at) = memchr::memchr(b'\n', data) else {
            self.keep(data);
            data.clear();
            return None;
        };
        let head = data.split_to(at + 1);
        if self.total == 0 && head.len() <= self.cap {
            let end = if head.ends_with(b"\r\n") { LineEnd::CrLf } else { LineEnd::Lf };
            let bytes = head.slice(..head.len() - end.bytes().len());
            return Some(Line { bytes, end, beyond: 0 });
        }
        let before = head.slice(..at);
        self.keep(&before);
        let end = if self.last == Some(b'\r') { LineEnd::CrLf } else { LineEnd::Lf };
        let content = self.total - u64::from(end == LineEnd::CrLf);
        Some(self.take(content, end))
    }

    /// The unfinished line, once the stream has ended.
    pub fn finish(&mut self) -> Option<Line> {
        if self.total == 0 {
            return None;
        }
        let end = if self.last == Some(b'\r') { LineEnd::Cr } else { LineEnd::Nothing };
        let content = self.total - end.bytes().len() as u64;
        Some(self.take(content, end))
    }

    /// What is kept of the line that is not finished yet.
    pub fn partial(&self) -> &[u8] {
        &self.kept
    }

    fn keep(&mut self, data: &[u8]) {
        let room = self.cap.saturating_add(1).saturating_sub(self.kept.len());
        self.kept.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
        self.total += data.len() as u64;
        self.last = data.last().copied().or(self.last);
    }

    fn take(&mut self, content: u64, end: LineEnd) -> Line {
        let room = u64::try_from(self.cap).unwrap_or(u64::MAX);
        let kept = usize::try_from(content.min(room)).unwrap_or(self.cap);
        self.kept.truncate(kept);
        let bytes = self.kept.split().freeze();
        self.total = 0;
        self.last = None;
        let beyond = content - bytes.len() as u64;
        Line { bytes, end, beyond }
    }
}

/// Whether a line, its end included, is empty to those who read leniently: carriage returns alone
/// stand before its line feed.
pub fn is_empty(line: &[u8]) -> bool {
    line.strip_suffix(b"\n").is_some_and(|line| line.iter().all(|byte| *byte == b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]], cap: usize) -> Vec<Line> {
        let mut cutter = Cutter::new(cap);
        let mut out = Vec::new();
        for chunk in chunks {
            let mut data = Bytes::copy_from_slice(chunk);
            while let Some(line) = cutter.cut(&mut data) {
                out.push(line);
            }
        }
        out.extend(cutter.finish());
        out
    }

    #[test]
    fn every_ending_is_told_apart() {
        let ends: Vec<_> = lines(&[b"a\r\nb\nc\rd\n\r"], 99).iter().map(|l| l.end).collect();
        assert_eq!(ends, [LineEnd::CrLf, LineEnd::Lf, LineEnd::Lf, LineEnd::Cr]);
    }

    #[test]
    fn cuts_do_not_matter_even_beyond_the_cap() {
        let text = b"0123456789\r\nab\r\n01234567\nrest".as_slice();
        for cap in 0..14 {
            let whole = lines(&[text], cap);
            for at in 0..=text.len() {
                let (a, b) = text.split_at(at);
                assert_eq!(lines(&[a, b], cap), whole, "cap {cap}, cut at {at}");
            }
            let total: u64 = whole.iter().map(Line::wire_len).sum();
            assert_eq!(total, text.len() as u64);
        }
    }
}
