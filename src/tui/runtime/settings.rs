//! What the user has set: taken when the screen begins, and again whenever a file is saved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::{self, AUTO, Folders, Set, Settings, Sources, Warning};
use crate::display::Depth;
use crate::display::keys::Keys;
use crate::headless::{Setting, faults};
use crate::knowledge::{Lang, Word};

use super::super::message::{Change, Message};
use super::super::palette::{FaultNamed, Whose};
use super::answer::Answer;

/// How long the terminal may take to say whether it is dark.
const ANSWER: Duration = Duration::from_millis(100);

/// The settings that the screen follows.
pub(super) struct Followed {
    sources: Sources,
    settings: Settings,
    keys: Keys,
    /// What the terminal said when it was asked.
    dark: Option<bool>,
}

impl Followed {
    /// Takes what is set. The terminal is asked if the theme depends on it, so this comes before
    /// anything else reads from it.
    pub(super) fn begin(setting: &Setting) -> Self {
        let settings = setting.chosen.clone();
        let dark = (settings.theme.value == AUTO).then(is_dark).flatten();
        let sources = setting.sources.clone();
        Self { sources, keys: config::embedded_keys(), settings, dark }
    }

    /// What may still come if the terminal was asked and has not answered.
    pub(super) fn late_answer(&self) -> Answer {
        let asked = self.settings.theme.value == AUTO;
        Answer::awaited(asked && self.dark.is_none())
    }

    /// The folders of the user.
    pub(super) fn folders(&self) -> Option<Folders> {
        self.sources.folders.clone()
    }

    /// The language of what is told.
    pub(super) const fn lang(&self) -> Lang {
        self.settings.lang.value
    }

    /// Everything that is set, and what is wrong with it.
    pub(super) fn all(&mut self) -> (Vec<Change>, Vec<Warning>) {
        let mut warnings = Vec::new();
        let mut changes = plain(None, &self.settings);
        changes.extend([self.depth(), self.own_faults()]);
        self.take_theme(&mut changes, &mut warnings);
        self.take_keys(&mut changes, &mut warnings);
        (changes, warnings)
    }

    /// What has changed where these files were touched. What is wrong changes nothing.
    pub(super) fn again(&mut self, touched: &[PathBuf]) -> Message {
        self.sources = self.sources.again();
        let (settings, mut warnings) = self.settings.again(&self.sources);
        // Variables cannot have changed, and were told.
        warnings.retain(|w| !self.sources.environment.contains_key(w.subject.as_str()));
        let before = std::mem::replace(&mut self.settings, settings);
        let mut changes = plain(Some(&before), &self.settings);
        changes.extend([self.depth(), self.own_faults()]);
        self.take_keys(&mut changes, &mut warnings);
        // A theme that was chosen on the screen stays until another one is set.
        let themes = self.sources.folders.as_ref().map(Folders::themes);
        let of_themes = |path: &PathBuf| {
            themes.as_ref().is_some_and(|t| path.starts_with(t) || t.starts_with(path))
        };
        if touched.iter().any(of_themes) || before.theme.value != self.settings.theme.value {
            self.take_theme(&mut changes, &mut warnings);
        }
        // The file that the person is busy with goes first, also where it is a link to that.
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let busy: Vec<_> = touched.iter().map(|path| real(path)).collect();
        warnings.sort_by_key(|warning| !busy.contains(&real(Path::new(&warning.subject))));
        Message::Configured(changes, told(&warnings, self.settings.lang.value))
    }

    /// How many colours are shown. crossterm would ask `NO_COLOR` alone.
    fn depth(&self) -> Change {
        let depth = config::depth(self.settings.color.value, &self.sources);
        crossterm::style::force_color_output(depth != Depth::Mono);
        Change::Depth(depth)
    }

    /// The faults that the user wrote; what is wrong with one is told in its place.
    fn own_faults(&self) -> Change {
        let named = |(name, own): (&str, Result<faults::Known, Warning>)| {
            let (mut value, mut plays, mut whose) = (None, Vec::new(), Whose::OwnWrong);
            let say: Box<dyn Fn(Lang) -> String> = match own {
                Ok(faults::Known { fault, .. }) => {
                    (value, plays) = (fault.value.clone(), fault.plays.clone());
                    whose = Whose::Own;
                    Box::new(move |lang| fault.title(lang.code()).to_owned())
                }
                Err(warning) => Box::new(move |lang| warning.short().say(lang)),
            };
            let title = Word { en: say(Lang::En), ja: Some(say(Lang::Ja)) };
            FaultNamed { name: name.to_owned(), title, plays, value, whose }
        };
        Change::OwnFaults(faults::owned(&self.sources).map(named).collect())
    }

