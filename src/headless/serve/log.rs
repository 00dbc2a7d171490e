//! Where the lines of a server go: standard output, which may be gone, and may be read slowly.
//!
//! A thread of its own writes. Whoever tells is never held up by who reads: what does not fit is given
//! back, to be told later. What stands at the end is told in any case, and what was asked for, if need
//! be in place of what waits before it; only who does not read at all is not waited for.

use std::iter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// How many lines wait to be written.
const WAITING: usize = 1_024;

/// And how many bytes of them: a message that is shown can be a line of many.
const WEIGHT: usize = 16 << 20;

/// How long the end waits for the lines before it to be read, and then for itself; and how long where
/// it is to be at once.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(2));
const HURRY: Duration = Duration::from_millis(300);

/// How long it is until the next lines are written: to be woken for each costs who tells it more than
/// the lines do.
const BREATH: Duration = Duration::from_millis(5);

/// One line, or several.
#[derive(Debug)]
pub(super) enum Lines {
    /// What happened, and how many events that is: what tells that some were passed over stands for all
    /// of them.
    Told(String, u64),
    /// What somebody has asked for.
    Asked(String),
}

impl Lines {
    fn text(&self) -> &str {
        let (Self::Told(text, _) | Self::Asked(text)) = self;
        text
    }

    /// What was asked for.
    pub(super) fn asked(self) -> Option<String> {
        match self {
            Self::Told(..) => None,
            Self::Asked(text) => Some(text),
        }
    }

    /// How many events it tells.
    pub(super) const fn told(&self) -> u64 {
        match self {
            Self::Told(_, events) => *events,
            Self::Asked(_) => 0,
        }
    }
}

/// The last lines, by how many events before them were passed over.
type Last = Box<dyn FnOnce(u64) -> Vec<String> + Send>;

/// The way to standard output.
pub(super) struct Log {
    lines: SyncSender<Lines>,
    /// The bytes that wait.
    weight: Arc<AtomicUsize>,
    /// Whether lines that wait are passed over.
    hurries: Arc<AtomicBool>,
    last: oneshot::Sender<Last>,
    written: oneshot::Receiver<()>,
}

impl Log {
    /// Begins to write.
    pub(super) fn open() -> Self {
        let (lines, told) = sync_channel::<Lines>(WAITING);
        let (last, end) = oneshot::channel::<Last>();
        let (done, written) = oneshot::channel();
        let (weight, hurries) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (left, hurry) = (weight.clone(), hurries.clone());
        std::thread::spawn(move || {
            let mut missed = 0;
            while let Ok(first) = told.recv() {
                for lines in iter::once(first).chain(told.try_iter()) {
                    match lines.told() {
                        told @ 1.. if hurry.load(Ordering::Relaxed) => missed += told,
                        _ => super::say(lines.text()),
                    }
                    left.fetch_sub(lines.text().len(), Ordering::Relaxed);
                }
                // Nobody has to wake it for what comes meanwhile.
                std::thread::sleep(BREATH);
            }
            if let Ok(last) = end.blocking_recv() {
                for line in last(missed) {
                    super::say(&line);
                }
            }
            // Nobody may wait for it any more.
            let _ = done.send(());
        });
        Self { lines, weight, hurries, last, written }
    }

    /// Writes lines; where too many wait, they come back.
    pub(super) fn tell(&self, lines: Lines) -> Result<(), Lines> {
        let size = lines.text().len();
        if self.weight.load(Ordering::Relaxed) > WEIGHT {
            return Err(lines);
        }
        self.weight.fetch_add(size, Ordering::Relaxed);
        match self.lines.try_send(lines) {
            Err(TrySendError::Full(lines)) => {
                self.weight.fetch_sub(size, Ordering::Relaxed);
                Err(lines)
            }
            _ => Ok(()),
        }
    }

    /// Writes the last lines, and waits for them to be written, for a while; once it is to `hurry`, for
    /// a short one.
    pub(super) async fn close(
        self,
        last: impl FnOnce(u64) -> Vec<String> + Send + 'static,
        hurry: impl Future<Output = ()>,
    ) {
        let Self { lines, hurries, last: end, mut written, .. } = self;
        drop(lines);
        let _ = end.send(Box::new(last));
        let waits = async {
            if timeout(PATIENCE.0, &mut written).await.is_err() {
                hurries.store(true, Ordering::Relaxed);
                let _ = timeout(PATIENCE.1, &mut written).await;
            }
        };
        tokio::select! {
            () = waits => return,
            () = hurry => hurries.store(true, Ordering::Relaxed),
        }
        let _ = timeout(HURRY, written).await;
    }
}
