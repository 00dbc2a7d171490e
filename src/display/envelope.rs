//! Cards of transactions in words: parameters, limits, what ended them, and what they have in
//! common with the content. Shared by the screen and the plain front.

use std::borrow::Cow;

use crate::journal::Moment;
use crate::knowledge::{self, Kind, Lang, Severity, Topic};
use crate::session::agreement::{Finding, Party, Point};
use crate::session::limits::{Held, Limit, Side, Subject, Verdict};
use crate::session::{Dialogue, End, Transaction, Turn};
use crate::smtp::param::Param;
use crate::smtp::parameter::Parameter;
use crate::smtp::verb::Verb;
use crate::smtp::xtext;

use super::Role;
use super::token::visible;
use super::words::{address, grouped, limit};

/// What a parameter means with its value, in a short sentence; `None` for one that nobody knows.
pub fn parameter(param: &Param, lang: Lang) -> Option<String> {
    let known = Parameter::find(&param.name);
    if let Some(known) = known.filter(|known| !(known.takes)(param.value.as_deref())) {
        return Some(knowledge::fill(lang, "param.malformed", &[("form", known.form)]));
    }
    let value = param.value.as_deref().unwrap_or_default();
    let upper = value.to_ascii_uppercase();
    let decoded = || visible(xtext::decode(value).unwrap_or_else(|| value.to_owned()).as_bytes());
    let plain = || visible(value.as_bytes());
    let (key, filling): (&'static str, String) = match (param.name.as_str(), upper.as_str()) {
        ("SIZE", _) => ("param.SIZE", octets(value.parse().ok()?)),
        ("BODY", "7BIT") => ("param.BODY.7BIT", String::new()),
        ("BODY", "8BITMIME") => ("param.BODY.8BITMIME", String::new()),
        ("BODY", _) => ("param.BODY.BINARYMIME", String::new()),
        ("SMTPUTF8", _) => ("param.SMTPUTF8", String::new()),
        ("RET", "FULL") => ("param.RET.FULL", String::new()),
        ("RET", _) => ("param.RET.HDRS", String::new()),
        ("ENVID", _) => ("param.ENVID", decoded()),
        ("AUTH", "<>") => ("param.AUTH.unknown", String::new()),
        ("AUTH", _) => ("param.AUTH", decoded()),
        ("BY", _) => {
            let (time, mode) = upper.split_once(';')?;
            let key = if mode.starts_with('R') { "param.BY.R" } else { "param.BY.N" };
            (key, visible(time.as_bytes()))
        }
        ("HOLDFOR", _) => ("param.HOLDFOR", limit(value.parse().ok()?, lang)),
        ("HOLDUNTIL", _) => ("param.HOLDUNTIL", plain()),
        ("MT-PRIORITY", _) => ("param.MT-PRIORITY", plain()),
        ("REQUIRETLS", _) => ("param.REQUIRETLS", String::new()),
        ("SOLICIT", _) => ("param.SOLICIT", plain()),
        ("PRDR", _) => ("param.PRDR", String::new()),
        ("NOTIFY", "NEVER") => ("param.NOTIFY.NEVER", String::new()),
        ("NOTIFY", all) => {
            let when = |word| match word {
                "SUCCESS" => knowledge::word(lang, "param.NOTIFY.SUCCESS"),
                "FAILURE" => knowledge::word(lang, "param.NOTIFY.FAILURE"),
                _ => knowledge::word(lang, "param.NOTIFY.DELAY"),
            };
            ("param.NOTIFY", all.split(',').map(when).collect::<Vec<_>>().join(", "))
        }
        ("ORCPT", _) => {
            let (_, address) = value.split_once(';')?;
            let address = xtext::decode(address).unwrap_or_else(|| address.to_owned());
            ("param.ORCPT", visible(address.as_bytes()))
        }
        ("RRVS", _) => {
            let since = value.split_once(';').map_or(value, |(since, _)| since);
            ("param.RRVS", visible(since.as_bytes()))
        }
        (name, _) => {
            let topic = Topic::new(Kind::Parameter, name)?;
            return Some(topic.entry().say(lang).title.clone());
        }
    };
    Some(knowledge::fill(lang, key, &[("value", &filling)]))
}

/// A parameter as it was written.
pub fn written(param: &Param) -> String {
    let name = visible(param.name.as_bytes());
    match &param.value {
        Some(value) => format!("{name}={}", visible(value.as_bytes())),
        None => name,
    }
}

