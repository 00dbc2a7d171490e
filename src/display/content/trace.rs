//! The way of a message as a line of time, from the author to the last server.
//!
//! Each hop has its clock, how long the message needed to it, and its clauses one by one; what a
//! line says that cannot be read is shown as it stands. Where what is certain begins is drawn.

use std::sync::Arc;

use crate::display::Role;
use crate::display::text::{clip, wrap};
use crate::display::token::visible;
use crate::knowledge::{self, Kind, Lang};
use crate::session::content::Content;
use crate::session::date::Date;
use crate::session::header;
use crate::session::received::{Received, Word};
use crate::session::trace::{Hop, Odd, Passing, Point, Trace, What, Written};
use crate::smtp::Span;

use super::Line;
use super::header::{about, as_it_stands_lines, severity};

/// How many lines of a field are shown that is no hop; the header has it whole.
const BESIDE: usize = 2;

/// The way of a message, at least `enough` lines of it if there are so many.
pub fn lines(
    content: &Content,
    trace: &Trace,
    lang: Lang,
    columns: usize,
    enough: usize,
) -> Vec<Line> {
    let mut drawn = Drawn { content, trace, lang, columns, out: Vec::new() };
    drawn.summary();
    for point in &trace.points {
        if drawn.out.len() > enough {
            break;
        }
        drawn.point(point);
    }
    if let Some(now) = &trace.now {
        drawn.passing(now);
    }
    drawn.out
}

/// Seconds as people say them, with their sign: `+3 s`, `-2 h 5 min`.
pub fn elapsed(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{}", lasting(seconds))
}

/// The same without a plus.
fn signed(seconds: i64) -> String {
    if seconds < 0 { elapsed(seconds) } else { lasting(seconds) }
}

/// Seconds as people say them, in two units at most.
fn lasting(seconds: i64) -> String {
    let all = seconds.unsigned_abs();
    let units =
        [("d", all / 86_400), ("h", all / 3600 % 24), ("min", all / 60 % 60), ("s", all % 60)];
    let first = units.iter().position(|(_, n)| *n > 0).unwrap_or(3);
    let shown = units.iter().skip(first).take(2).filter(|(_, n)| *n > 0 || all == 0);
    shown.map(|(unit, n)| format!("{n} {unit}")).collect::<Vec<_>>().join(" ")
}

struct Drawn<'a> {
    content: &'a Content,
    trace: &'a Trace,
    lang: Lang,
    columns: usize,
    out: Vec<Line>,
}

