//! The real program steps through plans and goes back: on the screen and line by line, against the
//! practice server, a server that is played, and Postfix with TLS and logins.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/servers.rs"]
mod servers;

use peer::{Client, Peer};
use program::{Home, arg};
use pty::{Size, Terminal};
use servers::{PASSWORD, Server, USER};

const LARGE: Size = (120, 40);
const F10: &str = "\x1b[21~";
const CTRL_Q: &str = "\x11";

const SCRIPT: &str = "C: EHLO pc.example.org\nS: 250\nC: MAIL FROM:<alice@example.org>\nS: 250\n\
    C: RCPT TO:<nobody@example.net>\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 250\n:data-file\n";

fn script() -> String {
    SCRIPT.replace(
        ":data-file\n",
        "C: DATA\nS: 354\n:data m.eml\nS: 250\n:wait 50ms\nC: QUIT\nS: 221\n:closed\n",
    )
}

fn leave(mut t: Terminal) {
    t.keys(CTRL_Q);
    t.wait_until("a question or the end", |screen| {
        screen.contents().contains("A transaction is open") || screen.contents().is_empty()
    });
    t.keys("c");
    t.wait_for_end();
}

#[test]
fn a_script_is_stepped_through_on_the_screen() {
    let home = Home::new();
    let script = home.file("s.txt", script());
    home.file("m.eml", "Subject: hi\r\n\r\nhello\r\n");
    let mut t = Terminal::ehlo(LARGE, &["practice"]);
    t.wait_for("S 220 ");
    t.line(&format!(":load {}", arg(&script)));
    t.wait_for("1 * EHLO pc.example.org");
    t.keys(" ");
    t.wait_for("1 + EHLO pc.example.org");
    t.keys(F10);
    t.wait_for("2 + MAIL FROM:<alice@example.org>");
    t.keys("r");
    t.wait_for("expected 250, seen 550");
    t.keys("r");
    t.wait_for("all steps of the plan are done");
    t.wait_for("S 250 2.0.0 Message accepted");
    // What was said is said again to a new connection, and stops before the message.
    t.keys("i");
    t.line(":rewind 6");
    t.wait_for("rewound to step 6; said again before it: 5");
    t.wait_for("lines, then a dot alone");
    t.wait_for("6 * message, lines: 4");
    t.keys(" ");
    t.wait_for("Transaction 2  accepted");
    t.keys(CTRL_Q);
    t.wait_for_end();
}

#[test]
fn a_breakpoint_stops_a_run_and_f10_goes_on() {
    let home = Home::new();
    let script = home.file("s.txt", "C: EHLO x\nC: NOOP 1\nC: NOOP 2\nC: RSET\n");
    let mut t = Terminal::ehlo(LARGE, &["practice"]);
    t.wait_for("S 220 ");
    t.line(":break noop#2");
    t.wait_for("breakpoints: 1 noop#2");
    t.line(&format!(":load {}", arg(&script)));
    t.wait_for("1 * EHLO x");
    t.keys("r");
    t.wait_for("held by noop#2: NOOP 2");
    t.keys(F10);
    t.wait_for("3 + NOOP 2");
    t.keys(F10);
    t.wait_for("all steps of the plan are done");
    t.keys(CTRL_Q);
    t.wait_for_end();
}

/// Two connections: the second one refuses another sender than the first.
fn twice(mut client: Client) {
    client.say("220 fake.example\r\n");
    client.answer("EHLO x\r\n", "250 fake.example");
    client.answer("NOOP\r\n", "250 ok");
    client.answer("RSET\r\n", "250 ok");
}

