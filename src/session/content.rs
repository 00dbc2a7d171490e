//! The content of a message: header fields, decoded, and the tree of its parts with their places.
//!
//! Read from bytes when somebody wants to see it, also while the message is still being typed.
//! What a part holds is decoded when it is asked for: a content is little more than its bytes.
//! Only this knows `mail_parser`. Nothing here fails: what cannot be parsed has no
//! parts, and the raw bytes remain.

mod depth;

use std::borrow::Cow;
use std::sync::{LazyLock, OnceLock};

use bytes::Bytes;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use mail_parser::{
    Encoding, Header, HeaderName, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders,
    PartType,
};

use super::flaw::Judgement;
use super::word;
use crate::smtp::Span;
use crate::smtp::line::is_empty;

/// How many bytes of a message are read; the parser counts places with 32 bits.
pub const READ_LIMIT: usize = 1 << 31;

/// Only those fields are read that parts are made from.
static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentDisposition)
        .header_raw(HeaderName::ContentTransferEncoding)
        .header_text(HeaderName::ContentId)
        .default_header_ignore()
});

/// How much of a message is looked at for its subject.
const SUBJECT: usize = 16 << 10;

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
    /// Where its value begins, behind the colon.
    pub value_at: usize,
}

/// How the body of a part is encoded, as far as that could be undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// It stands as it is.
    #[default]
    Identity,
    /// Base64 (RFC 2045 §6.8).
    Base64,
    /// Quoted-printable (RFC 2045 §6.7).
    QuotedPrintable,
}

impl Coding {
    /// What a Content-Transfer-Encoding of this value encodes with, blanks around it taken away.
    pub(super) fn of(declared: &[u8]) -> Self {
        let is = |name: &[u8]| declared.eq_ignore_ascii_case(name);
        match () {
            () if is(b"base64") => Self::Base64,
            () if is(b"quoted-printable") => Self::QuotedPrintable,
            () => Self::Identity,
        }
    }
}

/// What the body of a part is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nature {
    /// Text.
    #[default]
    Text,
    /// Text in HTML.
    Html,
    /// Other parts.
    Multipart,
    /// A message of its own.
    Message,
    /// Anything else.
    Binary,
}

impl Nature {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Multipart => "multipart",
            Self::Message => "message",
            Self::Binary => "binary",
        }
    }
}

/// One part of the content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// How deep it is nested, from 0.
    pub depth: usize,
    /// The part whose decoded bytes it stands in; `None` if it stands in the message as it is.
    pub within: Option<usize>,
    /// Type and subtype in lower case.
    pub kind: String,
    /// What its body was taken for.
    pub nature: Nature,
    /// The charset it declares.
    pub charset: Option<String>,
    /// The transfer encoding it declares.
    pub encoding: Option<String>,
    /// The transfer encoding that was undone.
    pub coding: Coding,
    /// The disposition it declares.
    pub disposition: Option<String>,
    /// The file name it declares.
    pub name: Option<String>,
    /// The identifier it declares, without its brackets.
    pub id: Option<String>,
    /// Where its header stands, the empty line included.
    pub header: Span,
    /// Where its body stands.
    pub body: Span,
    /// Size of the body once decoded.
    pub decoded_len: usize,
    /// Whether decoding met something that cannot be.
    pub defective: bool,
    /// Whether it is a message with so many others inside that it is not taken apart.
    pub closed: bool,
    /// Whether more of it follows, or may follow, that is not here: its sizes are the least.
    pub open: bool,
}

/// Header section and parts of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The bytes of the message.
    pub raw: Bytes,
    /// The fields in their order.
    pub fields: Vec<Field>,
    /// The parts, each behind its parent.
    pub parts: Vec<Part>,
    /// Where the body begins, once the empty line is there.
    pub body: Option<usize>,
    /// Number of bytes beyond [`READ_LIMIT`].
    pub beyond: usize,
    /// Whether it is only the beginning of a message: how that ends, nobody knows.
    pub begun: bool,
    line_ends: OnceLock<Vec<u32>>,
    judgement: OnceLock<Judgement>,
}

