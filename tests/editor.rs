//! The message editor in a real terminal: composed, sent, stored, recovered, edited elsewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/composing.rs"]
mod composing;
#[path = "support/pty.rs"]
mod pty;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use composing::{PICTURE, SUBJECT, address, begin, compose, files, kept};
use pty::{Size, Terminal};

const SMALL: Size = (80, 24);
const LARGE: Size = (120, 40);

const ESC: &str = "\x1b";
const CTRL_C: &str = "\x03";
const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const ALT_U: &str = "\x1bu";
const F4: &str = "\x1bOS";

/// A server that stores what it takes, until it is dropped.
struct Server(Child, String);

impl Server {
    fn begin(maildir: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ehlo"))
            .args(["serve", "--listen", "127.0.0.1:0", "--maildir"])
            .arg(maildir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
        let target = first.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self(child, target)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The envelope, up to a recipient.
fn addressed(t: &mut Terminal) {
    address(t, "alice@example.org", "bob@example.net");
}

#[test]
fn what_is_composed_is_stored_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::begin(folder.path());
    let mut t = Terminal::ehlo(LARGE, &[&server.1]);
    addressed(&mut t);
    let composed = compose(&mut t, ".a dot");
    t.keys(CTRL_S);
    t.wait_for("dots doubled: 1");
    t.keys("d");
    t.wait_for("the draft is done");
    let [stored] = &files(&folder.path().join("new"), ".ehlo")[..] else { panic!() };
    let stored = std::fs::read(stored).unwrap();
    assert_eq!(String::from_utf8(stored.clone()).unwrap(), composed.replace('\n', "\r\n"));
    let content = ehlo::session::content::Content::read(stored.clone());
    assert_eq!(content.field("Subject").unwrap().value, SUBJECT);
    let attached = content.parts.iter().find(|part| part.kind == "image/png").unwrap();
    assert_eq!((attached.decoded_len, attached.name.as_deref()), (256, Some(PICTURE)));
    assert_eq!(files(&t.home().join("ehlo/drafts"), ""), Vec::<std::path::PathBuf>::new());
}

#[test]
fn chunks_carry_the_same_message() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::begin(folder.path());
    let mut t = Terminal::ehlo(LARGE, &[&server.1]);
    addressed(&mut t);
    begin(&mut t, "html");
    let composed = kept(t.home(), "multipart/alternative");
    t.keys(CTRL_S);
    t.wait_for("BDAT < 65 536 B >");
    t.keys("\x1b[D\x1b[D\x1b[D");
    t.wait_for("BDAT < 64 B >");
    t.keys("b");
    t.wait_for("the draft is done");
    let [stored] = &files(&folder.path().join("new"), ".ehlo")[..] else { panic!() };
    let stored = std::fs::read_to_string(stored).unwrap();
    assert_eq!(stored, composed.replace('\n', "\r\n"));
}

#[test]
fn a_draft_outlives_kill_9_and_another_program() {
    let state = tempfile::tempdir().unwrap();
    let place = [("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let mut first = Terminal::ehlo_with(SMALL, &[], &place);
    first.wait_for("S 220 ");
    first.keys(F4);
    first.keys("Subject: mine");
    let kept_first = kept(state.path(), "Subject: mine");
    // A second program sees nothing of it, writes its own, and leaves.
    let mut second = Terminal::ehlo_with(SMALL, &[], &place);
    second.wait_for("S 220 ");
    second.keys(F4);
    second.wait_for("Live view");
    second.keys("Subject: other");
    second.wait_for("Subject: other");
    second.keys(CTRL_Q);
    assert_eq!(second.wait_for_end().exit_code(), 0);
    let drafts = files(&state.path().join("ehlo/drafts"), ".eml");
    assert_eq!(drafts.len(), 2);
    assert!(drafts.iter().any(|d| std::fs::read_to_string(d).unwrap() == kept_first));
    first.signal("KILL");
    first.wait_for_end();
    let mut third = Terminal::ehlo_with(SMALL, &[], &place);
    third.wait_for("an unsent draft was saved");
    third.keys(F4);
    third.wait_for("\"other\"");
    // Who types as if the editor were open deletes nothing.
    third.keys("Date: d");
    third.wait_for("that is no answer");
    third.keys("\x1b[A");
    third.keys("d");
    third.wait_for("Enter deletes it");
    third.keys("\r");
    third.wait_for("\"mine\"");
    third.keys("g\r");
    third.wait_for("Subject: mine");
    third.keys("\x1b[F, found again");
    assert_eq!(kept(state.path(), "found again"), "Subject: mine, found again");
    third.keys(ESC);
    third.wait_for("waits: F4");
}

#[test]
fn what_cannot_be_kept_is_tried_again_and_printed_at_the_end() {
    let state = tempfile::tempdir().unwrap();
    let place = [("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let folder = state.path().join("ehlo/drafts");
    let begun = || {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(state.path().join("ehlo")).unwrap();
        std::fs::write(&folder, "no folder").unwrap();
        let mut t = Terminal::ehlo_with(LARGE, &[], &place);
        t.wait_for("S 220 ");
        t.keys(F4);
        t.wait_for("Live view");
        t.keys("Subject: unkept");
        t.wait_for("this draft is not saved anywhere yet");
        t
    };
    let mut t = begun();
    std::fs::remove_file(&folder).unwrap();
    t.keys(ESC);
    assert_eq!(kept(state.path(), "unkept"), "Subject: unkept");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    let mut t = begun();
    t.keys(CTRL_Q);
    t.wait_for("could not be saved anywhere");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
    t.wait_for("Subject: unkept");
}

/// Opens a draft in this program, which lives in the folder.
fn edited_with(script: &str) -> (Terminal, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("my editor");
    std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    let quoted = format!("sh '{}' -x", path.display());
    let mut t = Terminal::ehlo_with(SMALL, &[], &[("EDITOR", &quoted), ("VISUAL", "")]);
    t.wait_for("S 220 ");
    t.keys(F4);
    t.wait_for("Live view");
    t.keys("Subject: inside");
    t.wait_for("Subject: inside");
    t.keys(F4);
    (t, home)
}

#[test]
fn an_editor_outside_has_the_terminal_and_gives_it_back() {
    let (mut t, _home) =
        edited_with("printf 'type: '; read line; printf '%s\\n' \"\nX-Line: $line\" >> \"$2\"");
    t.wait_until("the main screen", |screen| {
        screen.contents().contains("type: ") && !screen.alternate_screen()
    });
    t.assert_given_back();
    t.keys("every key\n");
    t.wait_for("X-Line: every key");
    t.assert_taken();
    t.keys("extra");
    t.wait_for("extra");
    t.keys(ALT_U);
    t.wait_gone("extra");
    t.keys(ALT_U);
    t.wait_gone("X-Line");
    t.wait_for("Subject: inside");
}

/// The file that the notice names.
fn named_file(t: &Terminal) -> String {
    let shown = t.contents();
    let (_, behind) = shown.split_once("kept in ").unwrap();
    behind.split_once(": ").unwrap().0.to_owned()
}

#[test]
fn what_comes_back_broken_changes_nothing() {
    let (t, _home) = edited_with("printf 'caf\\351\\n' > \"$2\"");
    t.wait_for("not UTF-8 (byte 3)");
    t.wait_for("Subject: inside");
    let file = named_file(&t);
    assert_eq!(std::fs::read(&file).unwrap(), b"caf\xe9\n");
    std::fs::remove_file(file).unwrap();
    let (t, _home) = edited_with("echo work >> \"$2\"; kill -9 $$");
    t.wait_for("kept in ");
    let file = named_file(&t);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "Subject: insidework\n");
    std::fs::remove_file(file).unwrap();
    let (t, _home) = edited_with("rm \"$2\"");
    t.wait_for("could not be read back and is unchanged");
    t.wait_for("Subject: inside");
    let (t, _home) = edited_with("exit 3");
    t.wait_for("ended with an error (exit status: 3)");
    t.wait_for("Subject: inside");
}

#[test]
fn where_no_editor_is_found_it_says_what_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/sh", folder.path().join("sh")).unwrap();
    let path = folder.path().to_str().unwrap();
    let mut t = Terminal::ehlo_with(LARGE, &[], &[("EDITOR", "no-such"), ("PATH", path)]);
    t.wait_for("S 220 ");
    t.keys(F4);
    t.wait_for("Live view");
    t.keys(F4);
    t.wait_for("no editor could be started; tried: no-such, nano, vi, vim");
    t.assert_taken();
}

#[test]
fn a_large_message_shows_how_far_it_is_and_stops() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = std::sync::mpsc::channel();
    let heard = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut stream = stream;
        stream.write_all(b"220 mx\r\n").unwrap();
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap() > 0 && line != "DATA\r\n" {
            stream.write_all(b"250 ok\r\n").unwrap();
            line.clear();
        }
        stream.write_all(b"354 go\r\n").unwrap();
        // It takes nothing before it is told to, so most of the message has to wait.
        stopped.recv().unwrap();
        std::io::copy(&mut lines, &mut std::io::sink()).unwrap_or_default()
    });
    let mut t = Terminal::ehlo(SMALL, &[&target]);
    let big = format!("Subject: big\n\n{}", "x".repeat(75) + "\n").repeat(400_000);
    std::fs::write(t.home().join("big.eml"), &big).unwrap();
    addressed(&mut t);
    t.line("DATA");
    t.wait_for("DATA> ");
    t.line(":data big.eml");
    t.wait_for("sending: ");
    t.wait_for("MB/s; Ctrl-C stops");
    // Keys are seen meanwhile.
    t.keys("still here");
    t.wait_for("still here");
    t.keys(CTRL_C);
    t.wait_for("the connection is closed");
    t.wait_for("this side closed the connection");
    stop.send(()).unwrap();
    let left = heard.join().unwrap();
    assert!(left < big.len() as u64 / 2, "{left} of {} left all the same", big.len());
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}
