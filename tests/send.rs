//! `ehlo send`: one message in one line, to the practice server and to servers that do what a test
//! wants. Where swaks is measured to be wrong, `send/weak.rs` says which test shows it right here.
//! What is shown with servers of other people is printed in one form (`support/proven.rs`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "send/extensions.rs"]
mod extensions;
#[path = "send/lmtp.rs"]
mod lmtp;
#[path = "support/names.rs"]
mod names;
#[path = "support/peer.rs"]
mod peer;
#[path = "send/posing.rs"]
mod posing;
#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;
#[path = "support/servers.rs"]
mod servers;
#[path = "support/serving.rs"]
mod serving;
#[path = "send/weak.rs"]
mod weak;

use std::time::{Duration, Instant};

use peer::{Client, Peer};
use program::{Ended, Home, arg};
use proven::proven;
use servers::{PASSWORD, Server, USER};

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
        "#   To <bob@example.net>  250 2.1.5 accepted  250 accepted",
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

/// Whether the table of recipients says this of one.
fn says_of(out: &str, recipient: &str, fate: &str) -> bool {
    let row = format!("#   To <{recipient}> ");
    out.lines().any(|line| line.starts_with(&row) && line.contains(fate))
}

#[test]
fn a_refused_recipient_ends_with_1_even_beside_one_that_is_accepted() {
    let more = ["-t", " nobody@example.net , carol@example.net"];
    for options in [&more[..], &[&more[..], &["--pipeline"]].concat()] {
        let ended = send("practice", options).with(1);
        assert!(says_of(&ended.out, "carol@example.net", "250 2.1.5 accepted"), "{}", ended.out);
        assert!(says_of(&ended.out, "nobody@example.net", "550 5.1.1 refused"), "{}", ended.out);
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

#[test]
fn any_code_that_begins_with_2_accepts_a_recipient() {
    for reply in ["251 will forward", "252 cannot verify", "299 odd"] {
        let peer = Peer::start(move |mut client| {
            greeted(&mut client, &["SIZE 1000"]);
            client.answer("MAIL", "250 ok");
            client.answer("RCPT", reply);
            take_message(&mut client, "250 ok");
            client.answer("QUIT", "221 bye");
        });
        let ended = send(&peer.address, &["--stage-codes"]).with(0);
        peer.end();
        assert!(ended.out.contains(" accepted"), "{}", ended.out);
    }
}

#[test]
fn keywords_have_no_case() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &["starttls", "auth plain", "size 1000"]);
        client.answer("STARTTLS", "454 not now");
        let login = client.answer("AUTH PLAIN AGFsaWNlAHNlc2FtZQ==", "235 welcome");
        let mail = client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        take_message(&mut client, "250 ok");
        client.answer("QUIT", "221 bye");
        (login, mail)
    });
    let options = ["--user", "alice", "--password-file", "pw"];
    let home = Home::new();
    home.file("pw", "sesame\n");
    let ended = send_in(&home, &peer.address, &options).with(0);
    let (_, mail) = peer.end();
    assert!(mail.contains(" SIZE="), "{mail}");
    assert!(!ended.out.contains("AGFsaWNl"), "a secret is veiled:\n{}", ended.out);
}

#[test]
fn a_list_of_recipients_is_trimmed() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.answer("MAIL FROM:<>\r\n", "250 ok");
        let named: Vec<_> = (0..4).map(|_| client.answer("RCPT", "250 ok")).collect();
        let message = take_message(&mut client, "250 ok");
        client.answer("QUIT", "221 bye");
        (named, message)
    });
    let list = " bob@example.net ,\"Carol, too\" <carol@example.net>";
    Home::new()
        .run([
            "send",
            "-s",
            &peer.address,
            "-f",
            "<>",
            "-t",
            list,
            "--cc",
            "dave@example.net",
            "--bcc",
            "eve@example.net",
        ])
        .with(0);
    let (named, message) = peer.end();
    let paths = ["bob@example.net", "carol@example.net", "dave@example.net", "eve@example.net"];
    let lines: Vec<_> = paths.iter().map(|path| format!("RCPT TO:<{path}>\r\n")).collect();
    assert_eq!(named, lines);
    assert!(message.contains("\r\nTo: bob@example.net, \"Carol, too\" <carol@example.net>\r\n"));
    assert!(message.contains("\r\nCc: dave@example.net\r\n") && !message.contains("eve"));
}

#[test]
fn a_local_time_out_is_not_put_into_the_servers_mouth() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.line();
        client.rest();
    });
    let ended = send(&peer.address, &["--timeout", "1", "--stage-codes"]).with(6);
    peer.end();
    let told = "# no reply in time; this side closed the connection\n";
    assert!(ended.out.contains(told), "{}", ended.out);
    assert!(ended.out.contains("# the connection ended at MAIL, before all was said\n"));
    let from_server: Vec<_> = ended.out.lines().filter(|l| l.starts_with("S: ")).collect();
    assert_eq!(from_server, ["S: 220 fake.example", "S: 250 fake.example"]);
}

