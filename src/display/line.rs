//! One row of the wire → what is shown of it. The screen and the plain front both use it.

use bytes::Bytes;

use crate::journal::{Ending, Happening, Side};
use crate::knowledge::{self, Lang};
use crate::session::{Dialogue, Exchange, Row, Turn, secrets};
use crate::smtp::line::LineEnd;
use crate::smtp::reply::ReplyLine;

use super::content::authenticity;
use super::theme::Role;
use super::token::{Token, tokens, visible};
use super::{fault, reach, security, stored, who, words};

/// What a row says; to make it visible takes its time where it is long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Bytes of a peer, secrets blanked, and how many more there were.
    Bytes(Bytes, u64),
    /// Words of ours.
    Words(String),
}

impl Said {
    /// How many bytes there are of it.
    pub const fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes, _) => bytes.len(),
            Self::Words(words) => words.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A row, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `C`, `S` or nothing, for who spoke.
    pub mark: &'static str,
    /// What it is.
    pub role: Role,
    /// What it says.
    pub said: Said,
    /// How it ended, if not as its lines are meant to.
    pub end: Option<LineEnd>,
    /// How such a line is meant to end; nothing for words of ours.
    pub usual: Option<LineEnd>,
    /// The exchange it belongs to.
    pub exchange: Option<usize>,
}

impl Shown {
    /// The text with the escapes of a line end that is not CRLF.
    pub fn text(&self) -> String {
        let mut out: String = self.tokens().into_iter().map(|t| t.text).collect();
        out.push_str(&self.end.map(end_text).unwrap_or_default());
        out
    }

    /// The text in visible tokens, without its end.
    pub fn tokens(&self) -> Vec<Token> {
        match &self.said {
            Said::Words(words) => vec![Token { text: words.clone(), odd: false }],
            Said::Bytes(bytes, beyond) => {
                let mut tokens = tokens(bytes);
                if *beyond > 0 {
                    tokens.push(Token { text: format!("\u{2026} +{beyond}"), odd: true });
                }
                tokens
            }
        }
    }
}

/// How a line end other than CRLF is written: `\n\c`, `\r\c` or `\c`.
pub fn end_text(end: LineEnd) -> String {
    visible(end.bytes()) + "\\c"
}

/// Row number `at` of the session, in the words of `lang`; secrets only if `with_secrets`.
pub fn shown(dialogue: &Dialogue, at: usize, lang: Lang, with_secrets: bool) -> Option<Shown> {
    Some(match dialogue.wire().row(at)? {
        Row::Client { exchange } => client(dialogue, exchange, with_secrets)?,
        Row::Server { exchange, line } => server(dialogue, exchange, line, lang, with_secrets)?,
        Row::Data { message, .. } => data(dialogue, message, at, lang)?,
        Row::Notice { index } if was_silent(dialogue, at, index) => {
            remark(Role::Bad, knowledge::word(lang, "notice.gave-up.silent").to_owned())
        }
        Row::Notice { index } => match &dialogue.notices().get(index)?.1 {
            Happening::Overdue { wait, limit } => {
                let at = dialogue.notices().get(index)?.0;
                let exchange = dialogue.unanswered_at(at);
                let exchange = exchange.and_then(|at| dialogue.exchanges().get(at));
                remark(Role::Bad, words::overdue(*wait, *limit, exchange, lang))
            }
            Happening::Closed { by: Side::Client, how: Ending::Finished | Ending::Reset }
                if was_accepted(dialogue) =>
            {
                remark(Role::Notice, knowledge::word(lang, "notice.client-closed").to_owned())
            }
            Happening::Aside(text) if !with_secrets => {
                let mut text = text.to_vec();
                let places = dialogue.secrets().places(&text);
                secrets::veil(&mut text, places);
                notice(&Happening::Aside(text.into()), lang)
            }
            Happening::Stored(stored) => {
                // It is followed by its lines, if it has any.
                let message = match dialogue.wire().row(at + 1) {
                    Some(Row::Data { message, .. }) => dialogue.messages().get(message),
                    _ => None,
                };
                let message = message.filter(|m| m.is_in().is_some());
                remark(Role::Notice, stored::said(stored, message, lang))
            }
            what => notice(what, lang),
        },
    })
}

