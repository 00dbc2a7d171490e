//! What stands inside the steps of a login, for every front: each field with its name, its value
//! and what it is for. Secrets are hidden.

use crate::knowledge::{self, Lang};
use crate::session::{Dialogue, Login, Row};
use crate::smtp::sasl::{Field, Form, Name, Step};

use super::token::visible;

/// One field of a step, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    /// Its name, with its value behind it where it has one.
    pub field: String,
    /// What it is for.
    pub why: String,
}

/// What stands inside the step of a login that this row is, if it is one.
pub fn inside(dialogue: &Dialogue, row: Row, lang: Lang, with_secrets: bool) -> Vec<Inside> {
    let step = match row {
        Row::Client { exchange } => {
            Login::at(dialogue, exchange).and_then(|login| login.client_step(exchange))
        }
        Row::Server { exchange, line: 0 } => {
            Login::at(dialogue, exchange).and_then(|login| login.server_step(exchange))
        }
        _ => None,
    };
    step.map(|step| in_words(&step, lang, with_secrets)).unwrap_or_default()
}

/// The same in one line; nothing for a row that is no step.
pub fn line(dialogue: &Dialogue, row: Row, lang: Lang, with_secrets: bool) -> Option<String> {
    let fields = inside(dialogue, row, lang, with_secrets);
    let fields: Vec<_> = fields.into_iter().map(|inside| inside.field).collect();
    (!fields.is_empty()).then(|| fields.join("; "))
}

/// Who has logged in, and how.
pub fn logged_in(dialogue: &Dialogue, lang: Lang) -> Option<String> {
    if !dialogue.is_authenticated() {
        return None;
    }
    let login = dialogue.login();
    let user = login.as_ref().and_then(|login| Some((login.user()?, login.mechanism)));
    Some(match user {
        Some((user, mechanism)) => {
            let user = visible(user.as_bytes());
            let values = [("user", &*user), ("mechanism", &*visible(mechanism.as_bytes()))];
            knowledge::fill(lang, "envelope.logged-in-as", &values)
        }
        None => knowledge::word(lang, "envelope.logged-in").to_owned(),
    })
}

fn in_words(step: &Step, lang: Lang, with_secrets: bool) -> Vec<Inside> {
    let at = match step.form {
        Form::NotBase64(at) => at + 1,
        _ => 0,
    };
    let at = at.to_string();
    let told = step.fields.iter().map(|field| {
        let [name, why] = field.name.key();
        let name = knowledge::word(lang, name);
        let colon = knowledge::word(lang, "colon");
        let value = value(field, lang, with_secrets);
        let field = value.map_or_else(|| name.to_owned(), |value| [name, colon, &value].concat());
        Inside { field, why: knowledge::fill(lang, why, &[("at", &at)]) }
    });
    told.collect()
}

fn value(field: &Field, lang: Lang, with_secrets: bool) -> Option<String> {
    match field.name {
        Name::Cancel | Name::Empty | Name::Veiled => None,
        _ if field.secret && !with_secrets => Some(knowledge::word(lang, "sasl.hidden").to_owned()),
        _ if field.value.is_empty() => Some(knowledge::word(lang, "sasl.empty").to_owned()),
        _ => Some(visible(&field.value)),
    }
}
