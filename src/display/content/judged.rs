//! What there is to say about the headers of a content, found once and kept beside it: drawing
//! only puts it into lines.

use bytes::Bytes;

use crate::draft::{Finding, Findings, Left, Offers, Severity, received};
use crate::knowledge::{self, Lang};
use crate::session::Dialogue;
use crate::session::authenticity::Stated;
use crate::session::content::{Content, Field, Part, Sources, header_in};
use crate::session::header::{Entry, LIMIT, before, beyond, entries};
use crate::session::trace::{Passing, Trace};
use crate::smtp::Span;

/// How many headers of enclosed messages are judged.
const ENCLOSED: usize = 20;

/// How many bytes an encoded message may have whose header is judged: all of it is decoded.
const ENCODED: usize = 4 << 20;

/// What is known about the headers of a content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The header of the message, then those of the messages in it.
    pub headers: Vec<Header>,
    /// The way of the message.
    pub trace: Trace,
    /// What it says of its authenticity.
    pub stated: Stated,
}

/// A header, judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// The part whose header it is.
    pub part: usize,
    /// Whether its places are those of the message: they are not inside of what is encoded.
    pub in_message: bool,
    /// Its fields, as values.
    pub fields: Vec<Field>,
    /// Its fields in order, and what is none.
    pub entries: Vec<Entry>,
    /// The values of fields as they stand, where they say something else once decoded.
    pub raw: Vec<Option<String>>,
    /// What is odd about it.
    pub findings: Vec<Finding>,
    /// How many findings are not listed.
    pub left: Left,
    /// How many of its bytes are not looked at, behind [`LIMIT`].
    pub beyond: usize,
    /// The numbers of the findings about each entry, the worst first.
    of_entries: Vec<Vec<usize>>,
}

/// What a session says of a message that it carries. A message on its own has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    offers: Offers,
    passing: Option<Passing>,
}

impl Carried {
    /// What is said of message number `message` of a session.
    pub fn of(dialogue: &Dialogue, message: usize) -> Self {
        Self {
            offers: Offers::of_message(dialogue, message),
            passing: Passing::of(dialogue, message),
        }
    }
}

impl Judged {
    /// Judges a content. That of a large one takes a while.
    pub fn of(content: &Content, carried: &Carried) -> Self {
        let offers = &carried.offers;
        let mut headers = vec![Header::of_message(content, offers)];
        let enclosed = content.parts.iter().enumerate().skip(1).filter(|(at, part)| {
            let outer = at.checked_sub(1).and_then(|at| content.parts.get(at));
            outer.is_some_and(|outer| encloses(outer, part))
        });
        let decodable = |(_, part): &(usize, &Part)| match part.within {
            Some(outer) => content.parts.get(outer).is_some_and(|o| o.body.len() <= ENCODED),
            None => true,
        };
        let enclosed = enclosed.filter(decodable).take(ENCLOSED);
        let mut sources = Sources::default();
        headers.extend(
            enclosed.map(|(at, part)| Header::of_part(&sources.of(content, at), at, part, offers)),
        );
        let stated = Stated::read(&content.raw);
        Self { headers, trace: Trace::of(content, carried.passing.clone()), stated }
    }

    /// The findings about all headers, with the part of each.
    pub fn findings(&self) -> impl Iterator<Item = (&Header, &Finding)> {
        self.headers.iter().flat_map(|header| header.findings.iter().map(move |f| (header, f)))
    }
}

/// Whether a part is the message that the one before encloses.
fn encloses(outer: &Part, inner: &Part) -> bool {
    outer.nature == crate::session::content::Nature::Message && inner.depth == outer.depth + 1
}

impl Header {
    fn of_message(content: &Content, offers: &Offers) -> Self {
        let beyond = beyond(content);
        let len = content.body.unwrap_or(content.raw.len()) - beyond;
        let end = beyond == 0 && (content.body.is_some() || !content.begun);
        let range = Span::new(0, len);
        let fields = before(&content.fields, len).to_vec();
        let read = Self::read(0, true, fields, &content.raw, range, (end, offers));
        Self { beyond, ..read }
    }

