//! «Who is this really»: the names that a server has, side by side. Each is told by somebody else:
//! whoever asked for it, whoever owns its address, the server itself, and who signed its
//! certificate. A fold over what was heard; what nobody was asked is not known.

use std::net::Ipv4Addr;
use std::net::Ipv6Addr;

use crate::journal::facts::{NameKind, NameProblem};
use crate::journal::{Endpoints, Happening, NameFacts};
use crate::smtp::code::Class;
use crate::smtp::domain::{comparable, is_name, is_same, stands_for};
use crate::smtp::reply::Reply;
use crate::smtp::target::{Target, split_port};
use crate::smtp::verb::Verb;

use super::{Dialogue, Turn};

/// Who or what tells a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Whoever connected.
    Asked,
    /// The owner of the address: PTR.
    Reverse,
    /// The owner of that name: whether it leads back to the address.
    Forward,
    /// The server, in its greeting (RFC 5321 §4.2).
    Banner,
    /// The server, in its reply to EHLO or LHLO (RFC 5321 §4.1.1.1).
    Hello,
    /// Whoever signed its certificate.
    Certificate,
}

impl Subject {
    /// The name under which exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Reverse => "reverse",
            Self::Forward => "forward",
            Self::Banner => "banner",
            Self::Hello => "ehlo",
            Self::Certificate => "certificate",
        }
    }
}

/// What there is to say about a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is what the others are compared with.
    Reference,
    /// It is an address, with which no name is compared.
    Address,
    /// It is the same.
    Same,
    /// It is another.
    Differs,
    /// There is none.
    Absent,
    /// Nobody was asked.
    NotAsked,
    /// Somebody was asked, and did not tell.
    Unanswered,
}

impl Judgement {
    /// The name under which exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Address => "address",
            Self::Same => "same",
            Self::Differs => "differs",
            Self::Absent => "absent",
            Self::NotAsked => "not-asked",
            Self::Unanswered => "unanswered",
        }
    }
}

/// Names of one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Who tells them.
    pub subject: Subject,
    /// The names, or the addresses to which one leads.
    pub names: Vec<String>,
    /// How they compare.
    pub judgement: Judgement,
}

/// The names of the server of the last connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The rows, always the same ones in the same order.
    pub rows: Vec<Row>,
}

impl Identity {
    /// Of the last connection; `None` where there was none, or nothing is known of it.
    pub fn of(dialogue: &Dialogue) -> Option<Self> {
        let known = dialogue.connection() > 0 && *dialogue.endpoints() != Endpoints::default();
        known.then(|| Self { rows: rows(dialogue) })
    }
}

/// The name that the server should have: that of the host that was asked for, be it behind MX
/// records; `None` where an address was asked for, or a program.
pub fn asked_name(dialogue: &Dialogue) -> Option<String> {
    let endpoints = dialogue.endpoints();
    if let Some(host) = &endpoints.host {
        return Some(host.clone());
    }
    let target = Target::read(&endpoints.target).ok()?;
    match &target {
        Target::Practice { .. } => Some(target.server_name()),
        Target::Tcp { host, .. } => address(host).is_none().then(|| host.clone()),
        Target::Unix { .. } | Target::Pipe { .. } | Target::Mx { .. } => None,
    }
}

/// The address of the server, without its port.
pub fn remote(dialogue: &Dialogue) -> Option<&str> {
    let (host, _) = split_port(dialogue.endpoints().remote.as_deref()?, 0)?;
    address(host).map(|_| host)
}

