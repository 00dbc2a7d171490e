//! The bytes that leave: CRLF for every line end, dots doubled for DATA, counted pieces for BDAT.
//!
//! Only line ends change. A bare CR, a NUL or anything else that stands in the text leaves too.

use bytes::Bytes;

use crate::smtp::payload;

/// One piece of a message for BDAT (RFC 3030 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its bytes.
    pub data: Bytes,
    /// Whether the message ends with it.
    pub last: bool,
}

impl Chunk {
    /// The command that announces it, with its line end.
    pub fn command(&self) -> String {
        let last = if self.last { " LAST" } else { "" };
        format!("BDAT {}{last}\r\n", self.data.len())
    }

    /// The command and its octets, which leave together.
    pub fn whole(&self) -> Bytes {
        [self.command().as_bytes(), &self.data[..]].concat().into()
    }
}

/// The message that `text` is: CRLF for LF, and a CRLF at the end (RFC 5322 §2.1).
pub fn wire(text: &str) -> Bytes {
    let mut out = Vec::with_capacity(text.len() + text.len() / 32 + 2);
    for line in text.split_inclusive('\n') {
        out.extend_from_slice(line.strip_suffix('\n').unwrap_or(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    Bytes::from(out)
}

/// How long that message is: a draft of `bytes` with `ends` line ends, the last one behind
/// everything if it has `ended`. SIZE counts so, without doubled dots (RFC 1870 §5).
pub const fn wire_len(bytes: usize, ends: usize, ended: bool) -> u64 {
    let last = if ended || bytes == 0 { 0 } else { 2 };
    (bytes + ends + last) as u64
}

/// What follows `354`: the message with its dots doubled, and the end mark (RFC 5321 §4.5.2).
pub fn mail_data(text: &str) -> Bytes {
    payload::stuff(wire(text).into())
}

/// `wire` in pieces of at most `size` bytes. An empty message is one empty piece.
pub fn chunks(wire: Bytes, size: usize) -> impl Iterator<Item = Chunk> {
    let mut rest = Some(wire);
    std::iter::from_fn(move || {
        let mut left = rest.take()?;
        let data = left.split_to(size.clamp(1, left.len().max(1)).min(left.len()));
        let last = left.is_empty();
        if !last {
            rest = Some(left);
        }
        Some(Chunk { data, last })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_ends_change() {
        for (text, bytes) in [
            ("", ""),
            ("a", "a\r\n"),
            ("a\n", "a\r\n"),
            ("a\n\nb", "a\r\n\r\nb\r\n"),
            ("a\rb\r\n\0", "a\rb\r\r\n\0\r\n"),
            (".\n", ".\r\n"),
        ] {
            assert_eq!(&wire(text)[..], bytes.as_bytes(), "{text:?}");
        }
        assert_eq!(&mail_data("a\r\n.\n..b")[..], b"a\r\r\n..\r\n...b\r\n.\r\n");
        assert_eq!(&mail_data("")[..], b".\r\n");
    }

    #[test]
    fn chunks_are_counted() {
        for (text, size, commands) in [
            ("", 10, &["BDAT 0 LAST\r\n"][..]),
            ("abcd", 6, &["BDAT 6 LAST\r\n"]),
            ("abcd", 5, &["BDAT 5\r\n", "BDAT 1 LAST\r\n"]),
            ("a", 0, &["BDAT 1\r\n", "BDAT 1\r\n", "BDAT 1 LAST\r\n"]),
        ] {
            let pieces: Vec<_> = chunks(wire(text), size).collect();
            let seen: Vec<_> = pieces.iter().map(Chunk::command).collect();
            assert_eq!(seen, commands, "{text:?}");
            let whole: Vec<u8> = pieces.iter().flat_map(|p| p.data.to_vec()).collect();
            assert_eq!(whole, wire(text));
        }
    }
}
