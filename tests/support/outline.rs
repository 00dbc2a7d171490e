//! A dialogue in a few lines of text, for comparing with what was expected.

use std::fmt::Write as _;

use ehlo::display::token::visible;
use ehlo::session::{Dialogue, End, Exchange, Message, Recipient, Transaction, Turn};
use ehlo::smtp::Oddity;

/// One line per exchange, transaction, recipient and message, and at last where it all ended.
pub(crate) fn outline(dialogue: &Dialogue) -> String {
    let mut out = String::new();
    for exchange in dialogue.exchanges() {
        let to = dialogue.recipient(exchange).map(|path| format!(" <{}>", path.written));
        let _ = writeln!(out, "{}", exchange_line(exchange, &to.unwrap_or_default()));
    }
    for transaction in &dialogue.envelope().transactions {
        let _ = writeln!(out, "{}", transaction_line(transaction));
        for recipient in &transaction.recipients {
            let answer = recipient.delivered.and_then(|(at, _)| dialogue.exchanges().get(at));
            let own = answer.is_some_and(|answer| answer.recipient == Some(recipient.exchange));
            let _ = writeln!(out, "{}", recipient_line(recipient, own));
        }
    }
    for (at, message) in dialogue.messages().iter().enumerate() {
        let _ = writeln!(out, "{}", message_line(at + 1, message));
        let _ = writeln!(out, "  \"{}\"", visible(&message.content()));
    }
    let _ = writeln!(out, "{}", ending(dialogue));
    out
}

/// `RCPT 550 sender [F02]`: what was asked, the answer, the phase behind it, and the oddities.
fn exchange_line(exchange: &Exchange, to: &str) -> String {
    let what = match (&exchange.turn, exchange.verb()) {
        (Turn::Greeting, _) => "greeting".to_owned(),
        (Turn::MailData, _) => "data".to_owned(),
        (Turn::Delivery(_), _) => "delivery".to_owned(),
        (Turn::LoginAnswer, _) => "answer".to_owned(),
        (Turn::Unsolicited, _) => "unasked".to_owned(),
        (Turn::LastChunk, _) => "BDAT-LAST".to_owned(),
        (Turn::Command(_), Some(verb)) if verb.is_known() => verb.to_string(),
        (Turn::Command(verb), _) => format!("\"{}\"", visible(verb.as_str().as_bytes())),
    };
    let code = match &exchange.reply {
        None => "-".to_owned(),
        Some(reply) => reply.code.map_or_else(|| "no-code".to_owned(), |code| code.to_string()),
    };
    let odd: Vec<Oddity> = exchange.oddities().map(|(_, odd)| odd).collect();
    format!("{what}{to} {code} {}{}", exchange.phase.name(), ids(&odd))
}

fn transaction_line(transaction: &Transaction) -> String {
    let message = transaction.message.map(|m| format!(", message {}", m + 1));
    let end = transaction.end.map(|(_, end)| match end {
        End::SenderRefused => "sender-refused".to_owned(),
        end => format!("{end:?}").to_lowercase(),
    });
    format!(
        "from <{}> {}{}, {}",
        transaction.sender.written,
        format!("{:?}", transaction.fate).to_lowercase(),
        message.unwrap_or_default(),
        end.map_or_else(|| "open".to_owned(), |end| format!("ended {end}"))
    )
}

/// `to <bob@example.net> accepted, message deferred`: the second where it has an `own` answer.
fn recipient_line(recipient: &Recipient, own: bool) -> String {
    let word = |fate| format!("{fate:?}").to_lowercase();
    let delivery =
        recipient.delivery().filter(|_| own).map(|fate| format!(", message {}", word(fate)));
    let (to, delivery) = (&recipient.path.written, delivery.unwrap_or_default());
    format!("to <{to}> {}{delivery}", word(recipient.fate))
}

fn message_line(number: usize, message: &Message) -> String {
    format!(
        "message {number}: {} B, {} lines, {} stuffed{}{}",
        message.wire_len(),
        message.line_count(),
        message.stuffed(),
        if message.is_complete() { "" } else { ", unfinished" },
        ids(message.odd())
    )
}

fn ending(dialogue: &Dialogue) -> String {
    let tls = if dialogue.is_secured() { ", secured" } else { "" };
    let login = if dialogue.is_authenticated() { ", logged in" } else { "" };
    format!("{}{tls}{login}", dialogue.phase().name())
}

fn ids(odd: &[Oddity]) -> String {
    let ids: Vec<_> = odd.iter().map(|o| o.id).collect();
    if ids.is_empty() { String::new() } else { format!(" [{}]", ids.join(" ")) }
}
