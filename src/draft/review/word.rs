//! Encoded words in a header (RFC 2047 §2).

use crate::session::content::is_utf8;
use crate::session::flaw::coding::charset_fault;
use crate::session::flaw::rule::Rule;
use crate::session::word::{Fault, Reader, text};
use crate::smtp::Span;
use crate::smtp::unseen::Unseen;

use super::super::field::{Field, Section};
use super::Marks;
use super::rule::{
    NOT_IN_CHARSET, WORD_BROKEN, WORD_CHARSET, WORD_CONTROL, WORD_DIRECTION, WORD_LONG, WORD_PLACE,
    WORD_SHIFT, WORD_SPLIT,
};

/// Reads the encoded words in the header of a draft.
pub(super) fn read(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    for field in section.fields.iter().filter(|field| field.value.is_some()) {
        // A comment can go on in the next line, and so can a run of words.
        let (mut reader, mut run) = (Reader::default(), Run::default());
        for at in field.lines.clone() {
            let line = lines.get(at).copied().unwrap_or_default();
            words(at, line, field, (&mut reader, &mut run), marks);
        }
        run.end(marks);
    }
}

/// Encoded words in one charset with nothing but blanks between them.
#[derive(Default)]
struct Run {
    charset: String,
    words: Vec<Decoded>,
}

/// An encoded word, and the bytes that it stands for.
struct Decoded {
    line: usize,
    span: Span,
    bytes: Vec<u8>,
}

impl Run {
    /// A word behind the others, or the first of another run.
    fn push(&mut self, charset: &str, word: Decoded, marks: &mut Marks) {
        if !self.charset.eq_ignore_ascii_case(charset) {
            self.end(marks);
            charset.clone_into(&mut self.charset);
        }
        self.words.push(word);
    }

    /// Says what is wrong with what the words stand for, alone and together.
    fn end(&mut self, marks: &mut Marks) {
        let words = std::mem::take(&mut self.words);
        let is_broken = |word: &&Decoded| charset_fault(&self.charset, &word.bytes).is_some();
        let broken: Vec<_> = words.iter().filter(is_broken).collect();
        let joined: Vec<u8> = if broken.is_empty() {
            Vec::new()
        } else {
            words.iter().flat_map(|word| &word.bytes).copied().collect()
        };
        let whole = charset_fault(&self.charset, &joined).is_none();
        for word in &broken {
            if whole || self.is_cut(&word.bytes) {
                marks.add(&WORD_SPLIT, word.line, word.span);
            } else {
                let rule = Rule { clause: "RFC 2047 §3", about: "encoded-word", ..NOT_IN_CHARSET };
                let values = [("charset", self.charset.clone())];
                marks.say(&rule, word.line, word.span, &values);
            }
        }
        let mut seen = Vec::new();
        for word in &words {
            for c in self.hidden(&word.bytes) {
                hides(c, word, marks);
                if !seen.contains(&c) {
                    seen.push(c);
                }
            }
        }
        // A character in pieces belongs to none of the words.
        if let Some(word) = broken.first() {
            for c in self.hidden(&joined).into_iter().filter(|c| !seen.contains(c)) {
                hides(c, word, marks);
            }
        }
    }

    /// Whether the first or the last character is not there as a whole.
    fn is_cut(&self, bytes: &[u8]) -> bool {
        let begins = bytes.first().is_some_and(|first| (0x80..0xc0).contains(first));
        let ends = || str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
        is_utf8(&self.charset) && (begins || ends())
    }

    /// The characters that nobody sees and that are no blanks.
    fn hidden(&self, bytes: &[u8]) -> Vec<char> {
        let text = text(&self.charset, bytes);
        text.chars().filter(|c| (c.is_control() && *c != '\t') || turns(*c)).collect()
    }
}

const fn turns(c: char) -> bool {
    matches!(Unseen::of(c), Some(Unseen::Turn))
}

fn hides(c: char, word: &Decoded, marks: &mut Marks) {
    let rule = if turns(c) { &WORD_DIRECTION } else { &WORD_CONTROL };
    let values = [("char", format!("U+{:04X}", u32::from(c)))];
    marks.say(rule, word.line, word.span, &values);
}

/// Reads the encoded words of line number `at`.
fn words(
    at: usize,
    line: &str,
    field: &Field<'_>,
    (reader, run): (&mut Reader, &mut Run),
    marks: &mut Marks,
) {
    for word in reader.line(field.name, line) {
        if word.apart {
            run.end(marks);
        }
        let span = word.span;
        if let Some(fault) = word.fault {
            marks.add(rule(fault), at, span);
        }
        match word.bytes.zip(word.charset) {
            Some((bytes, charset)) => {
                if is_shifted(&charset, &bytes) {
                    marks.say(&WORD_SHIFT, at, span, &[("charset", charset.clone())]);
                }
                run.push(&charset, Decoded { line: at, span, bytes }, marks);
            }
            None => run.end(marks),
        }
    }
}

/// Whether text in a charset that switches between sets of characters does not end in ASCII
/// (ISO/IEC 2022, RFC 1468).
fn is_shifted(charset: &str, bytes: &[u8]) -> bool {
    let charset = charset.to_ascii_lowercase().replace(['-', '_'], "");
    if !charset.contains("iso2022") {
        return false;
    }
    let is_ascii = |escape: usize| match bytes.get(escape + 1..)? {
        // Sets that are only made ready, for a shift that is still to come.
        [b'$', b')' | b'*' | b'+', ..] => None,
        [b'$', ..] => Some(false),
        [b'(', set, ..] => Some(*set == b'B'),
        _ => None,
    };
    let shift = bytes.iter().rfind(|byte| matches!(byte, 0x0e | 0x0f));
    shift == Some(&0x0e) || memchr::memrchr_iter(0x1b, bytes).find_map(is_ascii) == Some(false)
}

const fn rule(fault: Fault) -> &'static Rule {
    match fault {
        Fault::Broken => &WORD_BROKEN,
        Fault::Charset => &WORD_CHARSET,
        Fault::Place => &WORD_PLACE,
        Fault::Long => &WORD_LONG,
    }
}
