//! The settings as one table: name, variable, allowed values, default, and a sentence about each.

use std::path::PathBuf;

use crate::knowledge::Lang;
use crate::smtp::wait::{Limits, Wait};

use super::reading::Reading;
use super::theme::USUAL;
use super::value::{Borders, Color, Count, Seconds, Value};
use super::{Sources, Warning};

/// What stands before the names of limits.
pub const TIMEOUTS: &str = "timeouts.";

/// How many of the last sessions are kept, and how many megabytes of them.
const KEEP: u64 = 100;
const SIZE: u64 = 200;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// This flag.
    Flag(&'static str),
    /// This variable of the environment.
    Variable(&'static str),
    /// A line of `config.toml`.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// Its name in `config.toml`.
    pub name: &'static str,
    /// Its variable of the environment.
    pub variable: &'static str,
    /// The key of a sentence about it.
    pub help: &'static str,
    /// Whether `config.toml` writes its values in quotes.
    pub quoted: bool,
    allowed: fn(&Sources) -> Vec<String>,
}

impl Row {
    /// The section of the file in which it stands, if it stands in one, and its name there.
    pub fn place(&self) -> (Option<&'static str>, &'static str) {
        match self.name.split_once('.') {
            Some((section, name)) => (Some(section), name),
            None => (None, self.name),
        }
    }

    /// The row of a setting.
    pub fn of(name: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name == name)
    }

    /// The values that it may have.
    pub fn allowed(&self, sources: &Sources) -> Vec<String> {
        (self.allowed)(sources)
    }
}

/// A setting as it is told: its row, its value in words, and where that comes from.
#[derive(Debug)]
pub struct Shown<'a> {
    /// The row.
    pub row: &'static Row,
    /// The value, as a file writes it without quotes.
    pub value: String,
    /// Where it comes from.
    pub source: &'a Source,
}

macro_rules! settings {
    ($($field:ident: $kind:ty, $name:literal, $variable:literal, $help:literal, $doc:literal, $default:expr;)*) => {
        /// All settings.
        pub const ROWS: &[Row] = &[$(Row {
            name: $name, variable: $variable, help: $help,
            quoted: <$kind as Value>::QUOTED, allowed: <$kind as Value>::allowed,
        }),*];

        /// What is set, each with its source.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Settings {
            $(#[doc = $doc] pub $field: Set<$kind>,)*
            utf8: bool,
        }

        impl Settings {
            fn resolve(sources: &Sources, last: Option<&Self>) -> (Self, Vec<Warning>) {
                let mut reading = Reading::begin(sources);
                let mut settings = Self {
                    $($field: reading.find($name, $variable, last.map(|l| &l.$field), $default),)*
                    utf8: is_utf8(sources),
                };
                settings.mind_no_color(sources);
                (settings, reading.end())
            }

            /// Every setting in words.
            pub fn shown(&self) -> Vec<Shown<'_>> {
                let words = [$((self.$field.value.written(), &self.$field.source)),*];
                let told = |(row, (value, source))| Shown { row, value, source };
                ROWS.iter().zip(words).map(told).collect()
            }
        }
    };
}

