//! What the user has set: flag over environment over file over default.
//!
//! The only reader of the user's folder, and of what the program remembers. It knows no behaviour.
//! What is wrong in a file or a variable is a [`Warning`] with its place; the next source counts,
//! or, when a file is read again after a change, the last good value. So the program always
//! starts, and never loses what it had.
//!
//! To read everything again: `let sources = sources.again();`, then [`Settings::again`],
//! [`keys`] with the keys so far, and [`theme()`], whose warning means: keep the theme so far.

pub mod drafts;
mod file;
pub mod history;
mod kept;
mod reading;
pub mod recordings;
mod setting;
mod sources;
pub mod state;
mod theme;
mod value;

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::display::keys::Keys;
use crate::display::{Reason, Slip};
use crate::knowledge::{self, Lang};

pub use recordings::Ring;
pub use setting::{ROWS, Row, Set, Settings, Shown, Source, TIMEOUTS};
pub use sources::{Asked, Sources, Written, read};
pub use theme::{Found, depth, own_themes, theme, themes, usual_theme};
pub use value::{AUTO, Borders, Color};

/// Something in a file or a variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file or the variable.
    pub subject: String,
    /// Line and column in a file, from 1.
    pub place: Option<(usize, usize)>,
    /// What is wrong, or what was expected.
    pub what: Reason,
}

impl Warning {
    /// What is wrong with something that has no place in a file.
    pub fn new(subject: impl Into<String>, what: Reason) -> Self {
        Self { subject: subject.into(), place: None, what }
    }

    fn file(path: &Path, what: Reason) -> Self {
        Self::new(path.display().to_string(), what)
    }

    /// The same with the name of the file alone, where there is one line for it.
    pub fn short(&self) -> Self {
        let name = Path::new(&self.subject).file_name().and_then(|name| name.to_str());
        Self { subject: name.unwrap_or(&self.subject).to_owned(), ..self.clone() }
    }

    /// What is wrong somewhere in a file.
    pub fn slip(path: &Path, slip: Slip) -> Self {
        Self { place: Some((slip.line, slip.column)), ..Self::file(path, slip.what) }
    }

    /// The same for whom it stops.
    pub fn error(&self, lang: Lang) -> anyhow::Error {
        anyhow::Error::msg(self.say(lang))
    }

    /// The warning as a sentence, the subject before it.
    pub fn say(&self, lang: Lang) -> String {
        let what = self.what.clone();
        let what = match self.place {
            Some((line, column)) => Reason::from(Slip { line, column, what }),
            None => what,
        };
        [&self.subject, knowledge::word(lang, "colon"), &what.say(lang)].concat()
    }
}

/// The folders of the program (XDG base directories).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// What the user writes.
    pub config: PathBuf,
    /// What the program remembers.
    pub state: PathBuf,
}

impl Folders {
    /// Looks for them; there are none for a user without a home.
    pub fn find() -> Option<Self> {
        let base = etcetera::base_strategy::Xdg::new().ok()?;
        Some(Self { config: base.config_dir().join("ehlo"), state: base.state_dir()?.join("ehlo") })
    }

    /// The settings.
    pub fn settings(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The user's keys.
    pub fn keys(&self) -> PathBuf {
        self.config.join("keys.toml")
    }

    /// The user's themes.
    pub fn themes(&self) -> PathBuf {
        self.config.join("themes")
    }

    /// The user's faults.
    pub fn faults(&self) -> PathBuf {
        self.config.join("faults")
    }

    /// What is remembered.
    pub fn remembered(&self) -> PathBuf {
        self.state.join("state.json")
    }

    /// The lines that were sent.
    pub fn history(&self) -> PathBuf {
        self.state.join("history")
    }

    /// The last sessions.
    pub fn recordings(&self) -> PathBuf {
        self.state.join("recordings")
    }

    /// Messages that were not sent yet.
    pub fn drafts(&self) -> PathBuf {
        self.state.join("drafts")
    }
}

/// The keys of the program.
pub fn embedded_keys() -> Keys {
    match Keys::parse(knowledge::data("keys.toml")) {
        Ok(keys) => keys,
        Err(slip) => unreachable!("keys.toml is embedded and tests/knowledge.rs parses it: {slip}"),
    }
}

/// The keys of the program with the user's over them; what is wrong in the user's file keeps what
/// `last` has.
pub fn keys(sources: &Sources, last: &Keys) -> (Keys, Vec<Warning>) {
    let embedded = embedded_keys();
    let Some(path) = sources.folders.as_ref().map(Folders::keys) else {
        return (embedded, Vec::new());
    };
    let text = match file::read(&path) {
        None => return (embedded, Vec::new()),
        Some(Err(warning)) => return (last.clone(), vec![warning]),
        Some(Ok(text)) => text,
    };
    let (keys, slips) = embedded.overridden(&text, last);
    (keys, slips.into_iter().map(|slip| Warning::slip(&path, slip)).collect())
}
