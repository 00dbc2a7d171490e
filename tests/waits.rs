//! How long things may take (RFC 5321 §4.5.3.2): the real program against a server that falls
//! silent at each place, with limits of a second. The limit of everything else is longer than any
//! test, so that what ends a run is the limit that was meant.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/serving.rs"]
mod serving;

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use peer::{Client, Peer};
use program::{Ended, Home};
use pty::Terminal;
use serving::Serving;

/// What a server answers, turn by turn, beginning with the greeting.
const TURNS: &[(&str, &str)] = &[
    ("", "220 fake.example"),
    ("EHLO", "250 fake.example"),
    ("MAIL", "250 ok"),
    ("RCPT", "250 ok"),
    ("DATA", "354 go"),
];

const SCRIPT: &str = "C: EHLO pc.example.org\nS: 250\nC: MAIL FROM:<alice@example.org>\nS: 250\n\
    C: RCPT TO:<bob@example.net>\nS: 250\nC: DATA\nS: 354\nC: Hello\nC: .\nS: 250\nC: QUIT\n";

/// The limits of each wait, the turn at which the server falls silent, and what is said then.
const WAITS: &[(&str, usize, &str)] = &[
    (
        "greeting",
        0,
        "no greeting within 1 s; a client may give up now (RFC 5321 §4.5.3.2.1: 5 min)",
    ),
    ("command", 1, "no reply to EHLO within 1 s; a client may give up now"),
    (
        "mail",
        2,
        "no reply to MAIL within 1 s; a client may give up now (RFC 5321 §4.5.3.2.2: 5 min)",
    ),
    (
        "rcpt",
        3,
        "no reply to RCPT within 1 s; a client may give up now (RFC 5321 §4.5.3.2.3: 5 min)",
    ),
    (
        "data",
        4,
        "no reply to DATA within 1 s; a client may give up now (RFC 5321 §4.5.3.2.4: 2 min)",
    ),
    (
        "data-end",
        5,
        "no reply to the message within 1 s; a client may give up now (RFC 5321 §4.5.3.2.6: 10 min)",
    ),
];

/// Answers so many turns, and then says nothing more.
fn answers(client: &mut Client, turns: usize) {
    for (verb, reply) in &TURNS[..turns.min(TURNS.len())] {
        if verb.is_empty() {
            client.say(format!("{reply}\r\n"));
        } else {
            client.answer(verb, reply);
        }
    }
}

fn silent_at(turn: usize) -> Peer<()> {
    Peer::start(move |mut client| {
        answers(&mut client, turn);
        client.rest();
    })
}

/// The options that give one wait a second, and all others more than there is.
fn only(wait: &str) -> [String; 4] {
    ["--timeout".into(), "600".into(), "--timeout".into(), format!("{wait}=1")]
}

#[track_caller]
fn gave_up(ended: Ended, wait: &str, told: &str, begun: Instant) {
    let ended = ended.with(2);
    assert!(begun.elapsed() >= Duration::from_secs(1), "{wait}: too early");
    assert!(ended.err.contains(&format!("# {told}\n")), "{wait}: {}", ended.err);
    let from_server = ended.err.lines().filter(|line| line.starts_with("S: "));
    let known = |line: &str| TURNS.iter().any(|(_, reply)| line == format!("S: {reply}"));
    assert!(from_server.clone().all(known), "{wait}: {}", ended.err);
    let session = &ended.json()[0];
    let overdue = session["overdue"].as_array().unwrap();
    assert_eq!(overdue.len(), 1, "{wait}: {session}");
    assert_eq!((&overdue[0]["wait"], &overdue[0]["limit"]), (&wait.into(), &1.into()));
    let clause = overdue[0]["clause"].as_str();
    assert_eq!(clause.is_some(), told.contains('§'), "{session}");
    assert!(clause.is_none_or(|clause| told.contains(clause)), "{session}");
    assert!(overdue[0]["at"].is_string(), "{session}");
    let exchange = usize::try_from(overdue[0]["exchange"].as_u64().unwrap()).unwrap();
    assert!(session["exchanges"][exchange]["reply"].is_null(), "{session}");
    assert_eq!(session["outcome"], "cut-short");
}

#[test]
fn a_script_gives_up_at_the_limit_of_what_it_waits_for() {
    for (wait, turn, told) in WAITS {
        let (peer, begun) = (silent_at(*turn), Instant::now());
        let mut args = vec!["run".into(), "-".into(), "--json".into(), "--server".into()];
        args.push(peer.address.clone());
        args.extend(only(wait));
        gave_up(Home::new().run_with(args, SCRIPT), wait, told, begun);
        peer.end();
    }
}

