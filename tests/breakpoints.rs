//! The real program stops where it is told to: each kind of breakpoint, and what becomes of what is
//! held, on the screen and line by line.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;

use peer::{Client, Peer};
use program::Home;
use pty::{Size, Terminal};

const SMALL: Size = (80, 24);
const F10: &str = "\x1b[21~";
const SHIFT_F10: &str = "\x1b[21;2~";
const CTRL_Q: &str = "\x11";

/// The program, talking to its practice server, with these breakpoints, behind EHLO.
fn stopping_at(breakpoints: &[&str]) -> Terminal {
    let mut t = Terminal::ehlo(SMALL, &[]);
    t.wait_for("S 220 ");
    t.line("EHLO pc.example.org");
    t.wait_for("S 250 ENHANCEDSTATUSCODES");
    for breakpoint in breakpoints {
        t.line(&format!(":break {breakpoint}"));
        t.wait_for(breakpoint);
    }
    t
}

fn leave(mut t: Terminal) {
    t.keys(CTRL_Q);
    t.wait_for("A transaction is open");
    t.keys("c");
    t.wait_for_end();
}

#[test]
fn a_command_is_held_and_let_go() {
    let mut t = stopping_at(&["mail", "rcpt#2"]);
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("held by mail: MAIL");
    assert!(!t.contents().contains("sender given"), "{}", t.contents());
    t.keys(F10);
    t.wait_for("sender given");
    t.line("RCPT TO:<bob@example.net>");
    t.wait_for("RCPT 1 ok, 0 refused");
    t.line("RCPT TO:<carol@example.net>");
    t.wait_for("held by rcpt#2: RCPT");
    t.line(":drop");
    t.wait_gone("held by");
    t.line("RCPT TO:<dave@example.net>");
    t.wait_for("held by rcpt#2: RCPT");
    t.line(":release twice");
    t.wait_for("RCPT 3 ok, 0 refused");
    leave(t);
}

#[test]
fn what_is_held_is_changed() {
    let mut t = stopping_at(&["odd:F07"]);
    t.line("MAIL FROM:<alice@example.org> NONSENSE=1");
    t.wait_for("held by odd:F07");
    t.keys(SHIFT_F10);
    t.wait_for(":release as MAIL FROM:<alice@example.org> NONSENSE=1");
    for _ in " NONSENSE=1".chars() {
        t.keys("\x7f");
    }
    t.keys("\r");
    t.wait_for("sender given");
    leave(t);
}

#[test]
fn a_reply_holds_what_is_said_next() {
    let mut t = stopping_at(&["5xx"]);
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("sender given");
    t.line("RCPT TO:<nobody@example.net>");
    t.wait_for("5xx stops at RCPT TO:<");
    t.line("RCPT TO:<bob@example.net>");
    t.wait_for("held, since 5xx stopped at RCPT TO:<");
    t.keys(F10);
    t.wait_for("RCPT 1 ok, 1 refused");
    leave(t);
}

/// A server with slow replies and with offers that change.
fn changing(mut client: Client) {
    client.say("220 fake.example\r\n");
    client.answer("EHLO x\r\n", "250-fake.example\r\n250 SIZE 1000");
    client.answer("EHLO x\r\n", "250-fake.example\r\n250 DSN");
    client.answer("NOOP\r\n", "250 ok");
    assert_eq!(client.line(), "RSET\r\n");
    // It thinks until the next command comes.
    assert_eq!(client.line(), "QUIT\r\n");
    client.say("250 ok\r\n221 bye\r\n");
}

