//! Where the lines of a server go: standard output, which may be gone, and may be read slowly.
//!
//! A thread of its own writes. Whoever tells is never held up by who reads: what does not fit is given
//! back, to be told later.

use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

/// How many lines wait to be written.
const WAITING: usize = 1_024;

/// How long the end waits for the last lines to be read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to standard output.
pub(super) struct Log {
    lines: SyncSender<String>,
    written: oneshot::Receiver<()>,
}

impl Log {
    /// Begins to write.
    pub(super) fn open() -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let (done, written) = oneshot::channel();
        std::thread::spawn(move || {
            for line in waiting {
                super::say(&line);
            }
            // Nobody may wait for it any more.
            let _ = done.send(());
        });
        Self { lines, written }
    }

    /// Writes a line; where too many wait, it comes back.
    pub(super) fn tell(&self, line: String) -> Result<(), String> {
        match self.lines.try_send(line) {
            Err(TrySendError::Full(line)) => Err(line),
            _ => Ok(()),
        }
    }

    /// Waits for the last line to be written, for a while.
    pub(super) async fn close(self) {
        drop(self.lines);
        let _ = tokio::time::timeout(PATIENCE, self.written).await;
    }
}
