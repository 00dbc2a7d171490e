//! Replies: one or more lines, the last of which has no hyphen behind its code (RFC 5321 §4.2).
//!
//! A line that does not begin with a digit is no reply at all; it is kept with the reply that
//! follows. Everything else ends a reply unless it has the hyphen. A reply without end keeps its
//! first [`MAX_LINES`] lines, or [`MAX_BYTES`], and counts the others.

use bytes::Bytes;

use super::code::{Class, Code, Enhanced};
use super::line::{Line, LineEnd};
use super::{Oddity, Span};

/// Longest reply line, with CRLF (RFC 5321 §4.5.3.1.5).
pub const LINE_LIMIT: u64 = 512;

/// How many lines of one reply are kept.
pub const MAX_LINES: usize = 1_000;

/// How many bytes of one reply are kept.
pub const MAX_BYTES: usize = 256 << 10;

/// One line of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyLine {
    /// The line as it came.
    pub line: Line,
    /// Its code, where it begins with three digits and a blank, a hyphen or nothing.
    pub code: Option<Code>,
    /// Whether a hyphen promises another line.
    pub goes_on: bool,
    /// The enhanced status code and where it stood.
    pub enhanced: Option<(Enhanced, Span)>,
    /// Where the text stands.
    pub text: Span,
}

impl ReplyLine {
    /// Reads one line.
    pub fn read(line: Line) -> Self {
        let bytes = &line.bytes;
        let separator = bytes.get(3).copied();
        let code = Code::read(bytes).filter(|_| matches!(separator, None | Some(b' ' | b'-')));
        let mut text = Span::new(if code.is_some() { 4.min(bytes.len()) } else { 0 }, bytes.len());
        let enhanced = code.and_then(|_| Enhanced::read(text.of(bytes))).map(|(value, len)| {
            let span = Span::new(text.start, text.start + len);
            text.start = span.end + usize::from(bytes.get(span.end) == Some(&b' '));
            (value, span)
        });
        Self { goes_on: code.is_some() && separator == Some(b'-'), code, enhanced, text, line }
    }

    /// The text behind the codes.
    pub fn text(&self) -> &[u8] {
        self.text.of(&self.line.bytes)
    }

    /// Whether the line begins with a digit, so that it is meant as a reply.
    fn is_reply(&self) -> bool {
        self.line.bytes.first().is_none_or(u8::is_ascii_digit)
    }
}

/// A whole reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Its lines, the first [`MAX_LINES`] of them.
    pub lines: Vec<ReplyLine>,
    /// How many more lines there were.
    pub more: u64,
    /// The code of its last line: what clients go by.
    pub code: Option<Code>,
    /// Oddities and the index of the line they are about.
    pub odd: Vec<(usize, Oddity)>,
}

impl Reply {
    /// The enhanced status code, from the first line that has one.
    pub fn enhanced(&self) -> Option<Enhanced> {
        self.lines.iter().find_map(|l| l.enhanced).map(|(code, _)| code)
    }

    /// What the first digit says; a reply without a code is [`Class::Invalid`].
    pub fn class(&self) -> Class {
        self.code.map_or(Class::Invalid, Code::class)
    }

    /// Whether the code is `code`.
    pub fn is(&self, code: Code) -> bool {
        self.code == Some(code)
    }

    /// All texts, one line each.
    pub fn text(&self) -> String {
        let texts: Vec<_> =
            self.lines.iter().map(|l| String::from_utf8_lossy(l.text()).into_owned()).collect();
        texts.join("\n")
    }

    /// Number of bytes that are kept of it.
    pub fn len(&self) -> usize {
        self.lines.iter().map(|l| l.line.bytes.len()).sum()
    }