impl Content {
    /// Reads the content of a whole message.
    pub fn read(raw: impl Into<Bytes>) -> Self {
        Self::of(raw.into(), false)
    }

    /// Reads the beginning of a message of which more is not here.
    pub fn begun(raw: impl Into<Bytes>) -> Self {
        Self::of(raw.into(), true)
    }

    fn of(mut raw: Bytes, begun: bool) -> Self {
        let beyond = raw.len().saturating_sub(READ_LIMIT);
        raw.truncate(READ_LIMIT);
        let begun = begun || beyond > 0;
        let mut content = Self { raw, beyond, begun, ..Self::default() };
        let seen = depth::bounded(&content.raw);
        let Some(message) = PARSER.parse(&*seen) else { return content };
        content.body = body_start(&content.raw);
        content.fields = fields(message.parts.first(), &content.raw);
        content.parts = parts(message, begun, &content.raw);
        content
    }

    /// Reads the header section alone.
    pub fn head(raw: impl Into<Bytes>) -> Self {
        let mut raw: Bytes = raw.into();
        raw.truncate(body_start(&raw).unwrap_or(raw.len()));
        Self::read(raw)
    }

    /// What a message is about that begins so.
    pub fn subject_in(begin: &[u8]) -> String {
        let begin = begin.get(..SUBJECT).unwrap_or(begin);
        let head = Self::head(Bytes::copy_from_slice(begin));
        head.field("subject").map(|field| field.value.trim().to_owned()).unwrap_or_default()
    }

    /// The first field called `name`, whatever its case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name))
    }

    /// The number of the line in which byte `offset` stands, from 0. On the wire it is the same.
    pub fn line_at(&self, offset: usize) -> usize {
        self.line_ends().partition_point(|end| *end as usize <= offset)
    }

    /// Where line `line` stands, its end included.
    pub fn line(&self, line: usize) -> Span {
        let end = |line: usize| self.line_ends().get(line).map(|end| *end as usize);
        let start = line.checked_sub(1).map_or(Some(0), end).unwrap_or(self.raw.len());
        Span::new(start, end(line).unwrap_or(self.raw.len()))
    }

    /// Where its lines end, behind their line feeds; looked for when one is asked for first.
    fn line_ends(&self) -> &[u32] {
        self.line_ends.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', &self.raw);
            ends.filter_map(|at| u32::try_from(at + 1).ok()).collect()
        })
    }

    /// Does now what is done once and takes long for large messages, so that nobody waits for it.
    #[must_use]
    pub fn prepared(self) -> Self {
        self.line_ends();
        self.judgement();
        self
    }

    /// What is wrong with the parts. It is judged when it is asked for first.
    pub fn judgement(&self) -> &Judgement {
        self.judgement.get_or_init(|| Judgement::of(self))
    }

    /// The fields of the header of part `at`, with places in [`Self::source`].
    pub fn header_of(&self, at: usize) -> Vec<Field> {
        self.parts.get(at).map_or_else(Vec::new, |part| header_in(&self.source(at), part))
    }

    /// The part that a mail program shows first: the text of the message, else its HTML.
    pub fn first_text(&self) -> Option<usize> {
        let shown = |part: &Part| {
            part.within.is_none() && part.disposition.as_deref() != Some("attachment")
        };
        let is = |nature| self.parts.iter().position(|part| part.nature == nature && shown(part));
        is(Nature::Text).or_else(|| is(Nature::Html))
    }

    /// The bytes in which part `at` has its places: the message, or the message that encloses it,
    /// once decoded.
    pub fn source(&self, at: usize) -> Bytes {
        Sources::default().of(self, at)
    }

    /// The body of part `at` as it stands.
    pub fn encoded(&self, at: usize) -> Bytes {
        self.parts.get(at).map_or_else(Bytes::new, |part| body_in(&self.source(at), part))
    }

    /// The body of part `at` without its transfer encoding; as it stands where that cannot be.
    pub fn decoded(&self, at: usize) -> Bytes {
        self.decoded_up_to(at, usize::MAX)
    }

    /// The beginning of that, of about `limit` bytes: the lines are whole in which it is encoded, and
    /// the characters of a text.
    pub fn decoded_up_to(&self, at: usize, limit: usize) -> Bytes {
        let coding = self.parts.get(at).map_or(Coding::Identity, |part| part.coding);
        // No encoding makes more than three bytes of one (RFC 2045 §6.7).
        let most = if coding == Coding::Identity { limit } else { limit.saturating_mul(3) };
        let encoded = self.encoded(at);
        if encoded.len() <= most {
            return decoded(&encoded, coding);
        }
        let head = encoded.slice(..most);
        let end = memchr::memrchr(b'\n', &head).map_or(most - most % 4, |at| at + 1);
        let end = if coding == Coding::Identity { most } else { end };
        let mut begun = decoded(&head.slice(..end), coding);
        begun.truncate(limit);
        let is_text = self.parts.get(at).is_some_and(Part::is_text);
        begun.truncate(if is_text { whole_characters(&begun) } else { limit });
        begun
    }

    /// The text of part `at`, if it is one: bytes that are none in its charset are replaced.
    pub fn text(&self, at: usize) -> Option<String> {
        self.text_up_to(at, usize::MAX)
    }

    /// The text of the first `limit` decoded bytes of part `at`.
    pub fn text_up_to(&self, at: usize, limit: usize) -> Option<String> {
        let part = self.parts.get(at)?;
        if !part.is_text() {
            return None;
        }
        let decoded = self.decoded_up_to(at, limit);
        let text = part.charset.as_deref().and_then(|name| decode(name, &decoded));
        Some(text.unwrap_or_else(|| String::from_utf8_lossy(&decoded).into_owned()))
    }
}