#[test]
fn a_reply_too_many_ends_it_before_anything_more_is_said() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.line();
        client.say("500 what\r\n250 fake.example\r\n");
        client.line()
    });
    let ended = send(&peer.address, &["--stage-codes"]).with(22);
    let next = peer.end();
    assert!(next.starts_with("QUIT") || next.is_empty() || next.starts_with("HELO"), "{next}");
    assert!(!ended.out.contains("C: MAIL"), "{}", ended.out);
}

#[test]
fn two_answers_to_one_lmtp_message_do_not_end_with_0() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example LMTP\r\n");
        client.answer("LHLO", "250 fake.example");
        client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        client.answer("RCPT", "250 ok");
        take_message(&mut client, "250 for bob\r\n550 not for carol");
        let _ = client.line();
        client.say("221 bye\r\n");
    });
    let ended = send(&peer.address, &["--lmtp", "-t", "carol@example.net"]).with(1);
    peer.end();
    assert!(ended.out.contains("S: 550 not for carol"), "{}", ended.out);
}

/// A server of LMTP that says `replies` to a message for three.
fn answers_three(replies: &'static str) -> Peer<()> {
    Peer::start(move |mut client| {
        client.say("220 fake.example LMTP\r\n");
        client.answer("LHLO", "250 fake.example");
        client.answer("MAIL", "250 ok");
        for _ in 0..3 {
            client.answer("RCPT", "250 ok");
        }
        take_message(&mut client, replies);
        client.rest();
    })
}

#[test]
fn a_353_that_was_asked_for_is_no_refusal() {
    for (replies, code, told) in [
        ("353 each\r\n250 bob\r\n250 carol\r\n250 all", 0, "# the server has taken the message"),
        ("353 each\r\n250 bob\r\n550 carol\r\n250 all", 1, "# refused at .: 550 carol"),
        ("353 each\r\n250 bob\r\n250 carol\r\n554 all", 1, "# refused at .: 554 all"),
        ("353 each\r\n353 bob\r\n250 carol\r\n250 all", 1, "# refused at .: 353 bob"),
        ("250 for all", 0, "# the server has taken the message"),
    ] {
        let peer = Peer::start(move |mut client| {
            greeted(&mut client, &["PRDR"]);
            client.answer("MAIL FROM:<alice@example.org> PRDR", "250 ok");
            client.answer("RCPT", "250 ok");
            client.answer("RCPT", "250 ok");
            take_message(&mut client, replies);
            client.answer("QUIT", "221 bye");
        });
        let options = ["-t", "carol@example.net", "--mail-param", "PRDR"];
        let ended = send(&peer.address, &options).with(code);
        peer.end();
        assert!(ended.out.lines().any(|line| line == told), "{replies}: {}", ended.out);
    }
}

const THREE: [&str; 4] = ["--lmtp", "-t", "carol@example.net,dave@example.net", "--tls=off"];

#[test]
fn who_has_a_message_keeps_it_when_an_lmtp_server_leaves() {
    let peer = answers_three("250 for bob\r\n421 leaving");
    let ended = send(&peer.address, &THREE).with(1);
    peer.end();
    assert!(ended.out.contains("# Transaction 1: accepted for some"), "{}", ended.out);
    assert!(says_of(&ended.out, "bob@example.net", "250 accepted  250 accepted"), "{}", ended.out);
    for name in ["carol@example.net", "dave@example.net"] {
        assert!(says_of(&ended.out, name, "250 accepted  421 "), "{}", ended.out);
    }
}

#[test]
fn what_was_missing_is_told_where_the_connection_ends() {
    let peer = answers_three("250 for all");
    let ended = send(&peer.address, &[&THREE[..], &["--timeout", "1"]].concat()).with(2);
    peer.end();
    let told =
        "this side closed the connection\n# earlier, answer for <bob@example.net>: H16 error: ";
    assert!(ended.out.contains(told), "{}", ended.out);
    for name in ["carol@example.net", "dave@example.net"] {
        assert!(says_of(&ended.out, name, "250 accepted  no answer"), "{}", ended.out);
    }
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        client.answer("DATA", "354 go on");
        while !matches!(client.line().as_str(), ".\r\n" | "") {}
    });
    let ended = send(&peer.address, &[]).with(2);
    peer.end();
    assert!(
        ended.out.contains("# the server closed the connection\n# G05 error: "),
        "{}",
        ended.out
    );
}

#[test]
fn what_is_odd_about_mail_data_is_told_behind_it_once() {
    let home = Home::new();
    home.file("m.eml", "A: b\n\none\rtwo\rthree\n\0\n");
    let options = ["--data", "m.eml", "--tls", "off"];
    let ended = send_in(&home, "practice", &options).with(0);
    let (_, behind) = ended.out.split_once("\nC: .\n").unwrap();
    let told: Vec<_> = behind.lines().take_while(|line| line.starts_with("# G")).collect();
    assert_eq!(told.len(), 2, "{}", ended.out);
    assert!(told[0].starts_with("# G13 ") && told[1].starts_with("# G22 "), "{told:?}");
}

