//! The program talks with software that other people wrote: Postfix and Exim as servers, also of
//! the message editor and of what is advised at the prompt; swaks, curl and Python's smtplib as
//! clients of `ehlo serve`.
//!
//! What cannot be had here is skipped and said; with `EHLO_SERVERS=required` it is a failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/composing.rs"]
mod composing;
#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/servers.rs"]
mod servers;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use composing::{PICTURE, SUBJECT, address, compose};
use ehlo::advice::{Candidate, Habits, Says, complete, judge};
use ehlo::journal::{Happening, file};
use ehlo::session::Dialogue;
use ehlo::session::content::Content;
use program::{Ended, Home, LIMIT, Running, arg};
use proven::proven;
use pty::Terminal;
use serde_json::Value;
use servers::{Server, have};

const CTRL_Q: &str = "\x11";
const CTRL_S: &str = "\x13";
const LEFT: &str = "\x1b[D";

/// How long a stored message may take to arrive.
const DELIVERY: Duration = Duration::from_secs(30);

/// A mail server of another maker, without TLS.
struct Mta {
    server: Server,
    address: String,
}

impl Mta {
    /// Starts `postfix` or `exim`; `None` where that is not possible.
    fn start(name: &'static str) -> Option<Self> {
        let server = Server::start(name, &["plain"])?;
        let address = server.at("plain");
        Some(Self { server, address })
    }

