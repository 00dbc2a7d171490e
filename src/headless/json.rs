//! One session as one JSON object. Every key is always there.

mod authenticity;
mod judged;

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::journal::facts::{AskedCertificate, Binding, Certificate, Verdict};
use crate::journal::{
    Attempt, DialFailure, Endpoints, Happening, Header, Moment, NameFacts, PolicyFacts, TlsFacts,
};
use crate::knowledge::{self, Lang, Severity};
use crate::session::agreement;
use crate::session::card::Card;
use crate::session::dane::{Dane, Match, Record};
use crate::session::flaw::Flaw;
use crate::session::header::Group;
use crate::session::identity::{self, Identity};
use crate::session::limits::{Limit, Side};
use crate::session::sts::Sts;
use crate::session::thread::{self, Threads, Tie};
use crate::session::waterfall::{self, What, Whose, stages};
use crate::session::{Dialogue, Exchange, Message, Row, Transaction, Turn, secrets};
use crate::smtp::ehlo::{Capabilities, Change};
use crate::smtp::line::LineEnd;
use crate::smtp::path::Path;
use crate::smtp::reply::{Reply, ReplyLine};
use crate::smtp::sts::Mode;
use crate::smtp::unseen::Unseen;
use crate::smtp::wait::Wait;

use super::Setting;
use judged::{Judgement, NotListed, Way};

use crate::display::content::judged::as_it_stands;
use crate::display::content::parts::flaw_words;
use crate::display::content::{self, Judged};
use crate::display::envelope::{finding, severity, topic};
use crate::display::words::{end_key, fate_key};

/// A session.
#[derive(Serialize)]
pub struct Session<'a> {
    script: Option<&'a str>,
    reached: Vec<Reached>,
    exchanges: Vec<Turned>,
    times: Vec<Stage>,
    overdue: Vec<Missed>,
    envelope: Vec<Carried>,
    content: Vec<Sent>,
    threads: Vec<Vec<Place>>,
    /// One for each message; null where nobody has asked.
    authenticity: Vec<Option<authenticity::Verified>>,
    tls: Option<Tls>,
    who: Option<Who>,
    offered: Option<Offered>,
    login: Option<LoggedIn>,
    findings: Vec<Finding>,
    outcome: &'a str,
    stage: Option<&'a str>,
    mismatch: Option<Mismatched>,
}

/// A step on the way to a server, or what a server that is a program did beside the talk.
#[derive(Serialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
enum Reached {
    LookedUp(NameFacts),
    Fetched(Box<PolicyFacts>),
    Tried(Attempt),
    Connected(Endpoints),
    NotConnected(DialFailure),
    Prefaced { base64: String },
    Said { text: String },
    Exited { how: String },
}

impl Reached {
    fn of(what: &Happening, dialogue: &Dialogue, with_secrets: bool) -> Option<Self> {
        Some(match what {
            Happening::LookedUp(facts) => Self::LookedUp((**facts).clone()),
            Happening::Fetched(facts) => Self::Fetched(facts.clone()),
            Happening::Tried(attempt) => Self::Tried((**attempt).clone()),
            Happening::Opened(endpoints) if **endpoints == Endpoints::default() => return None,
            Happening::Opened(endpoints) => Self::Connected((**endpoints).clone()),
            Happening::NotOpened(failure) => Self::NotConnected((**failure).clone()),
            Happening::Aside(data) => {
                let mut data = data.to_vec();
                if !with_secrets {
                    let places = dialogue.secrets().places(&data);
                    secrets::veil(&mut data, places);
                }
                Self::Said { text: String::from_utf8_lossy(&data).into_owned() }
            }
            Happening::Prefaced(data) => Self::Prefaced { base64: STANDARD.encode(data) },
            Happening::Exited(how) => Self::Exited { how: how.clone() },
            _ => return None,
        })
    }
}

/// Something that was waited for, and how long it was whose time, in microseconds.
#[derive(Serialize)]
struct Stage {
    what: &'static str,
    name: Option<String>,
    exchange: Option<usize>,
    began_at: Option<String>,
    took: u64,
    sending: u64,
    queued: u64,
    thinking: u64,
    receiving: u64,
    done: bool,
}

