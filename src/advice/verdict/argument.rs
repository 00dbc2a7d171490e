//! What stands behind the verb: whether anything may, must, or is still to come.

use crate::session::Dialogue;
use crate::smtp::Span;
use crate::smtp::command::{Argument, Command};
use crate::smtp::param::words;
use crate::smtp::path::is_domain;
use crate::smtp::verb::Verb;

use super::super::fault::{Fault, Says};
use super::super::rule::Rule;
use super::verb::{begun, starts_with};
use super::{address, attributes, order, parameters, text};

/// How what stands behind `verb` is written; empty for what needs nothing.
pub(in super::super) const fn form(verb: &Verb) -> &'static str {
    match verb {
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => "host.example",
        Verb::Mail => "FROM:<address>",
        Verb::Rcpt => "TO:<address>",
        Verb::Bdat => "octets [LAST]",
        Verb::Auth => "mechanism",
        Verb::Vrfy | Verb::Expn => "name",
        Verb::Etrn => "domain",
        Verb::Burl => "imap://… [LAST]",
        Verb::Xclient | Verb::Xforward => "name=value",
        _ => "",
    }
}

/// Adds the faults of the argument to those that the grammar found, and makes of these what is
/// only not finished yet.
pub(super) fn judge(seen: &Dialogue, line: &str, command: &Command, faults: &mut Vec<Fault>) {
    let (verb, all) = (&command.verb, Span::new(0, line.len()));
    match &command.argument {
        Argument::Nothing if !form(verb).is_empty() => {
            let named = faults.iter().any(|f| f.says == Says::Oddity("C06"));
            faults.extend((!named).then(|| to_come(all, form(verb))));
        }
        Argument::Text(span) if takes_nothing(verb) => {
            faults.push(Rule::NoArgument.at(*span).with("verb", verb.as_str()));
        }
        Argument::Name(name) => finish_name(line, name, faults),
        Argument::Malformed(span) => faults.push(malformed(line, verb, *span)),
        Argument::Path(path, params) => {
            address::judge(line, verb, path, faults);
            let domains = (*verb == Verb::Rcpt).then(|| order::beyond_domains(seen, &path.value));
            faults.extend(domains.flatten().map(|fault| Fault { span: path.span, ..fault }));
            parameters::judge(seen, line, verb, (path.span.end, params), faults);
        }
        Argument::Attributes(said) => attributes::judge(seen, line, verb, said, faults),
        Argument::Reference { url, .. } => faults.extend(fetched(line, *url)),
        Argument::Nothing | Argument::Text(_) | Argument::Chunk { .. } => {}
        Argument::Login { mechanism, initial } => {
            faults.extend(login(seen, line, mechanism, *initial));
            faults.extend(in_clear(seen, line, mechanism));
        }
    }
}

const fn takes_nothing(verb: &Verb) -> bool {
    matches!(verb, Verb::Data | Verb::Rset | Verb::Quit | Verb::Starttls)
}

fn to_come(span: Span, form: &str) -> Fault {
    Rule::ToCome.at(span).with("form", form)
}

/// A name that can still become one is begun, and not odd.
fn finish_name(line: &str, name: &str, faults: &mut [Fault]) {
    let open = name.starts_with('[') && !name.contains(']') && name.is_ascii();
    let begun = open || (name.is_ascii() && is_domain(&format!("{name}a")));
    if !begun || line.ends_with([' ', '\t']) {
        return;
    }
    for fault in faults.iter_mut().filter(|f| f.says == Says::Oddity("C04")) {
        *fault = Rule::NameBegun.at(fault.span);
    }
}

/// An argument that the grammar could not read: the beginning of one, or something else.
fn malformed(line: &str, verb: &Verb, span: Span) -> Fault {
    let written = line.get(span.start..span.end).unwrap_or_default().trim_start();
    let is_begun = match verb {
        Verb::Mail => starts_with("FROM:", written),
        Verb::Rcpt => starts_with("TO:", written),
        Verb::Burl => written.split_once([' ', '\t']).is_some_and(|(_, last)| {
            line.len() == span.end && !last.is_empty() && starts_with("LAST", last)
        }),
        _ => written.is_empty() || is_begun_chunk(line, span),
    };
    if is_begun {
        return to_come(Span::new(0, line.len()), form(verb));
    }
    let rule = if *verb == Verb::Bdat { Rule::BadChunk } else { Rule::Expected };
    rule.at(span).with("form", form(verb))
}

/// What BURL fetches lies on an IMAP server (RFC 4468 §3.2).
fn fetched(line: &str, url: Span) -> Option<Fault> {
    let written = line.get(url.start..url.end)?;
    if starts_with(written, "imap://") {
        return None;
    }
    let begun = url.end == line.len() && starts_with("imap://", written);
    let form = form(&Verb::Burl);
    Some(if begun { to_come(url, form) } else { Rule::Expected.at(url).with("form", form) })
}

/// A number and the beginning of LAST.
fn is_begun_chunk(line: &str, span: Span) -> bool {
    let parts: Vec<&[u8]> =
        words(line.as_bytes(), span.start).map(|word| word.of(line.as_bytes())).collect();
    let [number, last] = parts.as_slice() else { return false };
    let head = "LAST".as_bytes().get(..last.len());
    number.iter().all(u8::is_ascii_digit)
        && number.len() < 20
        && head.is_some_and(|head| head.eq_ignore_ascii_case(last))
        && line.len() == span.end
}

/// The mechanism and the initial response of AUTH. What was typed is never among the values.
fn login(seen: &Dialogue, line: &str, mechanism: &str, initial: Option<Span>) -> Option<Fault> {
    let offered = &seen.capabilities()?.find("AUTH")?.params;
    let word = words(line.as_bytes(), super::word(line).end).next()?;
    if let Some(span) = initial {
        let response = line.get(span.start..span.end)?;
        if let Some(fault) = text::base64(response) {
            let at = |n| span.start + n;
            return Some(Fault {
                span: Span::new(at(fault.span.start), at(fault.span.end)),
                ..fault
            });
        }
    }
    if offered.iter().any(|name| name.eq_ignore_ascii_case(mechanism)) {
        return None;
    }
    let longer = begun(mechanism, offered.iter().map(String::as_str));
    if word.end == line.len() && !longer.is_empty() {
        return Some(Rule::MechanismBegun.at(word).with("names", longer));
    }
    Some(Rule::Mechanism.at(word).with("names", offered.join(", ")))
}

/// Mechanisms whose secret anybody can use who reads along.
const PLAINLY_SAID: &[&str] = &["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"];

/// A secret that would cross the network without TLS.
fn in_clear(seen: &Dialogue, line: &str, mechanism: &str) -> Option<Fault> {
    let plain = PLAINLY_SAID.iter().any(|name| name.eq_ignore_ascii_case(mechanism));
    let said = plain && seen.offers("AUTH") && !seen.is_secured();
    said.then(|| Rule::LoginClear.at(super::word(line)))
}
