//! Where values come from, read once: the settings are a pure function of this.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::knowledge;

use super::setting::ROWS;
use super::value::AUTO;
use crate::display::Reason;

use super::{Folders, Warning, file};

/// A setting that was asked for on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The setting.
    pub name: &'static str,
    /// The flag that sets it.
    pub flag: &'static str,
    /// The value, as a file would write it.
    pub value: String,
}

/// A file that the user wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where it is.
    pub path: PathBuf,
    /// What it says, or why it cannot be read.
    pub text: Result<String, Warning>,
}

/// Everything that settings are made from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The command line.
    pub asked: Vec<Asked>,
    /// The variables that are set, and not to nothing.
    pub environment: BTreeMap<&'static str, String>,
    /// `config.toml`, if there is one.
    pub file: Option<Written>,
    /// The user's themes by name.
    pub own_themes: BTreeMap<String, Written>,
    /// The user's faults by name.
    pub own_faults: BTreeMap<String, Written>,
    /// The folders of the user.
    pub folders: Option<Folders>,
}

/// Variables beside those of the settings on which something depends.
const VARIABLES: &[&str] =
    &["LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG", "NO_COLOR", "COLORTERM", "TERM"];

impl Sources {
    /// Reads the environment and the user's folder.
    pub fn gather(asked: Vec<Asked>, folders: Option<Folders>) -> Self {
        let names = ROWS.iter().map(|row| row.variable).chain(VARIABLES.iter().copied());
        let set = |name| Some((name, std::env::var_os(name)?.to_string_lossy().into_owned()));
        let environment = names.filter_map(set).filter(|(_, value)| !value.is_empty()).collect();
        Self { asked, environment, folders, ..Self::default() }.again()
    }

    /// The same with the files read again.
    pub fn again(&self) -> Self {
        let path = self.folders.as_ref().map(Folders::settings);
        let file = path.and_then(|path| Some(Written { text: file::read(&path)?, path }));
        let own_themes = self.folders.as_ref().map(own_themes).unwrap_or_default();
        let own_faults = self.folders.as_ref().map(|folders| own(&folders.faults()));
        let own_faults = own_faults.unwrap_or_default();
        Self { file, own_themes, own_faults, ..self.clone() }
    }

    /// The names of all themes: those of the program, then the user's.
    pub fn theme_names(&self) -> Vec<String> {
        let embedded: Vec<_> = knowledge::themes().collect();
        let own = self.own_themes.keys().map(String::as_str);
        let more = own.filter(|name| *name != AUTO && !embedded.contains(name));
        embedded.iter().copied().chain(more).map(str::to_owned).collect()
    }

    /// The first of these variables that is set, with its value.
    pub(super) fn variable(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| Some((*name, self.environment.get(name)?.as_str())))
    }
}

/// The files of a folder of themes. `auto` is another word in settings, so no theme can have it.
fn own_themes(folders: &Folders) -> BTreeMap<String, Written> {
    let mut themes = own(&folders.themes());
    if let Some(Written { path, text }) = themes.get_mut(AUTO) {
        *text = Err(Warning::file(path, Reason::new("slip.auto").with("name", AUTO)));
    }
    themes
}

/// The files of a folder by their names.
fn own(folder: &Path) -> BTreeMap<String, Written> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let written = |path: PathBuf| {
        path.extension().filter(|extension| *extension == "toml")?;
        let name = path.file_stem()?.to_str()?.to_owned();
        Some((name, Written { text: file::read(&path)?, path }))
    };
    files.filter_map(|entry| written(entry.path())).collect()
}

/// What a file says that the user has named.
///
/// # Errors
/// When it is not there, or is no text.
pub fn read(path: &Path) -> Result<String, Warning> {
    let missing = || Err(Warning::file(path, Reason::new("message.absent")));
    file::read(path).unwrap_or_else(missing)
}