impl Stage {
    fn of(stage: &waterfall::Stage, dialogue: &Dialogue, started: Started) -> Self {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (exchange, notice) = match stage.what {
            What::Exchange(at) => (Some(at), None),
            What::Notice(index) => (None, dialogue.notices().get(index).map(|(_, what)| what)),
        };
        let (what, name) = match notice {
            None => ("exchange", None),
            Some(Happening::LookedUp(facts)) => ("look-up", Some(facts.name.clone())),
            Some(Happening::Tried(attempt)) => ("tried", Some(attempt.address.clone())),
            Some(Happening::Opened(ends)) => ("connect", ends.remote.clone()),
            Some(Happening::NotOpened(failure)) => ("not-connected", Some(failure.target.clone())),
            Some(_) => ("tls", None),
        };
        let [sending, queued, thinking, receiving] =
            Whose::ALL.map(|whose| micros(stage.time(whose)));
        Self {
            what,
            name,
            exchange,
            began_at: time(Some(stage.begun), started),
            took: micros(stage.took()),
            sending,
            queued,
            thinking,
            receiving,
            done: stage.done,
        }
    }
}

/// What had not come when its time was over.
#[derive(Serialize)]
pub struct Overdue {
    wait: &'static str,
    clause: Option<&'static str>,
    limit: u64,
}

impl Overdue {
    /// What was waited for, and for how many seconds.
    pub fn new(wait: Wait, limit: u64) -> Self {
        Self { wait: wait.name(), clause: wait.clause(), limit }
    }
}

/// The same in a session.
#[derive(Serialize)]
struct Missed {
    #[serde(flatten)]
    what: Overdue,
    at: Option<String>,
    exchange: Option<usize>,
}

impl Missed {
    fn of((at, what): &(Moment, Happening), dialogue: &Dialogue, started: Started) -> Option<Self> {
        let Happening::Overdue { wait, limit } = what else { return None };
        Some(Self {
            what: Overdue::new(*wait, *limit),
            at: time(Some(*at), started),
            exchange: dialogue.unanswered_at(*at),
        })
    }
}

#[derive(Serialize)]
struct Turned {
    turn: &'static str,
    command: Option<String>,
    recipient: Option<String>,
    reply: Option<Replied>,
    sent_at: Option<String>,
    reply_began_at: Option<String>,
    replied_at: Option<String>,
    phase: &'static str,
    connection: u32,
    /// Which of the groups it left in; null for what left alone.
    group: Option<usize>,
}

#[derive(Serialize)]
struct Replied {
    code: Option<u16>,
    enhanced: Option<String>,
    lines: Vec<String>,
    more_lines: u64,
}

#[derive(Serialize)]
struct Carried {
    sender: String,
    params: Vec<String>,
    fate: &'static str,
    recipients: Vec<Recipient>,
    message: Option<usize>,
    end: Option<&'static str>,
    /// The exchange in which it ended.
    ended_in: Option<usize>,
    limits: Vec<Limited>,
    against_content: Vec<Compared>,
}

/// What was offered, declared and sent in one matter.
#[derive(Serialize)]
struct Limited {
    what: &'static str,
    offered: serde_json::Value,
    declared: serde_json::Value,
    sent: serde_json::Value,
    verdict: &'static str,
    by: Option<u64>,
}

/// What envelope and content have in common or not.
#[derive(Serialize)]
struct Compared {
    id: &'static str,
    /// Null where they agree.
    severity: Option<&'static str>,
    who: Vec<Party>,
    rfc: Vec<&'static str>,
    text: String,
}

/// Somebody who is named by a command, by a field, or by both.
#[derive(Serialize)]
struct Party {
    address: String,
    exchange: Option<usize>,
    field: Option<usize>,
}

impl Limited {
    fn of(limit: &Limit) -> Self {
        Self {
            what: limit.subject.name(),
            offered: side(&limit.offered),
            declared: side(&limit.declared),
            sent: side(&limit.sent),
            verdict: limit.verdict.name(),
            by: limit.verdict.by(),
        }
    }
}

fn side(side: &Side) -> serde_json::Value {
    match side {
        Side::Nothing => serde_json::Value::Null,
        Side::Absent => false.into(),
        Side::Present => true.into(),
        Side::Octets(n) | Side::SoFar(n) => (*n).into(),
        Side::Count(n) => (*n).into(),
        Side::Written(text) => text.as_str().into(),
        Side::Held(held) => held.iter().map(|held| held.name()).collect(),
    }
}

