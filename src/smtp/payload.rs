//! Mail data after `354`: dot-stuffing, the one true end mark, and everything that looks like it.
//!
//! Only CRLF `.` CRLF ends mail data (RFC 5321 §4.1.1.4). Bare LF, bare CR and NUL around a dot
//! have been taken for the end by real servers, and that is how messages are smuggled; each such
//! look-alike is an oddity. Every byte is looked at once, whatever pieces it arrives in.

mod ends;

use bytes::Bytes;

use super::{Oddity, Span};

pub use ends::Ends;

/// Longest text line with its CRLF (RFC 5321 §4.5.3.1.6).
pub const LINE_LIMIT: u64 = 1_000;

/// The end mark, behind the CRLF of the last line.
pub const END_MARK: &[u8] = b".\r\n";

/// How many oddities of one message are kept; a broken message has one on every line.
pub const MAX_ODDITIES: usize = 100;

/// What stands before a place where a line begins, or seems to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    CrLf,
    Lf,
    Cr,
    CrLfNul,
}

/// Where in a line the scanner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start(Before),
    Dot(Before),
    DotCr(Before),
    DotNul,
    DotNulCr,
    Text,
    Cr,
    Done,
}

/// Watches mail data go by and finds its end.
#[derive(Clone, Debug)]
pub struct Scanner {
    state: State,
    offset: u64,
    line_start: u64,
    stuffed: u64,
    eight_bit: Option<u64>,
    nul: bool,
    bare: bool,
    /// Behind a dot that the receiver takes away from this line.
    dotted: bool,
    longest: u64,
    odd: Vec<Oddity>,
    /// What ends mail data beside the end mark.
    ends: Ends,
    /// Where the last dot stands with which a line begins, or seems to.
    dot_at: u64,
}

/// What octets are made of, as far as BODY speaks of it (RFC 6152 §2, RFC 3030 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Texture {
    /// Some octet is beyond ASCII.
    pub eight_bit: bool,
    /// Some octet is NUL.
    pub nul: bool,
    /// Some CR or LF stands alone.
    pub bare: bool,
    /// Octets of the longest line, its end included.
    pub longest: u64,
}

impl Texture {
    /// Whether only BINARYMIME allows it: it is no text in lines of [`LINE_LIMIT`].
    pub const fn is_binary(&self) -> bool {
        self.nul || self.bare || self.longest > LINE_LIMIT
    }
}

/// Finds the texture of octets that come in pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct Feeler {
    seen: Texture,
    line: u64,
    behind_cr: bool,
}

impl Feeler {
    /// Takes the next piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.seen.eight_bit |= !piece.is_ascii();
        self.seen.nul |= memchr::memchr(0, piece).is_some();
        let mut begin = 0;
        let mut cr = self.behind_cr.then_some(0);
        for at in memchr::memchr2_iter(b'\r', b'\n', piece) {
            let behind_cr = cr == Some(at);
            // A CR before it that has no LF.
            self.seen.bare |= cr.is_some() && !behind_cr;
            if piece.get(at) == Some(&b'\r') {
                self.seen.bare |= behind_cr;
                cr = Some(at + 1);
                continue;
            }
            self.seen.bare |= !behind_cr;
            cr = None;
            let line = std::mem::take(&mut self.line) + (at + 1 - begin) as u64;
            self.seen.longest = self.seen.longest.max(line);
            begin = at + 1;
        }
        self.seen.bare |= cr.is_some_and(|next| next < piece.len());
        self.behind_cr = cr.is_some_and(|next| next == piece.len());
        self.line += (piece.len() - begin) as u64;
    }

    /// What they are made of so far.
    pub fn texture(&self) -> Texture {
        Texture { longest: self.seen.longest.max(self.line), ..self.seen }
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            // Mail data begins as if behind a CRLF: a lone dot right away is the end mark.
            state: State::Start(Before::CrLf),
            offset: 0,
            line_start: 0,
            stuffed: 0,
            eight_bit: None,
            nul: false,
            bare: false,
            dotted: false,
            longest: 0,
            odd: Vec::new(),
            ends: Ends::default(),
            dot_at: 0,
        }
    }
}