#[test]
fn a_port_without_tls_is_told_even_if_it_answers_the_handshake() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n500 what is this\r\n");
        client.rest();
    });
    let options = ["--tls", "implicit", "-SS", "--stage-codes"];
    let ended = send(&peer.address, &options).with(29);
    peer.end();
    assert!(ended.err.contains("# the connection ended at STARTTLS"), "{}", ended.err);
}

#[test]
fn a_mechanism_that_is_not_offered_is_tried_only_if_one_insists_whichever_it_is() {
    let home = Home::new();
    home.file("pw", "sesame\n");
    let login = ["--user", "alice", "--password-file", "pw", "--stage-codes"];
    for mechanism in ["LOGIN", "PLAIN", "CRAM-MD5"] {
        let peer = Peer::start(|mut client| {
            greeted(&mut client, &["AUTH XOAUTH2"]);
            client.answer("QUIT", "221 bye");
        });
        let named = [&login[..], &["--auth", mechanism]].concat();
        let ended = send_in(&home, &peer.address, &named).with(28);
        peer.end();
        assert!(ended.out.contains("# the server offers AUTH, but nothing"), "{}", ended.out);
        let peer = Peer::start(|mut client| {
            greeted(&mut client, &[]);
            let line = client.answer("AUTH ", "504 unknown");
            client.answer("QUIT", "221 bye");
            line
        });
        let insists = [&named[..], &["--auth-anyway"]].concat();
        send_in(&home, &peer.address, &insists).with(28);
        assert!(peer.end().starts_with(&format!("AUTH {mechanism}")));
    }
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        take_message(&mut client, "250 ok");
        client.answer("QUIT", "221 bye");
    });
    send_in(&home, &peer.address, &[&login[..], &["--auth-optional"]].concat()).with(0);
    peer.end();
}

#[test]
fn the_next_mechanism_is_tried_where_one_does_not_work() {
    let home = Home::new();
    home.file("pw", "sesame\n");
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &["AUTH LOGIN PLAIN CRAM-MD5"]);
        client.answer("AUTH CRAM-MD5\r\n", "504 not really");
        client.answer("AUTH PLAIN ", "535 no");
        client.answer("AUTH LOGIN\r\n", "334 VXNlcm5hbWU6");
        client.answer("YWxpY2U=", "334 UGFzc3dvcmQ6");
        client.answer("c2VzYW1l", "235 welcome");
        client.answer("QUIT", "221 bye");
    });
    let options = ["--user", "alice", "--password-file", "pw", "--quit-after", "AUTH"];
    let ended = send_in(&home, &peer.address, &options).with(0);
    peer.end();
    assert!(ended.out.contains("# stopped behind AUTH, as wished"), "{}", ended.out);
}

#[test]
fn after_a_failed_handshake_nothing_more_is_said() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &["STARTTLS"]);
        client.answer("STARTTLS", "220 go on");
        client.say("500 what is this\r\n");
        client.rest()
    });
    let ended = send(&peer.address, &["--stage-codes"]).with(29);
    let rest = peer.end();
    assert_eq!(rest.first(), Some(&22), "a handshake (RFC 8446 §5.1)");
    assert!(!String::from_utf8_lossy(&rest).contains("MAIL"), "{}", ended.out);
    assert!(!ended.out.contains("C: MAIL"), "{}", ended.out);
}

#[test]
fn tls_that_is_wanted_is_not_done_without() {
    for reply in [None, Some("454 not now")] {
        let peer = Peer::start(move |mut client| {
            let offers: &[&str] = if reply.is_some() { &["STARTTLS"] } else { &[] };
            greeted(&mut client, offers);
            if let Some(reply) = reply {
                client.answer("STARTTLS", reply);
            }
            client.answer("QUIT", "221 bye");
        });
        send(&peer.address, &["--tls", "starttls"]).with(2);
        peer.end();
    }
    let ended = send("practice", &["--tls", "off"]).with(0);
    assert!(!ended.out.contains("C: STARTTLS"), "{}", ended.out);
}