impl Compared {
    fn of(found: &agreement::Finding, lang: Lang) -> Self {
        let party = |party: &agreement::Party| Party {
            address: party.address.clone(),
            exchange: party.exchange,
            field: party.field,
        };
        let topic = topic(found.point);
        Self {
            id: found.point.id(),
            severity: severity(found.point).map(Severity::name),
            who: found.parties.iter().map(party).collect(),
            rfc: topic
                .iter()
                .flat_map(|topic| topic.entry().rfc.iter().map(String::as_str))
                .collect(),
            text: finding(found, usize::MAX, lang).1,
        }
    }
}

#[derive(Serialize)]
struct Recipient {
    address: String,
    params: Vec<String>,
    fate: &'static str,
    code: Option<u16>,
    delivered: Option<Delivered>,
}

#[derive(Serialize)]
struct Delivered {
    fate: &'static str,
    code: Option<u16>,
    exchange: usize,
}

#[derive(Serialize)]
struct Sent {
    stored: Option<Kept>,
    wire_size: u64,
    lines: usize,
    stuffed_dots: u64,
    chunked: bool,
    complete: bool,
    whole: bool,
    fields: Vec<Field>,
    parts: Vec<Part>,
    findings: Vec<Judgement>,
    findings_not_listed: NotListed,
    trace: Way,
    text: Option<String>,
    base64: Option<String>,
}

/// A place among the messages that answer one another: a message, or one that is not here.
#[derive(Serialize)]
struct Place {
    depth: usize,
    message: Option<usize>,
    id: Option<String>,
    /// How many before it are not here either.
    missing_before: usize,
    tied_by: Option<&'static str>,
    odd: Vec<Broken>,
}

#[derive(Serialize)]
struct Broken {
    what: &'static str,
    about: String,
}

/// The threads, each from its first message or from what is missing there.
fn threads(dialogue: &Dialogue) -> Vec<Vec<Place>> {
    let Threads { letters, entries, .. } = Threads::of_messages(dialogue);
    let mut threads: Vec<Vec<Place>> = Vec::new();
    for entry in entries {
        let (message, id, missing_before) = match entry.who {
            thread::Who::Here(at) => (Some(at), letters.get(at).and_then(|l| l.id.clone()), 0),
            thread::Who::Missing { id, before } => (None, Some(id), before),
        };
        let odd = entry.odd.into_iter();
        let place = Place {
            depth: entry.depth,
            message,
            id,
            missing_before,
            tied_by: entry.tie.map(Tie::field),
            odd: odd.map(|odd| Broken { what: odd.what.name(), about: odd.about }).collect(),
        };
        match threads.last_mut().filter(|_| entry.depth > 0) {
            Some(thread) => thread.push(place),
            None => threads.push(vec![place]),
        }
    }
    threads
}

/// Where a message lies that crossed no wire.
#[derive(Serialize)]
struct Kept {
    file: String,
    number: Option<u64>,
    separator: Option<String>,
    flags: Option<String>,
    line_end: &'static str,
    quoted_from: usize,
}

impl Kept {
    fn of(message: &Message) -> Option<Self> {
        let stored = message.is_in()?;
        let separator = stored.separator().trim_ascii_end();
        Some(Self {
            file: stored.file.clone(),
            number: stored.number,
            separator: (!separator.is_empty())
                .then(|| String::from_utf8_lossy(separator).into_owned()),
            flags: stored.flags.clone(),
            line_end: if message.usual_end() == LineEnd::Lf { "lf" } else { "crlf" },
            quoted_from: message.quoted(),
        })
    }
}

#[derive(Serialize)]
struct Field {
    name: String,
    value: String,
    decoded: bool,
    /// The value as it stands, unfolded.
    raw: String,
    group: &'static str,
    start: usize,
    end: usize,
}

#[derive(Serialize)]
struct Part {
    depth: usize,
    kind: String,
    charset: Option<String>,
    encoding: Option<String>,
    disposition: Option<String>,
    name: Option<String>,
    start: usize,
    end: usize,
    nature: &'static str,
    content_id: Option<String>,
    encoded_size: usize,
    decoded_size: usize,
    complete: bool,
    flaws: Vec<PartFlaw>,
}

