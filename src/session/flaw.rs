//! What is wrong with the parts of a content, and where: boundaries, encodings, charsets, names.
//!
//! Judged once for each content and kept beside it. Every part is looked at once, whatever its
//! depth; of what is wrong many times the first place is kept and the rest is counted. Of a part
//! that may go on nothing is said that only its end can tell.

pub mod coding;
pub mod name;
pub mod rule;

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use coding::{Wrong, base64_fault, begun_charset_fault, charset_fault, long_line, quoted_fault};
use rule::{
    BAD_BOUNDARY, BARE_CR, BARE_LF, BASE64, BOUNDARY_INSIDE, BOUNDARY_OPEN, BOUNDARY_UNUSED,
    CLOSED, CUT_MESSAGE, ENCODED_MESSAGE, ENCODED_MULTIPART, ENCODING_COMMENT, EXTERNAL, LF_ENDS,
    LONG, LONG_ENCODED, NAKED, NARROW, NO_BOUNDARY, NO_CHARSET, NO_ENCODING, NO_PARTS, NO_SUBTYPE,
    NOT_IN_CHARSET, NUL, ONE_PART, PADDING, PARTIAL, PGP_ENCRYPTED, PGP_INLINE, PGP_KEYS,
    PGP_SIGNED, QUOTED, REPEATED, Rule, SAME_BOUNDARY, SMIME_ENVELOPED, SMIME_SIGNED,
    UNKNOWN_CHARSET, UNKNOWN_ENCODING, UNREADABLE_MESSAGE,
};

use super::content::{self, Coding, Content, Field, Nature, Part, Sources};
use super::date::without_comments;
use crate::smtp::Span;
use crate::smtp::line::is_empty;

/// Longest boundary (RFC 2046 §5.1.1).
const BOUNDARY_LIMIT: usize = 70;

/// Longest line of an encoded body (RFC 2045 §6.7).
pub const ENCODED_WIDTH: usize = 76;

/// Longest line without its line end (RFC 5322 §2.1.1).
pub const LINE_LIMIT: usize = 998;

/// Fields of which a part has one at most (RFC 2045 §3).
const ONCE: [&str; 4] =
    ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID"];

/// Something that is wrong with a part, or good to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Which rule it breaks.
    pub rule: &'static Rule,
    /// With which part.
    pub part: usize,
    /// Where first, in [`Content::source`] of that part.
    pub span: Span,
    /// The line of that place in the same bytes, from 1.
    pub line: usize,
    /// Its column, in characters from 1.
    pub column: usize,
    /// How often.
    pub count: usize,
    /// What fills the places of the sentence.
    pub values: Vec<(&'static str, String)>,
}

/// What stands around the parts of a multipart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The boundary that it declares.
    pub boundary: Option<String>,
    /// How many parts it has.
    pub count: usize,
    /// What stands before the first delimiter, with places as the part has them.
    pub preamble: Span,
    /// What stands behind the last delimiter.
    pub epilogue: Span,
    /// Whether its boundary is closed, be it inside of a part.
    pub closed: bool,
    /// Whether more delimiters stand in it than the tree shows: something inside is open, and the
    /// parser gives that what follows.
    pub hidden: bool,
    /// What holds it and declares the same boundary: each delimiter is then that of both.
    pub same: Option<usize>,
    /// Whether something inside of it declares the same boundary.
    pub taken: bool,
}

/// What is known about the parts of a content beyond what stands in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    flaws: Vec<Flaw>,
    frames: Vec<(usize, Frame)>,
}

impl Judgement {
    /// Judges the parts of `content`.
    pub fn of(content: &Content) -> Self {
        let mut judge = Judge {
            content,
            sources: Sources::default(),
            ends: HashMap::new(),
            out: Self::default(),
        };
        judge.out.frames = frames(content, &mut judge.sources);
        judge.all();
        judge.out
    }

    /// Everything, by part.
    pub fn flaws(&self) -> &[Flaw] {
        &self.flaws
    }

    /// What is said of part `at`, the worst first.
    pub fn of_part(&self, at: usize) -> &[Flaw] {
        let start = self.flaws.partition_point(|flaw| flaw.part < at);
        let end = self.flaws.partition_point(|flaw| flaw.part <= at);
        self.flaws.get(start..end).unwrap_or_default()
    }

    /// What stands around the parts of multipart `at`.
    pub fn frame(&self, at: usize) -> Option<&Frame> {
        let found = self.frames.binary_search_by_key(&at, |(part, _)| *part).ok()?;
        self.frames.get(found).map(|(_, frame)| frame)
    }
}

/// A multipart whose parts are being met.
struct Open {
    at: usize,
    boundary: Option<String>,
    same: Option<usize>,
    first: Option<Span>,
    last: Option<Span>,
    count: usize,
}

/// The boundaries of what is open, and whose they are. Those of an encoded message are its own.
type Boundaries = HashMap<(Option<usize>, String), Vec<usize>>;

/// What stands around the parts of each multipart.
fn frames(content: &Content, sources: &mut Sources) -> Vec<(usize, Frame)> {
    let mut out: Vec<(usize, Frame)> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut taken: Vec<usize> = Vec::new();
    let mut boundaries = Boundaries::new();
    let mut close = |open: Open, sources: &mut Sources, boundaries: &mut Boundaries| {
        let Some(part) = content.parts.get(open.at) else { return };
        if let Some(boundary) = open.boundary.clone() {
            boundaries.entry((part.within, boundary)).and_modify(|all| _ = all.pop());
        }
        let source = sources.of(content, open.at);
        out.push((open.at, frame(open, part, &source)));
    };
    for (at, part) in content.parts.iter().enumerate() {
        while let Some(last) = open
            .pop_if(|open| content.parts.get(open.at).is_none_or(|outer| outer.depth >= part.depth))
        {
            close(last, sources, &mut boundaries);
        }
        if let Some(outer) = open.last_mut()
            && content.parts.get(outer.at).is_some_and(|o| o.depth + 1 == part.depth)
        {
            let whole = Span::new(part.header.start, part.body.end);
            outer.first.get_or_insert(whole);
            outer.last = Some(whole);
            outer.count += 1;
        }
        // An enclosed message stands between, so that its parts are not those of the multipart.
        if is_multipart(part) || part.nature == Nature::Message {
            let multipart = is_multipart(part).then(|| sources.of(content, at));
            let boundary = multipart.and_then(|source| content::boundary(part.header.of(&source)));
            let mut same = None;
            if let Some(boundary) = boundary.clone() {
                let all = boundaries.entry((part.within, boundary)).or_default();
                same = all.last().copied();
                all.push(at);
            }
            taken.extend(same);
            open.push(Open { at, boundary, same, first: None, last: None, count: 0 });
        }
    }
    while let Some(last) = open.pop() {
        close(last, sources, &mut boundaries);
    }
    out.retain(|(at, _)| content.parts.get(*at).is_some_and(is_multipart));
    out.sort_by_key(|(at, _)| *at);
    look_inside(content, sources, &mut out);
    taken.sort_unstable();
    for (at, frame) in &mut out {
        frame.taken = taken.binary_search(at).is_ok();
    }
    out
}

