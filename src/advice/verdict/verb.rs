//! The first word: a verb, the beginning of one, nearly one, or none.

use crate::smtp::Span;
use crate::smtp::verb::Verb;

use super::super::fault::Fault;
use super::super::rule::Rule;

/// Where the verb stands.
pub(in super::super) fn word(line: &str) -> Span {
    let start = line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = line.get(start..).unwrap_or_default();
    Span::new(start, start + rest.find([' ', '\t']).unwrap_or(rest.len()))
}

pub(super) fn leading_blank(word: Span) -> Option<Fault> {
    (word.start > 0 && !word.is_empty()).then(|| Rule::LeadingBlank.at(Span::new(0, word.start)))
}

/// A word that is no verb: the beginning of some, nearly one, or none.
pub(super) fn unknown(line: &str, span: Span) -> Option<Fault> {
    let written = line.get(span.start..span.end).filter(|word| !word.is_empty())?;
    let names = Verb::KNOWN.iter().map(Verb::as_str);
    if span.end == line.len() {
        let begun = begun(written, names);
        if !begun.is_empty() {
            return Some(Rule::VerbBegun.at(span).with("names", begun));
        }
    }
    Some(match meant(written) {
        Some(verb) => Rule::Misspelt.at(span).with("verb", verb.as_str()),
        None => Rule::UnknownVerb.at(span),
    })
}

/// The names that `word` is the beginning of, separated by commas.
pub(super) fn begun<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> String {
    let longer = |name: &&str| name.len() > word.len() && starts_with(name, word);
    names.filter(longer).collect::<Vec<_>>().join(", ")
}

/// Whether `text` begins with `head`, whatever their case.
pub(in super::super) fn starts_with(text: &str, head: &str) -> bool {
    text.get(..head.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(head))
}

/// From here on two words are alike.
const LIKE: f64 = 0.8;

/// What people say in place of a verb, where that is not the one written most alike.
const SAID_FOR: &[(&str, Verb)] = &[
    ("HELLO", Verb::Ehlo),
    ("HALLO", Verb::Ehlo),
    ("FROM", Verb::Mail),
    ("SENDER", Verb::Mail),
    ("TO", Verb::Rcpt),
    ("RECIPIENT", Verb::Rcpt),
    ("LOGIN", Verb::Auth),
    ("TLS", Verb::Starttls),
    ("RESET", Verb::Rset),
    ("VERIFY", Verb::Vrfy),
    ("EXPAND", Verb::Expn),
    ("BYE", Verb::Quit),
    ("EXIT", Verb::Quit),
    ("CLOSE", Verb::Quit),
];

/// The verb that was probably meant by a word that is none.
pub(in super::super) fn meant(word: &str) -> Option<Verb> {
    let word = word.to_ascii_uppercase();
    let name = word.trim_end_matches(':');
    let said = SAID_FOR.iter().find(|(said, _)| *said == name).map(|(_, verb)| verb);
    let likeness = |verb: &Verb| strsim::jaro(name, verb.as_str());
    let nearest = || {
        let nearest = Verb::KNOWN.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        nearest.filter(|verb| likeness(verb) >= LIKE)
    };
    said.or_else(nearest).cloned()
}
