//! `ehlo serve --replay`: the server's half of a recording answers programs of other people, and
//! clients that do otherwise.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "support/program.rs"]
mod program;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/serving.rs"]
mod serving;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use program::{Ended, Home, Running, arg};
use servers::{Server, have};
use serving::Serving;

/// Answers by a transcript.
fn answering(home: &Home, text: &str, more: &[&str]) -> Serving {
    let file = home.file("half.txt", text);
    Serving::start(home, &[&["--replay", arg(&file)], more].concat())
}

/// A client that says lines and hears replies.
struct Client {
    out: TcpStream,
    heard: BufReader<TcpStream>,
}

impl Client {
    fn connect(serving: &Serving) -> Self {
        let out = TcpStream::connect(("127.0.0.1", serving.port)).unwrap();
        out.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let heard = BufReader::new(out.try_clone().unwrap());
        Self { out, heard }
    }

    /// The next line, with its end.
    fn hears(&mut self) -> String {
        let mut line = Vec::new();
        self.heard.read_until(b'\n', &mut line).unwrap();
        String::from_utf8(line).unwrap()
    }

    /// Says a line, and hears one.
    fn says(&mut self, line: &str) -> String {
        self.out.write_all(format!("{line}\r\n").as_bytes()).unwrap();
        self.hears()
    }

    fn is_closed(&mut self) -> bool {
        self.heard.read(&mut [0]).is_ok_and(|read| read == 0)
    }
}

const HALF: &str = "S: 220 old.example ESMTP\nC: EHLO a.example\nS: 250-old.example\nS: 250 PIPELINING\n\
    C: MAIL FROM:<a@a.example>\nS: 250 2.1.0 first sender\nC: RCPT TO:<b@b.example>\n\
    S: 250 2.1.5 b\nC: RCPT TO:<c@c.example>\nS: 550 5.1.1 no c\nC: DATA\nS: 354 go on\n\
    C: Subject: x\nC:\nC: .\nS: 250 2.0.0 queued as 1\nC: MAIL FROM:<z@a.example>\n\
    S: 451 4.7.1 later\nC: QUIT\nS: 221 2.0.0 old\n";

#[test]
fn replies_are_those_of_the_recording_whatever_the_order() {
    let home = Home::new();
    let mut serving = answering(&home, HALF, &["--json"]);
    let mut client = Client::connect(&serving);
    assert_eq!(client.hears(), "220 old.example ESMTP\r\n");
    assert_eq!(client.says("EHLO other.example"), "250-old.example\r\n");
    assert_eq!(client.hears(), "250 PIPELINING\r\n");
    for (line, reply) in [
        // The same line is answered as it was, though it comes first.
        ("mail from:<z@a.example>", "451 4.7.1 later\r\n"),
        ("MAIL FROM:<other@a.example>", "250 2.1.0 first sender\r\n"),
        ("MAIL FROM:<third@a.example>", "451 4.7.1 later\r\n"),
        ("RCPT TO:<c@c.example>", "550 5.1.1 no c\r\n"),
        ("RCPT TO:<d@d.example>", "250 2.1.5 b\r\n"),
        ("VRFY b", "503 5.5.1 The recording has no reply to VRFY\r\n"),
        ("AUTH PLAIN AGEAYg==", "503 5.5.1 The recording has no reply to AUTH\r\n"),
        ("DATA", "354 go on\r\n"),
        ("Subject: another\r\n\r\nMAIL\r\n.", "250 2.0.0 queued as 1\r\n"),
        ("QUIT", "221 2.0.0 old\r\n"),
    ] {
        assert_eq!(client.says(line), reply, "{line}");
    }
    assert!(client.is_closed());
    let mut told: Vec<_> = (0..12).map(|_| serving.event("reply")).collect();
    told.push(serving.event("session"));
    let origins: Vec<_> = told[..12].iter().map(|t| t["origin"].as_str().unwrap()).collect();
    let (line, kind, nowhere) = ("same-line", "same-kind", "not-recorded");
    let want = [line, kind, line, kind, "again", line, kind, nowhere, nowhere, line, line, line];
    assert_eq!(origins, want, "{told:?}");
    assert_eq!(told[2]["exchange"], 7);
    assert_eq!(told[8]["command"], serde_json::Value::Null, "a login may be a secret");
    assert_eq!(told[12]["session"], 1);
}

