//! The content of a message: header fields, decoded, and the tree of its parts with their places.
//!
//! Read from bytes when somebody wants to see it, also while the message is still being typed.
//! The only file that knows `mail_parser`. Nothing here fails: what cannot be parsed has no
//! parts, and the raw bytes remain.

use mail_parser::parsers::MessageStream;
use mail_parser::{
    Addr, Encoding, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

use crate::smtp::Span;

/// How many bytes of a message are read for display.
pub const READ_LIMIT: usize = 16 << 20;

/// How many characters of a text part are kept for display.
pub const TEXT_LIMIT: usize = 256 << 10;

/// One field of a header section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name as written.
    pub name: String,
    /// Its value, unfolded, encoded words decoded, undecodable bytes replaced.
    pub value: String,
    /// Whether decoding changed the value.
    pub decoded: bool,
    /// Where the field stands, its line ends included.
    pub span: Span,
}

/// One part of the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How deep it is nested, from 0.
    pub depth: usize,
    /// Type and subtype in lower case.
    pub kind: String,
    /// The charset it declares.
    pub charset: Option<String>,
    /// The transfer encoding it declares.
    pub encoding: Option<String>,
    /// The disposition it declares.
    pub disposition: Option<String>,
    /// The file name it declares.
    pub name: Option<String>,
    /// The lines of its header, counted from the first of the message; none where they do not
    /// stand there as they are.
    pub header: std::ops::Range<usize>,
    /// Where its body stands.
    pub body: Span,
    /// Size of the body once decoded.
    pub decoded_len: usize,
    /// The text, if it is a text.
    pub text: Option<String>,
    /// Whether decoding met something that cannot be.
    pub defective: bool,
}

/// Header section and parts of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// The parts, each behind its parent.
    pub parts: Vec<Part>,
    /// Where the body begins, once the empty line is there.
    pub body: Option<usize>,
    /// Number of bytes that were read.
    pub len: usize,
    /// Number of bytes beyond [`READ_LIMIT`].
    pub beyond: usize,
}

impl Content {
    /// Reads the content of a message, whole or not.
    pub fn read(bytes: &[u8]) -> Self {
        let (bytes, beyond) = bytes.split_at_checked(READ_LIMIT).unwrap_or((bytes, b""));
        let mut content = Self { len: bytes.len(), beyond: beyond.len(), ..Self::default() };
        let Some(message) = MessageParser::default().parse(bytes) else { return content };
        content.body = body_start(bytes);
        content.fields = fields(&message, bytes);
        parts(&message, 0, Some(&LineNumbers::of(bytes)), &mut content.parts);
        content
    }

    /// The first field called `name`, whatever its case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name))
    }
}

/// The addresses in the value of a field, without names and groups; what should be an address is
/// one.
pub fn addresses(value: &str) -> Vec<String> {
    // The parser ends at a line end.
    let line = format!("{value}\r\n");
    match MessageStream::new(line.as_bytes()).parse_address() {
        HeaderValue::Address(list) => list.iter().map(address).collect(),
        _ => Vec::new(),
    }
}

fn address(addr: &Addr<'_>) -> String {
    addr.address.as_deref().or(addr.name.as_deref()).unwrap_or_default().to_owned()
}

/// Behind the first empty line.
fn body_start(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            return Some(at);
        }
    }
    None
}

fn fields(message: &Message<'_>, bytes: &[u8]) -> Vec<Field> {
    let headers = message.parts.first().map_or(&[][..], |part| &part.headers);
    headers
        .iter()
        .map(|header| {
            let span = Span::new(header.offset_field as usize, header.offset_end as usize);
            let raw = Span::new(header.offset_start as usize, span.end).of(bytes);
            let value = match MessageStream::new(raw).parse_unstructured() {
                HeaderValue::Text(text) => text.into_owned(),
                HeaderValue::TextList(list) => list.join(" "),
                _ => String::from_utf8_lossy(raw.trim_ascii()).into_owned(),
            };
            let name = Span::new(span.start, header.offset_start as usize).of(bytes);
            let name = String::from_utf8_lossy(name);
            Field {
                name: name.trim_end_matches(':').trim().to_owned(),
                decoded: raw.windows(2).any(|w| w == b"=?") && !value.contains("=?"),
                value,
                span,
            }
        })
        .collect()
}

/// The parts of `message` in the order in which they stand; an enclosed message follows its part.
fn parts(message: &Message<'_>, depth: usize, numbers: Option<&LineNumbers>, out: &mut Vec<Part>) {
    let mut parents: Vec<(u32, usize)> = Vec::new();
    for part in &message.parts {
        while parents.last().is_some_and(|(end, _)| *end <= part.offset_header && *end > 0) {
            parents.pop();
        }
        let here = depth + parents.len();
        let line = |at: u32| numbers.map_or(0, |numbers| numbers.at(at as usize));
        let header = line(part.offset_header)..line(part.offset_body);
        out.push(Part { header, ..read_part(part, here) });
        match &part.body {
            PartType::Multipart(_) => parents.push((part.offset_end, here)),
            PartType::Message(inner) => {
                // What was encoded has places of its own.
                let plain = matches!(part.encoding, Encoding::None);
                parts(inner, here + 1, numbers.filter(|_| plain), out);
            }
            _ => {}
        }
    }
}