/// The bytes in which parts have their places, for who goes through many parts: enclosed messages that
/// were encoded are kept as long as what they enclose is gone through.
#[derive(Debug, Default)]
pub struct Sources(Vec<(usize, Bytes)>);

impl Sources {
    /// The same as [`Content::source`].
    pub fn of(&mut self, content: &Content, at: usize) -> Bytes {
        match content.parts.get(at).and_then(|part| part.within) {
            Some(outer) if outer < at => self.inside(content, outer),
            _ => content.raw.clone(),
        }
    }

    fn inside(&mut self, content: &Content, outer: usize) -> Bytes {
        while self.0.pop_if(|(kept, _)| *kept > outer).is_some() {}
        if let Some((_, kept)) = self.0.last().filter(|(kept, _)| *kept == outer) {
            return kept.clone();
        }
        let Some(part) = content.parts.get(outer) else { return Bytes::new() };
        let inside = decoded(&body_in(&self.of(content, outer), part), part.coding);
        self.0.push((outer, inside.clone()));
        inside
    }
}

/// The body of `part`, which stands in `source`.
fn body_in(source: &Bytes, part: &Part) -> Bytes {
    let end = part.body.end.min(source.len());
    source.slice(part.body.start.min(end)..end)
}

/// The fields of the header of `part`, which stands in `source`.
pub fn header_in(source: &[u8], part: &Part) -> Vec<Field> {
    let header = Span::new(0, part.header.end).of(source);
    let begin = part.header.start;
    let message = PARSER.parse_headers(Span::new(begin, header.len()).of(header));
    let mut found = message.map(|m| fields(m.parts.first(), m.raw_message())).unwrap_or_default();
    for field in &mut found {
        field.span = Span::new(field.span.start + begin, field.span.end + begin);
        field.value_at += begin;
    }
    found
}

/// What is encoded, without its encoding; as it stands where that cannot be undone.
pub(super) fn decoded(encoded: &Bytes, coding: Coding) -> Bytes {
    undone(encoded, coding).map_or_else(|| encoded.clone(), |decoded| decoded.into_owned().into())
}

/// What is encoded, without its encoding, if there is one and it can be undone.
fn undone(encoded: &[u8], coding: Coding) -> Option<Cow<'_, [u8]>> {
    let mut stream = MessageStream::new(encoded);
    let (end, decoded) = match coding {
        Coding::Base64 => stream.decode_base64_mime(b""),
        Coding::QuotedPrintable => stream.decode_quoted_printable_mime(b""),
        Coding::Identity => return None,
    };
    (end != usize::MAX).then_some(decoded)
}

