//! The way of a message, from the Received fields that each server puts on top (RFC 5321 §4.4).
//!
//! Points stand in the order of time, so the lowest field comes first. What a field says is what
//! its server wrote, or what somebody made up before the first server that can be believed: only
//! the last lines are certain, see [`Border`]. Times are those of each server's own clock.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::smtp::command::Argument;
use crate::smtp::domain::{comparable, is_name, is_same};
use crate::smtp::reply::ReplyLine;
use crate::smtp::verb::Verb;

use super::content::{Content, Field};
use super::date::{self, Date};
use super::flaw::rule::{Fault, Severity};
use super::header::{self, Group};
use super::received::Received;
use super::{Dialogue, End, Fate, Message};

/// From how many seconds on the Date of a message lies in the future of its first hop.
const AHEAD: i64 = 60;

/// From how many seconds on a message lay about before its first hop.
const STALE: i64 = 24 * 60 * 60;

/// How near to whole quarters of an hour a wrong zone shows, in seconds.
const NEAR_ZONE: i64 = 60;

/// The way of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// What is known of it, from the first to the last.
    pub points: Vec<Point>,
    /// Number of Received fields.
    pub hops: usize,
    /// Seconds from the first hop to the last.
    pub total: Option<i64>,
    /// Where what is certain begins.
    pub border: Option<Border>,
    /// The hop that this session is, which no field tells yet.
    pub now: Option<Passing>,
}

/// Fields that tell one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Their numbers in the content, as they stand from the top.
    pub fields: Vec<usize>,
    /// What they tell.
    pub what: What,
}

/// What a point tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// When the author finished the message.
    Written(Option<Date>, Vec<Odd>),
    /// A server took it.
    Hop(Box<Hop>),
    /// Somebody sent it again.
    Resent(Option<Date>),
    /// The last server wrote the sender of the envelope; in a session what MAIL says, if that is
    /// another.
    ReturnPath(String, Option<String>),
    /// For whom it was delivered, or redirected.
    Delivered(String),
    /// A server told what it had checked.
    Checked,
    /// A forwarder sealed what it had checked: the number of its set (RFC 8617 §4).
    Sealed(Option<u32>),
}

impl What {
    /// What is odd about it.
    pub fn odd(&self) -> &[Odd] {
        match self {
            Self::Written(_, odd) => odd,
            Self::Hop(hop) => &hop.odd,
            _ => &[],
        }
    }
}

/// A Received field, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// From 1.
    pub number: usize,
    /// What it says.
    pub received: Received,
    /// Seconds since the point before that has a date.
    pub delay: Option<i64>,
    /// Whether a server wrote it that can be believed.
    pub certain: bool,
    /// What is odd about it.
    pub odd: Vec<Odd>,
}

/// What is odd about a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Odd {
    /// What is wrong with the field by itself, as its header says too.
    Field(Fault),
    /// It lies so many seconds before the hop before it; the two servers whose clocks differ.
    Backwards(i64, [String; 2]),
    /// The same, and a wrong zone would explain it.
    WrongZone(i64, [String; 2]),
    /// It came from another host than the one before says it was.
    Gap(String, String),
    /// The client called itself otherwise than DNS calls its address.
    Helo(String, String),
    /// The server found no name for the client's address.
    Nameless,
    /// An address that is valid in its own network only.
    Private(IpAddr),
    /// The message was at this host before, in hop number so and so.
    Loop(String, usize),
    /// Its date lies after the first hop.
    Future(i64),
    /// It lay about before the first hop.
    Stale(i64),
}

impl Odd {
    /// The name under which exports know it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Field(fault) => fault.rule.name(),
            Self::Backwards(..) => "backwards",
            Self::WrongZone(..) => "wrong-zone",
            Self::Gap(..) => "gap",
            Self::Helo(..) => "helo",
            Self::Nameless => "nameless",
            Self::Private(_) => "private",
            Self::Loop(..) => "loop",
            Self::Future(_) => "future",
            Self::Stale(_) => "stale",
        }
    }

    /// How much it matters.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Field(fault) => fault.rule.severity,
            Self::Private(_) | Self::Helo(..) | Self::Nameless | Self::Stale(_) => Severity::Info,
            _ => Severity::Warn,
        }
    }
}

/// The first server that can be believed: what it was told stands below its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Border {
    /// Its hop; `None` in a session, where no line was written by the server that takes the message.
    pub hop: Option<usize>,
    /// Its name.
    pub by: String,
    /// Number of lines below, which can be made up.
    pub doubtful: usize,
}

