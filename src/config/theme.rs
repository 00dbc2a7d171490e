//! Themes: the user's before those of the program.

use std::path::PathBuf;

use crate::display::{Depth, OwnThemes, Theme};

use super::value::Color;
use super::{Sources, Warning, Written};

/// What is used where nothing is chosen, or what was chosen is broken.
pub(super) const USUAL: &str = "terminal";

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

/// All themes.
pub fn themes(sources: &Sources) -> Vec<Found> {
    let describe = |name: String| {
        let path = sources.own_themes.get(&name).map(|written| written.path.clone());
        let (title, warning) = match theme(&name, sources) {
            Ok(theme) => (theme.title().map(str::to_owned), None),
            Err(warning) => (None, Some(warning)),
        };
        Found { title: title.unwrap_or_else(|| name.clone()), name, path, warning }
    };
    sources.theme_names().into_iter().map(describe).collect()
}

/// The user's own themes. What cannot be read is left out.
pub fn own_themes(sources: &Sources) -> OwnThemes {
    let text =
        |(name, written): (&String, &Written)| Some((name.clone(), written.text.clone().ok()?));
    sources.own_themes.iter().filter_map(text).collect()
}

/// Reads a theme, as it is written: [`depth`] says in how many colours it is shown.
///
/// # Errors
/// With what is wrong in it, or that there is none.
pub fn theme(name: &str, sources: &Sources) -> Result<Theme, Warning> {
    let read = || Theme::read(name, &own_themes(sources));
    match sources.own_themes.get(name) {
        None => read().map_err(|slip| Warning::new(name, slip.what)),
        Some(Written { text: Err(warning), .. }) => Err(warning.clone()),
        Some(Written { path, .. }) => read().map_err(|slip| Warning::slip(path, slip)),
    }
}

/// The theme of the program where none is chosen, or what was chosen is broken.
pub fn usual_theme() -> Theme {
    match Theme::embedded(USUAL) {
        Ok(theme) => theme,
        Err(slip) => unreachable!("{USUAL} is embedded and tests/themes.rs parses it: {slip}"),
    }
}

/// How many colours are shown: what was set, else none for `NO_COLOR`, else what the terminal has.
pub fn depth(color: Color, sources: &Sources) -> Depth {
    let variable = |name| sources.variable(&[name]).map(|(_, value)| value);
    if color == Color::Never || (color == Color::Auto && variable("NO_COLOR").is_some()) {
        return Depth::Mono;
    }
    Depth::of(variable("COLORTERM"), variable("TERM"))
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color as Paint;

    use super::*;
    use crate::config::Folders;
    use crate::display::Role;
    use crate::knowledge;
    use crate::knowledge::Lang;

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
    fn a_theme_of_the_user_comes_first() {
        let mine = "inherits = \"mono\"\ntitle = \"Mine\"\n[role]\nclient = \"red\"\n";
        let (_home, sources) = sources(&[("mono.toml", mine), ("notes.txt", "")]);
        let theme = theme("mono", &sources).unwrap();
        assert_eq!(theme.style(Role::Client).fg, Some(Paint::Red));
        let found = themes(&sources);
        assert_eq!(found.len(), knowledge::themes().count());
        let mono = found.iter().find(|found| found.name == "mono").unwrap();
        assert_eq!(mono.title, "Mine");
        assert!(mono.path.is_some() && found[0].path.is_none());
    }

    #[test]
    fn a_broken_or_unknown_theme_is_told() {
        let (_home, sources) = sources(&[("mine.toml", "[role]\nclient = \"rod\"\n")]);
        assert_eq!(theme("mine", &sources).unwrap_err().place, Some((2, 10)));
        let warning = theme("../mine", &sources).unwrap_err();
        assert_eq!(warning.say(Lang::En), "../mine: no theme is called \"../mine\"");
    }

    #[test]
    fn auto_is_no_name_for_a_theme() {
        let (_home, sources) = sources(&[("auto.toml", "inherits = \"dark\"\n")]);
        assert!(sources.theme_names().iter().all(|name| name != "auto"));
        assert_eq!(own_themes(&sources), OwnThemes::new());
        let told = crate::config::Settings::read(&sources).1;
        assert_eq!(told.len(), 1);
        assert!(told[0].say(Lang::En).contains("auto.toml: \"auto\" means"), "{:?}", told[0]);
    }

    #[test]
    fn what_is_set_goes_before_no_color_and_that_before_the_terminal() {
        let mut sources = Sources::default();
        sources.environment.insert("TERM", "xterm-256color".to_owned());
        let all = |sources: &Sources| {
            [Color::Auto, Color::Always, Color::Never].map(|color| depth(color, sources))
        };
        assert_eq!(all(&sources), [Depth::Cube, Depth::Cube, Depth::Mono]);
        sources.environment.insert("COLORTERM", "truecolor".to_owned());
        sources.environment.insert("NO_COLOR", "1".to_owned());
        assert_eq!(all(&sources), [Depth::Mono, Depth::True, Depth::Mono]);
    }
}
