//! The real program with several sessions, with what it remembers, and with settings that change
//! while it runs.
//!
//! As in `terminal.rs`: a pseudo-terminal, servers of this test on the loopback interface, and
//! waiting for text, never for time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/pty.rs"]
mod pty;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Instant;

use pty::{LIMIT, Size, Terminal, prompt};

const SMALL: Size = (80, 24);
const LARGE: Size = (120, 40);

const ESC: &str = "\x1b";
const CTRL_Q: &str = "\x11";
const NEXT: &str = "\x1b[6;5~";
const PREVIOUS: &str = "\x1b[5;5~";

/// The question for the background of the terminal.
const ASKS: &[u8] = b"\x1b]11;?";

/// A server with this greeting that answers every line, and closes after `lines`.
fn server(name: &'static str, lines: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || talk(listener.accept().unwrap().0, name, lines));
    target
}

fn talk(mut stream: TcpStream, name: &str, lines: usize) {
    let heard = BufReader::new(stream.try_clone().unwrap()).lines();
    let _ = stream.write_all(format!("220 {name} ready\r\n").as_bytes());
    for line in heard.take(lines).map_while(Result::ok) {
        let _ = stream.write_all(format!("250 {name} heard {line}\r\n").as_bytes());
    }
}

/// A folder for settings and state, and the variables that point there.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("ehlo").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn ehlo(&self, size: Size, arguments: &[&str]) -> Terminal {
        let folder = self.0.path().to_str().unwrap();
        let variables = ["XDG_CONFIG_HOME", "XDG_STATE_HOME"].map(|name| (name, folder));
        Terminal::ehlo_with(size, arguments, &variables)
    }

    /// Waits until the state file holds `text`.
    fn remembers(&self, text: &str) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let state = std::fs::read_to_string(self.path("state.json")).unwrap_or_default();
            if state.contains(text) {
                return state;
            }
            assert!(Instant::now() < end, "no {text:?} in {state}");
            std::thread::yield_now();
        }
    }
}

/// Leaves the prompt; a key that came at once would be one with Alt.
fn to_the_panes(t: &mut Terminal) {
    t.keys(ESC);
    t.wait_for("╔ 1 Transcript");
}

