//! Transfer encodings: how a body or a file is written so that the wire lets it pass.

use std::ops::Range;

use encodify::base64::{MIME, STANDARD};
use encodify::qp;

use super::field::lines;
use super::header::{set_in, spliced, with_version};
use super::param;
use super::part::{Part, parts};
use crate::session::flaw::width;

/// Longest line of a text that goes out as it is (RFC 5322 §2.1.1).
const LINE_LIMIT: usize = 998;

/// A transfer encoding (RFC 2045 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// ASCII text as it is.
    SevenBit,
    /// Text as it is, needs 8BITMIME beyond ASCII.
    EightBit,
    /// Readable, for text with a little beyond ASCII.
    QuotedPrintable,
    /// For everything else.
    Base64,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::SevenBit, Self::EightBit, Self::QuotedPrintable, Self::Base64];

    /// The name of it in a header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }

    /// The plainest one that needs nothing of the server. It gives `bytes` back unchanged, but for
    /// the line ends of a `text` with LF: where its lines stay readable, they end with CRLF.
    pub fn of(bytes: &[u8], text: bool) -> Self {
        if bytes.is_ascii() && is_wire_text(bytes, text) {
            return Self::SevenBit;
        }
        // A tenth beyond ASCII is still readable, and not longer than base64 would be.
        let odd =
            bytes.iter().filter(|b| !matches!(b, b' '..=b'~' | b'\r' | b'\n' | b'\t')).count();
        if odd * 10 <= bytes.len() { Self::QuotedPrintable } else { Self::Base64 }
    }

    /// None at all, for lines of text: nothing of them changes but that each ends with CRLF.
    pub(super) fn plain(bytes: &[u8]) -> Option<Self> {
        let text = str::from_utf8(bytes).ok()?.replace("\r\n", "\n");
        let is_lines = !text.contains(['\r', '\0']) && text.lines().all(|l| l.len() <= LINE_LIMIT);
        let plain = if text.is_ascii() { Self::SevenBit } else { Self::EightBit };
        is_lines.then_some(plain)
    }

    /// `bytes` written with it as lines of a draft. Without an encoding only text can stand there,
    /// and each of its line ends will be CRLF on the wire; so will those of a `text` in
    /// quoted-printable (RFC 2045 §6.7). Base64 keeps every byte.
    pub(super) fn write(self, bytes: &[u8], text: bool) -> Option<String> {
        let written = match self {
            Self::SevenBit if !bytes.is_ascii() => return None,
            Self::SevenBit | Self::EightBit => str::from_utf8(bytes).ok()?.to_owned(),
            Self::QuotedPrintable if has_line_ends(bytes, text) => qp::BODY.encode(bytes),
            Self::QuotedPrintable => qp::BINARY.encode(bytes),
            Self::Base64 => MIME.encode(bytes),
        };
        let lines = written.replace("\r\n", "\n");
        // It ends every line, the last one too.
        Some(if self == Self::Base64 { lines.trim_end().to_owned() } else { lines })
    }
}

/// Whether the line ends of `bytes` are those of lines: CRLF throughout, or LF in a `text`. What has
/// both, or a CR alone, is no text of lines.
fn has_line_ends(bytes: &[u8], text: bool) -> bool {
    let count = |byte: u8| memchr::memchr_iter(byte, bytes).count();
    let (returns, feeds) = (count(b'\r'), count(b'\n'));
    if returns == 0 {
        return feeds == 0 || text;
    }
    returns == feeds && memchr::memmem::find_iter(bytes, b"\r\n").count() == feeds
}

/// Whether `bytes` can cross the wire as lines and come out the same.
fn is_wire_text(bytes: &[u8], text: bool) -> bool {
    let len = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).len();
    let long = || bytes.split(|b| *b == b'\n').any(|line| len(line) > LINE_LIMIT);
    has_line_ends(bytes, text) && !bytes.contains(&0) && !long()
}

