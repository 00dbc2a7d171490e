//! What the user has set: taken when the screen begins, and again whenever a file is saved.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{self, Color, Folders, Set, Settings, Sources, Warning};
use crate::display::keys::Keys;
use crate::display::{Depth, Theme};
use crate::headless::Setting;
use crate::knowledge::Lang;

use super::super::message::{Change, Message};
use super::answer::Answer;

/// How long the terminal may take to say whether it is dark.
const ANSWER: Duration = Duration::from_millis(100);

/// The theme that is dark or light as the terminal is.
const AUTO: &str = "auto";

/// The settings that the screen follows.
pub(super) struct Followed {
    sources: Sources,
    settings: Settings,
    keys: Keys,
    depth: Depth,
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
        Self { sources, keys: config::embedded_keys(), depth: depth(&settings), settings, dark }
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

    /// The colours that the terminal shows.
    pub(super) const fn depth(&self) -> Depth {
        self.depth
    }

    /// Everything that is set, and what is wrong with it.
    pub(super) fn all(&mut self) -> (Vec<Change>, Vec<Warning>) {
        let (theme, of_theme) = self.theme();
        let (keys, of_keys) = config::keys(&self.sources, &self.keys);
        self.keys = keys;
        let mut changes = plain(None, &self.settings);
        changes.push(Change::Keys(self.keys.clone()));
        changes.push(Change::Theme(self.settings.theme.value.clone(), theme));
        changes.push(Change::OwnThemes(config::own_themes(&self.sources)));
        (changes, of_theme.into_iter().chain(of_keys).collect())
    }

    /// What has changed where these files were touched. What is wrong changes nothing.
    pub(super) fn again(&mut self, touched: &[PathBuf]) -> Message {
        self.sources = self.sources.again();
        let (settings, mut warnings) = self.settings.again(&self.sources);
        // Variables cannot have changed, and were told.
        warnings.retain(|w| !self.sources.environment.contains_key(w.subject.as_str()));
        let before = std::mem::replace(&mut self.settings, settings);
        let mut changes = plain(Some(&before), &self.settings);
        let (keys, of_keys) = config::keys(&self.sources, &self.keys);
        warnings.extend(of_keys);
        self.keys = keys;
        changes.push(Change::Keys(self.keys.clone()));
        // A theme that was chosen on the screen stays until another one is set.
        let plain_files = self.sources.folders.as_ref().map(|f| [f.settings(), f.keys()]);
        let is_theme = |path| plain_files.as_ref().is_none_or(|files| !files.contains(path));
        if touched.iter().any(is_theme) || before.theme.value != self.settings.theme.value {
            changes.push(Change::OwnThemes(config::own_themes(&self.sources)));
            match self.theme() {
                (_, Some(warning)) => warnings.push(warning),
                (theme, None) => {
                    changes.push(Change::Theme(self.settings.theme.value.clone(), theme));
                }
            }
        }
        // The file that the person is busy with goes first.
        let others =
            |w: &Warning| !touched.iter().any(|path| path.display().to_string() == w.subject);
        warnings.sort_by_key(others);
        Message::Configured(changes, told(&warnings))
    }

    fn theme(&self) -> (Theme, Option<Warning>) {
        let name = match (self.settings.theme.value.as_str(), self.dark) {
            (AUTO, Some(true)) => "dark",
            (AUTO, Some(false)) => "light",
            (name, _) => name,
        };
        let (theme, warning) = config::theme(name, &self.sources);
        (theme.at_depth(self.depth), warning)
    }
}

/// Warnings in one line.
pub(super) fn told(warnings: &[Warning]) -> Option<String> {
    let (first, more) = warnings.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" (+{})", more.len()) };
    Some(format!("{first}{more}"))
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
    let ascii = before.is_none_or(|before| before.ascii() != now.ascii());
    [
        value(before, now, |s| &s.lang, Change::Lang),
        value(before, now, |s| &s.mouse, Change::Mouse),
        value(before, now, |s| &s.hints, Change::Hints),
        value(before, now, |s| &s.wrap, Change::Wrap),
        value(before, now, |s| &s.time, Change::Time),
        value(before, now, |s| &s.line_ends, Change::LineEnds),
        value(before, now, |s| &s.confirm_quit, Change::ConfirmQuit),
        ascii.then(|| Change::Ascii(now.ascii())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn depth(settings: &Settings) -> Depth {
    let variable = |name| std::env::var(name).ok();
    match settings.color.value {
        Color::Never => Depth::Mono,
        _ => Depth::of(variable("COLORTERM").as_deref(), variable("TERM").as_deref()),
    }
}

/// Asks the terminal for its background (OSC 11).
fn is_dark() -> Option<bool> {
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = ANSWER;
    let ground = terminal_colorsaurus::background_color(options).ok()?;
    Some(ground.perceived_lightness() < 0.5)
}
