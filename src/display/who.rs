//! «Who is this really» in words: the names of a server side by side, and what the owner of its
//! domain says about it.

use std::time::Duration;

use crate::journal::PolicyFacts;
use crate::journal::facts::PolicyProblem;
use crate::knowledge::{self, Lang};
use crate::session::dane::{self, Dane, Match, Record};
use crate::session::identity::{Identity, Judgement, Row, Subject};
use crate::session::sts::{Standing, Sts};
use crate::session::{Dialogue, timing};
use crate::smtp::sts::{Mode, NoRecord, Odd, Policy, Strange};
use crate::smtp::tlsa::Tlsa;

use super::article::Paragraph;
use super::security::faults;
use super::text::width;
use super::theme::Role;
use super::token::visible;
use super::words::grouped;

/// How many names of one origin are shown.
const NAMES: usize = 8;

/// How much is shown of what a record holds, in digits.
const HEX: usize = 16;

/// All that is known about who the server of the last connection is; nothing without one.
pub fn paragraphs(dialogue: &Dialogue, lang: Lang) -> Vec<Paragraph> {
    let mut all = names(dialogue, lang);
    all.extend(Sts::of(dialogue).into_iter().flat_map(|sts| policy(&sts, lang)));
    all.extend(Dane::of(dialogue).into_iter().flat_map(|dane| certificates(&dane, lang)));
    all
}

/// The same as lines of text, with its title.
pub fn text(dialogue: &Dialogue, lang: Lang) -> String {
    let lines = paragraphs(dialogue, lang).into_iter();
    let lines = lines.map(|said| format!("  {}{}\n", said.lead(), said.text.1));
    let title = format!("{}\n", word(lang, "who.title"));
    std::iter::once(title).chain(lines).collect()
}

/// Which names are others than the one that was asked for, in one line; `None` if none is, or where
/// others are no wonder: on this machine.
pub fn differing(dialogue: &Dialogue, lang: Lang) -> Option<String> {
    if dialogue.endpoints().loopback {
        return None;
    }
    let rows = Identity::of(dialogue)?.rows.into_iter();
    let differing = rows.filter(|row| row.judgement == Judgement::Differs);
    let told = |row: Row| {
        let values = [("what", subject(row.subject, lang)), ("names", &shown(&row.names, lang))];
        knowledge::fill(lang, "who.differing.one", &values)
    };
    let all: Vec<_> = differing.map(told).collect();
    let all = all.join(word(lang, "comma"));
    (!all.is_empty()).then(|| knowledge::fill(lang, "who.differing", &[("names", &all)]))
}

/// The names, one row for each origin.
fn names(dialogue: &Dialogue, lang: Lang) -> Vec<Paragraph> {
    let rows = Identity::of(dialogue).map(|identity| identity.rows).unwrap_or_default();
    let widest = |texts: &mut dyn Iterator<Item = &str>| texts.map(width).max().unwrap_or_default();
    let first = widest(&mut rows.iter().map(|row| subject(row.subject, lang)));
    let second = widest(&mut rows.iter().map(|row| word(lang, judged(row))));
    let padded = |text: &str, columns: usize| {
        format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
    };
    let line = |row: &Row| {
        let said = padded(word(lang, judged(row)), second);
        let text = format!("{said}  {}", shown(&row.names, lang));
        Paragraph {
            head: (Role::Title, padded(subject(row.subject, lang), first)),
            text: (role(row.judgement), text.trim_end().to_owned()),
        }
    };
    rows.iter().map(line).collect()
}

fn subject(subject: Subject, lang: Lang) -> &'static str {
    word(
        lang,
        match subject {
            Subject::Asked => "who.asked",
            Subject::Reverse => "who.reverse",
            Subject::Forward => "who.forward",
            Subject::Banner => "who.banner",
            Subject::Hello => "who.ehlo",
            Subject::Certificate => "who.certificate",
        },
    )
}

const fn judged(row: &Row) -> &'static str {
    match (row.subject, row.judgement) {
        (Subject::Asked, Judgement::Reference) | (_, Judgement::Address) => "who.is.wanted",
        (_, Judgement::Reference) => "who.is.reference",
        (Subject::Forward, Judgement::Same) => "who.is.back",
        (Subject::Forward, Judgement::Differs) => "who.is.elsewhere",
        (_, Judgement::Same) => "who.is.same",
        (_, Judgement::Differs) => "who.is.different",
        (_, Judgement::Absent) => "who.is.absent",
        (_, Judgement::NotAsked) => "who.is.not-asked",
        (_, Judgement::Unanswered) => "who.is.unanswered",
    }
}

const fn role(judgement: Judgement) -> Role {
    match judgement {
        Judgement::Same => Role::Good,
        Judgement::Differs | Judgement::Unanswered => Role::Warn,
        Judgement::Absent | Judgement::NotAsked => Role::Dim,
        Judgement::Reference | Judgement::Address => Role::Text,
    }
}

