//! A switch to TLS as a whole: EHLO where nobody has said it, STARTTLS, and EHLO again inside TLS,
//! since both sides forget what they said before (RFC 3207 §4.2).

use crate::session::{Dialogue, Exchange, Phase};
use crate::smtp::code::Class;
use crate::smtp::command::Argument;
use crate::smtp::verb::Verb;

use super::login::Next;

/// What is said last, and at which exchange it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ehlo(usize),
    Starttls(usize),
    Again(usize),
}

/// A switch to TLS that goes on by itself; what came of its words is read off the dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starttls {
    /// The name of this host, where none was said before.
    pub name: String,
    said: Option<Step>,
    remark: Option<&'static str>,
}

impl Starttls {
    /// A switch that has not begun.
    pub const fn new(name: String) -> Self {
        Self { name, said: None, remark: None }
    }

    /// Whether something was said.
    pub const fn has_begun(&self) -> bool {
        self.said.is_some()
    }

    /// Why a server is likely to say no: the key of a sentence.
    pub const fn remark(&self) -> Option<&'static str> {
        self.remark
    }

    /// What to do, now that the session is as it is.
    pub fn next(&mut self, seen: &Dialogue) -> Next {
        let (verb, from) = match self.said {
            None => return self.begin(seen),
            Some(Step::Starttls(from)) => (Verb::Starttls, from),
            Some(Step::Ehlo(from) | Step::Again(from)) => (introduction(seen).0, from),
        };
        let mut behind = seen.exchanges().iter().skip(from);
        let at = behind.position(|e| e.verb() == Some(&verb)).map(|at| from + at);
        let exchange = at.and_then(|at| seen.exchanges().get(at));
        let (Some(at), Some(reply)) = (at, exchange.and_then(|e| e.reply.as_ref())) else {
            return if seen.phase().is_open() { Next::Wait } else { Next::Over(None) };
        };
        match self.said {
            Some(Step::Ehlo(_)) if reply.class() == Class::Positive => self.upgrade(seen),
            Some(Step::Starttls(_)) if reply.class() == Class::Positive => self.again(seen, at),
            _ => Next::Over(Some(at)),
        }
    }

    fn begin(&mut self, seen: &Dialogue) -> Next {
        if !seen.phase().is_open() {
            return Next::Over(None);
        }
        if !seen.awaits_client() {
            return Next::Wait;
        }
        if !matches!(seen.phase(), Phase::Greeted | Phase::Refused) {
            return self.upgrade(seen);
        }
        self.said = Some(Step::Ehlo(seen.exchanges().len()));
        self.ehlo(seen)
    }

    fn upgrade(&mut self, seen: &Dialogue) -> Next {
        self.remark = if seen.is_secured() {
            Some("starttls.again")
        } else if !seen.offers("STARTTLS") {
            Some("starttls.not-offered")
        } else {
            // RFC 3207 §4.2.
            seen.phase().in_transaction().then_some("starttls.transaction")
        };
        self.said = Some(Step::Starttls(seen.exchanges().len()));
        Next::Say("STARTTLS\r\n".into())
    }

    /// STARTTLS is answered with yes: the layer begins, or the connection ends, or somebody goes on
    /// by hand where no handshake follows.
    fn again(&mut self, seen: &Dialogue, at: usize) -> Next {
        if seen.layer_begins().is_some_and(|from| from > at) {
            self.said = Some(Step::Again(seen.exchanges().len()));
            return self.ehlo(seen);
        }
        let by_hand = |e: &Exchange| e.line.is_some();
        if !seen.phase().is_open() {
            Next::Over(None)
        } else if seen.exchanges().iter().skip(at + 1).any(by_hand) {
            Next::Over(Some(at))
        } else {
            Next::Wait
        }
    }

    fn ehlo(&self, seen: &Dialogue) -> Next {
        let (verb, name) = introduction(seen);
        Next::Say(format!("{verb} {}\r\n", name.unwrap_or(&self.name)).into())
    }
}

/// The command with which this client introduces itself, and the name under which it was accepted.
fn introduction(seen: &Dialogue) -> (Verb, Option<&str>) {
    let accepted = |e: &&Exchange| e.reply.as_ref().is_some_and(|r| r.class() == Class::Positive);
    let mut named = seen.exchanges().iter().rev().filter(accepted).filter_map(|exchange| {
        let command = exchange.command.as_ref()?;
        let verb = if command.verb == Verb::Lhlo { Verb::Lhlo } else { Verb::Ehlo };
        match &command.argument {
            Argument::Name(name) => Some((verb, Some(name.as_str()))),
            _ => None,
        }
    });
    named.next().unwrap_or((Verb::Ehlo, None))
}
