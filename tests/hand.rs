//! A person answers real clients: on the screen, in a pseudo-terminal, and line by line.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use program::{Home, arg};
use pty::{Size, Terminal};

const SMALL: Size = (80, 24);
const CTRL_Q: &str = "\x11";

/// The screen of somebody who answers, and where clients come to.
fn answering(size: Size, more: &[&str]) -> (Terminal, String) {
    let arguments = [&["serve", "--by-hand", "--listen", "127.0.0.1:0"], more].concat();
    let t = Terminal::ehlo(size, &arguments);
    t.wait_for("awaited at 127.0.0.1:");
    let contents = t.contents();
    let place = contents.split("awaited at ").nth(1).unwrap();
    let place = place.split_whitespace().next().unwrap().to_owned();
    (t, place)
}

/// A client that sends one message.
fn swaks(place: &str, more: &[&str]) -> Child {
    Command::new("swaks")
        .args(["--server", place, "--helo", "pc.example.org", "--timeout", "20"])
        .args(["--from", "alice@example.org", "--to", "bob@example.net"])
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("swaks is installed")
}

/// Its exit code, and what it has printed.
fn ended(mut client: Child) -> (i32, String) {
    let mut out = String::new();
    client.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    (client.wait().unwrap().code().unwrap(), out)
}

/// What is to be answered is there, and is answered.
fn answer(t: &mut Terminal, asked: &str, keys: &str) {
    t.wait_for(&format!("to be answered: {asked}"));
    t.keys(keys);
}

const SESSION: [&str; 7] =
    ["the greeting", "EHLO", "MAIL FROM", "RCPT TO", "DATA", "the end of", "QUIT"];

#[test]
fn a_whole_session_is_answered_rightly() {
    let (mut t, place) = answering(SMALL, &[]);
    let client = swaks(&place, &[]);
    for asked in SESSION {
        answer(&mut t, asked, "r");
    }
    let (code, out) = ended(client);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("250 2.1.5 Recipient <bob@example.net> Ok"), "{out}");
    assert!(out.contains("250 2.0.0 Message accepted as message 1"), "{out}");
    // Both ends in one window.
    t.wait_for("\u{2502}S 221 2.0.0 mx.example.net Goodbye");
    t.wait_for("C QUIT   ");
    t.wait_for("this client is gone");
    t.keys(CTRL_Q);
    assert!(t.wait_for_end().success());
}

#[test]
fn not_now_never_and_something_strange_each_have_their_end() {
    for (keys, code, reply) in [
        ("n", 24, "450 4.2.0 <bob@example.net> Greylisted"),
        ("v", 24, "550 5.1.1 <bob@example.net> is unknown here"),
        // The first strange one says no with a code that says yes.
        ("s\r", 0, "250 5.7.1 Error: <bob@example.net> refused"),
    ] {
        let (mut t, place) = answering((120, 40), &[]);
        let client = swaks(&place, &[]);
        for asked in ["the greeting", "EHLO", "MAIL FROM"] {
            answer(&mut t, asked, "r");
        }
        answer(&mut t, "RCPT TO", keys);
        let rest: &[&str] = if code == 0 { &["DATA", "the end of", "QUIT"] } else { &["QUIT"] };
        for asked in rest {
            answer(&mut t, asked, "r");
        }
        let (ended, out) = ended(client);
        assert_eq!(ended, code, "{out}");
        assert!(out.contains(reply), "{out}");
        t.keys(CTRL_Q);
        t.wait_for_end();
    }
}

#[cfg(unix)]
#[test]
fn no_socket_stays_behind_in_the_file_system() {
    let home = Home::new();
    let socket = home.path("smtp.sock");
    for end in ["HUP", "TERM", "INT"] {
        let place = format!("unix:{}", arg(&socket));
        let mut t = Terminal::ehlo(SMALL, &["serve", "--by-hand", "--listen", &place]);
        t.wait_for("awaited at unix:");
        assert!(socket.exists());
        // The first frame stands before signals are listened to.
        t.keys(":x");
        t.wait_for(":x");
        t.signal(end);
        t.wait_for_end();
        assert!(!socket.exists(), "{end}");
    }
}