fn rows(dialogue: &Dialogue) -> Vec<Row> {
    let asked = asked_name(dialogue);
    let reverse = reverse(dialogue);
    let forward = reverse.as_ref().ok().and_then(|names| forward(dialogue, names));
    let banner = banner(dialogue);
    let hello = hello(dialogue);
    let certificate = certificate(dialogue);
    let confirmed = forward.as_ref().filter(|forward| forward.leads_back).map(|f| f.name.clone());
    let (reference, from) = match (&asked, confirmed, banner.iter().flatten().next()) {
        (Some(asked), ..) => (Some(asked.clone()), Subject::Asked),
        (None, Some(name), _) => (Some(name), Subject::Reverse),
        (None, None, name) => (name.cloned(), Subject::Banner),
    };
    let address = remote(dialogue);
    let is_it =
        |name: &String| reference.as_ref().is_some_and(|reference| stands_for(name, reference));
    let judge = |subject: Subject, names: Option<Vec<String>>| {
        let was_asked = names.is_some();
        let names = names.unwrap_or_default();
        let judgement = match names.as_slice() {
            _ if !was_asked => Judgement::NotAsked,
            [] => Judgement::Absent,
            _ if subject == from => Judgement::Reference,
            names if names.iter().any(is_it) => Judgement::Same,
            _ => Judgement::Differs,
        };
        Row { subject, names, judgement }
    };
    let told = |subject, names: Vec<String>, judgement| Row { subject, names, judgement };
    let of_address = || {
        let judgement = if address.is_some() { Judgement::Address } else { Judgement::Absent };
        (address.map(str::to_owned).into_iter().collect(), judgement)
    };
    let wanted = asked.map_or_else(of_address, |asked| (vec![asked], Judgement::Reference));
    let mut rows = vec![told(Subject::Asked, wanted.0, wanted.1)];
    rows.push(match &reverse {
        Ok(names) => judge(Subject::Reverse, Some(names.clone())),
        Err(judgement) => told(Subject::Reverse, Vec::new(), *judgement),
    });
    rows.push(match (forward, reverse) {
        (Some(Forward { addresses, leads_back: true, .. }), _) => {
            told(Subject::Forward, addresses, Judgement::Same)
        }
        (Some(Forward { addresses, problem: None, .. }), _) => {
            told(Subject::Forward, addresses, Judgement::Differs)
        }
        (Some(Forward { problem: Some(problem), .. }), _) => {
            told(Subject::Forward, Vec::new(), unanswered(problem))
        }
        (None, Err(Judgement::Absent)) => told(Subject::Forward, Vec::new(), Judgement::Absent),
        (None, _) => told(Subject::Forward, Vec::new(), Judgement::NotAsked),
    });
    rows.push(judge(Subject::Banner, banner));
    rows.push(judge(Subject::Hello, hello));
    let mut row = judge(Subject::Certificate, certificate);
    // One for an address that was asked for is for the right server.
    let for_address = address.is_some_and(|address| row.names.iter().any(|name| name == address));
    if row.judgement == Judgement::Differs && for_address {
        row.judgement = Judgement::Same;
    }
    rows.push(row);
    rows
}

const fn unanswered(problem: NameProblem) -> Judgement {
    if problem.is_absence() { Judgement::Absent } else { Judgement::Unanswered }
}

/// What was answered to one kind of question on this connection, the newest first.
pub(super) fn answers(dialogue: &Dialogue, kind: NameKind) -> impl Iterator<Item = &NameFacts> {
    dialogue.since_opened().filter_map(move |what| match what {
        Happening::LookedUp(facts) if facts.kind == kind => Some(&**facts),
        _ => None,
    })
}

/// The newest answer about a name on this connection.
pub(super) fn looked_up<'a>(
    dialogue: &'a Dialogue,
    kind: NameKind,
    name: &str,
) -> Option<&'a NameFacts> {
    answers(dialogue, kind).find(|facts| is_same(&facts.name, name))
}

fn reverse(dialogue: &Dialogue) -> Result<Vec<String>, Judgement> {
    let address = remote(dialogue).ok_or(Judgement::Absent)?;
    let facts = looked_up(dialogue, NameKind::Reverse, address).ok_or(Judgement::NotAsked)?;
    match facts.problem {
        None => Ok(facts.answers.clone()),
        Some(problem) => Err(unanswered(problem)),
    }
}