#[test]
fn it_stops_where_it_is_told_to() {
    for (point, verbs_said) in [
        ("banner", "QUIT"),
        ("first-ehlo", "EHLO QUIT"),
        ("TLS", "EHLO STARTTLS QUIT"),
        ("helo", "EHLO STARTTLS EHLO QUIT"),
        ("auth", "EHLO STARTTLS EHLO QUIT"),
        ("from", "EHLO STARTTLS EHLO MAIL QUIT"),
        ("RCPT", "EHLO STARTTLS EHLO MAIL RCPT RCPT QUIT"),
    ] {
        for options in [&[][..], &["--pipeline"]] {
            let more = ["-t", "carol@example.net"];
            let quits = [&more[..], &["--quit-after", point], options].concat();
            let ended = send("practice", &quits).with(0);
            assert_eq!(verbs(&ended.out).join(" "), verbs_said, "{point}: {}", ended.out);
            let drops = [&more[..], &["--drop-after", point], options].concat();
            let ended = send("practice", &drops).with(0);
            let without = verbs_said.strip_suffix("QUIT").unwrap().trim_end();
            assert_eq!(verbs(&ended.out).join(" "), without, "{point}: {}", ended.out);
        }
    }
    let ended = send("practice", &["--drop-after", "data"]).with(0);
    assert!(ended.out.contains("S: 354") && !ended.out.contains("C: Subject"), "{}", ended.out);
    let ended = send("practice", &["--drop-after", "dot"]).with(0);
    assert!(ended.out.contains("S: 250 2.0.0 Message accepted"), "{}", ended.out);
    send("practice", &["--quit-after", "data"]).with(64);
    let ended = Home::new().run(["send", "-s", "practice", "--quit-after", "mail"]).with(0);
    assert!(!ended.out.contains("C: RCPT"), "{}", ended.out);
    Home::new().run(["send", "-s", "practice"]).with(64);
}

#[test]
fn it_hangs_up_before_the_reply() {
    for (point, last) in
        [("banner", ""), ("ehlo", "EHLO"), ("mail", "MAIL"), ("rcpt", "RCPT"), ("data", "DATA")]
    {
        let peer = Peer::start(move |mut client| {
            if point == "banner" {
                return client.line();
            }
            client.say("220 fake.example\r\n");
            loop {
                let line = client.line();
                if line.starts_with(last) {
                    let rest = client.rest();
                    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
                    return line;
                }
                client.say("250 ok\r\n");
            }
        });
        let ended = send(&peer.address, &["--drop-after-send", point, "--tls", "off"]).with(0);
        assert!(peer.end().starts_with(last), "{}", ended.out);
    }
}

#[test]
fn what_the_message_needs_is_declared_where_it_is_offered() {
    let needy = "Subject: caf\u{e9}\n\nhello\n";
    for (offers, message, params) in [
        (&["SIZE 9999", "8BITMIME", "SMTPUTF8"][..], needy, " SIZE=25 BODY=8BITMIME SMTPUTF8"),
        (&["8BITMIME"], needy, " BODY=8BITMIME"),
        (&["SIZE"], "A: b\n\n.x", " SIZE=12"),
        (&[], needy, ""),
    ] {
        let peer = Peer::start(move |mut client| {
            greeted(&mut client, offers);
            let mail = client.answer("MAIL", "250 ok");
            client.answer("RCPT", "250 ok");
            let message = take_message(&mut client, "250 ok");
            client.answer("QUIT", "221 bye");
            (mail, message)
        });
        let home = Home::new();
        home.file("m.eml", message);
        let ended = send_in(&home, &peer.address, &["--data", "m.eml"]).with(0);
        let (mail, taken) = peer.end();
        assert_eq!(mail, format!("MAIL FROM:<alice@example.org>{params}\r\n"));
        if message == needy {
            assert_eq!(taken, needy.replace('\n', "\r\n"));
            let lacks = ended.out.contains("# the message needs SMTPUTF8");
            assert_eq!(lacks, !params.contains("SMTPUTF8"), "{}", ended.out);
        }
    }
}

#[test]
fn what_is_no_text_is_said_to_need_more_than_chunks() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &["CHUNKING"]);
        client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        assert_eq!(client.line(), "BDAT 11 LAST\r\n");
        for line in ["A: b\r\n", "\r\n"] {
            assert_eq!(client.line(), line);
        }
        client.answer("\0\r\n", "250 ok");
        client.answer("QUIT", "221 bye");
    });
    let home = Home::new();
    home.file("m.eml", "A: b\n\n\0\n");
    let ended = send_in(&home, &peer.address, &["--data", "m.eml", "--chunk", "99"]).with(0);
    peer.end();
    assert!(ended.out.contains("# the message needs BINARYMIME"), "{}", ended.out);
}