    /// The one message whose text contains `mark`, once it is there.
    fn stored(&self, mark: &str) -> Vec<u8> {
        let inbox = self.server.file("mail/inbox/new");
        let begun = Instant::now();
        loop {
            let mut found = mails(&inbox);
            found.retain(|mail| contains(mail, mark.as_bytes()));
            assert!(found.len() < 2, "{mark} was delivered twice");
            if let Some(mail) = found.pop() {
                return mail;
            }
            assert!(begun.elapsed() < DELIVERY, "{mark} did not arrive");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn mails(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|e| std::fs::read(e.unwrap().path()).unwrap()).collect()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|w| w == part)
}

/// A message that is hard to carry: dots, long lines, eight bits, blanks at the end of lines.
fn hard(mark: &str) -> (String, String) {
    let long = "0123456789".repeat(150);
    let header = format!(
        "Date: Mon, 02 Mar 2026 10:00:00 +0000\nFrom: a@example.test\nTo: inbox@example.test\nMessage-ID: <{mark}@example.test>\nSubject: {mark}\nContent-Type: text/plain; charset=utf-8\n"
    );
    let body = format!(
        ".\n..\n.dot\n...\nblank \n\ttab\t\n\n{long}\n.{long}\ncaf\u{e9} \u{65e5}\u{672c}\u{8a9e} \u{1f600}\nFrom here\n\n.\n"
    );
    (header, body)
}

/// The stored message is the sent one: same body, byte for byte, and every header field of ours.
#[track_caller]
fn assert_stored(stored: &[u8], header: &str, body: &str) {
    let stored = String::from_utf8(stored.to_vec()).expect("UTF-8 was sent");
    let (top, bottom) = stored.split_once("\n\n").expect("a header and a body");
    assert_eq!(bottom, body);
    for field in header.lines() {
        assert!(top.lines().any(|l| l == field), "{field} is missing in\n{top}");
    }
}

/// `run` and `plain` deliver the hard message to a server.
fn delivers(mta: &Mta) {
    let home = Home::new();
    let (header, body) = hard("by-run");
    home.file("message.eml", format!("{header}\n{body}"));
    let script = "C: EHLO pc.example.test\nS: 250\nC: MAIL FROM:<a@example.test> BODY=8BITMIME\nS: 250\nC: RCPT TO:<inbox@example.test>\nS: 250\nC: DATA\nS: 354\n:data message.eml\nS: 250\nC: QUIT\nS: 221\n";
    home.file("script.txt", script);
    home.run(["run", "script.txt", "--server", &mta.address]).with(0);
    assert_stored(&mta.stored("by-run"), &header, &body);

    let (header, body) = hard("by-plain");
    // A person stuffs the dots, as the wire wants it.
    let stuffed = body.replace("\n.", "\n..");
    let input = format!(
        "EHLO pc.example.test\nMAIL FROM:<a@example.test> BODY=8BITMIME\nRCPT TO:<inbox@example.test>\nDATA\n{header}\n.{stuffed}.\nQUIT\n"
    );
    let ended = home.run_with(["--plain", &mta.address], input).with(0);
    assert!(ended.out.contains("\nC: QUIT\nS: 221 "), "{}", ended.out);
    assert_stored(&mta.stored("by-plain"), &header, &body);
}

/// Plays a script and gives its JSON.
#[track_caller]
fn object(mta: &Mta, script: &str) -> Value {
    let home = Home::new();
    let args = ["run", "-", "--server", &mta.address, "--json", "--timeout", "30"];
    home.run_with(args, script).with(0).json().remove(0)
}

/// The keywords of a server give no reason for wonder.
fn introduces_itself(mta: &Mta, keywords: &[&str]) {
    let object = object(mta, "C: EHLO pc.example.test\nS: 250\nC: QUIT\nS: 221\n");
    let lines = object["exchanges"][1]["reply"]["lines"].as_array().unwrap();
    for keyword in keywords {
        let said = |l: &Value| l.as_str().unwrap().get(4..).is_some_and(|t| t.starts_with(keyword));
        assert!(lines.iter().any(said), "{keyword}: {lines:?}");
    }
    assert_eq!(object["findings"], Value::Array(vec![]), "nothing is odd about it");
}

#[test]
fn postfix_takes_messages_as_they_are() {
    let Some(postfix) = Mta::start("postfix") else { return };
    delivers(&postfix);
    proven("Postfix", "DATA, every byte", "stored as it was");
}

#[test]
fn exim_takes_messages_as_they_are() {
    let Some(exim) = Mta::start("exim") else { return };
    delivers(&exim);
    proven("Exim", "DATA, every byte", "stored as it was");
}

#[test]
fn exim_refuses_and_defers_and_that_is_seen() {
    let Some(exim) = Mta::start("exim") else { return };
    introduces_itself(&exim, &["SIZE", "8BITMIME", "PIPELINING", "CHUNKING", "PRDR", "HELP"]);
    let object = object(
        &exim,
        "C: EHLO pc.example.test\nS: 250\nC: MAIL FROM:<a@example.test>\nS: 250\nC: RCPT TO:<nosuch@example.test>\nS: 550 no such mailbox\nC: RCPT TO:<later@example.test>\nS: 451\nC: RCPT TO:<inbox@example.test>\nS: 250\nC: DATA\nS: 354\nC: Subject: partly\nC: \nC: .\nS: 250\nC: RCPT TO:<b@example.org>\nS: 503\nC: QUIT\n",
    );
    let recipients = object["envelope"][0]["recipients"].as_array().unwrap();
    let fates: Vec<_> =
        recipients.iter().map(|r| (r["fate"].as_str().unwrap(), &r["code"])).collect();
    let (no, later, yes) = (Value::from(550), Value::from(451), Value::from(250));
    assert_eq!(fates, [("refused", &no), ("deferred", &later), ("accepted", &yes)]);
    assert_eq!(object["envelope"][0]["end"], "accepted");
    assert!(contains(&exim.stored("partly"), b"Subject: partly\n\n"));
}

#[test]
fn postfix_answers_everything_that_is_asked() {
    let Some(postfix) = Mta::start("postfix") else { return };
    introduces_itself(
        &postfix,
        &["PIPELINING", "SIZE 1000000", "VRFY", "DSN", "SMTPUTF8", "CHUNKING"],
    );
    let object = object(
        &postfix,
        "C: EHLO pc.example.test\nS: 250\nC: VRFY inbox@example.test\nS: 252 2.0.0*\nC: MAIL FROM:<a@example.test> SIZE=2000000\nS: 552 5.3.4*\nC: RSET\nS: 250\nC: MAIL FROM:<gone@example.test>\nS: 250\nC: RSET\nS: 250\n:pipeline\nC: MAIL FROM:<a@example.test>\nC: RCPT TO:<inbox@example.test>\nC: DATA\n:end\nS: 250\nS: 250\nS: 354\nC: Subject: number-one\nC: \nC: x\nC: .\nS: 250\nC: MAIL FROM:<b@example.test>\nS: 250\nC: RCPT TO:<inbox@example.test>\nS: 250\nC: BDAT 21\nC: Subject: number-two\\r\\n\\c\nS: 250\nC: BDAT 13 LAST\nC: \\r\\n.\\r\\nno end\\r\\n\\c\nS: 250\nC: FLY\nS: 5xx\nC: QUIT\n",
    );
    let transactions = object["envelope"].as_array().unwrap();
    let ends: Vec<_> = transactions.iter().map(|t| t["end"].as_str().unwrap()).collect();
    let expected = ["sender-refused", "reset", "accepted", "accepted"];
    assert_eq!(ends, expected);
    assert_eq!(object["content"][1]["chunked"], true);
    assert!(postfix.stored("number-one").ends_with(b"\n\nx\n"));
    assert!(postfix.stored("number-two").ends_with(b"\n\n.\nno end\n"));
}

/// A group with chunks in it, a file cut at sizes that were chosen, and a number that is wrong.
fn takes_a_group_and_chunks_by_hand(mta: &Mta) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("m.eml");
    std::fs::write(&file, "Subject: by-hand-file\r\n\r\n.\r\nof a file\r\n").unwrap();
    let file = file.display();
    let to = "C: MAIL FROM:<a@example.test>\nC: RCPT TO:<inbox@example.test>\n";
    let object = object(
        mta,
        &format!(
            "C: EHLO pc.example.test\nS: 250\n:pipeline\n{to}:bdat Subject: by-hand-group\n:bdat LAST \\r\\nin a group\n:end\nS: 250\nS: 250\nS: 250\nS: 250\n{to}S: 250\nS: 250\n:bdat --chunk 3,20 LAST @{file}\nS: 250\n{to}S: 250\nS: 250\n:bdat 2 LAST by\\c\nS: 250\nC: QUIT\n"
        ),
    );
    let groups: Vec<_> =
        object["exchanges"].as_array().unwrap().iter().map(|e| e["group"].as_u64()).collect();
    assert_eq!(groups.get(2..6), Some(&[Some(0); 4][..]), "{groups:?}");
    assert!(mta.stored("by-hand-group").ends_with(b"\n\nin a group\n"));
    assert!(mta.stored("by-hand-file").ends_with(b"\n\n.\nof a file\n"));
}

