//! What could stand where the line ends, before anybody has judged it: by place, from the session,
//! the habits and the table of parameters.

use crate::session::Dialogue;
use crate::smtp::Parsed;
use crate::smtp::attribute::{Attribute, NOTHING};
use crate::smtp::command::{self, Argument};
use crate::smtp::param::{Param, words};
use crate::smtp::parameter::{PARAMETERS, Parameter};
use crate::smtp::path::Path;
use crate::smtp::verb::Verb;
use crate::smtp::xtext;

use super::super::habits::Habits;
use super::super::letter::{FIELDS, Letter};
use super::super::verdict::{form, hold_limit, starts_with, word};

/// A candidate that nobody has judged yet.
pub(super) struct Offer {
    pub(super) insert: String,
    pub(super) start: usize,
    pub(super) about: Option<String>,
}

/// Everything that could stand where `head` ends, whether it fits what is typed or not.
pub(super) fn offers(seen: &Dialogue, habits: &Habits, head: &str) -> Vec<Offer> {
    if seen.awaits_octets() || seen.awaits_login() {
        return Vec::new();
    }
    if seen.awaits_mail_data() {
        return fields(seen, head);
    }
    let word = word(head);
    if word.end == head.len() {
        return verbs(seen, word.start);
    }
    let command = command::read(head.as_bytes()).value;
    let start = head.rfind([' ', '\t']).map_or(0, |blank| blank + 1);
    let begun = words(head.as_bytes(), word.end).count();
    // Which word behind the verb is being typed.
    let number = if start == head.len() { begun } else { begun.saturating_sub(1) };
    match (&command.verb, &command.argument) {
        (Verb::Ehlo | Verb::Helo | Verb::Lhlo, _) => plain(&habits.hosts, start),
        (verb @ (Verb::Mail | Verb::Rcpt), Argument::Path(path, params))
            if path.span.end < start =>
        {
            parameters(seen, habits, verb, (path, params), head, start)
        }
        (Verb::Mail, _) => paths(seen, "FROM:", &habits.senders, head, word.end),
        (Verb::Rcpt, _) => paths(seen, "TO:", &habits.recipients, head, word.end),
        (Verb::Auth, _) if number == 0 => mechanisms(seen, start),
        (Verb::Bdat, _) if number == 0 => plain(&chunks(habits), start),
        (Verb::Bdat | Verb::Burl, _) if number == 1 => plain(&["LAST".to_owned()], start),
        (Verb::Etrn, _) if number == 0 => plain(&habits.hosts, start),
        (verb @ (Verb::Xclient | Verb::Xforward), Argument::Attributes(said)) => {
            attributes(seen, habits, verb, said, head, start)
        }
        (verb @ (Verb::Xclient | Verb::Xforward), _) => {
            attributes(seen, habits, verb, &[], head, start)
        }
        (Verb::Vrfy | Verb::Expn, _) if number == 0 => plain(&habits.recipients, start),
        (Verb::Help, _) if number == 0 => {
            let name = |verb: &Verb| offer(verb.as_str(), start, Some(("verb", verb.as_str())));
            Verb::KNOWN.iter().map(name).collect()
        }
        _ => Vec::new(),
    }
}

fn offer(insert: impl Into<String>, start: usize, about: Option<(&str, &str)>) -> Offer {
    let about = about.map(|(kind, id)| format!("{kind}/{id}"));
    Offer { insert: insert.into(), start, about }
}

fn plain(texts: &[String], start: usize) -> Vec<Offer> {
    texts.iter().map(|text| offer(text.as_str(), start, None)).collect()
}

/// The verbs that move the session on, in the order in which one would use them, then the others.
fn verbs(seen: &Dialogue, start: usize) -> Vec<Offer> {
    let expected = seen.phase().expected();
    let others = Verb::KNOWN.iter().filter(|verb| !expected.contains(verb));
    let name = |verb: &Verb| {
        let insert = match verb {
            Verb::Mail => "MAIL FROM:<".to_owned(),
            Verb::Rcpt => "RCPT TO:<".to_owned(),
            verb if form(verb).is_empty() => verb.as_str().to_owned(),
            verb => format!("{verb} "),
        };
        offer(insert, start, Some(("verb", verb.as_str())))
    };
    expected.iter().chain(others).map(name).collect()
}

/// `FROM:<address>`, or the address behind what stands of it.
fn paths(
    seen: &Dialogue,
    word: &str,
    addresses: &[String],
    head: &str,
    verb_end: usize,
) -> Vec<Offer> {
    let rest = head.get(verb_end..).unwrap_or_default();
    let start = head.len() - rest.trim_start_matches([' ', '\t']).len();
    let typed = head.get(start..).unwrap_or_default();
    let (start, prefix) = match typed.find(':') {
        Some(colon) if starts_with(typed, word) => {
            let behind = typed.get(colon + 1..).unwrap_or_default();
            (head.len() - behind.trim_start_matches([' ', '\t']).len(), "")
        }
        _ => (start, word),
    };
    let about = Some(("idea", if word == "FROM:" { "reverse-path" } else { "forward-path" }));
    let null = (word == "FROM:")
        .then(|| offer(format!("{prefix}<>"), start, Some(("idea", "null-sender"))));
    let utf8 = word == "FROM:" && seen.offers("SMTPUTF8");
    let path = |address: &String| {
        // Such an address is nothing without its parameter (RFC 6531 §3.4).
        let parameter = if utf8 && !address.is_ascii() { " SMTPUTF8" } else { "" };
        offer(format!("{prefix}<{address}>{parameter}"), start, about)
    };
    addresses.iter().map(path).chain(null).collect()
}

