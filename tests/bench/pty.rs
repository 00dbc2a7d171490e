//! A program on a terminal of 120 columns and 40 rows, and the moments when it paints.

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const ROWS: NonZero<u16> = NonZero::new(40).expect("not zero");
const COLUMNS: NonZero<u16> = NonZero::new(120).expect("not zero");

/// Silence after which a frame is complete.
const QUIET: Duration = Duration::from_millis(25);

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes of a program, and when they came.
type Chunk = (Instant, Vec<u8>);

/// A program on a terminal.
pub(crate) struct Program {
    child: Box<dyn Child + Send + Sync>,
    // Held as long as the program runs: a terminal without a master is gone.
    _master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    chunks: Receiver<Chunk>,
    screen: vt100::Parser,
    started: Instant,
    /// How many bytes it has written.
    pub(crate) written: usize,
}

/// A command whose environment is the same on every machine.
pub(crate) fn command(program: &str, arguments: &[&str], folder: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env("TERM", "xterm-256color");
    command.env("EHLO_LANG", "en");
    command.env("XDG_CONFIG_HOME", folder);
    command.env("XDG_STATE_HOME", folder);
    command.cwd(folder);
    command
}

impl Program {
    /// Starts a program.
    ///
    /// # Errors
    /// When there is no terminal for it, or it cannot be started.
    pub(crate) fn start(command: CommandBuilder) -> anyhow::Result<Self> {
        let size =
            PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let chunks = listen(pair.master.try_clone_reader()?);
        let keyboard = pair.master.take_writer()?;
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        Ok(Self {
            child,
            _master: pair.master,
            keyboard,
            chunks,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            started,
            written: 0,
        })
    }

    /// Milliseconds from its start until its first frame is complete: something stands in the
    /// first row and in the last two. One row does not tell, vim names a file before it reads it.
    ///
    /// # Errors
    /// When nothing is painted in time.
    pub(crate) fn painted(&mut self) -> anyhow::Result<f64> {
        loop {
            let Some(at) = self.read(PATIENCE) else { bail!("nothing was painted") };
            let rows: Vec<String> = self.screen.screen().rows(0, COLUMNS.get()).collect();
            let blank = |row: &String| row.trim().is_empty();
            if !rows.iter().rev().take(2).chain(rows.first()).any(blank) {
                return Ok((at - self.started).as_secs_f64() * 1_000.0);
            }
        }
    }

    /// Milliseconds from its start until a text stands on the screen.
    ///
    /// # Errors
    /// When it does not come.
    pub(crate) fn shows(&mut self, text: &str) -> anyhow::Result<f64> {
        loop {
            let Some(at) = self.read(PATIENCE) else { bail!("{text} did not come") };
            if self.screen.screen().contents().contains(text) {
                return Ok((at - self.started).as_secs_f64() * 1_000.0);
            }
        }
    }

    /// Reads until nothing has come for `quiet`; gives the time of the last bytes.
    pub(crate) fn settle(&mut self, quiet: Duration) -> Option<Instant> {
        let mut last = None;
        while let Some(at) = self.read(quiet) {
            last = Some(at);
        }
        last
    }

    /// Sends keys without looking.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn send(&mut self, keys: &str) -> std::io::Result<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        self.keyboard.flush()
    }

    /// Milliseconds from a key to the last byte of what it changes.
    ///
    /// # Errors
    /// When nothing changes.
    pub(crate) fn press(&mut self, key: &str) -> anyhow::Result<f64> {
        self.settle(Duration::from_millis(1));
        let before = self.screen.screen().contents();
        let start = Instant::now();
        self.send(key)?;
        let Some(first) = self.read(PATIENCE) else { bail!("the key was not heard") };
        let last = self.settle(QUIET).unwrap_or(first);
        ensure!(self.screen.screen().contents() != before, "the key changed nothing");
        Ok((last - start).as_secs_f64() * 1_000.0)
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or_default()
    }

    /// Takes what comes next into the screen.
    fn read(&mut self, patience: Duration) -> Option<Instant> {
        match self.chunks.recv_timeout(patience) {
            Ok((at, bytes)) => {
                self.written += bytes.len();
                self.screen.process(&bytes);
                Some(at)
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => None,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Notes the time of every chunk, on a thread that does nothing else.
fn listen(mut reader: Box<dyn Read + Send>) -> Receiver<Chunk> {
    let (sender, chunks) = channel();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let bytes = buffer.get(..count).unwrap_or_default().to_vec();
            if sender.send((Instant::now(), bytes)).is_err() {
                return;
            }
        }
    });
    chunks
}