/// What the server said in `exchange`: its code and, where it has one, its enhanced code.
pub fn codes(dialogue: &Dialogue, exchange: usize) -> Option<String> {
    let reply = dialogue.exchanges().get(exchange)?.reply.as_ref()?;
    let code = reply.code?.to_string();
    Some(match reply.enhanced() {
        Some(enhanced) => format!("{code} {enhanced}"),
        None => code,
    })
}

/// The text of the reply in `exchange`, without its codes, in visible tokens.
pub fn reply_text(dialogue: &Dialogue, exchange: usize) -> Option<String> {
    let reply = dialogue.exchanges().get(exchange)?.reply.as_ref()?;
    let text = reply.lines.iter().map(|line| {
        let behind = line.enhanced.as_ref().map_or(line.text.start, |(_, span)| span.end);
        let text = line.line.bytes.get(behind..).unwrap_or_default();
        visible(text.trim_ascii())
    });
    let text = text.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// When the session began.
pub fn began(dialogue: &Dialogue) -> Moment {
    let first = dialogue.exchanges().first().and_then(|e| e.sent_at);
    dialogue.notices().first().map(|(at, _)| *at).or(first).unwrap_or(Moment(0))
}

/// Seconds and milliseconds from one moment to another.
pub fn since(begin: Moment, at: Moment) -> String {
    let millis = at.since(begin) / 1_000;
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

/// What ended a transaction, and when, if that is known: `RSET → 250 2.0.0`.
pub fn ended(dialogue: &Dialogue, transaction: &Transaction, lang: Lang) -> Option<String> {
    let (at, why) = transaction.end?;
    let word = |key| Cow::Borrowed(knowledge::word(lang, key));
    let exchange = dialogue.exchanges().get(at);
    let what = match why {
        End::Closed => word("envelope.ended.connection"),
        End::Secured => Cow::Borrowed(Verb::Starttls.as_str()),
        _ => match exchange.map(|exchange| &exchange.turn) {
            Some(Turn::MailData | Turn::LastChunk | Turn::Delivery(_)) => {
                word("envelope.ended.data")
            }
            Some(Turn::Command(verb)) => Cow::Owned(visible(verb.as_str().as_bytes())),
            _ => return None,
        },
    };
    let answered = exchange.filter(|_| !matches!(why, End::Closed | End::Secured));
    let codes = answered.and_then(|_| codes(dialogue, at));
    let what = codes.map_or_else(|| what.to_string(), |codes| format!("{what} \u{2192} {codes}"));
    let behind = |moment: &Moment| exchange.and_then(|e| e.sent_at).is_none_or(|at| at >= *moment);
    let moment = match why {
        // What happened to the connection stands before whatever was said behind it.
        End::Closed | End::Secured => {
            let mut back = dialogue.notices().iter().rev().map(|(moment, _)| moment);
            back.find(|moment| behind(moment)).copied()
        }
        _ => answered.and_then(|exchange| exchange.replied_at),
    };
    // A record without times has everything at the beginning.
    let moment = moment.filter(|_| dialogue.last_heard() > Moment(0));
    Some(match moment {
        Some(moment) => {
            let time = since(began(dialogue), moment);
            knowledge::fill(lang, "envelope.ended.at", &[("what", &what), ("time", &time)])
        }
        None => knowledge::fill(lang, "envelope.ended", &[("what", &what)]),
    })
}

/// To the last octet: a limit is one.
fn octets(n: u64) -> String {
    format!("{} B", grouped(n))
}

fn side(side: &Side, lang: Lang) -> String {
    let word = |key| knowledge::word(lang, key).to_owned();
    match side {
        Side::Nothing => "-".to_owned(),
        Side::Absent => word("limits.absent"),
        Side::Present => word("limits.present"),
        Side::Octets(n) => octets(*n),
        Side::SoFar(n) => format!("{}\u{2026}", octets(*n)),
        Side::Count(n) => grouped(u64::try_from(*n).unwrap_or(u64::MAX)),
        Side::Written(text) => visible(text.as_bytes()),
        Side::Held(all) => {
            all.iter().map(|held| word(held_key(*held))).collect::<Vec<_>>().join(", ")
        }
    }
}

const fn held_key(held: Held) -> &'static str {
    match held {
        Held::Ascii => "limits.ascii",
        Held::EightBit => "limits.8bit",
        Held::Nul => "limits.nul",
        Held::BareLineEnd => "limits.bare-line-end",
        Held::LongLine => "limits.long-line",
        Held::InAddress => "limits.address",
        Held::InHeader => "limits.header",
    }
}

const fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fits => "limits.fits",
        Verdict::Open => "limits.open",
        Verdict::Unjudged => "limits.unjudged",
        Verdict::Over(_) => "limits.over",
        Verdict::DeclaredOver(_) => "limits.declared-over",
        Verdict::OverDeclared(_) => "limits.over-declared",
        Verdict::NotOffered => "limits.not-offered",
        Verdict::Undeclared => "limits.undeclared",
        Verdict::Unneeded => "limits.unneeded",
        Verdict::Binary => "limits.binary",
        Verdict::NeedsBdat => "limits.needs-bdat",
    }
}