#[test]
fn exim_takes_a_group_and_chunks_by_hand() {
    let Some(exim) = Mta::start("exim") else { return };
    takes_a_group_and_chunks_by_hand(&exim);
}

#[test]
fn postfix_takes_a_group_and_chunks_by_hand() {
    let Some(postfix) = Mta::start("postfix") else { return };
    takes_a_group_and_chunks_by_hand(&postfix);
}

/// The fields that Postfix and Exim put on top of a message.
const TRACE: [&str; 4] = ["Return-Path", "X-Original-To", "Delivered-To", "Received"];

/// What was stored is what was composed, byte for byte, below nothing but trace fields.
#[track_caller]
fn assert_as_composed(stored: Vec<u8>, composed: &str) {
    let stored = String::from_utf8(stored).expect("UTF-8 was sent");
    let first = composed.lines().next().unwrap();
    let (trace, message) = stored.split_at(stored.find(first).expect("its first line"));
    assert_eq!(message, composed);
    assert!(trace.ends_with('\n'), "{trace}");
    let fields = trace.lines().filter(|line| !line.starts_with('\t'));
    let names: Vec<_> = fields.map(|field| field.split(':').next().unwrap()).collect();
    assert!(names.iter().all(|name| TRACE.contains(name)), "{trace}");
    assert_eq!(names.last(), Some(&"Received"));
}

/// The subject and the picture can be read in what was stored.
#[track_caller]
fn assert_readable(stored: &[u8]) {
    let content = Content::read(stored.to_vec());
    assert_eq!(content.field("Subject").unwrap().value, SUBJECT);
    let picture = content.parts.iter().find(|part| part.kind == "image/png").unwrap();
    assert_eq!((picture.decoded_len, picture.name.as_deref()), (256, Some(PICTURE)));
}

/// A recorded session as it was while the connection was open.
fn recorded(path: &Path) -> Dialogue {
    let journal = file::read(&std::fs::read(path).unwrap()).unwrap().journal;
    let mut seen = Dialogue::default();
    let open = |what: &Happening| !matches!(what, Happening::Closed { .. });
    journal.events().iter().take_while(|e| open(&e.what)).for_each(|e| seen.apply(e));
    seen
}

/// Composes a message whose text ends with `.mark`, answers the question how it shall leave, and
/// gives the draft and the lines that left.
fn composed(mta: &Mta, mark: &str, answer: &str) -> (String, Vec<String>) {
    let mut t = Terminal::ehlo((120, 40), &["--record", "session.ehlo", &mta.address]);
    address(&mut t, "alice@example.test", "inbox@example.test");
    let draft = compose(&mut t, &format!(".{mark}"));
    t.keys(CTRL_S);
    t.wait_for("dots doubled: 1");
    t.keys(answer);
    t.wait_for("the draft is done");
    t.line("QUIT");
    t.wait_for("the server closed the connection");
    t.keys(CTRL_Q);
    assert!(t.wait_for_end().success());
    let seen = recorded(&t.home().join("session.ehlo"));
    let lines = seen.exchanges().iter().filter_map(|e| e.line.as_ref());
    (draft, lines.map(|line| String::from_utf8_lossy(&line.bytes).into_owned()).collect())
}

/// `--plain` sends `message` from a file.
fn sent_plainly(mta: &Mta, message: &str) {
    let home = Home::new();
    home.file("letter.eml", message);
    let input = "EHLO pc.example.test\nMAIL FROM:<alice@example.test>\nRCPT TO:<inbox@example.test>\nDATA\n:data letter.eml\nQUIT\n";
    home.run_with(["--plain", &mta.address], input).with(0);
}

/// What was composed in the editor leaves by DATA, in chunks, and from a file.
fn takes_what_is_composed(mta: &Mta) {
    let (letter, lines) = composed(mta, "by-data", "d");
    assert!(lines.iter().any(|line| line == "DATA"), "{lines:?}");
    let stored = mta.stored("by-data");
    assert_readable(&stored);
    assert_as_composed(stored, &letter);

    // One by one, and all together.
    for (mark, answer) in [("by-chunk", "b"), ("by-pipeline", "p")] {
        let (letter, lines) = composed(mta, mark, &[LEFT, LEFT, LEFT, answer].concat());
        assert_chunks(&lines, crlf(letter.as_bytes()).len());
        assert_as_composed(mta.stored(mark), &letter);
    }

    let letter = letter.replace("by-data", "by-file");
    sent_plainly(mta, &letter);
    assert_as_composed(mta.stored("by-file"), &letter);
}

