//! Themes: the user's before those of the program. A broken one is told, and the default is used.

use std::path::PathBuf;

use crate::display::Theme;
use crate::knowledge;

use super::{Folders, Sources, Warning, read};

/// What is used where nothing is chosen, or what was chosen is broken.
const DEFAULT: &str = "terminal";

/// A theme that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What it calls itself.
    pub title: String,
    /// The user's file; `None` for one of the program.
    pub path: Option<PathBuf>,
}

/// The names of all themes: those of the program, then the user's.
pub fn theme_names(folders: Option<&Folders>) -> Vec<String> {
    let mut names: Vec<_> = knowledge::themes().map(str::to_owned).collect();
    let own = folders.and_then(|folders| std::fs::read_dir(folders.themes()).ok());
    let mut more: Vec<_> = own
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_theme = path.extension().is_some_and(|extension| extension == "toml");
            is_theme.then(|| path.file_stem()?.to_str().map(str::to_owned)).flatten()
        })
        .filter(|name| !names.contains(name))
        .collect();
    more.sort();
    names.append(&mut more);
    names
}

/// All themes.
pub fn themes(sources: &Sources) -> Vec<Found> {
    let describe = |name: &String| {
        let own = user_file(name, sources);
        let (path, text) = match own {
            Some((path, text)) => (Some(path), text.unwrap_or_default()),
            None => (None, knowledge::theme(name).unwrap_or_default().to_owned()),
        };
        let title = text.parse::<toml::Table>().ok().and_then(|table| {
            table.get("title").and_then(|title| title.as_str().map(str::to_owned))
        });
        Found { name: name.clone(), title: title.unwrap_or_else(|| name.clone()), path }
    };
    sources.themes.iter().map(describe).collect()
}

/// The user's own themes: names and texts. What cannot be read is left out.
pub fn own_themes(sources: &Sources) -> Vec<(String, String)> {
    let text = |name: &String| Some((name.clone(), user_file(name, sources)?.1.ok()?));
    sources.themes.iter().filter_map(text).collect()
}

/// The user's file of this name, if there is one. Only names that were found are looked for.
fn user_file(name: &str, sources: &Sources) -> Option<(PathBuf, Result<String, String>)> {
    sources.themes.iter().find(|known| *known == name)?;
    let path = sources.folders.as_ref()?.themes().join(format!("{name}.toml"));
    let text = read(&path)?;
    Some((path, text))
}

/// Reads a theme. `auto` is answered by whoever can ask the terminal; here it is the default.
///
/// The second value says why it is the default that was read.
pub fn theme(name: &str, sources: &Sources) -> (Theme, Option<Warning>) {
    if name == "auto" {
        return (embedded_default(), None);
    }
    let parent = |name: &str| match user_file(name, sources) {
        Some((_, text)) => text.ok(),
        None => knowledge::theme(name).map(str::to_owned),
    };
    let read = match user_file(name, sources) {
        Some((path, Ok(text))) => {
            Theme::parse(&text, &parent).map_err(|slip| Warning::slip(&path, slip))
        }
        Some((path, Err(what))) => Err(Warning::file(&path, what)),
        None if knowledge::theme(name).is_some() => {
            Theme::embedded(name).map_err(|slip| Warning::new(name, slip))
        }
        None => Err(Warning::new(name, format!("expected {}", sources.themes.join(", ")))),
    };
    match read {
        Ok(theme) => (theme, None),
        Err(warning) => (embedded_default(), Some(warning)),
    }
}

fn embedded_default() -> Theme {
    match Theme::embedded(DEFAULT) {
        Ok(theme) => theme,
        Err(slip) => unreachable!("the default theme is embedded and tests parse it: {slip}"),
    }
}