fn read_part(part: &MessagePart<'_>, depth: usize) -> Part {
    let declared = part.content_type();
    let kind = declared.map(|t| match t.subtype() {
        Some(subtype) => format!("{}/{subtype}", t.ctype()),
        None => t.ctype().to_owned(),
    });
    let (decoded_len, text) = match &part.body {
        PartType::Text(text) | PartType::Html(text) => (text.len(), Some(clip(text))),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => (bytes.len(), None),
        PartType::Message(inner) => (inner.raw_message.len(), None),
        PartType::Multipart(_) => (0, None),
    };
    Part {
        depth,
        kind: kind.unwrap_or_else(|| "text/plain".to_owned()).to_lowercase(),
        charset: declared.and_then(|t| t.attribute("charset")).map(str::to_owned),
        encoding: part.content_transfer_encoding().map(str::to_owned),
        disposition: part.content_disposition().map(|d| d.ctype().to_owned()),
        name: part.attachment_name().map(str::to_owned),
        header: 0..0,
        body: Span::new(part.offset_body as usize, part.offset_end as usize),
        decoded_len,
        text,
        defective: part.is_encoding_problem,
    }
}

/// The number of the line in which a byte stands.
struct LineNumbers(Vec<usize>);

impl LineNumbers {
    fn of(bytes: &[u8]) -> Self {
        Self(memchr::memchr_iter(b'\n', bytes).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset)
    }
}

fn clip(text: &str) -> String {
    text.chars().take(TEXT_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_keep_their_place() {
        let text = b"From: a@b.example\r\nSubject: =?utf-8?Q?P=C5=99=C3=ADklad?=\r\n =?utf-8?Q?_dva?=\r\nX-Odd:\r\n\r\nhi\r\n";
        let content = Content::read(text);
        let names: Vec<_> = content.fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["From", "Subject", "X-Odd"]);
        let subject = content.field("subject").unwrap();
        assert_eq!((subject.value.as_str(), subject.decoded), ("P\u{159}\u{ed}klad dva", true));
        assert!(subject.span.of(text).starts_with(b"Subject:"));
        assert_eq!(content.body, Some(text.len() - 4));
        assert_eq!(content.parts[0].text.as_deref(), Some("hi\r\n"));
    }

    #[test]
    fn addresses_are_found_in_names_and_groups() {
        for (value, seen) in [
            ("\"A, B\" <a@x.example>, b@x.example (B)", &["a@x.example", "b@x.example"][..]),
            ("Friends: a@x.example, B <b@x.example>;", &["a@x.example", "b@x.example"]),
            ("undisclosed-recipients:;", &[]),
            ("bob", &["bob"]),
            ("", &[]),
        ] {
            assert_eq!(addresses(value), seen, "{value}");
        }
    }

    #[test]
    fn the_tree_of_parts() {
        let text = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>two\r\n--c--\r\n--b\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
        let tree: Vec<_> = Content::read(text)
            .parts
            .into_iter()
            .map(|p| (p.depth, p.kind, p.decoded_len))
            .collect();
        let want = [
            (0, "multipart/mixed", 0),
            (1, "multipart/alternative", 0),
            (2, "text/plain", 3),
            (2, "text/html", 6),
            (1, "application/pdf", 3),
        ];
        assert_eq!(tree, want.map(|(d, k, n)| (d, k.to_owned(), n)));
    }

    #[test]
    fn headers_of_parts_have_their_lines() {
        let text = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno part\r\n--b\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nContent-Language: en\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nin\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQppbg0K\r\n--b--\r\n";
        let lines: Vec<_> = text.split_inclusive(|b| *b == b'\n').collect();
        let content = Content::read(text);
        let fields = |part: &Part| lines[part.header.clone()].concat();
        let seen: Vec<_> = content.parts.iter().map(fields).collect();
        for (at, header) in [
            (0, &b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"[..]),
            (1, b"Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Language: en\r\n\r\n"),
            (2, b"\r\n"),
            (3, b"Content-Type: message/rfc822\r\n\r\n"),
            (4, b"Subject: x\r\n\r\n"),
            (5, b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
            (6, b""),
        ] {
            assert_eq!(String::from_utf8_lossy(&seen[at]), String::from_utf8_lossy(header), "{at}");
        }
    }

    #[test]
    fn half_a_message_is_content_too() {
        let whole = b"From: a@b.example\r\nSubject: x\r\n\r\nhello\r\n";
        for end in 0..whole.len() {
            let content = Content::read(&whole[..end]);
            assert_eq!(content.body.is_some(), end >= 33, "{end}");
        }
        assert_eq!(Content::read(&whole[..19]).fields.len(), 1);
    }
}
