//! Standard input, line by line, of which none takes more memory than a bound.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader, Stdin};

/// How many bytes of a line are taken, as of a line that is said.
pub(super) const LONGEST: usize = 64 << 10;

/// How long it is until it is looked again whether the terminal is ours.
const LOOK: Duration = Duration::from_secs(1);

/// A line that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// All of it.
    Whole(String),
    /// It is longer than may be: its beginning.
    TooLong(String),
}

/// The lines of standard input.
pub(super) struct Input<R = Stdin> {
    lines: BufReader<R>,
    begun: Vec<u8>,
    /// A line that was looked at before it is taken.
    ahead: Option<Line>,
    /// Whether there are no more.
    pub(super) ended: bool,
    /// Whether a person types them.
    pub(super) terminal: bool,
}

impl Input {
    pub(super) fn new() -> Self {
        Self::of(tokio::io::stdin(), io::stdin().is_terminal())
    }

    /// The next line, once it may be read; what cannot be read any more has ended. Cancel-safe.
    pub(super) async fn next_ours(&mut self) -> Option<Line> {
        while !self.is_ours() {
            tokio::time::sleep(LOOK).await;
        }
        let line = self.next().await;
        self.ended |= line.is_err();
        line.ok().flatten()
    }

    /// Whether it may be read: a program in the background that reads its terminal is stopped.
    fn is_ours(&self) -> bool {
        #[cfg(unix)]
        if self.terminal {
            let front = rustix::termios::tcgetpgrp(io::stdin());
            return front.is_ok_and(|front| front == rustix::process::getpgrp());
        }
        true
    }
}

impl<R> Input<R>
where
    BufReader<R>: AsyncBufRead + Unpin,
{
    fn of(lines: R, terminal: bool) -> Self
    where
        R: tokio::io::AsyncRead,
    {
        let lines = BufReader::new(lines);
        Self { lines, begun: Vec::new(), ahead: None, ended: false, terminal }
    }

    /// Waits for the next line, and leaves it there; `None` at the end. Cancel-safe.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub(super) async fn look(&mut self) -> io::Result<Option<&Line>> {
        if self.ahead.is_none() {
            self.ahead = self.next().await?;
        }
        Ok(self.ahead.as_ref())
    }

    /// The next line; cancel-safe.
    ///
    /// # Errors
    /// When standard input cannot be read.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        loop {
            let read = self.lines.fill_buf().await?;
            if read.is_empty() && self.begun.is_empty() {
                self.ended = true;
                return Ok(None);
            }
            let mut parts = read.splitn(2, |byte| *byte == b'\n');
            let (line, ends) = (parts.next().unwrap_or_default(), parts.next().is_some());
            // One more, so that it is known, and the end of the line.
            let room = (LONGEST + 2).saturating_sub(self.begun.len());
            self.begun.extend(line.iter().take(room));
            let used = line.len() + usize::from(ends);
            let ends = ends || read.is_empty();
            self.lines.consume(used);
            if ends {
                let line = std::mem::take(&mut self.begun);
                let line = line.strip_suffix(b"\r").unwrap_or(&line);
                let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                return Ok(Some(match line.get(..LONGEST).filter(|_| line.len() > LONGEST) {
                    Some(beginning) => Line::TooLong(text(beginning)),
                    None => Line::Whole(text(line)),
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8]) -> Vec<Line> {
        let (mut input, mut all) = (Input::of(text, false), Vec::new());
        while let Some(line) = input.next().await.unwrap() {
            assert!(!input.ended && input.begun.capacity() == 0);
            all.push(line);
        }
        assert!(input.ended);
        all
    }

    #[tokio::test]
    async fn a_line_ends_where_it_ends_and_is_no_longer_than_may_be() {
        let whole = |text: &str| Line::Whole(text.to_owned());
        assert_eq!(lines(b"").await, []);
        assert_eq!(lines(b"a\r\n\nb\r\r\n\xffc").await, ["a", "", "b\r", "\u{fffd}c"].map(whole));
        for end in ["\n", "\r\n"] {
            let text = |len: usize| format!("{}{end}x{end}", "a".repeat(len)).into_bytes();
            let most = "a".repeat(LONGEST);
            assert_eq!(lines(&text(LONGEST)).await, [&*most, "x"].map(whole));
            for len in [LONGEST + 1, LONGEST + 2, 5 * LONGEST] {
                assert_eq!(lines(&text(len)).await, [Line::TooLong(most.clone()), whole("x")]);
            }
        }
    }

    #[tokio::test]
    async fn a_line_that_was_looked_at_is_still_there() {
        let mut input = Input::of(&b"a\nb"[..], false);
        for _ in 0..2 {
            assert_eq!(input.look().await.unwrap(), Some(&Line::Whole("a".to_owned())));
        }
        assert_eq!(input.next().await.unwrap(), Some(Line::Whole("a".to_owned())));
        assert_eq!(input.next().await.unwrap(), Some(Line::Whole("b".to_owned())));
        assert_eq!(input.look().await.unwrap(), None);
        assert!(input.ended);
    }
}
