//! Encoded words in a header (RFC 2047 §2).

use encodify::rfc2047::{EncodedWord, MAX_WORD_LEN, WordEncoding};

use crate::session::content::{decode, is_known_charset};
use crate::session::flaw::coding::{base64_fault, charset_fault};
use crate::session::flaw::rule::Rule;
use crate::smtp::Span;

use super::super::field::{Field, Section};
use super::super::header::{Among, takes_words};
use super::Marks;
use super::rule::{
    NOT_IN_CHARSET, WORD_BROKEN, WORD_CHARSET, WORD_CONTROL, WORD_DIRECTION, WORD_LONG, WORD_PLACE,
    WORD_SPLIT,
};

/// Reads the encoded words in the header of a draft.
pub(super) fn read(lines: &[&str], section: &Section<'_>, marks: &mut Marks) {
    for field in section.fields.iter().filter(|field| field.value.is_some()) {
        // A comment can go on in the next line, and so can a run of words.
        let (mut place, mut run) = (Place::default(), Run::default());
        for at in field.lines.clone() {
            let line = lines.get(at).copied().unwrap_or_default();
            words(at, line, field, (&mut place, &mut run), marks);
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
        let is = |name| self.charset.eq_ignore_ascii_case(name);
        let begins = bytes.first().is_some_and(|first| (0x80..0xc0).contains(first));
        let ends = || str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
        (is("utf-8") || is("utf8")) && (begins || ends())
    }

    /// The characters that nobody sees and that are no blanks.
    fn hidden(&self, bytes: &[u8]) -> Vec<char> {
        let text = decode(&self.charset, bytes);
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
        text.chars().filter(|c| (c.is_control() && *c != '\t') || turns(*c)).collect()
    }
}

/// Whether a character turns the direction of the text behind it, whatever that is.
const fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn hides(c: char, word: &Decoded, marks: &mut Marks) {
    let rule = if turns(c) { &WORD_DIRECTION } else { &WORD_CONTROL };
    let values = [("char", format!("U+{:04X}", u32::from(c)))];
    marks.say(rule, word.line, word.span, &values);
}

/// What a place of a field is inside of (RFC 5322 §3.2.2, RFC 5322 §3.2.4).
#[derive(Default)]
struct Place {
    quoted: bool,
    comments: usize,
    escaped: bool,
}

impl Place {
    /// Goes over `text`.
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            let escaped = self.escaped;
            self.escaped = c == '\\' && !escaped;
            match c {
                _ if escaped => {}
                '"' if self.comments == 0 => self.quoted = !self.quoted,
                '(' if !self.quoted => self.comments += 1,
                ')' if !self.quoted => self.comments = self.comments.saturating_sub(1),
                _ => {}
            }
        }
    }

    const fn among(&self) -> Among {
        match (self.quoted, self.comments) {
            (true, _) => Among::Quotes,
            (_, 0) => Among::Words,
            _ => Among::Comment,
        }
    }
}

/// Reads the encoded words of line number `at`.
fn words(
    at: usize,
    line: &str,
    field: &Field<'_>,
    (place, run): (&mut Place, &mut Run),
    marks: &mut Marks,
) {
    let mut from = 0;
    while let Some(start) = line.get(from..).and_then(|rest| Some(from + rest.find("=?")?)) {
        let before = line.get(from..start).unwrap_or_default();
        place.read(before);
        if !before.trim().is_empty() {
            run.end(marks);
        }
        let rest = line.get(start..).unwrap_or_default();
        let parsed = EncodedWord::parse(rest.as_bytes());
        let len = parsed.as_ref().map_or_else(|| token_len(rest), |(_, len)| *len);
        let span = Span::new(start, start + len);
        let token = line.get(start..span.end).unwrap_or_default();
        let word = parsed.map(|(word, _)| word);
        let bytes = word.as_ref().and_then(decoded);
        let charset = word.as_ref().map(|word| String::from_utf8_lossy(word.charset));
        let charset = charset.filter(|charset| is_known_charset(charset));
        let allowed = takes_words(field.name, place.among()) && !is_joined(line, span);
        let rule = match (&bytes, &charset) {
            // Something else may have the two characters, such as an address of the web.
            (None, _)
                if word.is_some() || token.matches('?').count() > 2 || token.ends_with("?=") =>
            {
                Some(&WORD_BROKEN)
            }
            (None, _) => None,
            _ if span.len() > MAX_WORD_LEN => Some(&WORD_LONG),
            (_, None) => Some(&WORD_CHARSET),
            _ => (!allowed).then_some(&WORD_PLACE),
        };
        if let Some(rule) = rule {
            marks.add(rule, at, span);
        }
        match bytes.zip(charset) {
            Some((bytes, charset)) => run.push(&charset, Decoded { line: at, span, bytes }, marks),
            None => run.end(marks),
        }
        from = span.end;
    }
    let rest = line.get(from..).unwrap_or_default();
    place.read(rest);
    if !rest.trim().is_empty() {
        run.end(marks);
    }
}

/// The bytes that a word stands for, if it is whole.
fn decoded(word: &EncodedWord<'_>) -> Option<Vec<u8>> {
    let broken = match word.encoding {
        WordEncoding::Base64 => base64_fault(word.payload).is_some(),
        // Blanks stand for themselves to a lenient reader only.
        WordEncoding::Q => word.payload.contains(&b' '),
    };
    word.decode().ok().filter(|_| !broken)
}

/// Whether an encoded word has other text beside it (RFC 2047 §5).
fn is_joined(line: &str, span: Span) -> bool {
    let before = line.get(..span.start).unwrap_or_default();
    let after = line.get(span.end..).unwrap_or_default();
    before.ends_with(|c: char| !c.is_ascii_whitespace() && !matches!(c, '(' | ':' | ','))
        || after.starts_with(|c: char| !c.is_ascii_whitespace() && !matches!(c, ')' | ',' | ':'))
}

fn token_len(rest: &str) -> usize {
    rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '"' | ')')).unwrap_or(rest.len())
}
