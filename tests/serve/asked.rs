//! What a server without a screen keeps in memory, and what it answers when it is asked for it line by
//! line on standard input.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::guest::Guest;
use crate::program::{Home, Running, arg};
use crate::servers::{Plan, have, proven};
use crate::serving::{Serving, Way};

/// The bytes of a message that was shown.
fn content(shown: &Value) -> Vec<u8> {
    let content = &shown["content"];
    if let Some(text) = content["text"].as_str() {
        return text.as_bytes().to_vec();
    }
    let bytes = content["base64"].as_str().unwrap_or_else(|| panic!("no bytes: {shown}"));
    STANDARD.decode(bytes).unwrap()
}

fn why(answer: &Value) -> &str {
    assert_eq!(answer["event"], "not-done", "{answer}");
    answer["why"].as_str().unwrap()
}

/// A client that hands in one message byte for byte as it is, and stays.
fn hand_in(port: u16, from: &str, data: &[u8]) -> Guest {
    use std::io::Write as _;
    let mut guest = Guest::enter(port);
    guest.says_hello();
    guest.asks(&format!("MAIL FROM:<{from}>"), "250 ");
    guest.asks("RCPT TO:<bob@example.net>", "250 ");
    guest.asks("DATA", "354 ");
    guest.0.get_mut().write_all(data).unwrap();
    let reply = guest.ask(".");
    assert!(reply.starts_with("250 "), "{reply}");
    guest
}

const SMTPLIB: &str = r"
import smtplib, sys
with smtplib.SMTP('localhost', int(sys.argv[1]), 'pc.example.org', 30) as smtp:
    smtp.sendmail('a@x.example', ['bob@example.net'], sys.stdin.buffer.read())
";

/// What programs deliver is shown and saved byte for byte, while the session goes on and behind it.
#[test]
fn a_message_is_shown_and_saved_as_it_was_sent() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    let head = b"From: a@x.example\r\nTo: bob@example.net\r\nSubject: x\r\n\r\n";
    let bodies = [&b".\r\n..\r\n.dot\r\n\r\nend\r\n"[..], b"caf\xc3\xa9\r\n", b"\xff\xfe \x01\r\n"];
    let mut number = 0;
    for body in bodies {
        let message = [&head[..], body].concat();
        let file = home.file("message.eml", &message);
        let (port, data) = (serving.port.to_string(), format!("@{}", arg(&file)));
        let server = format!("localhost:{port}");
        let swaks = ["--server", &server, "--from", "a@x.example", "--to", "bob@example.net"];
        let swaks = [&swaks[..], &["--silent", "3", "--data", &data]].concat();
        for (program, args) in [("python3", &["-c", SMTPLIB, &port][..]), ("swaks", &swaks)] {
            if !have(program) {
                continue;
            }
            let mut command = Command::new(program);
            command.args(args).env("HOME", home.path("."));
            let mut running = Running::start(command);
            running.say(&message);
            assert_eq!(running.end().code, Some(0), "{program}");
            number += 1;
            let event = serving.event("message");
            // It ends every message with one more CRLF.
            let more = if program == "swaks" { &b"\r\n"[..] } else { b"" };
            let sent = [&message[..], more].concat();
            assert_eq!(event["stored"], format!("message {number}"));
            let shown = serving.ask(&format!(":show {number}"));
            assert_eq!(content(&shown), sent, "{program}");
            assert_eq!((&shown["from"], &shown["session"]), (&event["from"], &event["session"]));
            assert!(shown["content"]["fields"].as_array().unwrap().len() >= 3);
            let saved = serving.ask(&format!(":save {number} {number}.eml"));
            assert_eq!((&saved["event"], &saved["size"]), (&"saved".into(), &sent.len().into()));
            assert_eq!(home.read(&format!("{number}.eml")), sent);
        }
    }
    // Line feeds alone, no line end at all, and a session that goes on.
    for data in [&b"Subject: x\n\nbare\nlf\r\n"[..], b"\r\n", b"..\r\n\x00 \r\r\n"] {
        let mut guest = hand_in(serving.port, "a@x.example", data);
        number += 1;
        let sent = data.strip_prefix(b".").unwrap_or(data);
        for _ in 0..2 {
            let shown = serving.ask(&format!(":show message {number}"));
            assert_eq!(content(&shown), sent);
            if shown["session"].is_null() {
                continue;
            }
            let _ = std::fs::remove_file(home.path("one.eml"));
            assert_eq!(serving.ask(&format!(":save {number} one.eml"))["event"], "saved");
            assert_eq!(home.read("one.eml"), sent);
            guest.send("QUIT\r\n");
        }
    }
    proven("ehlo serve", "keeps mail of swaks and smtplib in memory", "byte for byte");
}

