//! A person in the place of a server: what could be answered now.
//!
//! The right answer follows from the dialogue as everything else does: the practice server is asked
//! for it, and nothing comes of that. The other answers are data ([`Replies`]): not now, never, and
//! strange ones, each with a word on what it does to the client. A suggestion is a line as it could
//! be typed, so that it can be taken, changed and sent.

pub mod judge;
pub mod replies;
pub mod typed;

use std::sync::Arc;

use bytes::Bytes;

use crate::journal::transcript::write_text;
use crate::journal::{Ending, Moment};
use crate::session::{Dialogue, Exchange, Phase, Turn};
use crate::smtp::code::Code;
use crate::smtp::command::Argument;
use crate::smtp::line::{Line, LineEnd};
use crate::smtp::reply::ReplyLine;
use crate::smtp::verb::Verb;

use super::server::{Delivery, shown};
use super::{Policy, Say, Seed, Server};

pub use judge::{Remark, judge};
pub use replies::Replies;
pub use typed::{read, write};

/// What kind of answer something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a server without a fault would say.
    Right,
    /// The client is to come back later.
    NotNow,
    /// It is not to try again.
    Never,
    /// What some servers say all the same.
    Strange,
}

impl Kind {
    /// All of them, in the order of the lists.
    pub const ALL: [Self; 4] = [Self::Right, Self::NotNow, Self::Never, Self::Strange];

    /// Its name, as it can be typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::NotNow => "not-now",
            Self::Never => "never",
            Self::Strange => "strange",
        }
    }

    /// The key of its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Right => "hand.right",
            Self::NotNow => "hand.not-now",
            Self::Never => "hand.never",
            Self::Strange => "hand.strange",
        }
    }

    /// The kind of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// A suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Of which kind it is.
    pub kind: Kind,
    /// The line that could be typed: a reply, of which several lines stand below each other, or a
    /// directive behind its colon.
    pub line: String,
    /// What it does to the client, in English and in Japanese.
    pub does: [String; 2],
}

/// What the person believes whose place is taken by suggestions: who the server is, and what can be
/// suggested.
#[derive(Clone, Debug)]
pub struct Hand {
    policy: Policy,
    seed: Seed,
    replies: Arc<Replies>,
}

impl Hand {
    /// Somebody who answers as `policy` says where the right answer is wanted; challenges of a login
    /// follow from `seed`.
    pub fn new(policy: Policy, seed: Seed, replies: Arc<Replies>) -> Self {
        Self { policy, seed, replies }
    }

    /// What can be said now, the right answer first; nothing where it is the client's turn.
    pub fn offers(&self, now: Moment, seen: &Dialogue) -> Vec<Offer> {
        if seen.phase() == Phase::Closing && seen.unanswered().is_none() {
            return self.replies.on("closing").filter_map(|row| row.offer(&|_| None)).collect();
        }
        let Some((_, exchange)) = due(seen) else { return Vec::new() };
        let right = self.right(now, seen);
        let line = right.as_deref().map(write);
        let does = self.replies.right(key(exchange));
        let right_offer = line.map(|line| Offer { kind: Kind::Right, line, does });
        let said: Vec<u8> = right.iter().flatten().flat_map(|say| say.bytes().to_vec()).collect();
        let values = Values { exchange, host: &self.policy.host, right: &said };
        let fill = |name: &str| values.of(name);
        let rows = self.replies.on(key(exchange));
        let mut offers: Vec<_> = right_offer.into_iter().collect();
        offers.extend(rows.filter_map(|row| row.offer(&fill)));
        offers.sort_by_key(|offer| offer.kind);
        let mut lines = Vec::new();
        offers.retain(|offer| {
            let new = !lines.contains(&offer.line);
            lines.push(offer.line.clone());
            new
        });
        offers
    }

    /// What the practice server would say now, and do behind that.
    pub fn right(&self, now: Moment, seen: &Dialogue) -> Option<Vec<Say>> {
        let (index, _) = due(seen)?;
        let said = self.server().reply_to(now, seen, index)?;
        let close = said.closes.then_some(Say::Close(Ending::Finished));
        Some([Say::Bytes(said.bytes)].into_iter().chain(close).collect())
    }

    /// What the practice server says when it ends, where the client may hear it.
    pub fn goodbye(&self, seen: &Dialogue) -> Option<Bytes> {
        let phase = seen.phase();
        let hears = phase.is_open() && !matches!(phase, Phase::AwaitingTls | Phase::Closing);
        hears.then(|| self.server().goodbye().bytes)
    }

