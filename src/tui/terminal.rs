//! The terminal: taken over in one place, and given back in one place on every way out.

use std::io::{BufWriter, Stdout, Write as _, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::display::Mouse;

/// The terminal that is drawn on.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Whether the terminal is ours at the moment.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is ours whenever the terminal is.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back when it is dropped.
#[derive(Debug)]
pub struct Taken(());

impl Drop for Taken {
    fn drop(&mut self) {
        restore();
    }
}

/// Takes the terminal over: raw mode, alternate screen, bracketed paste.
///
/// # Errors
/// When the terminal does not let itself be taken.
pub fn take() -> std::io::Result<(Screen, Taken)> {
    restore_on_panic();
    TAKEN.store(true, Ordering::SeqCst);
    let taken = Taken(());
    again()?;
    let out = CrosstermBackend::new(BufWriter::with_capacity(64 << 10, stdout()));
    let options = TerminalOptions { viewport: Viewport::Fixed(size()?) };
    Ok((Terminal::with_options(out, options)?, taken))
}

/// Takes it over again, after the shell had it.
///
/// # Errors
/// As [`take`].
pub fn again() -> std::io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut out = stdout();
    queue!(out, EnterAlternateScreen, EnableBracketedPaste)?;
    if MOUSE.load(Ordering::SeqCst) {
        queue!(out, Mouse(true))?;
    }
    out.flush()
}

/// Columns and rows. Nothing is opened to learn them: it is asked before every frame.
///
/// # Errors
/// When the terminal does not say.
pub fn size() -> std::io::Result<Rect> {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(stdout())
        && size.ws_col > 0
    {
        return Ok(Rect::new(0, 0, size.ws_col, size.ws_row));
    }
    let (columns, rows) = crossterm::terminal::size()?;
    Ok(Rect::new(0, 0, columns, rows))
}

/// Takes the mouse, or leaves it to the terminal.
///
/// # Errors
/// When the terminal cannot be told.
pub fn mouse(ours: bool) -> std::io::Result<()> {
    if MOUSE.swap(ours, Ordering::SeqCst) == ours {
        return Ok(());
    }
    execute!(stdout(), Mouse(ours))
}

/// Gives `text` to the clipboard of the terminal (OSC 52).
///
/// # Errors
/// When the terminal cannot be told.
pub fn copy(text: &[u8]) -> std::io::Result<()> {
    execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
}

/// Gives it back as it was; does nothing if it is not taken.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // There is nobody to tell if the terminal is gone.
        if MOUSE.load(Ordering::SeqCst) {
            let _ = execute!(stdout(), Mouse(false));
        }
        let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// A panic anywhere ends the program, with its words on a usable terminal.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let ours = TAKEN.load(Ordering::SeqCst);
            restore();
            before(info);
            if ours {
                std::process::exit(101);
            }
        }));
    });
}
