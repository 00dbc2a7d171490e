//! What goes to the person's desktop: the clipboard, and pages for a browser.
//!
//! The terminal's own clipboard (OSC 52) is always told, because it works over ssh; beside it the
//! first tool that fits the environment and is there. No tool ever gets our terminal, and none is
//! waited for longer than a moment.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::message::Copied;
use super::terminal;

/// How much base64 terminals take for sure.
const TERMINAL_LIMIT: usize = 75_000;

/// How long a tool may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A program that is there where a variable of the environment is set.
type Tool = (&'static str, &'static [&'static str]);

const CLIPBOARDS: [Tool; 7] = [
    ("TMUX", &["tmux", "load-buffer", "-w", "-"]),
    // Before tmux 3.2 there is no -w.
    ("TMUX", &["tmux", "load-buffer", "-"]),
    ("WAYLAND_DISPLAY", &["wl-copy"]),
    ("DISPLAY", &["xclip", "-selection", "clipboard"]),
    ("DISPLAY", &["xsel", "-ib"]),
    ("WSL_DISTRO_NAME", &["clip.exe"]),
    (MAC, &["pbcopy"]),
];

const BROWSERS: [Tool; 4] = [
    ("WAYLAND_DISPLAY", &["xdg-open"]),
    ("DISPLAY", &["xdg-open"]),
    ("WSL_DISTRO_NAME", &["wslview"]),
    (MAC, &["open"]),
];

/// Stands for a variable: macOS needs none.
const MAC: &str = "macos";

fn is_set(variable: &str) -> bool {
    if variable == MAC {
        return cfg!(target_os = "macos");
    }
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Tells the terminal's clipboard; whether it was not too much for it.
///
/// # Errors
/// When the terminal is gone.
pub fn tell_terminal(text: &[u8]) -> std::io::Result<bool> {
    let fits = text.len().div_ceil(3) * 4 <= TERMINAL_LIMIT;
    if fits {
        terminal::copy(text)?;
    }
    Ok(fits)
}

/// Tells the first tool that is there, and says by which ways the text went.
pub async fn copy(text: &[u8], what: String, told: bool) -> Copied {
    let tool = first(&CLIPBOARDS, |command| (command.to_vec(), text)).await;
    let ways = tool.into_iter().chain(told.then_some("OSC 52")).collect();
    Copied { what, ways, too_much: !told }
}

/// Opens a page where there is a browser; whether there was one.
pub async fn open(address: &str) -> bool {
    let with = |command: &[&'static str]| ([command, &[address]].concat(), &[][..]);
    first(&BROWSERS, with).await.is_some()
}

/// Runs the tools that fit, one after the other, until one does its work; gives its name.
async fn first<'a>(
    tools: &[Tool],
    with: impl Fn(&'static [&'static str]) -> (Vec<&'a str>, &'a [u8]),
) -> Option<&'static str> {
    for (_, command) in tools.iter().filter(|(variable, _)| is_set(variable)) {
        let (words, input) = with(command);
        if run(&words, input).await.is_some() {
            return command.first().copied();
        }
    }
    None
}

/// Runs a tool; nothing if it is not there or fails. One that goes on may do so by itself.
async fn run(words: &[&str], input: &[u8]) -> Option<()> {
    let (program, arguments) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().ok()?;
    let work = async {
        let mut stdin = child.stdin.take()?;
        stdin.write_all(input).await.ok()?;
        drop(stdin);
        child.wait().await.ok()
    };
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(status) => status?.success().then_some(()),
        // It has taken everything it is given; browsers stay.
        Err(_) => input.is_empty().then_some(()),
    }
}