/// The hop that a session is: what the Received field of its server will say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passing {
    /// The name in EHLO.
    pub from: String,
    /// The name of the server.
    pub by: Option<String>,
    /// The protocol (RFC 3848).
    pub with: String,
    /// MAIL's sender.
    pub sender: String,
    /// Whether the server writes that field.
    pub written: Written,
}

/// Whether the server of a session writes its Received field: it does so once it takes the message
/// (RFC 5321 §4.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// It may still take the message.
    #[default]
    Pending,
    /// It took the message, be it for some of the recipients.
    Yes,
    /// It did not.
    No,
    /// The connection ended behind the end of the message, before the answer (RFC 1047).
    Unknown,
}

impl Written {
    /// What became of message number `message` of a session.
    pub fn of(dialogue: &Dialogue, message: usize) -> Self {
        let Some(transaction) = dialogue.envelope().carrying(message) else { return Self::No };
        let taken = || transaction.recipients.iter().any(|r| r.delivery() == Some(Fate::Accepted));
        let is_whole = || dialogue.messages().get(message).is_some_and(Message::is_complete);
        match transaction.end {
            Some((_, End::Accepted | End::Partly)) => Self::Yes,
            Some(_) if taken() => Self::Yes,
            Some((_, End::Closed)) if is_whole() => Self::Unknown,
            Some(_) => Self::No,
            None => Self::Pending,
        }
    }

    /// The name under which exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl Passing {
    /// How message number `message` of a session passes; `None` before a greeting and MAIL.
    pub fn of(dialogue: &Dialogue, message: usize) -> Option<Self> {
        let transaction = dialogue.envelope().carrying(message)?;
        let hello = dialogue.greeting_before(transaction.exchange)?;
        let name = match &hello.command.as_ref()?.argument {
            Argument::Name(name) => name.clone(),
            _ => String::new(),
        };
        let reply = hello.reply.as_ref().and_then(|reply| reply.lines.first()).map(ReplyLine::text);
        let by = reply.map(|text| String::from_utf8_lossy(text).into_owned());
        let by =
            by.and_then(|text| text.split(' ').next().map(str::to_owned)).filter(|n| is_name(n));
        let logged_in = dialogue.login_before(transaction.exchange).is_some();
        let base = match hello.verb() {
            Some(Verb::Lhlo) => "LMTP",
            Some(Verb::Helo) => "SMTP",
            _ if transaction.has_param("SMTPUTF8") => "SMTP",
            _ => "ESMTP",
        };
        let flag = |yes, letter| if yes { letter } else { "" };
        let with = [
            flag(transaction.has_param("SMTPUTF8"), "UTF8"),
            base,
            flag(hello.secured, "S"),
            flag(logged_in, "A"),
        ];
        Some(Self {
            from: name,
            by,
            with: with.concat(),
            sender: transaction.sender.address(),
            written: Written::of(dialogue, message),
        })
    }
}

impl Trace {
    /// The way of a message; `now` is the session in which it passes.
    pub fn of(content: &Content, now: Option<Passing>) -> Self {
        let mut trace = Self { points: points(content, now.as_ref()), now, ..Self::default() };
        trace.judge();
        trace.border();
        trace
    }

    /// The hops, from the first to the last.
    pub fn hops(&self) -> impl DoubleEndedIterator<Item = &Hop> {
        self.points.iter().filter_map(|point| match &point.what {
            What::Hop(hop) => Some(&**hop),
            _ => None,
        })
    }

    fn hops_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Hop> {
        self.points.iter_mut().filter_map(|point| match &mut point.what {
            What::Hop(hop) => Some(&mut **hop),
            _ => None,
        })
    }

