//! Where a message lies, in words.

use crate::journal::Stored;
use crate::knowledge::{self, Lang};
use crate::session::Message;
use crate::smtp::line::LineEnd;

use super::token::{own_visible, visible};
use super::words::grouped;

/// What a Maildir notes, each as a letter and the key of its word.
const FLAGS: [(char, &str); 6] = [
    ('D', "flag.D"),
    ('F', "flag.F"),
    ('P', "flag.P"),
    ('R', "flag.R"),
    ('S', "flag.S"),
    ('T', "flag.T"),
];

/// File, number, size and line ends, and what its mailbox notes of it.
pub fn said(stored: &Stored, message: Option<&Message>, lang: Lang) -> String {
    let number = stored.number.map(|n| n.to_string());
    let key = if number.is_some() { "stored.number" } else { "stored.alone" };
    let end = match message {
        Some(message) if message.line_count() > 0 => line_end(message, lang),
        _ => knowledge::word(lang, "stored.by-nothing"),
    };
    let lines = message.map_or(0, Message::line_count);
    let values = [
        ("file", &*own_visible(&stored.file)),
        ("n", number.as_deref().unwrap_or_default()),
        ("size", &grouped(stored.message.len() as u64)),
        ("lines", &grouped(lines as u64)),
        ("end", end),
    ];
    let mut said = knowledge::fill(lang, key, &values);
    if let Some(letters) = &stored.flags {
        let values = [("flags", &*flags(letters, lang))];
        said.push_str(&knowledge::fill(lang, "stored.flags", &values));
    }
    let separator = stored.separator().trim_ascii_end();
    if !separator.is_empty() {
        let values = [("line", &*visible(separator))];
        said.push_str(&knowledge::fill(lang, "stored.separator", &values));
    }
    let quoted = message.map_or(0, Message::quoted);
    if quoted > 0 {
        let values = [("n", &*quoted.to_string())];
        said.push_str(&knowledge::fill(lang, "stored.quoted", &values));
    }
    said
}

fn line_end(message: &Message, lang: Lang) -> &'static str {
    match message.usual_end() {
        _ if !message.ends_lines() => knowledge::word(lang, "stored.by-nothing"),
        LineEnd::Lf => "LF",
        _ => "CRLF",
    }
}

/// The flags by name; a letter that has none is a keyword of whoever wrote it.
fn flags(letters: &str, lang: Lang) -> String {
    if letters.is_empty() {
        return knowledge::word(lang, "flag.none").to_owned();
    }
    let name = |letter: char| {
        let known = FLAGS.iter().find(|(flag, _)| *flag == letter);
        known.map_or_else(
            || own_visible(&letter.to_string()),
            |(_, key)| knowledge::word(lang, key).to_owned(),
        )
    };
    letters.chars().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn where_a_message_lies_is_told_in_both_languages() {
        let whole = Stored {
            flags: Some("RSx".into()),
            ..Stored::whole("a\u{1b}.eml".into(), Bytes::from_static(b"A: b\r\n\r\n"))
        };
        let text = "From x Thu Nov 26 10:59:50 2026\nA: b\n\n>From y\n\n";
        let file = Bytes::from_static(text.as_bytes());
        let part = crate::journal::mbox::split("b.mbox", &file).remove(0);
        for (stored, lang, told) in [
            (
                &whole,
                Lang::En,
                "message in a\\x1b.eml: 8 B, lines: 2, ended by CRLF; replied, seen, x",
            ),
            (
                &part,
                Lang::En,
                "message 1 in b.mbox: 14 B, lines: 3, ended by LF; behind \"From x Thu Nov 26 10:59:50 2026\"; lines that begin with \">From \": 1, ",
            ),
            (&part, Lang::Ja, "b.mbox の 1 通目：14 B、3 行、行末は LF。区切り行は「From x"),
        ] {
            let said = said(stored, Some(&Message::stored(stored.clone())), lang);
            assert!(said.starts_with(told), "{said}");
        }
    }
}
