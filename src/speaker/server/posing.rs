//! XCLIENT and XFORWARD: a trusted host speaks for another client, or says whose mail it passes on.

use crate::session::Dialogue;
use crate::smtp::Parsed;
use crate::smtp::attribute::{ATTRIBUTES, Attribute};
use crate::smtp::code::Code;
use crate::smtp::param::Param;
use crate::smtp::verb::Verb;
use crate::smtp::xtext;

use super::{Answer, Server, accepted, no, shown, yes};

/// The keyword with its attributes, for who is trusted: programs of this machine.
pub(super) fn offer(seen: &Dialogue, verb: &Verb) -> Option<String> {
    let own = ATTRIBUTES.iter().filter(|a| a.verb == *verb).map(|a| a.name);
    let names: Vec<&str> = own.collect();
    seen.endpoints().loopback.then(|| format!("{verb} {}", names.join(" ")))
}

/// The client for whom this one speaks.
pub(super) fn claimed(seen: &Dialogue) -> Option<String> {
    let name = seen.claim("NAME").map(shown);
    let address = seen.claim("ADDR").map(|address| format!("[{}]", shown(address)));
    let login = seen.claim("LOGIN").map(|login| format!("logged in as {}", shown(login)));
    let known: Vec<String> = [name, address, login].into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join(" "))
}

impl Server {
    pub(super) fn posed(&self, seen: &Dialogue, verb: &Verb, said: &[Parsed<Param>]) -> Answer {
        if !seen.endpoints().loopback {
            return no(Code::NO_MAILBOX, (7, 1), &format!("{verb} is for hosts that are trusted"));
        }
        // Who was just greeted anew may have more to say of the other client.
        let before = seen.exchanges_here().rev().nth(1);
        let goes_on = before.is_some_and(|(_, e)| e.verb() == Some(&Verb::Xclient));
        if seen.capabilities().is_none() && !goes_on {
            return no(Code::BAD_SEQUENCE, (5, 1), &format!("Say {} first", self.introduction()));
        }
        if accepted(seen).is_some() {
            return no(Code::BAD_SEQUENCE, (5, 1), "A transaction is open; RSET ends it");
        }
        if let Some(answer) = said.iter().find_map(|attribute| wrong(verb, &attribute.value)) {
            return answer;
        }
        match verb {
            Verb::Xclient => self.greeting(),
            _ => yes(Code::OK, (0, 0), "Noted for the next message"),
        }
    }
}

fn wrong(verb: &Verb, said: &Param) -> Option<Answer> {
    let wrong = |text: &str| Some(no(Code::BAD_ARGUMENTS, (5, 4), &shown(text)));
    let Some(known) = Attribute::find(verb, &said.name) else {
        return wrong(&format!("{} is no attribute of {verb}", said.name));
    };
    let value = said.value.as_deref().unwrap_or_default();
    if !value.is_empty() && xtext::decode(value).is_none() {
        return wrong(&format!("The value of {} is no xtext", known.name));
    }
    if known.takes(value) {
        return None;
    }
    wrong(&format!("The value of {} is not valid: {}", known.name, known.form))
}