#[test]
fn a_message_gives_up_at_the_limit_of_what_it_waits_for() {
    for (wait, turn, told) in WAITS {
        let (peer, begun) = (silent_at(*turn), Instant::now());
        let mut args: Vec<String> =
            ["send", "--json", "-t", "bob@example.net", "-s"].map(str::to_owned).to_vec();
        args.push(peer.address.clone());
        args.extend(only(wait));
        gave_up(Home::new().run(args), wait, told, begun);
        peer.end();
    }
}

#[test]
fn a_server_that_takes_no_more_of_a_message_is_given_up() {
    let home = Home::new();
    home.file("big.eml", "0123456789abcde\n".repeat(1 << 20));
    home.file("script.txt", SCRIPT.replace("C: Hello\nC: .", ":data big.eml"));
    let (over, gone) = channel::<()>();
    let peer = Peer::start(move |mut client| {
        answers(&mut client, TURNS.len());
        // Nothing is read until the client has given up.
        gone.recv_timeout(program::LIMIT).unwrap();
    });
    let mut args = vec!["run".to_owned(), "script.txt".into(), "--server".into()];
    args.push(peer.address.clone());
    args.extend(only("data-block"));
    let ended = home.run(args).with(2);
    over.send(()).unwrap();
    peer.end();
    let told = "# no room for more of the message within 1 s; a client may give up now \
        (RFC 5321 §4.5.3.2.5: 3 min)\n";
    assert!(ended.out.contains(told), "{:.2000}", ended.out);
}

#[test]
fn a_handshake_that_does_not_end_is_given_up() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO", "250-fake.example\r\n250 STARTTLS");
        client.answer("STARTTLS", "220 go");
        client.rest();
    });
    let mut args =
        ["run", "-", "--tls", "starttls", "--json", "--server"].map(str::to_owned).to_vec();
    args.push(peer.address.clone());
    args.extend(only("tls"));
    let ended = Home::new().run_with(args, SCRIPT).with(2);
    peer.end();
    assert!(ended.err.contains("# no TLS handshake within 1 s; a client may give up now\n"));
    let overdue = &ended.json()[0]["overdue"][0];
    assert_eq!((&overdue["wait"], &overdue["clause"]), (&"tls".into(), &serde_json::Value::Null));
}

/// A script says how long it waits, from there on.
#[test]
fn a_script_changes_its_limits() {
    let peer = silent_at(4);
    let script = SCRIPT.replace("C: DATA\n", ":timeout data=1\nC: DATA\n");
    let ended = Home::new().run_with(["run", "-", "--server", &peer.address], script).with(2);
    peer.end();
    assert!(ended.out.contains("# no reply to DATA within 1 s"), "{}", ended.out);
    let script = "C: A\n:timeout rcpt=1,dot=3\n";
    let ended = Home::new().run_with(["run", "-", "--server", "practice"], script).with(64);
    let told =
        "line 2, column 17: \"dot=3\" is no limit; expected seconds up to 86400, or NAME=SECONDS";
    assert!(ended.err.contains(told), "{}", ended.err);
}

#[test]
fn limits_come_from_the_file_too_and_what_is_wrong_there_has_its_place() {
    let home = Home::new();
    let file = "mouse = true\n[timeouts]\nmail = 1\ndata = \"2\"\nrcpt = -1\ndata-ent = 3\n";
    home.file("home/ehlo/config.toml", file);
    let peer = silent_at(2);
    let ended = home.run_with(["run", "-", "--server", &peer.address], SCRIPT).with(2);
    peer.end();
    assert!(ended.out.contains("# no reply to MAIL within 1 s"), "{}", ended.out);
    for told in [
        "config.toml: line 4, column 8: expected 0–86400",
        "config.toml: line 5, column 8: expected 0–86400",
        "config.toml: line 6, column 1: \"data-ent\" is no setting; did you mean \"data-end\"?",
    ] {
        assert!(ended.err.contains(told), "{told}\n{}", ended.err);
    }
    home.file("home/ehlo/config.toml", "timeouts = 3\n");
    let ended = home.run(["config", "check"]).with(1);
    assert!(ended.out.contains("line 1, column 12: expected [timeouts]"), "{}", ended.out);
    home.file("home/ehlo/config.toml", "[timeouts]\nidle = 7\n");
    let ended = home.run(["config", "--timeout", "rcpt=20"]).with(0);
    let (_, section) = ended.out.split_once("\n[timeouts]\n").unwrap();
    let set = |name: &str| section.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(set("idle").starts_with("idle = 7 ") && set("idle").contains("line 2"), "{section}");
    assert!(set("rcpt").ends_with("# --timeout") && set("rcpt").starts_with("rcpt = 20 "));
    let printed = home.path("again/ehlo/config.toml");
    home.file("again/ehlo/config.toml", &ended.out);
    let again = home.ehlo(["config", "check"]).env("XDG_CONFIG_HOME", home.path("again")).output();
    assert_eq!(again.unwrap().status.code(), Some(0), "{}", printed.display());
    let json = &home.run(["config", "print", "--json"]).with(0).json()[0];
    assert_eq!(json["timeouts.idle"]["value"], 7);
}

