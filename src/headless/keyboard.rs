//! `ehlo keys test`: says what arrives when keys are pressed, the mouse is used, text is pasted.
//!
//! The terminal is in raw mode meanwhile and is given back on every way out, signals included.

use std::io::{IsTerminal as _, Write as _, stdout};

use crokey::KeyCombination;
use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use tokio::sync::mpsc;

use crate::config;
use crate::display::Mouse;
use crate::display::keys::{Keys, Layer, key_in_file};
use crate::display::text::fit;
use crate::display::token::own_visible;
use crate::knowledge::{self, Lang};
use crate::net::signals::{Signal, Signals};

use super::{Outcome, Setting, block_on, tell};

/// Gives the terminal back when it is dropped.
struct Taken;

impl Taken {
    fn take(mouse: bool) -> std::io::Result<Self> {
        enable_raw_mode()?;
        let taken = Self;
        let mut out = stdout();
        queue!(out, EnableBracketedPaste)?;
        if mouse {
            queue!(out, Mouse(true))?;
        }
        out.flush()?;
        Ok(taken)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        // There is nobody to tell if the terminal is gone.
        let _ = execute!(stdout(), Mouse(false), DisableBracketedPaste);
        let _ = disable_raw_mode();
    }
}

/// Says what arrives until Ctrl-C is pressed twice.
///
/// # Errors
/// When there is no terminal, or it cannot be used.
pub fn run(setting: &Setting) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        std::io::stdin().is_terminal() && stdout().is_terminal(),
        "keys test needs a terminal"
    );
    let (keys, warnings) = config::keys(&setting.sources, &config::embedded_keys());
    tell(&warnings, setting.lang());
    let taken = Taken::take(setting.chosen.mouse.value)?;
    let killed = block_on(async {
        let mut signals = Signals::of(&[Signal::Terminate, Signal::HangUp])?;
        tokio::select! {
            signal = signals.next() => Ok(Some(signal)),
            told = listen(&keys, setting.lang()) => told.map(|()| None),
        }
    });
    drop(taken);
    if let Some(signal) = killed? {
        std::process::exit(128 + signal.number());
    }
    Ok(Outcome::Done)
}

/// Tells every event until the second Ctrl-C in a row, or until the terminal is gone.
async fn listen(keys: &Keys, lang: Lang) -> anyhow::Result<()> {
    let (heard, mut events) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if heard.send(event).is_err() {
                break;
            }
        }
    });
    line(knowledge::word(lang, "keyboard.begin"))?;
    let mut asked = false;
    while let Some(event) = events.recv().await {
        let told = told(&event, keys, lang);
        told.iter().try_for_each(|told| line(told))?;
        let stop = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        match event {
            Event::Key(key) if key == stop && asked => break,
            Event::Key(key) if key == stop => {
                asked = true;
                line(knowledge::word(lang, "keyboard.again"))?;
            }
            _ => asked = asked && told.is_none(),
        }
    }
    Ok(())
}

/// One line; in raw mode the terminal adds no carriage return.
fn line(text: &str) -> std::io::Result<()> {
    let mut out = stdout().lock();
    write!(out, "{text}\r\n")?;
    out.flush()
}

/// An event in words; what a person did not do is not told.
fn told(event: &Event, keys: &Keys, lang: Lang) -> Option<String> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Some(pressed(*key, keys, lang)),
        Event::Mouse(mouse) => Some(pointed(*mouse, lang)),
        Event::Paste(text) => {
            // Terminals send what Enter sends for the end of a line.
            let lines = text.replace("\r\n", "\n").replace('\r', "\n").lines().count();
            let (n, lines) = (text.chars().count().to_string(), lines.to_string());
            Some(knowledge::fill(lang, "keyboard.paste", &[("n", &n), ("lines", &lines)]))
        }
        Event::Resize(w, h) => {
            let (w, h) = (w.to_string(), h.to_string());
            Some(knowledge::fill(lang, "keyboard.size", &[("w", &w), ("h", &h)]))
        }
        _ => None,
    }
}

/// A key as `keys.toml` writes it, and what it does in each layer that knows it.
fn pressed(key: KeyEvent, keys: &Keys, lang: Lang) -> String {
    let key = KeyCombination::from(key);
    let mut does = Layer::ALL
        .iter()
        .filter_map(|layer| {
            let action = keys.bound(*layer, key)?;
            let (layer, words) = (layer.title(), action.name());
            let (layer, words) = (knowledge::word(lang, layer), knowledge::word(lang, words));
            Some(format!("{layer}: {} ({words})", action.name()))
        })
        .collect::<Vec<_>>()
        .join("; ");
    if does.is_empty() {
        does.push_str(knowledge::word(lang, "keyboard.unbound"));
    }
    format!("{} {does}", fit(&own_visible(&key_in_file(key)), 16))
}

fn pointed(mouse: MouseEvent, lang: Lang) -> String {
    let (what, button) = match mouse.kind {
        MouseEventKind::Down(button) => ("mouse.down", Some(button)),
        MouseEventKind::Up(button) => ("mouse.up", Some(button)),
        MouseEventKind::Drag(button) => ("mouse.drag", Some(button)),
        MouseEventKind::Moved => ("mouse.moved", None),
        MouseEventKind::ScrollUp => ("mouse.wheel-up", None),
        MouseEventKind::ScrollDown => ("mouse.wheel-down", None),
        MouseEventKind::ScrollLeft => ("mouse.wheel-left", None),
        MouseEventKind::ScrollRight => ("mouse.wheel-right", None),
    };
    let button = button.map(|button| match button {
        MouseButton::Left => "mouse.left",
        MouseButton::Middle => "mouse.middle",
        MouseButton::Right => "mouse.right",
    });
    let button = button.map_or("", |key| knowledge::word(lang, key));
    let what = knowledge::fill(lang, what, &[("button", button)]);
    let (column, row) = ((mouse.column + 1).to_string(), (mouse.row + 1).to_string());
    let place = [("what", what.as_str()), ("column", &column), ("row", &row)];
    knowledge::fill(lang, "keyboard.mouse", &place)
}