/// The boundary that a header declares.
pub(super) fn boundary(header: &[u8]) -> Option<String> {
    let message = PARSER.parse_headers(header)?;
    message.content_type()?.attribute("boundary").map(str::to_owned)
}

/// The parameter `name` in the value of a field that has some, decoded (RFC 2231 §4).
pub(super) fn param(value: &[u8], name: &str) -> Option<String> {
    // The parser ends at a line end.
    let line = [value, b"\r\n"].concat();
    match MessageStream::new(&line).parse_content_type() {
        HeaderValue::ContentType(read) => read.attribute(name).map(str::to_owned),
        _ => None,
    }
}

/// `bytes` as text in `charset`, if that is known: what is none there is replaced.
pub fn decode(charset: &str, bytes: &[u8]) -> Option<String> {
    // The parser takes it for a charset that has more (RFC 2046 §4.1.2).
    if ["us-ascii", "ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name)) {
        let char = |byte: &u8| {
            if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER }
        };
        return Some(bytes.iter().map(char).collect());
    }
    charset_decoder(charset.as_bytes()).map(|decode| decode(bytes))
}

/// Whether texts in `charset` can be read.
pub fn is_known_charset(charset: &str) -> bool {
    // The parser reads UTF-8 without a table.
    is_utf8(charset) || charset_decoder(charset.as_bytes()).is_some()
}

/// Whether each byte is a character in `charset`, as it is in those that are met most.
fn has_a_char_for_each_byte(charset: &str) -> bool {
    let is = |name: &str| charset.get(..name.len()).is_some_and(|c| c.eq_ignore_ascii_case(name));
    ["us-ascii", "iso-8859-", "windows-125"].iter().any(|name| is(name))
}

/// How much of `bytes` is there without a last character in UTF-8 that is cut.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(cut) if cut.error_len().is_none() => cut.valid_up_to(),
        _ => bytes.len(),
    }
}

/// Whether `charset` means UTF-8: `utf8` is not registered, yet widely written.
pub fn is_utf8(charset: &str) -> bool {
    ["utf-8", "utf8"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

/// A date in one of the many forms that mail programs write, in seconds since 1970.
pub fn date(value: &str) -> Option<i64> {
    let line = format!("{value}\r\n");
    let date = mail_parser::DateTime::parse_rfc822(&line)?;
    date.is_valid().then(|| date.to_timestamp())
}

/// Behind the first empty line.
fn body_start(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    let mut ends = memchr::memchr_iter(b'\n', bytes).map(|at| at + 1);
    ends.find(|end| is_empty(Span::new(std::mem::replace(&mut start, *end), *end).of(bytes)))
}

/// The fields of a header that was read from `bytes`.
fn fields(part: Option<&MessagePart<'_>>, bytes: &[u8]) -> Vec<Field> {
    let headers = part.map_or(&[][..], |part| &part.headers);
    headers.iter().map(|header| field(header, bytes)).collect()
}

fn field(header: &Header<'_>, bytes: &[u8]) -> Field {
    let span = Span::new(header.offset_field as usize, header.offset_end as usize);
    let value_at = header.offset_start as usize;
    let raw = Span::new(value_at, span.end).of(bytes);
    let name = lossy(Span::new(span.start, value_at).of(bytes));
    let name = name.trim_end_matches(':').trim().to_owned();
    let line = unfolded(raw);
    let written = lossy(&line);
    // The parser decodes more words than are to be decoded.
    let value = has_encoded_word(&line).then(|| word::decoded(&name, &line));
    let decoded = value.as_ref().is_some_and(|value| *value != written);
    let value = value.unwrap_or_else(|| written.into_owned());
    Field { name, value, decoded, span, value_at }
}

/// The same as [`String::from_utf8_lossy`], which is slow where nothing is lost.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// A value in one line: each line end and the blanks around it are one blank.
fn unfolded(raw: &[u8]) -> Cow<'_, [u8]> {
    let whole = trimmed(raw);
    if memchr::memchr(b'\n', whole).is_none() {
        return Cow::Borrowed(whole);
    }
    let lines = whole.split(|b| *b == b'\n').map(trimmed);
    Cow::Owned(lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(&b' '))
}

/// Without the blanks and line ends around it; other control characters are evidence.
fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..]
    | [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = bytes
    {
        bytes = rest;
    }
    bytes
}