/// However the screen is left, who waits for an answer is told that none comes.
#[cfg(unix)]
#[test]
fn who_leaves_says_so_to_the_clients() {
    let leaves: [fn(&mut Terminal); 3] =
        [|t| t.keys(CTRL_Q), |t| t.signal("TERM"), Terminal::hang_up];
    for leave in leaves {
        let (mut t, place) = answering(SMALL, &[]);
        let [mut greeted, mut waits] =
            [(); 2].map(|()| std::net::TcpStream::connect(&place).unwrap());
        answer(&mut t, "the greeting", "r");
        t.wait_for("\u{2502}S 220 mx.example.net");
        t.keys("\x1b[6;5~");
        t.wait_for("to be answered: the greeting");
        leave(&mut t);
        let mut said = [String::new(), String::new()];
        greeted.read_to_string(&mut said[0]).unwrap();
        waits.read_to_string(&mut said[1]).unwrap();
        said.sort();
        assert!(said[0].starts_with("220 ") && said[0].contains("\r\n421 4.3.2 "), "{said:?}");
        assert!(said[1].starts_with("421 4.3.2 "), "{said:?}");
        t.wait_for_end();
    }
}

#[test]
fn a_connection_is_closed_or_reset_without_a_word() {
    for line in [":close", ":reset"] {
        let (mut t, place) = answering(SMALL, &[]);
        let client = swaks(&place, &[]);
        answer(&mut t, "the greeting", "r");
        t.wait_for("to be answered: EHLO");
        t.line(line);
        let (code, out) = ended(client);
        assert_ne!(code, 0, "{out}");
        assert!(out.contains("EHLO pc.example.org"), "{out}");
        t.keys(CTRL_Q);
        t.wait_for_end();
    }
}

#[test]
fn what_is_typed_and_a_reply_in_several_lines_arrive_as_they_stand() {
    let (mut t, place) = answering((120, 40), &[]);
    let client = swaks(&place, &["--quit-after", "EHLO"]);
    t.wait_for("to be answered: the greeting");
    t.keys("220 hello");
    t.wait_for("A08");
    t.keys("\r");
    t.wait_for("to be answered: EHLO");
    t.line("250-by.hand.example");
    t.line("250-SIZE 1000");
    t.line("250 HELP");
    answer(&mut t, "QUIT", "r");
    let (code, out) = ended(client);
    assert_eq!(code, 0, "{out}");
    for line in ["<-  220 hello", "<-  250-by.hand.example", "<-  250-SIZE 1000", "<-  250 HELP"] {
        assert!(out.contains(line), "{out}");
    }
    t.keys(CTRL_Q);
    t.wait_for_end();
}

#[test]
fn tls_follows_the_answer_and_several_clients_have_their_tabs() {
    let (mut t, place) = answering(SMALL, &[]);
    let first = swaks(&place, &["-tls"]);
    t.wait_for("to be answered: the greeting");
    let second = swaks(&place, &[]);
    // The one that is not in front asks, too.
    t.wait_until("a tab that asks", |screen| screen.contents().matches("asks").count() == 2);
    for asked in ["the greeting", "EHLO", "STARTTLS"] {
        answer(&mut t, asked, "r");
    }
    t.wait_for("TLS from here on");
    for asked in ["EHLO", "MAIL FROM", "RCPT TO", "DATA", "the end of", "QUIT"] {
        answer(&mut t, asked, "r");
    }
    let (code, out) = ended(first);
    assert_eq!(code, 0, "{out}");
    t.keys("\x1b[6;5~");
    answer(&mut t, "the greeting", "n");
    assert_ne!(ended(second).0, 0);
    t.keys(CTRL_Q);
    t.wait_for_end();
}

/// `--plain` with these lines of input; where it listens is said first.
struct Plain {
    child: Child,
    place: String,
    out: BufReader<std::process::ChildStdout>,
}

