//! Files as parts of a draft.
//!
//! A text of one part becomes the first part of a multipart/mixed and keeps its own header fields
//! of content; a multipart/mixed gets one part more before its closing delimiter, and so does a
//! multipart/related for what is shown inline. An enclosed message is never encoded
//! (RFC 2046 §5.2.1): a file whose bytes would change without is attached as mere bytes.

use mail_builder::headers::Header;
use mail_builder::headers::content_type::ContentType;

use super::encoding::{Encoding, with_at_least};
use super::field::{Field, lines};
use super::header::{set_field, spliced, with_version};
use super::param;
use super::part::{Part, parts};
use crate::session::flaw::width;

/// A message in a message, and bytes of which nothing more is known.
const MESSAGE: &str = "message/rfc822";
const OCTETS: &str = "application/octet-stream";

/// A file to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// Its name, without folders.
    pub name: &'a str,
    /// What is in it.
    pub bytes: &'a [u8],
    /// Its media type; guessed from the name if there is none.
    pub kind: Option<&'a str>,
    /// How it is written; chosen by its bytes if there is none.
    pub encoding: Option<Encoding>,
    /// The identifier by which a text shows it inline, without brackets (RFC 2045 §7).
    pub content_id: Option<&'a str>,
}

/// The media type that the ending of a file's name promises.
pub fn guess(name: &str) -> String {
    mime_guess::from_path(name).first_or_octet_stream().essence_str().to_owned()
}

/// The draft with `file` attached; `boundary` is used where it has none yet. `None` if the file
/// cannot be written with the encoding that was asked for.
pub fn attach(text: &str, file: &Attachment<'_>, boundary: &str) -> Option<String> {
    let (part, encoding) = written(file)?;
    let tree = parts(text);
    let root = tree.first()?;
    let takes_more = root.kind == "multipart/mixed"
        || (root.kind == "multipart/related" && file.content_id.is_some());
    let (with, inner) = match root.boundary.as_deref().filter(|_| takes_more) {
        Some(own) => (appended(text, root, own, &part), ""),
        None => (wrapped(text, root, boundary, &part), root.encoding.as_str()),
    };
    // What encloses lets through what its parts do (RFC 2045 §6.4).
    let widest = if width(inner) > width(encoding.name()) { inner } else { encoding.name() };
    let tree = parts(&with);
    let raised = tree.first().map(|root| with_at_least(&with, root, widest));
    Some(raised.unwrap_or_default())
}

/// The lines of the part that holds `file`, and how it is encoded.
fn written(file: &Attachment<'_>) -> Option<(String, Encoding)> {
    let (kind, encoding) = form(file);
    let body = encoding.write(file.bytes, is_text(&kind))?;
    let mut declared = ContentType::new(kind);
    let named = file.kind.is_some_and(|kind| kind.to_ascii_lowercase().contains("charset="));
    if declared.is_text() && !named && str::from_utf8(file.bytes).is_ok() {
        declared = declared.attribute("charset", "utf-8");
    }
    let shown = if file.content_id.is_some() { "inline" } else { "attachment" };
    let disposition = ContentType::new(shown).attribute("filename", file.name);
    let id = file.content_id.map(|id| format!("Content-ID: <{id}>\n")).unwrap_or_default();
    let part = format!(
        "{}Content-Transfer-Encoding: {}\n{id}{}\n{}",
        field("Content-Type", &declared),
        encoding.name(),
        field("Content-Disposition", &disposition),
        body,
    );
    Some((part, encoding))
}

/// The media type and the encoding of `file`: what was asked for, and else what fits.
fn form(file: &Attachment<'_>) -> (String, Encoding) {
    let kind = file.kind.map_or_else(|| guess(file.name), str::to_owned);
    if param::head(&kind) != MESSAGE {
        let text = is_text(&kind);
        return (kind, file.encoding.unwrap_or_else(|| Encoding::of(file.bytes, text)));
    }
    let plain = || Encoding::plain(file.bytes).unwrap_or_else(|| Encoding::of(file.bytes, false));
    let encoding = file.encoding.unwrap_or_else(plain);
    let encodes = matches!(encoding, Encoding::QuotedPrintable | Encoding::Base64);
    // Whoever names both insists.
    let chosen = file.kind.is_none() || file.encoding.is_none();
    (if encodes && chosen { OCTETS.to_owned() } else { kind }, encoding)
}