/// Whether an encoded word may begin in it (RFC 2047 §2).
fn has_encoded_word(raw: &[u8]) -> bool {
    memchr::memchr_iter(b'=', raw).any(|at| raw.get(at + 1) == Some(&b'?'))
}

/// The parts of a message that is being gone through.
struct Level<'x> {
    raw: Cow<'x, [u8]>,
    left: std::vec::IntoIter<MessagePart<'x>>,
    depth: usize,
    within: Option<usize>,
    /// Whether more of it follows that is not here.
    begun: bool,
    /// Where each of the multiparts ends that hold the next part.
    open: Vec<u32>,
}

impl<'x> Level<'x> {
    fn of(message: Message<'x>, depth: usize, within: Option<usize>, begun: bool) -> Self {
        let (raw, left) = (message.raw_message, message.parts.into_iter());
        Self { raw, left, depth, within, begun, open: Vec::new() }
    }
}

/// The parts of `message` in the order in which they stand; an enclosed message follows its part.
///
/// Messages are taken apart one by one: however deep they are nested, nothing here recurs.
/// `raw` is what the parser was shown, with nothing hidden.
fn parts(message: Message<'_>, begun: bool, raw: &[u8]) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(message.parts.len());
    let mut levels = vec![Level::of(message, 0, None, begun)];
    while let Some(level) = levels.last_mut() {
        let Some(part) = level.left.next() else {
            levels.pop();
            continue;
        };
        while level.open.last().is_some_and(|end| *end <= part.offset_header && *end > 0) {
            level.open.pop();
        }
        let depth = level.depth + level.open.len();
        let mut read = read_part(&part, &level.raw);
        (read.depth, read.within) = (depth, level.within);
        // Only what stands in a multipart can be ended by a delimiter.
        let bounded = depth > 0;
        if read.body.end >= level.raw.len() {
            if level.begun {
                read.begin(&level.raw, bounded);
            } else if bounded && read.defective {
                read.end_without_delimiter(&level.raw);
            }
        }
        if level.within.is_none() && depth::hides(&part, &level.raw, raw) {
            read.keep_closed(raw);
            out.push(read);
            continue;
        }
        let begun = read.open;
        let within = if read.coding == Coding::Identity { level.within } else { Some(out.len()) };
        out.push(read);
        match part.body {
            PartType::Multipart(_) => level.open.push(part.offset_end),
            PartType::Message(inner) => levels.push(Level::of(inner, depth + 1, within, begun)),
            _ => {}
        }
    }
    out
}