/// A message of so many octets left in chunks of 64.
#[track_caller]
fn assert_chunks(lines: &[String], octets: usize) {
    let chunks = lines.iter().filter_map(|line| line.strip_prefix("BDAT "));
    let (full, rest) = ((octets - 1) / 64, (octets - 1) % 64 + 1);
    let mut expected = vec!["64".to_owned(); full];
    expected.push(format!("{rest} LAST"));
    assert_eq!(chunks.collect::<Vec<_>>(), expected);
    eprintln!("{octets} octets left in {} chunks", expected.len());
}

#[test]
fn postfix_stores_what_was_composed() {
    let Some(postfix) = Mta::start("postfix") else { return };
    takes_what_is_composed(&postfix);
    proven("Postfix", "DATA and BDAT of the editor", "stored as composed");
}

#[test]
fn exim_stores_what_was_composed() {
    let Some(exim) = Mta::start("exim") else { return };
    takes_what_is_composed(&exim);
    proven("Exim", "DATA and BDAT of the editor", "stored as composed");
}

/// The parameters of MAIL in the order in which they are completed, each with its keyword.
const PARAMETERS: [(&str, &str); 13] = [
    ("SIZE", "SIZE"),
    ("BODY", "8BITMIME"),
    ("SMTPUTF8", "SMTPUTF8"),
    ("RET", "DSN"),
    ("ENVID", "DSN"),
    ("AUTH", "AUTH"),
    ("BY", "DELIVERBY"),
    ("HOLDFOR", "FUTURERELEASE"),
    ("HOLDUNTIL", "FUTURERELEASE"),
    ("MT-PRIORITY", "MT-PRIORITY"),
    ("REQUIRETLS", "REQUIRETLS"),
    ("SOLICIT", "NO-SOLICITING"),
    ("PRDR", "PRDR"),
];

/// What parameters stand behind.
const MAIL: &str = "MAIL FROM:<a@example.test> ";

/// A session in which the server said what it can.
struct Introduced {
    seen: Dialogue,
    keywords: Vec<String>,
}

impl Introduced {
    /// The keywords are read from the reply here, not by the program.
    fn by(mta: &Mta, hello: &str) -> Self {
        let home = Home::new();
        let args = ["run", "-", "--server", &mta.address, "--json", "--record", "hello.ehlo"];
        let script = format!("C: {hello} pc.example.test\nS: 250\n");
        let object = home.run_with(args, script).with(0).json().remove(0);
        let lines = object["exchanges"][1]["reply"]["lines"].as_array().unwrap();
        let keyword = |line: &Value| line.as_str()?.get(4..)?.split(' ').next().map(str::to_owned);
        let keywords = lines.iter().skip(1).filter_map(keyword).collect();
        Self { seen: recorded(&home.path("hello.ehlo")), keywords }
    }

    fn lists(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|k| k == keyword)
    }

    fn completions(&self, line: &str) -> Vec<Candidate> {
        let habits = Habits { draft: Some(812), ..Habits::default() };
        complete(&self.seen, &habits, line, line.len())
    }

    /// The line that comes about when the first thing that is legal is taken, again and again.
    fn completed(&self) -> String {
        let mut line = MAIL.to_owned();
        let legal = |line: &str| self.completions(line).into_iter().find(|c| c.reason.is_none());
        while let Some(next) = legal(&line) {
            line = next.put_into(&line).0;
            match line.rsplit(' ').next() {
                // Nobody can guess this value.
                Some("ENVID=") => line.push_str("a1 "),
                Some(word) if word.ends_with('=') => {}
                _ => line.push(' '),
            }
        }
        line.trim_end().to_owned()
    }
}

/// All parameters are completed behind MAIL, those as legal whose keyword the server lists.
fn completes_what_is_listed(server: &Introduced) {
    let name = |insert: &str| insert.split('=').next().unwrap().to_owned();
    let candidates = server.completions(MAIL);
    let seen: Vec<_> = candidates.iter().map(|c| (name(&c.insert), c.reason.is_none())).collect();
    let mut expected = PARAMETERS.map(|(name, keyword)| (name.to_owned(), server.lists(keyword)));
    expected.sort_by_key(|(_, legal)| !legal);
    assert_eq!(seen, expected);
}

/// The verdict on a line and the reply to it are the same.
fn judges_as_the_server_does(mta: &Mta, server: &Introduced) {
    let mut script = "C: EHLO pc.example.test\nS: 250\n".to_owned();
    for (line, keyword) in [
        (server.completed(), "SIZE"),
        (format!("{MAIL}PRDR"), "PRDR"),
        (format!("{MAIL}BY=600;R"), "DELIVERBY"),
    ] {
        let says: Vec<_> = judge(&server.seen, &line).into_iter().map(|f| f.says).collect();
        let (verdict, reply) = if server.lists(keyword) {
            (vec![], "250")
        } else {
            (vec![Says::Oddity("F07")], "5xx")
        };
        assert_eq!(says, verdict, "{line}");
        script += &["C: ", &line, "\nS: ", reply, "\nC: RSET\nS: 250\n"].concat();
    }
    object(mta, &format!("{script}C: QUIT\nS: 221\n"));
}