impl Drawn<'_> {
    /// A row: what stands before it on the line of time, and a text that may need several lines.
    fn row(&mut self, mark: &str, (role, text): (Role, &str), line: &Line) {
        let wrapped = wrap(text, self.columns.saturating_sub(4));
        for (at, text) in wrapped.into_iter().enumerate() {
            let mark = if at == 0 { mark } else { "│   " };
            let pieces = vec![(Role::Dim, mark.to_owned()), (role, text)];
            self.out.push(Line { pieces, ..line.clone() });
        }
    }

    fn say(&self, key: &'static str, values: &[(&str, &str)]) -> String {
        let values: Vec<_> =
            values.iter().map(|(name, value)| (*name, visible(value.as_bytes()))).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        knowledge::fill(self.lang, key, &values)
    }

    /// How many hops, how long, and what of them is certain.
    fn summary(&mut self) {
        let n = self.trace.hops.to_string();
        let beyond = header::beyond(self.content);
        let goes_on = self.content.begun && self.content.body.is_none() || beyond > 0;
        let text = match self.trace.total.filter(|_| self.trace.hops > 1) {
            _ if self.trace.hops == 0 && goes_on => self.say("trace.none.so-far", &[]),
            _ if self.trace.hops == 0 => self.say("trace.none", &[]),
            Some(total) => self.say("trace.hops-in", &[("n", &n), ("time", &signed(total))]),
            None => self.say("trace.hops", &[("n", &n)]),
        };
        let line = |role, text| Line::new(vec![(role, text)]).about("received-line");
        let role = if self.trace.hops == 0 { Role::Dim } else { Role::Title };
        self.out.extend(wrap(&text, self.columns).into_iter().map(|t| line(role, t)));
        let beyond = super::header::beyond(beyond, "trace.beyond", self.lang, self.columns);
        self.out.extend(beyond.into_iter().map(|line| line.about("received-line")));
        let Some(border) = &self.trace.border else { return };
        let (doubtful, by) = (border.doubtful.to_string(), border.by.as_str());
        let text = match border.hop {
            None => self.say("trace.all-doubtful", &[]),
            Some(hop) if border.doubtful > 0 => {
                let values = [("hop", &*hop.to_string()), ("by", by), ("n", &doubtful)];
                self.say("trace.doubtful", &values)
            }
            Some(_) => self.say("trace.all-certain", &[("by", by)]),
        };
        self.out.extend(wrap(&text, self.columns).into_iter().map(|t| line(Role::Dim, t)));
    }

    fn point(&mut self, point: &Point) {
        let line = self.line_of(point);
        match &point.what {
            What::Hop(hop) => self.hop(hop, &line),
            What::Written(date, odd) => {
                let text = date.as_ref().map_or_else(|| self.value(point), clock);
                self.row("•   ", (Role::Field, &format!("Date: {text}")), &line);
                self.odd(odd, &line);
            }
            What::Resent(_) | What::Delivered(_) | What::Checked => self.beside(point),
            What::Sealed(instance) => {
                let names: Vec<_> = self.fields(point).into_iter().map(|(name, _)| name).collect();
                let set = instance.map_or_else(|| "?".to_owned(), |i| i.to_string());
                let names = names.join(", ");
                let text = self.say("trace.sealed", &[("n", &set), ("names", &names)]);
                self.row("├── ", (Role::Text, &text), &line);
            }
            What::ReturnPath(path, sender) => {
                let by = self.trace.hops().next_back().and_then(|hop| hop.received.by.as_ref());
                let by = by.map_or_else(String::new, |by| by.text.clone());
                self.row(
                    "├── ",
                    (Role::Field, &format!("Return-Path: <{}>", visible(path.as_bytes()))),
                    &line,
                );
                let text = match sender {
                    Some(sender) => self.say("trace.other-sender", &[("sender", sender)]),
                    None if self.trace.now.is_some() => self.say("trace.same-sender", &[]),
                    None if by.is_empty() => self.say("trace.return-path-alone", &[]),
                    None => self.say("trace.return-path", &[("by", &by)]),
                };
                let role = if sender.is_some() { Role::Warn } else { Role::Dim };
                self.row("│   ", (role, &text), &line);
            }
        }
    }

    /// Where a point stands, and what explains it.
    fn line_of(&self, point: &Point) -> Line {
        let fields: Vec<_> =
            point.fields.iter().filter_map(|at| self.content.fields.get(*at)).collect();
        let (first, last) = (fields.first(), fields.last());
        Line {
            span: first.zip(last).map(|(first, last)| Span::new(first.span.start, last.span.end)),
            about: first.map(|field| about(field)).unwrap_or_default(),
            part: Some(0),
            ..Line::default()
        }
    }

    /// Names and values of the fields of a point.
    fn fields(&self, point: &Point) -> Vec<(String, String)> {
        let fields = point.fields.iter().filter_map(|at| self.content.fields.get(*at));
        let shown = |text: &str| visible(text.as_bytes());
        fields.map(|field| (shown(&field.name), shown(&field.value))).collect()
    }

    fn value(&self, point: &Point) -> String {
        self.fields(point).into_iter().next().map(|(_, value)| value).unwrap_or_default()
    }

    /// Fields between the hops, each with its beginning.
    fn beside(&mut self, point: &Point) {
        let line = self.line_of(point);
        for ((name, value), at) in self.fields(point).into_iter().zip(&point.fields) {
            let field = self.content.fields.get(*at);
            let line = Line { span: field.map(|field| field.span), ..line.clone() };
            let text = format!("{name}: {value}");
            let room = self.columns.saturating_sub(4).max(8).saturating_mul(BESIDE);
            let from = self.out.len();
            self.row("├── ", (Role::Text, &clip(&text, room)), &line);
            self.out.truncate(from + BESIDE);
        }
    }

    fn hop(&mut self, hop: &Hop, line: &Line) {
        if self.trace.border.as_ref().is_some_and(|b| b.hop == Some(hop.number) && b.doubtful > 0) {
            let text = self.say("trace.certain", &[]);
            // It stands for no bytes: the hop begins below.
            self.row("├── ", (Role::Good, &text), &Line { span: None, ..line.clone() });
        }
        let date = hop.received.date.as_ref().map(clock);
        let delay = hop.delay.map(elapsed);
        let head: Vec<_> =
            [Some(hop.number.to_string()), date, delay].into_iter().flatten().collect();
        let role = if hop.certain { Role::Title } else { Role::Text };
        self.row("•   ", (role, &head.join("  ")), line);
        if hop.received.is_readable() {
            self.clauses(&hop.received, line);
        } else {
            let raw = line.span.map_or_else(Vec::new, |span| span.of(&self.content.raw).to_vec());
            for text in as_it_stands_lines(&raw) {
                self.row("│   ", (Role::Odd, &text), line);
            }
        }
        let some_are = self.trace.border.as_ref().is_some_and(|border| border.hop.is_some());
        if !hop.certain && some_are {
            let text = self.say("trace.made-up", &[]);
            self.row("│   ", (Role::Dim, &text), line);
        }
        self.odd(&hop.odd, line);
    }

    fn clauses(&mut self, received: &Received, line: &Line) {
        let said = received.helo.as_ref().or(received.from.as_ref());
        self.clause("from", said.map(|word| (word.text.clone(), word.span)), line);
        let dns = received.reverse.as_ref();
        match received.ip {
            Some((ip, span)) => {
                let named = dns.map(|name| format!(" = {}", name.text));
                let none = || received.nameless.then(|| self.say("trace.no-name", &[]));
                let named = named.or_else(none).unwrap_or_default();
                self.clause("IP", Some((format!("{ip}{named}"), span)), line);
            }
            None => self.clause("DNS", dns.map(|name| (name.text.clone(), name.span)), line),
        }
        let word = |word: &Option<Word>| word.as_ref().map(|w| (w.text.clone(), w.span));
        self.clause("by", word(&received.by), line);
        self.clause("via", word(&received.via), line);
        let with = received.with.as_ref().map(|with| {
            let letters = letters(&with.text, self.lang);
            let colon = knowledge::word(self.lang, "colon");
            let text =
                letters.map_or_else(|| with.text.clone(), |l| format!("{}{colon}{l}", with.text));
            (text, with.span)
        });
        self.clause("with", with, line);
        let tls = [&received.tls.version, &received.tls.cipher].into_iter().flatten();
        let tls: Vec<_> = tls.collect();
        let text: Vec<_> = tls.iter().map(|word| word.text.as_str()).collect();
        let span = tls.first().zip(tls.last()).map(|(a, b)| Span::new(a.span.start, b.span.end));
        self.clause("tls", span.map(|span| (text.join(", "), span)), line);
        self.clause("id", word(&received.id), line);
        self.clause("for", word(&received.for_), line);
        if received.date.is_none() {
            self.clause("date", word(&received.written), line);
        }
    }

    /// A clause by its name, which also explains it.
    fn clause(&mut self, name: &str, value: Option<(String, Span)>, line: &Line) {
        let Some((text, span)) = value else { return };
        let entry = match name {
            "DNS" => (Kind::Idea, "reverse-name".to_owned()),
            "IP" => (Kind::Idea, "address-literal".to_owned()),
            name => (Kind::Trace, name.to_owned()),
        };
        let protocol = text.split([' ', ':', '：']).next().unwrap_or_default().to_ascii_uppercase();
        let protocol = (name == "with").then_some((Kind::Trace, protocol));
        let about = [Some(entry), protocol].into_iter().flatten().chain(line.about.iter().cloned());
        let line = Line {
            about: Arc::new(about.collect()),
            span: if span.is_empty() { line.span } else { Some(span) },
            ..line.clone()
        };
        let text = format!("{name:<4} {}", visible(text.as_bytes()));
        self.row("│   ", (Role::Text, &text), &line);
    }

    fn odd(&mut self, all: &[Odd], line: &Line) {
        for odd in all {
            let (role, word) = severity(odd.severity(), self.lang);
            let colon = knowledge::word(self.lang, "colon");
            let text = format!("{word}{colon}{}", sentence(odd, self.lang));
            let text = match odd {
                Odd::Field(fault) => format!("{text} [{}]", fault.rule.clause),
                _ => text,
            };
            self.row("│   ", (role, &text), line);
        }
    }

    /// The hop that no field tells yet.
    fn passing(&mut self, now: &Passing) {
        let by = now.by.clone().unwrap_or_else(|| "?".to_owned());
        let values = [("from", now.from.as_str()), ("by", &by), ("with", &now.with)];
        let key = match now.written {
            Written::Pending => "trace.now.pending",
            Written::Yes => "trace.now.yes",
            Written::No => "trace.now.no",
            Written::Unknown => "trace.now.unknown",
        };
        let text = self.say(key, &values);
        let line = Line::default().about("received-line");
        self.row("•   ", (Role::Notice, &text), &line);
    }
}

