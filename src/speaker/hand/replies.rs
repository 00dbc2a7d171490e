//! The table of replies that can be suggested: data, one row for each.

use serde::Deserialize;

use super::{Kind, Offer, put};

/// What a row can be about. `command` is every command, `any` everything that is to be answered.
pub const KEYS: &[&str] = &[
    "greeting", "ehlo", "helo", "lhlo", "mail", "rcpt", "data", "bdat", "message", "starttls",
    "auth", "login", "rset", "noop", "quit", "vrfy", "expn", "help", "other", "command", "any",
    "closing",
];

/// One row.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Row {
    /// What it answers: some of [`KEYS`].
    on: Vec<String>,
    /// Of which kind it is.
    kind: String,
    /// What is said: a reply, or a directive. Without it the row says what the right answer does.
    #[serde(default)]
    say: String,
    /// What it does to the client, in English.
    pub en: String,
    /// The same in Japanese.
    pub ja: String,
}

impl Row {
    fn is_on(&self, key: &str) -> bool {
        let command = !matches!(key, "greeting" | "message" | "login" | "closing");
        self.on.iter().any(|on| {
            on == key || (on == "command" && command) || (on == "any" && key != "closing")
        })
    }

    /// What it answers.
    pub fn on(&self) -> impl Iterator<Item = &str> {
        self.on.iter().map(String::as_str)
    }

    /// What it says.
    pub fn say(&self) -> &str {
        &self.say
    }

    /// The suggestion, its places filled; `None` if one of them has nothing to stand in it.
    pub(super) fn offer(&self, value: &dyn Fn(&str) -> Option<Vec<u8>>) -> Option<Offer> {
        let kind = Kind::find(&self.kind)?;
        if self.say.is_empty() {
            return None;
        }
        let escaped = self.say.starts_with(':');
        let (mut line, mut rest) = (String::new(), self.say.as_str());
        while let Some((before, behind)) = rest.split_once('{') {
            line.push_str(before);
            let (name, behind) = behind.split_once('}')?;
            put(&mut line, &value(name)?, escaped);
            rest = behind;
        }
        line.push_str(rest);
        Some(Offer { kind, line, does: [self.en.clone(), self.ja.clone()] })
    }
}

/// The rows, in their order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replies {
    reply: Vec<Row>,
}

impl Replies {
    /// Reads a table.
    ///
    /// # Errors
    /// With the place and the reason, if it is none.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// All rows.
    pub fn rows(&self) -> &[Row] {
        &self.reply
    }

    /// The rows about `key`; those that are about it alone come before those about everything.
    pub(super) fn on<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Row> {
        self.reply.iter().filter(move |row| row.is_on(key))
    }

    /// What the right answer to `key` does to the client.
    pub(super) fn right(&self, key: &str) -> [String; 2] {
        let is_it = |row: &&Row| row.say.is_empty() && row.is_on(key);
        let row = self.reply.iter().find(is_it);
        row.map_or_else(Default::default, |row| [row.en.clone(), row.ja.clone()])
    }
}