/// How large a message may be does not limit how many of a session are kept.
#[test]
fn all_messages_of_a_long_session_are_kept() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--max-size", "10K"]);
    let message = |number| format!("Subject: {number}\r\n\r\n{}\r\n", "x".repeat(1_000));
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    (1..=100).for_each(|number| guest.sends_message(message(number).trim_end()));
    for asked in ["while it goes on", "behind its end"] {
        for number in 1..=100 {
            let shown = serving.ask(&format!(":show {number}"));
            assert!(content(&shown) == message(number).as_bytes(), "{number} {asked}: {shown}");
        }
        guest.ask("QUIT");
        serving.ask(":list");
    }
}

#[test]
fn a_session_is_shown_while_it_goes_on_and_without_its_password() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--auth-any"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    let secret = STANDARD.encode("\0who\0a secret");
    guest.asks(&format!("AUTH PLAIN {secret}"), "235 ");
    let goes_on = serving.ask(":show session 1");
    guest.asks("QUIT", "221 ");
    serving.event("session");
    let over = serving.ask("show session 1");
    for (shown, exchanges) in [(&goes_on, 3), (&over, 4)] {
        let dialogue = &shown["dialogue"];
        assert_eq!(dialogue["exchanges"].as_array().unwrap().len(), exchanges, "{shown}");
        assert_eq!(dialogue["login"]["user"], "who");
        assert!(dialogue["exchanges"][1]["sent_at"].is_string() && shown["content"].is_null());
        assert!(!shown.to_string().contains(&secret) && !shown.to_string().contains("a secret"));
    }
    // The same in words, as `ehlo show` prints them.
    let mut serving = Serving::start_asked(&home, &["--plain", "--auth-any"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.asks(&format!("AUTH PLAIN {secret}"), "235 ");
    guest.asks("QUIT", "221 ");
    assert!(serving.says().starts_with("session 1 with "));
    serving.tell(":show session 1");
    serving.tell(":quit");
    let (rest, code) = serving.rest();
    assert_eq!(code, Some(0));
    assert!(rest.contains("C: EHLO pc.example.org\n") && rest.contains("S: 235 "), "{rest}");
    assert!(!rest.contains(&secret), "{rest}");
}

#[test]
fn what_is_kept_is_listed_and_the_oldest_give_way() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--keep", "2"]);
    for n in 1..=3 {
        let data = format!("Subject: number {n}\r\n\r\n");
        hand_in(serving.port, "a@x.example", data.as_bytes()).asks("QUIT", "221 ");
        serving.event("session");
    }
    let _goes_on = hand_in(serving.port, "", b"x\r\n");
    serving.event("message");
    let listed = serving.ask(":list");
    let sessions = listed["sessions"].as_array().unwrap();
    let each = |key: &str| sessions.iter().map(|session| session[key].clone()).collect::<Vec<_>>();
    assert_eq!(each("session"), [2, 3, 4], "{listed}");
    assert_eq!(each("ended"), ["in-order".into(), "in-order".into(), Value::Null]);
    let subjects: Vec<_> = sessions.iter().map(|s| s["mail"][0]["subject"].clone()).collect();
    assert_eq!(subjects, ["number 2".into(), "number 3".into(), Value::Null]);
    assert_eq!(listed["gone"], 1);
    for gone in [":show 1", ":show session 1", ":save 1 gone.eml", ":relay 1 practice"] {
        assert!(why(&serving.ask(gone)).contains("gave way to newer ones (sessions gone: 1)"));
    }
    assert!(!home.path("gone.eml").exists());
    assert_eq!(serving.ask(":clear")["event"], "cleared");
    let left = serving.ask(":list");
    assert_eq!(left["sessions"].as_array().unwrap().len(), 1, "what goes on stays: {left}");
    assert_eq!(left["gone"], 1, "what was cleared did not give way");
    assert!(why(&serving.ask(":show 2")).contains("it was cleared"));
    assert!(why(&serving.ask(":show 3")).contains("no message 3"));
    assert_eq!(content(&serving.ask(":show 4")), b"x\r\n");

    let mut serving = Serving::start_asked(&home, &["--json", "--keep-bytes", "120k"]);
    let data = ["x".repeat(70).as_str(), "\r\n"].concat().repeat(600);
    for _ in 1..=3 {
        hand_in(serving.port, "a@x.example", data.as_bytes()).asks("QUIT", "221 ");
        serving.event("session");
    }
    assert!(why(&serving.ask(":show 1")).contains("sessions gone: 1"));
    assert_eq!(content(&serving.ask(":show 2")), data.as_bytes());
    let large = data.repeat(3);
    hand_in(serving.port, "a@x.example", large.as_bytes()).asks("QUIT", "221 ");
    serving.event("session");
    assert!(why(&serving.ask(":show 4")).contains("no message 4"), "larger than all the room");
}