/// Whether the client came to us: nobody was called.
fn was_accepted(dialogue: &Dialogue) -> bool {
    let endpoints = dialogue.endpoints();
    endpoints.target.is_empty() && endpoints.remote.is_some()
}

/// Whether we gave up at this row on a server that had said nothing since the connection was made.
fn was_silent(dialogue: &Dialogue, at: usize, index: usize) -> bool {
    let notice = |index: usize| dialogue.notices().get(index).map(|(_, what)| what);
    let gave_up = Happening::Closed { by: Side::Client, how: Ending::TimedOut };
    // What was asked beside is none of its words.
    let beside = |row: &Option<Row>| matches!(row, Some(Row::Notice { index }) if notice(*index).is_some_and(Happening::is_beside));
    let rows = (1..=at).map(|back| dialogue.wire().row(at - back)).filter(|row| !beside(row));
    let mut before = rows.map(|row| match row {
        Some(Row::Notice { index }) => notice(index),
        _ => None,
    });
    notice(index) == Some(&gave_up)
        && matches!(before.next(), Some(Some(Happening::Overdue { .. })))
        && matches!(before.next(), Some(Some(Happening::Opened(_))))
}

fn client(dialogue: &Dialogue, index: usize, with_secrets: bool) -> Option<Shown> {
    let exchange = dialogue.exchanges().get(index)?;
    let line = exchange.line.as_ref()?;
    let mut bytes = line.bytes.to_vec();
    if !with_secrets {
        secrets::veil(&mut bytes, exchange.secret);
    }
    Some(Shown {
        mark: "C",
        role: Role::Client,
        said: Said::Bytes(bytes.into(), line.beyond),
        end: Some(line.end).filter(|e| *e != LineEnd::CrLf),
        usual: Some(LineEnd::CrLf),
        exchange: Some(index),
    })
}

fn server(
    dialogue: &Dialogue,
    index: usize,
    at: usize,
    lang: Lang,
    with_secrets: bool,
) -> Option<Shown> {
    let reply = dialogue.exchanges().get(index)?.reply.as_ref()?;
    let Some(line) = reply.lines.get(at) else {
        let more = reply.more.to_string();
        return Some(remark(Role::Notice, knowledge::fill(lang, "reply.more", &[("n", &more)])));
    };
    Some(Shown { exchange: Some(index), ..reply_line(dialogue, line, with_secrets) })
}

/// A line of a reply, complete or not; what it says again of the client's secrets only if
/// `with_secrets`.
pub fn reply_line(dialogue: &Dialogue, line: &ReplyLine, with_secrets: bool) -> Shown {
    let mut bytes = line.line.bytes.to_vec();
    if !with_secrets {
        secrets::veil(&mut bytes, dialogue.secrets().places(&line.line.bytes));
    }
    let said = Said::Bytes(bytes.into(), line.line.beyond);
    let end = Some(line.line.end).filter(|e| *e != LineEnd::CrLf);
    let usual = Some(LineEnd::CrLf);
    Shown { mark: "S", role: Role::Server, said, end, usual, exchange: None }
}

/// What the client said in an exchange, or what else asked for the reply; its secret only if
/// `with_secrets`.
pub fn turn(exchange: &Exchange, with_secrets: bool, lang: Lang) -> String {
    let key = match (&exchange.line, &exchange.turn) {
        (Some(line), _) => {
            let mut bytes = line.bytes.to_vec();
            if !with_secrets {
                secrets::veil(&mut bytes, exchange.secret);
            }
            return visible(&bytes);
        }
        (None, Turn::Greeting) => "turn.greeting",
        (None, Turn::MailData | Turn::Delivery(_)) => "turn.message",
        (None, _) => "turn.unsolicited",
    };
    knowledge::word(lang, key).to_owned()
}