/// Where a reverse name leads.
struct Forward {
    name: String,
    addresses: Vec<String>,
    leads_back: bool,
    problem: Option<NameProblem>,
}

/// Where the reverse names lead: the first of them that leads back, or else the first.
fn forward(dialogue: &Dialogue, names: &[String]) -> Option<Forward> {
    let remote = address(remote(dialogue)?)?;
    let leads = |name: &String| {
        let facts = looked_up(dialogue, NameKind::Forward, name)?;
        let leads_back = facts.answers.iter().any(|answer| address(answer) == Some(remote));
        Some(Forward {
            name: name.clone(),
            addresses: facts.answers.clone(),
            leads_back,
            problem: facts.problem,
        })
    };
    let mut all: Vec<_> = names.iter().filter_map(leads).collect();
    let best = all.iter().position(|forward| forward.leads_back).unwrap_or_default();
    (best < all.len()).then(|| all.swap_remove(best))
}

/// An address of either family, without its zone.
fn address(text: &str) -> Option<Ipv6Addr> {
    let alone = text.split_once('%').map_or(text, |(address, _)| address);
    let v4 = alone.parse::<Ipv4Addr>().map(|address| address.to_ipv6_mapped());
    v4.ok().or_else(|| alone.parse().ok())
}

/// The name at the beginning of the greeting, where one stands there; `None` without a greeting.
fn banner(dialogue: &Dialogue) -> Option<Vec<String>> {
    let mut here = dialogue.exchanges_here().map(|(_, exchange)| exchange);
    let greeting = here.find(|exchange| exchange.turn == Turn::Greeting)?;
    let word = first_word(greeting.reply.as_ref()?);
    Some(word.filter(|word| is_name(word)).into_iter().collect())
}

fn first_word(reply: &Reply) -> Option<String> {
    let text = reply.lines.first()?.text();
    let word = text.split(|byte| *byte == b' ').next()?;
    Some(String::from_utf8_lossy(word).into_owned())
}

/// The names in the replies to EHLO, LHLO or HELO, each once: inside TLS it may be another. `None`
/// before that.
fn hello(dialogue: &Dialogue) -> Option<Vec<String>> {
    let mut names: Option<Vec<String>> = None;
    for (_, exchange) in dialogue.exchanges_here() {
        let reply = exchange.reply.as_ref().filter(|reply| reply.class() == Class::Positive);
        let greets = matches!(exchange.verb(), Some(Verb::Ehlo | Verb::Lhlo | Verb::Helo));
        let Some(reply) = reply.filter(|_| greets) else { continue };
        let names = names.get_or_insert_default();
        let word = first_word(reply).unwrap_or_default();
        if !word.is_empty() && !names.iter().any(|known| is_same(known, &word)) {
            names.push(word);
        }
    }
    names
}