#[test]
fn bytes_are_as_they_were_and_the_connection_ends_where_it_did() {
    let home = Home::new();
    // The first connection was closed by the server, the second is another one.
    let file = home.file("two.jsonl", {
        let bytes =
            |at: u64, from: &str, text: &str| format!("{{\"at\":{at},\"{from}\":\"{text}\"}}\n");
        [
            "{\"ehlo-journal\":1}\n".to_owned(),
            "{\"at\":1,\"opened\":{\"target\":\"x\"}}\n".to_owned(),
            bytes(2, "server", "220-two\\n220 \\u0007 end\\r\\n"),
            bytes(3, "client", "EHLO a\\r\\n"),
            bytes(4, "server", "250 half a"),
            "{\"at\":5,\"closed\":{\"by\":\"server\",\"how\":\"finished\"}}\n".to_owned(),
            "{\"at\":6,\"opened\":{\"target\":\"x\"}}\n".to_owned(),
            bytes(7, "server", "220 second\\r\\n"),
            bytes(8, "client", "NOOP\\r\\n"),
            bytes(9, "server", "250 one\\r\\n421 unasked\\r\\n"),
            "{\"at\":10,\"closed\":{\"by\":\"server\",\"how\":\"reset\"}}\n".to_owned(),
        ]
        .concat()
    });
    let serving = Serving::start(&home, &["--replay", arg(&file)]);
    for round in 0..2 {
        let mut client = Client::connect(&serving);
        assert_eq!(client.hears(), "220-two\n", "round {round}");
        assert_eq!(client.hears(), "220 \u{7} end\r\n");
        assert_eq!(client.says("EHLO a"), "250 half a");
        let mut client = Client::connect(&serving);
        assert_eq!(client.hears(), "220 second\r\n");
        assert_eq!(client.says("NOOP"), "250 one\r\n");
        assert_eq!(client.hears(), "421 unasked\r\n");
        let end = client.heard.read(&mut [0]).map_err(|error| error.kind());
        assert_eq!(end, Err(std::io::ErrorKind::ConnectionReset), "round {round}");
    }
}

#[test]
fn who_is_turned_away_takes_no_connection_of_the_recording() {
    let home = Home::new();
    let talk = |at: u64, word: &str| {
        [
            format!("{{\"at\":{at},\"opened\":{{\"target\":\"x\"}}}}\n"),
            format!("{{\"at\":{at},\"server\":\"220 {word}\\r\\n\"}}\n"),
            format!("{{\"at\":{at},\"client\":\"QUIT\\r\\n\"}}\n"),
            format!("{{\"at\":{at},\"server\":\"221 bye\\r\\n\"}}\n"),
            format!("{{\"at\":{at},\"closed\":{{\"by\":\"server\",\"how\":\"finished\"}}}}\n"),
        ]
        .concat()
    };
    let journal = ["{\"ehlo-journal\":1}\n".to_owned(), talk(1, "first"), talk(2, "second")];
    let file = home.file("two.jsonl", journal.concat());
    let more = ["--replay", arg(&file), "--max-clients", "1", "--json"];
    let mut serving = Serving::start(&home, &more);
    let mut first = Client::connect(&serving);
    assert_eq!(first.hears(), "220 first\r\n");
    assert!(Client::connect(&serving).hears().starts_with("421 "));
    assert_eq!(serving.event("turned-away")["session"], 2);
    assert_eq!(first.says("QUIT"), "221 bye\r\n");
    assert_eq!(serving.event("session")["session"], 1);
    assert_eq!(Client::connect(&serving).hears(), "220 second\r\n");
}

#[test]
fn pipelined_and_chunked_turns_are_answered_one_by_one() {
    let home = Home::new();
    let half = "S: 220 x\nC: EHLO a\nS: 250 CHUNKING\nC: MAIL FROM:<>\nS: 250 m\n\
                C: RCPT TO:<b@b.example>\nS: 250 r\nC: BDAT 3\nC: abc\\c\nS: 250 part\n\
                C: BDAT 2 LAST\nC: de\\c\nS: 250 all\nC: QUIT\nS: 221 bye\n";
    let serving = answering(&home, half, &[]);
    let mut client = Client::connect(&serving);
    client.hears();
    assert_eq!(client.says("EHLO b"), "250 CHUNKING\r\n");
    client.out.write_all(b"MAIL FROM:<>\r\nRCPT TO:<b@b.example>\r\nBDAT 4\r\nQUIT").unwrap();
    let replies: Vec<_> = (0..3).map(|_| client.hears()).collect();
    assert_eq!(replies, ["250 m\r\n", "250 r\r\n", "250 part\r\n"]);
    assert_eq!(client.says("BDAT 1 LAST\r\nxQUIT"), "250 all\r\n");
    assert_eq!(client.hears(), "221 bye\r\n");
}

#[test]
fn the_time_is_taken_that_was_taken_where_that_is_wished() {
    let home = Home::new();
    let half = ":at 0\nS: 220 x\n:at 1\nC: NOOP\n:at 1.4\nS: 250 late\n";
    for (timing, slow) in [(&["--timing"][..], true), (&[], false)] {
        let serving = answering(&home, half, timing);
        let mut client = Client::connect(&serving);
        client.hears();
        let begun = Instant::now();
        assert_eq!(client.says("NOOP"), "250 late\r\n");
        assert_eq!(begun.elapsed() >= Duration::from_millis(400), slow, "{timing:?}");
    }
}

