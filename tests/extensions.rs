//! Extensions, with servers and programs of other people and with the practice server: what each
//! server offers is printed in one form (`support/proven.rs`), with what was proven and how.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/serving.rs"]
mod serving;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use program::{Ended, Home, Running, arg};
use proven::proven;
use servers::{Plan, Server, have};
use serving::Serving;

/// How long a stored message may take to arrive.
const DELIVERY: Duration = Duration::from_secs(30);

/// The rows of the table.
const KEYWORDS: &[&str] = &[
    "PIPELINING",
    "CHUNKING",
    "BINARYMIME",
    "SIZE",
    "8BITMIME",
    "SMTPUTF8",
    "DSN",
    "ENHANCEDSTATUSCODES",
    "ETRN",
    "VRFY",
    "EXPN",
    "HELP",
    "DELIVERBY",
    "FUTURERELEASE",
    "MT-PRIORITY",
    "REQUIRETLS",
    "NO-SOLICITING",
    "LIMITS",
    "BURL",
    "XCLIENT",
    "XFORWARD",
    "PIPECONNECT",
    "PRDR",
];

/// Something that is shown of an extension: the keywords, a dialogue that has to go so, and what it
/// shows.
type Proof = (&'static [&'static str], &'static str, &'static str);

const OPEN: &str = "C: MAIL FROM:<a@example.test>\nS: 250\n";
const ENVELOPE: &str =
    "C: MAIL FROM:<a@example.test>\nS: 250\nC: RCPT TO:<inbox@example.test>\nS: 250\n";

const GROUP: Proof = (
    &["PIPELINING"],
    ":pipeline\nC: MAIL FROM:<a@example.test>\nC: RCPT TO:<inbox@example.test>\nC: DATA\n:end\n\
     S: 250\nS: 250\nS: 354\nC: Subject: group\nC:\nC: .\nS: 250\n",
    "a group, each reply to its command",
);
const CHUNKS: Proof = (
    &["CHUNKING"],
    "{envelope}C: BDAT 17\nC: Subject: chunks\nS: 250\nC: BDAT 2 LAST\nC:\nS: 250\n",
    "two chunks, one message",
);
const TOO_BIG: Proof = (
    &["SIZE"],
    "C: MAIL FROM:<a@example.test> SIZE=99999999999\nS: 552\n",
    "too much is refused at MAIL",
);
const UTF8: Proof = (
    &["SMTPUTF8", "8BITMIME"],
    "C: MAIL FROM:<gr\u{e5}@example.test> SMTPUTF8 BODY=8BITMIME\nS: 250\n\
     C: RCPT TO:<inbox@example.test>\nS: 250\nC: DATA\nS: 354\nC: Subject: caf\u{e9}\nC:\nC: .\nS: 250\n",
    "an address and a header beyond ASCII",
);
const REPORTS: Proof = (
    &["DSN"],
    "C: MAIL FROM:<a@example.test> RET=HDRS ENVID=a+2Bb\nS: 250\n\
     C: RCPT TO:<inbox@example.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.test\nS: 250\n",
    "all four parameters",
);
const BAD_REPORTS: Proof =
    (&["DSN"], "C: MAIL FROM:<a@example.test> RET=ALL\nS: 501\n", "a wrong value is refused");

const POSTFIX: &[Proof] = &[
    GROUP,
    CHUNKS,
    TOO_BIG,
    UTF8,
    REPORTS,
    BAD_REPORTS,
    (
        &["ENHANCEDSTATUSCODES"],
        "C: MAIL FROM:<a@example.test>\nS: 250 2.1.0 *\n",
        "2.1.0 in the reply",
    ),
    (
        &["ETRN"],
        "C: ETRN relay.example.test\nS: 250\nC: ETRN elsewhere.example\nS: 459 *\nC: ETRN\nS: 5xx\n",
        "250 for a domain that is relayed, 459 for another",
    ),
    (&["VRFY"], "C: VRFY inbox@example.test\nS: 252\n", "252"),
];

const EXIM: &[Proof] = &[GROUP, CHUNKS, TOO_BIG, UTF8, REPORTS];

/// Where alice has logged in, behind `AUTH PLAIN`.
const LOGIN: &str = "C: AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=\nS: 235\n";
const DOVECOT: &[Proof] = &[GROUP, CHUNKS, TOO_BIG];

