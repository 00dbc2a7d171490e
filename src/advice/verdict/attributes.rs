//! The attributes of XCLIENT and XFORWARD: offered, once each, with a value that they have.

use std::collections::HashSet;

use crate::session::Dialogue;
use crate::smtp::attribute::{Attribute, NOTHING};
use crate::smtp::param::Param;
use crate::smtp::verb::Verb;
use crate::smtp::{Parsed, Span, xtext};

use super::super::fault::Fault;
use super::super::rule::Rule;
use super::verb::{begun, starts_with};

pub(super) fn judge(
    seen: &Dialogue,
    line: &str,
    verb: &Verb,
    said: &[Parsed<Param>],
    faults: &mut Vec<Fault>,
) {
    let announced = seen.capabilities().and_then(|c| c.find(verb.as_str()));
    let offered = announced.map(|keyword| keyword.params.as_slice()).unwrap_or_default();
    let mut earlier = HashSet::new();
    for attribute in said {
        let Param { name, value } = &attribute.value;
        if !earlier.insert(name) {
            faults.push(Rule::Twice.at(attribute.span).with("name", name.as_str()));
        }
        let last = attribute.span.end == line.len();
        let longer = begun(name, offered.iter().map(String::as_str));
        let listed = announced.is_some_and(|keyword| keyword.lists(name));
        if last && value.is_none() && !longer.is_empty() && !listed {
            faults.push(Rule::ParameterBegun.at(attribute.span).with("names", longer));
        } else if !offered.is_empty() && !listed {
            faults.push(Rule::Attribute.at(attribute.span).with("names", offered.join(", ")));
        } else {
            faults.extend(of_value(verb, attribute, last));
        }
    }
}

/// What is wrong with the value.
fn of_value(verb: &Verb, attribute: &Parsed<Param>, last: bool) -> Option<Fault> {
    let Param { name, value } = &attribute.value;
    let known = Attribute::find(verb, name);
    let form = format!("{name}={}", known.map_or("xtext", |known| known.form));
    let start = attribute.span.start + name.len() + 1;
    let at = Span::new(start.min(attribute.span.end), attribute.span.end);
    let Some(value) = value.as_deref().filter(|value| !value.is_empty()) else {
        let rule = if last { Rule::ToCome } else { Rule::Value };
        return Some(rule.at(attribute.span).by("RFC 5321 §2.2.2").with("form", form));
    };
    if xtext::decode(value).is_none() {
        let open = last && value.rsplit_once('+').is_some_and(|(_, hex)| hex.len() < 2);
        let rule = if open { Rule::ToCome } else { Rule::Xtext };
        return Some(rule.at(at).by("RFC 3461 §4").with("form", xtext::encode(value)));
    }
    if known.is_none_or(|known| known.takes(value)) {
        return None;
    }
    let rule = if last && is_begun(known?, value) { Rule::ToCome } else { Rule::Value };
    Some(rule.at(at).by("RFC 5321 §2.2.2").with("form", form))
}

/// Whether more can follow that makes a value of it.
fn is_begun(known: &Attribute, value: &str) -> bool {
    let address = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
    known.values.iter().chain(NOTHING).any(|whole| starts_with(whole, value))
        || (known.name.ends_with("ADDR")
            && value.trim_start_matches(['I', 'P', 'V', 'i', 'p', 'v']).bytes().all(address))
}