#[test]
fn what_no_server_speaks_in_is_refused() {
    let home = Home::new();
    let file = home.file("silent.txt", "C: EHLO a\n");
    let refused = home.run(["serve", "--listen", "127.0.0.1:0", "--replay", arg(&file)]).with(64);
    assert!(refused.err.contains("no server speaks in it"), "{}", refused.err);
    home.run(["serve", "--replay", arg(&file), "--maildir", "x"]).with(64);
    home.run(["serve", "--timing"]).with(64);
}

fn client(program: &str, args: &[&str]) -> Ended {
    let mut command = Command::new(program);
    command.args(args).env("LC_ALL", "C");
    Running::start(command).end()
}

/// The replies that swaks prints.
fn heard_by_swaks(ended: &Ended) -> Vec<String> {
    let heard = |line: &str| {
        let rest = line.strip_prefix("<-  ").or_else(|| line.strip_prefix("<** "));
        rest.or_else(|| line.strip_prefix("<~  ")).map(str::to_owned)
    };
    ended.out.lines().filter_map(heard).collect()
}

/// A session with Postfix, recorded; then its half answers swaks with the same replies.
#[test]
fn what_postfix_replied_is_replied_to_swaks() {
    if !have("swaks") {
        return;
    }
    let Some(postfix) = Server::start("postfix", &["plain"]) else { return };
    let home = Home::new();
    let (record, to) = (home.path("postfix.jsonl"), "inbox@example.net");
    let letter = ["--from", "alice@example.org", "--to", to];
    let at = postfix.at("plain");
    home.run([&["send", "-s", &at][..], &letter, &["--record", arg(&record)]].concat()).with(0);
    let session = &home.run(["show", arg(&record), "--json"]).with(0).json()[0];
    let exchanges = session["exchanges"].as_array().unwrap().iter();
    let lines = exchanges.flat_map(|e| e["reply"]["lines"].as_array().unwrap());
    let replied: Vec<_> = lines.map(|line| line.as_str().unwrap().to_owned()).collect();
    assert!(replied.iter().any(|line| line.contains("queued as")), "{replied:?}");
    let mut serving = Serving::start(&home, &["--replay", arg(&record)]);
    let who = ["--server", &serving.target, "--from", "someone@else.example", "--to", to];
    let swaks = client("swaks", &who);
    assert_eq!(swaks.code, Some(0), "{}", swaks.out);
    assert_eq!(heard_by_swaks(&swaks), replied, "{}", swaks.out);
    let told: Vec<_> = (0..7).map(|_| serving.says()).collect();
    assert!(told.iter().all(|line| line.contains("as recorded")), "{told:?}");
    eprintln!("{}", told.concat());
}

/// A recorded session with a login behind STARTTLS answers other programs, whose secrets and names
/// are others; nothing of it is verified.
#[test]
fn starttls_and_a_login_are_answered_to_other_programs() {
    if !have("swaks") || !have("curl") {
        return;
    }
    let home = Home::new();
    let practice = Serving::start(&home, &["--catch-all"]);
    let record = home.path("login.jsonl");
    let secret = home.file("secret", "correct horse");
    let server = format!("127.0.0.1:{}", practice.port);
    let letter = ["--from", "alice@example.org", "--to", "bob@example.net"];
    let way = ["--tls", "starttls", "--insecure", "--user", "alice@example.org"];
    let how = ["--auth", "LOGIN", "--password-file", arg(&secret), "--record", arg(&record)];
    home.run([&["send", "-s", &server][..], &letter, &way, &how].concat()).with(0);
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--replay", arg(&record), "--write-ca", arg(&ca)]);
    let who = ["--auth", "LOGIN", "--auth-user", "mallory", "--auth-password", "nothing"];
    let letter = ["--from", "x@x.example", "--to", "y@y.example", "--tls"];
    let swaks = client("swaks", &[&["--server", &serving.target][..], &who, &letter].concat());
    assert_eq!(swaks.code, Some(0), "{}", swaks.out);
    assert!(swaks.out.contains("235 2.7.0 You are logged in"), "{}", swaks.out);
    let url = format!("smtp://{}/x", serving.target);
    let file = home.file("letter.eml", "Subject: x\r\n\r\nhello\r\n");
    let how = ["--silent", "--verbose", "--max-time", "30", "--ssl-reqd", "--cacert", arg(&ca)];
    let who = ["--user", "mallory:nothing", "--login-options", "AUTH=LOGIN", &url];
    let letter = ["--mail-from", "x@x.example", "--mail-rcpt", "y@y.example", "-T", arg(&file)];
    let curl = client("curl", &[&how[..], &who, &letter].concat());
    assert_eq!(curl.code, Some(0), "{}", curl.err);
    assert!(curl.err.contains("< 235 2.7.0 You are logged in"), "{}", curl.err);
}
