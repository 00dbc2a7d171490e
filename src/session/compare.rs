//! Two sessions side by side: which exchanges belong together, and what differs.
//!
//! Exchanges belong together where they say the same, else where they are of the same kind, in the
//! order of both sessions. Times are kept beside, and make no difference.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::smtp::ehlo::Change;
use crate::smtp::reply::Reply;

use super::dialogue::announced;
use super::exchange::Exchange;
use super::phase::Turn;
use super::shared::Shared;
use super::{Dialogue, Message};

/// What differs between two exchanges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// What the client said.
    Said,
    /// One was answered and the other was not, or with another code.
    Code,
    /// The enhanced status code.
    Enhanced,
    /// Keywords of the reply to EHLO, and what became of each.
    Offers(Vec<(String, Change)>),
    /// The text of the reply.
    Text,
    /// One was inside TLS, the other was not.
    Secured,
    /// The message that was sent.
    Message,
}

impl Difference {
    /// Its stable name, as JSON has it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Code => "code",
            Self::Enhanced => "enhanced",
            Self::Offers(_) => "offers",
            Self::Text => "text",
            Self::Secured => "secured",
            Self::Message => "message",
        }
    }
}

/// Two exchanges that belong together, or one that has no counterpart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Its number in the first session.
    pub first: Option<usize>,
    /// Its number in the second.
    pub second: Option<usize>,
    /// What differs.
    pub differences: Vec<Difference>,
}

impl Pair {
    /// Whether it counts as different: with `codes`, by its code alone.
    pub fn differs(&self, codes: bool) -> bool {
        let lonely = self.first.is_none() || self.second.is_none();
        let counts = |d: &Difference| !codes || *d == Difference::Code;
        lonely || self.differences.iter().any(counts)
    }
}

/// Compares two sessions.
pub fn compare(one: &Dialogue, other: &Dialogue) -> Vec<Pair> {
    let (first, second) = (one.exchanges(), other.exchanges());
    let said = |all: &Shared<Exchange>| all.iter().map(said).collect::<Vec<_>>();
    let pairs = paired(&said(first), &said(second));
    let told = pairs.into_iter().map(|(at, with)| {
        let both = at.and_then(|at| first.get(at)).zip(with.and_then(|at| second.get(at)));
        let differences = both.map_or_else(Vec::new, |(mine, theirs)| {
            let mut differences = differences(mine, theirs);
            if mine.turn.ends_message() && message(one, mine) != message(other, theirs) {
                differences.insert(0, Difference::Message);
            }
            differences
        });
        Pair { first: at, second: with, differences }
    });
    told.collect()
}

fn message<'a>(seen: &'a Dialogue, exchange: &Exchange) -> Option<&'a Message> {
    seen.messages().get(exchange.message?)
}

/// The kind of an exchange, and what the client said, without its secret.
type Said = (Turn, Vec<u8>);

fn said(exchange: &Exchange) -> Said {
    let line = exchange.line.as_ref().map(|line| {
        let mut bytes = line.bytes.to_vec();
        // Neither its text nor its length says that two logins differ.
        if let Some(secret) = exchange.secret.filter(|secret| secret.end <= bytes.len()) {
            bytes.drain(secret.start..secret.end);
        }
        bytes
    });
    (exchange.turn.clone(), line.unwrap_or_default())
}

type Places = (Option<usize>, Option<usize>);

/// What belongs together in both: what says the same, and between that what is of the same kind.
fn paired(first: &[Said], second: &[Said]) -> Vec<Places> {
    let kinds = |all: &[Said]| all.iter().map(|(turn, _)| turn.clone()).collect::<Vec<_>>();
    let (kinds_first, kinds_second) = (kinds(first), kinds(second));
    let mut out = Vec::new();
    for (same, one, other) in runs(first, second) {
        if same {
            out.extend(one.zip(other).map(|(one, other)| (Some(one), Some(other))));
            continue;
        }
        let slices = (kinds_first.get(one.clone()), kinds_second.get(other.clone()));
        let (Some(some), Some(others)) = slices else { continue };
        for (same, mine, theirs) in runs(some, others) {
            let mine = mine.map(|at| one.start + at);
            let theirs = theirs.map(|at| other.start + at);
            if same {
                out.extend(mine.zip(theirs).map(|(one, other)| (Some(one), Some(other))));
            } else {
                out.extend(mine.map(|at| (Some(at), None)));
                out.extend(theirs.map(|at| (None, Some(at))));
            }
        }
    }
    out
}

/// The stretches of two lists, and whether they are the same.
fn runs<T: Eq + std::hash::Hash + Ord>(
    first: &[T],
    second: &[T],
) -> Vec<(bool, Range<usize>, Range<usize>)> {
    let operations = capture_diff_slices(Algorithm::Myers, first, second);
    let runs = operations.iter().map(|operation| {
        let (tag, one, other) = operation.as_tag_tuple();
        (tag == DiffTag::Equal, one, other)
    });
    runs.collect()
}

