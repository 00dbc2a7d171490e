//! XCLIENT and XFORWARD in one line.

use crate::peer::{Client, Peer};
use crate::program::Home;
use crate::proven::proven;
use crate::servers::{Server, have};
use crate::serving::Serving;
use crate::{greeted, offered, said, send, send_in, stored, take_message};

const ALL: &str = "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT";
const FORWARD: &str = "XFORWARD NAME ADDR PROTO HELO SOURCE";

/// Takes a message, up to the end.
fn take(client: &mut Client) {
    client.answer("MAIL", "250 ok");
    client.answer("RCPT", "250 ok");
    take_message(client, "250 ok");
    client.answer("QUIT", "221 bye");
}

#[test]
fn what_xtext_does_not_hold_is_encoded() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[ALL]);
        let line = client.answer("XCLIENT", "220 anew");
        client.answer("EHLO", "250 fake.example");
        take(&mut client);
        line
    });
    let ended = send(&peer.address, &["--xclient", "LOGIN=gr\u{fc}n b+c=d\u{7f} NAME=a.example"]);
    ended.with(0);
    assert_eq!(peer.end(), "XCLIENT LOGIN=gr+C3+BCn+20b+2Bc+3Dd+7F NAME=a.example\r\n");
    proven("swaks does not", "XCLIENT beyond xtext", "bytes outside 33 to 126 are encoded");
}

#[test]
fn each_is_a_command_with_ehlo_behind_each_220_and_xforward_before_mail() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[ALL, FORWARD, "AUTH PLAIN"]);
        client.answer("XCLIENT NAME=a.example ADDR=192.0.2.7\r\n", "220 anew");
        client.answer("EHLO", &offered(&[ALL, FORWARD, "AUTH PLAIN"]));
        client.answer("XCLIENT whatever it=is like\r\n", "220 anew");
        client.answer("EHLO", &offered(&[ALL, FORWARD, "AUTH PLAIN"]));
        client.answer("AUTH", "235 welcome");
        client.answer("XFORWARD NAME=b.example SOURCE=LOCAL\r\n", "250 ok");
        client.answer("XFORWARD HELO=x\r\n", "250 ok");
        take(&mut client);
    });
    let home = Home::new();
    home.file("pw", "sesame\n");
    let options = [
        "--xclient",
        "NAME=a.example ADDR=192.0.2.7",
        "--xclient",
        "@@whatever it=is like",
        "--xforward",
        "NAME=b.example SOURCE=LOCAL",
        "--xforward",
        "HELO=x",
        "--user",
        "alice",
        "--password-file",
        "pw",
    ];
    send_in(&home, &peer.address, &options).with(0);
    peer.end();
    let wrong = send("practice", &["--xclient", "a.example"]).with(64);
    assert!(wrong.err.contains("a.example is no attribute"), "{}", wrong.err);
    send("practice", &["--xclient", "NAME=a\nMAIL"]).with(64);
}

#[test]
fn a_250_to_xclient_is_off_the_convention_and_the_session_goes_on() {
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[ALL]);
        client.answer("XCLIENT", "250 ok");
        take(&mut client);
    });
    let ended = send(&peer.address, &["--xclient", "NAME=a.example", "--stage-codes"]).with(0);
    peer.end();
    let odd = ended.out.lines().find(|line| line.contains("XCLIENT") && line.starts_with("# "));
    assert!(odd.is_some(), "it is told:\n{}", ended.out);
    proven("swaks does not", "XCLIENT answered 250", "told as odd, and the message is sent");
}

#[test]
fn what_is_not_offered_is_said_only_if_one_insists() {
    let leaves = |offers: &'static [&'static str]| {
        Peer::start(move |mut client| {
            greeted(&mut client, offers);
            client.answer("QUIT", "221 bye");
        })
    };
    for (offers, missing, said) in [
        (&[][..], "", "# the server does not offer XCLIENT\n"),
        (&["xclient addr"], "NAME", "# the server offers XCLIENT, but nothing of it"),
    ] {
        let peer = leaves(offers);
        let options = ["--xclient", "NAME=a ADDR=192.0.2.7", "--stage-codes"];
        let ended = send(&peer.address, &options).with(33);
        peer.end();
        assert!(ended.out.contains(said), "{}", ended.out);
        let told = format!("# not offered of XCLIENT: {missing}; --xclient-anyway");
        assert_eq!(ended.out.contains(&told), !missing.is_empty(), "{}", ended.out);

        let peer = Peer::start(move |mut client| {
            greeted(&mut client, offers);
            client.answer("XCLIENT NAME=a ADDR=192.0.2.7\r\n", "220 anew");
            client.answer("EHLO", "250 fake.example");
            take(&mut client);
        });
        let insists = [&options[..], &["--xclient-anyway"]].concat();
        let ended = send(&peer.address, &insists).with(0);
        peer.end();
        assert!(ended.out.contains("# XCLIENT: "), "a warning:\n{}", ended.out);

        for optional in ["--xclient-optional", "--xclient-optional-strict"] {
            let peer = Peer::start(move |mut client| {
                greeted(&mut client, offers);
                take(&mut client);
            });
            send(&peer.address, &[&options[..], &[optional]].concat()).with(0);
            peer.end();
        }
    }
    let peer = leaves(&[ALL]);
    send(&peer.address, &["--xforward", "NAME=a", "--stage-codes"]).with(33);
    peer.end();
}