impl Plain {
    fn start(home: &Home, input: &str, more: &[&str]) -> Self {
        let mut command = home.ehlo(["serve", "--by-hand", "--plain", "--listen", "127.0.0.1:0"]);
        command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let place = match serde_json::from_str::<serde_json::Value>(&line) {
            Ok(event) => event.get("place").and_then(|place| place.as_str()).unwrap().to_owned(),
            Err(_) => line.trim_end().strip_prefix("listening on ").unwrap().to_owned(),
        };
        Self { child, place, out }
    }

    fn end(mut self) -> (i32, String) {
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        (self.child.wait().unwrap().code().unwrap(), out)
    }
}

#[test]
fn a_script_answers_line_by_line() {
    let home = Home::new();
    for (input, code, lines) in [
        ("right\n".repeat(7), 0, &["S: 250 2.0.0 Message accepted as message 1"][..]),
        ("rest\n".to_owned(), 0, &["S: 221 2.0.0 mx.example.net Goodbye"]),
        (
            "1\n1\n1\nnot-now\nrest\n".to_owned(),
            24,
            &[
                "# to be answered: RCPT TO:<bob@example.net>",
                "S: 450 4.2.0 <bob@example.net> Greyl",
            ],
        ),
        (
            "right\nright\n250 hello\n99\nstrange\nrest\n".to_owned(),
            0,
            &["# B23 ", "S: 250 hello", "S: 250 5.7.1 Error: <bob@example.net> refused"],
        ),
        ("554-no\n554 never\nrest\n".to_owned(), 21, &["S: 554-no", "S: 554 never"]),
        // It tries HELO on the connection that was closed.
        ("right\n:close 421 4.3.2 bye\n".to_owned(), 6, &["S: 421 4.3.2 bye"]),
        // Who has enough, in the middle and before.
        (
            "right\n:quit\nright\n".to_owned(),
            6,
            &["S: 421 4.3.2 mx.example.net Shutting down", "the server closed the connection"],
        ),
        (format!("{}\nrest\n", "x".repeat(100_000)), 0, &["S: 221 2.0.0 mx.example.net Goodbye"]),
        // Who has said all answers nobody any more.
        ("right\n".to_owned(), 6, &["S: 421 4.3.2 ", "the server closed the connection"]),
    ] {
        let plain = Plain::start(&home, &input, &[]);
        let (ended_with, out) = ended(swaks(&plain.place, &[]));
        let (ours, said) = plain.end();
        assert_eq!((ended_with, ours), (code, 0), "{input}\n{out}\n{said}");
        for line in lines {
            assert!(said.contains(line), "{line}\n{said}");
        }
    }
}