/// What is advised behind MAIL is what the server does.
fn is_advised(mta: &Mta) {
    let server = Introduced::by(mta, "EHLO");
    completes_what_is_listed(&server);
    judges_as_the_server_does(mta, &server);
    assert!(server.completed().len() > MAIL.len(), "{:?}", server.keywords);
    eprintln!("{}: {}", server.keywords.join(" "), server.completed());

    let server = Introduced::by(mta, "HELO");
    completes_what_is_listed(&server);
    assert_eq!(server.completed(), MAIL.trim_end());
}

#[test]
fn postfix_agrees_with_what_is_advised() {
    let Some(postfix) = Mta::start("postfix") else { return };
    is_advised(&postfix);
}

#[test]
fn exim_agrees_with_what_is_advised() {
    let Some(exim) = Mta::start("exim") else { return };
    is_advised(&exim);
}

/// `ehlo serve` with a Maildir.
struct Serve {
    child: Child,
    home: Home,
    address: String,
}

impl Serve {
    fn start(options: &[&str]) -> Self {
        let home = Home::new();
        let serve = ["serve", "--maildir", "mail"];
        let at = ["--listen", "127.0.0.1:0"];
        let at = if options.contains(&"--listen") { &[][..] } else { &at };
        let mut command = home.ehlo([&serve[..], at, options].concat());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let address = first.strip_prefix("listening on ").expect("its first line").trim();
        Self { child, home, address: address.to_owned() }
    }

    fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    fn maildir(&self) -> PathBuf {
        self.home.path("mail/new")
    }

    /// The messages that are stored, which are taken away.
    fn take(&self) -> Vec<Vec<u8>> {
        let found = mails(&self.maildir());
        std::fs::remove_dir_all(self.maildir()).unwrap();
        std::fs::create_dir(self.maildir()).unwrap();
        found
    }