/// What is wrong with a part; its place is in the message, or in the enclosed message once decoded.
#[derive(Serialize)]
struct PartFlaw {
    what: &'static str,
    severity: &'static str,
    clause: &'static str,
    start: usize,
    end: usize,
    line: usize,
    column: usize,
    count: usize,
    text: String,
}

#[derive(Serialize)]
struct Tls {
    version: Option<String>,
    cipher: Option<String>,
    group: Option<String>,
    alpn: Option<String>,
    sni: Option<String>,
    handshake: Option<String>,
    took_us: Option<u64>,
    chain: Vec<Certificate>,
    verdict: Option<Verdict>,
    asked: Option<AskedCertificate>,
    binding: Option<Binding>,
}

impl Tls {
    fn of(facts: &TlsFacts) -> Self {
        let facts = facts.clone();
        Self {
            version: facts.version,
            cipher: facts.cipher,
            group: facts.group,
            alpn: facts.alpn,
            sni: facts.sni,
            handshake: facts.handshake,
            took_us: facts.took,
            chain: facts.chain,
            verdict: facts.verdict,
            asked: facts.asked,
            binding: facts.binding,
        }
    }
}

/// Who the server of the last connection is: names side by side, and what its domain's owner says.
#[derive(Serialize)]
struct Who {
    names: Vec<Named>,
    mta_sts: Option<PolicyJudged>,
    dane: Option<DaneJudged>,
}

#[derive(Serialize)]
struct Named {
    what: &'static str,
    names: Vec<String>,
    judgement: &'static str,
}

#[derive(Serialize)]
struct PolicyJudged {
    domain: String,
    host: Option<String>,
    id: Option<String>,
    standing: &'static str,
    mode: Option<&'static str>,
    mx: Vec<String>,
    max_age: Option<u64>,
    odd: Vec<PolicyOdd>,
}

#[derive(Serialize)]
struct PolicyOdd {
    what: &'static str,
    line: usize,
    text: String,
}

#[derive(Serialize)]
struct DaneJudged {
    name: String,
    standing: &'static str,
    /// Without validation here nothing that follows from the records is certain.
    conclusive: bool,
    authentic: bool,
    records: Vec<RecordJudged>,
}

#[derive(Serialize)]
struct RecordJudged {
    record: String,
    found: &'static str,
    certificate: Option<usize>,
}

impl Who {
    fn of(dialogue: &Dialogue) -> Option<Self> {
        let rows = Identity::of(dialogue)?.rows.into_iter();
        let named = |row: identity::Row| Named {
            what: row.subject.name(),
            names: row.names,
            judgement: row.judgement.name(),
        };
        Some(Self {
            names: rows.map(named).collect(),
            mta_sts: Sts::of(dialogue).map(PolicyJudged::of),
            dane: Dane::of(dialogue).map(DaneJudged::of),
        })
    }
}

impl PolicyJudged {
    fn of(sts: Sts) -> Self {
        let Sts { domain, host, id, policy, standing } = sts;
        let policy = policy.unwrap_or_default();
        let odd = policy.odd.into_iter();
        let odd =
            odd.map(|odd| PolicyOdd { what: odd.what.name(), line: odd.line, text: odd.text });
        Self {
            domain,
            host,
            id,
            mode: policy.mode.map(Mode::name),
            mx: policy.mx,
            max_age: policy.max_age,
            odd: odd.collect(),
            standing: standing.name(),
        }
    }
}

impl DaneJudged {
    fn of(dane: Dane) -> Self {
        let record = |(record, found): (Record, Match)| RecordJudged {
            record: match record {
                Record::Read(record) => record.to_string(),
                Record::Other(text) => text,
            },
            found: found.name(),
            certificate: if let Match::Matches(n) = found { Some(n) } else { None },
        };
        Self {
            name: dane.name,
            standing: dane.standing.name(),
            conclusive: false,
            authentic: dane.authentic,
            records: dane.records.into_iter().map(record).collect(),
        }
    }
}

/// What the server announced last, and what became of it with TLS.
#[derive(Serialize)]
struct Offered {
    exchange: usize,
    keywords: Vec<Offer>,
    before_tls: Option<Vec<Offer>>,
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
}

#[derive(Serialize)]
struct Offer {
    keyword: String,
    params: Vec<String>,
}