    fn of_part(source: &Bytes, at: usize, part: &Part, offers: &Offers) -> Self {
        let range = Span::new(part.header.start, part.header.end.min(part.header.start + LIMIT));
        let fields = before(&header_in(source, part), range.end).to_vec();
        // Without its empty line it would be no message.
        let end = range.end == part.header.end;
        let read = Self::read(at, part.within.is_none(), fields, source, range, (end, offers));
        Self { beyond: part.header.end.saturating_sub(range.end), ..read }
    }

    fn read(
        part: usize,
        in_message: bool,
        fields: Vec<Field>,
        source: &[u8],
        range: Span,
        (end, offers): (bool, &Offers),
    ) -> Self {
        let Findings { all: mut findings, left } = received(range.of(source), end, offers);
        let before = Span::new(0, range.start).of(source);
        let before = memchr::memchr_iter(b'\n', before).count();
        for finding in &mut findings {
            finding.mark.line += before;
            if let Some(span) = &mut finding.span {
                *span = Span::new(span.start + range.start, span.end + range.start);
            }
        }
        let raw = fields.iter().map(|field| field.decoded.then(|| as_it_stands(field, source)));
        let entries = entries(&fields, source, range);
        Self {
            part,
            in_message,
            of_entries: of_entries(&entries, &findings),
            entries,
            raw: raw.collect(),
            findings,
            left,
            beyond: 0,
            fields,
        }
    }

    /// Number of findings that matter so much, listed or not.
    pub fn count(&self, severity: Severity) -> usize {
        let listed = self.findings.iter().filter(|finding| finding.mark.severity == severity);
        listed.count() + self.left.of(severity)
    }

    /// What is missing from the whole header, and everything about one without entries.
    pub fn general(&self) -> impl Iterator<Item = &Finding> {
        let empty = self.entries.is_empty();
        self.findings.iter().filter(move |finding| empty || finding.span.is_none())
    }

    /// What there is to say about the entry number `at`, the worst first.
    pub fn about(&self, at: usize) -> impl Iterator<Item = &Finding> {
        let found = self.of_entries.get(at).into_iter().flatten();
        found.filter_map(|finding| self.findings.get(*finding))
    }
}

/// The numbers of the findings about each entry, the worst first. Empty lines between two entries
/// belong to the first.
fn of_entries(entries: &[Entry], findings: &[Finding]) -> Vec<Vec<usize>> {
    let mut out = vec![Vec::new(); entries.len()];
    for (number, finding) in findings.iter().enumerate() {
        let Some(span) = finding.span else { continue };
        let behind = entries.partition_point(|entry| entry.span.start <= span.start);
        if let Some(own) = out.get_mut(behind.saturating_sub(1)) {
            own.push(number);
        }
    }
    for own in &mut out {
        own.sort_by_key(|at| findings.get(*at).map(|f| std::cmp::Reverse(f.mark.severity)));
    }
    out
}

/// What follows a sentence about something that is so `count` times: how often, and the line and
/// column of the first, from 1.
pub fn times(count: usize, line: usize, column: usize, lang: Lang) -> String {
    if count < 2 {
        return String::new();
    }
    let [n, line, column] = [count, line, column].map(|n| n.to_string());
    knowledge::fill(lang, "finding.times", &[("n", &n), ("line", &line), ("column", &column)])
}