    fn judge(&mut self) {
        self.hops = self.hops().count();
        let dates: Vec<i64> =
            self.hops().filter_map(|hop| Some(hop.received.date.as_ref()?.second())).collect();
        self.total = dates.first().zip(dates.last()).map(|(first, last)| last - first);
        let mut written = None;
        for point in &mut self.points {
            let What::Written(Some(date), odd) = &mut point.what else { continue };
            written = Some(date.second());
            let wait = dates.first().map(|first| first - date.second());
            odd.extend(wait.filter(|wait| *wait < -AHEAD).map(|wait| Odd::Future(-wait)));
            odd.extend(wait.filter(|wait| *wait > STALE).map(Odd::Stale));
        }
        let (mut before, mut last): (Option<Received>, Option<i64>) = (None, written);
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut here: Option<String> = None;
        for hop in self.hops_mut() {
            let now = hop.received.date.as_ref().map(Date::second);
            hop.delay = now.zip(last).map(|(now, last)| now - last);
            last = now.or(last);
            // The Date of the message is judged by itself.
            let skew = hop.delay.filter(|delay| *delay < 0);
            let skew =
                skew.zip(before.as_ref()).map(|(delay, b)| backwards(delay, b, &hop.received));
            hop.odd = odd(&hop.received);
            hop.odd.extend(skew);
            hop.odd.extend(before.as_ref().and_then(|before| gap(before, &hop.received)));
            if let Some(by) = hop.received.by.as_ref().map(|by| comparable(&by.text))
                && is_name(&by)
            {
                let known = seen.get(&by).filter(|_| here.as_ref() != Some(&by));
                hop.odd.extend(known.map(|at| Odd::Loop(by.clone(), *at)));
                seen.entry(by.clone()).or_insert(hop.number);
                here = Some(by);
            }
            before = Some(hop.received.clone());
        }
    }

    /// The top line is certain, and as long as a certain line says that the message came from the
    /// same house, so is the one below.
    fn border(&mut self) {
        if let Some(now) = &self.now {
            let by = now.by.clone().unwrap_or_default();
            self.border = (self.hops > 0).then_some(Border { hop: None, by, doubtful: self.hops });
            return;
        }
        let mut first = None;
        let mut above: Option<Received> = None;
        for hop in self.hops_mut().rev() {
            let joined = above.as_ref().is_none_or(|above| is_inside(above, &hop.received));
            if !joined || !hop.received.is_readable() {
                break;
            }
            hop.certain = true;
            let by = hop.received.by.as_ref().map_or_else(String::new, |by| by.text.clone());
            first = Some((hop.number, by));
            above = Some(hop.received.clone());
        }
        self.border =
            first.map(|(number, by)| Border { hop: Some(number), by, doubtful: number - 1 });
    }
}

/// What fields tell, the lowest first.
fn points(content: &Content, now: Option<&Passing>) -> Vec<Point> {
    let fields = header::before(&content.fields, header::LIMIT);
    let mut out: Vec<Point> = Vec::new();
    let mut number = 0;
    let dated = fields.iter().position(|field| field.name.eq_ignore_ascii_case("Date"));
    if let Some((at, field)) = dated.and_then(|at| Some((at, fields.get(at)?))) {
        let date = Date::read(&field.value);
        let odd = date::faults(date.as_ref(), "Date").into_iter().map(Odd::Field).collect();
        out.push(Point { fields: vec![at], what: What::Written(date, odd) });
    }
    for (at, field) in fields.iter().enumerate().rev() {
        let Some(what) = what(content, field, now) else { continue };
        let what = match what {
            What::Hop(mut hop) => {
                number += 1;
                hop.number = number;
                What::Hop(hop)
            }
            other => other,
        };
        match out.last_mut().filter(|last| goes_with(last, &what, at, fields)) {
            Some(last) => {
                last.fields.push(at);
                if let (What::Resent(known), What::Resent(date)) = (&mut last.what, what) {
                    *known = known.take().or(date);
                }
            }
            None => out.push(Point { fields: vec![at], what }),
        }
    }
    for point in &mut out {
        point.fields.reverse();
    }
    out
}

fn what(content: &Content, field: &Field, now: Option<&Passing>) -> Option<What> {
    let is = |name: &str| field.name.eq_ignore_ascii_case(name);
    Some(if is("Received") {
        let value = crate::smtp::Span::new(field.value_at, field.span.end).of(&content.raw);
        let received = Received::read(value, field.value_at);
        let hop = Hop { number: 0, received, delay: None, certain: false, odd: Vec::new() };
        What::Hop(Box::new(hop))
    } else if is("Return-Path") {
        let path = field.value.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
        let sender = now.map(|now| now.sender.clone()).filter(|sender| *sender != path);
        What::ReturnPath(path, sender)
    } else if is("Delivered-To") || is("X-Original-To") || is("Envelope-To") {
        What::Delivered(field.value.clone())
    } else if is("Authentication-Results") || is("Received-SPF") {
        What::Checked
    } else if field.name.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("ARC-")) {
        What::Sealed(instance(&field.value))
    } else if Group::of(&field.name) == Group::Resent {
        let date = is("Resent-Date").then(|| Date::read(&field.value)).flatten();
        What::Resent(date)
    } else {
        return None;
    })
}