fn frame(open: Open, part: &Part, source: &[u8]) -> Frame {
    let Open { boundary, count, same, .. } = open;
    let mut frame = Frame { boundary, count, same, ..Frame::default() };
    let (Some(first), Some(last)) = (open.first, open.last) else { return frame };
    let body = part.body;
    let before = Span::new(body.start, first.start.max(body.start)).of(source);
    frame.preamble = Span::new(body.start, body.start + line_start(before));
    let delimiter = format!("--{}", frame.boundary.as_deref().unwrap_or_default());
    // The line end before a delimiter is part of it (RFC 2046 §5.1.1).
    let behind = Span::new(last.end, body.end.max(last.end));
    let mut at = behind.start;
    for line in behind.of(source).split_inclusive(|b| *b == b'\n') {
        at += line.len();
        let Some(rest) = line.strip_prefix(delimiter.as_bytes()) else { continue };
        frame.closed = rest.starts_with(b"--");
        frame.epilogue = Span::new(at, behind.end);
        break;
    }
    frame
}

/// Multiparts by their delimiter, and one of them.
type Delimiters = (usize, HashMap<String, Vec<usize>>);

/// Looks for the delimiters of multiparts that seem open inside of their parts: where one of these
/// is open, the parser does not let the delimiter around it end it (RFC 2046 §5.1.2). Each line is
/// looked at once.
fn look_inside(content: &Content, sources: &mut Sources, frames: &mut [(usize, Frame)]) {
    // By the bytes in which they stand.
    let mut open: BTreeMap<Option<usize>, Delimiters> = BTreeMap::new();
    for (index, (at, frame)) in frames.iter().enumerate() {
        let Some(part) = content.parts.get(*at) else { continue };
        let Some(boundary) = frame.boundary.as_ref() else { continue };
        if frame.closed || frame.count == 0 || frame.same.is_some() {
            continue;
        }
        let (_, all) = open.entry(part.within).or_insert_with(|| (*at, HashMap::new()));
        all.entry(format!("--{boundary}")).or_default().push(index);
    }
    let body = |frames: &[(usize, Frame)], index: usize| {
        let part = frames.get(index).and_then(|(at, _)| content.parts.get(*at));
        part.map(|part| part.body).unwrap_or_default()
    };
    for (at, all) in open.into_values() {
        let source = sources.of(content, at);
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for start in memchr::memmem::find_iter(&source, b"--") {
            if start.checked_sub(1).is_some_and(|before| source.get(before) != Some(&b'\n')) {
                continue;
            }
            let rest = source.get(start..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..end).unwrap_or_default().trim_ascii_end();
            let Ok(line) = str::from_utf8(line) else { continue };
            for (delimiter, closes) in [(Some(line), false), (line.strip_suffix("--"), true)] {
                let Some(alike) = delimiter.and_then(|line| all.get(line)) else { continue };
                // Those with the same delimiter stand one behind the other.
                let behind = alike.partition_point(|index| body(frames, *index).start <= start);
                let index = behind.checked_sub(1).and_then(|before| alike.get(before)).copied();
                let Some(index) = index.filter(|index| start < body(frames, *index).end) else {
                    continue;
                };
                let Some((_, frame)) = frames.get_mut(index) else { continue };
                if closes {
                    frame.closed = true;
                } else {
                    let count = counts.entry(index).or_default();
                    *count += 1;
                    frame.hidden = *count > frame.count;
                }
            }
        }
    }
}

/// Where the last line of `bytes` begins; the line end behind it is its own.
fn line_start(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)
}

/// Whether `bytes` begin as a header does and end before it does.
fn is_begun_header(bytes: &[u8]) -> bool {
    let mut lines = bytes.split_inclusive(|b| *b == b'\n');
    let first = lines.clone().next().unwrap_or_default();
    let name = memchr::memchr(b':', first).and_then(|at| first.get(..at)).unwrap_or_default();
    let is_field = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    // The name of a field may be cut too; a delimiter is none.
    let begins = is_field || !first.ends_with(b"\n") && !first.starts_with(b"--");
    begins && !first.is_empty() && lines.all(|line| !is_empty(line))
}

/// Whether a part is declared to hold others.
pub fn is_multipart(part: &Part) -> bool {
    part.kind.starts_with("multipart/")
}

/// `bchars` of RFC 2046 §5.1.1, not ending with a blank.
pub fn is_boundary(boundary: &str) -> bool {
    boundary.len() <= BOUNDARY_LIMIT
        && !boundary.ends_with(' ')
        && boundary.chars().all(|c| c.is_ascii_alphanumeric() || "'()+_,-./:=? ".contains(c))
}

/// Whether the value of Content-Type has a type and a subtype (RFC 2045 §5.1).
pub fn has_subtype(value: &str) -> bool {
    // A comment can stand anywhere in it (RFC 2045 §5.1).
    let value = without_comments(value);
    let kind = value.split(';').next().unwrap_or_default();
    kind.split_once('/')
        .is_some_and(|halves| [halves.0, halves.1].into_iter().all(|half| !half.trim().is_empty()))
}

/// How much of a byte an encoding that is none lets through: ASCII, text beyond it, or anything.
/// What is encoded is ASCII (RFC 2045 §6.2).
pub fn width(encoding: &str) -> u8 {
    match encoding {
        "8bit" => 1,
        "binary" => 2,
        _ => 0,
    }
}

