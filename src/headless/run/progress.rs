//! Which script and which step of it is played, on a terminal, in one line that comes and goes.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use crossterm::terminal;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::display::text::clip;

/// How often the line is written: nobody reads faster.
const PAUSE: Duration = Duration::from_millis(100);

/// The line.
pub(super) struct Progress {
    due: Option<Interval>,
    shown: bool,
}

impl Progress {
    /// Standard error has one where it is a terminal.
    pub(super) fn begin() -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let due = || {
            let mut due = interval(PAUSE);
            due.set_missed_tick_behavior(MissedTickBehavior::Delay);
            due
        };
        Self { due: (!dumb && std::io::stderr().is_terminal()).then(due), shown: false }
    }

    /// Waits until it is time to write it again; for ever, where there is none.
    pub(super) async fn is_due(&mut self) {
        match &mut self.due {
            Some(due) => drop(due.tick().await),
            None => std::future::pending().await,
        }
    }

    /// Says what is played now.
    pub(super) fn tell(&mut self, text: &str) {
        let columns = terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        self.shown = true;
        // The last column would begin the next line.
        write(&clip(text, columns.saturating_sub(1)));
    }

    /// Takes the line away, so that something else can be said.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            write("");
        }
    }
}

fn write(text: &str) {
    let mut out = std::io::stderr().lock();
    // Nobody has to see it.
    let _ = write!(out, "\r\x1b[2K{text}").and_then(|()| out.flush());
}
