//! An mbox: messages in one file, each behind a line that begins with `From ` (RFC 4155 §A).
//!
//! Nothing is unquoted and nothing is lost: what separates messages is kept beside them, and the
//! pieces put together are the file again. Which kind of mbox it is (mboxo, mboxrd, mboxcl) cannot be
//! seen, so a line that begins with `>From ` stays as it stands, and is counted.

use bytes::Bytes;
use memchr::memmem;

use super::Stored;
use crate::smtp::Span;

/// With what a separator begins.
const FROM: &[u8] = b"From ";

/// Whether `bytes` begin as an mbox does: with a separator.
pub fn is_mbox(bytes: &[u8]) -> bool {
    is_separator(first_line(bytes))
}

/// The messages of an mbox called `file`. Its first line separates even if it has no date; what
/// stands before the first separator otherwise is a message of its own, so that it can be seen.
pub fn split(file: &str, bytes: &Bytes) -> Vec<Stored> {
    let mut starts: Vec<usize> = memmem::find_iter(bytes, b"\nFrom ")
        .map(|at| at + 1)
        .filter(|at| is_separator(first_line(bytes.get(*at..).unwrap_or_default())))
        .collect();
    if !bytes.is_empty() {
        starts.insert(0, 0);
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let pieces = starts.iter().zip(ends).zip(1..);
    pieces.map(|((start, end), number)| stored(file, number, bytes.slice(*start..end))).collect()
}

fn stored(file: &str, number: u64, data: Bytes) -> Stored {
    let separator = first_line(&data);
    let start = if separator.starts_with(FROM) { separator.len() } else { 0 };
    let behind = |ends: &[u8]| data.get(start..).is_some_and(|rest| rest.ends_with(ends));
    // The empty line behind a message is no part of it, if its last line has an end of its own.
    let empty = match () {
        () if behind(b"\n\r\n") || data.get(start..) == Some(b"\r\n") => 2,
        () if behind(b"\n\n") || data.get(start..) == Some(b"\n") => 1,
        () => 0,
    };
    let message = Span::new(start, data.len() - empty);
    Stored { file: file.to_owned(), number: Some(number), flags: None, data, message }
}

/// How many lines of a message begin with `From ` behind one or more `>`: they may have been quoted
/// when it was put into an mbox.
pub fn quoted(message: &[u8]) -> usize {
    let begins = |at: &usize| {
        let before = message.get(..*at).unwrap_or_default();
        let marks = before.iter().rev().take_while(|b| **b == b'>').count();
        let line = before.len() - marks;
        marks > 0 && (line == 0 || before.get(line - 1) == Some(&b'\n'))
    };
    memmem::find_iter(message, FROM).filter(begins).count()
}

/// The line at the front, its end included.
fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
    bytes.get(..end).unwrap_or_default()
}

/// `From`, an address, and a date in the form of C: `Thu Nov 26 10:59:50 2026`. Without its date a
/// line of text can begin so, and often nobody quoted it.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(FROM) else { return false };
    let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_time = |word: &[u8]| {
        let parts: Vec<_> = word.split(|b| *b == b':').collect();
        matches!(parts.len(), 2 | 3)
            && parts.iter().all(|part| matches!(part.len(), 1 | 2) && is_number(part))
    };
    words.any(is_time) && words.any(|word| word.len() == 4 && is_number(word))
}

fn is_number(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let all = split("x", &bytes);
        let together: Vec<u8> = all.iter().flat_map(|stored| stored.data.to_vec()).collect();
        assert_eq!(together, text.as_bytes(), "nothing is lost");
        all.iter().map(|stored| String::from_utf8_lossy(&stored.bytes()).into_owned()).collect()
    }

    #[test]
    fn messages_stand_behind_separators() {
        const FIRST: &str = "From a@b.example Thu Nov 26 10:59:50 2026\n";
        const LATER: &str = "From - Fri, 27 Nov 10:59 2026 +0100\r\n";
        for (text, seen) in [
            (format!("{FIRST}A: b\n\nhi\n\n{FIRST}C: d\n\n"), &["A: b\n\nhi\n", "C: d\n"][..]),
            (format!("{FIRST}A: b\n\nhi\n{FIRST}\n"), &["A: b\n\nhi\n", ""]),
            (format!("{LATER}A: b\r\n\r\nhi\r\n\r\n{LATER}C: d"), &["A: b\r\n\r\nhi\r\n", "C: d"]),
            ("From me\nA: b\n\nFrom here on\n".to_owned(), &["A: b\n\nFrom here on\n"]),
            (format!("A: b\n{FIRST}C: d\n"), &["A: b\n", "C: d\n"]),
            (FIRST.to_owned(), &[""]),
            (String::new(), &[]),
        ] {
            assert_eq!(messages(&text), seen, "{text:?}");
        }
    }

    #[test]
    fn a_separator_has_a_date() {
        for (text, is) in [
            ("From MAILER-DAEMON Fri Jul  8 12:08:34 2011\n", true),
            ("From a@b.example Thu Jan  1 00:00:00 UTC 1970 remote from x", true),
            ("From: a@b.example\n", false),
            ("From here it takes 10:30 hours in total.\n", false),
            ("From a@b.example\n", false),
            ("", false),
        ] {
            assert_eq!(is_mbox(text.as_bytes()), is, "{text}");
        }
    }

    #[test]
    fn quoted_lines_are_counted() {
        let text = b">From a\n>>From b\n> From c\nx >From d\nFrom e\n>From";
        assert_eq!(quoted(text), 2);
    }
}