    /// Whether nothing has arrived.
    pub const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn push(&mut self, line: ReplyLine) {
        self.code = line.code;
        if self.lines.len() < MAX_LINES && self.len() < MAX_BYTES {
            let at = self.lines.len();
            self.judge(at, &line);
            if at == 0 {
                // Most have no other.
                self.lines.reserve_exact(1);
            }
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }

    fn judge(&mut self, at: usize, line: &ReplyLine) {
        let bytes = &line.line.bytes;
        let all = Span::new(0, bytes.len());
        let mut add = |id, span| self.odd.push((at, Oddity::new(id, span)));
        match line.code {
            Some(code) if code.class() == Class::Invalid => add("B08", Span::new(0, 3)),
            Some(code) if !code.is_registered() => add("B07", Span::new(0, 3)),
            Some(_) => {}
            None if line.is_reply() => add("B08", all),
            None => add(other_protocol(bytes).unwrap_or("B05"), all),
        }
        if line.code.is_some() && bytes.len() == 3 {
            add("B04", all);
        }
        if let (Some(code), Some((enhanced, span))) = (line.code, line.enhanced) {
            if code.class() == Class::Intermediate {
                add("B25", span);
            } else if u16::from(enhanced.class) != code.0 / 100 {
                add("B24", span);
            }
        }
        if let Some(span) = decorated_enhanced(line) {
            add("B06", span);
        }
        match line.line.end {
            LineEnd::Lf => add("B09", Span::new(bytes.len(), bytes.len())),
            LineEnd::Cr | LineEnd::Nothing => add("B10", Span::new(bytes.len(), bytes.len())),
            LineEnd::CrLf => {}
        }
        if !bytes.is_ascii()
            && let Some(span) = first(bytes, |b| b > 0x7f)
        {
            add("B13", span);
        }
        let control = |b: u8| (b < 0x20 && b != b'\t') || b == 0x7f;
        // Looked at all at once: as a rule there is none.
        if bytes.iter().fold(false, |any, b| any | control(*b))
            && let Some(span) = first(bytes, control)
        {
            add("B15", span);
        }
        if line.line.wire_len() > LINE_LIMIT {
            add("B14", all);
        }
        if self.lines.iter().any(|l| l.code.is_some() && line.code.is_some() && l.code != line.code)
        {
            self.odd.push((at, Oddity::new("B01", Span::new(0, 3))));
        }
    }

    fn finish(&mut self) {
        let first = self.lines.first().and_then(|l| l.enhanced);
        let lacking = self.lines.iter().position(|l| l.enhanced.is_none());
        if let (Some(_), Some(at)) = (first, lacking) {
            self.odd.push((at, Oddity::new("B26", Span::default())));
        }
    }
}

/// Collects lines until a reply is complete.
#[derive(Clone, Debug, Default)]
pub struct Collector {
    partial: Reply,
}

impl Collector {
    /// Takes the next line; gives the reply that it completes.
    pub fn push(&mut self, line: Line) -> Option<Reply> {
        let line = ReplyLine::read(line);
        let complete = line.is_reply() && !line.goes_on;
        self.partial.push(line);
        complete.then(|| {
            let mut reply = std::mem::take(&mut self.partial);
            reply.finish();
            reply
        })
    }

    /// What has arrived of the reply that is not complete yet.
    pub const fn partial(&self) -> &Reply {
        &self.partial
    }

    /// What there was when the stream ended; a missing final line is named (`B02`).
    pub fn finish(&mut self) -> Option<Reply> {
        let at = self.partial.lines.len().checked_sub(1)?;
        let mut reply = std::mem::take(&mut self.partial);
        if reply.lines.last().is_some_and(|l| l.goes_on) {
            reply.odd.push((at, Oddity::new("B02", Span::default())));
        }
        reply.finish();
        Some(reply)
    }
}

/// Writes a reply with CRLF; the enhanced code is repeated on every line (RFC 2034 §4).
pub fn write<S: AsRef<str>>(code: Code, enhanced: Option<Enhanced>, texts: &[S]) -> Bytes {
    let (mut digits, mut detailed) = (String::with_capacity(3), String::new());
    // To write into a `String` cannot fail.
    let _ = code.write(&mut digits);
    if let Some(code) = enhanced {
        detailed.reserve(8);
        let _ = code.write(&mut detailed);
        detailed.push(' ');
    }
    let last = texts.len().saturating_sub(1);
    let beside = digits.len() + " ".len() + detailed.len() + "\r\n".len();
    let mut out = String::with_capacity(texts.iter().map(|t| beside + t.as_ref().len()).sum());
    for (at, text) in texts.iter().enumerate() {
        let separator = if at == last { " " } else { "-" };
        for part in [&digits, separator, &detailed, text.as_ref(), "\r\n"] {
            out.push_str(part);
        }
    }
    Bytes::from(out)
}

fn first(bytes: &[u8], odd: impl Fn(u8) -> bool) -> Option<Span> {
    let at = bytes.iter().position(|b| odd(*b))?;
    let run = bytes.iter().skip(at).take_while(|b| odd(**b)).count();
    Some(Span::new(at, at + run))
}

/// `#4.5.3` or `(#5.5.1)` where `4.5.3` should stand (RFC 2034 §4).
fn decorated_enhanced(line: &ReplyLine) -> Option<Span> {
    let at = memchr::memchr(b'#', line.text())?;
    let (_, len) = Enhanced::read(line.text().get(at + 1..)?)?;
    let start = line.text.start + at;
    Some(Span::new(start, start + 1 + len))
}

/// The banners of protocols that people reach by a wrong port number.
fn other_protocol(line: &[u8]) -> Option<&'static str> {
    const BANNERS: [&[u8]; 5] = [b"SSH-", b"+OK", b"* OK", b"HTTP/", b"-ERR"];
    BANNERS.iter().any(|b| line.starts_with(b)).then_some("A11")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::line::Cutter;

