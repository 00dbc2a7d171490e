//! No peer, however broken, makes the program panic, hang, grow without bound, or pass a control
//! byte on to the terminal.
//!
//! Each test plays a server that misbehaves against `ehlo run` and `ehlo --plain`. The limits of
//! memory and time are generous for a debug build on a slow machine; what they exclude is growth
//! with the size of the nonsense.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use peer::{Client, Peer};
use program::{Ended, Home};

/// The most memory that a debug build may use against an endless peer, in KiB.
const MEMORY: u64 = 200 << 10;

/// How much an endless peer says before it is enough.
const ENDLESS: usize = 64 << 20;

/// What each front says to the peer.
const LINES: &str = "EHLO x\nNOOP\nQUIT\n";
const SCRIPT: &str = "C: EHLO x\nS: 250\nC: NOOP\nS: 250\nC: QUIT\n";

/// Lets both fronts talk to a peer that plays `part`, and looks at what can be said of any end.
fn with_both(part: fn(Client)) -> [Ended; 2] {
    [plain(part), run(part)]
}

fn plain(part: fn(Client)) -> Ended {
    let peer = Peer::start(part);
    let ended = Home::new().run_with(["--plain", &peer.address], LINES);
    peer.end();
    sane(ended)
}

fn run(part: fn(Client)) -> Ended {
    let peer = Peer::start(part);
    let args = ["run", "-", "--server", &peer.address, "--timeout", "1"];
    let ended = Home::new().run_with(args, SCRIPT);
    peer.end();
    sane(ended)
}

/// No panic, no signal, no control byte but LF, no growth.
#[track_caller]
fn sane(ended: Ended) -> Ended {
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    assert!([0, 1, 2].contains(&ended.code.expect("no signal")), "{ended:?}");
    for text in [&ended.out, &ended.err] {
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{text}");
    }
    assert!(ended.peak > 0 && ended.peak < MEMORY, "{} KiB", ended.peak);
    ended
}

/// Says `piece` again and again until it is enough or nobody listens.
fn endless(client: &mut Client, piece: &[u8], total: usize) {
    let block = piece.repeat((1 << 16) / piece.len() + 1);
    let mut said = 0;
    while said < total && client.say(&block) {
        said += block.len();
    }
}

#[test]
fn a_server_that_closes_at_once() {
    for ended in with_both(drop) {
        assert!(ended.out.contains("# the server closed the connection\n"), "{}", ended.out);
        assert!(!ended.out.contains("S: "), "{}", ended.out);
    }
    assert_eq!(run(drop).code, Some(2));
}

#[test]
fn a_server_that_resets_the_connection() {
    let resets = |mut client: Client| {
        client.say("220 fake.example\r\n");
        client.reset();
    };
    for ended in with_both(resets) {
        assert!(ended.out.contains("S: 220 fake.example\n"), "{}", ended.out);
        assert!(ended.out.contains("# the server reset the connection"), "{}", ended.out);
        assert_eq!(ended.code, Some(2));
    }
}

#[test]
fn a_server_that_goes_in_the_middle_of_a_reply() {
    let goes = |mut client: Client| {
        client.say("220 fake.example\r\n");
        client.line();
        client.say("250-fake.example\r\n250-PIPE");
    };
    for ended in with_both(goes) {
        assert!(ended.out.contains("S: 250-fake.example\n"), "{}", ended.out);
        assert!(ended.out.contains("S: 250-PIPE\\c\n"), "{}", ended.out);
    }
    assert_ne!(run(goes).code, Some(0));
}

#[test]
fn half_a_reply_and_then_silence() {
    let ended = run(|mut client| {
        client.say("220 fake.example\r\n");
        client.line();
        client.say("250-fake.example\r\n250-PIPE");
        client.rest();
    });
    assert_eq!(ended.code, Some(2));
    assert!(ended.out.contains("S: 250-fake.example\n"), "{}", ended.out);
    assert!(ended.out.contains("250-PIPE"), "what came is shown: {}", ended.out);
    assert!(ended.out.contains("# no reply in time"), "{}", ended.out);
}