/// The events in lines of JSON.
fn events(out: &str) -> Vec<serde_json::Value> {
    out.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

/// As `ehlo serve` tells them; beside them stand the whole dialogues.
#[test]
fn events_are_told_as_json() {
    let home = Home::new();
    for (input, protocol, kinds) in [
        // At the end of the lines nobody is answered any more.
        ("rest\n", "SMTP", &["began", "message", "session", "dialogue", "stopping", "stopped"][..]),
        ("rest\n", "LMTP", &["began", "message", "message", "session"]),
        ("1\n1\n1\nnever\nrest\n", "SMTP", &["began", "refused", "message", "session"]),
        ("1\n1\n:quit\n", "SMTP", &["began", "stopping"]),
    ] {
        let more: &[&str] = if protocol == "LMTP" { &["--json", "--lmtp"] } else { &["--json"] };
        let plain = Plain::start(&home, input, more);
        let to = ["--to", "bob@example.net,carol@example.net", "--protocol", protocol];
        ended(swaks(&plain.place, &to));
        let (code, out) = plain.end();
        assert_eq!(code, 0, "{out}");
        let events = events(&out);
        let told: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        assert!(told.starts_with(kinds) && told.ends_with(&["stopped"]), "{input}: {told:?}");
        assert!(events.iter().all(|event| event["at"].is_string()), "{out}");
        let of = |kind: &'static str| events.iter().filter(move |event| event["event"] == kind);
        let to: Vec<_> = of("message").map(|event| event["to"].as_array().unwrap().len()).collect();
        let one_each = protocol == "LMTP" || kinds.contains(&"refused");
        assert!(to.iter().all(|count| *count == if one_each { 1 } else { 2 }), "{out}");
        for message in of("message") {
            assert!(message["size"].as_u64() > Some(0) && message["stored"].is_null(), "{out}");
        }
        for refused in of("refused") {
            assert!(refused["code"].as_u64() >= Some(421), "{out}");
        }
        let stopped = of("stopped").next().unwrap();
        assert_eq!((&stopped["sessions"], &stopped["messages"]), (&1.into(), &to.len().into()));
    }
}

#[test]
fn a_session_is_told_as_json_and_recorded() {
    let home = Home::new();
    let record = home.path("talk.jsonl");
    let more = ["--json", "--record", arg(&record)];
    let plain = Plain::start(&home, "right\nright\nright\nnever\nrest\n", &more);
    assert_eq!(ended(swaks(&plain.place, &[])).0, 24);
    let (code, out) = plain.end();
    assert_eq!(code, 0);
    let events = events(&out);
    let object = events.iter().find(|event| event["event"] == "dialogue").unwrap();
    assert_eq!((&object["session"], &object["outcome"]), (&1.into(), &"ok".into()), "{out}");
    assert_eq!(object["exchanges"][3]["reply"]["code"], 550, "{out}");
    assert_eq!(object["envelope"][0]["recipients"][0]["address"], "bob@example.net", "{out}");
    let shown = home.run(["show", arg(&record)]).with(0);
    assert!(shown.out.contains("S: 550 5.1.1 <bob@example.net> is unknown here"), "{}", shown.out);
}

/// While a client says nothing, and while there is none, `:quit` is heard.
#[test]
fn who_answers_in_a_pipe_can_quit() {
    let home = Home::new();
    let mut alone = Plain::start(&home, ":quit\n", &[]);
    assert!(alone.child.wait().unwrap().success());
    let mut command = home.ehlo(["serve", "--by-hand", "--json", "--listen", "127.0.0.1:0"]);
    command.args(["--tls", "implicit"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let (mut input, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).unwrap();
    let event: serde_json::Value = serde_json::from_str(&line).expect("one object a line");
    let key = |name: &str| event.get(name).and_then(|key| key.as_str()).unwrap_or_default();
    assert_eq!((key("event"), key("tls")), ("listening", "implicit"));
    assert_eq!((key("protocol"), key("at").is_empty()), ("smtp", false));
    let silent = std::net::TcpStream::connect(key("place")).unwrap();
    input.write_all(b":quit\n").unwrap();
    assert!(child.wait().unwrap().success());
    drop(silent);
}

/// Who has said all answers nobody any more, also where the client waits for something else.
#[test]
fn a_silent_client_is_told_at_the_end_of_input() {
    let home = Home::new();
    for (input, said) in [("220 hello\n", ""), ("220 hello\n250 you\n", "EHLO pc.example.org\r\n")]
    {
        let plain = Plain::start(&home, input, &[]);
        let mut client = std::net::TcpStream::connect(&plain.place).unwrap();
        client.set_read_timeout(Some(program::LIMIT)).unwrap();
        client.write_all(said.as_bytes()).unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).unwrap();
        let last = heard.lines().last().unwrap_or_default();
        assert!(last.starts_with("421 4.3.2 ") && heard.starts_with("220 hello\r\n"), "{heard}");
        assert_eq!(heard.lines().count(), input.lines().count() + 1, "{heard}");
        assert_eq!(plain.end().0, 0);
    }
}

#[test]
fn curl_is_answered_too() {
    let home = Home::new();
    let letter = home.file("m.eml", "Subject: x\r\n\r\nhello\r\n");
    let plain = Plain::start(&home, "rest\n", &["--tls", "off"]);
    let curl = Command::new("curl")
        .args(["-sS", "--max-time", "20", "--url", &format!("smtp://{}", plain.place)])
        .args(["--mail-from", "a@b.example", "--mail-rcpt", "bob@example.net"])
        .args(["-T", arg(&letter)])
        .output()
        .expect("curl is installed");
    assert!(curl.status.success(), "{}", String::from_utf8_lossy(&curl.stderr));
    let (_, said) = plain.end();
    assert!(said.contains("S: 250 2.0.0 Message accepted as message 1"), "{said}");
}