    fn replies(text: &[u8]) -> (Vec<Reply>, Option<Reply>) {
        let (mut cutter, mut collector) = (Cutter::new(4096), Collector::default());
        let mut data = Bytes::copy_from_slice(text);
        let mut out = Vec::new();
        while let Some(line) = cutter.cut(&mut data) {
            out.extend(collector.push(line));
        }
        if let Some(line) = cutter.finish() {
            out.extend(collector.push(line));
        }
        let rest = collector.finish();
        (out, rest)
    }

    #[test]
    fn oddities_of_single_replies() {
        let long = format!("250 {}\r\n", "x".repeat(600));
        let rows: &[(&str, &[&str])] = &[
            ("250 2.1.0 Ok\r\n", &[]),
            ("250-a\r\n550 b\r\n", &["B01"]),
            ("250\r\n", &["B04"]),
            ("junk\r\n250 ok\r\n", &["B05"]),
            ("SSH-2.0-x\r\n250 ok\r\n", &["A11"]),
            ("452 #4.5.3 Too many\r\n", &["B06"]),
            ("422 4.2.2 Greylisted\r\n", &["B07"]),
            ("150 x\r\n", &["B08"]),
            ("2500 ok\r\n", &["B08"]),
            ("25 ok\r\n", &["B08"]),
            ("250 ok\n", &["B09"]),
            ("250 ok", &["B10"]),
            ("250 \u{e9}\r\n", &["B13"]),
            (&long, &["B14"]),
            ("250 \u{1b}[31mok\r\n", &["B15"]),
            ("550 4.7.1 no\r\n", &["B24"]),
            ("354 3.0.0 go\r\n", &["B25"]),
            ("354 2.0.0 go\r\n", &["B25"]),
            ("550-5.7.1 a\r\n550 b\r\n", &["B26"]),
        ];
        for (text, odd) in rows {
            let (seen, rest) = replies(text.as_bytes());
            assert!(rest.is_none(), "{text:?}");
            let ids: Vec<_> = seen.iter().flat_map(|r| &r.odd).map(|(_, o)| o.id).collect();
            assert_eq!(ids, *odd, "{text:?}");
            assert_eq!(seen.len(), 1, "{text:?}");
        }
    }

    #[test]
    fn a_missing_final_line_is_named() {
        let (seen, rest) = replies(b"250-a\r\n250-b\r\n");
        assert!(seen.is_empty());
        assert_eq!(rest.map(|r| r.odd.last().map(|(_, o)| o.id)), Some(Some("B02")));
    }

    #[test]
    fn an_endless_reply_is_counted() {
        let text = "250-x\r\n".repeat(MAX_LINES + 7) + "250 y\r\n";
        let (seen, _) = replies(text.as_bytes());
        assert_eq!(seen.first().map(|r| (r.lines.len(), r.more)), Some((MAX_LINES, 8)));
    }

    #[test]
    fn what_is_written_can_be_read() {
        let bytes = write(Code::OK, Some(Enhanced::new(2, 0, 0)), &["a", "b"]);
        let (seen, _) = replies(&bytes);
        assert_eq!(seen.first().map(Reply::text).as_deref(), Some("a\nb"));
        assert!(seen.iter().all(|r| r.odd.is_empty()));
    }
}
