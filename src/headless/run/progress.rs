//! Which script and which step of it is played, on a terminal, in one line that comes and goes.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use crossterm::terminal;

use crate::display::text::clip;

/// How often the line changes at most: nobody reads faster.
const PAUSE: Duration = Duration::from_millis(50);

/// The line.
pub(super) struct Progress {
    columns: Option<usize>,
    told: Option<Instant>,
}

impl Progress {
    /// Standard error has one where it is a terminal.
    pub(super) fn begin() -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let shown = !dumb && std::io::stderr().is_terminal();
        let columns = || terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        Self { columns: shown.then(columns), told: None }
    }

    /// Says what is played now, if it is time to.
    pub(super) fn tell(&mut self, text: impl FnOnce() -> String) {
        let Some(columns) = self.columns else { return };
        if self.told.is_some_and(|told| told.elapsed() < PAUSE) {
            return;
        }
        self.told = Some(Instant::now());
        // The last column would begin the next line.
        write(&clip(&text(), columns.saturating_sub(1)));
    }

    /// Takes the line away, so that something else can be said.
    pub(super) fn clear(&mut self) {
        if self.told.take().is_some() {
            write("");
        }
    }
}

fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    // Nobody has to see it.
    let _ = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
}