#[test]
fn offers_that_change_and_replies_that_are_slow_stop_too() {
    let peer = Peer::start(changing);
    let mut t = Terminal::ehlo(SMALL, &[&peer.address]);
    t.wait_for("S 220 ");
    t.line("EHLO x");
    t.wait_for("SIZE 1000");
    t.line(":break odd:C15");
    t.wait_for("breakpoints: 1 odd:C15");
    t.line("EHLO x");
    t.wait_for("odd:C15 stops at EHLO x \u{2192} 250");
    t.line("NOOP");
    t.wait_for("held, since odd:C15");
    t.keys(F10);
    t.wait_for("S 250 ok");
    t.line(":break slow>200ms");
    t.wait_for("breakpoints: 1 odd:C15, 2 slow>");
    t.line("RSET");
    t.wait_for("stops at RSET: what is sent next");
    t.line("QUIT");
    t.wait_for("held, since slow>");
    t.line(":release after 100ms");
    t.wait_for("S 221 bye");
    peer.end();
    t.keys(CTRL_Q);
    t.wait_for_end();
}

#[test]
fn line_by_line_it_is_held_and_released_in_every_way() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO x\r\n", "250 fake.example");
        client.answer("NOOP 1\r\n", "250 ok");
        client.answer("NOOP other\r\n", "250 ok");
        client.answer("NOOP 4\r\n", "250 ok");
        client.answer("NOOP 4\r\n", "250 ok");
        client.answer("NOOP 5\r\n", "250 ok");
        client.answer("NOOP 6\r\n", "250 ok");
        client.answer("NOOP 7\r\n", "250 ok");
        client.answer("QUIT\r\n", "221 bye");
    });
    let input = "EHLO x\n:break noop\n:break\nNOOP 1\n:release\nNOOP 2\n:release as NOOP other\nNOOP 3\n\
                 :drop\nNOOP 4\n:release twice\nNOOP 5\n:release in 3 10ms\nNOOP 6\n:release after 20ms\n\
                 :unbreak 1\nNOOP 7\nQUIT\n";
    let ended = Home::new().run_with(["--plain", &peer.address], input).with(0);
    peer.end();
    assert!(ended.out.contains("# breakpoints: 1 noop\n"), "{}", ended.out);
    assert_eq!(ended.out.matches("# held by noop: NOOP ").count(), 6, "{}", ended.out);
    assert!(
        !ended.out.contains("C: NOOP 2\n") && !ended.out.contains("C: NOOP 3\n"),
        "{}",
        ended.out
    );
}

#[test]
fn a_secret_that_is_held_is_not_seen() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO x\r\n", "250-fake.example\r\n250 AUTH PLAIN");
        client.answer("AUTH PLAIN AGEAc2VjcmV0\r\n", "235 ok");
        client.answer("QUIT\r\n", "221 bye");
    });
    let input = "EHLO x\n:break auth\nAUTH PLAIN AGEAc2VjcmV0\n:release\nQUIT\n";
    let ended = Home::new().run_with(["--plain", &peer.address], input).with(0);
    peer.end();
    assert!(ended.out.contains("# held by auth: AUTH PLAIN "), "{}", ended.out);
    assert!(!ended.out.contains("AGEAc2VjcmV0"), "{}", ended.out);
}

#[test]
fn a_bad_breakpoint_has_its_place_and_sets_none() {
    for (line, told) in [
        (":break slow>", "column"),
        (":unbreak 3", "there is no breakpoint 3"),
        (":release", "nothing is held"),
        (":drop", "nothing is held"),
        (":release sometimes", "does not fit"),
    ] {
        let ended =
            Home::new().run_with(["--plain", "practice"], format!("EHLO x\n{line}\nQUIT\n"));
        assert!(
            ended.err.contains(told) || ended.out.contains(told),
            "{line}: {}{}",
            ended.out,
            ended.err
        );
    }
}

/// A login of which the first line is dropped has nothing to wait for.
#[test]
fn an_errand_whose_line_is_dropped_is_given_up() {
    for release in [":drop", ":release as NOOP"] {
        let input = format!("EHLO a\n:break auth\n:auth EXTERNAL alice\n{release}\nRSET\nQUIT\n");
        let home = Home::new();
        let out = home.run_with(["--plain", "practice"], &input).with(0).out;
        assert!(out.contains("C: RSET\nS: 250"), "{out}");
    }
}
