//! `ehlo keys test` in a real terminal: everything that arrives is named, and the terminal is given
//! back on every way out.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

#[path = "support/pty.rs"]
mod pty;

use pty::Terminal;
use vt100::MouseProtocolMode;

const SIZE: pty::Size = (100, 24);

fn begun(arguments: &[&str], environment: &[(&str, &str)]) -> Terminal {
    let terminal = Terminal::ehlo_with(SIZE, arguments, environment);
    terminal.wait_for("Ctrl-C twice ends this");
    terminal
}

fn assert_given_back(terminal: &Terminal) {
    terminal.assert_given_back();
    terminal
        .wait_until("no mouse", |screen| screen.mouse_protocol_mode() == MouseProtocolMode::None);
}

#[test]
fn keys_mouse_and_pastes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ehlo")).unwrap();
    let own = "[prompt]\nctrl-x = \"prompt.send\"\n";
    std::fs::write(folder.path().join("ehlo/keys.toml"), own).unwrap();
    let config = [("XDG_CONFIG_HOME", folder.path().to_str().unwrap())];
    let mut terminal = begun(&["keys", "test"], &config);
    terminal.wait_until("clicks and drags", |screen| {
        screen.mouse_protocol_mode() == MouseProtocolMode::ButtonMotion
    });
    for (bytes, told) in [
        ("\x11", "ctrl-q           Everywhere: quit (quit)"),
        ("\x18", "ctrl-x           At the prompt: prompt.send (send)"),
        ("\x1b[21~", "f10              Everywhere: gate.release (let go what is held)"),
        ("\x1b[23~", "f11              does nothing"),
        ("\t", "tab "),
        ("\x1b[<0;5;3M", "mouse: left button pressed at column 5, row 3"),
        ("\x1b[<65;5;3M", "mouse: wheel down at column 5, row 3"),
        ("\x1b[200~one\rtwo\x1b[201~", "a paste; characters: 7, lines: 2"),
        ("あ", "あ "),
    ] {
        terminal.keys(bytes);
        terminal.wait_for(told);
    }
    terminal.keys("\x03");
    terminal.wait_for("Ctrl-C again ends this");
    // Another key between them: it goes on.
    terminal.keys("z\x03");
    terminal.wait_for("z ");
    terminal.keys("\x03");
    assert!(terminal.wait_for_end().success());
    assert_given_back(&terminal);
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_given_back() {
    for (name, code) in [("TERM", 143), ("HUP", 129)] {
        let mut terminal = begun(&["keys", "test", "--no-mouse"], &[]);
        assert_eq!(terminal.screen().mouse_protocol_mode(), MouseProtocolMode::None);
        assert!(!terminal.modes_are_restored(), "raw mode is on");
        terminal.signal(name);
        assert_eq!(terminal.wait_for_end().exit_code(), code, "{name}");
        assert_given_back(&terminal);
    }
}