impl Offered {
    fn of(dialogue: &Dialogue) -> Option<Self> {
        let exchange = dialogue.introduced()?;
        let now = dialogue.capabilities()?;
        let before = dialogue.offers_around(exchange).map(|(before, _)| before);
        let compared = before.iter().flat_map(|before| before.compared_with(now));
        let compared: Vec<_> = compared.map(|k| (k.name().to_owned(), k.change())).collect();
        let those = |wanted| {
            let all = compared.iter().filter(|(_, change)| *change == wanted);
            all.map(|(name, _)| name.clone()).collect()
        };
        Some(Self {
            exchange,
            keywords: offers(now),
            added: those(Change::Added),
            removed: those(Change::Removed),
            changed: those(Change::Changed),
            before_tls: before.as_ref().map(offers),
        })
    }
}

fn offers(capabilities: &Capabilities) -> Vec<Offer> {
    let keywords = capabilities.keywords.iter();
    keywords.map(|k| Offer { keyword: k.written.clone(), params: k.params.clone() }).collect()
}

#[derive(Serialize)]
struct LoggedIn {
    mechanism: String,
    user: Option<String>,
}

#[derive(Serialize)]
struct Finding {
    id: &'static str,
    severity: &'static str,
    r#where: Where,
    text: String,
}

#[derive(Serialize)]
struct Where {
    exchange: Option<usize>,
    reply_line: Option<usize>,
    message: Option<usize>,
    start: usize,
    end: usize,
}

/// An expectation that was not met.
#[derive(Serialize)]
pub struct Mismatched {
    /// The script, or the file that it includes.
    pub file: String,
    /// The line of that.
    pub line: Option<usize>,
    /// What was expected.
    pub expected: Vec<String>,
    /// The exchange that answered otherwise, or too late.
    pub exchange: Option<usize>,
    /// In how many seconds it was expected, if it was not seen in time.
    pub within: Option<f64>,
}

/// Content bytes of a message up to this size are part of the object.
const CONTENT_LIMIT: usize = 1 << 20;

/// The object of a session.
pub fn session<'a>(
    header: &Header,
    dialogue: &Dialogue,
    outcome: &'a str,
    setting: &Setting,
    script: Option<(&'a str, Option<Mismatched>)>,
) -> Session<'a> {
    let groups = groups(dialogue);
    let started = header.started.as_deref().and_then(|s| s.parse().ok());
    let started = started.filter(|_| header.fidelity.real_time);
    let (script, mismatch) = script.map_or((None, None), |(name, mismatch)| (Some(name), mismatch));
    Session {
        script,
        reached: dialogue
            .notices()
            .iter()
            .filter_map(|(_, what)| Reached::of(what, dialogue, setting.with_secrets))
            .collect(),
        exchanges: dialogue
            .exchanges()
            .iter()
            .enumerate()
            .map(|(at, e)| {
                let group = groups.get(&at).copied();
                turned(e, group, started, dialogue, setting.with_secrets)
            })
            .collect(),
        times: stages(dialogue, dialogue.last_heard())
            .iter()
            .map(|s| Stage::of(s, dialogue, started))
            .collect(),
        overdue: dialogue
            .notices()
            .iter()
            .filter_map(|notice| Missed::of(notice, dialogue, started))
            .collect(),
        envelope: dialogue
            .envelope()
            .transactions
            .iter()
            .map(|t| carried(t, dialogue, setting.lang()))
            .collect(),
        content: dialogue
            .messages()
            .iter()
            .enumerate()
            .map(|(at, message)| sent(dialogue, at, message, CONTENT_LIMIT, setting.lang()))
            .collect(),
        threads: threads(dialogue),
        authenticity: authenticity::of(dialogue),
        tls: dialogue.notices().iter().rev().find_map(|(_, what)| match what {
            Happening::Secured(facts) => Some(Tls::of(facts)),
            _ => None,
        }),
        who: Who::of(dialogue),
        offered: Offered::of(dialogue),
        login: dialogue
            .login()
            .map(|login| LoggedIn { mechanism: login.mechanism.to_owned(), user: login.user() }),
        findings: findings(dialogue, setting.lang()),
        outcome,
        stage: None,
        mismatch,
    }
}

/// An object as one line. Characters that cannot be seen are escaped, also where JSON lets them
/// pass.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn line(object: &impl Serialize) -> serde_json::Result<String> {
    use std::fmt::Write as _;
    let mut out = String::new();
    for c in serde_json::to_string(object)?.chars() {
        if c.is_control() || Unseen::of(c).is_some() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    Ok(out)
}

