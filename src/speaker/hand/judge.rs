//! What is odd about a line before it leaves as a reply. It leaves all the same.

use bytes::Bytes;

use crate::journal::{Event, Moment, Side};
use crate::session::{Dialogue, Exchange, Turn};
use crate::smtp::code::{Class, Code};
use crate::smtp::reply::Reply;
use crate::smtp::verb::Verb;

/// Something to be said about a reply that is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// Nothing was asked.
    Unasked,
    /// The code means something else than an answer to this.
    Foreign,
    /// What the grammar, or the dialogue, finds odd: an id of the catalogue.
    Odd(&'static str),
    /// A hyphen promises another line.
    GoesOn,
}

impl Remark {
    /// The key of its sentence; an oddity has an entry.
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Self::Unasked => Some("hand.unasked"),
            Self::Foreign => Some("hand.foreign"),
            Self::GoesOn => Some("hand.goes-on"),
            Self::Odd(_) => None,
        }
    }

    /// The oddity that it is.
    pub const fn odd(self) -> Option<&'static str> {
        match self {
            Self::Odd(id) => Some(id),
            _ => None,
        }
    }
}

/// What there is to say about `bytes` as the next thing that the server says, the worst first.
pub fn judge(now: Moment, seen: &Dialogue, bytes: &Bytes) -> Vec<Remark> {
    let front = super::due(seen).map(|(at, exchange)| (at, exchange.clone()));
    let mut then = seen.clone();
    let known = then.exchanges().len();
    then.apply(&Event::bytes(now, Side::Server, bytes.clone()));
    let mut remarks = Vec::new();
    let reply = front.as_ref().and_then(|(at, _)| then.exchanges().get(*at)?.reply.as_ref());
    match (&front, reply) {
        (Some((_, exchange)), Some(reply)) => {
            remarks.extend((!fits(exchange, reply)).then_some(Remark::Foreign));
            remarks.extend(reply.odd.iter().map(|(_, odd)| Remark::Odd(odd.id)));
        }
        (None, _) => remarks.push(Remark::Unasked),
        (Some(_), None) => {
            let (partial, rest) = then.partial_reply();
            remarks.extend(partial.odd.iter().map(|(_, odd)| Remark::Odd(odd.id)));
            let junk = partial.lines.last().is_some_and(|line| line.code.is_none());
            remarks.extend((!junk && rest.is_empty()).then_some(Remark::GoesOn));
        }
    }
    // Replies behind the first one that nobody asked for.
    let more = then.exchanges().iter().skip(known).filter(|e| e.turn == Turn::Unsolicited);
    remarks.extend(more.flat_map(Exchange::oddities).map(|(_, odd)| Remark::Odd(odd.id)));
    remarks.sort_unstable();
    remarks.dedup();
    remarks
}

/// Whether a reply is an answer to this at all (RFC 5321 §4.3.2).
fn fits(exchange: &Exchange, reply: &Reply) -> bool {
    let refuses = matches!(reply.class(), Class::Transient | Class::Permanent);
    let is = |code: Code| reply.is(code);
    let verb = exchange.verb();
    refuses
        || match (&exchange.turn, verb) {
            (Turn::Greeting, _) => is(Code::READY),
            (Turn::LoginAnswer, _) | (_, Some(Verb::Auth)) => {
                is(Code::AUTHENTICATED) || is(Code::AUTH_CHALLENGE)
            }
            (Turn::MailData | Turn::LastChunk, _) => is(Code::OK) || is(Code::EACH_RECIPIENT),
            (_, Some(Verb::Data)) => is(Code::START_DATA),
            (_, Some(Verb::Starttls)) => is(Code::READY),
            (_, Some(Verb::Quit)) => is(Code::CLOSING),
            (_, Some(Verb::Xclient)) => is(Code::READY) || is(Code::OK),
            (_, Some(Verb::Help)) => is(Code::STATUS) || is(Code::HELP),
            _ => {
                reply.class() == Class::Positive
                    && ![Code::READY, Code::CLOSING, Code::AUTHENTICATED].into_iter().any(is)
            }
        }
}