/// The value of a field, unfolded and not decoded.
pub fn as_it_stands(field: &Field, source: &[u8]) -> String {
    let value = Span::new(field.value_at, field.span.end).of(source);
    let text = String::from_utf8_lossy(value);
    text.trim().lines().collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::super::{header, trace};
    use super::*;
    use crate::session::trace::Odd;

    fn judged(text: &str) -> Judged {
        Judged::of(&Content::read(text.as_bytes().to_vec()), &Carried::default())
    }

    #[test]
    fn header_and_trace_say_the_same_of_a_field() {
        let judged = judged(
            "Received: from a by b; Thu, 26 Nov 99999999999999 10:00:00 +9999\r\nReceived: from d by c; Thu, 26 Nov 1900 10:00:00 +0000\r\nReceived: from e by d; Fri, 01 Jan 9999 00:00:00 GMT\r\nReceived: by e\r\nReceived:\r\nReceived: ;\r\nDate: 26 Nov 26 10:00 EST\r\n\r\n",
        );
        let dates = |finding: &&Finding| ["Received", "Date"].contains(&finding.mark.about);
        let findings = judged.headers[0].findings.iter().filter(dates);
        let mut in_header: Vec<_> = findings
            .map(|finding| (finding.mark.clause, header::sentence(&finding.mark, Lang::En)))
            .collect();
        let odd = |odd: &Odd| match odd {
            Odd::Field(fault) => Some((fault.rule.clause, trace::sentence(odd, Lang::En))),
            _ => None,
        };
        let points = judged.trace.points.iter();
        let mut in_trace: Vec<_> =
            points.flat_map(|point| point.what.odd()).filter_map(odd).collect();
        in_header.sort();
        in_trace.sort();
        assert_eq!(in_header, in_trace);
        assert_eq!(in_header.len(), 8);
    }

    #[test]
    fn an_enclosed_header_is_judged_once() {
        let text = "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: text/plain\r\nContent-Type: text/plain\r\n\r\nx\r\n";
        let keys: Vec<_> = judged(text).headers[1].findings.iter().map(|f| f.mark.key).collect();
        for key in ["review.no-version", "review.repeated"] {
            assert_eq!(keys.iter().filter(|known| **known == key).count(), 1, "{keys:?}");
        }
        assert_eq!(Content::read(text).judgement().flaws(), []);
    }

    #[test]
    fn only_a_header_that_is_over_lacks_something() {
        let more =
            "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n";
        let missing = |content: &Content, at: usize| {
            let judged = Judged::of(content, &Carried::default());
            let mut keys = judged.headers[at].findings.iter().map(|f| f.mark.key);
            keys.any(|key| key == "review.missing")
        };
        let begun = |text: &str| Content::begun(text.as_bytes().to_vec());
        let whole = |text: &str| Content::read(text.as_bytes().to_vec());
        for (text, at, over) in
            [("Subject: x\r\n", 0, false), ("Subject: x\r\n\r\n", 0, true), (more, 1, true)]
        {
            assert_eq!(missing(&begun(text), at), over, "{at} {text}");
            assert!(missing(&whole(text), at), "{at} {text}");
        }
        // Of one that is too long the end was not looked at.
        let long = format!("X: {}\r\nDate: x\r\nFrom: a@b.example\r\n\r\n", "x".repeat(LIMIT));
        assert!(!missing(&whole(&long), 0));
        let said = |text: &str, lang| {
            let lines = header::lines(&judged(text), lang, 400, usize::MAX);
            lines.iter().map(|line| line.text() + "\n").collect::<String>()
        };
        let behind = (long.len() - LIMIT).to_string();
        for (lang, says) in [(Lang::En, "the first 1 048 576 B of"), (Lang::Ja, "1 048 576 B だけ")]
        {
            let text = said(&long, lang);
            assert!(text.contains(says) && text.contains(&behind), "{}", text.get(..400).unwrap());
            assert!(!said(more, lang).contains(says));
        }
    }

    #[test]
    fn findings_are_counted_beyond_the_list() {
        let judged = judged(&format!("{}\r\n", "X: \u{1}\u{1}\r\n".repeat(5000)));
        let header = &judged.headers[0];
        let listed = header.findings.iter().filter(|f| f.mark.key == "review.control");
        assert_eq!((listed.count(), header.left.all()), (100, 4900));
        assert_eq!(header.count(Severity::Warn), 5001);
        let said = header::lines(&judged, Lang::En, 200, 0);
        assert!(said[0].text().contains("beyond 100 of a kind: 4900"), "{}", said[0].text());
    }
}