/// The names that the server's certificate is for, trusted or not; `None` where it showed none.
fn certificate(dialogue: &Dialogue) -> Option<Vec<String>> {
    let mut layers = dialogue.since_opened().filter_map(Happening::tls);
    let own = layers.find_map(|facts| facts.chain.first())?;
    let mut names: Vec<String> = Vec::new();
    for name in &own.names {
        if !names.iter().any(|known| comparable(known) == comparable(name)) {
            names.push(name.clone());
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::facts::Certificate;
    use crate::journal::{Event, Moment, Side, TlsFacts};

    fn opened(target: &str, host: Option<&str>) -> Happening {
        Happening::Opened(Box::new(Endpoints {
            target: target.to_owned(),
            remote: Some("192.0.2.1:25".to_owned()),
            host: host.map(str::to_owned),
            ..Endpoints::default()
        }))
    }

    fn answer(kind: NameKind, name: &str, answers: &[&str]) -> Happening {
        Happening::LookedUp(Box::new(NameFacts {
            name: name.to_owned(),
            kind,
            by: String::new(),
            answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
            problem: answers.is_empty().then_some(NameProblem::NoSuchName),
            detail: String::new(),
            authentic: false,
            took: 1,
        }))
    }

    fn said(from: Side, text: &str) -> Happening {
        Happening::Bytes { from, data: text.to_owned().into(), veiled: Vec::new() }
    }

    fn judged(all: Vec<Happening>) -> Vec<String> {
        let mut dialogue = Dialogue::default();
        for what in all {
            dialogue.apply(&Event::new(Moment(1), what));
        }
        let rows = Identity::of(&dialogue).unwrap().rows.into_iter();
        rows.map(|row| format!("{} {}", row.judgement.name(), row.names.join(" "))).collect()
    }

    #[test]
    fn names_stand_side_by_side() {
        let names = ["*.example.net".to_owned(), "*.example.net".to_owned()].to_vec();
        let own = Certificate { names, ..Certificate::default() };
        let tls = TlsFacts { chain: vec![own], ..TlsFacts::default() };
        let all = vec![
            opened("mx:example.net", Some("mx1.example.net")),
            answer(NameKind::Reverse, "192.0.2.1", &["a.example.org", "MX1.example.net"]),
            said(Side::Server, "220 other.example.net ESMTP\r\n"),
            answer(NameKind::Forward, "a.example.org", &["192.0.2.9"]),
            answer(NameKind::Forward, "MX1.example.net", &["2001:db8::1", "192.0.2.1"]),
            said(Side::Client, "EHLO me\r\n"),
            said(Side::Server, "250-mx1.example.net hello\r\n250 STARTTLS\r\n"),
            said(Side::Client, "STARTTLS\r\n"),
            said(Side::Server, "220 go\r\n"),
            Happening::Secured(Box::new(tls)),
            said(Side::Client, "EHLO me\r\n"),
            said(Side::Server, "250 mx1.example.net. hello again\r\n"),
        ];
        assert_eq!(
            judged(all),
            [
                "reference mx1.example.net",
                "same a.example.org MX1.example.net",
                "same 2001:db8::1 192.0.2.1",
                "differs other.example.net",
                "same mx1.example.net",
                "same *.example.net",
            ]
        );
    }

    #[test]
    fn what_nobody_was_asked_is_not_known() {
        let all = vec![opened("mx.example.net:25", None), said(Side::Server, "220 ESMTP\r\n")];
        assert_eq!(
            judged(all),
            [
                "reference mx.example.net",
                "not-asked ",
                "not-asked ",
                "absent ",
                "not-asked ",
                "not-asked "
            ]
        );
        let all = vec![
            opened("mx.example.net:25", None),
            answer(NameKind::Reverse, "192.0.2.1", &[]),
            opened("mx.example.net:25", None),
        ];
        assert_eq!(judged(all)[1], "not-asked ", "another connection asks again");
    }

    #[test]
    fn behind_an_address_the_names_are_compared_with_each_other() {
        let all = vec![
            opened("192.0.2.1:25", None),
            said(Side::Server, "220 mx.example.net\r\n"),
            said(Side::Client, "HELO me\r\n"),
            said(Side::Server, "250 mx.example.net\r\n"),
        ];
        let told = judged(all.clone());
        assert_eq!(told[0], "address 192.0.2.1");
        assert_eq!(told[3..5], ["reference mx.example.net", "same mx.example.net"]);
        let confirmed = [
            answer(NameKind::Reverse, "192.0.2.1", &["host.example.org"]),
            answer(NameKind::Forward, "host.example.org", &["192.0.2.1"]),
        ];
        let told = judged(all.into_iter().chain(confirmed).collect());
        assert_eq!(told[1..3], ["reference host.example.org", "same 192.0.2.1"]);
        assert_eq!(told[3], "differs mx.example.net");
    }
}