/// The transfer encoding that a part declares, in lower case, without comments (RFC 2045 §1).
fn encoding(part: &Part) -> String {
    let declared = part.encoding.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
    if declared.contains('(') { without_comments(&declared) } else { declared }
}

/// A transfer encoding that is known, but for a comment: few readers understand it.
pub fn commented(declared: &str) -> Option<String> {
    let declared = declared.trim();
    let known = |encoding: &str| {
        is_identity(encoding) || Coding::of(encoding.as_bytes()) != Coding::Identity
    };
    let plain = || without_comments(declared).to_ascii_lowercase();
    (declared.contains('(') && known(&plain())).then(|| declared.to_owned())
}

/// Whether an encoding, in lower case, changes nothing.
fn is_identity(encoding: &str) -> bool {
    matches!(encoding, "" | "7bit" | "8bit" | "binary")
}

/// Goes through the parts.
struct Judge<'a> {
    content: &'a Content,
    sources: Sources,
    /// Where lines end in them, behind their line feeds.
    ends: HashMap<usize, Vec<usize>>,
    out: Judgement,
}

/// A part while it is judged.
struct Case<'a> {
    at: usize,
    part: &'a Part,
    source: Bytes,
    fields: Vec<Field>,
    encoding: String,
}

impl Case<'_> {
    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Where a field stands, or the header if there is none.
    fn place(&self, name: &str) -> Span {
        self.field(name).map_or(self.part.header, |field| field.span)
    }

    fn body(&self) -> &[u8] {
        self.part.body.of(&self.source)
    }

    /// The lines of the body that nothing can change any more.
    fn ended(&self) -> &[u8] {
        let body = self.body();
        let end = memchr::memrchr(b'\n', body).map_or(0, |end| end + 1);
        if self.part.open { body.get(..end).unwrap_or(body) } else { body }
    }
}

