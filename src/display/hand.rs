//! Words for somebody who answers a client.

use crate::knowledge::{self, Lang};
use crate::session::{Exchange, Turn, secrets};

use super::Role;
use super::token::visible;

/// What is to be answered, in a few words; secrets only if `with_secrets`.
pub fn asked(exchange: &Exchange, lang: Lang, with_secrets: bool) -> String {
    let word = |key| knowledge::word(lang, key).to_owned();
    match (&exchange.turn, &exchange.line) {
        (Turn::Greeting, _) => word("hand.greeting"),
        (Turn::LoginAnswer, _) => word("hand.login"),
        (Turn::MailData | Turn::Delivery(_), _) | (_, None) => word("hand.message"),
        (_, Some(line)) => {
            let mut bytes = line.bytes.to_vec();
            if !with_secrets {
                secrets::veil(&mut bytes, exchange.secret);
            }
            visible(&bytes)
        }
    }
}

/// What there is to say about a reply that is typed: the key of a sentence, or an oddity.
pub fn remark(key: Option<&'static str>, odd: Option<&'static str>, lang: Lang) -> (Role, String) {
    let said = |id: &str| {
        let title = knowledge::oddity(id).map(|entry| entry.say(lang).title.clone());
        format!("{id} {}", title.unwrap_or_default())
    };
    match (key, odd) {
        (Some(key), _) => (Role::Warn, knowledge::word(lang, key).to_owned()),
        (None, Some(id)) => (Role::Warn, said(id)),
        (None, None) => (Role::Good, knowledge::word(lang, "hand.fine").to_owned()),
    }
}