impl Scanner {
    /// One for which these, too, end mail data.
    pub fn ending_at(ends: Ends) -> Self {
        Self { ends, ..Self::default() }
    }

    /// Takes mail data off the front of `data` and leaves what follows the end mark.
    /// Gives what was taken, and whether the end mark is complete.
    pub fn push(&mut self, data: &mut Bytes) -> (Bytes, bool) {
        let mut at = 0;
        while self.state != State::Done {
            let Some(rest) = data.get(at..).filter(|r| !r.is_empty()) else {
                break;
            };
            if self.state == State::Text {
                // The first NUL is looked for on the way; behind it only line ends matter.
                let skip = if self.nul {
                    memchr::memchr2(b'\r', b'\n', rest)
                } else {
                    memchr::memchr3(b'\r', b'\n', 0, rest)
                };
                let skip = skip.unwrap_or(rest.len());
                at += skip;
                if skip == rest.len() {
                    break;
                }
                // The usual end of a line takes a step, not two.
                if data.get(at..at + 2) == Some(b"\r\n") {
                    at += 2;
                    self.state = self.end_line(self.offset + at as u64 - 1, Before::CrLf);
                    continue;
                }
            }
            if let Some(byte) = data.get(at) {
                self.byte(*byte, self.offset + at as u64);
                at += 1;
            }
        }
        let taken = data.split_to(at);
        self.look_beyond_ascii(&taken);
        self.offset += taken.len() as u64;
        (taken, self.state == State::Done)
    }

    /// Number of bytes that went by, the end mark included.
    pub const fn wire_len(&self) -> u64 {
        self.offset
    }

    /// How many bytes the end mark has, once it is there.
    pub fn mark_len(&self) -> u64 {
        if self.state == State::Done { self.offset - self.dot_at } else { 0 }
    }

    /// Number of lines from which a dot has to be removed.
    pub const fn stuffed(&self) -> u64 {
        self.stuffed
    }

    /// Place of the first byte beyond ASCII.
    pub const fn eight_bit(&self) -> Option<u64> {
        self.eight_bit
    }

    /// What the content is made of so far.
    pub fn texture(&self) -> Texture {
        let open = self.offset - self.line_start - u64::from(self.dotted);
        // What is begun may be the end mark.
        let open = if matches!(self.state, State::Text | State::Cr) { open } else { 0 };
        Texture {
            eight_bit: self.eight_bit.is_some(),
            nul: self.nul,
            bare: self.bare,
            longest: self.longest.max(open),
        }
    }

    /// What was odd, with places counted from the first byte of mail data.
    pub fn odd(&self) -> &[Oddity] {
        &self.odd
    }