    /// Sends a signal and waits for the end.
    fn stop(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let begun = Instant::now();
        while begun.elapsed() < LIMIT {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not stop");
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a client, with `input`, in the folder of the server.
fn client(serve: &Serve, program: &str, args: &[&str], input: &[u8]) -> Ended {
    let mut command = Command::new(program);
    command.args(args).current_dir(serve.home.path("."));
    let mut running = Running::start(command);
    running.say(input);
    running.end()
}

/// Messages that clients stumble over; lines end with LF.
fn messages() -> Vec<Vec<u8>> {
    let head = "From: a@example.org\nTo: b@example.com\nSubject: x\n\n";
    let line = "0123456789abcdef".repeat(4) + "\n";
    let bodies: [&[u8]; 4] = [
        b".\n..\n.dot\n\n...\n.\nend\n",
        b"",
        b"caf\xc3\xa9 \xe9\xff\n\x01\x7f\n",
        &line.repeat((1 << 20) / line.len()).into_bytes(),
    ];
    bodies.iter().map(|body| [head.as_bytes(), body].concat()).collect()
}

fn crlf(text: &[u8]) -> Vec<u8> {
    let lines = text.split_inclusive(|b| *b == b'\n');
    lines
        .flat_map(|l| l.strip_suffix(b"\n").map_or_else(|| l.to_vec(), |l| [l, b"\r\n"].concat()))
        .collect()
}

/// Exactly one message is stored, and it is `expected`.
#[track_caller]
fn assert_one(serve: &Serve, expected: &[u8], sender: &str) {
    let stored = serve.take();
    assert_eq!(stored.len(), 1, "{sender}");
    let same = stored[0].iter().zip(expected).take_while(|(a, b)| a == b).count();
    assert!(
        stored[0] == expected,
        "{sender}: {} of {} bytes, first difference at {same}",
        stored[0].len(),
        expected.len()
    );
}

#[test]
fn swaks_delivers_what_it_was_given() {
    if !have("swaks") {
        return;
    }
    let serve = Serve::start(&["--catch-all"]);
    let to = ["--server", &serve.address, "--from", "a@example.org", "--to", "b@example.com"];
    for message in messages() {
        let file = serve.home.file("message.eml", &message);
        let data = format!("@{}", arg(&file));
        let args =
            [&to[..], &["--ehlo", "pc.example.org", "--silent", "3", "--data", &data]].concat();
        client(&serve, "swaks", &args, b"").with(0);
        // It ends every message with one more CRLF.
        assert_one(&serve, &[&crlf(&message)[..], b"\r\n"].concat(), "swaks");
    }
}

#[test]
fn curl_delivers_what_it_was_given() {
    if !have("curl") {
        return;
    }
    let serve = Serve::start(&["--catch-all"]);
    let url = format!("smtp://{}/pc.example.org", serve.address);
    let to = ["--silent", "--show-error", "--max-time", "30", "--mail-from", "a@example.org"];
    for message in messages() {
        serve.home.file("message.eml", crlf(&message));
        let rest = ["--mail-rcpt", "b@example.com", "-T", "message.eml", &url];
        client(&serve, "curl", &[&to[..], &rest].concat(), b"").with(0);
        assert_one(&serve, &crlf(&message), "curl");
    }
}

/// Sends standard input with smtplib; arguments: port, recipients. Prints refusals.
const SMTPLIB: &str = r"
import smtplib, sys
with smtplib.SMTP('127.0.0.1', int(sys.argv[1]), 'pc.example.org', timeout=30) as smtp:
    try:
        print(smtp.sendmail('a@example.org', sys.argv[2:], sys.stdin.buffer.read()))
    except smtplib.SMTPResponseException as refusal:
        print(type(refusal).__name__, refusal.smtp_code, refusal.smtp_error.decode())
    except smtplib.SMTPRecipientsRefused as refusal:
        print(type(refusal).__name__, refusal.recipients)
";

fn smtplib(serve: &Serve, recipients: &[&str], message: &[u8]) -> String {
    let args = [&["-c", SMTPLIB, serve.port()][..], recipients].concat();
    client(serve, "python3", &args, message).with(0).out
}

#[test]
fn smtplib_delivers_what_it_was_given() {
    if !have("python3") {
        return;
    }
    let serve = Serve::start(&["--catch-all"]);
    for message in messages() {
        assert_eq!(smtplib(&serve, &["b@example.com"], &crlf(&message)), "{}\n");
        assert_one(&serve, &crlf(&message), "smtplib");
    }
}

#[test]
fn the_practice_world_is_the_same_for_other_clients() {
    if !have("python3") {
        return;
    }
    let serve = Serve::start(&[]);
    let two = ["bob@example.net", "carol@example.net"];
    assert_eq!(smtplib(&serve, &two, b"Subject: both\r\n\r\n"), "{}\n");
    assert_one(&serve, b"Subject: both\r\n\r\n", "two recipients, one message");

    let said = smtplib(&serve, &["bob@example.net", "nobody@example.net"], b"Subject: one\r\n\r\n");
    assert!(said.starts_with("{'nobody@example.net': (550, b'5.1.1 "), "{said}");
    assert_one(&serve, b"Subject: one\r\n\r\n", "one of two recipients");

    let said = smtplib(&serve, &["b@example.com"], b"Subject: none\r\n\r\n");
    assert!(said.starts_with("SMTPRecipientsRefused {'b@example.com': (550, b'5.7.1 "), "{said}");
    assert_eq!(serve.take().len(), 0);
}

#[test]
fn a_message_over_the_limit_is_refused() {
    if !have("python3") {
        return;
    }
    let serve = Serve::start(&[]);
    let line = "x".repeat(70) + "\n";
    let message = line.repeat((50 << 20) / 71 + 1).into_bytes();
    // smtplib says SIZE= at MAIL, and is refused there.
    let said = smtplib(&serve, &["bob@example.net"], &message);
    assert!(said.contains(" 552 5.3.4 Too big"), "{said}");
    assert_eq!(serve.take().len(), 0);

    // Whoever does not say it is refused behind the message.
    let mut guest = Guest::enter(&serve.address);
    guest.ask("MAIL FROM:<a@example.org>", "250");
    guest.ask("RCPT TO:<bob@example.net>", "250");
    guest.ask("DATA", "354");
    guest.0.get_mut().write_all(&crlf(&message)).unwrap();
    guest.ask(".", "552 5.3.4 ");
    guest.ask("NOOP", "250");
    assert_eq!(serve.take().len(), 0);
}

/// The simplest client there can be.
struct Guest(BufReader<TcpStream>);

impl Guest {
    fn enter(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut guest = Self(BufReader::new(stream));
        guest.hear("220 ");
        guest.ask("HELO pc.example.org", "250 ");
        guest
    }

    #[track_caller]
    fn ask(&mut self, line: &str, reply: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        self.hear(reply);
    }

    #[track_caller]
    fn hear(&mut self, reply: &str) {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.starts_with(reply), "expected {reply}, seen {line}");
    }
}

#[test]
fn fifty_clients_are_served_at_once() {
    const GUESTS: usize = 50;
    let serve = Serve::start(&["--catch-all"]);
    let all_inside = Barrier::new(GUESTS);
    std::thread::scope(|scope| {
        for number in 0..GUESTS {
            let (address, all_inside) = (&serve.address, &all_inside);
            scope.spawn(move || {
                let mut guest = Guest::enter(address);
                all_inside.wait();
                guest.ask("MAIL FROM:<a@example.org>", "250");
                guest.ask(&format!("RCPT TO:<guest{number}@example.com>"), "250");
                guest.ask("DATA", "354");
                guest.ask(&format!("Subject: guest {number}\r\n\r\n."), "250");
                guest.ask("QUIT", "221");
            });
        }
    });
    let mut stored = serve.take();
    let mut expected: Vec<_> =
        (0..GUESTS).map(|number| format!("Subject: guest {number}\r\n\r\n").into_bytes()).collect();
    stored.sort();
    expected.sort();
    assert_eq!(stored, expected);
}

#[test]
fn serve_stops_in_order() {
    for signal in ["-TERM", "-INT"] {
        let serve = Serve::start(&[]);
        let address = serve.address.clone();
        let guest = Guest::enter(&address);
        drop(guest);
        assert_eq!(serve.stop(signal), Some(0), "{signal}");
        assert!(TcpStream::connect(&address).is_err(), "nobody listens any more");
    }
}

#[test]
fn serve_stops_although_a_client_stays() {
    let serve = Serve::start(&[]);
    let mut guest = Guest::enter(&serve.address);
    let begun = Instant::now();
    assert_eq!(serve.stop("-TERM"), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20));
    let mut said = String::new();
    guest.0.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("421 4.3.2 "), "the client is sent away: {said}");
}