/// Whether the line ends of such a file are line breaks, whatever bytes they are (RFC 2046 §4.1.1).
fn is_text(kind: &str) -> bool {
    kind.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("text/"))
}

/// A field with parameters as lines of a draft, long and non-ASCII ones by RFC 2231 §4.
fn field(name: &str, value: &ContentType<'_>) -> String {
    let mut out = Vec::new();
    value.write_header(&mut out, name.len() + 2);
    format!("{name}: {}", String::from_utf8_lossy(&out).replace("\r\n", "\n"))
}

/// One part more, before the line that closes the multipart, or at the end.
fn appended(text: &str, root: &Part<'_>, boundary: &str, part: &str) -> String {
    if let Some(at) = root.closed {
        return spliced(text, at..at, &format!("--{boundary}\n{part}"));
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    // Directly behind the header the boundary would be a line of it.
    let empty = if root.section.body.is_empty() { "\n" } else { "" };
    format!("{text}{end}{empty}--{boundary}\n{part}\n--{boundary}--\n")
}

/// What was there becomes the first part of a new multipart.
fn wrapped(text: &str, root: &Part<'_>, boundary: &str, part: &str) -> String {
    let lines = lines(text);
    let stand = |fields: &[&Field<'_>]| -> String {
        let numbers = fields.iter().flat_map(|field| field.lines.clone());
        numbers.filter_map(|at| lines.get(at)).flat_map(|line| [line, "\n"]).collect()
    };
    let is_content = |field: &&Field<'_>| {
        field.value.is_some() && field.name.to_ascii_lowercase().starts_with("content-")
    };
    let (inner, outer): (Vec<_>, Vec<_>) = root.section.fields.iter().partition(is_content);
    let body = lines.get(root.section.body.clone()).unwrap_or_default().join("\n");
    let end = if body.is_empty() || body.ends_with('\n') { "" } else { "\n" };
    let head = with_version(&format!("{}\n", stand(&outer)));
    let declared = format!("multipart/mixed;\n boundary=\"{boundary}\"");
    let head = set_field(&head, "Content-Type", &declared);
    let inner = stand(&inner);
    format!("{head}--{boundary}\n{inner}\n{body}{end}--{boundary}\n{part}\n--{boundary}--\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file<'a>(name: &'a str, bytes: &'a [u8]) -> Attachment<'a> {
        Attachment { name, bytes, kind: None, encoding: None, content_id: None }
    }

    #[test]
    fn a_text_becomes_the_first_part() {
        let text = "From: a@b.example\nContent-Type: text/html\nSubject: x\n\n<p>hi\n";
        let one = attach(text, &file("a.txt", b"one\r\n"), "b").unwrap();
        assert_eq!(
            one,
            "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary=\"b\"\n\n--b\nContent-Type: text/html\n\n<p>hi\n--b\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 7bit\nContent-Disposition: attachment; filename=\"a.txt\"\n\none\n\n--b--\n"
        );
        let shown = Attachment { content_id: Some("x@y"), ..file("\u{e9}.png", b"\x89PNG") };
        let two = attach(&one, &shown, "unused").unwrap();
        let part = "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\nContent-ID: <x@y>\nContent-Disposition: inline; filename*=UTF-8''%C3%A9.png\n\niVBORw==\n--b--\n";
        assert!(two.ends_with(part), "{two}");
        assert!(two.starts_with(one.strip_suffix("--b--\n").unwrap()));
    }

    #[test]
    fn an_enclosed_message_is_never_encoded() {
        let long = [b"A: b\n\n", &[b'x'; 999][..]].concat();
        for (bytes, kind, encoding) in [
            (&b"A: b\r\n\r\nhi\r\n"[..], "message/rfc822", "7bit"),
            (b"A: b\n\nhi\n", "message/rfc822", "7bit"),
            ("A: b\n\n\u{e9}\n".as_bytes(), "message/rfc822", "8bit"),
            (b"A: b\n\n\xe9\n", "application/octet-stream", "base64"),
            (b"A: b\n\na\rb\n", "application/octet-stream", "quoted-printable"),
            (&long, "application/octet-stream", "quoted-printable"),
        ] {
            let text = attach("A: b\n\n", &file("x.eml", bytes), "b").unwrap();
            let head = format!("Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n");
            assert!(text.contains(&head), "{kind}: {text}");
        }
        for (kind, bytes, declared) in [
            (
                "MESSAGE/rfc822",
                "A: b\n\n\u{e9}\n".as_bytes(),
                "MESSAGE/rfc822\nContent-Transfer-Encoding: 8bit",
            ),
            (
                "message/rfc822; x=y",
                b"A: b\n\nhi\n",
                "message/rfc822; x=y\nContent-Transfer-Encoding: 7bit",
            ),
            (
                "MESSAGE/rfc822",
                b"A: b\n\n\xe9\n",
                "application/octet-stream\nContent-Transfer-Encoding: base64",
            ),
        ] {
            let named = Attachment { kind: Some(kind), ..file("x.eml", bytes) };
            let text = attach("A: b\n\n", &named, "b").unwrap();
            assert!(text.contains(&format!("Content-Type: {declared}\n")), "{kind}: {text}");
        }
        let asked = Attachment { encoding: Some(Encoding::Base64), ..file("x.eml", b"A: b\n\n") };
        let typed = Attachment { kind: Some(MESSAGE), ..asked.clone() };
        assert!(
            attach("", &asked, "b").unwrap().contains("\nContent-Type: application/octet-stream\n")
        );
        assert!(
            attach("", &typed, "b").unwrap().contains("\nContent-Type: message/rfc822\n"),
            "insisted"
        );
    }

    #[test]
    fn a_multipart_says_that_a_part_needs_8bit() {
        let message = "Subject: caf\u{e9}\n\nx\n".as_bytes();
        for (text, bytes, encoding) in [
            ("A: b\n\nhi\n", message, Some("8bit")),
            ("A: b\n\nhi\n", b"A: b\n\nx\n", None),
            ("Content-Transfer-Encoding: 8bit\n\nhi\n", b"A: b\n\nx\n", Some("8bit")),
            ("Content-Transfer-Encoding: binary\n\nhi\n", message, Some("binary")),
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b--\n",
                message,
                Some("8bit"),
            ),
            (
                "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: binary\n\n--b\n\nhi\n--b--\n",
                message,
                Some("binary"),
            ),
        ] {
            let with = attach(text, &file("x.eml", bytes), "b").unwrap();
            let root = &parts(&with)[0];
            assert_eq!(root.section.value("Content-Transfer-Encoding"), encoding, "{with}");
            assert_eq!((root.count, root.closed.is_some()), (2, true), "{with}");
        }
    }

    #[test]
    fn what_cannot_be_text_is_not_written_as_text() {
        let binary = Attachment { encoding: Some(Encoding::EightBit), ..file("a", b"\xff") };
        assert_eq!(attach("A: b\n\n", &binary, "b"), None);
        assert_eq!(guess("x.PDF"), "application/pdf");
        assert_eq!(guess("unknown"), "application/octet-stream");
    }

    #[test]
    fn a_charset_is_named_once_and_7bit_is_ascii() {
        let text = "Subject: x\n\nhello\n";
        let typed =
            Attachment { kind: Some("text/plain; charset=iso-8859-1"), ..file("a.txt", b"plain") };
        let with = attach(text, &typed, "b").unwrap();
        assert_eq!(with.matches("charset=").count(), 1, "{with}");
        let seven = Encoding::SevenBit;
        let beyond = Attachment { encoding: Some(seven), ..file("a.txt", "caf\u{e9}".as_bytes()) };
        assert_eq!(attach(text, &beyond, "b"), None);
    }

    #[test]
    fn a_boundary_never_becomes_a_line_of_the_header() {
        let text = "Subject: x\nContent-Type: multipart/mixed; boundary=b\n";
        let with = attach(text, &file("a.txt", b"plain"), "c").unwrap();
        assert!(with.contains("boundary=b\n\n--b\n"), "{with}");
    }
}