/// The `i=` of a field of ARC (RFC 8617 §4.2.1).
fn instance(value: &str) -> Option<u32> {
    let mut tags = value.split(';').filter_map(|tag| tag.split_once('='));
    tags.find(|(name, _)| name.trim() == "i")?.1.trim().parse().ok()
}

/// Whether a field above the `last` point, whose fields stand from the bottom yet, tells the same.
fn goes_with(last: &Point, what: &What, at: usize, fields: &[Field]) -> bool {
    let next = last.fields.last().is_some_and(|top| at + 1 == *top);
    match (&last.what, what) {
        (What::Sealed(one), What::Sealed(other)) => next && one == other,
        (What::Resent(_), What::Resent(_)) => {
            let name = |at: usize| fields.get(at).map_or("", |field| field.name.as_str());
            let same = |known: &usize| name(*known).eq_ignore_ascii_case(name(at));
            next && !last.fields.iter().any(same)
        }
        _ => false,
    }
}

/// What is odd about a line by itself.
fn odd(received: &Received) -> Vec<Odd> {
    let mut out: Vec<_> = received.faults().into_iter().map(Odd::Field).collect();
    if !received.is_readable() {
        return out;
    }
    if received.nameless {
        out.push(Odd::Nameless);
    }
    if let (Some(helo), Some(reverse)) = (&received.helo, &received.reverse)
        && is_name(&helo.text)
        && !is_same(&helo.text, &reverse.text)
    {
        out.push(Odd::Helo(helo.text.clone(), reverse.text.clone()));
    }
    let private = received.ip.map(|(ip, _)| ip).filter(|ip| is_private(*ip));
    out.extend(private.map(Odd::Private));
    out
}

fn backwards(delay: i64, before: &Received, after: &Received) -> Odd {
    let quarters = delay.rem_euclid(15 * 60);
    let near = quarters.min(15 * 60 - quarters) <= NEAR_ZONE;
    let clocks = [before, after].map(|hop| hop.by.as_ref().map_or("?", |by| &by.text).to_owned());
    let by = delay.saturating_neg();
    // Zones that exist are so far apart at most, in seconds.
    let apart = i64::from(date::ZONES.end() - date::ZONES.start()) * 60;
    if near && (30 * 60..=apart).contains(&by) {
        Odd::WrongZone(by, clocks)
    } else {
        Odd::Backwards(by, clocks)
    }
}

/// Whether a hop says that it came from elsewhere than the one `before` says that it was.
fn gap(before: &Received, after: &Received) -> Option<Odd> {
    let by = before.by.as_ref().filter(|by| is_name(&by.text))?;
    let names: Vec<_> =
        [&after.helo, &after.reverse].into_iter().flatten().map(|w| &w.text).collect();
    let names: Vec<_> = names.into_iter().filter(|name| is_name(name)).collect();
    // Rather no warning than a false one: what two owners have below `co.uk` counts as one.
    let known = names.iter().any(|name| last_labels(name, 2) == last_labels(&by.text, 2));
    let from = names.first().filter(|_| !known)?;
    Some(Odd::Gap(by.text.clone(), (*from).clone()))
}

/// Whether a line was written in the house of the one `above`, which can be believed.
fn is_inside(above: &Received, below: &Received) -> bool {
    let Some(by) = below.by.as_ref() else { return false };
    let same = above.by.as_ref().is_some_and(|above| house(&above.text) == house(&by.text));
    same && match (&above.ip, &above.reverse) {
        (Some((ip, _)), _) if is_private(*ip) => true,
        // Only the name that the server looked up counts: the other one was said.
        (_, Some(reverse)) => house(&reverse.text) == house(&by.text),
        (Some(_), None) => false,
        // Handed on without a network.
        (None, None) => above.from.is_none(),
    }
}

/// The last labels of a name, which one owner has: two, or three below a short second label.
fn house(name: &str) -> String {
    let name = comparable(name);
    let labels: Vec<_> = name.rsplit('.').collect();
    let short = labels.get(1).is_some_and(|label| label.len() <= 3)
        && labels.first().is_some_and(|top| top.len() == 2);
    last_labels(&name, if short { 3 } else { 2 })
}

