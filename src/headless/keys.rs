//! `ehlo keys`: the key table as the screen's help shows it.

use crate::display::keys::{Keys, Layer, key_name};
use crate::knowledge::{self, Lang};

use super::Outcome;

/// Prints every key, where it counts and what it does.
///
/// # Errors
/// If the key table is wrong.
pub fn run(lang: Lang) -> anyhow::Result<Outcome> {
    let keys = Keys::parse(knowledge::data("keys.toml")).map_err(anyhow::Error::msg)?;
    for layer in [Layer::Any, Layer::Prompt, Layer::Panes] {
        println!("{}", knowledge::word(lang, layer.title()));
        for row in keys.rows().iter().filter(|r| r.layer == layer) {
            println!("  {:<12} {}", key_name(row.key), knowledge::word(lang, row.action.name()));
        }
    }
    Ok(Outcome::Done)
}