#[test]
fn parameters_and_chunks_are_said_as_they_were_asked_for() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &["SIZE", "DSN", "CHUNKING", "BINARYMIME"]);
        let mail = client.answer("MAIL", "250 ok");
        let rcpt = client.answer("RCPT", "250 ok");
        assert_eq!(client.line(), "BDAT 8\r\n");
        assert_eq!([client.line(), client.line()].concat(), "A: b\r\n\r\n");
        client.say("250 ok\r\n");
        assert_eq!(client.line(), "BDAT 7 LAST\r\n");
        client.answer("hello\r\n", "250 ok");
        client.answer("QUIT", "221 bye");
        (mail, rcpt)
    });
    let options = [
        "--data",
        "A: b\\n\\nhello\\n",
        "--chunk",
        "8",
        "--mail-param",
        "SIZE=7",
        "--notify",
        "success",
        "--orcpt",
        "--envid",
        "a b",
        "--ret",
        "full",
        "--rcpt-param",
        "X=y",
    ];
    send(&peer.address, &options).with(0);
    let (mail, rcpt) = peer.end();
    assert_eq!(mail, "MAIL FROM:<alice@example.org> RET=FULL ENVID=a+20b SIZE=7\r\n");
    let params = "NOTIFY=SUCCESS ORCPT=rfc822;bob@example.net X=y";
    assert_eq!(rcpt, format!("RCPT TO:<bob@example.net> {params}\r\n"));
    for together in [&[][..], &["--pipeline"]] {
        let chunked = [&["--data", "A: b\\n\\n.hello\\n", "--chunk", "10"], together].concat();
        let ended = send("practice", &chunked).with(0);
        for line in ["C: BDAT 10", "C: BDAT 6 LAST"] {
            assert!(ended.out.lines().any(|l| l == line), "{line}: {}", ended.out);
        }
        assert!(ended.out.contains("S: 250 2.0.0 Message accepted"), "{}", ended.out);
    }
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.answer("QUIT", "221 bye");
    });
    send(&peer.address, &["--chunk", "10", "--stage-codes"]).with(25);
    peer.end();
}

#[test]
fn the_goodbye_is_listened_to_even_after_a_wanted_stop() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.answer("QUIT", "500 what");
    });
    let ended = send(&peer.address, &["--quit-after", "ehlo", "--stage-codes"]).with(27);
    peer.end();
    assert!(ended.out.contains("# refused at QUIT: 500 what"), "{}", ended.out);
}

#[test]
fn the_name_of_the_server_is_sent_in_the_handshake() {
    let sni = |options: &[&str]| {
        let ended = send("practice", &[&["--quit-after", "tls"], options].concat()).with(0);
        let line = ended.out.lines().find(|line| line.contains("(SNI)")).expect("SNI is told");
        line.rsplit("  ").next().unwrap().to_owned()
    };
    assert_eq!(sni(&[]), "mx.example.net");
    assert_eq!(sni(&["--tls-sni", "other.example"]), "other.example");
    assert_ne!(sni(&["--tls-sni", "none"]), "mx.example.net");
}

#[test]
fn nothing_that_follows_from_the_password_is_printed() {
    let home = Home::new();
    home.file("pw", "correct horse\n");
    let login = ["--user", "alice@example.org", "--password-file", "pw", "--quit-after", "auth"];
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"] {
        let named = [&login[..], &["--auth", mechanism]].concat();
        let veiled = send_in(&home, "practice", &named).with(0).out;
        let open = send_in(&home, "practice", &[&named[..], &["--with-secrets"]].concat()).with(0);
        let of_login = |out: &str| -> Vec<String> {
            let lines = out.lines().skip_while(|line| !line.starts_with("C: AUTH"));
            let lines = lines.take_while(|line| !line.starts_with("C: QUIT"));
            let answers = lines.filter_map(|line| line.strip_prefix("C: "));
            answers.filter_map(|line| line.split(' ').next_back()).map(str::to_owned).collect()
        };
        let (veiled, open) = (of_login(&veiled), of_login(&open.out));
        assert_eq!(veiled.len(), open.len(), "{mechanism}");
        for (shown, secret) in veiled.iter().zip(&open).filter(|(_, open)| *open != mechanism) {
            assert!(shown.bytes().all(|b| b == b'*'), "{mechanism}: {shown} for {secret}");
        }
    }
    let ended = send_in(&home, "practice", &login).with(0);
    assert!(ended.out.contains("C: AUTH SCRAM-SHA-256-PLUS"), "the strongest:\n{}", ended.out);
    let wrong = ["--user", "alice@example.org", "--password-visible", "no", "--auth", "PLAIN"];
    let ended = send_in(&home, "practice", &wrong).with(1);
    assert!(ended.err.contains("--password-env"), "{}", ended.err);
    assert!(ended.out.contains("# refused at AUTH: 535 "), "{}", ended.out);
    assert!(!ended.out.contains("C: MAIL"), "{}", ended.out);
}

/// What `--print-message` prints.
fn message(home: &Home, options: &[&str]) -> String {
    send_in(home, "practice", &[options, &["--print-message"]].concat()).with(0).out
}

#[test]
fn a_message_comes_from_a_file_from_standard_input_or_from_the_line() {
    let home = Home::new();
    home.file("m.eml", "A: b\n\nhello\n");
    for data in ["m.eml", "@m.eml", "A: b\\n\\nhello\\n", "@@A: b\\n\\nhello\\n"] {
        assert_eq!(message(&home, &["--data", data]), "A: b\n\nhello\n", "{data}");
    }
    let call = ["send", "-s", "practice", "-t", "b@x", "--print-message", "--data", "-"];
    assert_eq!(home.run_with(call, "A: c\n\nx").with(0).out, "A: c\n\nx");
    let ended = send_in(&home, "practice", &["--data", "missing.eml"]).with(64);
    assert!(ended.err.contains("missing.eml"), "{}", ended.err);
    let template = message(&home, &["--template", "plain"]);
    assert!(template.starts_with("From: alice@example.org\nTo: bob@example.net\n"), "{template}");
    home.file("own.eml", "To: {to}\nX: {message-id}\n\n{from}\n");
    let own = message(&home, &["--template", "own.eml"]);
    assert!(own.starts_with("To: bob@example.net\nX: <") && own.ends_with("alice@example.org\n"));
}

