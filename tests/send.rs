//! `ehlo send`: one message in one line, to the practice server and to servers that do what a test
//! wants. Where swaks is measured to be wrong, a test says so by its name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;

use std::time::Duration;

use peer::{Client, Peer};
use program::{Ended, Home, arg};

/// What every call here has.
const ALICE_TO_BOB: [&str; 4] = ["-f", "alice@example.org", "-t", "bob@example.net"];

/// Sends to `server`, with more options.
fn send(server: &str, options: &[&str]) -> Ended {
    send_in(&Home::new(), server, options)
}

fn send_in(home: &Home, server: &str, options: &[&str]) -> Ended {
    let call = ["send", "-s", server].into_iter().chain(ALICE_TO_BOB);
    home.run(call.chain(options.iter().copied()))
}

/// The lines of the client in a printed dialogue.
fn said(out: &str) -> Vec<&str> {
    out.lines().filter_map(|line| line.strip_prefix("C: ")).collect()
}

/// The verbs of the client's commands, those of mail data left out.
fn verbs(out: &str) -> Vec<String> {
    let known =
        ["EHLO", "HELO", "LHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "QUIT"];
    let verb = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    said(out).into_iter().map(verb).filter(|verb| known.contains(&verb.as_str())).collect()
}

/// A server that greets and answers EHLO with `offers`.
fn greeted(client: &mut Client, offers: &[&str]) {
    client.say("220 fake.example\r\n");
    client.answer("EHLO", &offered(offers));
}

fn offered(offers: &[&str]) -> String {
    let lines: Vec<_> = ["fake.example"].iter().chain(offers).collect();
    let last = lines.len() - 1;
    let line =
        |(at, text): (usize, &&&str)| format!("250{}{text}", if at == last { ' ' } else { '-' });
    lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\r\n")
}

/// Hears a message behind 354 up to the dot, and answers it.
fn take_message(client: &mut Client, reply: &str) -> String {
    client.answer("DATA", "354 go on");
    let mut message = String::new();
    loop {
        let line = client.line();
        assert!(!line.is_empty(), "it ended in {message:?}");
        if line == ".\r\n" {
            break;
        }
        message.push_str(&line);
    }
    client.say(format!("{reply}\r\n"));
    message
}

#[test]
fn one_line_sends_a_message_over_tls_and_says_what_became_of_it() {
    let ended = send("practice", &["--subject", "Gr\u{fc}\u{df}e"]).with(0);
    let order = ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT", "DATA", "QUIT"];
    assert_eq!(verbs(&ended.out), order, "{}", ended.out);
    for line in [
        "C: From: alice@example.org",
        "C: To: bob@example.net",
        "C: Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=",
        "C: This is a test message.",
        "#   To <bob@example.net>  250 accepted",
        "# the server has taken the message",
    ] {
        assert!(ended.out.lines().any(|l| l == line), "{line} is missing in\n{}", ended.out);
    }
    for field in ["Date", "Message-ID"] {
        assert!(ended.out.contains(&format!("C: {field}: ")), "{field}:\n{}", ended.out);
    }
    let ended =
        Home::new().run(["send", "-s", "practice", "-t", "bob@example.net", "--lang", "ja"]);
    assert!(ended.with(0).out.contains("サーバーがメッセージを引き受けました"));
}

#[test]
fn a_refused_recipient_ends_with_1_even_beside_one_that_is_accepted() {
    let more = ["-t", " nobody@example.net , carol@example.net"];
    for options in [&more[..], &[&more[..], &["--pipeline"]].concat()] {
        let ended = send("practice", options).with(1);
        assert!(ended.out.contains("#   To <carol@example.net>  250 accepted"), "{}", ended.out);
        assert!(ended.out.contains("#   To <nobody@example.net>  550 refused"), "{}", ended.out);
        assert!(ended.out.contains("# refused at RCPT: 550 5.1.1 "), "{}", ended.out);
        let codes = send("practice", &[options, &["--stage-codes"]].concat());
        codes.with(24);
    }
    let nobody = ["send", "-s", "practice", "-t", "nobody@example.net", "--pipeline"];
    let ended = Home::new().run(nobody).with(1);
    assert_eq!(said(&ended.out).last(), Some(&"QUIT"), "{}", ended.out);
    assert!(!ended.out.contains("C: Subject"), "nobody would get it:\n{}", ended.out);
}

#[test]
fn the_codes_of_the_stages() {
    for (verb, code) in [
        ("220", 21),
        ("EHLO", 22),
        ("MAIL", 23),
        ("RCPT", 24),
        ("DATA", 25),
        (".", 26),
        ("QUIT", 27),
    ] {
        for stage_codes in [false, true] {
            let peer = Peer::start(move |client| refuse_at(client, verb));
            let options: &[&str] = if stage_codes { &["--stage-codes"] } else { &[] };
            let ended = send(&peer.address, options);
            peer.end();
            let ended = ended.with(if stage_codes { code } else { 1 });
            assert!(ended.out.contains(": 550 no"), "{verb}:\n{}", ended.out);
        }
    }
}

/// A server that says no to one command; `.` is the end of the message, `220` the greeting.
fn refuse_at(mut client: Client, verb: &str) {
    client.say(if verb == "220" { "550 no\r\n" } else { "220 fake.example\r\n" });
    loop {
        let line = client.line();
        let said = line.split([' ', '\r']).next().unwrap_or_default();
        let refused = said == verb || (said == "HELO" && verb == "EHLO");
        let reply = match said {
            "" => return,
            _ if refused => "550 no",
            "DATA" => {
                client.say("354 go on\r\n");
                while !matches!(client.line().as_str(), ".\r\n" | "") {}
                if verb == "." { "550 no" } else { "250 ok" }
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        client.say(format!("{reply}\r\n"));
        if said == "QUIT" {
            return;
        }
    }
}
