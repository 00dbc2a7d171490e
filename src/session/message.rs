//! One message as it crossed the wire or lay in a file, and its content without the stuffed dots.

use bytes::{Bytes, BytesMut};

use super::content::Content;
use super::shared::Shared;
use crate::journal::{Stored, mbox};
use crate::smtp::Oddity;
use crate::smtp::line::{LineEnd, is_empty};
use crate::smtp::payload::{self, Ends, Feeler, Form, Scanner, Texture};

/// How many bytes of a line are looked at to see whether it is empty.
const EMPTY: u64 = 8;

/// How a message is carried.
#[derive(Clone, Debug)]
enum Carriage {
    /// DATA: dots are stuffed, a lone dot ends it.
    Data(Box<Scanner>),
    /// BDAT: octets as they are, counted (RFC 3030 §2).
    Chunks(Feeler),
    /// It lies in a file: nothing was done to it to carry it. How many of its lines an mbox may have
    /// quoted.
    Stored(Box<Stored>, usize),
}

/// A message that is being sent, was sent, or lies in a file. «On the wire» is there its place in
/// that file.
#[derive(Clone, Debug)]
pub struct Message {
    carriage: Carriage,
    pieces: Shared<(u64, Bytes)>,
    starts: Shared<u32>,
    chunks: Vec<u64>,
    line_ends: usize,
    crlf_ends: usize,
    open_line: bool,
    wire_len: u64,
    kept: usize,
    keep: usize,
    complete: bool,
}

impl Message {
    /// A message behind 354, of which at most `keep` bytes stay in memory, and which these end, too.
    pub fn data(keep: usize, ends: Ends) -> Self {
        Self::new(Carriage::Data(Box::new(Scanner::ending_at(ends))), keep)
    }

    /// A message in chunks.
    pub fn chunks(keep: usize) -> Self {
        Self::new(Carriage::Chunks(Feeler::default()), keep)
    }

    /// A message in a file: all of it, and zero bytes are copied.
    pub fn stored(stored: Stored) -> Self {
        let bytes = stored.bytes();
        let quoted = if stored.number.is_some() { mbox::quoted(&bytes) } else { 0 };
        let mut message = Self::new(Carriage::Stored(Box::new(stored), quoted), usize::MAX);
        message.add(&bytes);
        message.complete = true;
        message
    }

    fn new(carriage: Carriage, keep: usize) -> Self {
        Self {
            carriage,
            pieces: Shared::new(),
            starts: std::iter::once(0).collect(),
            chunks: Vec::new(),
            line_ends: 0,
            crlf_ends: 0,
            open_line: false,
            wire_len: 0,
            kept: 0,
            keep,
            complete: false,
        }
    }

    /// Takes mail data off the front of `data`, up to the end mark. `true`: it is complete.
    pub(super) fn push_data(&mut self, data: &mut Bytes) -> bool {
        let (taken, done) = match &mut self.carriage {
            Carriage::Data(scanner) => scanner.push(data),
            Carriage::Chunks(feeler) => {
                feeler.push(data);
                (std::mem::take(data), false)
            }
            Carriage::Stored(..) => (std::mem::take(data), false),
        };
        self.add(&taken);
        self.complete = done;
        done
    }

    /// A chunk begins here.
    pub(super) fn begin_chunk(&mut self) {
        self.chunks.push(self.wire_len);
    }

    /// Takes octets of a chunk.
    pub(super) fn push_octets(&mut self, octets: &Bytes) {
        if let Carriage::Chunks(feeler) = &mut self.carriage {
            feeler.push(octets);
        }
        self.add(octets);
    }

    pub(super) const fn finish_chunks(&mut self) {
        self.complete = true;
    }

    fn add(&mut self, taken: &Bytes) {
        if taken.is_empty() {
            return;
        }
        self.open_line = taken.last() != Some(&b'\n');
        let room = self.keep.saturating_sub(self.kept).min(taken.len());
        for at in memchr::memchr_iter(b'\n', taken) {
            self.line_ends += 1;
            let before = at.checked_sub(1).and_then(|at| taken.get(at));
            self.crlf_ends += usize::from(before == Some(&b'\r'));
            // What is not kept cannot be shown by line either.
            if at < room
                && let Ok(start) = u32::try_from(self.wire_len + at as u64 + 1)
            {
                self.starts.push(start);
            }
        }
        let start = self.wire_len;
        self.wire_len += taken.len() as u64;
        if room > 0 {
            self.kept += room;
            self.pieces.push((start, taken.slice(..room)));
        }
    }

