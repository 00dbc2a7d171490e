//! Parts of a session in words, shared by the screen and the plain front.

use std::fmt::Write as _;

use crate::knowledge::{self, Lang};
use crate::session::{Dialogue, End, Exchange, Fate, Recipient, Transaction, Turn};
use crate::smtp::Parsed;
use crate::smtp::param::Param;
use crate::smtp::wait::Wait;

use super::envelope;
use super::token::visible;

/// A number in groups of three: `1 284`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let place = |(at, digit): (usize, char)| {
        let gap = at > 0 && (digits.len() - at).is_multiple_of(3);
        gap.then_some(' ').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(place).collect()
}

/// A number of bytes as far as it matters: `1 284 B`, `12.3 MB`.
pub fn amount(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{} B", grouped(bytes)),
        _ => format!("{}.{} MB", grouped(bytes / 1_000_000), bytes % 1_000_000 / 100_000),
    }
}

/// A limit: `90 s`, `2 min`, or that there is none.
pub fn limit(seconds: u64, lang: Lang) -> String {
    let (key, n) = match seconds {
        0 => return knowledge::word(lang, "wait.for-ever").to_owned(),
        minutes if minutes % 60 == 0 => ("header.minutes", minutes / 60),
        seconds => ("header.seconds", seconds),
    };
    knowledge::fill(lang, key, &[("n", &n.to_string())])
}

/// What is awaited; `exchange` is the one to which the reply belongs.
pub fn awaited(wait: Wait, exchange: Option<&Exchange>, lang: Lang) -> String {
    let verb = exchange.and_then(Exchange::verb).filter(|verb| verb.is_known());
    let key = match (wait, verb) {
        (Wait::Command, Some(verb)) => {
            return knowledge::fill(lang, "wait.verb", &[("verb", verb.as_str())]);
        }
        (Wait::Connect, _) => "wait.connect",
        (Wait::Tls, _) => "wait.tls",
        (Wait::Greeting, _) => "wait.greeting",
        (Wait::Mail, _) => "wait.mail",
        (Wait::Rcpt, _) => "wait.rcpt",
        (Wait::Data, _) => "wait.data",
        (Wait::DataBlock, _) => "wait.data-block",
        (Wait::DataEnd, _) => "wait.data-end",
        (Wait::Command, None) => "wait.command",
        (Wait::Idle, _) => "wait.idle",
    };
    knowledge::word(lang, key).to_owned()
}

/// What a limit is about: the key of its sentence.
pub const fn limit_key(wait: Wait) -> &'static str {
    match wait {
        Wait::Connect => "setting.wait.connect",
        Wait::Tls => "setting.wait.tls",
        Wait::Greeting => "setting.wait.greeting",
        Wait::Mail => "setting.wait.mail",
        Wait::Rcpt => "setting.wait.rcpt",
        Wait::Data => "setting.wait.data",
        Wait::DataBlock => "setting.wait.data-block",
        Wait::DataEnd => "setting.wait.data-end",
        Wait::Command => "setting.wait.command",
        Wait::Idle => "setting.wait.idle",
    }
}

/// That something is overdue, with the clause that asks for so much patience.
pub fn overdue(wait: Wait, seconds: u64, exchange: Option<&Exchange>, lang: Lang) -> String {
    let clause = wait.clause().map(|clause| {
        let values = [("clause", clause), ("limit", &*limit(wait.usual(), lang))];
        knowledge::fill(lang, "notice.overdue.clause", &values)
    });
    let key = if wait == Wait::Idle { "notice.overdue.idle" } else { "notice.overdue" };
    let (what, limit) = (awaited(wait, exchange, lang), limit(seconds, lang));
    let clause = clause.unwrap_or_default();
    knowledge::fill(lang, key, &[("what", &what), ("limit", &limit), ("clause", &clause)])
}

/// An address between brackets, in visible tokens.
pub fn address(written: &str) -> String {
    format!("<{}>", visible(written.as_bytes()))
}

