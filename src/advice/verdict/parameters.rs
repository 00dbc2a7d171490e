//! The parameters of MAIL and RCPT: known here, offered, once each, with a value that they have.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::session::Dialogue;
use crate::smtp::param::Param;
use crate::smtp::parameter::{PARAMETERS, Parameter};
use crate::smtp::verb::Verb;
use crate::smtp::{Parsed, Span};

use super::super::fault::{Fault, Says};
use super::super::rule::Rule;
use super::verb::{begun, starts_with};

/// Adds the faults of the parameters that stand behind byte `end` of the path.
pub(super) fn judge(
    seen: &Dialogue,
    line: &str,
    verb: &Verb,
    (end, params): (usize, &[Parsed<Param>]),
    faults: &mut Vec<Fault>,
) {
    if let Some(first) = params.first().filter(|first| first.span.start == end) {
        faults.push(Rule::NoBlank.at(first.span));
    }
    // A line can hold thousands of them: none is compared with every other.
    let is_unoffered = |f: &&Fault| f.says == Says::Oddity("F07");
    let unoffered: HashSet<Span> = faults.iter().filter(is_unoffered).map(|f| f.span).collect();
    let mut earlier = HashSet::new();
    for param in params {
        if earlier.contains(param.value.name.as_str()) {
            faults.push(Rule::Twice.at(param.span).with("name", &*param.value.name));
        }
        if let Some(other) = excluded(&param.value.name, &earlier) {
            faults.push(Rule::Together.at(param.span).with("name", other));
        }
        let last = param.span.end == line.len();
        if let Some(fault) = last.then(|| name_begun(verb, param)).flatten() {
            faults.retain(|f| f.says != Says::Oddity("F07") || f.span != param.span);
            faults.push(fault);
        } else {
            let judged = unoffered.contains(&param.span);
            faults.extend(known(seen, verb, param, last).filter(|_| !judged));
        }
        earlier.insert(param.value.name.as_str());
    }
}

/// The two ways to have a message held exclude each other (RFC 4865 §3).
fn excluded(name: &str, earlier: &HashSet<&str>) -> Option<&'static str> {
    let other = match name {
        "HOLDFOR" => "HOLDUNTIL",
        "HOLDUNTIL" => "HOLDFOR",
        _ => return None,
    };
    earlier.contains(other).then_some(other)
}

/// The beginning of a keyword at the end of the line.
fn name_begun(verb: &Verb, param: &Parsed<Param>) -> Option<Fault> {
    let name = param.value.value.is_none().then_some(&param.value.name)?;
    if Parameter::find(name).is_some() {
        return None;
    }
    let names = begun(name, PARAMETERS.iter().filter(|p| p.verb == *verb).map(|p| p.name));
    let fault = || Rule::ParameterBegun.at(param.span).with("names", names.clone());
    (!names.is_empty()).then(fault)
}

/// What is wrong with a parameter that is known here.
fn known(seen: &Dialogue, verb: &Verb, param: &Parsed<Param>, last: bool) -> Option<Fault> {
    let known = Parameter::find(&param.value.name)?;
    if known.verb != *verb {
        let fault = Rule::Elsewhere.at(param.span).with("name", known.name);
        return Some(fault.with("verb", known.verb.as_str()));
    }
    let value = param.value.value.as_deref();
    if (known.takes)(value) {
        return beyond_offer(seen, known, param);
    }
    let rule = if last && is_begun(known, value) { Rule::ToCome } else { Rule::Value };
    Some(rule.at(param.span).by(known.clause).with("form", known.form))
}

/// Whether more can follow that makes a value of it.
fn is_begun(known: &Parameter, value: Option<&str>) -> bool {
    let Some(value) = value else { return true };
    let word = if known.is_list() { value.rsplit(',').next().unwrap_or_default() } else { value };
    let head = value.get(..value.len() - word.len()).unwrap_or_default();
    let whole = |end: &&str| starts_with(end, word) && (known.takes)(Some(&[head, end].concat()));
    known.values.iter().any(whole) || value.is_empty() || is_open(known.name, value)
}

/// Values that are written in parts: `rfc822;` and `600;`.
fn is_open(name: &str, value: &str) -> bool {
    match name {
        "ORCPT" => value.split_once(';').is_none_or(|(_, address)| address.is_empty()),
        "BY" => value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b';')),
        "MT-PRIORITY" => value == "-",
        "HOLDUNTIL" | "RRVS" => {
            let stamp = |b: u8| b.is_ascii_digit() || b"-:TZtz.;".contains(&b);
            value.bytes().all(stamp) && value.len() < "yyyy-mm-ddThh:mm:ssZ".len()
        }
        _ => false,
    }
}

/// A value beyond what the server offers, in a form that it could have.
fn beyond_offer(seen: &Dialogue, known: &Parameter, param: &Parsed<Param>) -> Option<Fault> {
    let value = param.value.value.as_deref()?;
    let at = Span::new(param.span.start + known.name.len() + 1, param.span.end);
    match known.name {
        "SIZE" => {
            let limit = seen.capabilities()?.size_limit()?;
            let over = value.parse::<u64>().map_or(true, |size| size > limit);
            over.then(|| Rule::TooBig.at(at).with("limit", limit.to_string()))
        }
        "HOLDFOR" => {
            let limit = hold_limit(seen)
                .filter(|limit| value.parse::<u64>().is_ok_and(|seconds| seconds > *limit))?;
            Some(Rule::TooLong.at(at).with("limit", limit.to_string()))
        }
        "HOLDUNTIL" => {
            let limit = seen.capabilities()?.find("FUTURERELEASE")?.params.get(1)?;
            let (until, last) = (value.parse::<Timestamp>(), limit.parse::<Timestamp>());
            let late = until.is_ok_and(|until| last.is_ok_and(|last| until > last));
            late.then(|| Rule::TooLate.at(at).with("limit", limit.as_str()))
        }
        "BY" => {
            let limit: i64 =
                seen.capabilities()?.find("DELIVERBY")?.params.first()?.parse().ok()?;
            let (seconds, mode) = value.split_once(';')?;
            let soon =
                mode.starts_with(['R', 'r']) && seconds.parse().is_ok_and(|s: i64| s < limit);
            soon.then(|| Rule::TooSoon.at(at).with("limit", limit.to_string()))
        }
        "SOLICIT" => {
            let refused = &seen.capabilities()?.find("NO-SOLICITING")?.params;
            let is = |class: &&str| refused.iter().any(|r| r.eq_ignore_ascii_case(class));
            let names: Vec<&str> = value.split(',').filter(is).collect();
            (!names.is_empty()).then(|| Rule::Unwanted.at(at).with("names", names.join(", ")))
        }
        _ => None,
    }
}

/// The longest time for which the server holds a message, in seconds (RFC 4865 §3).
pub(in super::super) fn hold_limit(seen: &Dialogue) -> Option<u64> {
    seen.capabilities()?.find("FUTURERELEASE")?.params.first()?.parse().ok()
}