    /// Gives its bytes back, and keeps none of those that are still to come; lengths and oddities stay.
    /// Gives the number of bytes set free.
    pub(super) fn forget(&mut self) -> usize {
        self.keep = 0;
        self.pieces.clear();
        self.starts.clear();
        std::mem::take(&mut self.kept)
    }

    /// Number of bytes on the wire so far, the end mark included.
    pub const fn wire_len(&self) -> u64 {
        self.wire_len
    }

    /// The size of the message: neither doubled dots nor the end mark count (RFC 1870 §5).
    pub fn content_len(&self) -> u64 {
        self.wire_len - self.stuffed() - self.mark_len()
    }

    /// How many bytes of it are its end mark.
    fn mark_len(&self) -> u64 {
        match &self.carriage {
            Carriage::Data(scanner) => scanner.mark_len(),
            _ => 0,
        }
    }

    /// Whether its end mark, as far as that is kept, did not come in one piece.
    pub fn has_cut_mark(&self) -> bool {
        let mark = self.wire_len - self.mark_len();
        let last = self.pieces.last().filter(|_| self.mark_len() > 0);
        last.is_some_and(|(start, _)| *start > mark)
    }

    /// How many bytes of it are kept.
    pub const fn kept(&self) -> usize {
        self.kept
    }

    /// How many of the bytes on the wire are no longer kept.
    pub const fn forgotten(&self) -> u64 {
        self.wire_len - self.kept as u64
    }

    /// Whether its last line so far goes on.
    pub const fn has_open_line(&self) -> bool {
        self.open_line && !self.complete
    }

    /// Whether its end has been seen.
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether its end has been seen, and all of it is kept.
    pub const fn is_whole(&self) -> bool {
        self.complete && self.forgotten() == 0
    }

    /// All of it as DATA carries it, with its end.
    ///
    /// # Errors
    /// With its content where DATA cannot do that without a change, or where it came by BDAT and is no
    /// text.
    pub fn mail_data(&self) -> Result<Bytes, Bytes> {
        let content = self.content();
        match &self.carriage {
            // The line ends of a mailbox are those of its system.
            Carriage::Stored(..) => Ok(payload::stuff(content.into())),
            Carriage::Chunks(_) if !Form::of(&content).text => Err(content),
            Carriage::Chunks(_) | Carriage::Data(_) => {
                payload::stuff_as_it_is(&content).ok_or(content)
            }
        }
    }

    /// Whether it was carried by BDAT.
    pub const fn is_chunked(&self) -> bool {
        matches!(self.carriage, Carriage::Chunks(_))
    }

    /// Where its chunks begin on the wire, if it was carried by BDAT.
    pub fn chunk_starts(&self) -> &[u64] {
        &self.chunks
    }

    /// What was odd about the mail data, with places in bytes on the wire.
    pub fn odd(&self) -> &[Oddity] {
        self.scanner().map_or(&[], Scanner::odd)
    }

    /// Place of the first byte beyond ASCII in mail data behind DATA.
    pub fn eight_bit(&self) -> Option<u64> {
        self.scanner()?.eight_bit()
    }

    /// What the content is made of so far.
    pub fn texture(&self) -> Texture {
        match &self.carriage {
            Carriage::Data(scanner) => scanner.texture(),
            Carriage::Chunks(feeler) => feeler.texture(),
            // Nobody asks what it takes to send it.
            Carriage::Stored(..) => Texture::default(),
        }
    }

    /// Where the header section ends on the wire, behind its empty line, and the line that is to be
    /// looked at next for it: one begins to look at `line`, and the first one is 0.
    pub fn header_end(&self, mut line: usize) -> (Option<u64>, usize) {
        while let Some(range) = self.line_range(line) {
            match self.line_up_to(line, EMPTY).as_deref() {
                Some(begin) if is_empty(begin) => return (Some(range.end), line),
                // The last line may still become an empty one.
                Some(begin) if begin.iter().all(|byte| *byte == b'\r') => break,
                None => break,
                Some(_) => line += 1,
            }
        }
        (None, line)
    }

