//! The real program goes back in time, in a session that goes on and in a recording.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/pty.rs"]
mod pty;

use std::fmt::Write as _;

use peer::Peer;
use pty::{Size, Terminal};

const SMALL: Size = (80, 24);
const ALT_UP: &str = "\x1b[1;3A";
const ALT_DOWN: &str = "\x1b[1;3B";
const ESC: &str = "\x1b";
const CTRL_Q: &str = "\x11";

#[test]
fn a_session_is_looked_at_as_it_was_while_it_goes_on() {
    let (go_on, waits) = std::sync::mpsc::channel();
    let peer = Peer::start(move |mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO x\r\n", "250-fake.example\r\n250 SIZE 1000");
        client.answer("NOOP one\r\n", "250 first");
        assert_eq!(client.line(), "NOOP two\r\n");
        // It is answered while one looks back.
        waits.recv().unwrap();
        client.say("250 second\r\n");
        client.answer("NOOP three\r\n", "250 third");
        client.answer("QUIT\r\n", "221 bye");
    });
    let mut t = Terminal::ehlo(SMALL, &[&peer.address]);
    t.wait_for("S 220 ");
    for (line, answer) in [("EHLO x", "SIZE 1000"), ("NOOP one", "S 250 first")] {
        t.line(line);
        t.wait_for(answer);
    }
    t.line("NOOP two");
    t.wait_for("C NOOP two");
    t.keys(ALT_UP);
    t.wait_for("at exchange 3 of 4");
    t.wait_gone("C NOOP two");
    t.keys(ALT_UP);
    t.wait_for("at exchange 2 of 4");
    t.wait_gone("C NOOP one");
    go_on.send(()).unwrap();
    // The line is typed behind what has come since.
    t.keys(ALT_DOWN);
    t.wait_for("at exchange 3 of 4");
    assert!(!t.contents().contains("second"), "{}", t.contents());
    t.line("NOOP three");
    t.wait_for("S 250 third");
    t.wait_for("S 250 second");
    t.keys(ALT_UP);
    t.wait_for("at exchange 4 of 5");
    t.keys(ESC);
    t.wait_gone("at exchange");
    t.line("QUIT");
    t.wait_for("S 221 bye");
    peer.end();
    t.keys(CTRL_Q);
    t.wait_for_end();
}

#[test]
fn a_recording_that_is_cut_off_is_walked_through() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("talk.txt");
    let mut text = String::from("S: 220 mx\nC: EHLO x\nS: 250 mx\n");
    for n in 0..500 {
        let _ = write!(text, "C: NOOP {n}\nS: 250 ok {n}\n");
    }
    // The last reply never came.
    text.push_str("C: NOOP lost\n");
    std::fs::write(&file, text).unwrap();
    let mut t = Terminal::ehlo(SMALL, &["open", &file.display().to_string()]);
    t.wait_for("C NOOP lost");
    t.line(":exchange 12");
    t.wait_for("at exchange 12 of 503");
    t.wait_for("S 250 ok 9");
    t.keys(&ALT_UP.repeat(9));
    t.wait_for("at exchange 3 of 503");
    t.line(":back 9 events");
    t.wait_for("at exchange 0 of 503");
    t.line(":now");
    t.wait_for("C NOOP lost");
    t.keys(CTRL_Q);
    t.wait_for_end();
}