/// Words of ours, which did not cross the wire.
fn remark(role: Role, text: String) -> Shown {
    Shown { mark: "", role, said: Said::Words(text), end: None, usual: None, exchange: None }
}

fn data(dialogue: &Dialogue, message: usize, at: usize, lang: Lang) -> Option<Shown> {
    let message = dialogue.messages().get(message)?;
    let Some(line) = dialogue.data_line(at) else {
        return Some(remark(Role::Notice, knowledge::word(lang, "data.forgotten").to_owned()));
    };
    let (text, end) = split_end(&line);
    let usual = message.usual_end();
    // Nobody said what lies in a file.
    let mark = if message.is_in().is_some() { "" } else { "C" };
    let end = Some(end).filter(|end| *end != usual);
    let length = text.len();
    let said = Said::Bytes(Bytes::from(line).slice(..length), 0);
    Some(Shown { mark, role: Role::Data, said, end, usual: Some(usual), exchange: None })
}

/// A line and its end.
fn split_end(line: &[u8]) -> (&[u8], LineEnd) {
    if let Some(text) = line.strip_suffix(b"\r\n") {
        return (text, LineEnd::CrLf);
    }
    match line.strip_suffix(b"\n") {
        Some(text) => (text, LineEnd::Lf),
        None => (line, LineEnd::Nothing),
    }
}

/// Something that happened to the connection, in words.
pub fn notice(what: &Happening, lang: Lang) -> Shown {
    let seen = |text: &str| visible(text.as_bytes());
    let (role, text) = match what {
        Happening::LookedUp(facts) => reach::looked_up(facts, lang),
        Happening::Fetched(facts) => who::fetched(facts, lang),
        Happening::Inquired => (Role::Notice, knowledge::word(lang, "who.inquired").to_owned()),
        Happening::Verified(found) => (Role::Notice, authenticity::summary(found, lang)),
        Happening::Tried(attempt) => reach::tried(attempt, lang),
        Happening::Opened(endpoints) => reach::opened(endpoints, lang),
        Happening::NotOpened(failure) => reach::not_opened(failure, lang),
        Happening::Stored(what) => (Role::Notice, stored::said(what, None, lang)),
        Happening::Prefaced(bytes) => reach::prefaced(bytes, lang),
        Happening::Aside(text) => reach::said(text, lang),
        Happening::Exited(how) => reach::exited(how, lang),
        Happening::Secured(facts) => security::secured(facts, lang),
        Happening::NotSecured(failure) => security::not_secured(failure, lang),
        Happening::Overdue { wait, limit } => {
            (Role::Bad, words::overdue(*wait, *limit, None, lang))
        }
        Happening::Played(played) => (Role::Warn, fault::played(played, lang)),
        Happening::Closed { by, how } => {
            let key = match (by, how) {
                (Side::Client, Ending::TimedOut) => "notice.gave-up",
                (Side::Client, Ending::Failed(_)) => "notice.not-upgraded",
                (Side::Client, _) => "notice.closed-by-client",
                (Side::Server, Ending::Finished) => "notice.closed-by-server",
                (Side::Server, Ending::Reset) => "notice.reset",
                (Side::Server, Ending::TimedOut) => "notice.lost",
                (Side::Server, Ending::Failed(_)) => "notice.broken",
            };
            let detail =
                if let Ending::Failed(detail) = how { seen(detail) } else { String::new() };
            let role = if *how == Ending::Finished { Role::Notice } else { Role::Bad };
            (role, knowledge::fill(lang, key, &[("detail", &detail)]))
        }
        Happening::Bytes { .. } => (Role::Notice, String::new()),
    };
    remark(role, text)
}