/// The draft with the part at `line` written with `encoding`, its header saying so. `None` where
/// there is nothing to encode, or where the result would be no text.
pub fn encode_body(text: &str, line: usize, encoding: Encoding) -> Option<String> {
    let parts = parts(text);
    let holds = |part: &Part<'_>| part.section.lines.start <= line && line < part.section.body.end;
    let at = parts.iter().rposition(holds).unwrap_or_default();
    let part = parts.get(at).filter(|part| part.is_leaf() && !part.is_multipart())?;
    let bytes = decoded(part, &body(text, &part.section.body))?;
    let mut written = encoding.write(&bytes, part.is_text())?;
    if encoding == Encoding::Base64 && at == 0 && text.ends_with('\n') {
        written.push('\n');
    }
    let out = spliced(text, part.section.body.clone(), &written);
    let out = set_in(&out, &part.section, "Content-Transfer-Encoding", encoding.name());
    let labelled = bytes.is_ascii() || !is_plain(part);
    let out = if labelled { out } else { with_charset(&out, at) };
    let out = if encoding == Encoding::EightBit { raised(&out, &parts, at) } else { out };
    Some(with_version(&out))
}

/// The draft in which all that encloses part `at` says that something inside needs 8bit
/// (RFC 2045 §6.4). `parts` may be those of a draft that differs from that part on.
fn raised(text: &str, parts: &[Part<'_>], at: usize) -> String {
    let mut out = text.to_owned();
    let mut depth = parts.get(at).map_or(0, |part| part.depth);
    // What encloses stands before, so its lines are still where they were.
    for part in parts.iter().take(at).rev() {
        if part.depth < depth {
            depth = part.depth;
            out = with_at_least(&out, part, Encoding::EightBit.name());
        }
    }
    out
}

/// The draft whose `part` has at least the `encoding` of something inside, of those that are none.
pub(super) fn with_at_least(text: &str, part: &Part<'_>, encoding: &str) -> String {
    if width(encoding) <= width(&part.encoding) {
        return text.to_owned();
    }
    set_in(text, &part.section, "Content-Transfer-Encoding", encoding)
}

fn body(text: &str, range: &Range<usize>) -> String {
    lines(text).get(range.clone()).unwrap_or_default().join("\n")
}

/// Whether what stands in the draft are the characters themselves.
fn is_plain(part: &Part<'_>) -> bool {
    matches!(part.encoding.as_str(), "" | "7bit" | "8bit" | "binary")
}

/// The bytes that the body of `part` stands for, with CRLF for its line ends. `None` where some of
/// it cannot be read: nothing shall be lost.
fn decoded(part: &Part<'_>, body: &str) -> Option<Vec<u8>> {
    let wire = body.replace('\n', "\r\n");
    match part.encoding.as_str() {
        _ if is_plain(part) => Some(wire.into_bytes()),
        "quoted-printable" if !body.contains('\r') => {
            Some(qp::BODY.strict().decode(&wire).ok()?.into_owned())
        }
        "base64" => STANDARD.decode(body.replace('\n', "")).ok(),
        _ => None,
    }
}

/// The draft with a charset for the text beyond ASCII of part `at`: a draft is UTF-8.
fn with_charset(text: &str, at: usize) -> String {
    let parts = parts(text);
    let Some(part) = parts.get(at).filter(|part| part.is_text()) else { return text.to_owned() };
    let declared = part.section.value("Content-Type").unwrap_or("text/plain");
    set_in(text, &part.section, "Content-Type", &param::set(declared, "charset", "utf-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plainest_encoding_is_chosen() {
        for (bytes, encoding) in [
            (b"".as_slice(), Encoding::SevenBit),
            (b"a\r\nb\r\n", Encoding::SevenBit),
            (b"a\nb\n", Encoding::SevenBit),
            (b"a\nb\r\n", Encoding::QuotedPrintable),
            (b"a\rb", Encoding::QuotedPrintable),
            (
                "Gr\u{fc}\u{df}e aus der Stadt am Rhein, herzlich".as_bytes(),
                Encoding::QuotedPrintable,
            ),
            ("\u{65e5}\u{672c}".as_bytes(), Encoding::Base64),
            (b"\0\x01\xff", Encoding::Base64),
            (&[b'x'; 999], Encoding::QuotedPrintable),
        ] {
            assert_eq!(Encoding::of(bytes, true), encoding, "{}", bytes.escape_ascii());
        }
        assert_eq!(Encoding::of(b"a\nb\n", false), Encoding::QuotedPrintable, "no text");
    }

    #[test]
    fn line_ends_of_a_text_are_line_breaks() {
        for (bytes, text, written) in [
            ("\u{e9} 1\n\u{e9} 2\n", true, "=C3=A9 1\n=C3=A9 2\n"),
            ("a\r\nb", true, "a\nb"),
            ("a\nb\n", false, "a=0Ab=0A"),
            ("a\nb\r\n", true, "a=0Ab=0D=0A"),
            ("a\nb\rc", true, "a=0Ab=0Dc"),
            ("a\r\nb\r\n", false, "a\nb\n"),
        ] {
            let seen = Encoding::QuotedPrintable.write(bytes.as_bytes(), text);
            assert_eq!(seen.as_deref(), Some(written), "{bytes:?}");
        }
        assert_eq!(Encoding::Base64.write(b"a\nb", true).as_deref(), Some("YQpi"));
    }

    #[test]
    fn what_encloses_eight_bits_says_so() {
        let inner = "Content-Transfer-Encoding: quoted-printable\n\n=C3=A9\n";
        let text = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst\n--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\nSubject: x\n{inner}--b--\n"
        );
        let seen = encode_body(&text, 12, Encoding::EightBit).unwrap();
        assert_eq!(seen.matches("Content-Transfer-Encoding: 8bit\n").count(), 3, "{seen}");
        assert!(!seen.contains("7bit") && seen.contains("\n--b\n\nfirst\n"), "{seen}");
        let binary = text.replace("7bit", "binary");
        let seen = encode_body(&binary, 12, Encoding::EightBit).unwrap();
        assert_eq!(seen.matches(": 8bit\n").count(), 2, "{seen}");
        let same = encode_body(&text, 12, Encoding::Base64).unwrap();
        assert_eq!(same.matches("8bit").count(), 0, "{same}");
    }

    const DRAFT: &str = "From: a@b.example\n\nGr\u{fc}\u{df}e\n\nfolgt = gut\n";

    #[test]
    fn a_body_is_encoded_and_comes_back() {
        let quoted = encode_body(DRAFT, 0, Encoding::QuotedPrintable).unwrap();
        assert_eq!(
            quoted,
            "From: a@b.example\nContent-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=\"utf-8\"\nMIME-Version: 1.0\n\nGr=C3=BC=C3=9Fe\n\nfolgt =3D gut\n"
        );
        let base64 = encode_body(&quoted, 0, Encoding::Base64).unwrap();
        assert!(base64.ends_with("base64\nContent-Type: text/plain; charset=\"utf-8\"\nMIME-Version: 1.0\n\nR3LDvMOfZQ0KDQpmb2xndCA9IGd1dA0K\n"), "{base64}");
        let back = encode_body(&base64, 0, Encoding::EightBit).unwrap();
        assert!(back.ends_with("\n\nGr\u{fc}\u{df}e\n\nfolgt = gut\n"), "{back}");
    }

    #[test]
    fn only_the_part_at_the_line_is_encoded() {
        let text = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none \u{e9}\n--b\n\ntwo \u{e9}\n--b--\n";
        let seen = encode_body(text, 8, Encoding::Base64).unwrap();
        assert!(seen.contains("\none \u{e9}\n--b\nContent-Transfer-Encoding: base64\n"), "{seen}");
        assert!(seen.ends_with("\n\ndHdvIMOp\n--b--\n"), "{seen}");
        assert_eq!(encode_body(text, 0, Encoding::Base64), None);
        let blank = "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n\n\n--b--\n";
        let encoded = encode_body(blank, 5, Encoding::Base64).unwrap();
        let back = encode_body(&encoded, 6, Encoding::EightBit).unwrap();
        assert!(back.ends_with("8bit\n\nx\n\n\n--b--\n"), "{back}");
        for broken in ["base64\n\nQU*D\n", "quoted-printable\n\na=G0\n", "uuencode\n\nx\n"] {
            let text = format!("Content-Transfer-Encoding: {broken}");
            assert_eq!(encode_body(&text, 0, Encoding::EightBit), None, "{broken}");
        }
        let latin = "Content-Type: text/html; charset=iso-8859-1\n\n\u{e9}\n";
        let seen = encode_body(latin, 0, Encoding::QuotedPrintable).unwrap();
        assert!(seen.starts_with("Content-Type: text/html; charset=\"utf-8\"\n"), "{seen}");
        let binary = "Content-Transfer-Encoding: base64\n\n/w==\n";
        assert_eq!(encode_body(binary, 0, Encoding::EightBit), None);
    }
}
