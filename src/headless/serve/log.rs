//! Where the lines of a server go: standard output, which may be gone, and may be read slowly.
//!
//! A thread of its own writes. Whoever tells is never held up by who reads: what does not fit is given
//! back, to be told later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;

/// How many lines wait to be written.
const WAITING: usize = 1_024;

/// And how many bytes of them: a message that is shown can be a line of many.
const WEIGHT: usize = 16 << 20;

/// How long the end waits for the last lines to be read.
const PATIENCE: Duration = Duration::from_secs(1);

/// The way to standard output.
pub(super) struct Log {
    lines: SyncSender<String>,
    /// The bytes that wait.
    weight: Arc<AtomicUsize>,
    written: oneshot::Receiver<()>,
}

impl Log {
    /// Begins to write.
    pub(super) fn open() -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let (done, written) = oneshot::channel();
        let weight = Arc::<AtomicUsize>::default();
        let left = weight.clone();
        std::thread::spawn(move || {
            for line in waiting {
                super::say(&line);
                left.fetch_sub(line.len(), Ordering::Relaxed);
            }
            // Nobody may wait for it any more.
            let _ = done.send(());
        });
        Self { lines, weight, written }
    }

    /// Writes a line; where too many wait, it comes back.
    pub(super) fn tell(&self, line: String) -> Result<(), String> {
        let size = line.len();
        if self.weight.load(Ordering::Relaxed) > WEIGHT {
            return Err(line);
        }
        self.weight.fetch_add(size, Ordering::Relaxed);
        match self.lines.try_send(line) {
            Err(TrySendError::Full(line)) => {
                self.weight.fetch_sub(size, Ordering::Relaxed);
                Err(line)
            }
            _ => Ok(()),
        }
    }

    /// Waits for the last line to be written, for a while.
    pub(super) async fn close(self) {
        drop(self.lines);
        let _ = tokio::time::timeout(PATIENCE, self.written).await;
    }
}
