//! The last sessions, which were recorded without being asked for: their list, and `recent` in
//! place of a file.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::recordings::{self, Recent};
use crate::config::{Folders, Ring};
use crate::display::text::fit;
use crate::display::token::own_visible;
use crate::journal::{Happening, file};
use crate::knowledge::{self, Lang};

use super::{Outcome, Setting, json, say, say_beside};

/// What stands in place of a file: `recent` is the last session, `recent:2` the one before.
pub const RECENT: &str = "recent";

/// How much of a recording is read for the list: where it led stands at its beginning.
const HEAD: u64 = 64 << 10;

/// How the list says when a session began.
const BEGUN: &str = "%Y-%m-%d %H:%M:%SZ";

/// A line of the list.
#[derive(Debug, Serialize)]
struct Row {
    /// By which it is opened; empty while it goes on.
    name: String,
    file: String,
    begun: String,
    bytes: u64,
    target: Option<String>,
    open: bool,
}

/// Prints the list: as people read it, or one JSON object a line.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(as_json: bool, setting: &Setting) -> anyhow::Result<Outcome> {
    let folders = setting.sources.folders.as_ref();
    let rows = rows(folders);
    let lang = setting.lang();
    let text = if rows.is_empty() {
        none(setting.recent.as_ref(), lang) + "\n"
    } else {
        rows.iter().fold(String::new(), |mut out, row| {
            let _ = writeln!(out, "{}", row.say(lang));
            out
        })
    };
    if as_json {
        for row in &rows {
            say(&json::line(row)?)?;
        }
        if !rows.is_empty() {
            return Ok(Outcome::Done);
        }
    }
    say_beside(as_json, &text)?;
    Ok(Outcome::Done)
}

/// The last sessions, the newest first.
fn rows(folders: Option<&Folders>) -> Vec<Row> {
    let all = folders.map(|folders| recordings::recent(&folders.recordings())).unwrap_or_default();
    let mut n = 0;
    let row = |recent: Recent| {
        n += usize::from(!recent.open);
        Row::of(n, &recent)
    };
    all.into_iter().map(row).collect()
}

fn none(ring: Option<&Ring>, lang: Lang) -> String {
    let key = if ring.is_some() { "recordings.none" } else { "recordings.off" };
    knowledge::word(lang, key).to_owned()
}

impl Row {
    fn of(n: usize, recent: &Recent) -> Self {
        Self {
            name: match n {
                _ if recent.open => String::new(),
                1 => RECENT.to_owned(),
                n => format!("{RECENT}:{n}"),
            },
            file: recent.path.display().to_string(),
            begun: recent.begun.strftime(BEGUN).to_string(),
            bytes: recent.len,
            target: target(&recent.path),
            open: recent.open,
        }
    }

    /// When it was, how large it is, and where it led.
    fn about(&self, lang: Lang) -> String {
        let bytes = self.bytes.to_string();
        let target = own_visible(self.target.as_deref().unwrap_or("-"));
        let values = [("begun", &*self.begun), ("n", &*bytes), ("target", &*target)];
        let key = if self.open { "recordings.row.open" } else { "recordings.row" };
        knowledge::fill(lang, key, &values)
    }

    fn say(&self, lang: Lang) -> String {
        format!("{}  {}", fit(&self.name, RECENT.len() + 4), self.about(lang))
    }
}

/// Where a session led.
fn target(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let found = file::read(&head).ok()?;
    found.journal.events().iter().find_map(|event| match &event.what {
        Happening::Opened(endpoints) => Some(endpoints.target.clone()),
        Happening::NotOpened(failure) => Some(failure.target.clone()),
        _ => None,
    })
}

/// These files, with the recording of a session in place of `recent`; a file of that name is itself.
///
/// # Errors
/// When there are not so many.
pub fn recalled(files: Vec<PathBuf>, setting: &Setting) -> anyhow::Result<Vec<PathBuf>> {
    files.into_iter().map(|file| one(file, setting)).collect()
}

/// The same for one file.
///
/// # Errors
/// When there are not so many.
pub fn one(file: PathBuf, setting: &Setting) -> anyhow::Result<PathBuf> {
    let Some(n) = file.to_str().and_then(number).filter(|_| !file.exists()) else {
        return Ok(file);
    };
    let folders = setting.sources.folders.as_ref();
    let mut all =
        folders.map(|folders| recordings::recent(&folders.recordings())).unwrap_or_default();
    // One that goes on is no last session.
    all.retain(|recent| !recent.open);
    let lang = setting.lang();
    let (count, name) = (all.len().to_string(), own_visible(&file.to_string_lossy()));
    all.into_iter().nth(n - 1).map(|recent| recent.path).ok_or_else(|| {
        if count == "0" {
            return anyhow::anyhow!("{name}: {}", none(setting.recent.as_ref(), lang));
        }
        let values = [("name", &*name), ("n", &*count)];
        anyhow::anyhow!("{}", knowledge::fill(lang, "recordings.fewer", &values))
    })
}

/// Which of the last sessions a name means, from 1.
fn number(name: &str) -> Option<usize> {
    if name == RECENT {
        return Some(1);
    }
    name.strip_prefix(RECENT)?.strip_prefix(':')?.parse().ok().filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_recent_sessions_count_from_one() {
        for (name, n) in [
            ("recent", Some(1)),
            ("recent:1", Some(1)),
            ("recent:12", Some(12)),
            ("recent:0", None),
            ("recent:", None),
            ("recent.jsonl", None),
            ("./recent", None),
        ] {
            assert_eq!(number(name), n, "{name}");
        }
    }
}