settings! {
    lang: Lang, "lang", "EHLO_LANG", "setting.lang", "The language of the interface.", locale_lang;
    theme: String, "theme", "EHLO_THEME", "setting.theme", "The name of the theme, or `auto`.", |_| Set::usual(USUAL.to_owned());
    color: Color, "color", "EHLO_COLOR", "setting.color", "When to use colours.", |_| Set::usual(Color::Auto);
    mouse: bool, "mouse", "EHLO_MOUSE", "setting.mouse", "Whether the screen hears the mouse.", |_| Set::usual(true);
    borders: Borders, "borders", "EHLO_BORDERS", "setting.borders", "What borders are drawn with.", |_| Set::usual(Borders::Auto);
    hints: bool, "hints", "EHLO_HINTS", "setting.hints", "Whether there is a line of hints.", |_| Set::usual(true);
    wrap: bool, "wrap", "EHLO_WRAP", "setting.wrap", "Whether long lines are wrapped.", |_| Set::usual(true);
    time: bool, "time", "EHLO_TIME", "setting.time", "Whether there is a column of times.", |_| Set::usual(false);
    line_ends: bool, "line-ends", "EHLO_LINE_ENDS", "setting.line-ends", "Whether line ends are shown.", |_| Set::usual(false);
    history: bool, "history", "EHLO_HISTORY", "setting.history", "Whether the lines that are sent are kept for the next run.", |_| Set::usual(true);
    confirm_quit: bool, "confirm-quit", "EHLO_CONFIRM_QUIT", "setting.confirm-quit", "Whether to ask before an open transaction is left.", |_| Set::usual(true);
    recordings_keep: Count, "recordings.keep", "EHLO_RECORDINGS_KEEP", "setting.recordings.keep", "How many of the last sessions are kept.", |_| Set::usual(Count(KEEP));
    recordings_size: Count, "recordings.size", "EHLO_RECORDINGS_SIZE", "setting.recordings.size", "How large they may be together, in megabytes.", |_| Set::usual(Count(SIZE));
    wait_connect: Seconds, "timeouts.connect", "EHLO_TIMEOUT_CONNECT", "setting.wait.connect", "How long to wait: `Wait::Connect`.", |_| Set::usual(Seconds::usual(Wait::Connect));
    wait_tls: Seconds, "timeouts.tls", "EHLO_TIMEOUT_TLS", "setting.wait.tls", "How long to wait: `Wait::Tls`.", |_| Set::usual(Seconds::usual(Wait::Tls));
    wait_greeting: Seconds, "timeouts.greeting", "EHLO_TIMEOUT_GREETING", "setting.wait.greeting", "How long to wait: `Wait::Greeting`.", |_| Set::usual(Seconds::usual(Wait::Greeting));
    wait_mail: Seconds, "timeouts.mail", "EHLO_TIMEOUT_MAIL", "setting.wait.mail", "How long to wait: `Wait::Mail`.", |_| Set::usual(Seconds::usual(Wait::Mail));
    wait_rcpt: Seconds, "timeouts.rcpt", "EHLO_TIMEOUT_RCPT", "setting.wait.rcpt", "How long to wait: `Wait::Rcpt`.", |_| Set::usual(Seconds::usual(Wait::Rcpt));
    wait_data: Seconds, "timeouts.data", "EHLO_TIMEOUT_DATA", "setting.wait.data", "How long to wait: `Wait::Data`.", |_| Set::usual(Seconds::usual(Wait::Data));
    wait_data_block: Seconds, "timeouts.data-block", "EHLO_TIMEOUT_DATA_BLOCK", "setting.wait.data-block", "How long to wait: `Wait::DataBlock`.", |_| Set::usual(Seconds::usual(Wait::DataBlock));
    wait_data_end: Seconds, "timeouts.data-end", "EHLO_TIMEOUT_DATA_END", "setting.wait.data-end", "How long to wait: `Wait::DataEnd`.", |_| Set::usual(Seconds::usual(Wait::DataEnd));
    wait_command: Seconds, "timeouts.command", "EHLO_TIMEOUT_COMMAND", "setting.wait.command", "How long to wait: `Wait::Command`.", |_| Set::usual(Seconds::usual(Wait::Command));
    wait_idle: Seconds, "timeouts.idle", "EHLO_TIMEOUT_IDLE", "setting.wait.idle", "How long to wait: `Wait::Idle`.", |_| Set::usual(Seconds::usual(Wait::Idle));
}

impl Settings {
    /// The settings that these sources make, and what is wrong in them.
    pub fn read(sources: &Sources) -> (Self, Vec<Warning>) {
        Self::resolve(sources, None)
    }

    /// The same after a change; what the file says wrongly now keeps the value it had.
    pub fn again(&self, sources: &Sources) -> (Self, Vec<Warning>) {
        Self::resolve(sources, Some(self))
    }

    /// Where nobody chose a theme and `NO_COLOR` counts, it is the one that is made without colours.
    fn mind_no_color(&mut self, sources: &Sources) {
        let nobody = self.theme.source == Source::Default && self.color.value == Color::Auto;
        if let Some((name, _)) = sources.variable(&["NO_COLOR"]).filter(|_| nobody) {
            self.theme = Set { value: "mono".to_owned(), source: Source::Variable(name) };
        }
    }

    /// How long things may take.
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for Shown { row, value, .. } in self.shown() {
            let wait = row.name.strip_prefix(TIMEOUTS).and_then(Wait::named);
            if let Some((wait, seconds)) = wait.zip(value.parse().ok()) {
                limits.set(wait, seconds);
            }
        }
        limits
    }

    /// Whether the terminal can show more than ASCII.
    pub const fn utf8(&self) -> bool {
        self.utf8
    }

    /// Whether borders are drawn with `+`, `-` and `|`.
    pub fn ascii(&self) -> bool {
        match self.borders.value {
            Borders::Auto => !self.utf8,
            borders => borders == Borders::Ascii,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::read(&Sources::default()).0
    }
}

impl<T> Set<T> {
    const fn usual(value: T) -> Self {
        Self { value, source: Source::Default }
    }
}

