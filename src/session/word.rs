//! Encoded words in the value of a field: where they stand, what they stand for, and whether they
//! are to be decoded there (RFC 2047 §2, RFC 2047 §5).
//!
//! What is decoded here is what every reader has to decode; the rest stays as it was written.

use encodify::rfc2047::{EncodedWord, MAX_WORD_LEN, WordEncoding};

use super::content::{decode, is_known_charset};
use super::flaw::coding::base64_fault;
use super::header::is_one_of;
use crate::smtp::Span;

/// What looks like an encoded word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where it stands in its line.
    pub span: Span,
    /// The bytes that it stands for, if it is whole.
    pub bytes: Option<Vec<u8>>,
    /// Its charset, if that is known.
    pub charset: Option<String>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// Whether more than blanks stands between the word before and this one.
    pub apart: bool,
    /// Whether it stands in a name or another phrase.
    phrase: bool,
}

/// What can be wrong with an encoded word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It has not the form of one.
    Broken,
    /// Its charset is unknown.
    Charset,
    /// It stands where none can.
    Place,
    /// It is longer than one may be, and decoded all the same.
    Long,
}

impl Word {
    /// The text that it is shown as; `None` if it stays as it stands.
    pub fn text(&self) -> Option<String> {
        if !matches!(self.fault, None | Some(Fault::Long)) {
            return None;
        }
        let (bytes, charset) = (self.bytes.as_ref()?, self.charset.as_ref()?);
        Some(text(charset, bytes))
    }

    /// The same word, with the bytes that it stands for in `line`.
    fn exact(&self, line: &[u8]) -> Self {
        let word = EncodedWord::parse(self.span.of(line)).map(|(word, _)| word);
        Self { bytes: word.as_ref().and_then(bytes_of), ..self.clone() }
    }
}

/// Bytes of an encoded word as text: what is none in its charset is replaced.
pub fn text(charset: &str, bytes: &[u8]) -> String {
    decode(charset, bytes).unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
}

