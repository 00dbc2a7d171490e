//! What the practice server says to the parameters of MAIL and RCPT: their form is that of the
//! table ([`Parameter`]), and beyond it there are its own limits.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::session::Dialogue;
use crate::smtp::Parsed;
use crate::smtp::code::{Code, Enhanced};
use crate::smtp::param::{Param, keyword_of};
use crate::smtp::parameter::Parameter;
use crate::smtp::verb::Verb;

use super::{Answer, Server, no, offers, shown};

impl Server {
    /// What is wrong with the parameters of `verb`, if anything is.
    pub(super) fn bad_parameter(
        &self,
        seen: &Dialogue,
        verb: &Verb,
        params: &[Parsed<Param>],
        at: Timestamp,
    ) -> Option<Answer> {
        let offered = if params.is_empty() { Vec::new() } else { self.offers(seen) };
        let mut named = HashSet::new();
        params.iter().map(|param| &param.value).find_map(|param| {
            let keyword = keyword_of(&param.name);
            let is_offered = offered.iter().any(|line| offers(line, keyword))
                // Believed of nobody, but understood (RFC 4954 §5).
                || (keyword == "AUTH" && !self.policy.mechanisms.is_empty());
            let Some(known) =
                Parameter::find(&param.name).filter(|p| p.verb == *verb && is_offered)
            else {
                let text = format!("Parameter {} is not offered here", shown(&param.name));
                return Some(no(Code::BAD_PARAMETERS, (5, 4), &text));
            };
            let excluded = match known.name {
                "HOLDFOR" => named.contains("HOLDUNTIL"),
                "HOLDUNTIL" => named.contains("HOLDFOR"),
                _ => false,
            };
            if excluded || !named.insert(known.name) {
                let text = format!("{} stands beside what excludes it", known.name);
                return Some(no(Code::BAD_ARGUMENTS, (5, 4), &text));
            }
            if !(known.takes)(param.value.as_deref()) {
                let text = format!("The value of {} is not valid: {}", known.name, known.form);
                return Some(no(Code::BAD_ARGUMENTS, (5, 4), &shown(&text)));
            }
            self.beyond_limit(known.name, param.value.as_deref().unwrap_or_default(), at)
        })
    }

    /// A value of good form that is not taken all the same.
    fn beyond_limit(&self, name: &str, value: &str, at: Timestamp) -> Option<Answer> {
        let policy = &self.policy;
        let wrong = |text: &str| Some(no(Code::BAD_ARGUMENTS, (5, 4), text));
        match name {
            // More digits than fit are more than is taken.
            "SIZE" if value.parse::<u64>().is_ok_and(|size| size <= policy.size_limit) => None,
            "SIZE" => Some(self.too_big()),
            "BY" => {
                let (seconds, mode) = value.split_once(';')?;
                let soon = seconds.parse::<i64>().is_ok_and(|s| s < policy.deliver_by);
                let returns = mode.starts_with(['R', 'r']);
                let text = format!("No return before {} seconds are over", policy.deliver_by);
                (soon && returns).then(|| no(Code::BAD_PARAMETERS, (5, 4), &text))
            }
            "HOLDFOR" if value.parse::<u64>().is_ok_and(|s| s <= policy.hold_limit) => None,
            "HOLDFOR" => wrong(&format!("Held for at most {} seconds", policy.hold_limit)),
            "HOLDUNTIL" => {
                let until = value.parse::<Timestamp>().ok()?;
                if until < at {
                    return wrong("That moment is over");
                }
                let last = self.hold_end();
                (until > last).then(|| wrong(&format!("Held until {last} at the latest"))).flatten()
            }
            "SOLICIT" => {
                let refused = value.split(',').find(|class| {
                    policy.solicitations.iter().any(|r| r.eq_ignore_ascii_case(class))
                })?;
                let text = format!("SOLICIT={} is not wanted here", shown(refused));
                Some(no(Code::NO_MAILBOX, (7, 1), &text))
            }
            _ => None,
        }
    }

    /// Until when a message can be held (RFC 4865 §3): the same moment for a whole session, in which
    /// what is offered shall not change by itself.
    pub(super) fn hold_end(&self) -> Timestamp {
        let begun = self.policy.begun;
        let whole = Timestamp::from_second(begun.as_second()).unwrap_or(begun);
        whole.saturating_add(Duration::from_secs(self.policy.hold_limit)).unwrap_or(whole)
    }
}

/// For how long a message with these parameters of MAIL is to be held.
pub(super) fn held(params: &[Parsed<Param>], at: Timestamp) -> Option<Duration> {
    params.iter().find_map(|Parsed { value: param, .. }| {
        let value = param.value.as_deref()?;
        match param.name.as_str() {
            "HOLDFOR" => value.parse().ok().map(Duration::from_secs),
            "HOLDUNTIL" => {
                let until = value.parse::<Timestamp>().ok()?;
                Some(Duration::try_from(until.duration_since(at)).unwrap_or_default())
            }
            _ => None,
        }
    })
}

/// The answer to a MAIL whose priority is lowered, since nobody knows its client (RFC 6710 §5).
pub(super) fn lowered(params: &[Parsed<Param>], knows: bool) -> Option<Enhanced> {
    let wished = params.iter().find(|param| param.value.name == "MT-PRIORITY");
    let wished = wished.and_then(|param| param.value.value.as_deref()?.parse::<i8>().ok());
    (!knows && wished.is_some_and(|priority| priority > 0)).then(|| Enhanced::new(2, 3, 6))
}