const PRACTICE: &[Proof] = &[
    GROUP,
    CHUNKS,
    TOO_BIG,
    UTF8,
    REPORTS,
    BAD_REPORTS,
    (
        &["BINARYMIME"],
        "C: MAIL FROM:<a@example.test> BODY=BINARYMIME\nS: 250\nC: RCPT TO:<inbox@example.test>\nS: 250\n\
         C: DATA\nS: 503 5.5.1 *\nC: BDAT 3 LAST\nC: a\\0b\\c\nS: 250\n",
        "NUL in a chunk; no DATA",
    ),
    (
        &["ENHANCEDSTATUSCODES"],
        "C: MAIL FROM:<a@example.test>\nS: 250 2.1.0 *\n",
        "2.1.0 in the reply",
    ),
    (
        &["ETRN"],
        "C: ETRN example.org\nS: 253 2.0.0 *\nC: ETRN example.net\nS: 251\nC: ETRN elsewhere.example\nS: 459\n",
        "253, 251 and 459",
    ),
    (&["VRFY"], "C: VRFY bob\nS: 250\nC: VRFY nobody\nS: 550\n", "250 and 550"),
    (&["EXPN"], "C: EXPN friends\nS: 250-*bob*\nS: 250-*\nS: 250 *\n", "the members of a list"),
    (&["HELP"], "C: HELP\nS: 214\n", "214"),
    (
        &["DELIVERBY"],
        "C: MAIL FROM:<a@example.test> BY=59;R\nS: 555 5.5.4 *\nC: MAIL FROM:<a@example.test> BY=60;R\nS: 250\n",
        "the least time is kept",
    ),
    (
        &["FUTURERELEASE"],
        "C: MAIL FROM:<a@example.test> HOLDFOR=9999999\nS: 501\nC: MAIL FROM:<a@example.test> HOLDUNTIL=2001-01-01T00:00:00Z\nS: 501 *over*\n",
        "held, see below; the limits are kept",
    ),
    (
        &["MT-PRIORITY"],
        "C: MAIL FROM:<a@example.test> MT-PRIORITY=5\nS: 250 2.3.6 *\n",
        "lowered for who is not known",
    ),
    (
        &["NO-SOLICITING"],
        "C: MAIL FROM:<a@example.test> SOLICIT=net.example:ADV\nS: 550 5.7.1 *\n",
        "the class is refused",
    ),
    (
        &["XCLIENT"],
        "C: XCLIENT NAME=client.example.test ADDR=192.0.2.7\nS: 220\nC: MAIL FROM:<a@example.test>\nS: 503\n\
         C: EHLO pc.example.test\nS: 250-*client.example.test [192.0.2.7]\nS: 250 *\n",
        "220, EHLO again, another client",
    ),
    (&["XFORWARD"], "C: XFORWARD NAME=client.example.test SOURCE=REMOTE\nS: 250\n", "250"),
];

/// Plays a script against a server.
fn play(home: &Home, server: &str, script: &str, args: &[&str]) -> Ended {
    let all = [&["run", "-", "--server", server, "--timeout", "30"], args].concat();
    home.run_with(all, script)
}

/// What a server offers, as it is written; by keyword.
fn offered(home: &Home, server: &str, before: &str, args: &[&str]) -> BTreeMap<String, String> {
    let script = format!("C: EHLO pc.example.test\nS: 250\n{before}C: QUIT\nS: 221\n");
    let ended = play(home, server, &script, args).with(0);
    let lines = ended
        .out
        .lines()
        .filter_map(|l| l.strip_prefix("S: 250-").or_else(|| l.strip_prefix("S: 250 ")));
    lines.map(|l| (l.split(' ').next().unwrap().to_owned(), l.to_owned())).collect()
}

