//! `ehlo keys`: the key table as the screen's help shows it, with what the user has changed.

use std::fmt::Write as _;

use crate::config;
use crate::display::keys::{Keys, Layer, key_name};
use crate::display::text::{fit, width};
use crate::knowledge::{self, Lang};

use super::{Outcome, Setting, say, tell};

/// Prints every key, where it counts and what it does.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    let embedded = config::embedded_keys();
    let (keys, warnings) = config::keys(&setting.sources, &embedded);
    tell(&warnings, setting.lang());
    say(&table(&keys, &embedded, setting.lang()))?;
    Ok(Outcome::Done)
}

fn table(keys: &Keys, embedded: &Keys, lang: Lang) -> String {
    let own = knowledge::word(lang, "keys.own");
    let nothing = knowledge::word(lang, "keys.nothing");
    let names = keys.rows().iter().chain(embedded.rows()).map(|row| width(&key_name(row.key)));
    let column = names.max().unwrap_or_default();
    let mut out = String::new();
    for layer in Layer::ALL.iter().copied() {
        let _ = writeln!(out, "{}", knowledge::word(lang, layer.title()));
        for row in keys.rows().iter().filter(|row| row.layer == layer) {
            let does = knowledge::word(lang, row.action.name());
            let mark = if embedded.bound(layer, row.key) == Some(row.action) { "" } else { own };
            let _ = writeln!(out, "  {}  {does}{mark}", fit(&key_name(row.key), column));
        }
        let gone = |key| keys.bound(layer, key).is_none();
        for row in embedded.rows().iter().filter(|row| row.layer == layer && gone(row.key)) {
            let _ = writeln!(out, "  {}  {nothing}{own}", fit(&key_name(row.key), column));
        }
    }
    out
}
