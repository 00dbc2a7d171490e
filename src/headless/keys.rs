//! `ehlo keys`: the key table as the screen's help shows it.

use std::fmt::Write as _;

use crate::display::keys::{Keys, Layer, key_name};
use crate::knowledge::{self, Lang};

use super::{Outcome, say};

/// Prints every key, where it counts and what it does.
///
/// # Errors
/// If the key table is wrong.
pub fn run(lang: Lang) -> anyhow::Result<Outcome> {
    let keys = Keys::parse(knowledge::data("keys.toml")).map_err(anyhow::Error::msg)?;
    let mut out = String::new();
    for &layer in Layer::ALL {
        let _ = writeln!(out, "{}", knowledge::word(lang, layer.title()));
        for row in keys.rows().iter().filter(|r| r.layer == layer) {
            let does = knowledge::word(lang, row.action.name());
            let _ = writeln!(out, "  {:<12} {does}", key_name(row.key));
        }
    }
    say(&out)?;
    Ok(Outcome::Done)
}