/// Parameters as they were written, each behind a blank.
pub fn params(params: &[Parsed<Param>]) -> String {
    params.iter().fold(String::new(), |mut out, param| {
        let value = param.value.value.as_deref().map(|v| format!("={}", visible(v.as_bytes())));
        let _ =
            write!(out, " {}{}", visible(param.value.name.as_bytes()), value.unwrap_or_default());
        out
    })
}

/// The key of the word for a fate in `transaction`: once that is over, no answer will come.
pub const fn fate_key(fate: Fate, transaction: &Transaction) -> &'static str {
    match fate {
        Fate::Waiting if transaction.end.is_some() => "fate.unanswered",
        Fate::Waiting => "fate.waiting",
        Fate::Accepted => "fate.accepted",
        Fate::Deferred => "fate.deferred",
        Fate::Refused => "fate.refused",
    }
}

/// The code with which an exchange was answered, if it was.
pub fn code(dialogue: &Dialogue, exchange: usize) -> Option<String> {
    let code = dialogue.exchanges().get(exchange)?.reply.as_ref()?.code;
    code.map(|code| code.to_string())
}

/// What the server said in `exchange`, in words: `250 accepted`.
pub fn fate_words(
    dialogue: &Dialogue,
    transaction: &Transaction,
    (exchange, fate): (usize, Fate),
    lang: Lang,
) -> String {
    behind(code(dialogue, exchange), fate_key(fate, transaction), lang)
}

/// The same with the enhanced code: `550 5.1.1 refused`.
pub fn full_fate_words(
    dialogue: &Dialogue,
    transaction: &Transaction,
    (exchange, fate): (usize, Fate),
    lang: Lang,
) -> String {
    behind(envelope::codes(dialogue, exchange), fate_key(fate, transaction), lang)
}

/// A word behind the codes that go with it.
fn behind(codes: Option<String>, key: &'static str, lang: Lang) -> String {
    let word = knowledge::word(lang, key);
    codes.map_or_else(|| word.to_owned(), |codes| format!("{codes} {word}"))
}

/// What became of the message for a recipient, in words; `None` where nobody has asked.
pub fn delivery_words(
    dialogue: &Dialogue,
    transaction: &Transaction,
    recipient: &Recipient,
    lang: Lang,
) -> Option<String> {
    recipient.delivered.map(|said| fate_words(dialogue, transaction, said, lang))
}

/// For whom an exchange answers the message, where that is not said by its place.
pub fn answers_for(dialogue: &Dialogue, exchange: &Exchange, lang: Lang) -> Option<String> {
    match dialogue.recipient(exchange) {
        Some(path) => {
            let name = address(&path.written);
            Some(knowledge::fill(lang, "delivery.for", &[("name", &name)]))
        }
        None if matches!(exchange.turn, Turn::Delivery(_)) => {
            Some(knowledge::word(lang, "delivery.all").to_owned())
        }
        None => None,
    }
}

/// The word for how a transaction ended, or that it is open.
pub fn end_word(transaction: &Transaction, lang: Lang) -> &'static str {
    knowledge::word(lang, end_key(transaction))
}

/// The key of that word.
pub fn end_key(transaction: &Transaction) -> &'static str {
    match transaction.end.map(|(_, end)| end) {
        None => "end.open",
        Some(End::Accepted) => "end.accepted",
        Some(End::Partly) => "end.partly",
        Some(End::Deferred) => "end.deferred",
        Some(End::Refused) => "end.refused",
        Some(End::SenderRefused) => "end.sender-refused",
        Some(End::Reset) => "end.reset",
        Some(End::Greeting) => "end.greeting",
        Some(End::Replaced) => "end.replaced",
        Some(End::Secured) => "end.secured",
        Some(End::Quit) => "end.quit",
        Some(End::Closed) => "end.closed",
    }
}
