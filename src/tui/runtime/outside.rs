//! The person's own editor: it gets the terminal and a file, and what it leaves there is read back.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitStatus};

use ropey::Rope;

use crate::knowledge::{self, Lang};

/// Editors that are there on most systems, the one that explains itself first.
const KNOWN: [&str; 3] = ["nano", "vi", "vim"];

/// Why nothing came back.
#[derive(Debug)]
pub(super) enum Failure {
    /// No editor could be started: what was tried.
    NoEditor(String),
    /// It ended with an error.
    Ended(String, ExitStatus),
    /// The file cannot be written or read, in the words of the system.
    File(std::io::Error),
    /// What came back is no UTF-8 from this byte on.
    NotUtf8(usize),
}

impl Failure {
    /// What the person is told.
    pub(super) fn said(&self, lang: Lang) -> String {
        let fill = |key, values: &[(&str, &str)]| knowledge::fill(lang, key, values);
        match self {
            Self::NoEditor(tried) => fill("editor.outside.none", &[("tried", tried)]),
            Self::Ended(name, status) => {
                fill("editor.outside.ended", &[("name", name), ("status", &status.to_string())])
            }
            Self::File(error) => fill("editor.outside.file", &[("why", &error.to_string())]),
            Self::NotUtf8(at) => fill("editor.outside.bytes", &[("at", &at.to_string())]),
        }
    }
}

/// Lets the person edit `text` elsewhere; gives what it is then.
pub(super) fn edit(text: &Rope) -> Result<String, Failure> {
    // It is readable by its owner alone, and mail editors know the ending.
    let mut file = tempfile::Builder::new()
        .prefix("ehlo-")
        .suffix(".eml")
        .tempfile()
        .map_err(Failure::File)?;
    for piece in text.chunks() {
        file.write_all(piece.as_bytes()).map_err(Failure::File)?;
    }
    let path = file.into_temp_path();
    run(&path)?;
    // Many editors replace the file, so it is opened by its name.
    let bytes = std::fs::read(&path).map_err(Failure::File)?;
    String::from_utf8(bytes).map_err(|error| Failure::NotUtf8(error.utf8_error().valid_up_to()))
}

/// Runs the first editor that can be started.
fn run(path: &Path) -> Result<(), Failure> {
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os);
    let known = KNOWN.into_iter().map(OsString::from);
    let mut tried = Vec::new();
    for editor in chosen.filter(|value| !value.is_empty()).chain(known) {
        let name = editor.to_string_lossy().into_owned();
        match start(&editor, path).map_err(Failure::File)? {
            status if is_missing(status) => tried.push(name),
            status if status.success() => return Ok(()),
            status => return Err(Failure::Ended(name, status)),
        }
    }
    Err(Failure::NoEditor(tried.join(", ")))
}

/// The variables hold a command with its options, as a shell reads it.
#[cfg(unix)]
fn start(editor: &OsString, path: &Path) -> std::io::Result<ExitStatus> {
    // Ctrl-C in the editor is the editor's: the shell waits for how that ends.
    let mut line = OsString::from("trap : INT QUIT; ");
    line.push(editor);
    line.push(" \"$1\"");
    Command::new("sh").arg("-c").arg(line).arg("ehlo").arg(path).status()
}

/// What a shell ends with where there is no such program.
#[cfg(unix)]
fn is_missing(status: ExitStatus) -> bool {
    matches!(status.code(), Some(126 | 127))
}

#[cfg(not(unix))]
fn start(editor: &OsString, path: &Path) -> std::io::Result<ExitStatus> {
    Command::new("cmd").arg("/C").arg(editor).arg(path).status()
}

#[cfg(not(unix))]
fn is_missing(status: ExitStatus) -> bool {
    status.code() == Some(9009)
}