fn mechanisms(seen: &Dialogue, start: usize) -> Vec<Offer> {
    let offered = seen.capabilities().and_then(|c| c.find("AUTH")).map(|k| k.params.as_slice());
    let name = |name: &String| {
        let id = name.to_uppercase();
        offer(name.as_str(), start, Some(("mechanism", &id)))
    };
    offered.unwrap_or_default().iter().map(name).collect()
}

/// The whole message as one chunk, or the end of chunks.
fn chunks(habits: &Habits) -> [String; 2] {
    let all = habits.draft.map_or_else(String::new, |size| format!("{size} LAST"));
    [all, "0 LAST".to_owned()]
}

/// The parameters that are not there yet, or the values of the one that is being typed.
fn parameters(
    seen: &Dialogue,
    habits: &Habits,
    verb: &Verb,
    (path, params): (&Parsed<Path>, &[Parsed<Param>]),
    head: &str,
    start: usize,
) -> Vec<Offer> {
    let typed = head.get(start..).unwrap_or_default();
    if let Some((name, _)) = typed.split_once('=') {
        let known = Parameter::find(&name.to_uppercase());
        let values = known.map(|known| values(seen, habits, known, path));
        let from = typed.rfind(',').filter(|_| known.is_some_and(Parameter::is_list));
        let from = start + from.map_or(name.len() + 1, |comma| comma + 1);
        let about = known.map(|known| ("parameter", known.name));
        let value = |value: String| offer(value, from, about);
        return values.into_iter().flatten().map(value).collect();
    }
    let unused = |known: &&Parameter| {
        let used = params.iter().any(|p| p.value.name == known.name && p.span.start != start);
        known.verb == *verb && !used
    };
    let name = |known: &Parameter| {
        let insert = match values(seen, habits, known, path).as_slice() {
            _ if (known.takes)(None) => known.name.to_owned(),
            [only] => format!("{}={only}", known.name),
            _ => format!("{}=", known.name),
        };
        offer(insert, start, Some(("parameter", known.name)))
    };
    PARAMETERS.iter().filter(unused).map(name).collect()
}

/// The attributes that the server takes and that are not there yet, or values of the one that is
/// being typed.
fn attributes(
    seen: &Dialogue,
    habits: &Habits,
    verb: &Verb,
    said: &[Parsed<Param>],
    head: &str,
    start: usize,
) -> Vec<Offer> {
    let about = Some(("verb", verb.as_str()));
    let typed = head.get(start..).unwrap_or_default();
    if let Some((name, _)) = typed.split_once('=') {
        let known = Attribute::find(verb, &name.to_uppercase());
        let usual = match known.map(|known| known.name) {
            Some("NAME" | "HELO" | "REVERSE_NAME") => habits.hosts.as_slice(),
            Some("LOGIN") => habits.senders.as_slice(),
            _ => &[],
        };
        let values = known.map(|known| known.values).unwrap_or_default().iter().chain(NOTHING);
        let usual = usual.iter().map(|value| xtext::encode(value));
        let all = usual.chain(values.map(|value| (*value).to_owned()));
        return all.map(|value| offer(value, start + name.len() + 1, about)).collect();
    }
    let announced = seen.capabilities().and_then(|c| c.find(verb.as_str()));
    let names = announced.map(|keyword| keyword.params.as_slice()).unwrap_or_default();
    let used = |name: &str| {
        said.iter().any(|a| a.value.name.eq_ignore_ascii_case(name) && a.span.start != start)
    };
    let unused = names.iter().filter(|name| !used(name));
    unused.map(|name| offer(format!("{name}="), start, about)).collect()
}

/// Values that are worth to be offered for a parameter.
fn values(seen: &Dialogue, habits: &Habits, known: &Parameter, path: &Parsed<Path>) -> Vec<String> {
    match known.name {
        "SIZE" => habits.draft.map(|size| size.to_string()).into_iter().collect(),
        "HOLDFOR" => {
            let limit = hold_limit(seen).unwrap_or(u64::MAX);
            let seconds = known.values.iter().filter_map(|value| value.parse::<u64>().ok());
            seconds.map(|seconds| seconds.min(limit).to_string()).collect()
        }
        "BY" => {
            let announced = seen.capabilities().and_then(|c| c.find("DELIVERBY"));
            let least = announced.and_then(|k| k.params.first()?.parse().ok()).unwrap_or(600);
            let seconds = least.max(600);
            ["R", "N"].map(|mode| format!("{seconds};{mode}")).to_vec()
        }
        "HOLDUNTIL" => {
            let announced = seen.capabilities().and_then(|c| c.find("FUTURERELEASE"));
            announced.and_then(|k| k.params.get(1)).cloned().into_iter().collect()
        }
        "ORCPT" => vec![format!("rfc822;{}", xtext::encode(&path.value.written))],
        "BODY" if !seen.offers("BINARYMIME") => vec!["8BITMIME".to_owned(), "7BIT".to_owned()],
        _ => known.values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

/// The names of header fields, where a header is being typed.
fn fields(seen: &Dialogue, head: &str) -> Vec<Offer> {
    let letter = Letter::read(seen);
    if letter.body.is_some() {
        return Vec::new();
    }
    let missing = FIELDS.iter().filter(|name| !letter.has(name));
    let name = |name: &&str| offer(format!("{name}: "), 0, Some(("field", *name)));
    if head.starts_with([' ', '\t']) { Vec::new() } else { missing.map(name).collect() }
}