#[test]
fn two_servers_in_one_program() {
    let (one, two) = (server("one.example", 9), server("two.example", 9));
    let mut t = Terminal::ehlo(LARGE, &[&one, &two]);
    t.wait_for("220 one.example ready");
    t.wait_for(&format!("[1 {one} open]"));
    t.wait_for(&format!("2 {two} open +2"));
    t.keys("NOOP half");
    t.wait_until("the line", |s| prompt(s) == "NOOP half");
    t.keys(NEXT);
    t.wait_for("220 two.example ready");
    t.wait_until("a line of its own", |s| prompt(s).is_empty());
    t.line("HELP");
    t.wait_for("250 two.example heard HELP");
    t.keys(PREVIOUS);
    t.wait_until("the half line again", |s| prompt(s) == "NOOP half");
    t.keys(" and whole\r");
    t.wait_for("250 one.example heard NOOP half and whole");
    // Both at once.
    to_the_panes(&mut t);
    t.keys("b");
    t.wait_for("250 two.example heard HELP");
    t.wait_for("250 one.example heard NOOP half and whole");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn one_closes_while_the_other_is_in_front() {
    let (one, two) = (server("one.example", 1), server("two.example", 9));
    let mut t = Terminal::ehlo(SMALL, &[&one]);
    t.wait_for("220 one.example ready");
    t.line(&format!(":new {two}"));
    t.wait_for("220 two.example ready");
    t.keys(PREVIOUS);
    t.wait_for("220 one.example ready");
    t.line("QUIT");
    t.keys(NEXT);
    t.wait_for(&format!("1 {one} closed"));
    t.line("NOOP");
    t.wait_for("250 two.example heard NOOP");
    t.line(":new nowhere:x");
    t.wait_for("nowhere:x");
    assert!(!t.contents().contains("[3 "), "{}", t.contents());
}

#[test]
fn both_ends_of_a_talk_with_the_practice_server() {
    let home = Home::new();
    home.write("keys.toml", "[any]\nf10 = \"session.other-end\"\n");
    let mut t = home.ehlo(LARGE, &[]);
    t.wait_for("S 220 ");
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    t.keys("\x1b[21~");
    t.wait_for("[2 practice the server's end]");
    // What was said before is there, and what is said now comes.
    t.wait_for("C EHLO pc.example.org");
    t.keys(PREVIOUS);
    t.wait_for("[1 practice open]");
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("sender given");
    t.keys(NEXT);
    t.wait_for("C MAIL FROM:<alice@example.org>");
    t.keys("NOOP\r");
    t.wait_for("the server's end: nothing can be sent from here");
    t.keys(PREVIOUS);
    t.wait_for("[1 practice open]");
    t.line("QUIT");
    t.wait_for("the server closed the connection");
    t.line(":connect practice");
    t.wait_for("greeted");
    t.line("EHLO again.example.org");
    t.wait_for("ready");
    t.keys(NEXT);
    t.wait_for("C EHLO again.example.org");
}

#[test]
fn every_recording_is_complete_behind_sigterm() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (one, two) = (server("one.example", 9), server("two.example", 9));
    let first = file("talk.jsonl");
    let mut t = Terminal::ehlo(SMALL, &["--record", first.to_str().unwrap(), &one, &two]);
    t.wait_for("220 one.example ready");
    t.wait_for(&format!("2 {two} open +2"));
    t.signal("TERM");
    assert_eq!(t.wait_for_end().exit_code(), 143);
    for (name, said) in [("talk.jsonl", "one.example"), ("talk-2.jsonl", "two.example")] {
        let recording = std::fs::read_to_string(file(name)).unwrap();
        assert!(recording.contains(said) && recording.contains("closed"), "{name}: {recording}");
    }
}

#[test]
fn recordings_are_tabs_too() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a.txt", "b.txt"].map(|name| folder.path().join(name));
    for (file, text) in files.iter().zip(["S: 220 first\n", "S: 220 second\n"]) {
        std::fs::write(file, text).unwrap();
    }
    let [a, b] = files.each_ref().map(|file: &PathBuf| file.to_str().unwrap());
    let mut t = Terminal::ehlo(LARGE, &["open", a, b]);
    t.wait_for("S 220 first");
    t.keys(NEXT);
    t.wait_for("S 220 second");
}

#[test]
fn borders_and_targets_are_remembered() {
    let home = Home::new();
    let target = server("one.example", 9);
    let mut t = home.ehlo(LARGE, &[&target]);
    t.wait_for("220 one.example ready");
    let before = border(&t);
    to_the_panes(&mut t);
    t.keys("<");
    t.wait_until("a narrower transcript", |s| border_of(&s.contents()) < before);
    let moved = border(&t);
    home.remembers(&target);
    t.signal("TERM");
    t.wait_for_end();
    home.remembers("wide.transcript");
    let t = home.ehlo(LARGE, &[]);
    t.wait_for("S 220 ");
    assert_eq!(border(&t), moved);
    let state = home.remembers("practice");
    assert!(state.find("practice") < state.find(&target), "{state}");
}

/// The column at which the second pane begins.
fn border(t: &Terminal) -> usize {
    border_of(&t.contents())
}

fn border_of(contents: &str) -> usize {
    let line = contents.lines().find(|line| line.contains("3 Envelope")).unwrap_or_default();
    line.chars().skip(1).position(|c| "┌╔".contains(c)).unwrap_or_default()
}

#[test]
fn a_broken_state_file_is_told() {
    let home = Home::new();
    home.write("state.json", "{\"targets\": 7}");
    let t = home.ehlo(LARGE, &[]);
    t.wait_for("state.json");
    t.wait_for("S 220 ");
}