#[test]
fn a_reply_line_that_never_ends() {
    let talks = |mut client: Client| {
        client.say("220 ");
        endless(&mut client, b"blah ", ENDLESS);
    };
    for ended in with_both(talks) {
        assert!(ended.out.contains("S: 220 blah blah"), "{:.200}", ended.out);
        assert!(ended.out.len() < 1 << 20, "{} bytes are shown", ended.out.len());
    }
}

#[test]
fn a_reply_of_endless_lines() {
    let talks = |mut client: Client| {
        client.say("220 fake.example\r\n");
        client.line();
        endless(&mut client, b"250-and this\r\n", ENDLESS);
        client.say("250 done\r\n");
        endless_goodbye(&mut client);
    };
    for ended in with_both(talks) {
        assert!(ended.out.contains("S: 250-and this\n"), "{:.200}", ended.out);
        assert!(ended.out.contains("more lines, not kept"), "the rest is counted");
        assert!(ended.out.len() < 1 << 20, "{} bytes are shown", ended.out.len());
        assert_eq!(ended.code, Some(0), "it did end, and the session went on");
    }
}

/// Answers what is left as it should be.
fn endless_goodbye(client: &mut Client) {
    client.answer("NOOP", "250 ok");
    client.answer("QUIT", "221 bye");
}

#[test]
fn a_flood_of_replies_that_nobody_asked_for() {
    let talks = |mut client: Client| {
        client.say("220 fake.example\r\n");
        client.line();
        client.say("250 fake.example\r\n");
        endless(&mut client, b"250 one more\r\n", 16 << 20);
    };
    for ended in with_both(talks) {
        assert!(ended.out.contains("S: 250 one more\n"), "{:.200}", ended.out);
        let shown = ended.out.matches("S: 250 one more").count();
        assert!(shown <= 1_000 * 3 + 3, "some for each command, not all: {shown}");
    }
}

#[test]
fn bytes_that_are_no_text() {
    let talks = |mut client: Client| {
        let all: Vec<u8> = (0..=255).filter(|b| *b != b'\n').collect();
        client.say("220 \x1b[2J\x1b]0;title\x07\x1bc\0 \x08\x7f\r\r\n");
        client.line();
        client.say([b"250-", &all[..], b"\r\n250-\xff\xfe\x9b31m\xc2\x9b31m\r\n250 "].concat());
        client.say("\u{202e}evil\u{2066}\u{feff}\u{e0041}\u{200b}\r\n");
        endless_goodbye(&mut client);
    };
    for ended in with_both(talks) {
        assert_eq!(ended.code, Some(0), "{}", ended.out);
        assert!(ended.out.contains("S: 220 \\x1b[2J\\x1b]0;title\\x07\\x1bc\\0 "), "{}", ended.out);
        assert!(ended.out.contains("S: 250-\\xff\\xfe\\x9b31m\\xc2\\x9b31m\n"), "{}", ended.out);
        let hidden = ['\u{202e}', '\u{2066}', '\u{feff}', '\u{e0041}', '\u{200b}'];
        assert!(!ended.out.contains(hidden), "{}", ended.out);
    }
}

#[test]
fn control_bytes_do_not_pass_in_json_or_from_a_recording() {
    let home = Home::new();
    let peer = Peer::start(|mut client| {
        client.say("220 \x1b[31m\x07 \u{9b}31m\r\n");
        client.line();
        client.say("250 \x1b\x00\r\n");
        endless_goodbye(&mut client);
    });
    let args = ["run", "-", "--server", &peer.address, "--json", "--record", "r.jsonl"];
    let ended = sane(home.run_with(args, SCRIPT)).with(0);
    peer.end();
    assert_eq!(ended.json()[0]["exchanges"][0]["reply"]["lines"][0], "220 \x1b[31m\x07 \u{9b}31m");
    assert!(!home.read("r.jsonl").iter().any(|b| *b < b' ' && *b != b'\n'));
    sane(home.run(["show", "r.jsonl"])).with(0);
    sane(home.run(["show", "--json", "r.jsonl"])).with(0);
}