    fn take_keys(&mut self, changes: &mut Vec<Change>, warnings: &mut Vec<Warning>) {
        let (keys, wrong) = config::keys(&self.sources, &self.keys);
        warnings.extend(wrong);
        changes.push(Change::Keys(keys.clone()));
        self.keys = keys;
    }

    fn take_theme(&self, changes: &mut Vec<Change>, warnings: &mut Vec<Warning>) {
        changes.push(Change::OwnThemes(config::own_themes(&self.sources)));
        let name = &self.settings.theme.value;
        let theme = match (name.as_str(), self.dark) {
            (AUTO, None) => Ok(config::usual_theme()),
            (AUTO, Some(true)) => config::theme("dark", &self.sources),
            (AUTO, Some(false)) => config::theme("light", &self.sources),
            (name, _) => config::theme(name, &self.sources),
        };
        match theme {
            Ok(theme) => changes.push(Change::Theme(name.clone(), theme)),
            Err(warning) => warnings.push(warning),
        }
    }
}

/// Warnings in one line; how many more there are stands first, where no line cuts it off.
pub(super) fn told(warnings: &[Warning], lang: Lang) -> Option<String> {
    let (first, more) = warnings.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!("(+{}) ", more.len()) };
    Some(format!("{more}{}", first.short().say(lang)))
}

/// The settings that are plain values, as far as they are others than `before`.
fn plain(before: Option<&Settings>, now: &Settings) -> Vec<Change> {
    fn value<T: Copy + PartialEq>(
        before: Option<&Settings>,
        now: &Settings,
        field: fn(&Settings) -> &Set<T>,
        change: fn(T) -> Change,
    ) -> Option<Change> {
        let new = field(now).value;
        let same = before.is_some_and(|before| field(before).value == new);
        (!same).then(|| change(new))
    }
    let limits = before.is_some_and(|before| before.limits() != now.limits());
    let ascii = before.is_none_or(|before| before.ascii() != now.ascii());
    [
        value(before, now, |s| &s.lang, Change::Lang),
        value(before, now, |s| &s.mouse, Change::Mouse),
        value(before, now, |s| &s.hints, Change::Hints),
        value(before, now, |s| &s.wrap, Change::Wrap),
        value(before, now, |s| &s.time, Change::Time),
        value(before, now, |s| &s.line_ends, Change::LineEnds),
        value(before, now, |s| &s.history, Change::History),
        value(before, now, |s| &s.confirm_quit, Change::ConfirmQuit),
        ascii.then(|| Change::Ascii(now.ascii())),
        limits.then(|| Change::Limits(now.limits())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Asks the terminal for its background (OSC 11).
fn is_dark() -> Option<bool> {
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = ANSWER;
    let ground = terminal_colorsaurus::background_color(options).ok()?;
    Some(ground.perceived_lightness() < 0.5)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// What follows from touching this file: whether a theme comes, and what is told first.
    fn after(followed: &mut Followed, touched: &Path) -> (bool, String) {
        let Message::Configured(changes, told) = followed.again(&[touched.to_owned()]) else {
            unreachable!("nothing else comes of it")
        };
        let theme = changes.iter().any(|change| matches!(change, Change::Theme(..)));
        (theme, told.unwrap_or_default())
    }

    #[test]
    fn a_file_of_settings_is_no_theme_even_where_it_is_a_link() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().canonicalize().unwrap();
        let folders = Folders { config: path.join("ehlo"), state: path.join("state") };
        std::fs::create_dir_all(folders.themes()).unwrap();
        let (keys, theme) = (path.join("dotkeys.toml"), folders.themes().join("mine.toml"));
        std::fs::write(folders.settings(), "lnag = 1\n").unwrap();
        std::fs::write(&keys, "[any]\nf5 = \"hlep\"\n").unwrap();
        std::os::unix::fs::symlink(&keys, folders.keys()).unwrap();
        let sources = Sources::gather(Vec::new(), Some(folders.clone()));
        let (chosen, warnings) = Settings::read(&sources);
        let setting = Setting { chosen, sources, warnings, ..Setting::default() };
        let mut followed = Followed::begin(&setting);
        for (touched, with_theme, first) in [
            (&keys, false, "keys.toml"),
            (&folders.settings(), false, "config.toml"),
            (&theme, true, "config.toml"),
            (&folders.config, true, "config.toml"),
        ] {
            let (theme, told) = after(&mut followed, touched);
            assert_eq!(theme, with_theme, "{}", touched.display());
            assert!(told.contains(&format!("{first}: ")), "{told}");
        }
    }
}