#[test]
fn a_message_is_relayed_to_another_server() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    let mut other = Serving::start_asked(&home, &["--json", "--catch-all"]);
    let sent = b"Subject: caf\xc3\xa9\n\nbare\r\n.\xff\r\n";
    let stuffed = b"Subject: caf\xc3\xa9\n\nbare\r\n..\xff\r\n";
    let guest = hand_in(serving.port, "", stuffed);
    let relayed = serving.ask(&format!(":relay 1 -4 {}", other.target));
    assert_eq!((&relayed["event"], &relayed["outcome"]), (&"relayed".into(), &"sent".into()));
    assert_eq!(relayed["dialogue"]["envelope"][0]["sender"], "");
    let event = other.event("message");
    assert_eq!((&event["from"], &event["to"][0]), (&"".into(), &"bob@example.net".into()));
    assert_eq!(content(&other.ask(":show 1")), sent);
    // One option of the way leaves the rest of it as the command line has it.
    let no_proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let via = format!("socks5://{no_proxy}");
    let mut behind = Serving::start_asked(&home, &["--json", "--via", &via]);
    let _stays = hand_in(behind.port, "", b"x\r\n");
    let relayed = behind.ask(&format!(":relay 1 -4 {}", other.target));
    assert_eq!(relayed["outcome"], "not-connected", "{relayed}");
    drop(guest);
    serving.event("session");
    // Nobody there; and one who says no.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relayed = serving.ask(&format!(":relay 1 {nobody}"));
    assert_eq!(relayed["outcome"], "not-connected", "{relayed}");
    assert_eq!(other.ask(":fault refuse-recipient")["event"], "not-done", "no such fault");
    let mut strict = Serving::start_asked(&home, &["--json", "--max-size", "10"]);
    let relayed = serving.ask(&format!(":relay 1 {}", strict.target));
    assert_eq!(
        (&relayed["outcome"], &relayed["dialogue"]["stage"]),
        (&"refused".into(), &"MAIL".into())
    );
    assert!(relayed["text"].as_str().unwrap().contains("552 5.3.4"), "{relayed}");
    // A message that is not taken is none.
    let mut guest = Guest::enter(strict.port);
    guest.says_hello();
    guest.begins_message();
    guest.asks("more than ten\r\n.", "552 5.3.4");
    let listed = strict.ask(":list");
    for session in listed["sessions"].as_array().unwrap() {
        assert_eq!((&session["mail"], &session["messages"]), (&serde_json::json!([]), &0.into()));
    }
}