    #[expect(clippy::match_same_arms, reason = "a table is read row by row")]
    fn byte(&mut self, byte: u8, at: u64) {
        if byte == 0 && !self.nul {
            self.nul = true;
            self.note("G22", at, at + 1);
        }
        self.state = match (self.state, byte) {
            (State::Text | State::Start(_), b'\r') => State::Cr,
            (State::Text | State::Start(_), b'\n') => self.bare_end(at),
            (State::Text, _) => State::Text,
            (State::Start(before), b'.') => self.dot(before, at),
            (State::Start(Before::CrLf), 0) => State::Start(Before::CrLfNul),
            (State::Start(_), _) => State::Text,
            (State::Dot(Before::Cr), b'\r') if self.ends.has("G11") => {
                self.note("G11", self.dot_at, at + 1);
                self.end_at_dot(false)
            }
            (State::Dot(before), b'\r') => State::DotCr(before),
            (State::Dot(before), b'\n') => self.look_alike(before, false, at),
            (State::Dot(Before::CrLf), 0) => State::DotNul,
            (State::Dot(Before::CrLf), _) => self.leading_dot(byte, at),
            (State::Dot(_), _) => State::Text,
            (State::DotCr(Before::CrLf), b'\n') => self.end_at_dot(true),
            (State::DotCr(before), b'\n') => self.look_alike(before, true, at),
            (State::DotCr(_), _) => {
                self.note("G11", at.saturating_sub(2), at);
                self.after_bare_cr(byte, at)
            }
            (State::DotNul, b'\r') => State::DotNulCr,
            (State::DotNul, b'\n') => {
                self.note("G12", at.saturating_sub(2), at + 1);
                if self.ends.has("G12") { self.end_at_dot(true) } else { self.bare_end(at) }
            }
            (State::DotNul, _) => self.leading_dot(byte, at),
            (State::DotNulCr, b'\n') => {
                self.note("G12", at.saturating_sub(3), at + 1);
                if self.ends.has("G12") {
                    self.end_at_dot(true)
                } else {
                    self.end_line(at, Before::CrLf)
                }
            }
            (State::Cr, b'\n') => self.end_line(at, Before::CrLf),
            (State::Cr | State::DotNulCr, _) => self.after_bare_cr(byte, at),
            (State::Done, _) => State::Done,
        };
    }

    /// A dot at the beginning of a line is taken away by the receiver (RFC 5321 §4.5.2).
    fn dot(&mut self, before: Before, at: u64) -> State {
        self.dot_at = at;
        self.stuffed += u64::from(before == Before::CrLf);
        self.dotted = before == Before::CrLf;
        State::Dot(before)
    }

    /// What follows such a dot should be another one.
    fn leading_dot(&mut self, byte: u8, at: u64) -> State {
        if byte != b'.' {
            self.note("G16", self.line_start, at);
        }
        State::Text
    }

    fn bare_end(&mut self, at: u64) -> State {
        self.note_bare(at);
        self.end_line(at, Before::Lf)
    }

    fn after_bare_cr(&mut self, byte: u8, at: u64) -> State {
        self.note_bare(at.saturating_sub(1));
        match byte {
            b'\r' => State::Cr,
            b'.' => {
                self.dot_at = at;
                State::Dot(Before::Cr)
            }
            _ => State::Text,
        }
    }

    fn end_line(&mut self, at: u64, before: Before) -> State {
        // A dot that was doubled for transparency does not count (RFC 5321 §4.5.3.1.6).
        let line = at + 1 - self.line_start - u64::from(self.dotted);
        self.dotted = false;
        self.longest = self.longest.max(line);
        if line > LINE_LIMIT {
            self.note("G19", self.line_start, at + 1);
        }
        self.line_start = at + 1;
        State::Start(before)
    }

    /// A lone dot between line ends of which one is none.
    fn look_alike(&mut self, before: Before, crlf: bool, at: u64) -> State {
        let id = match (before, crlf) {
            (Before::CrLf, _) => "G10",
            (Before::Lf, false) => "G08",
            (Before::Lf, true) => "G09",
            (Before::Cr, _) => "G11",
            (Before::CrLfNul, _) => "G12",
        };
        self.note(id, self.line_start, at + 1);
        if self.ends.has(id) {
            return self.end_at_dot(before == Before::CrLf);
        }
        self.end_line(at, if crlf { Before::CrLf } else { Before::Lf })
    }

    /// Mail data ends before the last dot: it is no line's, also where it was `counted` as one that
    /// is stuffed, and what stands before it in its line is the last line.
    fn end_at_dot(&mut self, counted: bool) -> State {
        if counted {
            self.stuffed -= 1;
            self.dotted = false;
        }
        let line = self.dot_at - self.line_start - u64::from(self.dotted);
        self.longest = self.longest.max(line);
        if line > LINE_LIMIT {
            self.note("G19", self.line_start, self.dot_at);
        }
        State::Done
    }