    /// Number of lines whose leading dot was doubled.
    pub fn stuffed(&self) -> u64 {
        self.scanner().map_or(0, Scanner::stuffed)
    }

    fn scanner(&self) -> Option<&Scanner> {
        match &self.carriage {
            Carriage::Data(scanner) => Some(scanner),
            Carriage::Chunks(_) | Carriage::Stored(..) => None,
        }
    }

    /// Where it lies, if it is in a file.
    pub fn is_in(&self) -> Option<&Stored> {
        match &self.carriage {
            Carriage::Stored(stored, _) => Some(stored),
            Carriage::Data(_) | Carriage::Chunks(_) => None,
        }
    }

    /// How many of its lines begin as an mbox quotes a line, if it lies in one.
    pub const fn quoted(&self) -> usize {
        match self.carriage {
            Carriage::Stored(_, quoted) => quoted,
            Carriage::Data(_) | Carriage::Chunks(_) => 0,
        }
    }

    /// Whether any of its lines has an end.
    pub const fn ends_lines(&self) -> bool {
        self.line_ends > 0
    }

    /// Whether dots are stuffed in it and a lone dot ends it: it was carried by DATA.
    pub const fn is_stuffed(&self) -> bool {
        matches!(self.carriage, Carriage::Data(_))
    }

    /// How its lines are meant to end: on the wire with CRLF, in a file as most of them do.
    pub const fn usual_end(&self) -> LineEnd {
        let lf =
            matches!(self.carriage, Carriage::Stored(..)) && self.crlf_ends * 2 < self.line_ends;
        if lf { LineEnd::Lf } else { LineEnd::CrLf }
    }

    /// Number of lines on the wire, an unfinished last one and the end mark included.
    pub fn line_count(&self) -> usize {
        self.line_ends + usize::from(self.open_line)
    }

    /// Line `index` as it crossed the wire, its end included; `None` if it is not kept.
    pub fn line(&self, index: usize) -> Option<Vec<u8>> {
        self.line_up_to(index, u64::MAX)
    }

    /// The first `limit` bytes of line `index`; `None` if they are not kept.
    pub fn line_up_to(&self, index: usize, limit: u64) -> Option<Vec<u8>> {
        let range = self.line_range(index)?;
        let end = range.end.min(range.start.saturating_add(limit));
        (end <= self.kept as u64).then(|| self.wire(range.start, end))
    }

    /// Where line `index` stands on the wire.
    pub fn line_range(&self, index: usize) -> Option<std::ops::Range<u64>> {
        let start = u64::from(*self.starts.get(index)?);
        let end = match self.starts.get(index + 1) {
            Some(next) => u64::from(*next),
            // The last line of all ends with the message; where it is not kept, nobody knows.
            None if index + 1 >= self.line_count() => self.wire_len,
            None => return None,
        };
        (start < end).then_some(start..end)
    }

    /// Where the piece of line `index` that begins at byte `from`, else the first one, stands on the
    /// wire: chunks may cut a line.
    pub fn piece_range(&self, index: usize, from: Option<u64>) -> Option<std::ops::Range<u64>> {
        let line = self.line_range(index)?;
        let start = from.unwrap_or(line.start);
        let next = self.chunks.partition_point(|begin| *begin <= start);
        let end = self.chunks.get(next).map_or(line.end, |begin| line.end.min(*begin));
        Some(start..end)
    }

    /// Whether a chunk begins inside of its last line, and nothing of the chunk is here yet.
    pub(super) fn is_cut(&self) -> bool {
        self.has_open_line() && self.chunks.last() == Some(&self.wire_len)
    }

    /// The line in which byte `offset` of the wire stands, as far as lines are kept.
    pub fn line_at(&self, offset: u64) -> usize {
        self.starts.partition_point(|start| u64::from(*start) <= offset).saturating_sub(1)
    }