/// The first of some names.
fn shown(names: &[String], lang: Lang) -> String {
    let seen = names.iter().take(NAMES).map(|name| visible(name.as_bytes()));
    let more = (names.len() > NAMES).then(|| "\u{2026}".to_owned());
    seen.chain(more).collect::<Vec<_>>().join(word(lang, "comma"))
}

/// That a policy was fetched, or was to be, in one line.
pub(super) fn fetched(facts: &PolicyFacts, lang: Lang) -> (Role, String) {
    let took = timing::in_words(Duration::from_micros(facts.took));
    let address = facts.address.as_deref().unwrap_or_default();
    let (host, address) = (visible(facts.host.as_bytes()), visible(address.as_bytes()));
    let size = grouped(facts.body.as_ref().map_or(0, String::len) as u64);
    let why = facts.problem.map(|problem| unfetched(facts, problem, lang));
    let key = if why.is_some() { "sts.not-fetched" } else { "sts.fetched" };
    let role = if why.is_some() { Role::Warn } else { Role::Notice };
    let values = [
        ("host", host.as_str()),
        ("address", &address),
        ("n", &size),
        ("took", &took),
        ("why", why.as_deref().unwrap_or_default()),
    ];
    (role, knowledge::fill(lang, key, &values))
}

/// Why no policy was fetched.
fn unfetched(facts: &PolicyFacts, problem: PolicyProblem, lang: Lang) -> String {
    let seen = |text: &str| visible(text.as_bytes());
    let wrong = facts.tls.as_ref().map(|tls| faults(tls.faults(), lang)).unwrap_or_default();
    let (key, detail) = match problem {
        PolicyProblem::Unreachable => ("sts.problem.unreachable", seen(&facts.detail)),
        PolicyProblem::Tls if !wrong.is_empty() => ("sts.problem.certificate", wrong),
        PolicyProblem::Tls => ("sts.problem.tls", seen(&facts.detail)),
        PolicyProblem::Http => ("sts.problem.http", seen(&facts.detail)),
        PolicyProblem::Redirect => {
            ("sts.problem.redirect", seen(facts.location.as_deref().unwrap_or_default()))
        }
        PolicyProblem::Status => {
            ("sts.problem.status", facts.status.unwrap_or_default().to_string())
        }
        PolicyProblem::Media => {
            ("sts.problem.media", seen(facts.media.as_deref().unwrap_or_default()))
        }
        PolicyProblem::TooLong => ("sts.problem.too-long", String::new()),
        PolicyProblem::TimedOut => ("sts.problem.timed-out", String::new()),
    };
    knowledge::fill(lang, key, &[("detail", &detail)])
}

/// What the domain's policy says, and what follows.
fn policy(sts: &Sts, lang: Lang) -> Vec<Paragraph> {
    let domain = visible(sts.domain.as_bytes());
    let host = visible(sts.host.as_deref().unwrap_or_default().as_bytes());
    let why = match &sts.standing {
        Standing::Unfetched(facts) => {
            facts.problem.map(|problem| unfetched(facts, problem, lang)).unwrap_or_default()
        }
        Standing::Untrusted(_, wrong) => faults(wrong, lang),
        _ => String::new(),
    };
    let (role, key) = match &sts.standing {
        Standing::NoRecord(NoRecord::None) => (Role::Dim, "sts.none"),
        Standing::NoRecord(NoRecord::Several) => (Role::Warn, "sts.several"),
        Standing::NoRecord(NoRecord::NoId) => (Role::Warn, "sts.no-id"),
        Standing::Unanswered(_) => (Role::Warn, "sts.unanswered"),
        Standing::Awaited => (Role::Dim, "sts.awaited"),
        Standing::Unfetched(_) => (Role::Warn, "sts.unfetched"),
        Standing::Invalid => (Role::Bad, "sts.invalid"),
        Standing::Off => (Role::Dim, "sts.off"),
        Standing::Fits(_) => (Role::Good, "sts.fits"),
        Standing::OtherHost(_) if host.is_empty() => (Role::Warn, "sts.no-host"),
        Standing::OtherHost(_) => (Role::Bad, "sts.other-host"),
        Standing::NoTls(_) => (Role::Warn, "sts.no-tls"),
        Standing::Untrusted(..) => (Role::Bad, "sts.untrusted"),
    };
    let mut said =
        knowledge::fill(lang, key, &[("domain", &domain), ("host", &host), ("why", &why)]);
    said += match (&sts.standing, sts.standing.mode()) {
        (Standing::Fits(_) | Standing::Off, _) | (_, None | Some(Mode::None)) => "",
        (_, Some(Mode::Enforce)) => word(lang, "sts.enforce"),
        (_, Some(Mode::Testing)) => word(lang, "sts.testing"),
    };
    let head = Paragraph { head: (Role::Title, "MTA-STS".to_owned()), text: (role, said) };
    let written =
        sts.policy.iter().map(|policy| Paragraph::line(Role::Text, written(policy, lang)));
    let odd = sts.policy.iter().flat_map(|policy| &policy.odd).map(|odd| strange(odd, lang));
    std::iter::once(head).chain(written).chain(odd).collect()
}