    /// Bare CR and bare LF are named once; a file with Unix line ends has thousands.
    fn note_bare(&mut self, at: u64) {
        if !self.bare {
            self.bare = true;
            self.note("G13", at, at + 1);
        }
    }

    fn look_beyond_ascii(&mut self, taken: &[u8]) {
        if self.eight_bit.is_none() && !taken.is_ascii() {
            let at = taken.iter().position(|b| !b.is_ascii()).unwrap_or_default();
            self.eight_bit = Some(self.offset + at as u64);
        }
    }

    fn note(&mut self, id: &'static str, start: u64, end: u64) {
        if self.odd.len() < MAX_ODDITIES {
            let place = |n| usize::try_from(n).unwrap_or(usize::MAX);
            self.odd.push(Oddity::new(id, Span::new(place(start), place(end))));
        }
    }
}

/// Takes the stuffed dots away. `pieces` are mail data in order, without the end mark.
pub fn unstuff<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut at_start, mut last) = (true, b'\n');
    for piece in pieces {
        out.reserve(piece.len());
        for segment in lines(piece) {
            let kept =
                if at_start { segment.strip_prefix(b".").unwrap_or(segment) } else { segment };
            out.extend_from_slice(kept);
            let before_lf = match segment {
                [.., before, b'\n'] => Some(*before),
                [b'\n'] => Some(last),
                _ => None,
            };
            at_start = before_lf == Some(b'\r');
            last = segment.last().copied().unwrap_or(last);
        }
    }
    out
}

/// What a message is made of, as far as it matters on the way. Of a large one every byte comes by
/// once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four facts, none of which follows from another")]
pub struct Form {
    /// CRLF ends every line, the last one too.
    pub line_ends: bool,
    /// Some line begins with a dot.
    pub dotted: bool,
    /// Some byte is beyond ASCII.
    pub eight_bit: bool,
    /// It is text as a server has to take it: CR and LF together alone, no NUL, and no line beyond
    /// [`LINE_LIMIT`].
    pub text: bool,
}

impl Form {
    /// That of `content`.
    pub fn of(content: &[u8]) -> Self {
        let mut form = Self { line_ends: true, dotted: false, eight_bit: false, text: true };
        for line in lines(content) {
            let bare = line.strip_suffix(b"\r\n");
            form.line_ends &= bare.is_some();
            form.dotted |= line.starts_with(b".");
            form.eight_bit |= !line.is_ascii();
            let is_text = |bare| memchr::memchr2(b'\r', 0, bare).is_none();
            form.text &= line.len() as u64 <= LINE_LIMIT && bare.is_some_and(is_text);
        }
        form
    }
}

/// Makes mail data of `content`: CRLF for every line end, dots doubled, and the end mark
/// (RFC 5321 §4.5.2). A bare CR inside a line stays. What needs no change is not copied.
pub fn stuff(content: Vec<u8>) -> Bytes {
    let form = Form::of(&content);
    stuff_form(content, form)
}

/// The same for `content` of which the form is known.
pub fn stuff_form(content: Vec<u8>, form: Form) -> Bytes {
    let same = form.line_ends && !form.dotted;
    let mut out = if same { content } else { changed(&content, true) };
    out.extend_from_slice(END_MARK);
    Bytes::from(out)
}

/// The same without a change to any line end; `None` where DATA cannot carry that, since it does not
/// end with CRLF, or where some servers would end it before: at a dot behind CR or LF alone.
pub fn stuff_as_it_is(content: &[u8]) -> Option<Bytes> {
    let bare = |at: usize| match content.get(at.saturating_sub(2)..at) {
        Some([before, b'\n']) => *before != b'\r',
        before => matches!(before, Some([.., b'\r' | b'\n'])),
    };
    let ends = content.is_empty() || content.ends_with(b"\r\n");
    if !ends || memchr::memchr_iter(b'.', content).any(bare) {
        return None;
    }
    let mut out = Vec::with_capacity(content.len() + content.len() / 32 + END_MARK.len());
    let mut at_start = true;
    for segment in lines(content) {
        if at_start && segment.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(segment);
        at_start = out.ends_with(b"\r\n");
    }
    out.extend_from_slice(END_MARK);
    Some(out.into())
}