/// What a server's clock said.
fn clock(date: &Date) -> String {
    format!("{} {}", date.clock.strftime("%Y-%m-%d %H:%M:%S"), date.zone())
}

/// What the letters of a protocol mean (RFC 3848, RFC 6531 §4.3).
fn letters(protocol: &str, lang: Lang) -> Option<String> {
    let whole = protocol.to_ascii_uppercase();
    let (utf8, rest) = whole.strip_prefix("UTF8").map_or((false, &*whole), |rest| (true, rest));
    let bases = [("ESMTP", "with.esmtp"), ("SMTP", "with.smtp"), ("LMTP", "with.lmtp")];
    let (base, rest) =
        bases.iter().find_map(|(name, key)| Some((*key, rest.strip_prefix(name)?)))?;
    let letters: &[&'static str] = match rest {
        "" => &[],
        "S" => &["with.s"],
        "A" => &["with.a"],
        "SA" => &["with.s", "with.a"],
        _ => return None,
    };
    let all = utf8.then_some("with.utf8").into_iter().chain([base]).chain(letters.iter().copied());
    let words: Vec<_> = all.map(|key| knowledge::word(lang, key)).collect();
    Some(words.join(knowledge::word(lang, "with.and")))
}

/// What an oddity says.
pub fn sentence(odd: &Odd, lang: Lang) -> String {
    let shown = |text: &str| visible(text.as_bytes());
    let fill = |key, values: &[(&str, &str)]| {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, shown(value))).collect();
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        knowledge::fill(lang, key, &values)
    };
    match odd {
        Odd::Field(fault) => {
            let values = fault.values.iter().map(|(name, value)| (*name, value.as_str()));
            fill(fault.rule.key, &values.collect::<Vec<_>>())
        }
        Odd::Backwards(by, [one, other]) => {
            let values = [("time", &*lasting(*by)), ("one", one), ("other", other)];
            fill("trace.odd.backwards", &values)
        }
        Odd::WrongZone(by, [one, other]) => {
            let values = [("time", &*lasting(*by)), ("one", one), ("other", other)];
            fill("trace.odd.wrong-zone", &values)
        }
        Odd::Gap(by, from) => fill("trace.odd.gap", &[("by", by), ("from", from)]),
        Odd::Helo(helo, name) => fill("trace.odd.helo", &[("helo", helo), ("name", name)]),
        Odd::Nameless => fill("trace.odd.nameless", &[]),
        Odd::Private(ip) => fill("trace.odd.private", &[("ip", &ip.to_string())]),
        Odd::Loop(by, hop) => fill("trace.odd.loop", &[("by", by), ("hop", &hop.to_string())]),
        Odd::Future(by) => fill("trace.odd.future", &[("time", &lasting(*by))]),
        Odd::Stale(by) => fill("trace.odd.stale", &[("time", &lasting(*by))]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hop_begins_with_its_own_row() {
        let text = "Received: from pc.example.org by mx.example.net with ESMTP id 2; Thu, 26 Nov 2026 10:00:02 +0000\r\nReceived: from a.example by pc.example.org with ESMTP id 1; Thu, 26 Nov 2026 10:00:01 +0000\r\n\r\n";
        let content = Content::read(text.as_bytes());
        let trace = Trace::of(&content, None);
        let lines = lines(&content, &trace, Lang::En, 80, usize::MAX);
        let certain = lines.iter().position(|line| line.text().contains("certain from here on"));
        for (field, number) in content.fields.iter().zip(["2", "1"]) {
            let own = |line: &Line| line.span.is_some_and(|s| s.start == field.span.start);
            let first = lines.iter().position(own).unwrap();
            let said = lines[first].text();
            assert!(said.starts_with(&format!("\u{2022}   {number}")), "{said}");
            assert_eq!(number == "2", certain == Some(first - 1), "{certain:?} {first}");
        }
    }

    #[test]
    fn how_much_is_not_looked_at_is_said() {
        let received = "Received: by mx.example.net; Thu, 26 Nov 2026 10:00:02 +0000\r\n";
        let long = format!("Subject: {}\r\n", "x".repeat(header::LIMIT));
        for (text, hops, beyond) in [
            (format!("{received}\r\n"), "Hops: 1", None),
            (format!("{received}{long}{received}\r\n"), "Hops: 1", Some("the 137 B")),
            (
                format!("{long}{received}\r\n"),
                "No Received field in what is here",
                Some("the 75 B"),
            ),
        ] {
            let content = Content::read(text);
            let trace = Trace::of(&content, None);
            let lines = lines(&content, &trace, Lang::En, 200, usize::MAX);
            assert!(lines[0].text().starts_with(hops), "{}", lines[0].text());
            let said = lines[1].text();
            let is_said = said.starts_with("Only the first 1 048 576 B of this header");
            assert_eq!(is_said, beyond.is_some(), "{said}");
            assert!(beyond.is_none_or(|beyond| said.contains(beyond)), "{said}");
        }
    }

    #[test]
    fn seconds_as_people_say_them() {
        for (seconds, said) in [
            (0, "+0 s"),
            (59, "+59 s"),
            (-5, "-5 s"),
            (3600, "+1 h"),
            (7_500, "+2 h 5 min"),
            (200_000, "+2 d 7 h"),
            (i64::MIN, "-106751991167300 d 15 h"),
        ] {
            assert_eq!(elapsed(seconds), said);
        }
    }

    #[test]
    fn every_letter_of_a_protocol_has_its_word() {
        for (protocol, words) in [
            ("SMTP", Some(1)),
            ("esmtps", Some(2)),
            ("ESMTPSA", Some(3)),
            ("UTF8LMTPSA", Some(4)),
            ("HTTP", None),
            ("ESMTPX", None),
        ] {
            let said = letters(protocol, Lang::En);
            assert_eq!(said.map(|s| s.split(", ").count()), words, "{protocol}");
        }
    }
}