    /// The bytes `start..end` on the wire, as far as they are kept.
    pub fn wire(&self, start: u64, end: u64) -> Vec<u8> {
        let first = self.pieces.partition_point(|(at, piece)| at + piece.len() as u64 <= start);
        let mut out = Vec::new();
        for (at, piece) in self.pieces.iter().skip(first).take_while(|(at, _)| *at < end) {
            let place = |n: u64| usize::try_from(n.saturating_sub(*at)).unwrap_or(usize::MAX);
            let range = place(start)..place(end).min(piece.len());
            out.extend_from_slice(piece.get(range).unwrap_or_default());
        }
        out
    }

    /// What is kept of its first `limit` bytes, to be read elsewhere: nothing is copied here.
    pub fn kept_up_to(&self, limit: u64) -> Kept {
        let mut end = (self.kept as u64).min(limit);
        if self.is_stuffed() && self.is_whole() {
            end = end.min(self.wire_len - self.mark_len());
        }
        let piece = |(at, piece): &(u64, Bytes)| {
            let len = usize::try_from(end.saturating_sub(*at)).unwrap_or(usize::MAX);
            piece.slice(..len.min(piece.len()))
        };
        let pieces = self.pieces.iter().take_while(|(at, _)| *at < end).map(piece).collect();
        let whole = self.is_whole() && limit >= self.wire_len;
        Kept { pieces, stuffed: self.is_stuffed(), whole }
    }

    /// The message itself: dots unstuffed, end mark taken away.
    pub fn content(&self) -> Bytes {
        self.content_up_to(u64::MAX)
    }

    /// The same with the dots that were stuffed.
    pub fn stuffed_content(&self) -> Bytes {
        Kept { stuffed: false, ..self.kept_up_to(u64::MAX) }.content()
    }

    /// Reads what is kept of its content.
    pub fn read(&self) -> Content {
        self.kept_up_to(u64::MAX).read()
    }

    /// The content of its first `limit` bytes on the wire.
    pub fn content_up_to(&self, limit: u64) -> Bytes {
        self.kept_up_to(limit).content()
    }
}

/// What is kept of a message, as it crossed the wire.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pieces: Vec<Bytes>,
    stuffed: bool,
    whole: bool,
}

impl Kept {
    /// Whether it is the whole message.
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// Reads the content of it, which knows whether it is whole.
    pub fn read(self) -> Content {
        let whole = self.whole;
        let content = self.content();
        if whole { Content::read(content) } else { Content::begun(content) }
    }

    /// The content of it; one piece without stuffed dots is not copied.
    pub fn content(mut self) -> Bytes {
        if self.stuffed {
            return payload::unstuff(self.pieces.iter().map(|piece| &**piece)).into();
        }
        if self.pieces.len() > 1 {
            let mut all = BytesMut::with_capacity(self.pieces.iter().map(Bytes::len).sum());
            self.pieces.iter().for_each(|piece| all.extend_from_slice(piece));
            return all.freeze();
        }
        self.pieces.pop().unwrap_or_default()
    }
}

