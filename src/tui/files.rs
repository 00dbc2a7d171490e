//! Paths that are typed behind a directive: which folder has to be listed for them, and what of it
//! fits.

use crate::display::content::save;

use super::directive::{COMPARE, Directive, SAVE};
use super::model::Model;
use super::palette::{begun, typed};
use super::popup::Popup;

/// What a directive calls an argument that is a path.
pub const FILE: &str = "FILE";

/// How many names of a folder are read.
pub const MOST: usize = 2_000;

/// A folder and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// As it was typed, with the slash behind it; empty for the one the program runs in.
    pub path: String,
    /// The names in it, those of folders with a slash behind them.
    pub names: Vec<String>,
}

/// Whether a path stands at the end of what a directive takes.
pub fn takes_file(directive: &Directive) -> bool {
    matches!(directive.argument, FILE | SAVE | COMPARE)
}

/// What stands before the path in the argument of a directive.
pub fn before_file<'a>(directive: &Directive, argument: &'a str) -> &'a str {
    let begins = save::options(argument).map_or(0, |(begins, _)| begins);
    let begins = if directive.argument == SAVE { begins } else { 0 };
    argument.get(..begins).unwrap_or_default()
}

/// The folder of the path that is being typed, and the beginning of a name in it.
pub fn begun_path(model: &Model) -> Option<(&str, &str)> {
    if !matches!(model.popup, Some(Popup::Palette(_))) {
        return None;
    }
    let directive = begun(model).filter(|directive| takes_file(directive))?;
    let argument = typed(model).1?;
    let path = argument.get(before_file(directive, argument).len()..)?.trim_start();
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    path.split_at_checked(name)
}

/// What all paths that fit have in common; of one alone it is all of it.
pub fn common(model: &Model) -> Option<String> {
    let paths = fitting(model);
    let (first, others) = paths.split_first()?;
    let shared = |other: &String| -> usize {
        let alike = first.chars().zip(other.chars()).take_while(|(a, b)| a == b);
        alike.map(|(a, _)| a.len_utf8()).sum()
    };
    let end = others.iter().map(shared).min().unwrap_or(first.len());
    first.get(..end).map(str::to_owned)
}

/// The paths that fit what is typed. Hidden files are there for those who ask for them.
pub fn fitting(model: &Model) -> Vec<String> {
    let Some((path, name)) = begun_path(model) else { return Vec::new() };
    let Some(folder) = model.folder.as_ref().filter(|folder| folder.path == path) else {
        return Vec::new();
    };
    let fits = |other: &&String| {
        other.starts_with(name) && (name.starts_with('.') || !other.starts_with('.'))
    };
    folder.names.iter().filter(fits).map(|name| [path, name].concat()).collect()
}