/// What must be quoted in a phrase, such as the name before an address (RFC 5322 §3.2.3).
const SPECIALS: &[char] = &['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '.', '"'];

/// A phrase with the quotes that it needs: without them it could be read as an address.
pub fn phrase(text: String) -> String {
    if !text.contains(SPECIALS) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The value of the field `name`, in one line, with its encoded words decoded. Blanks between two
/// of them are not shown (RFC 2047 §6.2); what they say in a phrase is quoted where it must be.
pub fn decoded(name: &str, value: &[u8]) -> String {
    let (mut out, mut from) = (String::new(), 0);
    let (mut run, mut in_phrase) = (String::new(), false);
    let end = |out: &mut String, run: &mut String, in_phrase: bool| {
        let run = std::mem::take(run);
        out.push_str(&if in_phrase { phrase(run) } else { run });
    };
    for word in Reader::default().line(name, &masked(value)) {
        let Some(text) = word.exact(value).text() else { continue };
        let before = Span::new(from, word.span.start).of(value);
        if from == 0 || !before.trim_ascii().is_empty() {
            end(&mut out, &mut run, in_phrase);
            out.push_str(&String::from_utf8_lossy(before));
        }
        run.push_str(&text);
        (from, in_phrase) = (word.span.end, word.phrase);
    }
    end(&mut out, &mut run, in_phrase);
    out.push_str(&String::from_utf8_lossy(value.get(from..).unwrap_or_default()));
    out
}

/// A text in which everything stands where it does in `bytes`, whatever they are.
fn masked(bytes: &[u8]) -> String {
    const MASK: &str = "\u{1a}";
    let chunks = bytes.utf8_chunks();
    chunks.fold(String::with_capacity(bytes.len()), |out, chunk| {
        out + chunk.valid() + &MASK.repeat(chunk.invalid().len())
    })
}

/// Reads the lines of a field one by one: a comment can go on in the next line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    quoted: bool,
    comments: usize,
    escaped: bool,
    apart: bool,
}

impl Reader {
    /// The words of the next line of the field `name`.
    pub fn line(&mut self, name: &str, line: &str) -> Vec<Word> {
        let (mut out, mut from) = (Vec::new(), 0);
        while let Some(start) = line.get(from..).and_then(|rest| Some(from + rest.find("=?")?)) {
            self.read(line.get(from..start).unwrap_or_default());
            let rest = line.get(start..).unwrap_or_default();
            let parsed = EncodedWord::parse(rest.as_bytes());
            let len = parsed.as_ref().map_or_else(|| token_len(rest), |(_, len)| *len);
            let span = Span::new(start, start + len);
            from = span.end;
            let token = line.get(start..from).unwrap_or_default();
            let word = parsed.map(|(word, _)| word);
            let bytes = word.as_ref().and_then(bytes_of);
            let charset = word.as_ref().map(|word| String::from_utf8_lossy(word.charset));
            let charset = charset.filter(|charset| is_known_charset(charset));
            let (words, among) = (Words::of(name), self.among());
            let phrase = matches!(words, Words::Names | Words::Phrases) && among == Among::Words;
            let allowed = words.take(among) && !is_joined((name, words), line, span);
            let fault = match (&bytes, &charset) {
                // Something else may have the two characters, such as an address of the web.
                (None, _)
                    if word.is_some()
                        || token.matches('?').count() > 2
                        || token.ends_with("?=") =>
                {
                    Some(Fault::Broken)
                }
                (None, _) => None,
                (_, None) => Some(Fault::Charset),
                _ if !allowed => Some(Fault::Place),
                _ => (span.len() > MAX_WORD_LEN).then_some(Fault::Long),
            };
            let charset = charset.map(std::borrow::Cow::into_owned);
            out.push(Word { span, bytes, charset, fault, apart: self.apart, phrase });
            self.apart = false;
        }
        self.read(line.get(from..).unwrap_or_default());
        out
    }

    /// Goes over text that holds no word (RFC 5322 §3.2.2, RFC 5322 §3.2.4).
    fn read(&mut self, text: &str) {
        self.apart |= !text.trim().is_empty();
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

    const fn among(self) -> Among {
        match (self.quoted, self.comments) {
            (true, _) => Among::Quotes,
            (_, 0) => Among::Words,
            _ => Among::Comment,
        }
    }
}

/// The bytes that a word stands for, if it is whole.
fn bytes_of(word: &EncodedWord<'_>) -> Option<Vec<u8>> {
    let broken = match word.encoding {
        WordEncoding::Base64 => base64_fault(word.payload).is_some(),
        // Blanks stand for themselves to a lenient reader only.
        WordEncoding::Q => word.payload.contains(&b' '),
    };
    word.decode().ok().filter(|_| !broken)
}

/// Whether an encoded word has other text beside it (RFC 2047 §5). In a free text `,` and `:` are
/// text too, but for the colon behind the name of the field.
fn is_joined((name, words): (&str, Words), line: &str, span: Span) -> bool {
    let before = line.get(..span.start).unwrap_or_default();
    let after = line.get(span.end..).unwrap_or_default();
    let marks = words != Words::Text;
    let begins = before
        .strip_suffix(':')
        .is_some_and(|own| own.trim_end().eq_ignore_ascii_case(name.trim_end()));
    let joins = |c: char, bracket: char| {
        !c.is_ascii_whitespace() && c != bracket && !(marks && matches!(c, ',' | ':'))
    };
    (!begins && before.ends_with(|c| joins(c, '('))) || after.starts_with(|c| joins(c, ')'))
}

fn token_len(rest: &str) -> usize {
    rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '"' | ')')).unwrap_or(rest.len())
}

/// What in a field a word stands among.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Among {
    /// Other words.
    Words,
    /// What is quoted.
    Quotes,
    /// A comment.
    Comment,
}

/// Where encoded words may stand in a field (RFC 2047 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Anywhere: it is a free text.
    Text,
    /// In the names before addresses and identifiers.
    Names,
    /// In each of its phrases, which commas separate.
    Phrases,
    /// Nowhere but in comments: it is structured.
    Comments,
    /// Not even there.
    Nowhere,
}

/// The fields that are no free text; a name that ends with a hyphen stands for all that begin so.
#[rustfmt::skip]
const STRUCTURED: &[(Words, &[&str])] = &[
    (Words::Text, &["Content-Description"]),
    (Words::Names, &[
        "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Author",
        "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Bcc", "Resent-Reply-To",
        "Disposition-Notification-To", "Return-Receipt-To", "Errors-To",
        "Mail-Followup-To", "Mail-Reply-To",
        // A name, and the identifier in brackets (RFC 2919 §3).
        "List-ID",
    ]),
    (Words::Phrases, &["Keywords"]),
    (Words::Comments, &[
        "Date", "Message-ID", "In-Reply-To", "References", "Resent-Date", "Resent-Message-ID",
        "Return-Path", "MIME-Version", "Content-", "List-", "Archived-At",
        "Auto-Submitted", "Precedence", "Importance", "Priority", "Sensitivity", "Expires",
        "Disposition-Notification-Options", "Original-Recipient", "Original-Message-ID",
        "DKIM-Signature", "DomainKey-Signature", "Authentication-Results", "ARC-", "Received-SPF",
        "Autocrypt", "VBR-Info", "MT-Priority", "TLS-Required", "Require-Recipient-Valid-Since",
    ]),
    (Words::Nowhere, &["Received"]),
];