/// One part of the bytes in which it stands.
fn read_part(part: &MessagePart<'_>, raw: &[u8]) -> Part {
    let declared = part.content_type();
    let kind = declared.map(|t| {
        let subtype = t.subtype();
        let mut kind =
            subtype.map_or_else(|| t.ctype().to_owned(), |s| [t.ctype(), "/", s].concat());
        kind.make_ascii_lowercase();
        kind
    });
    let (start, end) = (part.offset_body as usize, part.offset_end as usize);
    let body = Span::new(start, if end < start { raw.len().max(start) } else { end });
    let coding = match part.encoding {
        Encoding::None => Coding::Identity,
        Encoding::Base64 => Coding::Base64,
        Encoding::QuotedPrintable => Coding::QuotedPrintable,
    };
    let charset = declared.and_then(|t| t.attribute("charset"));
    let encoded = body.of(raw);
    let undone_len = || undone(encoded, coding).map_or(encoded.len(), |decoded| decoded.len());
    // Before a delimiter the parser takes more away than a soft line break.
    let exact = coding != Coding::QuotedPrintable || ends_plainly(encoded);
    // The parser has changed texts to UTF-8.
    let text_len = |text: &str| {
        let changed = charset.filter(|name| charset_decoder(name.as_bytes()).is_some());
        match changed {
            _ if coding == Coding::Identity => encoded.len(),
            _ if !exact => undone_len(),
            Some(charset) if has_a_char_for_each_byte(charset) => text.chars().count(),
            None if !text.contains(char::REPLACEMENT_CHARACTER) => text.len(),
            _ => undone_len(),
        }
    };
    let (nature, decoded_len) = match &part.body {
        PartType::Text(text) => (Nature::Text, text_len(text)),
        PartType::Html(text) => (Nature::Html, text_len(text)),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            (Nature::Binary, if exact { bytes.len() } else { undone_len() })
        }
        PartType::Message(_) if coding == Coding::Identity => (Nature::Message, body.len()),
        PartType::Message(inner) => (Nature::Message, inner.raw_message.len()),
        PartType::Multipart(_) => (Nature::Multipart, 0),
    };
    // In a digest it is a message (RFC 2046 §5.1.5).
    let undeclared = if nature == Nature::Message { "message/rfc822" } else { "text/plain" };
    Part {
        depth: 0,
        within: None,
        kind: kind.unwrap_or_else(|| undeclared.to_owned()),
        nature,
        charset: charset.map(str::to_owned),
        encoding: part.content_transfer_encoding().map(str::to_owned),
        coding,
        disposition: part.content_disposition().map(|d| d.ctype().to_owned()),
        name: part.attachment_name().map(str::to_owned),
        id: part.content_id().map(|id| id.trim().trim_matches(['<', '>']).to_owned()),
        header: Span::new(part.offset_header as usize, start),
        body,
        decoded_len,
        defective: part.is_encoding_problem,
        open: false,
        closed: false,
    }
}

/// Whether what is quoted-printable ends neither in blanks nor in what is begun of an encoded byte
/// or a soft line break.
fn ends_plainly(encoded: &[u8]) -> bool {
    let text = encoded.trim_ascii_end();
    let last =
        memchr::memrchr2(b'=', b'\n', text).and_then(|at| text.get(at..)).unwrap_or_default();
    let whole = match last {
        [b'=', rest @ ..] => {
            rest.iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2
        }
        _ => true,
    };
    whole && !encoded.ends_with(b" ") && !encoded.ends_with(b"\t")
}

impl Part {
    /// Whether its body is text.
    pub const fn is_text(&self) -> bool {
        matches!(self.nature, Nature::Text | Nature::Html)
    }

    /// It is a message that encloses too many to be taken apart: its bytes alone are seen.
    fn keep_closed(&mut self, raw: &[u8]) {
        let encoding = header_in(raw, self)
            .into_iter()
            .rev()
            .find(|field| field.name.eq_ignore_ascii_case("Content-Transfer-Encoding"));
        self.encoding = encoding.map(|field| field.value);
        self.nature = Nature::Binary;
        self.closed = true;
        self.defective = !self.undo_declared(raw);
    }

    /// Takes its body for encoded as it declares if that can be undone, and for what stands there
    /// otherwise; says whether it was undone.
    fn undo_declared(&mut self, source: &[u8]) -> bool {
        let coding = Coding::of(self.encoding.as_deref().unwrap_or_default().as_bytes());
        let body = self.body.of(source);
        let decoded = undone(body, coding).map(|decoded| decoded.len());
        self.coding = decoded.map_or(Coding::Identity, |_| coding);
        self.decoded_len = decoded.unwrap_or(body.len());
        decoded.is_some()
    }

    /// More of it follows in `source` that is not here. The parser takes that for a defect, and
    /// what is encoded, or no text, for a text as it stands.
    fn begin(&mut self, source: &[u8], bounded: bool) {
        self.open = true;
        self.defective = false;
        if self.nature == Nature::Multipart {
            return;
        }
        if bounded {
            self.body.end = self.body.start + settled(self.body.of(source)).len();
        }
        if self.nature == Nature::Message {
            self.decoded_len = self.body.len();
            return;
        }
        self.nature = self.declared_nature();
        if self.nature == Nature::Multipart {
            self.decoded_len = 0;
            return;
        }
        self.undo_declared(source);
    }