/// The last `n` labels of a name, the last one first.
fn last_labels(name: &str, n: usize) -> String {
    comparable(name).rsplit('.').take(n).collect::<Vec<_>>().join(".")
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let shared = matches!(ip.octets(), [100, 64..=127, ..]);
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Ending, Event, Happening, Moment, Side};

    const WAY: &str = "Return-Path: <alice@example.org>\r\nDelivered-To: bob@example.net\r\nReceived: from mx.example.net (localhost [127.0.0.1]) by store.example.net with LMTP id 3; Mon, 23 Nov 2026 07:54:45 +0000\r\nAuthentication-Results: mx.example.net; spf=pass\r\nARC-Seal: i=1; a=x\r\nARC-Message-Signature: i=1; a=x\r\nReceived: from submit.example.org (submit.example.org [192.0.2.25]) by mx.example.net with ESMTPS id 2; Mon, 23 Nov 2026 07:54:43 +0000\r\nReceived: from pc.example.org (host.isp.example [10.0.0.7]) by submit.example.org with ESMTPSA id 1; Mon, 23 Nov 2026 08:54:41 +0100\r\nDate: Mon, 23 Nov 2026 07:54:40 +0000\r\nFrom: alice@example.org\r\n\r\n";

    fn trace(text: &str) -> Trace {
        Trace::of(&Content::read(text.as_bytes().to_vec()), None)
    }

    #[test]
    fn a_way_from_the_author_to_the_mailbox() {
        let trace = trace(WAY);
        let fields: Vec<_> = trace.points.iter().map(|point| point.fields.clone()).collect();
        assert_eq!(
            fields,
            [vec![8], vec![7], vec![6], vec![4, 5], vec![3], vec![2], vec![1], vec![0]]
        );
        assert_eq!((trace.hops, trace.total), (3, Some(4)));
        let delays: Vec<_> = trace.hops().map(|hop| hop.delay).collect();
        assert_eq!(delays, [Some(1), Some(2), Some(2)]);
        assert_eq!(
            trace.border,
            Some(Border { hop: Some(2), by: "mx.example.net".to_owned(), doubtful: 1 })
        );
        let certain: Vec<_> = trace.hops().map(|hop| hop.certain).collect();
        assert_eq!(certain, [false, true, true]);
        let odd: Vec<Vec<_>> =
            trace.hops().map(|hop| hop.odd.iter().map(Odd::name).collect()).collect();
        assert_eq!(odd, [vec!["helo", "private"], vec![], vec!["private"]]);
    }

    #[test]
    fn what_is_odd_about_a_way() {
        let mx = "Received: from submit.example.org (submit.example.org [192.0.2.25]) by mx.example.net with ESMTPS id 2; ";
        let submit = "Received: from pc.example.org (pc.example.org [192.0.2.7]) by submit.example.org with ESMTPSA id 1; Mon, 23 Nov 2026 07:54:41 +0000\r\n";
        for (top, date, odd) in [
            ("Mon, 23 Nov 2026 07:54:40 +0000", "", "backwards"),
            ("Mon, 23 Nov 2026 06:54:42 +0000", "", "wrong-zone"),
            ("Wed, 18 Nov 2026 06:54:42 +0000", "", "backwards"),
            ("Mon, 23 Nov 26 07:54:44 +0000", "", "date-year"),
            ("soon", "", "bad-date"),
            ("", "", "no-date"),
            (
                "Mon, 23 Nov 2026 07:54:44 +0000",
                "Date: Mon, 23 Nov 2026 07:59:44 +0000\r\n",
                "future",
            ),
            (
                "Mon, 23 Nov 2026 07:54:44 +0000",
                "Date: Mon, 16 Nov 2026 07:59:44 +0000\r\n",
                "stale",
            ),
            ("Mon, 23 Nov 2026 07:54:44 +0000", "Date: soon\r\n", "bad-date"),
            ("Mon, 23 Nov 2026 07:54:44 +0000", "Date: Mon, 23 Nov 2026 07:54:41 +0000\r\n", ""),
        ] {
            let trace = trace(&format!("{mx}{top}\r\n{submit}{date}\r\n"));
            let points = trace.points.iter();
            let names: Vec<_> = points.flat_map(|p| p.what.odd()).map(Odd::name).collect();
            assert_eq!(names.join(" "), odd, "{top} {date}");
        }
    }

    #[test]
    fn gaps_and_loops() {
        let hop = |from: &str, by: &str, second: u8| {
            format!(
                "Received: from {from} ({from} [192.0.2.1]) by {by} with ESMTP; Mon, 23 Nov 2026 07:54:{second:02} +0000\r\n"
            )
        };
        let text = [
            hop("b.example", "a.example", 3),
            hop("a.example", "b.example", 2),
            hop("x.example", "a.example", 1),
        ]
        .concat();
        let last = trace(&text).hops().last().map(|hop| hop.odd.clone());
        assert_eq!(last, Some(vec![Odd::Loop("a.example".to_owned(), 1)]));
        let text = [hop("evil.example", "a.example", 3), hop("a.example", "b.example", 2)].concat();
        let last = trace(&text).hops().last().map(|hop| hop.odd.clone());
        assert_eq!(last, Some(vec![Odd::Gap("b.example".to_owned(), "evil.example".to_owned())]));
        for (from, by) in [("mout.web.de", "smtp.web.de"), ("mx.a.co.uk", "mx.b.co.uk")] {
            let text = [hop(from, "mx.example.net", 3), hop("pc.example.org", by, 2)].concat();
            let last = trace(&text).hops().last().map(|hop| hop.odd.clone());
            assert_eq!(last, Some(Vec::new()), "{from} {by}");
        }
    }

    #[test]
    fn much_is_a_way_too() {
        let hops = "Received: by a.example; x\r\nReceived: by b.example; x\r\n".repeat(5000);
        let hops = trace(&hops);
        let loops = hops.hops().filter(|hop| hop.odd.iter().any(|odd| odd.name() == "loop"));
        assert_eq!((hops.hops, loops.count()), (10_000, 9998));
        let sealed = (0..10_000).map(|n| format!("ARC-{n}: i=1\r\n")).collect::<Vec<_>>().concat();
        assert_eq!(trace(&sealed).points[0].fields, (0..10_000).collect::<Vec<_>>());
        let resent = (0..10_000).map(|n| format!("Resent-{n}: x\r\n")).collect::<Vec<_>>().concat();
        assert_eq!(trace(&resent).points.len(), 0);
        let long = format!("Subject: {}\r\nReceived: x\r\n\r\n", "x".repeat(header::LIMIT));
        assert_eq!(trace(&long).hops, 0);
    }

    #[test]
    fn a_server_writes_its_line_once_it_takes_the_message() {
        let begin = "S: 220 mx.example.net\nC: EHLO x\nS: 250 mx.example.net\nC: MAIL FROM:<a@x.example>\nS: 250 ok\nC: RCPT TO:<b@x.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: Subject: x\n";
        let ends = [
            ("", Written::Pending, Written::No),
            ("C: .\n", Written::Pending, Written::Unknown),
            ("C: .\nS: 250 ok\n", Written::Yes, Written::Yes),
            ("C: .\nS: 451 later\n", Written::No, Written::No),
        ];
        let lmtp = begin
            .replace("EHLO", "LHLO")
            .replace("C: DATA", "C: RCPT TO:<c@x.example>\nS: 250 ok\nC: DATA");
        let one = ("C: .\nS: 250 ok\n", Written::Pending, Written::Yes);
        let cases = ends.map(|case| (begin, case)).into_iter().chain([(lmtp.as_str(), one)]);
        for (begin, (end, open, closed)) in cases {
            let mut dialogue = Dialogue::standing(&format!("{begin}{end}"));
            let written = |dialogue: &Dialogue| Passing::of(dialogue, 0).unwrap().written;
            assert_eq!(written(&dialogue), open, "{end:?}");
            let lost = Happening::Closed { by: Side::Server, how: Ending::Reset };
            dialogue.apply(&Event::new(Moment(0), lost));
            assert_eq!(written(&dialogue), closed, "{end:?}, and the connection is lost");
        }
    }

    #[test]
    fn resent_blocks_are_points() {
        let trace = trace(
            "Resent-From: c@x.example\r\nResent-Date: Mon, 23 Nov 2026 09:00:00 +0000\r\nResent-From: b@x.example\r\nFrom: a@x.example\r\n\r\n",
        );
        let fields: Vec<_> = trace.points.iter().map(|point| point.fields.clone()).collect();
        assert_eq!(fields, [vec![1, 2], vec![0]]);
        assert_eq!((trace.hops, trace.border), (0, None));
    }

    #[test]
    fn nothing_is_a_way_too() {
        assert_eq!(trace(""), Trace::default());
        let unreadable = trace("Received: x\r\n\r\n");
        let odd = unreadable.hops().flat_map(|hop| &hop.odd).map(Odd::name);
        assert_eq!(odd.collect::<Vec<_>>(), ["bad-received"]);
    }
}
