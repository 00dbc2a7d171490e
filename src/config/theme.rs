//! Themes: the user's before those of the program. A broken one is told, and the default is used.

use std::path::PathBuf;

use crate::display::{Depth, Theme};
use crate::knowledge;

use super::{Folders, Sources, Warning, read};

/// What is used where nothing is chosen, or what was chosen is broken.
const DEFAULT: &str = "terminal";

/// A theme that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What it calls itself, else its name.
    pub title: String,
    /// The user's file; `None` for one of the program.
    pub path: Option<PathBuf>,
    /// Why it cannot be used.
    pub warning: Option<Warning>,
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
        let path = own(name, sources).map(|(path, _)| path);
        let (title, warning) = match load(name, sources) {
            Ok(theme) => (theme.title().map(str::to_owned), None),
            Err(warning) => (None, Some(warning)),
        };
        Found { name: name.clone(), title: title.unwrap_or_else(|| name.clone()), path, warning }
    };
    sources.themes.iter().map(describe).collect()
}

/// The user's own themes: names and texts. What cannot be read is left out.
pub fn own_themes(sources: &Sources) -> Vec<(String, String)> {
    let text = |name: &String| Some((name.clone(), own(name, sources)?.1.ok()?));
    sources.themes.iter().filter_map(text).collect()
}

/// Reads a theme, in the colours that this terminal shows. `auto` is answered by whoever can ask
/// the terminal; here it is the default.
///
/// The second value says why it is the default that was read.
pub fn theme(name: &str, sources: &Sources) -> (Theme, Option<Warning>) {
    let name = if name == "auto" { DEFAULT } else { name };
    let (theme, warning) = match load(name, sources) {
        Ok(theme) => (theme, None),
        Err(warning) => (embedded_default(), Some(warning)),
    };
    let variable = |name| sources.variable(&[name]).map(|(_, value)| value);
    (theme.at_depth(Depth::of(variable("COLORTERM"), variable("TERM"))), warning)
}

fn load(name: &str, sources: &Sources) -> Result<Theme, Warning> {
    // A theme of the user may inherit the program's of the same name.
    let parent = |parent: &str| {
        let own = own(parent, sources).filter(|_| parent != name);
        own.map_or_else(|| knowledge::theme(parent).map(str::to_owned), |(_, text)| text.ok())
    };
    let Some((path, text)) = own(name, sources) else {
        let expected = || Warning::new(name, format!("expected {}", sources.themes.join(", ")));
        let text = knowledge::theme(name).ok_or_else(expected)?;
        return Theme::parse(text, &parent).map_err(|slip| Warning::new(name, slip));
    };
    let text = text.map_err(|error| Warning::file(&path, error))?;
    Theme::parse(&text, &parent).map_err(|slip| Warning::slip(&path, slip))
}

/// The user's file of this name, if there is one. Only names that were found are looked for.
fn own(name: &str, sources: &Sources) -> Option<(PathBuf, Result<String, String>)> {
    sources.themes.iter().find(|known| *known == name)?;
    let path = sources.folders.as_ref()?.themes().join(format!("{name}.toml"));
    let text = read(&path)?;
    Some((path, text))
}

fn embedded_default() -> Theme {
    match Theme::embedded(DEFAULT) {
        Ok(theme) => theme,
        Err(slip) => unreachable!("{DEFAULT} is embedded and tests/themes.rs parses it: {slip}"),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;
    use crate::display::Role;

    fn sources(files: &[(&str, &str)]) -> (tempfile::TempDir, Sources) {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders { config: home.path().into(), state: home.path().into() };
        std::fs::create_dir(folders.themes()).unwrap();
        for (name, text) in files {
            std::fs::write(folders.themes().join(name), text).unwrap();
        }
        let sources = Sources { folders: Some(folders), ..Sources::default() };
        (home, sources.again())
    }

    #[test]
    fn a_theme_of_the_user_comes_first_and_may_inherit_its_namesake() {
        let mine = "inherits = \"mono\"\ntitle = \"Mine\"\n[role]\nclient = \"red\"\n";
        let (_home, sources) = sources(&[("mono.toml", mine), ("notes.txt", "")]);
        let (theme, warning) = theme("mono", &sources);
        assert_eq!((theme.style(Role::Client).fg, warning), (Some(Color::Red), None));
        let embedded = Theme::embedded("mono").unwrap();
        assert_eq!(theme.style(Role::Selected), embedded.style(Role::Selected));
        let found = themes(&sources);
        assert_eq!(found.len(), knowledge::themes().count());
        let mono = found.iter().find(|found| found.name == "mono").unwrap();
        assert_eq!(mono.title, "Mine");
        assert!(mono.path.is_some() && found[0].path.is_none());
    }

    #[test]
    fn a_broken_or_unknown_theme_is_told_and_the_default_is_used() {
        let (_home, sources) = sources(&[("mine.toml", "[role]\nclient = \"rod\"\n")]);
        let usual = theme("terminal", &sources).0.style(Role::Client);
        let (theme_read, warning) = theme("mine", &sources);
        assert_eq!(theme_read.style(Role::Client), usual);
        assert_eq!(warning.unwrap().place, Some((2, 10)));
        let (_, warning) = theme("../mine", &sources);
        assert!(warning.unwrap().what.starts_with("expected terminal, "));
        assert_eq!(theme("auto", &sources).1, None);
    }

    #[test]
    fn colours_are_those_that_the_terminal_shows() {
        let (_home, mut sources) = sources(&[("mine.toml", "[role]\nclient = \"#ff0000\"\n")]);
        let client = |sources: &Sources| theme("mine", sources).0.style(Role::Client).fg;
        sources.environment.insert("TERM", "xterm-256color".to_owned());
        assert!(matches!(client(&sources), Some(Color::Indexed(_))));
        sources.environment.insert("COLORTERM", "truecolor".to_owned());
        assert_eq!(client(&sources), Some(Color::Rgb(255, 0, 0)));
    }
}