#[test]
fn a_header_is_changed_and_added_to() {
    let home = Home::new();
    home.file("m.eml", b"Subject: old\r\nX-One: 1\r\n\r\nhello \xff\r\n");
    let options = [
        "--data",
        "m.eml",
        "--subject",
        "new",
        "--header",
        "x-one: 2",
        "--header",
        "X-Two: 3",
        "--add-header",
        "X-One: 4",
        "--mail-param",
        "BODY=8BITMIME",
        "--tls",
        "off",
    ];
    let out = send_in(&home, "practice", &options).with(0).out;
    let header =
        "C: Subject: new\nC: x-one: 2\nC: X-Two: 3\nC: X-One: 4\nC: \nC: hello \\xff\nC: .\n";
    assert!(out.contains(header), "{out}");
    assert!(message(&home, &["--data", "m.eml", "--body", "b"]).ends_with("\n\nb\n"));
    let bare = message(&home, &["--data", "@@X: y", "--header", "Z: 1"]);
    assert_eq!(bare, "X: y\nZ: 1\n\n");
    let ended = send_in(&home, "practice", &["--header", "no colon"]).with(64);
    assert!(ended.err.contains("no colon"), "{}", ended.err);
    home.file("latin.eml", b"X: Gr\xfc\xdfe\n\nhello\n");
    for change in [["--subject", "new"], ["--attach", "m.eml"]] {
        let options = [&["--data", "latin.eml"], &change[..]].concat();
        let ended = send_in(&home, "practice", &options).with(64);
        assert!(ended.err.contains("latin.eml"), "{}", ended.err);
    }
}

#[test]
fn a_subject_is_one_field_whatever_stands_in_it() {
    let home = Home::new();
    for (subject, field) in [
        (r"C:\new\notes", r"Subject: C:\new\notes"),
        ("one\nBcc: eve@example.net", "Subject: =?utf-8?Q?one=0ABcc:_eve@example.net?="),
    ] {
        let message = message(&home, &["--subject", subject]);
        assert!(message.lines().any(|line| line == field), "{message}");
        assert!(!message.contains("\nBcc:") && !message.contains("\new"), "{message}");
    }
}

#[test]
fn files_are_attached_with_types_and_names() {
    let home = Home::new();
    home.file("a.txt", "one\n");
    home.file("b.bin", b"\x00\xff");
    let options = [
        "--body",
        "Gr\u{fc}\u{df}e aus der Stadt am Rhein, herzlich",
        "--attach",
        "a.txt",
        "--attach-type",
        "application/x-test",
        "--attach-name",
        "c.dat",
        "--attach",
        "@b.bin",
        "--attach",
        "a.txt",
    ];
    let text = message(&home, &options);
    for part in [
        "\nContent-Type: multipart/mixed;",
        "Gr=C3=BC=C3=9Fe",
        "\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 7bit\nContent-Disposition: attachment; filename=\"a.txt\"\n\none\n",
        "\nContent-Type: application/x-test\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment; filename=\"c.dat\"\n\nAP8=\n",
        "\nContent-Type: application/x-test\nContent-Transfer-Encoding: quoted-printable\nContent-Disposition: attachment; filename=\"a.txt\"\n\none=0A",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let ended = send_in(&home, "practice", &["--attach", "missing"]).with(64);
    assert!(ended.err.contains("missing"), "{}", ended.err);
    send_in(&home, "practice", &options).with(0);
}

#[test]
fn a_name_without_a_file_behind_it_is_not_forgotten_in_silence() {
    for (option, value) in [("--attach-name", "c.dat"), ("--attach-type", "text/html")] {
        let options = ["--attach", "a.txt", option, value, "--print-message"];
        let ended = send("practice", &options).with(64);
        assert!(ended.err.contains(option), "{}", ended.err);
    }
}

#[test]
fn bytes_leave_as_they_are_if_one_insists() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[]);
        client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        client.answer("DATA", "354 go on");
        let lines: Vec<_> = (0..4).map(|_| client.line()).collect();
        client.say("250 ok\r\n");
        client.answer("QUIT", "221 bye");
        lines.concat()
    });
    let home = Home::new();
    home.file("raw", "A: b\n\n.x\r\n.\r\n");
    send_in(&home, &peer.address, &["--data", "raw", "--as-it-is"]).with(0);
    assert_eq!(peer.end(), "A: b\n\n.x\r\n.\r\n");
}

