//! `ehlo serve` as a catcher: what it takes, keeps and tells, at its limits, with clients that behave
//! and with clients that do not, and at its end. Its long forms are measured by `cargo bench`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

#[path = "serve/asked.rs"]
mod asked;
#[path = "serve/crowd.rs"]
mod crowd;
#[path = "serve/end.rs"]
mod end;
#[path = "serve/guest.rs"]
mod guest;
#[path = "serve/held.rs"]
mod held;
#[path = "serve/last.rs"]
mod last;
#[path = "serve/others.rs"]
mod others;
#[path = "support/program.rs"]
mod program;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/serving.rs"]
mod serving;
#[path = "serve/slow.rs"]
mod slow;

use std::path::Path;

use guest::Guest;
use program::{Home, arg};
use serving::{Serving, port};

/// The files of a folder: names and content, by their names.
fn mails(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<_> = entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

#[test]
fn limits_are_announced_and_kept() {
    let home = Home::new();
    let options =
        ["--catch-all", "--max-size", "1k", "--max-recipients", "2", "--max-messages", "2"];
    let serving = Serving::start(&home, &options);
    let mut guest = Guest::enter(serving.port);
    let offers = guest.ask("EHLO pc.example.org");
    assert!(offers.contains("\r\n250-SIZE 1024\r\n"), "{offers}");
    assert!(offers.contains("\r\n250-LIMITS RCPTMAX=2 MAILMAX=2 "), "{offers}");
    guest.asks("MAIL FROM:<a@x.example> SIZE=1025", "552 5.3.4 ");
    guest.asks("MAIL FROM:<a@x.example>", "250 ");
    for (to, reply) in [("b", "250 "), ("c", "250 "), ("d", "452 4.5.3 ")] {
        guest.asks(&format!("RCPT TO:<{to}@x.example>"), reply);
    }
    guest.asks("DATA", "354 ");
    guest.asks(&format!("{}\r\n.", "x".repeat(1_023)), "552 5.3.4 ");
    guest.asks("MAIL FROM:<a@x.example>", "451 4.5.0 ");
}

#[test]
fn who_comes_too_often_and_one_too_many_is_told() {
    let home = Home::new();
    let mut serving = Serving::start(&home, &["--json", "--max-clients", "2"]);
    let (first, second) = (Guest::enter(serving.port), Guest::enter(serving.port));
    assert!(Guest::connect(serving.port).hear().starts_with("421 "));
    let away = serving.event("turned-away");
    assert_eq!((&away["why"], &away["session"]), (&"too-many".into(), &3.into()));
    drop((first, second));
    serving.event("session");
    serving.event("session");
    Guest::enter(serving.port);
    assert_eq!(serving.event("began")["session"], 4, "who was turned away had number 3");

    let mut serving = Serving::start(&home, &["--json", "--max-rate", "2"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    for reply in ["250 ", "250 ", "450 4.7.1 "] {
        guest.asks("MAIL FROM:<a@x.example>", reply);
        guest.asks("RSET", "250 ");
    }
    Guest::enter(serving.port);
    assert!(Guest::connect(serving.port).hear().starts_with("421 "));
    assert_eq!(serving.event("turned-away")["why"], "too-fast");
}

#[test]
fn every_door_leads_to_the_same_shelf() {
    let home = Home::new();
    let (dir, socket, ca) = (home.path("mail"), home.path("lmtp.sock"), home.path("ca.pem"));
    let unix = format!("lmtp://unix:{}", socket.display());
    let mut serving = Serving::start(
        &home,
        &["--json", "--listen", "smtps://127.0.0.1:0", "--listen", &unix]
            .into_iter()
            .chain(["--maildir", arg(&dir), "--write-ca", arg(&ca)])
            .collect::<Vec<_>>(),
    );
    let implicit = serving.event("listening");
    assert_eq!((&implicit["tls"], &implicit["protocol"]), (&"implicit".into(), &"smtp".into()));
    let at_file = serving.event("listening");
    assert_eq!((&at_file["tls"], &at_file["protocol"]), (&"starttls".into(), &"lmtp".into()));
    let implicit = format!("smtps://localhost:{}", port(&implicit.to_string()).unwrap());
    let lmtp = format!("lmtp:unix:{}", socket.display());
    for (target, more) in [
        (&*serving.target, &["--tls", "starttls", "--tls-ca", arg(&ca)][..]),
        (&implicit, &["--tls-ca", arg(&ca)]),
        (&lmtp, &[]),
    ] {
        let to = "bob@example.net,carol@example.net";
        let send = ["send", "--server", target, "--from", "a@x.example", "--to", to];
        home.run([&send, more].concat()).with(0);
    }
    // By LMTP there is one for each recipient.
    let to: Vec<_> =
        (0..4).map(|_| serving.event("message")["to"].as_array().unwrap().len()).collect();
    assert_eq!(to, [2, 2, 1, 1]);
    assert_eq!(mails(&dir.join("new")).len(), 4);
    serving.stop();
    assert!(!socket.exists());
    let twice = ["serve", "--listen", "127.0.0.1:2526", "--listen", "smtps://127.0.0.1:2526"];
    home.run(twice).with(64);
}

#[test]
fn accounts_are_those_that_were_named_or_everybody() {
    let home = Home::new();
    let named = Serving::start(&home, &["--user", "bob:secret", "--user", "carol:x:y"]);
    let send = ["--from", "a@x.example", "--to", "b@y.example", "-S"];
    let log_in = |serving: &Serving, user: &str, password: &str, how: &[&str]| {
        let who = ["send", "--server", &serving.target, "--user", user];
        let secret = ["--password-visible", password];
        home.run([&who[..], &secret, how, &send].concat()).code
    };
    assert_eq!(log_in(&named, "bob", "secret", &[]), Some(0));
    assert_eq!(log_in(&named, "carol", "x:y", &["--auth", "SCRAM-SHA-256"]), Some(0));
    assert_eq!(log_in(&named, "bob", "wrong", &[]), Some(1));
    assert_eq!(log_in(&named, "alice@example.org", "correct horse", &[]), Some(1));
    let any = Serving::start(&home, &["--auth-any", "--catch-all"]);
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"] {
        assert_eq!(
            log_in(&any, "whoever", "whatever", &["--auth", mechanism]),
            Some(0),
            "{mechanism}"
        );
    }
    let offers = Guest::enter(any.port).ask("EHLO pc.example.org");
    assert!(offers.contains("AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2"), "no SCRAM: {offers}");
}

#[test]
fn every_event_is_a_line_with_the_same_keys() {
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = Serving::start(&home, &["--json", "--maildir", arg(&dir)]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.asks("MAIL FROM:<a@x.example>", "250 ");
    guest.asks("RCPT TO:<nobody@example.net>", "550 5.1.1 ");
    guest.asks("RCPT TO:<bob@example.net>", "250 ");
    guest.asks("DATA", "354 ");
    let reply = guest.ask("Subject: x\r\n\r\n..\r\n.");
    guest.asks("QUIT", "221 ");
    let events: Vec<serde_json::Value> =
        (0..4).map(|_| serde_json::from_str(&serving.says()).unwrap()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["began", "refused", "message", "session"]);
    assert!(events.iter().all(|event| event["session"] == 1 && event["at"].is_string()));
    let refused = &events[1];
    assert_eq!((&refused["command"], &refused["code"]), (&"RCPT".into(), &550.into()));
    assert_eq!(refused["address"], "nobody@example.net");
    let stored = events[2]["stored"].as_str().unwrap();
    assert!(reply.contains(stored), "{reply}");
    assert_eq!(mails(&dir.join("new")), [(stored.to_owned(), b"Subject: x\r\n\r\n.\r\n".to_vec())]);
    let keys = |event: &serde_json::Value| {
        event.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
    };
    let message = "at event from held message session size stored tls to user why";
    assert_eq!(sorted(&keys(&events[2])), message);
    let over =
        "at ended event exchanges messages not_kept overdue peer session tls tls_failure user";
    assert_eq!((&*sorted(&keys(&events[3])), &events[3]["ended"]), (over, &"in-order".into()));
    serving.signal("-TERM");
    let (rest, code) = serving.rest();
    let rest: Vec<serde_json::Value> =
        rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(code, Some(0));
    assert_eq!((&rest[0]["event"], &rest[1]["event"]), (&"stopping".into(), &"stopped".into()));
    assert_eq!((&rest[1]["sessions"], &rest[1]["messages"]), (&1.into(), &1.into()));
}

fn sorted(words: &str) -> String {
    let mut words: Vec<_> = words.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

#[test]
fn the_log_is_said_in_japanese_too() {
    let home = Home::new();
    let mut serving = Serving::start(&home, &["--lang", "ja"]);
    let mut guest = Guest::enter(serving.port);
    guest.asks("QUIT", "221 ");
    assert!(serving.says().contains("QUIT による終了"));
}

/// A caught message goes on as it came, with its envelope, to somebody else where that is said.
#[test]
fn a_caught_message_is_released_with_its_envelope() {
    let home = Home::new();
    let (caught, real) = (home.path("caught"), home.path("real"));
    let catcher = Serving::start(&home, &["--catch-all", "--json", "--maildir", arg(&caught)]);
    let mut guest = Guest::enter(catcher.port);
    guest.says_hello();
    for (from, to, text) in [
        ("", &["b@y.example"][..], "Subject: of nobody"),
        (
            "a@x.example",
            &["b@y.example", "\"c c\"@y.example"],
            "Subject: two\r\nBcc: none\r\n\r\n..x",
        ),
    ] {
        guest.asks(&format!("MAIL FROM:<{from}>"), "250 ");
        for to in to {
            guest.asks(&format!("RCPT TO:<{to}>"), "250 ");
        }
        guest.asks("DATA", "354 ");
        guest.asks(&format!("{text}\r\n."), "250 ");
    }
    let mut server = Serving::start(&home, &["--catch-all", "--json", "--maildir", arg(&real)]);
    let mut release = |file: &Path, more: &[&str]| {
        let send = ["send", "--server", &server.target, "--release", arg(file)];
        home.run([&send[..], more].concat()).with(0);
        let event = server.event("message");
        (event["from"].as_str().unwrap().to_owned(), event["to"].to_string())
    };
    let mails = || mails(&caught.join("new"));
    let both: Vec<_> = mails().iter().map(|(name, _)| caught.join("new").join(name)).collect();
    assert_eq!(release(&both[0], &[]), (String::new(), "[\"b@y.example\"]".to_owned()));
    // A mail reader has read it meanwhile.
    let moved = caught.join("cur").join(format!("{}:2,S", mails()[1].0));
    std::fs::rename(&both[1], &moved).unwrap();
    let (sender, names) = release(&moved, &[]);
    assert_eq!((&*sender, &*names), ("a@x.example", r#"["b@y.example","\"c c\"@y.example"]"#));
    let (sender, names) = release(&moved, &["--to", "me@z.example"]);
    assert_eq!((&*sender, &*names), ("a@x.example", "[\"me@z.example\"]"));
    let log_in = ["--user", "alice@example.org", "--password-visible", "correct horse"];
    release(&moved, &log_in);
    let whole = std::fs::read(&moved).unwrap();
    assert!(self::mails(&real.join("new"))[1..].iter().all(|(_, mail)| *mail == whole));
    // What is not there is not there, and what lies elsewhere has no envelope.
    let gone = home.path("gone.eml");
    let send = ["send", "--server", &catcher.target, "--release", arg(&gone)];
    let ended = home.run(send).with(64);
    assert!(ended.err.contains("gone.eml: No such file"), "{}", ended.err);
    let alone = home.file("alone.eml", "Subject: x\r\n");
    let send = ["send", "--server", &catcher.target, "--release", arg(&alone)];
    let ended = home.run(send).with(64);
    assert!(ended.err.contains("--from and --to do"), "{}", ended.err);
    home.run([&send[..], &["--from", "a@x.example", "--to", "b@y.example"]].concat()).with(0);
}

/// What a client or a fault writes into a reply is no name of a message: neither that of another one
/// in an address, nor what is said in its place.
#[test]
fn a_released_message_has_no_other_ones_envelope() {
    let home = Home::new();
    let (caught, real) = (home.path("caught"), home.path("real"));
    let catch = ["--catch-all", "--json", "--maildir", arg(&caught)];
    let fault = home.file(
        "quiet.toml",
        "plays = []\ntitle = { en = \"x\", ja = \"x\" }\ntext = { en = \"x\", ja = \"x\" }\n\
         rule = [{ on = \"message 250\", do = [{ reply = [\"250 ok\"] }] }]\n",
    );
    let lmtp = Serving::start(&home, &[&catch[..], &["--lmtp"]].concat());
    let mut guest = Guest::enter(lmtp.port);
    guest.asks("LHLO x.example", "250-");
    let mut deliver = |to: &[&str]| {
        guest.asks("MAIL FROM:<a@x.example>", "250 ");
        for to in to {
            guest.asks(&format!("RCPT TO:<{to}>"), "250 ");
        }
        guest.asks("DATA", "354 ");
        guest.send("Subject: x\r\n\r\nx\r\n.\r\n");
        assert!(to.iter().all(|_| guest.hear().starts_with("250 ")));
    };
    deliver(&["first@y.example", "second@y.example"]);
    let names: Vec<_> = mails(&caught.join("new")).into_iter().map(|(name, _)| name).collect();
    // Somebody who knows their names.
    let liar = |name: &str| format!("\"x as {name}\"@y.example");
    deliver(&[&liar(&names[0]), &liar(&names[1])]);
    drop(lmtp);
    let faulty = Serving::start(&home, &[&catch[..], &["--fault", arg(&fault)]].concat());
    let mut guest = Guest::enter(faulty.port);
    guest.says_hello();
    for to in ["third@y.example", "fourth@y.example"] {
        guest.asks("MAIL FROM:<a@x.example>", "250 ");
        guest.asks(&format!("RCPT TO:<{to}>"), "250 ");
        guest.asks("DATA", "354 ");
        guest.asks("Subject: x\r\n\r\nx\r\n.", "250 ok");
    }
    let mut server = Serving::start(&home, &["--catch-all", "--json", "--maildir", arg(&real)]);
    let released: Vec<_> = mails(&caught.join("new"))
        .into_iter()
        .map(|(name, _)| {
            let file = caught.join("new").join(name);
            home.run(["send", "--server", &server.target, "--release", arg(&file)]).with(0);
            server.event("message")["to"].to_string()
        })
        .collect();
    let liars = [0, 1].map(|at| format!("[{:?}]", liar(&names[at])));
    // The copy for the second recipient has the lesser name.
    let wanted = [
        "[\"second@y.example\"]",
        "[\"first@y.example\"]",
        &*liars[1],
        &*liars[0],
        "[\"third@y.example\"]",
        "[\"fourth@y.example\"]",
    ];
    assert_eq!(released, wanted);
}

/// Two servers share a Maildir: neither takes away what the other is about to need. What the last one
/// leaves behind is cared for by the next that comes.
#[test]
fn servers_that_share_a_maildir_do_not_harm_each_other() {
    let home = Home::new();
    let dir = home.path("mail");
    // There is no room for sessions that left no message.
    let options = ["--catch-all", "--json", "--maildir", arg(&dir), "--keep", "0"];
    let count = |folder: &str| mails(&dir.join(folder)).len();
    let mut first = Serving::start(&home, &options);
    let mut guest = Guest::enter(first.port);
    guest.says_hello();
    let hold = |guest: &mut Guest| {
        guest.asks("MAIL FROM:<a@x.example> HOLDFOR=9999", "250 ");
        guest.asks("RCPT TO:<b@y.example>", "250 ");
        guest.asks("DATA", "354 ");
        guest.asks("Subject: later\r\n\r\nx\r\n.", "250 ");
    };
    hold(&mut guest);
    let mut runs = Guest::enter(first.port);
    runs.says_hello();
    assert_eq!([count("new"), count("held"), count("sessions")], [0, 1, 2]);
    let mut second = Serving::start(&home, &options);
    let mut other = Guest::enter(second.port);
    other.says_hello();
    hold(&mut other);
    assert_eq!([count("new"), count("held"), count("sessions")], [0, 2, 3]);
    runs.sends_message("Subject: now");
    for guest in [&mut guest, &mut runs, &mut other] {
        guest.asks("QUIT", "221 ");
    }
    second.stop();
    assert_eq!([count("new"), count("held"), count("sessions")], [2, 1, 3]);
    // Who is killed leaves behind what it held.
    first.kill();
    let mut third = Serving::start(&home, &options);
    assert_eq!([count("new"), count("held"), count("sessions")], [3, 0, 3]);
    third.stop();
    for (name, _) in mails(&dir.join("new")) {
        let (session, _) = name.rsplit_once('_').unwrap();
        assert!(dir.join("sessions").join(format!("{session}.jsonl")).exists(), "{name}");
    }
}

/// A journal is beside the messages: all of the session, and no password. Those who left no message
/// have theirs, too.
#[test]
fn each_session_leaves_its_dialogue_and_no_password() {
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = Serving::start(&home, &["--json", "--maildir", arg(&dir), "--keep", "2"]);
    let send = ["send", "--server", &serving.target, "--from", "a@x.example", "-S"];
    let login = ["--user", "alice@example.org", "--password-visible", "correct horse"];
    home.run([&send[..], &["--to", "bob@example.net"], &login].concat()).with(0);
    for to in ["nobody@example.net", "nobody2@example.net", "nobody3@example.net"] {
        home.run([&send[..], &["--to", to]].concat()).with(1);
    }
    serving.stop();
    let journals = mails(&dir.join("sessions"));
    assert_eq!(journals.len(), 3, "one with a message, two without");
    let told: Vec<_> = journals
        .iter()
        .map(|(name, _)| home.run(["show", arg(&dir.join("sessions").join(name))]).with(0).out)
        .collect();
    assert!(told[0].contains("MAIL FROM:<a@x.example>"), "{}", told[0]);
    assert!(told[2].contains("550 5.1.1 <nobody3@example.net>"), "{}", told[2]);
    let secrets = ["correct horse", "AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U="];
    let kept = journals.iter().map(|(_, kept)| String::from_utf8_lossy(kept).into_owned());
    assert!(kept.into_iter().all(|kept| secrets.iter().all(|secret| !kept.contains(secret))));
}
