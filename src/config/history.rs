//! The lines that were sent at the prompt, kept from one run to the next: one JSON string a line,
//! the oldest first, so that every character has a place in its line.
//!
//! Reading never fails: a file that cannot be used is empty, and told. Which lines may be kept is
//! for others to say.

use std::path::Path;

use super::kept::{self, Loaded};
use crate::display::Reason;

use super::{Warning, file};

/// How many lines are kept.
const LINES: usize = 1_000;

/// How much the file may hold: with the escapes of JSON it stays below what is read of a file.
const BYTES: usize = 160 << 10;

/// A line longer than this is a test of the server and no command to be found again.
const LONGEST: usize = 8 << 10;

/// Reads the lines of a file; what is wrong with it comes second.
pub fn load(path: &Path) -> Loaded<Vec<String>> {
    match file::read(path).map(|text| text.and_then(|text| lines(path, &text))) {
        None => (Vec::new(), None),
        Some(Ok(lines)) => (lines, None),
        Some(Err(warning)) => (Vec::new(), Some(warning)),
    }
}

/// Adds lines behind those that the file holds at that moment; the oldest give way. A file that
/// cannot be used is kept beside it, as `history.broken`.
///
/// # Errors
/// When the folder or the file cannot be written, or another program does not let go of the lock.
pub fn add(path: &Path, new: &[String]) -> std::io::Result<()> {
    let make = |lines: &mut Vec<String>| {
        for line in new.iter().filter(|line| line.len() <= LONGEST) {
            if lines.last() != Some(line) {
                lines.push(line.clone());
            }
        }
        bound(lines);
    };
    kept::change(path, load, make, |lines| written(lines)).map(drop)
}

fn lines(path: &Path, text: &str) -> Result<Vec<String>, Warning> {
    let read = |(at, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| Warning {
            place: Some((at + 1, error.column())),
            ..Warning::file(path, Reason::new("slip.json"))
        })
    };
    text.lines().enumerate().map(read).collect()
}

fn written(lines: &[String]) -> serde_json::Result<String> {
    lines.iter().map(|line| serde_json::to_string(line).map(|line| line + "\n")).collect()
}

/// Lets the oldest lines go until the others fit.
fn bound(lines: &mut Vec<String>) {
    let mut left = BYTES;
    let fits = |line: &&String| {
        left = left.saturating_sub(line.len() + 1);
        left > 0
    };
    let fitting = lines.iter().rev().take(LINES).take_while(fits).count();
    lines.drain(..lines.len() - fitting);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Lang;

    fn owned(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn lines_come_back_as_they_were_and_are_their_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("history");
        assert_eq!(load(&path), (Vec::new(), None));
        let strange = owned(&["EHLO x", ":raw a\\0\\c", "a\0\u{1b}\n\"日\u{85}\r", " "]);
        add(&path, &strange).unwrap();
        add(&path, &owned(&[" ", "QUIT", "QUIT"])).unwrap();
        let (lines, warning) = load(&path);
        assert_eq!(
            (&lines[..4], &lines[4..], warning),
            (&strange[..], &owned(&["QUIT"])[..], None)
        );
        #[cfg(unix)]
        for (path, mode) in [(path.parent().unwrap(), 0o700), (&path, 0o600)] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
        }
    }

    #[test]
    fn the_oldest_lines_give_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        let many: Vec<_> = (0..LINES + 5).map(|n| n.to_string()).collect();
        add(&path, &many).unwrap();
        assert_eq!(load(&path).0, many[5..]);
        // Escapes make each of these six times as long in the file, which is read all the same.
        let long: Vec<_> = (0..99).map(|n| format!("{n}{}", "\u{1}".repeat(LONGEST - 2))).collect();
        add(&path, &long).unwrap();
        let (lines, warning) = load(&path);
        assert_eq!(warning.map(|w| w.say(Lang::En)), None);
        assert!(lines.len() > 10 && long.ends_with(&lines), "{}", lines.len());
        add(&path, &["x".repeat(LONGEST + 1)]).unwrap();
        assert_eq!(load(&path).0, lines);
    }

    #[test]
    fn a_broken_file_is_told_with_its_place_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        std::fs::write(&path, "\"EHLO x\"\n\"half\n").unwrap();
        let (lines, warning) = load(&path);
        assert_eq!(lines, owned(&[]));
        let told = warning.unwrap().say(Lang::En);
        assert!(
            told.ends_with(
                "history: line 2, column 5: expected a line in quotes, as JSON writes it"
            ),
            "{told}"
        );
        add(&path, &owned(&["QUIT"])).unwrap();
        assert_eq!(load(&path), (owned(&["QUIT"]), None));
        let kept = std::fs::read_to_string(folder.path().join("history.broken")).unwrap();
        assert_eq!(kept, "\"EHLO x\"\n\"half\n");
    }

    #[test]
    fn programs_that_write_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history");
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || add(path, &[n.to_string()]).unwrap());
            }
        });
        let mut lines = load(&path).0;
        lines.sort();
        assert_eq!(lines, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    }
}