impl Judge<'_> {
    fn all(&mut self) {
        let content = self.content;
        // A file as Unix keeps it has LF alone on every line; that is one thing to say.
        let lf_alone = memchr::memmem::find(&content.raw, b"\r\n").is_none()
            && memchr::memchr(b'\n', &content.raw).is_some();
        if lf_alone {
            self.say(&LF_ENDS, 0, Span::new(0, 0), &[]);
        }
        let narrow = self.narrow();
        for (at, part) in content.parts.iter().enumerate() {
            let source = self.sources.of(content, at);
            let fields = content::header_in(&source, part);
            let encoding = encoding(part);
            let case = Case { at, part, source, fields, encoding };
            if content.begun && content.body.is_none() {
                // A parameter may still come; what is a header so far is judged as one.
                return;
            }
            self.header(&case);
            if let Some(inner) = narrow.get(&at) {
                let place = case.place("Content-Transfer-Encoding");
                self.say(&NARROW, at, place, &[("encoding", (*inner).to_owned())]);
            }
            if is_multipart(part) {
                self.multipart(&case);
            }
            if part.nature == Nature::Multipart {
                self.lines(&case, part.header, lf_alone);
            } else {
                self.body(&case, lf_alone);
            }
            self.purpose(&case);
            let start = self.out.flaws.partition_point(|flaw| flaw.part < at);
            if let Some(own) = self.out.flaws.get_mut(start..) {
                own.sort_by_key(|flaw| std::cmp::Reverse(flaw.rule.severity));
            }
        }
    }

    fn say(
        &mut self,
        rule: &'static Rule,
        part: usize,
        span: Span,
        values: &[(&'static str, String)],
    ) {
        self.say_times(rule, part, (span, 1), values);
    }

    fn say_times(
        &mut self,
        rule: &'static Rule,
        part: usize,
        (span, count): (Span, usize),
        values: &[(&'static str, String)],
    ) {
        let (line, column) = self.place(part, span.start);
        self.out.flaws.push(Flaw {
            rule,
            part,
            span,
            line,
            column,
            count,
            values: values.to_vec(),
        });
    }

    /// Line and column of byte `at` of the bytes in which `part` has its places.
    fn place(&mut self, part: usize, at: usize) -> (usize, usize) {
        let content = self.content;
        let outer = content.parts.get(part).and_then(|part| part.within);
        let source = self.sources.of(content, part);
        let (line, begin) = if let Some(outer) = outer {
            let ends = || memchr::memchr_iter(b'\n', &source).map(|end| end + 1).collect();
            let ends = self.ends.entry(outer).or_insert_with(ends);
            let line = ends.partition_point(|end| *end <= at);
            let begin = line.checked_sub(1).and_then(|before| ends.get(before));
            (line, begin.copied().unwrap_or_default())
        } else {
            let line = content.line_at(at);
            (line, content.line(line).start)
        };
        let before = Span::new(begin.min(at), at).of(&source);
        (line + 1, String::from_utf8_lossy(before).chars().count() + 1)
    }

    /// What holds parts or a message that let more through than it says, and what they say
    /// (RFC 2045 §6.4). From the last part to the first, so that each is looked at once.
    fn narrow(&self) -> HashMap<usize, &'static str> {
        let mut out = HashMap::new();
        let mut widest: Vec<u8> = Vec::new();
        for (at, part) in self.content.parts.iter().enumerate().rev() {
            let own = width(&encoding(part));
            let inside = widest.drain((part.depth + 1).min(widest.len())..).max().unwrap_or(0);
            let encoded = part.coding != Coding::Identity;
            if inside > own && !encoded {
                out.insert(at, if inside == 1 { "8bit" } else { "binary" });
            }
            widest.resize(part.depth + 1, 0);
            if let Some(here) = widest.last_mut() {
                *here = (*here).max(own).max(if encoded { 0 } else { inside });
            }
        }
        out
    }

    /// What the header of a part says; those of messages are judged as such.
    fn header(&mut self, case: &Case<'_>) {
        let (at, part) = (case.at, case.part);
        let outer = at.checked_sub(1).and_then(|at| self.content.parts.get(at));
        let enclosed = outer
            .is_some_and(|outer| outer.nature == Nature::Message && outer.depth + 1 == part.depth);
        for name in ONCE.iter().filter(|_| at > 0 && !enclosed) {
            let same = || case.fields.iter().filter(|f| f.name.eq_ignore_ascii_case(name));
            if let Some(second) = same().nth(1) {
                let values = [("field", (*name).to_owned())];
                self.say_times(&REPEATED, at, (second.span, same().count() - 1), &values);
            }
        }
        let kind = case.field("Content-Type").filter(|_| at > 0 && !enclosed);
        if kind.is_some_and(|field| !field.value.is_empty() && !has_subtype(&field.value)) {
            self.say(&NO_SUBTYPE, at, case.place("Content-Type"), &[]);
        }
        for (rule, span, values) in name::faults(part, &case.fields, &case.source) {
            self.say(rule, at, span, &values);
        }
    }

    fn multipart(&mut self, case: &Case<'_>) {
        let at = case.at;
        if !is_identity(&case.encoding) {
            self.say(&ENCODED_MULTIPART, at, case.place("Content-Transfer-Encoding"), &[]);
        }
        let Some(frame) = self.out.frame(at).cloned() else { return };
        let place = case.place("Content-Type");
        let Some(boundary) = frame.boundary else {
            self.say(&NO_BOUNDARY, at, place, &[]);
            return;
        };
        let values = [("boundary", boundary.clone())];
        if !is_boundary(&boundary) {
            self.say(&BAD_BOUNDARY, at, place, &values);
        }
        if let Some(outer) = frame.same {
            // What else is wrong with it follows from that.
            let values = [("boundary", boundary), ("n", (outer + 1).to_string())];
            self.say(&SAME_BOUNDARY, at, place, &values);
            return;
        }
        let delimiter = format!("--{boundary}");
        if frame.count == 0 {
            if case.part.open {
                return;
            }
            let mut lines = case.body().split(|b| *b == b'\n');
            let stands = lines.any(|line| line.starts_with(delimiter.as_bytes()));
            let rule = if stands { &NO_PARTS } else { &BOUNDARY_UNUSED };
            self.say(rule, at, place, &values);
            return;
        }
        let opening = case.source.get(frame.preamble.end..case.part.body.end).unwrap_or_default();
        let line = opening.split_inclusive(|b| *b == b'\n').next().unwrap_or_default();
        let here = Span::new(frame.preamble.end, frame.preamble.end + line.len());
        match line.strip_prefix(delimiter.as_bytes()) {
            Some(rest) if rest.starts_with(b"--") => self.say(&NO_PARTS, at, here, &values),
            // Which delimiters are its own, nobody knows.
            Some(rest) if rest.trim_ascii().is_empty() && frame.taken => {}
            Some(rest) if rest.trim_ascii().is_empty() => {
                if !frame.closed && !case.part.open {
                    self.say(&BOUNDARY_OPEN, at, place, &values);
                }
                if frame.count == 1 && !frame.hidden && (frame.closed || !case.part.open) {
                    self.say(&ONE_PART, at, place, &[]);
                }
            }
            // The parser takes what only looks like a delimiter for one.
            _ => self.say(&BOUNDARY_INSIDE, at, here, &values),
        }
    }

    fn body(&mut self, case: &Case<'_>, lf_alone: bool) {
        let (at, part) = (case.at, case.part);
        let declared = case.place("Content-Transfer-Encoding");
        let values = [("encoding", case.encoding.clone())];
        let encloses = matches!(part.kind.as_str(), "message/rfc822" | "message/global");
        let comment = commented(part.encoding.as_deref().unwrap_or_default());
        if let Some(written) = &comment {
            self.say(&ENCODING_COMMENT, at, declared, &[("encoding", written.clone())]);
        }
        match case.encoding.as_str() {
            _ if part.nature == Nature::Message && is_identity(&case.encoding) => {
                // What stands in it is looked at with its own parts.
                self.lines(case, part.header, lf_alone);
                return;
            }
            "base64" => self.base64(case),
            "quoted-printable" => self.quoted(case),
            other if !is_identity(other) => self.say(&UNKNOWN_ENCODING, at, declared, &values),
            // It may hold any byte, and has no lines (RFC 2045 §2.9).
            "binary" => self.lines(case, part.header, lf_alone),
            _ => self.lines(case, Span::new(part.header.start, part.body.end), lf_alone),
        }
        if !is_identity(&case.encoding) {
            self.lines(case, part.header, lf_alone);
            if part.kind == "message/rfc822" {
                self.say(&ENCODED_MESSAGE, at, declared, &[]);
            }
        }
        // What a comment keeps from being decoded says nothing of what it is.
        if part.nature == Nature::Message || comment.is_some() && !is_identity(&case.encoding) {
            return;
        }
        let end = part.body.end.min(case.source.len());
        let encoded = case.source.slice(part.body.start.min(end)..end);
        let decoded = content::decoded(&encoded, part.coding);
        if part.closed {
            self.say(&CLOSED, at, case.place("Content-Type"), &[]);
        } else if encloses && !part.open {
            let cut = is_begun_header(&decoded);
            let rule = if cut { &CUT_MESSAGE } else { &UNREADABLE_MESSAGE };
            self.say(rule, at, case.place("Content-Type"), &[]);
        }
        if part.is_text() && !is_multipart(part) {
            self.text(case, &decoded);
        } else if is_identity(&case.encoding) && width(&case.encoding) == 0 {
            self.eight_bit(case, &NO_ENCODING);
        }
        for (rule, values) in name::lies(part, &decoded) {
            self.say(rule, at, case.place(name::FIELD), &values);
        }
    }

    /// From where on LF alone in the message is not judged with its header: that says nothing of
    /// its empty line, and takes one with LF alone on every line for that of a file.
    fn lf_from(&self, case: &Case<'_>) -> usize {
        let header = case.part.header;
        let file = memchr::memmem::find(header.of(&case.source), b"\r\n").is_none();
        let empty = if self.content.body.is_some() { 2 } else { 0 };
        if file { header.start } else { case.part.body.start.saturating_sub(empty) }
    }

    /// Line ends, NUL and length of the lines that stand in `span`; those of the header of the
    /// message are judged with it.
    fn lines(&mut self, case: &Case<'_>, span: Span, lf_alone: bool) {
        let root = case.at == 0;
        let from = if root { case.part.body.start } else { span.start };
        let span = Span::new(from, span.end.max(from));
        let bytes = span.of(&case.source);
        let found = coding::line_faults(bytes);
        let mut lf = (span.start, found.bare_lf);
        if root {
            let from = self.lf_from(case);
            lf = (from, coding::line_faults(Span::new(from, span.end).of(&case.source)).bare_lf);
        }
        let start = span.start;
        let rules =
            [(&BARE_CR, (start, found.bare_cr)), (&BARE_LF, lf), (&NUL, (start, found.nul))];
        for (rule, (start, (first, count))) in rules {
            let Some(first) = first.filter(|_| rule != &BARE_LF || !lf_alone) else { continue };
            let place = Span::new(start + first, start + first + 1);
            self.say_times(rule, case.at, (place, count), &[]);
        }
        if let Some((line, count)) = long_line(bytes, LINE_LIMIT) {
            let place = Span::new(span.start + line.start + LINE_LIMIT, span.start + line.end);
            let values = [("n", line.len().to_string())];
            self.say_times(&LONG, case.at, (place, count), &values);
        }
    }

    fn base64(&mut self, case: &Case<'_>) {
        let start = case.part.body.start;
        self.wide(case);
        if let Some((offset, wrong)) = base64_fault(case.body())
            && (wrong != Wrong::End || !case.part.open)
        {
            let rule = if wrong == Wrong::Byte { &BASE64 } else { &PADDING };
            self.say(rule, case.at, Span::new(start + offset, start + offset + 1), &[]);
        }
    }

    fn quoted(&mut self, case: &Case<'_>) {
        let start = case.part.body.start;
        self.wide(case);
        if let Some((offset, count)) = quoted_fault(case.ended()) {
            let place = Span::new(start + offset, (start + offset + 3).min(case.part.body.end));
            self.say_times(&QUOTED, case.at, (place, count), &[]);
        }
    }

    fn wide(&mut self, case: &Case<'_>) {
        let start = case.part.body.start;
        if let Some((line, count)) = long_line(case.body(), ENCODED_WIDTH) {
            let place = Span::new(start + line.start + ENCODED_WIDTH, start + line.end);
            self.say_times(&LONG_ENCODED, case.at, (place, count), &[]);
        }
    }

    /// Bytes beyond ASCII where the encoding says that there are none.
    fn eight_bit(&mut self, case: &Case<'_>, rule: &'static Rule) {
        let start = case.part.body.start;
        if let Some(first) = case.body().iter().position(|b| !b.is_ascii()) {
            self.say(rule, case.at, Span::new(start + first, start + first + 1), &[]);
        }
    }

    /// Text is in the charset that it declares.
    fn text(&mut self, case: &Case<'_>, decoded: &[u8]) {
        let (at, part) = (case.at, case.part);
        let place = case.place("Content-Type");
        let charset = part.charset.as_deref().unwrap_or_default();
        let ascii = charset.is_empty() || charset.eq_ignore_ascii_case("us-ascii");
        let values = [("charset", charset.to_owned())];
        let undeclared = is_identity(&case.encoding) && width(&case.encoding) == 0;
        if !ascii && !content::is_known_charset(charset) {
            self.say(&UNKNOWN_CHARSET, at, place, &values);
        } else if ascii {
            let rule = if undeclared { &NAKED } else { &NO_CHARSET };
            if part.coding == Coding::Identity {
                self.eight_bit(case, rule);
            } else if !decoded.is_ascii() {
                self.say(rule, at, place, &[]);
            }
            return;
        } else if let Some(offset) = charset_fault_of(part, charset, decoded) {
            let here = if part.coding == Coding::Identity {
                Span::new(part.body.start + offset, part.body.start + offset + 1)
            } else {
                place
            };
            self.say(&NOT_IN_CHARSET, at, here, &values);
        }
        if undeclared {
            self.eight_bit(case, &NO_ENCODING);
        }
    }

    /// Parts that are more than their type says.
    fn purpose(&mut self, case: &Case<'_>) {
        let (at, part) = (case.at, case.part);
        let value = case.field("Content-Type").map(|field| field.value.to_ascii_lowercase());
        let value = value.unwrap_or_default();
        let says = |word: &str| value.contains(word);
        let rule = match part.kind.as_str() {
            "message/partial" => &PARTIAL,
            "message/external-body" => &EXTERNAL,
            "multipart/signed" if says("pkcs7-signature") => &SMIME_SIGNED,
            "application/pkcs7-signature" | "application/x-pkcs7-signature" => &SMIME_SIGNED,
            "application/pkcs7-mime" | "application/x-pkcs7-mime" if says("signed-data") => {
                &SMIME_SIGNED
            }
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => &SMIME_ENVELOPED,
            "multipart/signed" if says("pgp-signature") => &PGP_SIGNED,
            "application/pgp-signature" => &PGP_SIGNED,
            "multipart/encrypted" if says("pgp-encrypted") => &PGP_ENCRYPTED,
            "application/pgp-encrypted" => &PGP_ENCRYPTED,
            "application/pgp-keys" => &PGP_KEYS,
            _ if part.nature == Nature::Text
                && part.coding == Coding::Identity
                && memchr::memmem::find(case.body(), b"-----BEGIN PGP ").is_some() =>
            {
                &PGP_INLINE
            }
            _ => return,
        };
        self.say(rule, at, case.place("Content-Type"), &[]);
    }
}

/// Where a part is no text in its charset.
fn charset_fault_of(part: &Part, charset: &str, decoded: &[u8]) -> Option<usize> {
    let fault = if part.open { begun_charset_fault } else { charset_fault };
    fault(charset, decoded)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD as STANDARD, Engine as _};

    use super::*;

    /// The names of the flaws of each part.
    fn flaws(message: &[u8]) -> Vec<(usize, &'static str)> {
        let content = Content::read(message.to_vec());
        let judgement = content.judgement();
        judgement.flaws().iter().map(|flaw| (flaw.part, flaw.rule.name())).collect()
    }

    fn wire(text: &str) -> Vec<u8> {
        text.replace('\n', "\r\n").into_bytes()
    }

    const MIME: &str = "From: a@b.example\nMIME-Version: 1.0\n";

    /// Each message has these flaws and no others.
    fn assert_named(rows: Vec<(String, &str)>) {
        let names = |fields: &str| -> Vec<_> {
            let seen = flaws(&wire(&format!("{MIME}{fields}")));
            seen.into_iter().map(|(_, name)| name).collect()
        };
        let rows = rows.into_iter().map(|(fields, name)| (names(&fields).join(" "), name, fields));
        assert_eq!(rows.filter(|(seen, name, _)| seen != name).collect::<Vec<_>>(), []);
    }

    #[test]
    fn each_flaw_is_named() {
        let mixed = "Content-Type: multipart/mixed; boundary=b\n";
        let text = "Content-Type: text/plain; charset=utf-8\n";
        let coded = |encoding: &str| format!("{text}Content-Transfer-Encoding: {encoding}\n");
        let long = "b".repeat(71);
        assert_named(vec![
            (format!("{mixed}\n--b\n\none\n--b\n\ntwo\n--b--\n"), ""),
            (format!("{text}\nplain\n"), ""),
            (format!("{}\nQUJD\n", coded("base64")), ""),
            (format!("{}\na=3Db=\nc\n", coded("quoted-printable")), ""),
            (format!("{mixed}\n--b\n\none\n--b\n\ntwo\n"), "boundary-open"),
            (format!("{mixed}\nno boundary\n"), "boundary-unused"),
            ("Content-Type: multipart/mixed\n\nx\n".to_owned(), "no-boundary"),
            (
                format!("{}\n--{long}\n\nx\n--{long}\n\ny\n--{long}--\n", mixed.replace("=b", &format!("={long}"))),
                "bad-boundary",
            ),
            (format!("{mixed}\ntext --b\n\nx\n--b--\n"), "boundary-inside"),
            (format!("{mixed}\n--b--\n"), "no-parts"),
            (format!("{mixed}\n--b\n\none\n--b--\n"), "one-part"),
            (
                format!("{mixed}Content-Transfer-Encoding: base64\n\n--b\n\none\n--b\n\ntwo\n--b--\n"),
                "encoded-multipart",
            ),
            (
                format!("{mixed}\n--b\nContent-Transfer-Encoding: 8bit\n\none\n--b\n\ntwo\n--b--\n"),
                "narrow",
            ),
            (format!("{}\nQU*D\n", coded("base64")), "base64"),
            (format!("{}\nQUJ\n", coded("base64")), "padding"),
            (format!("{}\n{}\n", coded("base64"), "QUJD".repeat(20)), "long-encoded"),
            (format!("{}\na=G0\n", coded("quoted-printable")), "quoted"),
            (format!("{}\n{}\n", coded("quoted-printable"), "x".repeat(77)), "long-encoded"),
            (format!("{}\nx\n", coded("x-uuencode")), "unknown-encoding"),
            (format!("{}\nx\n", coded("x-uuencode (x)")), "unknown-encoding"),
            (format!("{}\n6Q==\n", coded("BASE64 (x)")), "encoding-comment"),
            (format!("{}\ncaf\u{e9}\n", coded("8bit (x)")), "encoding-comment"),
            (format!("{text}\ncaf\u{e9}\n"), "no-encoding"),
            ("Content-Transfer-Encoding: 8bit\n\ncaf\u{e9}\n".to_owned(), "no-charset"),
            ("\ncaf\u{e9}\n".to_owned(), "naked"),
            (format!("{}\nx\n", text.replace("utf-8", "klingon")), "unknown-charset"),
            (format!("{}\n6Q==\n", coded("base64")), "not-in-charset"),
            (format!("{mixed}\n--b\n{text}{text}\nx\n--b--\n"), "one-part repeated"),
            (format!("{text}{text}\nx\n"), ""),
            (format!("Content-Type: message/rfc822\n\n{text}{text}\nx\n"), ""),
            (format!("X: {}\r\0\n{text}\nx\n", "x".repeat(999)), ""),
            (format!("{text}\n{}\n", "x".repeat(999)), "long"),
            (format!("{text}\na\0b\n"), "nul"),
            (format!("{text}\na\rb\n"), "bare-cr"),
            ("Content-Type: message/partial; id=x; number=1\n\nx\n".to_owned(), "partial"),
            (
                "Content-Type: message/external-body; access-type=ftp\n\nx\n".to_owned(),
                "external",
            ),
            (
                "Content-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\n\n--b\n\nx\n--b\n\ny\n--b--\n".to_owned(),
                "smime-signed",
            ),
            (
                "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nQUJD\n".to_owned(),
                "smime",
            ),
            (
                "Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\n\n--b\n\nx\n--b\n\ny\n--b--\n".to_owned(),
                "pgp-encrypted",
            ),
            ("\n-----BEGIN PGP MESSAGE-----\nx\n".to_owned(), "pgp-inline"),
            (
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeA0KDQppbg0K\n".to_owned(),
                "encoded-message",
            ),
        ]);
    }

    #[test]
    fn each_flaw_of_a_name_or_a_type_is_named() {
        let png = "\n\niVBORw0KGgoAAAANSUhEUg==\n";
        let file = |kind: &str, name: &str, body: &str| {
            format!(
                "Content-Type: {kind}\nContent-Disposition: attachment; filename={name}\nContent-Transfer-Encoding: base64{body}"
            )
        };
        let coded = |name: &str| {
            let written = format!("filename*=utf-8''{name}");
            file("image/png", "x", png).replace("filename=x", &written)
        };
        assert_named(vec![
            (file("image/jpeg", "a.jpg", png), "type-lies name-lies"),
            (file("image/png", "a.jpg", png), "name-lies"),
            (file("application/octet-stream", "a.jpg", png), "name-lies"),
            (file("application/foo", "a.jpg", "\n\nQUJD\n"), "name-declared"),
            (file("application/ics", "invite.ics", "\n\nQUJD\n"), ""),
            (file("application/x-javascript", "a.js", "\n\nQUJD\n"), "name-runs"),
            (file("application/pgp-keys", "a.asc", "\n\nLS0tLS1CRUdJTiBQR1A=\n"), "pgp-keys"),
            (file("application/pkcs7-signature", "a.p7s", "\n\nMIIBAAYJ\n"), "smime-signed"),
            (file("image/x-icon", "a.ico", "\n\nAAABAAEA\n"), ""),
            (file("text/plain", "a.txt", "\n\nQk1XIGhhcyBuZXcgY2Fycw==\n"), ""),
            (file("text/plain", "a.txt", "\n\nQk0AAAAAAAA=\n"), "type-lies name-lies"),
            (file("application/octet-stream", "a.exe", "\n\nQUJD\n"), "name-runs"),
            (file("application/octet-stream", "a.pdf.exe", "\n\nQUJD\n"), "name-double"),
            (file("image/png", "\"x/a.png\"", png), "name-path"),
            (file("image/png", "\"=?utf-8?q?a?=.png\"", png), "name-word"),
            (file("image/png; name=b.png", "a.png", png), "names-differ"),
            (coded("caf%C3%A9.png"), "name-coded"),
            (coded("a%E2%80%AEgnp.png"), "name-hides name-coded"),
            (coded("a%EF%BB%BFgnp.png"), "name-hides name-coded"),
            (coded("a%D8%9Cgnp.png"), "name-hides name-coded"),
            (coded("a%E1%A0%8Egnp.png"), "name-hides name-coded"),
            (coded("a%E2%80%AFb.png"), "name-coded"),
        ]);
    }

    #[test]
    fn what_is_open_inside_leaves_what_is_around_it_closed() {
        let mixed = "Content-Type: multipart/mixed; boundary=b\n";
        let inner =
            "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\n\none\n--c\n\ntwo\n";
        let third = "--b\n\nthree\n";
        for (body, seen) in [
            (format!("{inner}{third}--b--\n"), &[(1, "boundary-open")][..]),
            (format!("{inner}{third}"), &[(0, "boundary-open"), (1, "boundary-open")]),
            (format!("{inner}--b--\n"), &[(0, "one-part"), (1, "boundary-open")]),
            (format!("{inner}--c--\n{third}--b--\n"), &[]),
            (format!("{inner}--c--\n{third}"), &[(0, "boundary-open")]),
            // It stands within a line.
            (format!("{inner}{third}no --b--\n"), &[(0, "boundary-open"), (1, "boundary-open")]),
        ] {
            assert_eq!(flaws(&wire(&format!("{MIME}{mixed}\n{body}"))), seen, "{body}");
        }
        // The same inside of an encoded message, twice.
        let coded = STANDARD.encode(wire(&format!("{MIME}{mixed}\n{inner}{third}--b--\n")));
        let coded = format!(
            "--d\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{coded}\n"
        );
        let outer = "Content-Type: multipart/mixed; boundary=d\n";
        let text = wire(&format!("{MIME}{outer}\n{coded}{coded}--d--\n"));
        let open = flaws(&text).into_iter().filter(|(_, name)| name.starts_with("boundary"));
        assert_eq!(open.map(|(at, _)| at).collect::<Vec<_>>(), [3, 8], "{:?}", flaws(&text));
    }

    #[test]
    fn nothing_is_said_before_the_end_that_only_the_end_can_tell() {
        let text = wire(&format!(
            "{MIME}Content-Type: multipart/mixed;\n boundary=b\n\nbefore\n--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ncaf\u{e9} - --x\n--c\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<p>a=C3=A9b=\nc\n--c--\n\n--b\nContent-Type: image/png; name=a.png\nContent-Disposition: attachment; filename=a.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo\nAAAANSUhEUg==\n--b\nContent-Type: message/rfc822\n\nSubject: x\n\ninside\n--b--\nafter\n"
        ));
        let whole = Content::read(text.clone());
        let said = |content: &Content| -> Vec<_> {
            let flaws = content.judgement().flaws().iter();
            flaws.map(|flaw| (flaw.part, flaw.rule.name())).collect()
        };
        let known = said(&whole);
        assert_eq!(known, [(0, "narrow"), (1, "narrow")]);
        for end in 0..text.len() {
            let content = Content::begun(text[..end].to_vec());
            let shown = String::from_utf8_lossy(&text[..end]);
            assert!(said(&content).iter().all(|flaw| known.contains(flaw)), "{shown}");
            if content.body.is_none() {
                continue;
            }
            for (at, (part, later)) in content.parts.iter().zip(&whole.parts).enumerate() {
                assert!(part.decoded_len <= later.decoded_len, "{at}: {shown}");
                assert!(part.open || part.decoded_len == later.decoded_len, "{at}: {shown}");
                assert_eq!(part.kind, later.kind, "{at}: {shown}");
                assert!(!part.defective, "{at}: {shown}");
                let here = content.decoded(at);
                if later.nature != Nature::Multipart && later.nature != Nature::Message {
                    assert_eq!(
                        (here.len(), part.nature),
                        (part.decoded_len, later.nature),
                        "{at}: {shown}"
                    );
                    assert!(whole.decoded(at).starts_with(&here), "{at}: {shown}");
                }
            }
            assert!(content.parts.first().is_none_or(|part| part.open), "{shown}");
        }
        // What is there is wrong, whatever follows.
        for (body, name) in [("QU*D\n", "base64"), ("QQ==QUJD\n", "padding")] {
            let text = format!(
                "{MIME}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{body}"
            );
            assert_eq!(said(&Content::begun(wire(&text))), [(0, name)]);
        }
    }

    #[test]
    fn a_name_with_a_blank_needs_quotes_and_a_type_a_subtype() {
        let part = |fields: &str| {
            let mixed = "Content-Type: multipart/mixed; boundary=b\n";
            flaws(&wire(&format!("{MIME}{mixed}\n--b\n{fields}\n\nx\n--b\n\ny\n--b--\n")))
        };
        for (name, seen) in [
            ("a b.txt", &[(1, "name-unquoted")][..]),
            ("a.txt b; x=y", &[(1, "name-unquoted")]),
            ("\"a b.txt\"", &[]),
            ("a.txt (a b)", &[]),
            ("a.txt ; x=y z", &[]),
        ] {
            assert_eq!(part(&format!("Content-Disposition: attachment; filename={name}")), seen);
        }
        assert_eq!(part("Content-Type: text"), [(1, "no-subtype")]);
        assert_eq!(part("Content-Type: text/; charset=utf-8"), [(1, "no-subtype")]);
        for (kind, whole) in [
            ("text/plain (a; b)", true),
            ("(comment) text/plain", true),
            ("text (c)/plain", true),
            ("text/(c) plain; name=\"a(b\"", true),
            ("text (c/d)", false),
            ("text/(c)", false),
            ("; a/b", false),
        ] {
            assert_eq!(has_subtype(kind), whole, "{kind}");
        }
    }

    #[test]
    fn a_boundary_within_its_own_is_named_and_nothing_that_follows_from_it() {
        let mixed = |b: &str| format!("Content-Type: multipart/mixed; boundary={b}\n");
        let nested = |inner: &str, end: &str| {
            let (outer, inner) = (mixed("b"), mixed(inner));
            wire(&format!("{MIME}{outer}\n--b\n{inner}\n--b\n\none\n--b\n\ntwo\n--b--\n{end}"))
        };
        for end in ["", "--b--\n"] {
            let text = nested("b", end);
            assert_eq!(flaws(&text), [(1, "same-boundary")], "{end}");
            let content = Content::read(text);
            // As the words say: up to the first end they divide the inner one.
            let depths: Vec<_> = content.parts.iter().map(|part| part.depth).collect();
            assert_eq!(depths, [0, 1, 2, 2], "{end}");
            let values = &content.judgement().of_part(1)[0].values;
            assert_eq!(values, &[("boundary", "b".to_owned()), ("n", "1".to_owned())]);
        }
        assert_eq!(flaws(&nested("c", "")), [(1, "boundary-unused")]);
        // One behind the other can have the same, and so can an encoded message.
        let inner = format!("{}\n--c\n\none\n--c\n\ntwo\n--c--\n", mixed("c"));
        let twice = format!("{MIME}{}\n--b\n{inner}--b\n{inner}--b--\n", mixed("b"));
        assert_eq!(flaws(&wire(&twice)), []);
        let coded = STANDARD.encode(wire(&format!("{MIME}{inner}")));
        let coded =
            format!("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{coded}\n");
        let text = wire(&format!("{MIME}{}\n--c\n{coded}--c\n\ntwo\n--c--\n", mixed("c")));
        assert!(flaws(&text).iter().all(|(_, name)| *name != "same-boundary"));
        let plain = format!("Content-Type: message/rfc822\n\n{MIME}{inner}");
        let text = wire(&format!("{MIME}{}\n--c\n{plain}--c\n\ntwo\n--c--\n", mixed("c")));
        assert!(flaws(&text).contains(&(2, "same-boundary")), "{:?}", flaws(&text));
    }

    #[test]
    fn an_enclosed_message_that_ends_within_its_header_is_cut() {
        for (inner, name) in [
            ("Subject: cut he", "cut-message"),
            ("Subject: x\n", "cut-message"),
            ("Sub", "cut-message"),
            ("Subject: x\n--b--\n", "cut-message"),
            ("", "unreadable-message"),
            ("--b--\n", "unreadable-message"),
            ("no field\n--b--\n", "unreadable-message"),
        ] {
            let kind = "Content-Type: message/rfc822\n";
            let mixed = "Content-Type: multipart/mixed; boundary=b\n";
            let text = wire(&format!("{MIME}{mixed}\n--b\n\none\n--b\n{kind}\n{inner}"));
            let said = |content: &Content| -> Vec<_> {
                content.judgement().of_part(2).iter().map(|flaw| flaw.rule.name()).collect()
            };
            assert_eq!(said(&Content::read(text.clone())), [name], "{inner}");
            // Of more that may come nothing is said.
            assert_eq!(said(&Content::begun(text)), [""; 0], "{inner}");
        }
    }

    #[test]
    fn line_ends_of_a_file_are_one_thing_to_say() {
        assert_eq!(flaws(b"Subject: x\n\na\nb\n"), [(0, "lf-ends")]);
        assert_eq!(flaws(b"Subject: x\r\n\r\na\nb\n"), [(0, "bare-lf")]);
        // What a header says is judged with the header.
        assert_eq!(flaws(b"Content-Type: text/plain\r\nX: y\n\r\nx\r\n"), []);
        assert_eq!(flaws(b"Subject: x\n\na\r\n"), [(0, "bare-lf")]);
        assert_eq!(flaws(b"Subject: x\r\n\na\r\n"), [(0, "bare-lf")]);
        assert_eq!(flaws(b"Subject: x\r\n\r\n\na\r\n"), [(0, "bare-lf")]);
    }

    #[test]
    fn what_stands_around_parts() {
        let text = wire(&format!(
            "{MIME}Content-Type: multipart/mixed; boundary=b\n\nbefore\n--b\n\none\n--b\n\ntwo\n--b--\nafter\n"
        ));
        let content = Content::read(text.clone());
        let frame = content.judgement().frame(0).unwrap();
        assert_eq!((frame.count, frame.closed), (2, true));
        assert_eq!(frame.preamble.of(&text), b"before\r\n");
        assert_eq!(frame.epilogue.of(&text), b"after\r\n");
        assert_eq!(content.judgement().frame(1), None);
    }

    #[test]
    fn places_are_where_the_bytes_are() {
        let text = wire(&format!(
            "{MIME}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nQUJD\nQU*D\n"
        ));
        let content = Content::read(text.clone());
        let flaw = &content.judgement().of_part(0)[0];
        assert_eq!((flaw.rule.name(), flaw.span.of(&text)), ("base64", &b"*"[..]));
        assert_eq!((flaw.line, flaw.column), (7, 3));
        // What was encoded has lines of its own.
        let inner = STANDARD.encode("A: b\r\n\r\nx\r\n\u{e9}\0\0\r\n");
        let text = format!(
            "{MIME}Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{inner}\n"
        );
        let content = Content::read(wire(&text));
        let mut flaws = content.judgement().flaws().iter().filter(|flaw| flaw.rule == &NUL);
        let flaw = flaws.next().unwrap();
        assert_eq!((flaw.part, flaw.line, flaw.column, flaw.count), (1, 4, 2, 2));
    }
}
