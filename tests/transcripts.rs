//! Every file of `tests/transcripts` is a recorded session and, below a line `====`, the outline
//! that its fold must have. The outlines were written by hand, from the standards and the
//! catalogue of oddities, before the fold was asked.

#![allow(clippy::unwrap_used, clippy::panic, clippy::or_fun_call, missing_docs, reason = "tests")]

#[path = "support/outline.rs"]
mod outline;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ehlo::journal::{Event, Happening, Journal, transcript};
use ehlo::session::Dialogue;
use outline::outline;

/// What stands between the session and its outline.
const BORDER: &str = "\n====\n";

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The journal and the expected outline of one file.
fn read(path: &Path) -> (Journal, String) {
    let text = std::fs::read_to_string(path).unwrap();
    let (session, expected) =
        text.split_once(BORDER).unwrap_or_else(|| panic!("{} has no ====", path.display()));
    let journal = transcript::recording(session.as_bytes())
        .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    (journal, expected.to_owned())
}

fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Dialogue {
    let mut dialogue = Dialogue::default();
    for event in events {
        dialogue.apply(event);
    }
    dialogue
}

/// Both texts side by side; a mark stands where they differ.
fn columns(expected: &str, seen: &str) -> String {
    let (left, right): (Vec<_>, Vec<_>) = (expected.lines().collect(), seen.lines().collect());
    let width = left.iter().map(|l| l.chars().count()).max().unwrap_or(0).max(8);
    let mut out = format!("    {:width$}  seen\n", "expected");
    for at in 0..left.len().max(right.len()) {
        let (a, b) = (left.get(at).unwrap_or(&""), right.get(at).unwrap_or(&""));
        let mark = if a == b { ' ' } else { '!' };
        let _ = writeln!(out, "  {mark} {a:width$}  {b}");
    }
    out
}

#[test]
fn every_session_folds_as_expected() {
    let files = files();
    assert!(files.len() >= 25, "only {} transcripts were found", files.len());
    let mut failures = String::new();
    for path in &files {
        let (journal, expected) = read(path);
        let seen = outline(&fold(journal.events()));
        if seen != expected {
            let name = path.file_name().unwrap().to_string_lossy();
            let _ = writeln!(failures, "{name}\n{}", columns(&expected, &seen));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// The bytes of one event, one by one.
fn single_bytes(event: &Event) -> Vec<Event> {
    match &event.what {
        Happening::Bytes { from, data, .. } => {
            (0..data.len()).map(|at| Event::bytes(event.at, *from, data.slice(at..=at))).collect()
        }
        _ => vec![event.clone()],
    }
}

#[test]
fn cutting_a_session_into_single_bytes_changes_nothing() {
    for path in files() {
        let (journal, expected) = read(&path);
        let events: Vec<_> = journal.events().iter().flat_map(single_bytes).collect();
        let seen = fold(&events);
        assert!(seen == fold(journal.events()), "{}", path.display());
        assert_eq!(outline(&seen), expected, "{}", path.display());
    }
}

#[test]
fn a_session_written_as_a_transcript_folds_the_same() {
    for path in files() {
        let (journal, expected) = read(&path);
        let again = transcript::write(&journal.header, journal.events());
        let journal = transcript::recording(again.as_bytes()).unwrap();
        assert_eq!(outline(&fold(journal.events())), expected, "{}\n{again}", path.display());
    }
}

#[test]
fn a_difference_is_shown_in_two_columns() {
    let shown = columns("MAIL 250\nRCPT 250\n", "MAIL 250\nRCPT 550\nQUIT 221\n");
    let want = "    expected  seen\n    MAIL 250  MAIL 250\n  ! RCPT 250  RCPT 550\n  !           QUIT 221\n";
    assert_eq!(shown, want);
}
