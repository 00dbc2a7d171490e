//! `ehlo themes`: what can be chosen, where it comes from, and what is.

use std::fmt::Write as _;

use crate::config;
use crate::display::text::{fit, width};
use crate::display::token::own_visible;
use crate::knowledge;

use super::{Outcome, Setting, say, tell};

/// Prints every theme: its name, its title, where it comes from, and whether it is chosen.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    let word = |key| knowledge::word(setting.lang(), key);
    let chosen = &setting.chosen.theme.value;
    let themes = config::themes(&setting.sources);
    tell(themes.iter().filter_map(|theme| theme.warning.as_ref()), setting.lang());
    let rows: Vec<_> = themes
        .into_iter()
        .map(|theme| {
            let from = match &theme.path {
                None => word("themes.built-in").to_owned(),
                Some(path) => own_visible(&path.display().to_string()),
            };
            let mark = if theme.name == *chosen { word("themes.chosen") } else { "" };
            [own_visible(&theme.name), own_visible(&theme.title), format!("{from}{mark}")]
        })
        .collect();
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|c| width(c)).max();
    let (names, titles) = (widest(0).unwrap_or_default(), widest(1).unwrap_or_default());
    let mut out = String::new();
    for [name, title, from] in &rows {
        let _ = writeln!(out, "{}  {}  {from}", fit(name, names), fit(title, titles));
    }
    if chosen == config::AUTO {
        let _ = writeln!(out, "{}", word("themes.auto"));
    }
    say(&out)?;
    Ok(Outcome::Done)
}