/// `content` with CRLF for every line end, and its form. What needs no change is not copied.
pub fn with_line_ends(content: Vec<u8>) -> (Vec<u8>, Form) {
    let form = Form::of(&content);
    if form.line_ends {
        return (content, form);
    }
    let changed = changed(&content, false);
    let form = Form::of(&changed);
    (changed, form)
}

fn changed(content: &[u8], stuffed: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + content.len() / 32 + 8);
    for line in lines(content) {
        if stuffed && line.starts_with(b".") {
            out.push(b'.');
        }
        match line.strip_suffix(b"\n") {
            Some(text) => out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text)),
            None => out.extend_from_slice(line),
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// The lines of `text` with their ends, found faster than byte by byte.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, tail) = rest.split_at_checked(end)?;
        rest = tail;
        (!line.is_empty()).then_some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(text: &[u8]) -> (Scanner, bool, usize) {
        let mut scanner = Scanner::default();
        let mut data = Bytes::copy_from_slice(text);
        let (_, done) = scanner.push(&mut data);
        (scanner, done, data.len())
    }

    fn ids(text: &[u8]) -> Vec<&'static str> {
        scan(text).0.odd().iter().map(|o| o.id).collect()
    }

    #[test]
    fn only_one_mark_ends_mail_data() {
        assert_eq!((scan(b".\r\nQUIT").1, scan(b".\r\nQUIT").2), (true, 4));
        assert_eq!((scan(b"a\r\n.\r\nX").1, scan(b"a\r\n.\r\nX").2), (true, 1));
        for (text, id) in [
            (b"a\n.\n".as_slice(), "G08"),
            (b"a\n.\r\n", "G09"),
            (b"a\r\n.\n", "G10"),
            (b"a\r.\r\n", "G11"),
            (b"a\r.\n", "G11"),
            (b"a\n.\rb", "G11"),
            (b"a\r\n.\rb", "G11"),
            (b"a\r\n\0.\r\n", "G12"),
            (b"a\r\n.\0\r\n", "G12"),
            (b"a\r\n.\0\n", "G12"),
            (b"a\r\n.htaccess\r\n", "G16"),
            (b"a\nb\r\n", "G13"),
            (b"a\rb\r\n", "G13"),
            (b"\0\r\n", "G22"),
        ] {
            assert!(!scan(text).1, "{text:?}");
            assert!(ids(text).contains(&id), "{text:?} has {:?}", ids(text));
        }
        let long = [b"x".repeat(999), b"\r\n".to_vec()].concat();
        assert_eq!(ids(&long), ["G19"]);
        assert!(ids(b"..a\r\nb\r\n").is_empty());
    }

    #[test]
    fn what_is_stuffed_as_it_is_comes_out_so_and_ends_nowhere_before() {
        for text in ["", "\r\n", ".\r\n", "a\n.b\r\n", "..\n\r\n.x\r\n", "a\rb\0\r\n", "a.\r\n"] {
            let Some(data) = stuff_as_it_is(text.as_bytes()) else {
                assert_eq!(text, "a\n.b\r\n");
                continue;
            };
            let (scanner, done, left) = scan(&data);
            assert!(done && left == 0, "{text:?} has {:?}", scanner.odd());
            assert_eq!(unstuff([data.strip_suffix(END_MARK).unwrap()]), text.as_bytes());
        }
        for text in ["a", "a\n", "\n.\r\n", "a\r.\r\n", "a\n.\n\r\n", "a\r\n\n.\r\n"] {
            assert_eq!(stuff_as_it_is(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn cuts_do_not_matter() {
        let text = b"\r\n.\n..x\r\n\0.\r\n\r.\r.\0\r\n\n.\r\nlong\xc3\xa9\r\n.\r\nREST";
        let (whole, done, left) = scan(text);
        assert!(done);
        for at in 0..text.len() - 4 {
            let (a, b) = text.split_at(at);
            let mut scanner = Scanner::default();
            let (mut a, mut b) = (Bytes::copy_from_slice(a), Bytes::copy_from_slice(b));
            scanner.push(&mut a);
            scanner.push(&mut b);
            assert_eq!((a.len(), b.len()), (0, left), "cut at {at}");
            let seen = |s: &Scanner| {
                let numbers = (s.stuffed(), s.eight_bit());
                (s.odd().to_vec(), numbers)
            };
            assert_eq!(seen(&scanner), seen(&whole), "cut at {at}");
        }
    }

    /// What ends mail data is no part of it, and what stands before it is a line.
    #[test]
    fn an_end_that_is_none_leaves_the_count_of_what_was_before() {
        for (text, end, stuffed, longest) in [
            (&b"..a\r.\r"[..], "cr.cr", 1, 3),
            (b"..a\r.\n", "cr.cr", 1, 3),
            (b"..a\r.\r\n", "cr.cr", 1, 3),
            (b"..a\n.\n", "lf.lf", 1, 3),
            (b"..a\n.\r\n", "lf.crlf", 1, 3),
            (b"..a\r\n.\n", "crlf.lf", 1, 4),
            (b"..a\r\n.\0\r\n", "nul", 1, 4),
            (b"a\r\n.\0\n", "nul", 0, 3),
        ] {
            let mut scanner = Scanner::ending_at(end.parse().unwrap());
            let mut data = Bytes::copy_from_slice(text);
            assert!(scanner.push(&mut data).1, "{text:?}");
            let whole = text.len() as u64 - data.len() as u64;
            assert_eq!(scanner.stuffed(), stuffed, "{text:?}");
            assert_eq!(scanner.texture().longest, longest, "{text:?}");
            let len = whole - scanner.mark_len();
            let content = text.get(..usize::try_from(len).unwrap()).unwrap();
            assert_eq!(unstuff([content]).len() as u64, len - stuffed);
        }
    }

    #[test]
    fn text_is_lines_that_every_server_takes() {
        let is_text = |content: &[u8]| Form::of(content).text;
        let long = |length: usize| [vec![b'x'; length - 2], b"\r\n".to_vec()].concat();
        for text in [b"".to_vec(), b"a\r\n\r\nb\r\n".to_vec(), long(1_000)] {
            assert!(is_text(&text), "{text:?}");
        }
        let odd: [&[u8]; 5] = [b"a\nb\r\n", b"a\rb\r\n", b"a\0\r\n", b"\r\r\n", b"a\r\nb"];
        assert!(!odd.iter().any(|text| is_text(text)));
        assert!(!is_text(&[b"a\r\n".to_vec(), long(1_001), b"b\r\n".to_vec()].concat()));
    }

    #[test]
    fn stuffing_and_its_reverse() {
        assert_eq!(&stuff(b".a\n\nb".to_vec())[..], b"..a\r\n\r\nb\r\n.\r\n");
        assert_eq!(&stuff(b"a\r\nb\r\n".to_vec())[..], b"a\r\nb\r\n.\r\n");
        assert_eq!(&stuff(Vec::new())[..], b".\r\n");
        let wire = b"..a\r\n.\r\nx\n.y\r\n...z\r\n";
        for at in 0..wire.len() {
            let (a, b) = wire.split_at(at);
            assert_eq!(unstuff([a, b]), b".a\r\n\r\nx\n.y\r\n..z\r\n", "cut at {at}");
        }
    }
}