    /// No delimiter ends it, for which the parser does not decode it.
    fn end_without_delimiter(&mut self, source: &[u8]) {
        if self.undo_declared(source) {
            self.nature = self.declared_nature();
            self.defective = false;
        }
    }

    /// What its type makes of its body; the parts of a multipart may be still to come.
    fn declared_nature(&self) -> Nature {
        match self.kind.split('/').next() {
            Some("text") if self.kind == "text/html" => Nature::Html,
            Some("text") => Nature::Text,
            Some("multipart") => Nature::Multipart,
            _ => Nature::Binary,
        }
    }
}

/// What of the beginning of a body is its own, whatever follows: a line that may become a delimiter
/// is not, and neither is the line end before it (RFC 2046 §5.1.1).
fn settled(body: &[u8]) -> &[u8] {
    let last = memchr::memrchr(b'\n', body).map_or(0, |end| end + 1);
    let (before, line) = body.split_at_checked(last).unwrap_or((body, &[]));
    let own = if line.is_empty() || line.starts_with(b"-") { before } else { body };
    let own = own.strip_suffix(b"\n").unwrap_or(own);
    own.strip_suffix(b"\r").unwrap_or(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_keep_their_place() {
        let text = b"From: a@b.example\r\nSubject: =?utf-8?Q?P=C5=99=C3=ADklad?=\r\n =?utf-8?Q?_dva?=\r\nX-Odd:\r\n\r\nhi\r\n";
        let content = Content::read(&text[..]);
        let names: Vec<_> = content.fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["From", "Subject", "X-Odd"]);
        let subject = content.field("subject").unwrap();
        assert_eq!((subject.value.as_str(), subject.decoded), ("P\u{159}\u{ed}klad dva", true));
        assert!(subject.span.of(text).starts_with(b"Subject:"));
        assert_eq!(content.body, Some(text.len() - 4));
        assert_eq!(content.text(0).as_deref(), Some("hi\r\n"));
    }

    #[test]
    fn the_tree_of_parts() {
        let text = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\none\r\n--c\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>two\r\n--c--\r\n--b\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
        let tree: Vec<_> = Content::read(&text[..])
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
    fn a_size_is_that_of_the_bytes_in_any_charset() {
        for (charset, coding, body) in [
            ("iso-8859-1", "base64", "5Pb8"),
            ("iso-2022-jp", "base64", "GyRCRnxLXBsoQg=="),
            ("iso-8859-1", "quoted-printable", "=E4=F6=FC"),
            ("utf-8", "quoted-printable", "=E4=F6=FC"),
            ("utf-8", "quoted-printable", "=C3=A4"),
            ("iso-8859-1", "8bit", "\u{e4}"),
            ("utf-8", "base64", "no base64!"),
            ("us-ascii", "base64", "no base64!"),
            ("us-ascii", "quoted-printable", "=E4=81=FC"),
            ("Windows-1252", "quoted-printable", "=E4=81=FC"),
            ("iso-8859-99", "quoted-printable", "=E4=F6=FC"),
        ] {
            let text = format!(
                "Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n{body}"
            );
            let content = Content::read(text.clone());
            assert_eq!(content.parts[0].decoded_len, content.decoded(0).len(), "{text}");
        }
    }

    #[test]
    fn a_size_is_that_of_the_bytes_before_a_delimiter_too() {
        for kind in ["text/plain; charset=iso-8859-1", "text/plain", "application/pdf"] {
            for body in
                ["W=F6rld=", "W=F6rld=\r\n", "W=F6rld  ", "a =\r\n b ", "W=F6\r\n=a", "W=F6rld"]
            {
                let text = format!(
                    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{body}\r\n--b--\r\n"
                );
                let content = Content::read(text.clone());
                assert_eq!(content.parts[1].decoded_len, content.decoded(1).len(), "{text}");
            }
        }
    }

    #[test]
    fn the_last_part_of_what_is_not_closed_is_decoded() {
        for (kind, coding, body, text) in [
            (
                "text/plain; charset=utf-8",
                "quoted-printable",
                "J=C3=BC=\r\nrgen",
                Some("J\u{fc}rgen"),
            ),
            ("text/html", "base64", "YWJj\r\n", Some("abc")),
            ("image/png", "base64", "YWJj", None),
        ] {
            let content = Content::read(format!(
                "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n{body}"
            ));
            let part = &content.parts[1];
            assert_eq!(content.text(1).as_deref(), text, "{part:?}");
            assert_eq!((part.decoded_len, part.defective), (content.decoded(1).len(), false));
            assert_ne!(part.decoded_len, part.body.len());
        }
    }

    #[test]
    fn an_encoded_word_is_no_encoding() {
        let content =
            Content::read("Content-Transfer-Encoding: =?us-ascii?B?YmFzZTY0?=\r\n\r\nYWJj\r\n");
        assert_eq!((content.parts[0].coding, content.parts[0].decoded_len), (Coding::Identity, 6));
    }

    #[test]
    fn a_text_that_is_cut_ends_with_a_whole_character() {
        let content = Content::read(format!("\r\n{}", "\u{e9}".repeat(50)));
        for limit in 90..=100 {
            let text = content.text_up_to(0, limit).unwrap();
            assert_eq!(text, "\u{e9}".repeat(limit / 2), "{limit}");
        }
    }

    #[test]
    fn what_is_no_blank_stays_in_a_value() {
        let content = Content::read("A: \x0cb \x0c\t\r\n c\r\nB: x");
        let values: Vec<_> = content.fields.iter().map(|field| field.value.as_str()).collect();
        assert_eq!(values, ["\x0cb \x0c c", "x"]);
    }

    #[test]
    fn a_line_of_returns_ends_a_header() {
        let content = Content::read("Subject: x\r\r\n\r\r\nbody\r\r\n");
        assert_eq!(content.body, Some(content.parts[0].body.start));
        assert_eq!(content.encoded(0), "body\r\r\n");
    }

    #[test]
    fn headers_of_parts_have_their_lines() {
        let text = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nno part\r\n--b\r\nContent-Type: text/plain;\r\n charset=utf-8\r\nContent-Language: en\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nin\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQppbg0K\r\n--b--\r\n";
        let content = Content::read(&text[..]);
        let fields = |at: usize| content.parts[at].header.of(&content.source(at)).to_vec();
        let seen: Vec<_> = (0..content.parts.len()).map(fields).collect();
        for (at, header) in [
            (0, &b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"[..]),
            (1, b"Content-Type: text/plain;\r\n charset=utf-8\r\nContent-Language: en\r\n\r\n"),
            (2, b"\r\n"),
            (3, b"Content-Type: message/rfc822\r\n\r\n"),
            (4, b"Subject: x\r\n\r\n"),
            (5, b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"),
            (6, b"Subject: x\r\n\r\n"),
        ] {
            assert_eq!(String::from_utf8_lossy(&seen[at]), String::from_utf8_lossy(header), "{at}");
        }
    }

    #[test]
    fn bytes_that_are_kept_for_many_parts_are_those_of_each() {
        let quoted = |inner: &str| {
            let inner = inner.replace('=', "=3D");
            format!(
                "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{inner}\r\n"
            )
        };
        let all = |inner: &[String], boundary: &str| {
            let parts = inner.join(&format!("--{boundary}\r\n"));
            format!(
                "Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n{parts}--{boundary}--\r\n"
            )
        };
        let two = [quoted("Subject: a=b\r\n\r\none"), quoted("Subject: c=d\r\n\r\ntwo")];
        let inner = quoted(&all(&two, "i"));
        let content = Content::read(all(&[inner, two[0].clone()], "o"));
        let within: Vec<_> = content.parts.iter().map(|part| part.within).collect();
        let expected = [None, None, Some(1), Some(1), Some(3), Some(1), Some(5), None, Some(7)];
        assert_eq!(within, expected);
        let mut sources = Sources::default();
        // Each behind what it encloses too: there its epilogue is.
        for at in (0..9).chain([6, 5, 2, 0, 8]) {
            assert_eq!(sources.of(&content, at), content.source(at), "{at}");
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