#[test]
fn a_refusal_ends_it_unless_that_is_tolerated() {
    for (option, code) in
        [(None, 33), (Some("--xclient-optional-strict"), 33), (Some("--xclient-optional"), 0)]
    {
        let peer = Peer::start(move |mut client| {
            greeted(&mut client, &[ALL]);
            client.answer("XCLIENT", "550 not you");
            if code == 0 {
                take(&mut client);
            } else {
                client.answer("QUIT", "221 bye");
            }
        });
        let posing = ["--xclient", "NAME=a", "--xclient", "ADDR=192.0.2.7", "--stage-codes"];
        let options =
            option.map_or_else(|| posing.to_vec(), |option| [&posing[..], &[option]].concat());
        let ended = send(&peer.address, &options).with(code);
        peer.end();
        let told = ended.out.contains("# refused at XCLIENT: 550 not you");
        assert_eq!(told, code != 0, "{}", ended.out);
    }
    // EHLO and HELO behind it are refused.
    let peer = Peer::start(|mut client| {
        greeted(&mut client, &[ALL]);
        client.answer("XCLIENT", "220 anew");
        client.answer("EHLO", "550 no");
        client.answer("HELO", "550 no");
        client.answer("QUIT", "221 bye");
    });
    send(&peer.address, &["--xclient", "NAME=a", "--stage-codes"]).with(34);
    peer.end();
}

#[test]
fn it_stands_on_either_side_of_tls_and_every_point_ends_it() {
    let home = Home::new();
    let serving = Serving::start(&home, &[]);
    let early = &["--xclient-before-starttls"][..];
    for (options, point, verbs) in [
        (&[][..], "", "EHLO STARTTLS EHLO XCLIENT EHLO XFORWARD MAIL RCPT DATA QUIT"),
        (&[], "helo", "EHLO STARTTLS EHLO QUIT"),
        (&[], "xclient", "EHLO STARTTLS EHLO XCLIENT QUIT"),
        (&[], "XCLIENT-HELO", "EHLO STARTTLS EHLO XCLIENT EHLO QUIT"),
        (&[], "xforward", "EHLO STARTTLS EHLO XCLIENT EHLO XFORWARD QUIT"),
        (early, "", "EHLO XCLIENT EHLO STARTTLS EHLO XFORWARD MAIL RCPT DATA QUIT"),
        (early, "first-ehlo", "EHLO QUIT"),
        (early, "xclient", "EHLO XCLIENT QUIT"),
        (early, "xclient-ehlo", "EHLO XCLIENT EHLO QUIT"),
        (early, "tls", "EHLO XCLIENT EHLO STARTTLS QUIT"),
        (early, "ehlo", "EHLO XCLIENT EHLO STARTTLS EHLO QUIT"),
    ] {
        let posing = ["--xclient", "ADDR=192.0.2.7 LOGIN=alice", "--xforward", "SOURCE=LOCAL"];
        let stop: &[&str] = if point.is_empty() { &[] } else { &["--quit-after", point] };
        let all = [&posing[..], options, stop].concat();
        let ended = send_in(&home, &serving.target, &all).with(0);
        let known = ["EHLO", "STARTTLS", "XCLIENT", "XFORWARD", "MAIL", "RCPT", "DATA", "QUIT"];
        let said: Vec<_> = said(&ended.out)
            .into_iter()
            .map(|line| line.split(' ').next().unwrap())
            .filter(|verb| known.contains(verb))
            .collect();
        assert_eq!(said.join(" "), verbs, "{options:?} {point}:\n{}", ended.out);
    }
    let printed = ["--xclient", "LOGIN=alice", "--xforward", "SOURCE=LOCAL", "--print-script"];
    let script = send_in(&home, &serving.target, &printed).with(0).out;
    home.file("script.txt", script);
    home.run(["run", "script.txt", "--server", &serving.target]).with(0);
    proven("practice", "XCLIENT, XFORWARD in ehlo send", "before and inside TLS, at every stop");
}

#[test]
fn postfix_believes_what_is_said_of_another_client() {
    let Some(postfix) = Server::start("postfix", &["plain+xclient"]) else { return };
    let target = postfix.at("plain+xclient");
    let home = Home::new();
    let call = |options: &[&str]| {
        let to = ["-f", "a@example.test", "-t", "inbox@example.test"];
        home.run(["send", "-s", &target].iter().chain(&to).chain(options)).with(0).out
    };
    // Behind another address XCLIENT is not offered any more.
    let told = call(&[
        "--xclient",
        "PROTO=ESMTP HELO=other.example.test",
        "--xclient",
        "NAME=client.example.test ADDR=192.0.2.7",
    ]);
    assert_eq!(said(&told).iter().filter(|line| line.starts_with("EHLO")).count(), 3, "{told}");
    let mail = stored(&postfix, 1).remove(0);
    assert!(mail.contains("client.example.test [192.0.2.7]"), "{mail}");
    proven("Postfix", "ehlo send --xclient", "the trace names the other client");
    call(&["--xforward", "NAME=first.example.test ADDR=192.0.2.9 SOURCE=REMOTE"]);
    stored(&postfix, 2);
    let log = std::fs::read_to_string(postfix.file("log")).unwrap();
    assert!(log.contains("first.example.test[192.0.2.9]"), "{log}");
    proven("Postfix", "ehlo send --xforward", "the log names the first client");
}

#[test]
fn swaks_says_several_of_them_without_ehlo_between() {
    if !have("swaks") {
        return;
    }
    let serving = Serving::start(&Home::new(), &[]);
    let (host, port) = serving.target.split_once(':').unwrap();
    let mut command = std::process::Command::new("swaks");
    command.args(["--server", host, "--port", port, "--from", "a@example.test"]);
    command.args(["--to", "bob@example.net", "--xclient-name", "a.example", "--xclient-delim"]);
    command.args(["--xclient-addr", "192.0.2.7"]);
    let ended = crate::program::Running::start(command).end().with(0);
    assert!(ended.out.contains("for a.example [192.0.2.7]"), "{}", ended.out);
}