#[test]
fn line_by_line_a_plan_is_stepped_through_and_gone_back_in() {
    let home = Home::new();
    home.file("s.txt", script());
    home.file("m.eml", "Subject: hi\r\n\r\nhello\r\n");
    let input = ":load s.txt\n:plan\n:step\n:until rcpt\n:step\n:skip\n:add NOOP\n:run\n:rewind 3\n:plan\n\
                 RSET\nQUIT\n";
    let ended = home.run_with(["--plain", "practice"], input).with(0);
    let out = &ended.out;
    assert!(out.contains("# 1 * EHLO pc.example.org  next\n"), "{out}");
    assert!(out.contains("# step 3, which comes next, fits"), "{out}");
    assert!(out.contains("# step 3: expected 250, seen 550 5.1.1"), "{out}");
    assert!(out.contains("# 5 * DATA  next\n") && !out.contains("C: RCPT TO:<bob"), "{out}");
    assert!(out.contains("rewound to step 3; said again before it: 2"), "{out}");
    assert_eq!(out.matches("C: MAIL FROM:<alice@example.org>").count(), 2, "{out}");
    assert_eq!(out.matches("C: RCPT TO:<nobody@example.net>").count(), 1, "{out}");
}

#[test]
fn what_cannot_be_read_as_a_plan_says_where() {
    let home = Home::new();
    home.file("bad.txt", "C: EHLO x\nhello\n");
    home.file("m.eml", "Subject: x\r\n\r\nhello\r\n");
    for (line, told) in [
        (":load bad.txt", "line 2, column 1"),
        (":load none.txt", "none.txt"),
        (":load m.eml", "is no transcript line"),
        (":load", "nothing stands behind :load"),
        (":step", "there is no plan"),
        (":rewind", "nothing was said on a connection yet"),
        (":rewind x", "no number of a step"),
        (":until slow>", "column"),
        (":add :pipeline", "cannot be a step"),
    ] {
        let ended = home.run_with(["--plain", "practice"], format!("{line}\nQUIT\n"));
        assert!(ended.err.contains(told), "{line}: {}{}", ended.out, ended.err);
    }
}

#[test]
fn another_reply_than_the_first_time_stops_going_back() {
    let peer = Peer::start(twice);
    let mut t = Terminal::ehlo(LARGE, &[&peer.address]);
    t.wait_for("S 220 ");
    for line in ["EHLO x", "NOOP", "RSET"] {
        t.line(line);
        t.wait_until(line, |screen| {
            screen.contents().contains(&format!("C {line}")) && screen.contents().contains("S 250")
        });
    }
    peer.end();
    // Nobody is there any more.
    t.wait_for("the server closed");
    t.line(":rewind 3");
    t.wait_for("the rewind stops: there is no connection");
    t.keys(CTRL_Q);
    t.wait_for_end();
}

/// Postfix with TLS and logins.
fn postfix() -> Option<Server> {
    Server::start("postfix", &["starttls"])
}

fn heard(t: &Terminal, text: &str) {
    t.wait_for(text);
}

#[test]
fn a_session_with_postfix_is_gone_back_in_over_starttls_and_a_login() {
    let Some(server) = postfix() else { return };
    for mechanism in ["PLAIN", "CRAM-MD5", "SCRAM-SHA-256"] {
        let door = server.at("starttls");
        let mut t = Terminal::ehlo_with(LARGE, &[&door, "--tls-ca", arg(&server.ca())], &[]);
        heard(&t, "S 220 ");
        t.line(":starttls");
        heard(&t, "TLS");
        heard(&t, "next: AUTH");
        t.line(&format!(":auth {mechanism} {USER}"));
        heard(&t, "Password");
        t.keys(PASSWORD);
        t.keys("\r");
        heard(&t, "S 235 ");
        t.line(&format!("MAIL FROM:<{USER}>"));
        heard(&t, "sender given");
        t.line("NOOP");
        heard(&t, "S 250 2.0.0");
        t.line(":rewind 6");
        heard(&t, "rewound to step 6; said again before it: 5");
        heard(&t, "sender given");
        assert!(!t.contents().contains(PASSWORD), "{}", t.contents());
        t.keys(" ");
        heard(&t, "6 + NOOP");
        leave(t);
    }
}
