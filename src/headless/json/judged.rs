//! What there is to say about the header of a message, and the way that it took.

use serde::Serialize;

use crate::display::content::judged::{Header, Judged};
use crate::display::content::{header, trace};
use crate::draft::{Finding, Left};
use crate::knowledge::Lang;
use crate::session::content::Content;
use crate::session::received::Word;
use crate::session::trace::{Hop, Odd, Passing, Trace, What};

/// Something that is odd about a header.
#[derive(Serialize)]
pub(super) struct Judgement {
    id: &'static str,
    severity: &'static str,
    clause: &'static str,
    part: usize,
    /// Where it stands in the message; null for what is missing, and inside of what is encoded.
    start: Option<usize>,
    end: Option<usize>,
    /// The same as line and column, from 1.
    line: Option<usize>,
    column: Option<usize>,
    /// How often it is so in its field; the place is that of the first.
    count: usize,
    text: String,
}

/// What is not among the findings.
#[derive(Default, Serialize)]
pub(super) struct NotListed {
    /// How many are counted but not listed.
    error: usize,
    warn: usize,
    info: usize,
    /// How many bytes of headers were not looked at.
    bytes: usize,
}

impl NotListed {
    /// Those about all headers of a message.
    pub(super) fn of(judged: &Judged) -> Self {
        judged.headers.iter().fold(Self::default(), |sum, header| {
            let Left { errors, warnings, remarks } = header.left;
            Self {
                error: sum.error + errors,
                warn: sum.warn + warnings,
                info: sum.info + remarks,
                bytes: sum.bytes + header.beyond,
            }
        })
    }
}

impl Judgement {
    /// All about the headers of a message.
    pub(super) fn all(judged: &Judged, lang: Lang) -> Vec<Self> {
        judged.findings().map(|(header, finding)| Self::of(header, finding, lang)).collect()
    }

    fn of(of: &Header, finding: &Finding, lang: Lang) -> Self {
        let span = finding.span.filter(|_| of.in_message);
        let key = finding.mark.key;
        Self {
            id: key.split_once('.').map_or(key, |(_, name)| name),
            severity: finding.mark.severity.name(),
            clause: finding.mark.clause,
            part: of.part,
            start: span.map(|span| span.start),
            end: span.map(|span| span.end),
            line: span.map(|_| finding.mark.line + 1),
            column: span.map(|_| finding.mark.column),
            count: finding.mark.count,
            text: header::sentence(&finding.mark, lang),
        }
    }
}

/// The way of a message.
#[derive(Serialize)]
pub(super) struct Way {
    hops: Vec<Hopped>,
    seconds: Option<i64>,
    /// The first hop that can be believed, from 1.
    certain_from: Option<usize>,
    /// How many lines came with the message.
    doubtful: usize,
    date: Option<String>,
    return_path: Option<String>,
    /// The same as MAIL FROM of this session, if there is one.
    return_path_is_sender: Option<bool>,
    beside: Vec<Beside>,
    now: Option<Now>,
    odd: Vec<Told>,
}

/// A Received field.
#[derive(Serialize)]
struct Hopped {
    number: usize,
    field: usize,
    from: Option<String>,
    helo: Option<String>,
    reverse: Option<String>,
    ip: Option<String>,
    by: Option<String>,
    via: Option<String>,
    with: Option<String>,
    id: Option<String>,
    r#for: Option<String>,
    tls_version: Option<String>,
    tls_cipher: Option<String>,
    at: Option<String>,
    delay: Option<i64>,
    certain: bool,
    odd: Vec<Told>,
}

/// Fields that stand between the hops.
#[derive(Serialize)]
struct Beside {
    what: &'static str,
    fields: Vec<usize>,
    /// Behind which hop, in the order of time.
    after_hop: usize,
    instance: Option<u32>,
}

/// The hop that this session is.
#[derive(Serialize)]
struct Now {
    from: String,
    by: Option<String>,
    with: String,
    /// Whether the server writes it: `pending`, `yes`, `no` or `unknown`.
    written: &'static str,
}

#[derive(Serialize)]
struct Told {
    id: &'static str,
    text: String,
}

impl Way {
    /// The way of a message.
    pub(super) fn of(content: &Content, way: &Trace, lang: Lang) -> Self {
        let told = |odd: &[Odd]| -> Vec<Told> {
            odd.iter()
                .map(|odd| Told { id: odd.name(), text: trace::sentence(odd, lang) })
                .collect()
        };
        let mut out = Self {
            hops: Vec::new(),
            seconds: way.total,
            certain_from: way.border.as_ref().and_then(|border| border.hop),
            doubtful: way.border.as_ref().map_or(0, |border| border.doubtful),
            date: None,
            return_path: None,
            return_path_is_sender: None,
            beside: Vec::new(),
            now: way.now.as_ref().map(|Passing { from, by, with, written, .. }| Now {
                from: from.clone(),
                by: by.clone(),
                with: with.clone(),
                written: written.name(),
            }),
            odd: Vec::new(),
        };
        for point in &way.points {
            let mut instance = None;
            let what = match &point.what {
                What::Hop(hop) => {
                    let field = point.fields.first().copied().unwrap_or_default();
                    out.hops.push(Hopped::of(field, hop, told(&hop.odd)));
                    continue;
                }
                What::Written(date, odd) => {
                    out.date = date.as_ref().map(|date| date.at.to_string());
                    out.odd = told(odd);
                    continue;
                }
                What::ReturnPath(path, other) => {
                    out.return_path = Some(path.clone());
                    out.return_path_is_sender = way.now.as_ref().map(|_| other.is_none());
                    "return-path"
                }
                What::Resent(_) => "resent",
                What::Delivered(_) => "delivered",
                What::Checked => "checked",
                What::Sealed(number) => {
                    instance = *number;
                    "arc"
                }
            };
            let fields = point.fields.iter().copied().filter(|at| *at < content.fields.len());
            let after_hop = out.hops.len();
            out.beside.push(Beside { what, fields: fields.collect(), after_hop, instance });
        }
        out
    }
}

impl Hopped {
    fn of(field: usize, hop: &Hop, odd: Vec<Told>) -> Self {
        let read = &hop.received;
        let text = |word: &Option<Word>| word.as_ref().map(|word| word.text.clone());
        Self {
            number: hop.number,
            field,
            from: text(&read.from),
            helo: text(&read.helo),
            reverse: text(&read.reverse),
            ip: read.ip.map(|(ip, _)| ip.to_string()),
            by: text(&read.by),
            via: text(&read.via),
            with: text(&read.with),
            id: text(&read.id),
            r#for: text(&read.for_),
            tls_version: text(&read.tls.version),
            tls_cipher: text(&read.tls.cipher),
            at: read.date.as_ref().map(|date| date.at.to_string()),
            delay: hop.delay,
            certain: hop.certain,
            odd,
        }
    }
}