/// No byte of a message is another on its way on, also where it is no text.
#[test]
fn what_is_no_text_goes_on_as_it_came() {
    use std::io::Write as _;
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = Serving::start_asked(&home, &["--json", "--maildir", arg(&dir)]);
    let mut other = Serving::start_asked(&home, &["--json"]);
    let mut count = 0;
    let ends_in_lines = [&b"A\nB\r\n"[..], b"A\rB\r\n", b".A\n.B\r\n..\r\n", b"\x00\r\n", b""];
    let all = ends_in_lines.iter().flat_map(|data| [("DATA", *data), ("BDAT", *data)]);
    for (by, data) in all.chain([("BDAT", &b"A\r\nB"[..]), ("BDAT", b"A\nB\x00")]) {
        let mut guest = if by == "DATA" {
            hand_in(serving.port, "a@x.example", &stuffed(data))
        } else {
            let mut guest = Guest::enter(serving.port);
            guest.says_hello();
            guest.asks("MAIL FROM:<a@x.example> BODY=BINARYMIME", "250 ");
            guest.asks("RCPT TO:<bob@example.net>", "250 ");
            guest.send(&format!("BDAT {} LAST\r\n", data.len()));
            guest.0.get_mut().write_all(data).unwrap();
            assert!(guest.hear().starts_with("250 "));
            guest
        };
        let name = serving.event("message")["stored"].as_str().unwrap().to_owned();
        let relayed = serving.ask(&format!(":relay {name} {}", other.target));
        assert_eq!(relayed["outcome"], "sent", "{relayed}");
        let file = dir.join("new").join(&name);
        let release = ["send", "--server", &other.target, "--release", arg(&file)];
        assert_eq!(home.run(release).code, Some(0));
        (0..2).for_each(|_| drop(other.event("message")));
        for way in [":relay", "--release"] {
            count += 1;
            let there = other.ask(&format!(":show {count}"));
            assert_eq!(content(&there), data, "{by} {data:?} {way}");
        }
        guest.ask("QUIT");
    }
}

/// Mail data but for their end.
fn stuffed(data: &[u8]) -> Vec<u8> {
    let text = String::from_utf8([b"\r\n", data].concat()).unwrap();
    text.replace("\r\n.", "\r\n..").into_bytes().split_off(2)
}

/// What is answered for each recipient is one message all the same.
#[test]
fn a_message_to_many_is_one() {
    let home = Home::new();
    for (args, hello, more) in [(&["--lmtp"][..], "LHLO", ""), (&[], "EHLO", " PRDR")] {
        let mut serving = Serving::start_asked(&home, &[&["--json"], args].concat());
        let mut guest = Guest::enter(serving.port);
        guest.ask(&format!("{hello} pc.example.org"));
        for n in 1..=2 {
            guest.asks(&format!("MAIL FROM:<a@x.example>{more}"), "250 ");
            for who in ["bob", "full", "carol"] {
                guest.asks(&format!("RCPT TO:<{who}@example.net>"), "250 ");
            }
            guest.asks("DATA", "354 ");
            guest.send("x\r\n.\r\n");
            let replies = if more.is_empty() { 3 } else { 5 };
            (0..replies).for_each(|_| drop(guest.hear()));
            guest.asks("NOOP", "250 ");
            assert_eq!(serving.ask(":list")["sessions"][0]["messages"], n, "{hello}");
        }
        guest.asks("QUIT", "221 ");
        assert_eq!(serving.event("session")["messages"], 2, "{hello}");
    }
}

