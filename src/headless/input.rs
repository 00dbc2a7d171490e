//! Standard input, line by line.

use std::io::IsTerminal as _;

use tokio::io::{AsyncBufReadExt as _, BufReader};

/// The lines of standard input.
pub(super) struct Input {
    lines: BufReader<tokio::io::Stdin>,
    begun: Vec<u8>,
    /// Whether there are no more.
    pub(super) ended: bool,
    /// Whether a person types them.
    pub(super) terminal: bool,
}

impl Input {
    pub(super) fn new() -> Self {
        let terminal = std::io::stdin().is_terminal();
        let lines = BufReader::new(tokio::io::stdin());
        Self { lines, begun: Vec::new(), ended: false, terminal }
    }

    /// Waits for the end, as far as nothing stands before it.
    pub(super) async fn ends(&mut self) {
        if !self.ended && !self.lines.fill_buf().await.is_ok_and(<[u8]>::is_empty) {
            std::future::pending::<()>().await;
        }
        self.ended = true;
    }

    /// The next line; cancel-safe.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<String>> {
        if self.lines.read_until(b'\n', &mut self.begun).await? == 0 && self.begun.is_empty() {
            self.ended = true;
            return Ok(None);
        }
        let line = std::mem::take(&mut self.begun);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok(Some(String::from_utf8_lossy(line).into_owned()))
    }

    /// Whether it may be read: a program in the background that reads its terminal is stopped.
    pub(super) fn is_ours(&self) -> bool {
        #[cfg(unix)]
        if self.terminal {
            let front = rustix::termios::tcgetpgrp(std::io::stdin());
            return front.is_ok_and(|front| front == rustix::process::getpgrp());
        }
        true
    }
}