impl PartialEq for Message {
    /// Equal if they are the same bytes, however they were cut.
    fn eq(&self, other: &Self) -> bool {
        let key = |m: &Self| (m.wire_len, m.kept, m.complete, m.is_chunked(), m.stuffed());
        key(self) == key(other)
            && self.is_in() == other.is_in()
            && self.starts == other.starts
            && self.wire(0, u64::MAX) == other.wire(0, u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smtp::Span;

    #[test]
    fn what_is_forgotten_is_not_kept_from_its_middle() {
        let mut message = Message::data(1000, Ends::default());
        message.push_data(&mut Bytes::from("one\r\ntwo\r\n"));
        assert_eq!(message.forget(), 10);
        message.push_data(&mut Bytes::from("three\r\n.\r\n"));
        assert_eq!((message.kept(), message.is_whole()), (0, false));
        assert_eq!((message.content(), message.line_count()), (Bytes::new(), 4));
    }

    #[test]
    fn lines_and_content() {
        let mut message = Message::data(1000, Ends::default());
        for part in ["A: b\r", "\n\r\n..x\r\n", ".\r\nQUIT"] {
            message.push_data(&mut Bytes::from(part));
        }
        assert!(message.is_complete());
        assert_eq!(message.line_count(), 4);
        assert_eq!(message.line(2).as_deref(), Some(b"..x\r\n".as_slice()));
        assert_eq!(message.line(3).as_deref(), Some(b".\r\n".as_slice()));
        assert_eq!(message.line(4), None);
        assert_eq!(message.line_up_to(2, 3).as_deref(), Some(b"..x".as_slice()));
        assert_eq!(message.content(), &b"A: b\r\n\r\n.x\r\n"[..]);
        assert_eq!(message.content_len(), 12);
    }

    #[test]
    fn the_header_ends_at_its_empty_line() {
        let mut message = Message::data(1000, Ends::default());
        let mut seen = Vec::new();
        let mut from = 0;
        for part in ["A: b\r\n", " c\r\n", "\r", "\n", "x\r\n"] {
            message.push_data(&mut Bytes::from(part));
            let (end, next) = message.header_end(from);
            from = next;
            seen.push(end);
        }
        assert_eq!(seen, [None, None, None, Some(12), Some(12)]);
    }

    #[test]
    fn octets_have_the_same_texture_however_they_are_carried_and_cut() {
        let long = format!("{}\r\n", "x".repeat(998));
        let longer = format!("{}\r\n", "x".repeat(999));
        let dotted = format!("..{}\r\n", "x".repeat(997));
        let texture = |eight_bit, nul, bare, longest| Texture { eight_bit, nul, bare, longest };
        for (text, expected) in [
            ("a\r\nbc\r\n", texture(false, false, false, 4)),
            ("\u{e5}\r\n", texture(true, false, false, 4)),
            ("a\0\r\n", texture(false, true, false, 4)),
            ("a\nb\r\n", texture(false, false, true, 3)),
            ("a\rb\r\n", texture(false, false, true, 5)),
            ("a\r\r\n", texture(false, false, true, 4)),
            (&long, texture(false, false, false, 1_000)),
            (&longer, texture(false, false, false, 1_001)),
        ] {
            for cut in [1, 2, 3, text.len()] {
                let (mut data, mut chunks) =
                    (Message::data(0, Ends::default()), Message::chunks(0));
                for piece in text.as_bytes().chunks(cut) {
                    data.push_data(&mut Bytes::copy_from_slice(piece));
                    chunks.push_octets(&Bytes::copy_from_slice(piece));
                }
                assert_eq!(data.texture(), expected, "{text:?} by {cut}");
                assert_eq!(chunks.texture(), expected, "{text:?} by {cut}");
            }
        }
        let mut data = Message::data(0, Ends::default());
        data.push_data(&mut Bytes::from(format!("{dotted}.\r\n")));
        assert_eq!((data.texture().longest, data.odd().len()), (1_000, 0));
        assert!(!data.texture().is_binary());
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut message = Message::data(4, Ends::default());
        message.push_data(&mut Bytes::from("ab\r\ncd\r\n.\r\n"));
        assert_eq!((message.wire_len(), message.forgotten()), (11, 7));
        assert_eq!(message.line(0).as_deref(), Some(b"ab\r\n".as_slice()));
        assert_eq!(message.line(1), None);
        assert_eq!(message.line_up_to(1, 1), None);
        assert_eq!(message.content(), &b"ab\r\n"[..]);
    }

    #[test]
    fn what_lies_in_a_file_is_as_it_lies_there() {
        let text = b"From x\nA: b\n\n..x\r\n.\r\nlast\n\n";
        let data = Bytes::from_static(text);
        let message = Span::new(7, text.len() - 1);
        let stored = Stored { number: Some(1), data, message, ..Stored::default() };
        let message = Message::stored(stored);
        let lines: Vec<u8> =
            (0..message.line_count()).flat_map(|at| message.line(at).unwrap()).collect();
        assert_eq!(lines, b"A: b\n\n..x\r\n.\r\nlast\n");
        assert_eq!(message.content(), lines);
        assert_eq!((message.wire_len(), message.content_len()), (19, 19));
        assert_eq!((message.line_count(), message.usual_end()), (5, LineEnd::Lf));
        assert!(message.is_complete() && !message.is_chunked() && !message.is_stuffed());
        assert_eq!(message.is_in().map(Stored::separator), Some(&b"From x\n"[..]));
        assert_eq!(message.kept_up_to(6).content(), &b"A: b\n\n"[..]);
    }
}