fn differences(one: &Exchange, other: &Exchange) -> Vec<Difference> {
    let mut out = Vec::new();
    if said(one) != said(other) {
        out.push(Difference::Said);
    }
    let replies = [one, other].map(|exchange| exchange.reply.as_ref());
    let [code, other_code] = replies.map(|reply| reply.map(|reply| reply.code));
    if code != other_code {
        out.push(Difference::Code);
    }
    let [enhanced, other_enhanced] = replies.map(|reply| reply.and_then(Reply::enhanced));
    if enhanced != other_enhanced {
        out.push(Difference::Enhanced);
    }
    let offers = offers(one, other);
    if !offers.is_empty() {
        out.push(Difference::Offers(offers));
    } else if let [Some(reply), Some(other)] = replies
        && reply.text() != other.text()
    {
        out.push(Difference::Text);
    }
    if one.secured != other.secured {
        out.push(Difference::Secured);
    }
    out
}

/// The keywords that only one of two replies to EHLO has, or that say something else.
fn offers(one: &Exchange, other: &Exchange) -> Vec<(String, Change)> {
    let (Some(one), Some(other)) = (announced(one), announced(other)) else { return Vec::new() };
    let compared = one.compared_with(&other).into_iter();
    let changed = compared.map(|keyword| (keyword.name().to_owned(), keyword.change()));
    changed.filter(|(_, change)| *change != Change::Same).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;

    fn heard(text: &str) -> Dialogue {
        let mut dialogue = Dialogue::default();
        for event in recording(text.as_bytes()).unwrap().events() {
            dialogue.apply(event);
        }
        dialogue
    }

    const BEGIN: &str = "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 SIZE 100\nC: MAIL FROM:<a@b.example>\nS: 250 2.1.0 ok\n";

    /// The pairs of `BEGIN` with `first` and with `second` behind it, as text.
    fn compared(first: &str, second: &str) -> Vec<String> {
        let (first, second) =
            (heard(&format!("{BEGIN}{first}")), heard(&format!("{BEGIN}{second}")));
        let pairs = compare(&first, &second).into_iter().filter(|pair| pair.differs(false));
        let place = |at: Option<usize>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let told = pairs.map(|pair| {
            let names: Vec<_> = pair.differences.iter().map(Difference::name).collect();
            format!("{} {} {}", place(pair.first), place(pair.second), names.join(","))
        });
        told.collect()
    }

    #[test]
    fn exchanges_that_belong_together_are_found() {
        let rcpt = |name: &str, reply: &str| format!("C: RCPT TO:<{name}@d.example>\nS: {reply}\n");
        let ok = "250 2.1.5 ok";
        let no = "550 5.1.1 no";
        for (first, second, want) in [
            (rcpt("c", ok), rcpt("c", ok), &[][..]),
            (rcpt("c", ok), rcpt("c", no), &["3 3 code,enhanced,text"]),
            (rcpt("c", ok), rcpt("c", "250 2.1.5 fine"), &["3 3 text"]),
            // The second recipient is the same, whatever stands before it.
            (rcpt("c", ok) + &rcpt("e", ok), rcpt("e", ok), &["3 - "]),
            (rcpt("c", ok), rcpt("e", ok), &["3 3 said"]),
            (
                rcpt("c", ok) + "C: DATA\nS: 354 go\n",
                rcpt("e", no),
                &["3 3 said,code,enhanced,text", "4 - "],
            ),
            ("C: NOOP\nS: 250 ok\n".to_owned(), String::new(), &["3 - "]),
            (String::new(), "C: NOOP\nS: 250 ok\n".to_owned(), &["- 3 "]),
            ("C: NOOP\nS: 250 ok\n".to_owned(), "C: NOOP\n".to_owned(), &["3 3 code"]),
        ] {
            assert_eq!(compared(&first, &second), want, "{first} | {second}");
        }
    }

    #[test]
    fn offers_are_told_keyword_by_keyword() {
        let one = heard("S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250-SIZE 100\nS: 250 DSN\n");
        let other = heard("S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250-SIZE 200\nS: 250 CHUNKING\n");
        let pairs = compare(&one, &other);
        let offers =
            [("SIZE", Change::Changed), ("DSN", Change::Removed), ("CHUNKING", Change::Added)];
        let mut want = offers.map(|(name, change)| (name.to_owned(), change)).to_vec();
        want.sort_by(|a, b| a.0.cmp(&b.0));
        let [_, Pair { differences, .. }] = &pairs[..] else { panic!("{pairs:?}") };
        let [Difference::Offers(found)] = &differences[..] else { panic!("{differences:?}") };
        let mut found = found.clone();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(found, want);
    }

    #[test]
    fn passwords_make_no_difference() {
        let login = |secret: &str| format!("C: AUTH PLAIN {secret}\nS: 235 ok\n");
        assert_eq!(compared(&login("AGEAYg=="), &login("AGEAYw==")), Vec::<String>::new());
    }
}