/// A column of the table: what is offered, and what was proven.
struct Column {
    name: &'static str,
    offered: BTreeMap<String, String>,
    proven: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Column {
    /// Plays every proof; the server has to offer what is proven.
    fn of(home: &Home, name: &'static str, server: &str, before: &str, proofs: &[Proof]) -> Self {
        let mut column =
            Self { name, offered: offered(home, server, before, &[]), proven: BTreeMap::new() };
        for (keywords, script, how) in proofs {
            for keyword in *keywords {
                let is_offered = column.offered.contains_key(*keyword) || *keyword == "VRFY";
                assert!(is_offered, "{name}: no {keyword} in {:?}", column.offered);
                column.proven.entry(keyword).or_default().push(how);
            }
            let script = script.replace("{envelope}", ENVELOPE);
            let whole = format!(
                "C: EHLO pc.example.test\nS: 250\n{before}{script}C: RSET\nS: 250\nC: QUIT\nS: 221\n"
            );
            play(home, server, &whole, &[]).with(0);
        }
        column
    }

    fn cell(&self, keyword: &str) -> String {
        match (self.proven.get(keyword), self.offered.contains_key(keyword)) {
            (Some(how), _) => how.join("; "),
            (None, true) => "offered".to_owned(),
            (None, false) => "not offered".to_owned(),
        }
    }
}

fn print(columns: &[Column]) {
    for column in columns {
        for keyword in KEYWORDS {
            proven(column.name, keyword, &column.cell(keyword));
        }
        let others: Vec<_> = column
            .offered
            .keys()
            .filter(|k| !KEYWORDS.contains(&k.as_str()) && !k.contains('.'))
            .collect();
        proven(
            column.name,
            "other keywords",
            &others.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", "),
        );
    }
}

fn mails(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.unwrap().path());
    entries.map(|e| String::from_utf8_lossy(&read(e).unwrap()).into_owned()).collect()
}

