//! A program in a pseudo-terminal: typed into, watched, resized, sent signals.
//!
//! Waiting is for text or for the end of the program, never for time; each wait has a limit, and
//! behind it the screen is printed. The folders of the user are empty, and the terminal is
//! `xterm-256color` unless a test says otherwise.

#![allow(dead_code, unreachable_pub, reason = "not every test needs all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty};

/// How long anything may take on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(10);

/// What the terminal shows, and a bell for every change.
type Shown = Arc<(Mutex<vt100::Parser>, Condvar)>;

/// Who watches it: whether that ends, and the thread.
type Watched = (Arc<AtomicBool>, Option<JoinHandle<()>>);

/// Everything that the program wrote, as bytes.
type Written = Arc<Mutex<Vec<u8>>>;

/// A program and its terminal.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    // Kept open, so that the modes can be looked at behind the end of the program.
    slave: Box<dyn SlavePty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn std::io::Write + Send>,
    shown: Shown,
    written: Written,
    watched: Watched,
    modes_before: String,
    home: tempfile::TempDir,
}

/// Columns and rows.
pub type Size = (u16, u16);

const fn pty_size((cols, rows): Size) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn some(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

impl Terminal {
    /// The program itself with these arguments.
    pub fn ehlo(size: Size, arguments: &[&str]) -> Self {
        Self::ehlo_with(size, arguments, &[])
    }

    /// The same, with more of an environment.
    pub fn ehlo_with(size: Size, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::spawn(size, Path::new(env!("CARGO_BIN_EXE_ehlo")), arguments, environment)
    }

    /// Any program, by its absolute path.
    pub fn spawn(
        size: Size,
        program: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let pair = portable_pty::native_pty_system().openpty(pty_size(size)).unwrap();
        let home = tempfile::tempdir().unwrap();
        let command = command(program, arguments, environment, home.path());
        let modes_before = modes(&*pair.master);
        let shown: Shown = Arc::new((
            Mutex::new(vt100::Parser::new(some(size.1), some(size.0), 0)),
            Condvar::new(),
        ));
        let written = Written::default();
        let watched = watch(&*pair.master, Arc::clone(&shown), Arc::clone(&written));
        let keyboard = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let (master, slave) = (pair.master, pair.slave);
        Self { master, slave, child, keyboard, shown, written, watched, modes_before, home }
    }

    /// Presses keys, as the bytes that a terminal sends for them.
    pub fn keys(&mut self, bytes: &str) {
        self.keyboard.write_all(bytes.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Types a line, waits until it stands in the prompt, and presses Enter.
    pub fn line(&mut self, text: &str) {
        self.keys(text);
        self.wait_until(&format!("{text:?} in the prompt"), |screen| {
            prompt(screen) == text.trim_end()
        });
        self.keys("\r");
    }

    /// Waits until `text` is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contents().contains(text));
    }

    /// Waits until `text` is no longer on the screen.
    pub fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("no {text:?}"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the screen is as it should be.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + LIMIT;
        let mut parser = self.parser();
        while !is_so(parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited for {what}:\n{}", parser.screen().contents());
            parser = self.shown.1.wait_timeout(parser, left).unwrap().0;
        }
    }

    /// Waits for the program to end.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What is on the screen.
    pub fn contents(&self) -> String {
        self.parser().screen().contents()
    }

    /// The screen with its cells, cursor and modes.
    pub fn screen(&self) -> vt100::Screen {
        self.parser().screen().clone()
    }

    fn parser(&self) -> MutexGuard<'_, vt100::Parser> {
        self.shown.0.lock().unwrap()
    }

    /// Gives the terminal another size.
    pub fn resize(&self, size: Size) {
        self.parser().set_size(some(size.1), some(size.0));
        self.master.resize(pty_size(size)).unwrap();
    }

    /// Takes the terminal away while the program runs; behind it there is another one.
    pub fn hang_up(&mut self) {
        self.watched.0.store(true, Ordering::Relaxed);
        // What is drawn anew is read once more.
        self.resize((60, 20));
        self.watched.1.take().unwrap().join().unwrap();
        let other = portable_pty::native_pty_system().openpty(pty_size((60, 20))).unwrap();
        self.keyboard = other.master.take_writer().unwrap();
        self.master = other.master;
        self.slave = other.slave;
    }

    /// Uses the mouse at a place: button and modifiers as terminals count them, `M` or `m`.
    pub fn mouse(&mut self, button: u16, (x, y): (u16, u16), letter: char) {
        self.keys(&format!("\x1b[<{button};{};{}{letter}", x + 1, y + 1));
    }

    /// Presses the left button at one place and lets it go at another.
    pub fn drag(&mut self, from: (u16, u16), to: (u16, u16)) {
        self.mouse(0, from, 'M');
        self.mouse(32, to, 'M');
        self.mouse(0, to, 'm');
    }

    /// Clicks.
    pub fn click(&mut self, place: (u16, u16)) {
        self.mouse(0, place, 'M');
        self.mouse(0, place, 'm');
    }

    /// Where `text` is on the screen.
    pub fn find(&self, text: &str) -> (u16, u16) {
        let screen = self.screen();
        let (rows, columns) = screen.size();
        let rows = screen.rows(0, columns.get()).zip(0..rows.get());
        let found = rows.filter_map(|(row, y)| {
            let before = row.split_once(text)?.0;
            Some((u16::try_from(unicode_width::UnicodeWidthStr::width(before)).unwrap(), y))
        });
        found
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("{text:?} is not in\n{}", self.contents()))
    }

    /// Everything that the program has written, as bytes.
    pub fn written(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }

    /// Wipes the screen without the program's knowledge, as noise on a line does.
    pub fn spoil(&self) {
        self.parser().process(b"\x1b[2J");
        self.shown.1.notify_all();
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Whether the terminal's own modes (`stty`) are as they were before the program began.
    pub fn modes_are_restored(&self) -> bool {
        modes(&*self.master) == self.modes_before
    }

    /// Everything that has to be true of a terminal that was given back.
    pub fn assert_given_back(&self) {
        self.wait_until("the main screen", |screen| {
            !screen.alternate_screen()
                && !screen.bracketed_paste()
                && !screen.hide_cursor()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
        });
        assert_eq!(modes(&*self.master), self.modes_before, "the modes of the terminal");
    }

    /// Everything that is true while the program has the terminal.
    pub fn assert_taken(&self) {
        self.wait_until("the alternate screen", |screen| {
            screen.alternate_screen()
                && screen.bracketed_paste()
                && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::ButtonMotion
                && screen.mouse_protocol_encoding() == vt100::MouseProtocolEncoding::Sgr
        });
        assert!(!self.modes_are_restored(), "raw mode is on");
    }

    /// A folder that lives as long as the terminal.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The most memory that the program ever had, in megabytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Most have ended by themselves; there is nothing to say about those.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was typed into the prompt: the line behind the last `> ` beside a border, if there is one.
pub fn prompt(screen: &vt100::Screen) -> String {
    let (rows, _) = screen.size();
    let line = (0..rows.get()).rev().map(|row| typed(screen, row)).find_map(|line| {
        let (before, text) = line.split_once("> ")?;
        let mark = before.trim_start_matches(['║', '│', ' ']);
        let of_mark = |c: char| c.is_uppercase() || c.is_ascii_digit() || c == ' ';
        mark.chars().all(of_mark).then(|| text.to_owned())
    });
    line.map(|text| text.trim_end_matches(['║', '│', ' ']).to_owned()).unwrap_or_default()
}

/// What stands in a row without what is dim: what is suggested was not typed.
fn typed(screen: &vt100::Screen, row: u16) -> String {
    let (_, columns) = screen.size();
    let cells = (0..columns.get()).filter_map(|column| screen.cell(row, column));
    let cells = cells.filter(|cell| !cell.is_wide_continuation());
    cells
        .map(|cell| if cell.dim() || !cell.has_contents() { " " } else { cell.contents() })
        .collect()
}

/// Sends a signal to any process.
pub fn signal(id: u32, name: &str) {
    let done =
        std::process::Command::new("kill").args([format!("-{name}"), id.to_string()]).status();
    assert!(done.unwrap().success(), "kill -{name} {id}");
}

/// The state letter of a process: `R`, `S`, `T` …
pub fn state(id: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()).unwrap()
}

fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios().unwrap())
}

fn command(
    program: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    home: &Path,
) -> CommandBuilder {
    let mut command = CommandBuilder::new(program);
    command.args(arguments);
    command.env_clear();
    command.cwd(home);
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8")] {
        command.env(name, value);
    }
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env(name, home);
    }
    for (name, value) in environment {
        command.env(name, value);
    }
    command
}

/// Feeds what the program writes into the screen.
fn watch(master: &dyn MasterPty, shown: Shown, written: Written) -> Watched {
    let mut reader = master.try_clone_reader().unwrap();
    let ends = Arc::<AtomicBool>::default();
    let end = Arc::clone(&ends);
    let thread = std::thread::spawn(move || {
        let mut bytes = [0; 8192];
        while let Ok(read @ 1..) = reader.read(&mut bytes) {
            let bytes = bytes.get(..read).unwrap_or_default();
            written.lock().unwrap().extend_from_slice(bytes);
            shown.0.lock().unwrap().process(bytes);
            shown.1.notify_all();
            if end.load(Ordering::Relaxed) {
                return;
            }
        }
    });
    (ends, Some(thread))
}