impl<'a> Session<'a> {
    /// The same, with the stage at which something was not as wished.
    pub fn failed_at(self, stage: Option<&'a str>) -> Self {
        Self { stage, ..self }
    }
}

/// When a record began, if it has times.
type Started = Option<jiff::Timestamp>;

fn time(at: Option<Moment>, started: Started) -> Option<String> {
    let micros = i64::try_from(at?.0).ok()?;
    let time = started?.checked_add(jiff::SignedDuration::from_micros(micros)).ok()?;
    Some(time.to_string())
}

/// The group of each exchange that left with others.
fn groups(dialogue: &Dialogue) -> HashMap<usize, usize> {
    let rows = dialogue.groups().iter().enumerate();
    let rows = rows.flat_map(|(number, group)| group.clone().map(move |row| (row, number)));
    let exchange = |row| match dialogue.wire().row(row)? {
        Row::Client { exchange } => Some(exchange),
        _ => None,
    };
    rows.filter_map(|(row, number)| Some((exchange(row)?, number))).collect()
}

fn turned(
    exchange: &Exchange,
    group: Option<usize>,
    started: Started,
    dialogue: &Dialogue,
    with_secrets: bool,
) -> Turned {
    Turned {
        turn: match exchange.turn {
            Turn::Greeting => "greeting",
            Turn::Command(_) | Turn::LastChunk => "command",
            Turn::LoginAnswer => "login-answer",
            Turn::MailData => "mail-data",
            Turn::Delivery(_) => "delivery",
            Turn::Unsolicited => "unsolicited",
        },
        command: match exchange.turn {
            Turn::MailData => Some(".".to_owned()),
            _ => exchange.line.as_ref().map(|line| {
                let mut bytes = line.bytes.to_vec();
                if !with_secrets {
                    secrets::veil(&mut bytes, exchange.secret);
                }
                String::from_utf8_lossy(&bytes).into_owned()
            }),
        },
        recipient: dialogue.recipient(exchange).map(Path::address),
        reply: exchange.reply.as_ref().map(|reply| replied(reply, dialogue, with_secrets)),
        sent_at: time(exchange.sent_at, started),
        reply_began_at: time(exchange.reply_begun_at, started),
        replied_at: time(exchange.replied_at, started),
        phase: exchange.phase.name(),
        connection: exchange.connection,
        group,
    }
}