/// Waits until `found` finds something.
fn await_one<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(begun.elapsed() < DELIVERY, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Postfix believes XCLIENT: the trace names the other client, who may not relay; and it notes
/// XFORWARD in its log.
fn poses(home: &Home, postfix: &Server) -> [(&'static str, &'static str); 2] {
    let server = postfix.at("plain+xclient");
    let relay = "C: RCPT TO:<x@elsewhere.example>\n";
    let script = format!(
        "C: EHLO pc.example.test\nS: 250\n{OPEN}{relay}S: 250\nC: RSET\nS: 250\n\
         C: XCLIENT NAME=client.example.test ADDR=192.0.2.7 PROTO=ESMTP\nS: 220\n\
         C: EHLO other.example.test\nS: 250\n{OPEN}{relay}S: 454\nC: RCPT TO:<inbox@example.test>\nS: 250\n\
         C: DATA\nS: 354\nC: Subject: posed\nC:\nC: .\nS: 250\nC: QUIT\nS: 221\n"
    );
    play(home, &server, &script, &[]).with(0);
    let inbox = postfix.file("mail/inbox/new");
    let mail = await_one("the message", || {
        mails(&inbox).into_iter().find(|mail| mail.contains("Subject: posed"))
    });
    assert!(mail.contains("client.example.test [192.0.2.7]"), "{mail}");
    let script = format!(
        "C: EHLO pc.example.test\nS: 250\nC: XFORWARD NAME=first.example.test ADDR=192.0.2.9 SOURCE=REMOTE\nS: 250\n\
         {ENVELOPE}C: DATA\nS: 354\nC: Subject: passed on\nC:\nC: .\nS: 250\nC: QUIT\nS: 221\n"
    );
    play(home, &server, &script, &[]).with(0);
    let log = postfix.file("log");
    await_one("the log", || {
        let text = std::fs::read_to_string(&log).unwrap();
        text.contains("first.example.test[192.0.2.9]").then_some(())
    });
    [
        ("XCLIENT", "220, EHLO again; the trace names the other client, who may not relay"),
        ("XFORWARD", "the log names the first client"),
    ]
}

#[test]
fn extensions_of_servers() {
    let home = Home::new();
    let mut columns = Vec::new();
    let postfix = Plan::new("postfix", &["plain", "plain+xclient"]);
    let dovecot = Plan::new("dovecot", &["starttls"]).relaying_to(&postfix);
    if let Some(postfix) = postfix.start() {
        let server = postfix.at("plain+xclient");
        let mut column = Column::of(&home, "Postfix", &server, "", POSTFIX);
        for (keyword, how) in poses(&home, &postfix) {
            assert!(column.offered.contains_key(keyword), "{:?}", column.offered);
            column.proven.insert(keyword, vec![how]);
        }
        columns.push(column);
        if let Some(dovecot) = dovecot.start() {
            let server = dovecot.at("starttls");
            columns.push(Column::of(&home, "Dovecot", &server, LOGIN, DOVECOT));
        }
    }
    if let Some(exim) = Server::start("exim", &["plain"]) {
        columns.push(Column::of(&home, "Exim", &exim.at("plain"), "", EXIM));
        assert!(columns.last().unwrap().offered.contains_key("PIPECONNECT"));
    }
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--catch-all", "--write-ca", arg(&ca)]);
    let mut column = Column::of(&home, "practice", &serving.target, "", PRACTICE);
    assert!(!column.offered.contains_key("REQUIRETLS"), "not in the clear");
    let tls = ["--tls", "starttls", "--tls-ca", arg(&ca)];
    let script = "S: 220\nC: EHLO pc.example.test\nS: 250\n\
                  C: MAIL FROM:<a@example.test> REQUIRETLS\nS: 250\nC: QUIT\nS: 221\n";
    let ended = play(&home, &serving.target, script, &tls).with(0);
    assert!(ended.out.contains("250-REQUIRETLS"), "{}", ended.out);
    column.proven.insert("REQUIRETLS", vec!["inside TLS alone"]);
    let limits = column.offered["LIMITS"].clone();
    assert_eq!(limits, "LIMITS RCPTMAX=1000 MAILMAX=1000 RCPTDOMAINMAX=100");
    column.proven.insert("LIMITS", vec!["tests/pairs.rs"]);
    columns.push(column);
    print(&columns);
}

#[test]
fn a_message_is_held_until_its_time() {
    let home = Home::new();
    let dir = home.path("mail");
    let send = |serving: &Serving, seconds: u32| {
        let script = format!(
            "C: EHLO pc.example.test\nS: 250\nC: MAIL FROM:<alice@example.org> HOLDFOR={seconds}\nS: 250\n\
             C: RCPT TO:<bob@example.net>\nS: 250\nC: DATA\nS: 354\nC: Subject: {seconds}\nC:\nC: .\nS: 250\nC: QUIT\nS: 221\n"
        );
        play(&home, &serving.target, &script, &[]).with(0);
    };
    let mut serving = Serving::start(&home, &["--maildir", arg(&dir)]);
    let begun = Instant::now();
    send(&serving, 2);
    assert!(serving.says().contains(", held for 2 s"));
    send(&serving, 9_999);
    let mail = await_one("the message", || mails(&dir.join("new")).pop());
    assert!(mail.contains("Subject: 2"), "{mail}");
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(mails(&dir.join("held")).len(), 1, "the other is still held");
    serving.stop();
    assert_eq!(mails(&dir.join("new")).len(), 2, "nobody will be there at its time");
    proven("practice", "FUTURERELEASE", "a message is stored at its time");
}

/// swaks speaks for another client, and sends in groups.
#[test]
fn swaks_finds_the_extensions_of_the_practice_server() {
    if !have("swaks") {
        return;
    }
    let home = Home::new();
    let serving = Serving::start(&home, &[]);
    let (host, port) = serving.target.split_once(':').unwrap();
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new("swaks");
        command.args(["--server", host, "--port", port, "--from", "alice@example.org"]).args(args);
        Running::start(command).end()
    };
    let posed = run(&[
        "--to",
        "x@elsewhere.example",
        "--xclient-name",
        "client.example.test",
        "--xclient-addr",
        "192.0.2.7",
        "--xclient-login",
        "alice b+c",
        "--pipeline",
    ])
    .with(0);
    assert!(posed.out.contains("LOGIN=alice+20b+2Bc"), "{}", posed.out);
    let hello = "for client.example.test [192.0.2.7] logged in as alice b+c";
    assert!(posed.out.contains(hello), "{}", posed.out);
    let refused = run(&["--to", "x@elsewhere.example", "--pipeline"]);
    assert_ne!(refused.code, Some(0), "{}", refused.out);
    let wrong = run(&["--to", "bob@example.net", "--xclient", "COLOUR=red"]).with(33);
    assert!(wrong.out.contains("501 5.5.4"), "{}", wrong.out);
    proven("practice", "XCLIENT, PIPELINING", "swaks uses both");
}