#[test]
fn servers_of_other_protocols() {
    for (said, shown) in [
        (&b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"[..], "S: SSH-2.0-OpenSSH_9.2p1"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\0\0", "S: \\x16\\x03\\x01"),
        (b"\x15\x03\x03\x00\x02\x02\x28\r\n", "S: \\x15\\x03\\x03"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "S: HTTP/1.1 400 Bad Request"),
        (b"* OK [CAPABILITY IMAP4rev1] ready\r\n", "S: * OK [CAPABILITY IMAP4rev1] ready"),
        (b"+OK POP3 ready\r\n", "S: +OK POP3 ready"),
        (b"\r\n\r\n\r\n", "S: \n"),
        (b"22\n2 0\r220 \r\n", "S: 22\\n\\c\n"),
    ] {
        let peer = Peer::start(move |mut client| {
            client.say(said);
            client.line();
        });
        let args = ["run", "-", "--server", &peer.address, "--timeout", "1"];
        let ended = sane(Home::new().run_with(args, SCRIPT));
        peer.end();
        assert_ne!(ended.code, Some(0), "{shown}");
        assert!(ended.out.contains(shown), "{shown} is missing in\n{}", ended.out);
        let odd = |line: &str| {
            let id = line.strip_prefix("# ").and_then(|l| l.split(' ').next());
            let number = id.and_then(|id| id.split_at_checked(1)).filter(|(_, n)| n.len() == 2);
            number.is_some_and(|(_, n)| n.parse::<u8>().is_ok())
        };
        assert!(ended.out.lines().any(odd), "nothing is odd about {shown}:\n{}", ended.out);
    }
}

#[test]
fn a_server_that_says_one_byte_at_a_time() {
    let talks = |mut client: Client| {
        let slowly = |client: &mut Client, text: &str| {
            for byte in text.bytes() {
                client.say([byte]);
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        slowly(&mut client, "220-caf\u{e9}\r\n220 \u{1f600}\r\n");
        client.line();
        slowly(&mut client, "250 ok\r\n");
        client.line();
        slowly(&mut client, "250 ok\r\n");
        client.answer("QUIT", "221 bye");
    };
    for ended in with_both(talks) {
        assert_eq!(ended.code, Some(0), "{}", ended.out);
        assert!(ended.out.contains("S: 220-caf\u{e9}\nS: 220 \u{1f600}\n"), "{}", ended.out);
    }
}

#[test]
fn a_server_that_does_not_read() {
    let home = Home::new();
    home.file("big.eml", "0123456789abcde\n".repeat(1 << 20));
    home.file("script.txt", "C: DATA\nS: 354\n:data big.eml\nS: 250\n");
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("DATA", "354 go");
        std::thread::sleep(Duration::from_secs(3));
    });
    let args = ["run", "script.txt", "--server", &peer.address, "--timeout", "1"];
    let ended = sane(home.run(args));
    peer.end();
    assert_eq!(ended.code, Some(2));
    assert!(ended.out.contains("# no reply in time"), "{}", ended.out);
}

#[test]
fn a_server_that_answers_too_early() {
    // As if it had a dialogue with somebody else.
    const ANOTHER: &str = "220 fake.example\r\n250 ok\r\n250 ok\r\n221 bye\r\n";
    let stays = |mut client: Client| {
        client.say(ANOTHER);
        client.rest();
    };
    let leaves = |mut client: Client| {
        client.say(ANOTHER);
        client.line();
    };
    for ended in [run(stays), plain(leaves)] {
        assert!(ended.out.contains("S: 221 bye\n"), "{}", ended.out);
        assert!(ended.out.contains("# B16 error: "), "{}", ended.out);
    }
    assert_ne!(run(stays).code, Some(0));
}