/// The password is never typed here: it comes from where the command line or the directive says.
#[test]
fn a_message_is_relayed_by_who_logs_in() {
    let home = Home::new();
    let secret = home.file("secret", b"s3cret\n");
    let mut serving = Serving::start_asked(&home, &["--json", "--password-file", arg(&secret)]);
    let mut other = Serving::start_asked(&home, &["--json", "--user", "bob:s3cret"]);
    let _guest = hand_in(serving.port, "a@x.example", b"Subject: x\r\n");
    for (login, mechanism) in [
        ("--user bob", "SCRAM-SHA-256"),
        ("-4 --auth PLAIN --user bob", "PLAIN"),
        ("--auth --user bob --password-command \"echo s3cret\"", "SCRAM-SHA-256"),
    ] {
        serving.tell(&format!(":relay 1 {login} {}", other.target));
        let relayed = serving.event("relayed");
        assert_eq!(relayed["outcome"], "sent", "{relayed}");
        let login = &relayed["dialogue"]["login"];
        assert!(login["mechanism"].as_str().unwrap().starts_with(mechanism), "{login}");
        assert_eq!(other.event("message")["user"], "bob");
        assert!(!relayed.to_string().contains("s3cret"), "{relayed}");
    }
    let target = &other.target;
    serving.tell(&format!(":relay 1 --user bob --password-command \"echo x\" {target}"));
    let relayed = serving.event("relayed");
    assert_eq!(
        (&relayed["outcome"], &relayed["dialogue"]["stage"]),
        (&"refused".into(), &"AUTH".into())
    );
    for (options, expected) in [
        ("--auth PLAIN", "--user"),
        ("--user bob --password-env NONE_SUCH", "NONE_SUCH"),
        ("--auth-anyway --user bob", "--auth"),
        ("--password-visible s3cret", "--password-visible"),
        ("--password=s3cret", "--password"),
        ("--user bob --password-command \"echo s3cret; false\"", "password"),
    ] {
        serving.tell(&format!(":relay 1 {options} {target}"));
        let answer = serving.event("not-done");
        assert!(why(&answer).contains(expected), "{answer}");
        assert!(!answer.to_string().contains("s3cret"), "{answer}");
    }
    let mut none = Serving::start_asked(&home, &["--json"]);
    let _guest = hand_in(none.port, "a@x.example", b"Subject: x\r\n");
    let answer = none.ask(&format!(":relay 1 --auth PLAIN --user bob {target}"));
    assert!(why(&answer).contains("a password is needed for PLAIN"), "{answer}");
}

/// The stop waits for a while; who asked hears that nothing is known of it.
#[test]
fn a_server_that_never_greets_holds_nobody_up() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    drop(hand_in(serving.port, "", b"Subject: x\r\n\r\ny\r\n"));
    serving.event("session");
    let line = format!(":relay 1 {}", deaf.local_addr().unwrap());
    serving.tell(&line);
    let silent = deaf.accept().unwrap();
    // Nor those who ask something else.
    assert_eq!(serving.ask(":list")["sessions"][0]["session"], 1);
    assert_eq!(content(&serving.ask(":show 1")), b"Subject: x\r\n\r\ny\r\n");
    serving.signal("-TERM");
    let answer = serving.event("not-done");
    assert_eq!(answer["directive"], line.as_str());
    assert!(why(&answer).contains("whether it is done is not known"), "{answer}");
    serving.event("stopped");
    drop(silent);
}

/// What is asked in one write about a session that goes on is answered in its turn, each line by
/// itself, however many there are; and the stop that stands behind is heard.
#[test]
fn what_is_asked_in_one_write_of_a_session_that_goes_on_is_answered() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    let mut other = Serving::start_asked(&home, &["--json"]);
    let _guest = hand_in(serving.port, "a@x.example", b"Subject: x\r\n");
    serving.event("message");
    let relay = format!(":relay 1 {}", other.target);
    serving.tell(&[relay.as_str(), &relay, &relay, ":show 1"].join("\n"));
    let mut answers = ["", "", "", ""].map(|_| {
        loop {
            let event: Value = serde_json::from_str(&serving.says()).unwrap();
            if event.get("directive").is_some() {
                break event["event"].as_str().unwrap().to_owned();
            }
        }
    });
    answers.sort_unstable();
    assert_eq!(answers, ["relayed", "relayed", "relayed", "shown"]);
    (0..3).for_each(|_| drop(other.event("message")));
    serving.tell(&[relay.as_str(); 20].into_iter().chain([":quit"]).collect::<Vec<_>>().join("\n"));
    let (rest, code) = serving.rest();
    assert_eq!(code, Some(0));
    let count = |what: &str| rest.matches(what).count();
    let told = count("\"event\":\"relayed\"") + count("\"event\":\"not-done\"");
    assert_eq!((told, count("\"event\":\"stopped\"")), (20, 1), "{rest}");
    assert!(!rest.contains("there is no message"), "{rest}");
}