#[test]
fn a_printed_script_plays_and_says_the_same() {
    let home = Home::new();
    home.file("pw", "correct horse\n");
    home.file("m.eml", "Subject: caf\u{e9} \\ \n\n.dot\n  \nend");
    let login: &[&str] = &["--user", "alice@example.org", "--auth", "CRAM-MD5"];
    for options in [
        &[][..],
        &["-t", "carol@example.net", "--pipeline"],
        &["--tls", "starttls", "--quit-after", "rcpt"],
        &["--chunk", "7", "--data", "m.eml"],
        &["--chunk", "7", "--data", "m.eml", "--pipeline"],
        &["--data", "m.eml", "--drop-after", "dot"],
        &["--drop-after", "data"],
        &["--quit-after", "banner"],
        &["--notify", "never", "--ret", "hdrs"],
        &[&["--pipeline", "--tls", "starttls"], login].concat(),
        &[&["--quit-after", "auth"], login].concat(),
    ] {
        let printed = send_in(&home, "practice", &[options, &["--print-script"]].concat()).with(0);
        home.file("script.txt", &printed.out);
        assert!(!printed.out.contains("correct"), "{}", printed.out);
        let secret = ["--password-file", "pw"];
        let play = ["run", "script.txt", "--server", "practice", "--full"];
        let played = home.run(play.iter().chain(&secret)).with(0);
        let off = if options.contains(&"starttls") { &[][..] } else { &["--tls", "off"] };
        let call = [options, off, &secret, &["--full"]].concat();
        let sent = send_in(&home, "practice", &call).with(0);
        let plain = |out: &str| -> Vec<String> {
            let size = |line: &str| {
                let words = line.split(' ').filter(|w| !w.starts_with("SIZE="));
                words.collect::<Vec<_>>().join(" ")
            };
            let varies = |line: &&str| line.starts_with("Message-ID") || line.starts_with("Date");
            // The answer to a challenge is another one each time, at the same length.
            said(out).into_iter().filter(|line| !varies(line)).map(size).collect()
        };
        assert_eq!(plain(&played.out), plain(&sent.out), "{options:?}:\n{}", printed.out);
    }
}

#[test]
fn a_printed_script_logs_in_where_no_mechanism_was_named() {
    let home = Home::new();
    home.file("pw", "correct horse\n");
    let options = ["--user", "alice@example.org", "-q", "auth", "--print-script"];
    for tls in [&[][..], &["--tls", "starttls"]] {
        let printed = send_in(&home, "practice", &[&options, tls].concat()).with(0);
        assert!(printed.out.contains("--auth names another"), "{}", printed.out);
        home.file("script.txt", &printed.out);
        let play = ["run", "script.txt", "--server", "practice", "--password-file", "pw"];
        home.run(play).with(0);
    }
}

#[test]
fn less_is_told_the_more_often_one_says_quiet() {
    let nobody = ["-t", "nobody@example.net"];
    for (options, good, bad) in
        [(&["-S"][..], 0, 1), (&["--quiet", "--quiet"], 0, 0), (&["-SSS"], 0, 0)]
    {
        let ended = send("practice", options).with(0);
        assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", ""), "{options:?} {good}");
        let ended = send("practice", &[options, &nobody].concat()).with(1);
        assert_eq!(usize::from(ended.out.contains("C: MAIL")), bad, "{options:?}");
        assert_eq!(ended.err.contains("refused at RCPT"), options.len() == 2, "{options:?}");
    }
}

#[test]
fn one_object_says_where_it_failed() {
    let ended = send("practice", &["--json", "-t", "nobody@example.net"]).with(1);
    let object = &ended.json()[0];
    assert_eq!(object["outcome"], "refused");
    assert_eq!(object["stage"], "RCPT");
    let fates = &object["envelope"][0]["recipients"];
    assert_eq!((&fates[0]["code"], &fates[1]["code"]), (&250.into(), &550.into()));
    assert!(ended.err.contains("C: MAIL"), "people's text:\n{}", ended.err);
    let object = &send("practice", &["--json", "--quit-after", "mail", "-S"]).with(0).json()[0];
    assert_eq!((&object["outcome"], object["stage"].is_null()), (&"stopped".into(), true));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = send(&free.to_string(), &["--json", "--stage-codes"]).with(2);
    assert_eq!(ended.json()[0]["outcome"], "not-connected");
}

#[test]
fn a_session_that_was_sent_is_recorded_and_plays_again() {
    let home = Home::new();
    send_in(&home, "practice", &["--record", "r.jsonl", "--tls", "off"]).with(0);
    home.run(["run", "r.jsonl", "--codes", "--server", "practice"]).with(0);
    let shown = home.run(["show", arg(&home.path("r.jsonl"))]).with(0);
    assert!(shown.out.contains("C: MAIL FROM:<alice@example.org>"), "{}", shown.out);
}

#[test]
fn another_port_and_a_name_of_this_host() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        let line = client.answer("EHLO", "250 fake.example");
        client.answer("QUIT", "221 bye");
        line
    });
    let port = peer.address.rsplit_once(':').unwrap().1;
    let options = ["-p", port, "--ehlo", "here.example", "-q", "ehlo"];
    send("127.0.0.1:1", &options).with(0);
    assert_eq!(peer.end(), "EHLO here.example\r\n");
    let ended = send("practice", &["-p", "25"]).with(64);
    assert!(ended.err.contains("--port is for"), "{}", ended.err);
}