    fn server(&self) -> Server {
        let deliver =
            Arc::new(|delivery: Delivery| Ok(format!("message {}", delivery.message + 1)));
        Server::new(self.policy.clone(), deliver, self.seed.clone())
    }
}

/// What is to be answered now: the oldest turn without a reply, where the client has said all of it.
pub fn due(seen: &Dialogue) -> Option<(usize, &Exchange)> {
    seen.unanswered().filter(|_| seen.phase().is_open() && !seen.wants_octets())
}

/// By which word the table of replies knows what is to be answered.
fn key(exchange: &Exchange) -> &'static str {
    match &exchange.turn {
        Turn::Greeting => "greeting",
        Turn::LoginAnswer => "login",
        Turn::MailData | Turn::LastChunk | Turn::Delivery(_) => "message",
        Turn::Command(verb) => {
            let known = replies::KEYS.iter().find(|key| key.eq_ignore_ascii_case(verb.as_str()));
            known.copied().unwrap_or("other")
        }
        Turn::Unsolicited => "other",
    }
}

/// What stands in the places of a suggestion.
struct Values<'a> {
    exchange: &'a Exchange,
    host: &'a str,
    right: &'a [u8],
}

impl Values<'_> {
    /// The value of a place; `None` where there is none, and with it no suggestion.
    fn of(&self, name: &str) -> Option<Vec<u8>> {
        let right = || Some(self.right).filter(|right| !right.is_empty());
        let lines = || right().map(|right| right.strip_suffix(b"\r\n").unwrap_or(right));
        let each = |write: fn(&[u8], bool) -> Vec<u8>| {
            let lines: Vec<_> = lines()?.split(|b| *b == b'\n').collect();
            let last = lines.len().saturating_sub(1);
            let bare = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).to_vec();
            let all: Vec<_> =
                lines.iter().enumerate().map(|(at, l)| write(&bare(l), at == last)).collect();
            Some(all.join(&b"\r\n"[..]))
        };
        match name {
            "host" => Some(self.host.as_bytes().to_vec()),
            "right" => lines().map(<[u8]>::to_vec),
            "code" => lines()?.get(..3).map(<[u8]>::to_vec),
            "first" => each(|line, _| line.to_vec())
                .and_then(|all| all.split(|b| *b == b'\r').next().map(|l| with(l, b' '))),
            // Every line promises another one.
            "open" => each(|line, _| with(line, b'-')),
            // None does.
            "flat" => each(|line, _| with(line, b' ')),
            "text" => lines()
                .and_then(|right| right.split(|b| *b == b'\r').next())
                .map(|line| read_line(line).text().to_vec()),
            "address" => Some(shown(&self.address().unwrap_or_default()).into_bytes()),
            // What may be a password is no verb to be repeated.
            "verb" => {
                let verb = self.exchange.verb();
                let is_open = self.exchange.secret.is_none() || verb.is_some_and(Verb::is_known);
                is_open.then(|| shown(verb.map_or("", Verb::as_str)).into_bytes())
            }
            _ => None,
        }
    }

    fn address(&self) -> Option<String> {
        match &self.exchange.command.as_ref()?.argument {
            Argument::Path(path, _) => Some(path.value.written.clone()),
            _ => None,
        }
    }
}

fn read_line(line: &[u8]) -> ReplyLine {
    let bytes = Bytes::copy_from_slice(line);
    ReplyLine::read(Line { bytes, end: LineEnd::CrLf, beyond: 0 })
}

/// A line of a reply with another sign behind its code.
fn with(line: &[u8], sign: u8) -> Vec<u8> {
    let code = Code::read(line).is_some() && matches!(line.get(3), None | Some(b' ' | b'-'));
    let mut line = line.to_vec();
    match line.get_mut(3) {
        Some(at) if code => *at = sign,
        None if code => line.push(sign),
        _ => {}
    }
    line
}

/// A value as it stands in a line that is typed; behind a colon with escapes.
fn put(out: &mut String, value: &[u8], escaped: bool) {
    if escaped {
        write_text(out, value, true);
    } else {
        out.push_str(&String::from_utf8_lossy(value).replace("\r\n", "\n"));
    }
}

#[cfg(test)]
mod tests;