/// Without a terminal nobody could decide to wait longer.
#[test]
fn in_a_pipe_a_silent_server_is_given_up() {
    for (wait, turn, told) in &WAITS[..3] {
        let peer = silent_at(*turn);
        let args =
            [["--plain".to_owned()].as_slice(), &only(wait), std::slice::from_ref(&peer.address)]
                .concat();
        let input = "EHLO pc.example.org\nMAIL FROM:<alice@example.org>\nQUIT\n";
        let ended = Home::new().run_with(args, input).with(2);
        peer.end();
        assert!(ended.out.contains(&format!("# {told}\n")), "{wait}: {}", ended.out);
    }
}

/// Falls silent behind EHLO until it is told to go on.
fn silent_at_mail() -> (Peer<String>, std::sync::mpsc::Sender<()>) {
    let (say, said): (_, Receiver<()>) = channel();
    let peer = Peer::start(move |mut client| {
        answers(&mut client, 2);
        client.line();
        said.recv_timeout(pty::LIMIT).unwrap();
        client.say("250 at last\r\n");
        client.line()
    });
    (peer, say)
}

#[test]
fn at_a_terminal_it_is_said_once_and_the_session_goes_on() {
    for arguments in [&["--plain"][..], &[]] {
        let (peer, say) = silent_at_mail();
        let arguments = [arguments, &["--timeout", "mail=1", &peer.address]].concat();
        let mut t = Terminal::ehlo((100, 30), &arguments);
        let end = if arguments.len() == 3 { "\r" } else { "\n" };
        t.wait_for("220 fake.example");
        t.keys(&format!("EHLO pc.example.org{end}"));
        t.wait_for("250 fake.example");
        t.keys(&format!("MAIL FROM:<alice@example.org>{end}"));
        t.wait_for("no reply to MAIL within 1 s; a client may give up now");
        if arguments.len() == 3 {
            t.wait_for("reply to MAIL: 2 s of 1 s");
        }
        say.send(()).unwrap();
        t.wait_for("250 at last");
        assert_eq!(t.contents().matches("a client may give up now").count(), 1, "{}", t.contents());
        t.keys(&format!("QUIT{end}"));
        assert_eq!(peer.end(), "QUIT\r\n");
    }
}

#[test]
fn limits_are_looked_at_and_changed_while_a_session_runs() {
    let (peer, say) = silent_at_mail();
    let mut t = Terminal::ehlo((100, 30), &[&peer.address]);
    t.wait_for("220 fake.example");
    t.line("EHLO pc.example.org");
    t.wait_for("250 fake.example");
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("reply to MAIL: 1 s of 5 min");
    t.line(":timeout mail=1");
    t.wait_for("no reply to MAIL within 1 s");
    say.send(()).unwrap();
    t.wait_for("250 at last");
    t.line("QUIT");
    peer.end();
    let mut t = Terminal::ehlo((120, 40), &["--plain"]);
    t.wait_for("S: 220 ");
    t.keys(":timeout\n");
    t.wait_for("# data-end = 10 min  Seconds for each reply to the end of the message (RFC");
    t.keys(":timeout data-end=0\n");
    t.wait_for("# data-end = no limit");
    t.keys("QUIT\n");
    assert_eq!(t.wait_for_end().exit_code(), 0);
}

#[test]
fn the_practice_server_closes_on_a_silent_client() {
    for (args, wait) in [(&["--timeout", "1"][..], "1 s"), (&["--json", "--timeout", "idle=1"], "")]
    {
        let home = Home::new();
        let mut serving = Serving::start(&home, args);
        let begun = Instant::now();
        let stream = TcpStream::connect(("127.0.0.1", serving.port)).unwrap();
        stream.set_read_timeout(Some(program::LIMIT)).unwrap();
        let lines: Vec<_> = BufReader::new(stream).lines().map(Result::unwrap).collect();
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert_eq!(lines.len(), 2, "the greeting and a goodbye: {lines:?}");
        assert!(lines[1].starts_with("421 4.4.2 "), "{lines:?}");
        if wait.is_empty() {
            let row = serving.event("session");
            assert_eq!(
                (&row["overdue"]["wait"], &row["ended"]),
                (&"idle".into(), &"timed-out".into())
            );
        } else {
            let said = serving.says();
            let told =
                "; no command within 1 s; a server may give up now (RFC 5321 §4.5.3.2.7: 5 min)";
            assert!(said.trim_end().ends_with(told), "{said}");
        }
    }
}
