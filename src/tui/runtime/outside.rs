//! The person's own editor: it gets the terminal and a file, and what it leaves there is read back.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use ropey::Rope;
use tempfile::TempPath;

use crate::knowledge::{self, Lang};

/// Editors that are there on most systems, the one that explains itself first.
const KNOWN: [&str; 3] = ["nano", "vi", "vim"];

/// Nothing came back: why, and the file in which what was written is kept.
#[derive(Debug)]
pub(super) struct Failure {
    why: Why,
    kept: Option<PathBuf>,
}

/// Why nothing came back.
#[derive(Debug)]
enum Why {
    /// No editor could be started: what was tried.
    NoEditor(String),
    /// It ended with an error.
    Ended(String, ExitStatus),
    /// The file cannot be written, in the words of the system.
    File(std::io::Error),
    /// It cannot be read afterwards.
    Back(std::io::Error),
    /// What came back is no UTF-8 from this byte on.
    NotUtf8(usize),
}

impl Failure {
    /// What the person is told.
    pub(super) fn said(&self, lang: Lang) -> String {
        let why = self.why.said(lang);
        let Some(file) = &self.kept else { return why };
        let values = [("file", &*file.display().to_string()), ("why", &why)];
        knowledge::fill(lang, "editor.outside.kept", &values)
    }
}

impl Why {
    fn said(&self, lang: Lang) -> String {
        let fill = |key, values: &[(&str, &str)]| knowledge::fill(lang, key, values);
        match self {
            Self::NoEditor(tried) => fill("editor.outside.none", &[("tried", tried)]),
            Self::Ended(name, status) => {
                fill("editor.outside.ended", &[("name", name), ("status", &status.to_string())])
            }
            Self::File(error) => fill("editor.outside.file", &[("why", &error.to_string())]),
            Self::Back(error) => fill("editor.outside.back", &[("why", &error.to_string())]),
            Self::NotUtf8(at) => fill("editor.outside.bytes", &[("at", &at.to_string())]),
        }
    }
}

/// Lets the person edit `text` elsewhere; gives what it is then. What cannot be taken is kept.
pub(super) fn edit(text: &Rope) -> Result<String, Failure> {
    let path = handed_over(text).map_err(|why| Failure { why: Why::File(why), kept: None })?;
    match run(&path).and_then(|()| read(&path)) {
        Ok(edited) => Ok(with_line_feeds(edited, text)),
        Err(why) => Err(Failure { why, kept: kept(path, text) }),
    }
}

/// A file that holds `text`, until it is dropped.
fn handed_over(text: &Rope) -> std::io::Result<TempPath> {
    // It is readable by its owner alone, and mail editors know the ending.
    let mut file = tempfile::Builder::new().prefix("ehlo-").suffix(".eml").tempfile()?;
    for piece in text.chunks() {
        file.write_all(piece.as_bytes())?;
    }
    Ok(file.into_temp_path())
}

/// What stands in the file. Many editors replace it, so it is opened by its name.
fn read(path: &Path) -> Result<String, Why> {
    let bytes = std::fs::read(path).map_err(Why::Back)?;
    String::from_utf8(bytes).map_err(|error| Why::NotUtf8(error.utf8_error().valid_up_to()))
}

/// The file, if something else stands in it than was handed over.
fn kept(path: TempPath, text: &Rope) -> Option<PathBuf> {
    let written = std::fs::read(&path).ok()?;
    if text.to_string().as_bytes() == written {
        return None;
    }
    path.keep().ok()
}

/// An editor that ends every line with CRLF means line ends, as a paste does. Where some were
/// written on purpose before, they stay.
fn with_line_feeds(edited: String, before: &Rope) -> String {
    let all = edited.matches('\n').count();
    let is_meant = all != edited.matches("\r\n").count() || before.to_string().contains("\r\n");
    if is_meant { edited } else { edited.replace("\r\n", "\n") }
}

/// Runs the first editor that can be started.
fn run(path: &Path) -> Result<(), Why> {
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os);
    let known = KNOWN.into_iter().map(OsString::from);
    let mut tried = Vec::new();
    for editor in chosen.filter(|value| !value.is_empty()).chain(known) {
        let name = editor.to_string_lossy().into_owned();
        match start(&editor, path).map_err(Why::File)? {
            status if is_missing(status) => tried.push(name),
            status if status.success() => return Ok(()),
            status => return Err(Why::Ended(name, status)),
        }
    }
    Err(Why::NoEditor(tried.join(", ")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_what_the_editor_means() {
        for (edited, before, taken) in [
            ("a\r\nb\r\n", "a\n", "a\nb\n"),
            ("a\r\nb\n", "a\n", "a\r\nb\n"),
            ("a\r\nb\r\n", "a\r\n", "a\r\nb\r\n"),
            ("a\rb", "", "a\rb"),
        ] {
            assert_eq!(with_line_feeds(edited.to_owned(), &Rope::from_str(before)), taken);
        }
    }

    #[test]
    fn only_what_was_written_is_kept() {
        let text = Rope::from_str("mine\n");
        let path = handed_over(&text).unwrap();
        assert_eq!(kept(path, &text), None);
        let path = handed_over(&text).unwrap();
        std::fs::write(&path, b"caf\xe9").unwrap();
        let file = kept(path, &text).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"caf\xe9");
        std::fs::remove_file(file).unwrap();
    }
}