impl Words {
    /// Where they may stand in the field `name`.
    pub fn of(name: &str) -> Self {
        let row = STRUCTURED.iter().find(|(_, fields)| is_one_of(name, fields));
        row.map_or(Self::Text, |(words, _)| *words)
    }

    /// Whether one may stand there.
    fn take(self, among: Among) -> bool {
        match self {
            // There quotes and brackets are text.
            Self::Text => true,
            Self::Names | Self::Phrases => among != Among::Quotes,
            Self::Comments => among == Among::Comment,
            Self::Nowhere => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_to_be_decoded_is() {
        for (name, value, shown) in [
            ("Subject", "=?utf-8?Q?J=C3=BCrgen?=", "J\u{fc}rgen"),
            ("Subject", "a =?utf-8?Q?b?= c", "a b c"),
            ("Subject", "=?utf-8?Q?a?=  =?utf-8*en?Q?_b?= =?iso-8859-1?Q?=FC?=", "a b\u{fc}"),
            ("Subject", "x=?utf-8?Q?a?=y", "x=?utf-8?Q?a?=y"),
            ("Subject", "=?nope?Q?a?=", "=?nope?Q?a?="),
            ("Subject", "=?utf-8?Q?a?= =?nope?Q?b?= =?utf-8?Q?c?=", "a =?nope?Q?b?= c"),
            ("Subject", "=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="),
            ("Subject", "\"=?utf-8?Q?a?=\"", "\"=?utf-8?Q?a?=\""),
            ("Subject", "(=?utf-8?Q?a?=)", "(a)"),
            ("Subject", "=?utf-8?Q?a?=, b", "=?utf-8?Q?a?=, b"),
            ("Subject", "a:=?utf-8?Q?b?=", "a:=?utf-8?Q?b?="),
            ("Keywords", "=?utf-8?Q?a?=,=?utf-8?Q?b?=", "a,b"),
            (
                "From",
                "=?utf-8?q?b=40x.example_?= =?utf-8?q?=3Cb=40x.example=3E?= <a@b.example>",
                "\"b@x.example <b@x.example>\" <a@b.example>",
            ),
            ("From", "A =?utf-8?q?=22b=5C?= <a@b.example>", "A \"\\\"b\\\\\" <a@b.example>"),
            ("From", "a@b.example (=?utf-8?q?c=40d?=)", "a@b.example (c@d)"),
            ("Subject", "=?utf-8?q?a=40b?=", "a@b"),
            ("Subject", "see http://x.example/=?y", "see http://x.example/=?y"),
            (
                "Cc",
                "\"=?utf-8?Q?J=C3=BCrgen?=\" <d@x.example>",
                "\"=?utf-8?Q?J=C3=BCrgen?=\" <d@x.example>",
            ),
            (
                "Cc",
                "=?utf-8?Q?J=C3=BCrgen?= <d@x.example> (=?utf-8?Q?a?=)",
                "J\u{fc}rgen <d@x.example> (a)",
            ),
            ("Message-ID", "<1@x.example> =?utf-8?Q?a?=", "<1@x.example> =?utf-8?Q?a?="),
            ("List-Post", "=?utf-8?Q?a?= (=?utf-8?Q?a?=)", "=?utf-8?Q?a?= (a)"),
            ("ARC-Seal", "=?utf-8?Q?a?=", "=?utf-8?Q?a?="),
            ("Date", "now (=?utf-8?Q?a?=)", "now (a)"),
            ("Received", "by x (=?utf-8?Q?a?=)", "by x (=?utf-8?Q?a?=)"),
        ] {
            assert_eq!(decoded(name, value.as_bytes()), shown, "{name}: {value}");
        }
        // Old programs leave bytes in a word as they are.
        let value = b"\xff =?iso-8859-1?Q?Fr\xf6sche=21?= caf\xc3\xa9";
        assert_eq!(decoded("Subject", value), "\u{fffd} Fr\u{f6}sche! caf\u{e9}");
    }
}