/// What is relayed goes on through a server that other people wrote.
#[test]
fn a_message_is_relayed_through_postfix() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--catch-all"]);
    let mut real = Serving::start_asked(&home, &["--json", "--catch-all"]);
    let mode = format!("{}+{}", real.port, format!("{:?}", Way::Clear).to_lowercase());
    let Some(postfix) = Plan::new("postfix", &["plain"]).relaying_at(&mode).start() else { return };
    let message = b"From: a@x.example\r\nDate: Fri, 27 Nov 2026 02:49:13 +0000\r\n\
        Message-ID: <1@x.example>\r\nTo: bob@example.com\r\n\r\n.\r\n..caf\xc3\xa9\r\n";
    let file = home.file("message.eml", message);
    let send = ["send", "--server", &serving.target, "--from", "a@x.example", "-S"];
    home.run([&send[..], &["--to", "b@example.com", "--data", arg(&file)]].concat()).with(0);
    let relayed = serving.ask(&format!(":relay 1 {}", postfix.at("plain")));
    assert_eq!(relayed["outcome"], "sent", "{relayed}");
    real.event("message");
    let arrived = content(&real.ask(":show 1"));
    assert!(arrived.ends_with(message), "{}", String::from_utf8_lossy(&arrived));
    proven("postfix", "takes what the catcher relays from memory", "byte for byte");
}

/// Who asks while many send is answered in whole lines, and nothing is lost of what is kept.
#[test]
fn answers_stand_in_lines_of_their_own_while_many_send() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--keep", "10000"]);
    let port = serving.port;
    let (threads, each) = (8, 25);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for n in 0..each {
                    let data = format!("Subject: {thread}-{n}\r\n\r\n");
                    hand_in(port, "a@x.example", data.as_bytes()).asks("QUIT", "221 ");
                }
            });
        }
        let mut seen = 0;
        while seen < threads * each {
            let line = serving.says();
            let event: Value = serde_json::from_str(&line).expect("one object a line");
            if event["event"] != "message" {
                assert_ne!(event["event"], "missed");
                continue;
            }
            seen += 1;
            if seen % 20 == 0 {
                serving.tell(&format!(":show {}", event["stored"].as_str().unwrap()));
            }
        }
    });
    // Behind its own answer stand all others.
    let listed = serving.ask(":list");
    assert_eq!(listed["gone"], 0);
    let mut subjects: Vec<_> = (1..=threads * each)
        .map(|n| String::from_utf8(content(&serving.ask(&format!(":show {n}")))).unwrap())
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    assert_eq!(subjects.len(), threads * each);
}

/// Who does not read what is told is answered all the same when he does, from all that is kept.
#[test]
fn what_nobody_reads_is_kept_all_the_same() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--max-messages", "100000"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    let to = "x".repeat(60);
    for _ in 0..1_500 {
        guest.asks(&format!("MAIL FROM:<{to}@x.example>"), "250 ");
        guest.asks("RCPT TO:<nobody@example.net>", "550 ");
        guest.asks("RCPT TO:<bob@example.net>", "250 ");
        guest.asks("DATA", "354 ");
        guest.asks("Subject: x\r\n.", "250 ");
    }
    guest.asks("QUIT", "221 ");
    assert_eq!(content(&serving.ask(":show 1500")), b"Subject: x\r\n");
    assert_eq!(serving.ask(":show 1")["session"], 1);
}

#[test]
fn who_has_nothing_to_ask_is_served_on() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    serving.ask_no_more();
    hand_in(serving.port, "a@x.example", b"x\r\n").asks("QUIT", "221 ");
    assert_eq!(serving.event("session")["messages"], 1);
    serving.signal("-TERM");
    let (rest, code) = serving.rest();
    assert_eq!(code, Some(0));
    assert!(rest.contains("\"stopped\""), "{rest}");
}