fn replied(reply: &Reply, dialogue: &Dialogue, with_secrets: bool) -> Replied {
    let text = |line: &ReplyLine| {
        let mut bytes = line.line.bytes.to_vec();
        if !with_secrets {
            secrets::veil(&mut bytes, dialogue.secrets().places(&line.line.bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Replied {
        code: reply.code.map(|c| c.0),
        enhanced: reply.enhanced().map(|e| e.to_string()),
        lines: reply.lines.iter().map(text).collect(),
        more_lines: reply.more,
    }
}

fn params(params: &[crate::smtp::Parsed<crate::smtp::param::Param>]) -> Vec<String> {
    params
        .iter()
        .map(|p| match &p.value.value {
            Some(value) => format!("{}={value}", p.value.name),
            None => p.value.name.clone(),
        })
        .collect()
}

fn carried(transaction: &Transaction, dialogue: &Dialogue, lang: Lang) -> Carried {
    let card = Card::of(dialogue, transaction);
    let code =
        |exchange: usize| dialogue.exchanges().get(exchange)?.reply.as_ref()?.code.map(|c| c.0);
    Carried {
        sender: transaction.sender.address(),
        params: params(&transaction.params),
        fate: plain(fate_key(transaction.fate, transaction)),
        recipients: transaction
            .recipients
            .iter()
            .map(|r| Recipient {
                address: r.path.address(),
                params: params(&r.params),
                fate: plain(fate_key(r.fate, transaction)),
                code: code(r.exchange),
                delivered: r.delivered.map(|(exchange, fate)| Delivered {
                    fate: plain(fate_key(fate, transaction)),
                    code: code(exchange),
                    exchange,
                }),
            })
            .collect(),
        message: transaction.message,
        end: transaction.end.map(|_| plain(end_key(transaction))),
        ended_in: transaction.end.map(|(at, _)| at).filter(|at| *at < dialogue.exchanges().len()),
        limits: card.limits(dialogue, transaction).iter().map(Limited::of).collect(),
        against_content: match transaction.message {
            Some(_) => card.findings(transaction).iter().map(|f| Compared::of(f, lang)).collect(),
            None => Vec::new(),
        },
    }
}

/// `fate.accepted` → `accepted`.
fn plain(key: &'static str) -> &'static str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The object of message `at` alone, with all of its bytes.
pub fn message(dialogue: &Dialogue, at: usize, lang: Lang) -> Option<impl Serialize> {
    let message = dialogue.messages().get(at)?;
    Some(sent(dialogue, at, message, usize::MAX, lang))
}

fn sent(dialogue: &Dialogue, at: usize, message: &Message, limit: usize, lang: Lang) -> Sent {
    let read = message.read();
    let judged = Judged::of(&read, &content::Carried::of(dialogue, at));
    let (findings, trace) = (Judgement::all(&judged, lang), Way::of(&read, &judged.trace, lang));
    let bytes = read.raw.clone();
    let judgement = read.judgement().clone();
    let small = bytes.len() <= limit;
    let text = small.then(|| std::str::from_utf8(&bytes).ok().map(str::to_owned)).flatten();
    Sent {
        stored: Kept::of(message),
        wire_size: message.wire_len(),
        lines: message.line_count(),
        stuffed_dots: message.stuffed(),
        chunked: message.is_chunked(),
        complete: message.is_complete(),
        whole: !read.begun,
        fields: read
            .fields
            .into_iter()
            .map(|f| Field {
                raw: as_it_stands(&f, &bytes),
                group: Group::of(&f.name).name(),
                name: f.name,
                value: f.value,
                decoded: f.decoded,
                start: f.span.start,
                end: f.span.end,
            })
            .collect(),
        parts: read
            .parts
            .into_iter()
            .enumerate()
            .map(|(at, p)| Part {
                depth: p.depth,
                kind: p.kind,
                charset: p.charset,
                encoding: p.encoding,
                disposition: p.disposition,
                name: p.name,
                start: p.body.start,
                end: p.body.end,
                nature: p.nature.name(),
                content_id: p.id,
                encoded_size: p.body.len(),
                decoded_size: p.decoded_len,
                complete: !p.open,
                flaws: judgement.of_part(at).iter().map(|flaw| flawed(flaw, lang)).collect(),
            })
            .collect(),
        findings,
        findings_not_listed: NotListed::of(&judged),
        trace,
        base64: (small && text.is_none()).then(|| STANDARD.encode(&bytes)),
        text,
    }
}

fn flawed(flaw: &Flaw, lang: Lang) -> PartFlaw {
    PartFlaw {
        what: flaw.rule.name(),
        severity: flaw.rule.severity.name(),
        clause: flaw.rule.clause,
        start: flaw.span.start,
        end: flaw.span.end,
        line: flaw.line,
        column: flaw.column,
        count: flaw.count,
        text: flaw_words(flaw, lang),
    }
}

fn findings(dialogue: &Dialogue, lang: Lang) -> Vec<Finding> {
    let entry = |id: &'static str, r#where: Where| {
        let entry = knowledge::oddity(id);
        Finding {
            id,
            severity: entry.and_then(|e| e.severity).map_or("info", Severity::name),
            r#where,
            text: entry.map_or_else(String::new, |e| e.say(lang).say.clone()),
        }
    };
    let exchanges = dialogue.exchanges().iter().enumerate().flat_map(|(at, exchange)| {
        exchange.oddities().map(move |(line, odd)| (Some(at), line, None, odd))
    });
    let messages = dialogue.messages().iter().enumerate().flat_map(|(at, message)| {
        message.odd().iter().map(move |odd| (None, None, Some(at), *odd))
    });
    exchanges
        .chain(messages)
        .map(|(exchange, reply_line, message, odd)| {
            let (start, end) = (odd.span.start, odd.span.end);
            entry(odd.id, Where { exchange, reply_line, message, start, end })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_cannot_be_seen_is_escaped_and_stays_the_same() {
        let text = "a\u{202e}b\u{e0041}c\u{9b}d日";
        let line = super::line(&text).unwrap();
        assert_eq!(line, "\"a\\u202eb\\udb40\\udc41c\\u009bd日\"\n");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