#[test]
fn ehlo_that_is_refused_becomes_helo() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO", "502 what");
        client.answer("HELO pc.example.org\r\n", "250 fake.example");
        let mail = client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        take_message(&mut client, "250 ok");
        client.answer("QUIT", "221 bye");
        mail
    });
    send(&peer.address, &[]).with(0);
    assert_eq!(peer.end(), "MAIL FROM:<alice@example.org>\r\n");
}

/// The messages in the inbox of a server, once there are `count`.
fn stored(server: &Server, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let files = std::fs::read_dir(server.file("mail/inbox/new")).into_iter().flatten();
        let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let texts: Vec<_> = texts.collect();
        if texts.len() >= count {
            return texts;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "only {} arrived", texts.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One message in every way to a server of other people; all of it arrives.
fn arrives(name: &'static str, mechanism: &str, chunks: bool, utf8: bool) {
    let Some(server) = Server::start(name, &["plain", "starttls", "implicit"]) else { return };
    let home = Home::new();
    home.file("pw", PASSWORD);
    home.file("a.txt", ".\n..dots\n");
    let ca = server.ca();
    let call = |door: &str, options: &[&str]| {
        let target = server.at(door);
        let call = ["send", "-s", &target, "-f", "a@example.test", "-t", "inbox@example.test"];
        home.run(call.iter().chain(options)).with(0).out
    };
    let mut sent = 1;
    call("plain", &["--attach", "a.txt", "--subject", "caf\u{e9}", "--pipeline"]);
    // It is known by nobody here, and told so.
    let told = call("starttls", &["--body", "opportunistic"]);
    assert!(told.contains("C: STARTTLS") && told.contains("CANNOT BE TRUSTED"), "{told}");
    let login = ["--user", USER, "--password-file", "pw", "--tls-ca", arg(&ca)];
    let tls = [&login[..], &["--tls", "starttls", "--auth", mechanism]].concat();
    let told = call("starttls", &tls);
    assert!(told.contains(&format!("C: AUTH {mechanism}")), "{told}");
    let target = format!("smtps://{}", server.at("implicit"));
    let to = ["-f", "a@example.test", "-t", "inbox@example.test"];
    let implicit = ["send", "-s", &target].into_iter().chain(to).chain(login);
    home.run(implicit).with(0);
    sent += 3;
    for together in [&[][..], &["--pipeline"]] {
        if chunks {
            let told = call("plain", &[&["--chunk", "50", "--attach", "a.txt"], together].concat());
            assert!(told.contains("C: BDAT 50") && told.contains(" LAST"), "{told}");
            sent += 1;
        }
    }
    if utf8 {
        let told = call("plain", &["--header", "X-Name: caf\u{e9}", "--notify", "never"]);
        assert!(told.contains(" SMTPUTF8\n") && told.contains(" NOTIFY=NEVER\n"), "{told}");
        sent += 1;
    }
    let with = if chunks { " and in chunks" } else { "" };
    let ways = format!("ehlo send: clear, STARTTLS, implicit TLS, {mechanism}{with}");
    proven(name, &ways, "taken");
    if utf8 {
        proven(name, "ehlo send: SMTPUTF8, DSN", "taken");
    }
    if name == "aiosmtpd" {
        return;
    }
    let texts = stored(&server, sent);
    assert_eq!(texts.len(), sent);
    let attached = texts.iter().filter(|text| text.contains("\n.\n..dots\n"));
    assert_eq!(attached.count(), if chunks { 3 } else { 1 }, "{texts:#?}");
    proven(name, "ehlo send: what was sent", "stored as it was");
}

#[test]
fn postfix_takes_what_is_sent() {
    arrives("postfix", "SCRAM-SHA-256", true, true);
}

#[test]
fn exim_takes_what_is_sent() {
    arrives("exim", "CRAM-MD5", true, false);
}

#[test]
fn aiosmtpd_takes_what_is_sent() {
    arrives("aiosmtpd", "PLAIN", false, false);
}

#[test]
fn a_recipient_that_exim_refuses_or_defers_is_told_of() {
    let Some(exim) = Server::start("exim", &["plain"]) else { return };
    for (to, code) in [("nosuch@example.test", "550"), ("later@example.test", "451")] {
        let target = exim.at("plain");
        let both = format!("inbox@example.test, {to}");
        let call = ["send", "-s", &target, "-f", "a@example.test", "-t", &both, "--stage-codes"];
        let told = Home::new().run(call).with(24).out;
        assert!(told.contains(&format!("# refused at RCPT: {code}")), "{told}");
        assert!(says_of(&told, "inbox@example.test", "250 accepted"), "{told}");
        proven("Exim", "ehlo send: one of two recipients refused", &format!("{code} is told; 24"));
    }
}