/// A row of limits in three pieces: what it is about, its sides, and what follows.
pub fn limit_row(limit: &Limit, lang: Lang) -> (String, String, (Role, String)) {
    let sides = [&limit.offered, &limit.declared, &limit.sent].map(|s| side(s, lang));
    let role = match limit.verdict {
        Verdict::Fits => Role::Good,
        Verdict::Open | Verdict::Unjudged | Verdict::Unneeded => Role::Dim,
        Verdict::Over(_) | Verdict::DeclaredOver(_) => Role::Bad,
        _ => Role::Warn,
    };
    let n = limit.verdict.by().map(|by| match limit.subject {
        Subject::Size => octets(by),
        _ => grouped(by),
    });
    let n = n.unwrap_or_default();
    let verdict = knowledge::fill(lang, verdict_key(limit.verdict), &[("n", &n)]);
    (limit.subject.name().to_owned(), sides.join(" \u{b7} "), (role, verdict))
}

/// The same in one line.
pub fn limit_line(limit: &Limit, lang: Lang) -> String {
    let (subject, sides, (_, verdict)) = limit_row(limit, lang);
    format!("{subject}  {sides} \u{2192} {verdict}")
}

/// The entries that explain a row.
pub fn topics_of_limit(limit: &Limit) -> Vec<Topic> {
    let parameter = Topic::new(Kind::Parameter, limit.subject.name());
    parameter.into_iter().chain(Topic::new(Kind::Capability, limit.subject.keyword())).collect()
}

/// The entry that explains a finding.
pub fn topic(point: Point) -> Option<Topic> {
    match point {
        Point::NullSender => Topic::new(Kind::Idea, "null-sender"),
        other => Topic::new(Kind::Agreement, other.id()),
    }
}

/// How much a finding matters; `None` if envelope and content agree.
pub fn severity(point: Point) -> Option<Severity> {
    let agrees = matches!(point, Point::SenderIsAuthor | Point::AllAgree);
    let given = topic(point).and_then(|topic| topic.entry().severity);
    given.or_else(|| (!agrees).then_some(Severity::Info))
}

/// A finding in a short sentence that names at most `most`.
pub fn finding(finding: &Finding, most: usize, lang: Lang) -> (Role, String) {
    let role = match severity(finding.point) {
        None => Role::Good,
        Some(Severity::Info) => Role::Text,
        Some(Severity::Warn) => Role::Warn,
        Some(Severity::Error) => Role::Bad,
    };
    // Of two domains one alone says nothing.
    let domains = matches!(finding.point, Point::DomainRelated | Point::DomainDiffers);
    let most = if domains { most.max(2) } else { most };
    let who = who(finding.told(), most, finding.point, lang);
    (role, knowledge::fill(lang, finding.point.words(), &[("who", &who)]))
}

fn who(parties: &[Party], most: usize, point: Point, lang: Lang) -> String {
    let name = |party: &Party| match point {
        Point::DomainRelated | Point::DomainDiffers | Point::EmptyGroup => {
            visible(party.address.as_bytes())
        }
        _ => address(&party.address),
    };
    let named: Vec<_> = parties.iter().take(most).map(name).collect();
    let (named, left) = (named.join(", "), parties.len().saturating_sub(most));
    if left == 0 {
        return named;
    }
    let n = grouped(u64::try_from(left).unwrap_or(u64::MAX));
    knowledge::fill(lang, "envelope.more", &[("who", &named), ("n", &n)])
}