#[test]
fn what_is_wrong_says_what_was_expected_and_changes_nothing() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--keep", "0"]);
    let taken = home.file("taken.eml", b"before");
    let _goes_on = hand_in(serving.port, "a@x.example", b"x\r\n");
    let all = [
        (":frob", "there are :list, :show MESSAGE|session NUMBER, "),
        (":show", "expected :show MESSAGE|session NUMBER"),
        (":show session x", "expected :show MESSAGE|session NUMBER"),
        (":show 7", "no message 7"),
        (":show session 7", "no session 7"),
        (":save 1", "expected :save MESSAGE FILE"),
        (":save 1 taken.eml", "taken.eml was not written: "),
        (":save 1 nowhere/x.eml", "nowhere/x.eml was not written: "),
        (":relay 1", "expected :relay MESSAGE [OPTIONS] TARGET"),
        (":relay 1 --frob localhost", "--frob"),
        (":relay 1 practice:frob", "frob"),
        (":fault frob", "frob"),
        (":fault +", "expected :fault FAULT[+FAULT]|off"),
        (":fault tarpit+", "expected :fault FAULT[+FAULT]|off"),
        (":fault off+tarpit", "expected :fault FAULT[+FAULT]|off"),
        (":fault /tmp", "/tmp is no file of a fault, whose name ends in .toml"),
        (":fault a\u{1b}[2J", "unknown fault \"a\\x1b[2J\""),
        (":save 1 \"\"", "expected :save MESSAGE FILE"),
        (":list \u{1b}[2J", "expected :list"),
    ];
    for (line, expected) in all {
        let answer = serving.ask(line);
        assert!(why(&answer).contains(expected), "{answer}");
    }
    assert_eq!(home.read("taken.eml"), b"before");
    assert_eq!(serving.ask(":fault tarpit+greylist=1s")["faults"], "tarpit + greylist=1s");
    assert_eq!(serving.ask(":fault off")["faults"], "");
    assert!(taken.exists());
    assert_eq!(content(&serving.ask(":show 1")), b"x\r\n", "it goes on as before");
    assert_eq!(serving.ask(":help")["directives"].as_array().unwrap().len(), 8);
    // In words, in both languages.
    for (lang, told) in
        [("en", "not done: expected :save MESSAGE FILE"), ("ja", "実行できません：")]
    {
        let mut serving = Serving::start_asked(&home, &["--plain", "--lang", lang]);
        serving.tell("\n:save 1");
        assert!(serving.says().starts_with(told));
        serving.tell(":list");
        assert!(serving.says().contains(": 0") || lang == "ja");
    }
}

/// In a Maildir a message is called as its file is; what is asked for is the same.
#[test]
fn a_message_of_a_maildir_is_asked_for_by_its_file() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json", "--maildir", "mail", "--keep", "1"]);
    let mut names = Vec::new();
    for n in 0..2 {
        hand_in(serving.port, "a@x.example", format!("{n}\r\n").as_bytes()).asks("QUIT", "221 ");
        names.push(serving.event("message")["stored"].as_str().unwrap().to_owned());
        serving.event("session");
    }
    assert_eq!(content(&serving.ask(&format!(":show {}", names[1]))), b"1\r\n");
    // What gave way in memory still lies there.
    let first = &names[0];
    let shown = serving.ask(&format!(":show {first}"));
    assert_eq!((content(&shown), &shown["session"]), (b"0\r\n".to_vec(), &1.into()), "{shown}");
    assert_eq!(
        (&shown["from"], &shown["to"][0]),
        (&"a@x.example".into(), &"bob@example.net".into())
    );
    let session = serving.ask(":show session 1");
    let dialogue = &session["dialogue"];
    assert_eq!(dialogue["exchanges"].as_array().unwrap().len(), 7, "{session}");
    assert!(dialogue["exchanges"][0]["replied_at"].is_string(), "{session}");
    assert_eq!(serving.ask(&format!(":save {first} first.eml"))["event"], "saved");
    assert_eq!(home.read("first.eml"), b"0\r\n");
    let mut other = Serving::start_asked(&home, &["--json"]);
    let relayed = serving.ask(&format!(":relay {first} {}", other.target));
    assert_eq!(relayed["outcome"], "sent", "{relayed}");
    assert_eq!(other.event("message")["to"][0], "bob@example.net");
    // A mail reader has seen it, and thrown it away then.
    let (new, seen) = (home.path("mail/new"), home.path("mail/cur").join(format!("{first}:2,S")));
    std::fs::rename(new.join(first), &seen).unwrap();
    for flags in ["", ":2,S"] {
        assert_eq!(content(&serving.ask(&format!(":show {first}{flags}"))), b"0\r\n");
    }
    std::fs::remove_file(seen).unwrap();
    let gone = serving.ask(&format!(":show {first}"));
    assert!(why(&gone).contains(first.as_str()), "{gone}");
    assert!(why(&serving.ask(":show session 3")).contains("no session 3"));
    // What another server has left there is not told by this one's numbers.
    drop(serving);
    let mut next = Serving::start_asked(&home, &["--json", "--maildir", "mail"]);
    assert!(why(&next.ask(":show session 2")).contains("no session 2"));
    assert!(why(&next.ask(&format!(":show {}", names[1]))).contains(&names[1]));
}