/// A policy in one line.
fn written(policy: &Policy, lang: Lang) -> String {
    // Not "none", which is a mode.
    let none = || "-".to_owned();
    let mode = policy.mode.map_or_else(none, |mode| mode.name().to_owned());
    let mx = if policy.mx.is_empty() { none() } else { shown(&policy.mx, lang) };
    let age = policy.max_age.map_or_else(none, |age| {
        let days = (age / 86_400).to_string();
        knowledge::fill(lang, "sts.age", &[("n", &grouped(age)), ("days", &days)])
    });
    let values = [("mode", mode.as_str()), ("mx", &mx), ("age", &age)];
    format!("  {}", knowledge::fill(lang, "sts.policy", &values))
}

/// Something strange in a policy.
fn strange(odd: &Odd, lang: Lang) -> Paragraph {
    let key = match odd.what {
        Strange::NoVersion => "sts.odd.no-version",
        Strange::OtherVersion => "sts.odd.other-version",
        Strange::NoMode => "sts.odd.no-mode",
        Strange::UnknownMode => "sts.odd.unknown-mode",
        Strange::NoMx => "sts.odd.no-mx",
        Strange::BadMx => "sts.odd.bad-mx",
        Strange::NoMaxAge => "sts.odd.no-max-age",
        Strange::BadMaxAge => "sts.odd.bad-max-age",
        Strange::LongMaxAge => "sts.odd.long-max-age",
        Strange::Repeated => "sts.odd.repeated",
        Strange::UnknownKey => "sts.odd.unknown-key",
        Strange::NoColon => "sts.odd.no-colon",
    };
    let (line, text) = (odd.line.to_string(), visible(odd.text.as_bytes()));
    let said = knowledge::fill(lang, key, &[("line", &line), ("text", &text)]);
    let role = match odd.what {
        what if what.is_fatal() => Role::Bad,
        Strange::UnknownKey => Role::Dim,
        _ => Role::Warn,
    };
    Paragraph::line(role, format!("  {said}"))
}

/// What the records about the certificate say, and what follows, which is never certain.
fn certificates(dane: &Dane, lang: Lang) -> Vec<Paragraph> {
    let (role, key) = match dane.standing {
        dane::Standing::NoRecord => (Role::Dim, "dane.none"),
        dane::Standing::Unanswered(_) => (Role::Warn, "dane.unanswered"),
        dane::Standing::Unusable => (Role::Warn, "dane.unusable"),
        dane::Standing::NoTls => (Role::Warn, "dane.no-tls"),
        dane::Standing::Matches => (Role::Good, "dane.matches"),
        dane::Standing::Differs => (Role::Bad, "dane.differs"),
    };
    let name = visible(dane.name.as_bytes());
    let said = knowledge::fill(lang, key, &[("name", &name)]);
    let head = Paragraph { head: (Role::Title, "DANE".to_owned()), text: (role, said) };
    let records = dane.records.iter().map(|(record, found)| compared(record, *found, lang));
    let why = if dane.authentic { "dane.inconclusive.told" } else { "dane.inconclusive" };
    let doubt = (!dane.records.is_empty())
        .then(|| Paragraph::line(Role::Warn, format!("  {}", word(lang, why))));
    std::iter::once(head).chain(records).chain(doubt).collect()
}

fn compared(record: &Record, found: Match, lang: Lang) -> Paragraph {
    let (role, key) = match found {
        Match::Matches(_) => (Role::Good, "dane.record.matches"),
        Match::Differs => (Role::Warn, "dane.record.differs"),
        Match::Unusable => (Role::Dim, "dane.record.unusable"),
        Match::Unseen => (Role::Dim, "dane.record.unseen"),
    };
    let n = if let Match::Matches(n) = found { n.to_string() } else { String::new() };
    let record = match record {
        Record::Read(record) => named(record),
        Record::Other(text) => visible(text.as_bytes()),
    };
    Paragraph::line(
        role,
        format!("  {}", knowledge::fill(lang, key, &[("record", &record), ("n", &n)])),
    )
}

/// A record by its acronyms (RFC 7218), with the beginning of what it holds.
fn named(record: &Tlsa) -> String {
    let name = |known: Option<&str>, number: u8| {
        known.map_or_else(|| number.to_string(), |known| format!("{number} {known}"))
    };
    let written = record.to_string();
    let hex = written.rsplit(' ').next().unwrap_or_default();
    let begin = hex.get(..HEX.min(hex.len())).unwrap_or_default();
    let more = if hex.len() > HEX { "\u{2026}" } else { "" };
    format!(
        "{}, {}, {}: {begin}{more}",
        name(record.usage_name(), record.usage),
        name(record.selector_name(), record.selector),
        name(record.matching_name(), record.matching),
    )
}

fn word(lang: Lang, key: &'static str) -> &'static str {
    knowledge::word(lang, key)
}