/// Plays a script at a door of a server, which must go as expected, and gives its JSON.
#[track_caller]
fn played(target: &str, script: &str) -> Value {
    let home = Home::new();
    let args = ["run", "-", "--server", target, "--json", "--timeout", "30"];
    home.run_with(args, script).with(0).json().remove(0)
}

/// Recipient × RCPT × message: the matrix of the first transaction, as codes.
fn matrix(object: &Value) -> Vec<(String, u64, Option<u64>)> {
    let rows = object["envelope"][0]["recipients"].as_array().unwrap().iter();
    let row = |r: &Value| {
        let name = r["address"].as_str().unwrap().split('@').next().unwrap().to_owned();
        (name, r["code"].as_u64().unwrap(), r["delivered"]["code"].as_u64())
    };
    rows.map(row).collect()
}

fn row(name: &str, rcpt: u64, message: Option<u64>) -> (String, u64, Option<u64>) {
    (name.to_owned(), rcpt, message)
}

fn ids(object: &Value) -> Vec<&str> {
    object["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect()
}

const TO_THREE: &str = "C: RCPT TO:<inbox@example.test>\nC: RCPT TO:<nosuch@example.test>\nC: RCPT TO:<full@example.test>\n";

#[test]
fn dovecot_answers_for_each_recipient_over_tcp_and_in_the_file_system() {
    let Some(dovecot) = Server::start("dovecot", &["lmtp"]) else { return };
    let file = format!("unix:{}", dovecot.file("lmtp.sock").display());
    for target in [dovecot.at("lmtp"), file] {
        let text = format!(
            "C: LHLO pc.example.test\nS: 250\n:pipeline\nC: MAIL FROM:<a@example.test>\n{TO_THREE}C: DATA\n:end\nS: 250\nS: 250\nS: 550\nS: 250\nS: 354\nC: Subject: by lmtp\nC: \nC: long enough\nC: .\nS: 250 2.0.0 *inbox@*\nS: 552 5.2.2 *full@*\nC: QUIT\n"
        );
        let object = played(&target, &text);
        let want =
            [row("inbox", 250, Some(250)), row("nosuch", 550, None), row("full", 250, Some(552))];
        assert_eq!(matrix(&object), want, "{target}");
        assert_eq!(object["envelope"][0]["end"], "partly");
        assert!(ids(&object).is_empty(), "{target}: {:?}", ids(&object));

        // All in one group, with another message behind it.
        let chunk = "C: BDAT 15 LAST\nC: \\r\\nlong enough\n";
        let text = format!(
            "C: LHLO pc.example.test\nS: 250\n:pipeline\nC: MAIL FROM:<a@example.test>\n{TO_THREE}{chunk}C: MAIL FROM:<>\nC: RCPT TO:<inbox@example.test>\n{chunk}C: NOOP\n:end\nS: 250\nS: 250\nS: 550\nS: 250\nS: 250 *inbox@*\nS: 552 *full@*\nS: 250\nS: 250\nS: 250 *inbox@*\nS: 250\nC: QUIT\n"
        );
        let object = played(&target, &text);
        assert_eq!(matrix(&object), want, "{target}");
        assert_eq!(object["envelope"][1]["end"], "accepted");
    }
    let home = Home::new();
    let said = home
        .run_with(["--plain", &dovecot.at("lmtp")], "EHLO pc\nHELO pc\nLHLO pc\nQUIT\n")
        .with(0);
    assert!(said.out.contains("# C21 error"), "{}", said.out);
    proven(
        "Dovecot",
        "LMTP over TCP and unix socket",
        "one reply for each recipient, pipelined and chunked too",
    );
}

#[test]
fn aiosmtpd_answers_once_for_two_and_that_is_noticed() {
    let Some(aiosmtpd) = Server::start("aiosmtpd", &["lmtp"]) else { return };
    let target = aiosmtpd.at("lmtp");
    let two = "C: LHLO pc.example.test\nS: 250\nC: MAIL FROM:<a@example.test>\nS: 250\nC: RCPT TO:<bob@example.test>\nS: 250\nC: RCPT TO:<carol@example.test>\nS: 250\nC: DATA\nS: 354\nC: Subject: x\nC: \nC: .\nS: 250\n";
    // The next reply can only be for QUIT.
    let object = played(&target, &format!("{two}C: QUIT\nS: 221\n"));
    assert_eq!(matrix(&object), [row("bob", 250, Some(250)), row("carol", 250, None)]);
    assert_eq!(object["envelope"][0]["recipients"][1]["delivered"]["fate"], "unanswered");
    assert!(ids(&object).contains(&"H16"), "{:?}", ids(&object));
    // The reply to NOOP could be carol's; behind it one is missing.
    let object = played(&target, &format!("{two}C: NOOP\nS: 250\nC: QUIT\nS: 221\n"));
    assert_eq!(matrix(&object), [row("bob", 250, Some(250)), row("carol", 250, Some(250))]);
    let h16 = object["findings"].as_array().unwrap().iter().find(|f| f["id"] == "H16").unwrap();
    let at = usize::try_from(h16["where"]["exchange"].as_u64().unwrap()).unwrap();
    assert_eq!(object["exchanges"][at]["recipient"], "carol@example.test");
    // Who waits for the second one waits in vain, and knows it.
    let home = Home::new();
    let args = ["run", "-", "--server", &target, "--json", "--timeout", "3"];
    let waited = home.run_with(args, format!("{two}S: 250\nC: QUIT\n")).with(2).json().remove(0);
    assert!(ids(&waited).contains(&"H16"), "{:?}", ids(&waited));
    // Line by line it goes on after a while.
    let lines: Vec<_> = two.lines().filter_map(|l| l.strip_prefix("C: ")).collect();
    let lines = lines.join("\n") + "\nQUIT\n";
    let said = home.run_with(["--plain", &target], lines).with(0);
    assert!(
        said.out.contains("# answer for <carol@example.test>: nothing came for 5 s"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("# earlier, answer for <bob@example.test>: H16 error"),
        "{}",
        said.out
    );
    proven("aiosmtpd", "LMTP, one answer for two recipients", "noticed (H16)");
}

#[test]
fn exim_says_what_becomes_of_each_where_prdr_was_asked_for() {
    let Some(exim) = Mta::start("exim") else { return };
    let said = |mail: &str, replies: &str| {
        object(
            &exim,
            &format!(
                "C: EHLO pc.example.test\nS: 250\nC: MAIL FROM:<a@example.test>{mail}\nS: 250\nC: RCPT TO:<inbox@example.test>\nS: 250\nC: RCPT TO:<picky@example.test>\nS: 250\nC: RCPT TO:<nosuch@example.test>\nS: 550\nC: RCPT TO:<slow@example.test>\nS: 250\nC: DATA\nS: 354\nC: Subject: by prdr\nC: \nC: x\nC: .\n{replies}C: QUIT\n"
            ),
        )
    };
    let mixed =
        said(" PRDR", "S: 353\nS: 250 *inbox@*\nS: 550 *taste*\nS: 450 *time\nS: 250 *for some*\n");
    let want = [
        row("inbox", 250, Some(250)),
        row("picky", 250, Some(550)),
        row("nosuch", 550, None),
        row("slow", 250, Some(450)),
    ];
    assert_eq!(matrix(&mixed), want);
    assert_eq!(mixed["envelope"][0]["end"], "partly");
    assert_eq!(ids(&mixed), Vec::<&str>::new());
    // Without it, one reply is for all.
    let all = said("", "S: 250\n");
    assert!(matrix(&all).iter().all(|(name, _, code)| *code == (name != "nosuch").then_some(250)));
    proven("Exim", "PRDR", "250, 550 and 450 behind one 353");
}

#[test]
fn the_practice_server_speaks_lmtp_in_the_file_system_and_its_file_goes_with_it() {
    let home = Home::new();
    // What another one left behind is in nobody's use.
    drop(std::os::unix::net::UnixListener::bind(home.path("lmtp")).unwrap());
    let place = format!("unix:{}", home.path("lmtp").display());
    let serve = Serve::start(&["--lmtp", "--listen", &place]);
    assert_eq!(serve.address, place);
    let again = home.run(["serve", "--listen", &place]).with(64);
    assert!(again.err.contains("cannot listen on unix:"), "{}", again.err);
    let object = played(
        &place,
        "C: LHLO pc.example.org\nS: 250\nC: MAIL FROM:<alice@example.org>\nS: 250\nC: RCPT TO:<full@example.net>\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 250\nC: DATA\nS: 354\nC: Subject: x\nC: \nC: .\nS: 452 4.2.2 *\nS: 250 2.0.0 <bob@*\nC: QUIT\n",
    );
    assert_eq!(matrix(&object), [row("full", 250, Some(452)), row("bob", 250, Some(250))]);
    assert_eq!(serve.take(), [b"Subject: x\r\n\r\n"]);
    assert_eq!(serve.stop("-TERM"), Some(0));
    assert!(!home.path("lmtp").exists());
    proven("practice", "LMTP over unix socket", "one reply for each recipient");
}