/// What a long session has sent at first is no longer in memory, but lies there.
#[test]
fn a_message_that_is_not_whole_in_memory_is_read_from_the_maildir() {
    let home = Home::new();
    let more = ["--json", "--maildir", "mail", "--keep-bytes", "40K", "--max-size", "2K"];
    let mut serving = Serving::start_asked(&home, &more);
    let text = format!("Subject: x\r\n\r\n{}\r\n", "x".repeat(1_000));
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    (0..20).for_each(|_| guest.sends_message(text.trim_end()));
    let first = serving.event("message")["stored"].as_str().unwrap().to_owned();
    let mut other = Serving::start_asked(&home, &["--json"]);
    for file in ["goes-on.eml", "over.eml"] {
        let shown = serving.ask(&format!(":show {first}"));
        assert_eq!((content(&shown), &shown["message"]), (text.clone().into_bytes(), &0.into()));
        assert_eq!(serving.ask(&format!(":save {first} {file}"))["event"], "saved");
        assert_eq!(home.read(file), text.as_bytes());
        let relayed = serving.ask(&format!(":relay {first} {}", other.target));
        assert_eq!(relayed["outcome"], "sent", "{relayed}");
        assert_eq!(other.event("message")["size"], text.len());
        if file == "goes-on.eml" {
            guest.asks("QUIT", "221 ");
            serving.event("session");
        }
    }
    assert_eq!(serving.ask(":list")["gone"], 0, "the session itself is in memory");
    std::fs::remove_file(home.path("mail/new").join(&first)).unwrap();
    assert!(why(&serving.ask(&format!(":save {first} gone.eml"))).contains("not here as a whole"));
}

/// A copy of LMTP goes on to the one for whom it was stored.
#[test]
fn a_copy_that_gave_way_is_relayed_to_its_recipient() {
    let home = Home::new();
    let more = ["--json", "--lmtp", "--maildir", "mail", "--keep", "0"];
    let mut serving = Serving::start_asked(&home, &more);
    let mut guest = Guest::enter(serving.port);
    guest.ask("LHLO pc.example.org");
    guest.asks("MAIL FROM:<a@x.example>", "250 ");
    for who in ["bob", "carol"] {
        guest.asks(&format!("RCPT TO:<{who}@example.net>"), "250 ");
    }
    guest.asks("DATA", "354 ");
    guest.asks("x\r\n.", "250 ");
    guest.hear();
    guest.asks("QUIT", "221 ");
    let copies: Vec<_> =
        (0..2).map(|_| serving.event("message")["stored"].as_str().unwrap().to_owned()).collect();
    serving.event("session");
    let mut other = Serving::start_asked(&home, &["--json"]);
    for (stored, who) in copies.iter().zip(["bob@example.net", "carol@example.net"]) {
        let relayed = serving.ask(&format!(":relay {stored} {}", other.target));
        assert_eq!(relayed["to"], serde_json::json!([who]), "{relayed}");
        assert_eq!(other.event("message")["to"], serde_json::json!([who]));
    }
}

/// The server stops as it does by a signal, and finishes what is under way.
#[test]
fn a_server_that_is_told_to_quit_finishes_first() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.begins_message();
    serving.tell(":quit");
    serving.event("stopping");
    guest.asks("late\r\n.", "250 ");
    let (rest, code) = serving.rest();
    assert_eq!(code, Some(0));
    assert!(rest.contains("\"event\":\"message\"") && rest.contains("\"stopped\""), "{rest}");
}
