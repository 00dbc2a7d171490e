//! Where values come from, read once: the settings are a pure function of this.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::setting::ROWS;
use super::theme::theme_names;
use super::{Folders, read};

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
    pub text: Result<String, String>,
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
    /// The names of all themes.
    pub themes: Vec<String>,
    /// The folders of the user.
    pub folders: Option<Folders>,
}

/// Variables beside those of the settings that a default depends on.
const VARIABLES: &[&str] = &["LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG", "NO_COLOR"];

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
        let file = path.and_then(|path| Some(Written { text: read(&path)?, path }));
        let themes = theme_names(self.folders.as_ref());
        Self { file, themes, ..self.clone() }
    }

    /// The files whose change changes something, for a user of this theme. They need not exist.
    pub fn watched(&self, theme: &str) -> Vec<PathBuf> {
        let Some(folders) = &self.folders else { return Vec::new() };
        let theme = folders.themes().join(format!("{theme}.toml"));
        vec![folders.settings(), folders.keys(), theme]
    }

    /// The first of these variables that is set, with its value.
    pub(super) fn variable(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| Some((*name, self.environment.get(name)?.as_str())))
    }
}