/// Whether the first cell has a background of its own.
fn is_painted(t: &vt100::Screen) -> bool {
    t.cell(5, 5).is_some_and(|cell| cell.bgcolor() != vt100::Color::Default)
}

#[test]
fn settings_are_taken_again_when_they_are_saved() {
    let home = Home::new();
    let mut t = home.ehlo(LARGE, &[]);
    t.wait_for("S 220 ");
    assert!(!is_painted(&t.screen()));
    // The folder did not even exist.
    home.write("config.toml", "theme = \"nord\"\n");
    t.wait_until("a painted ground", is_painted);
    home.write("config.toml", "theme = \"nord\"\nhints = 7\nlang = \"ja\"\n");
    t.wait_for("config.toml：2 行 9 桁：");
    t.wait_for("通信記録");
    // What cannot be read changes nothing.
    home.write("config.toml", "theme = \n");
    t.wait_for("config.toml：1 行 9 桁：");
    assert!(is_painted(&t.screen()) && t.contents().contains("通信記録"));
    home.write("keys.toml", "[any]\nf10 = \"hlep\"\n");
    t.wait_for("keys.toml：2 行 7 桁：");
    home.write("config.toml", "hints = false\n");
    home.write("keys.toml", "[any]\nf10 = \"quit\"\n");
    t.wait_until("no ground", |s| !is_painted(s) && s.contents().contains("Transcript"));
    t.wait_gone("keys.toml");
    t.keys("\x1b[21~");
    assert_eq!(t.wait_for_end().exit_code(), 0);
}

#[test]
fn an_own_theme_is_followed_while_it_is_written() {
    let home = Home::new();
    home.write("themes/mine.toml", "inherits = \"nord\"\n");
    home.write("config.toml", "theme = \"mine\"\n");
    let t = home.ehlo(LARGE, &[]);
    t.wait_for("S 220 ");
    t.wait_until("a painted ground", is_painted);
    home.write("themes/mine.toml", "[role]\nclint = \"red\"\n");
    t.wait_for("mine.toml: line 2, column 1: ");
    assert!(is_painted(&t.screen()));
    home.write("themes/mine.toml", "inherits = \"terminal\"\n");
    t.wait_until("no ground", |s| !is_painted(s));
}

#[test]
fn the_use_of_colours_is_followed() {
    let home = Home::new();
    home.write("config.toml", "theme = \"nord\"\ncolor = \"never\"\n");
    let t = home.ehlo(LARGE, &[]);
    t.wait_for("S 220 ");
    assert!(!is_painted(&t.screen()));
    for (color, painted) in [("always", true), ("never", false), ("auto", true)] {
        home.write("config.toml", &format!("theme = \"nord\"\ncolor = \"{color}\"\n"));
        t.wait_until(color, |screen| is_painted(screen) == painted);
    }
}

#[test]
fn only_auto_asks_the_terminal() {
    let t = Terminal::ehlo(LARGE, &[]);
    t.wait_for("S 220 ");
    assert!(!contains(&t.written(), ASKS));
    for (answer, painted) in [("ffff/ffff/ffff", true), ("0000/0000/0000", true), ("", false)] {
        let mut t = Terminal::ehlo(LARGE, &["--theme", "auto"]);
        let end = Instant::now() + LIMIT;
        while !contains(&t.written(), ASKS) {
            assert!(Instant::now() < end, "it does not ask");
            std::thread::yield_now();
        }
        if !answer.is_empty() {
            t.keys(&format!("\x1b]11;rgb:{answer}\x1b\\\x1b[?62c"));
        }
        t.wait_for("S 220 ");
        assert_eq!(is_painted(&t.screen()), painted, "{answer}");
        // One that comes too late is not typed into the prompt.
        if answer.is_empty() {
            t.keys("\x1b]11;rgb:ffff/ffff/ffff\x1b\\");
        }
        // A key is still a key.
        t.line("NOOP");
        t.wait_for("C NOOP");
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