fn locale_lang(sources: &Sources) -> Set<Lang> {
    match sources.variable(&["LC_ALL", "LC_MESSAGES", "LANG"]) {
        None => Set::usual(Lang::default()),
        Some((name, locale)) => {
            Set { value: Lang::of_locale(locale), source: Source::Variable(name) }
        }
    }
}

/// Whether the terminal's locale can show more than ASCII; one that is not set hides nothing.
fn is_utf8(sources: &Sources) -> bool {
    let locale = sources.variable(&["LC_ALL", "LC_CTYPE", "LANG"]);
    locale.is_none_or(|(_, locale)| locale.to_lowercase().replace('-', "").contains("utf8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Asked, Written};

    fn sources(text: &str) -> Sources {
        let file = Written { path: "config.toml".into(), text: Ok(text.to_owned()) };
        Sources { file: Some(file), ..Sources::default() }
    }

    fn told(warnings: &[Warning]) -> Vec<String> {
        warnings.iter().map(|warning| warning.say(Lang::En)).collect()
    }

    #[test]
    fn flag_over_environment_over_file_over_default() {
        let mut sources = sources("# mine\nlang = \"ja\"\nmouse = false\n");
        let (settings, warnings) = Settings::read(&sources);
        assert_eq!(warnings, []);
        let line = |line| Source::File { path: "config.toml".into(), line };
        assert_eq!(settings.lang, Set { value: Lang::Ja, source: line(2) });
        assert_eq!(settings.mouse, Set { value: false, source: line(3) });
        assert_eq!(settings.wrap, Set { value: true, source: Source::Default });
        sources.environment.insert("EHLO_LANG", "en".to_owned());
        let lang = Settings::read(&sources).0.lang;
        assert_eq!(lang, Set { value: Lang::En, source: Source::Variable("EHLO_LANG") });
        sources.asked.push(Asked { name: "lang", flag: "--lang", value: "ja".to_owned() });
        let lang = Settings::read(&sources).0.lang;
        assert_eq!(lang, Set { value: Lang::Ja, source: Source::Flag("--lang") });
    }

    #[test]
    fn everything_wrong_is_told_with_its_place_and_the_rest_counts() {
        let mut sources = sources("lnag = 1\nwrap = \"true\"\n  theme = \"nrod\"\ntime = false\n");
        sources.environment.insert("EHLO_BORDERS", "thick".to_owned());
        let (settings, warnings) = Settings::read(&sources);
        let told = told(&warnings);
        assert_eq!(told.len(), 4, "{told:?}");
        for line in [
            "config.toml: line 1, column 1: \"lnag\" is no setting; did you mean \"lang\"?",
            "config.toml: line 2, column 8: expected true, false",
            "config.toml: line 3, column 11: expected auto, terminal, catppuccin-latte, ",
            "EHLO_BORDERS: expected auto, unicode, ascii",
        ] {
            assert!(told.iter().any(|t| t.starts_with(line)), "{line}: {told:?}");
        }
        assert!(!settings.time.value && settings.wrap.value);
        assert_eq!(settings.theme.value, "terminal");
    }

    #[test]
    fn what_becomes_wrong_keeps_the_last_good_value() {
        let (first, _) = Settings::read(&sources("lang = \"ja\"\nwrap = false\ntime = true\n"));
        let (second, warnings) = first.again(&sources("lang = \"xx\"\nwrap = true\n"));
        assert_eq!(told(&warnings), ["config.toml: line 1, column 8: expected en, ja"]);
        assert_eq!((second.lang.value, second.wrap.value), (Lang::Ja, true));
        assert!(!second.time.value, "what is taken out goes back to its default");
        let (third, warnings) = second.again(&sources("lang =\n"));
        assert_eq!((third, warnings.len()), (second, 1));
    }

    #[test]
    fn the_locale_and_no_color_choose_where_nobody_does() {
        let mut sources = sources("");
        assert!(!Settings::read(&sources).0.ascii());
        sources.environment.insert("LANG", "ja_JP.UTF-8".to_owned());
        sources.environment.insert("NO_COLOR", "1".to_owned());
        let (settings, _) = Settings::read(&sources);
        assert_eq!((settings.lang.value, settings.theme.value.as_str()), (Lang::Ja, "mono"));
        assert!(!settings.ascii());
        sources.environment.insert("EHLO_COLOR", "always".to_owned());
        assert_eq!(Settings::read(&sources).0.theme, Set::usual("terminal".to_owned()));
        sources.environment.insert("LC_ALL", "C".to_owned());
        assert!(Settings::read(&sources).0.ascii());
        sources.environment.insert("EHLO_BORDERS", "unicode".to_owned());
        assert!(!Settings::read(&sources).0.ascii());
    }
}
