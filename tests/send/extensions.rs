//! Every extension that has something to do with one message, in one line.

use crate::peer::{Client, Peer};
use crate::program::{Home, arg};
use crate::proven::proven;
use crate::servers::Server;
use crate::serving::Serving;
use crate::{greeted, says_of, send, send_in, take_message};

#[test]
fn the_practice_server_takes_every_parameter_there_is() {
    let home = Home::new();
    home.file("binary", b"Subject: x\n\na\0b\n");
    let ca = home.path("ca.pem");
    let serving = Serving::start(&home, &["--write-ca", arg(&ca)]);
    let tls = ["--tls", "starttls", "--tls-ca", arg(&ca)];
    for (extension, options, said) in [
        ("SIZE", &["--tls", "off"][..], "SIZE="),
        ("8BITMIME", &["--data", "A: b\\n\\n\u{e5}\\n", "--tls", "off"], "BODY=8BITMIME"),
        ("SMTPUTF8", &["--header", "A: \u{e5}", "--tls", "off"], "SMTPUTF8"),
        (
            "CHUNKING, BINARYMIME",
            &["--data", "binary", "--chunk", "7", "--as-it-is", "--tls", "off"],
            "BODY=BINARYMIME",
        ),
        ("DSN", &["--ret", "hdrs", "--envid", "a b", "--tls", "off"], "RET=HDRS ENVID=a+20b"),
        ("DSN", &["--notify", "delay", "--orcpt", "--tls", "off"], "NOTIFY=DELAY ORCPT=rfc822;bob"),
        ("DELIVERBY", &["--mail-param", "BY=600;R", "--tls", "off"], "BY=600;R"),
        ("FUTURERELEASE", &["--mail-param", "HOLDFOR=60", "--tls", "off"], "HOLDFOR=60"),
        (
            "FUTURERELEASE",
            &["--mail-param", "HOLDUNTIL=2001-01-01T00:00:00Z", "--tls", "off"],
            "HOLDUNTIL=2001-01-01T00:00:00Z",
        ),
        ("MT-PRIORITY", &["--mail-param", "MT-PRIORITY=-3", "--tls", "off"], "MT-PRIORITY=-3"),
        ("NO-SOLICITING", &["--mail-param", "SOLICIT=org.example:X", "--tls", "off"], "SOLICIT="),
        ("AUTH", &["--mail-param", "AUTH=<>", "--tls", "off"], "AUTH=<>"),
        ("PRDR", &["--prdr", "-t", "carol@example.net", "--tls", "off"], "PRDR"),
        ("REQUIRETLS", &[&["--mail-param", "REQUIRETLS"][..], &tls].concat(), "REQUIRETLS"),
        ("PIPELINING", &["--pipeline", "--tls", "off"], "SIZE="),
    ] {
        let over = said.starts_with("HOLDUNTIL");
        let ended = send_in(&home, &serving.target, options).with(i32::from(over));
        let lines =
            ended.out.lines().filter(|l| l.starts_with("C: MAIL") || l.starts_with("C: RCPT"));
        assert!(lines.into_iter().any(|line| line.contains(said)), "{said}:\n{}", ended.out);
        let warned = ended.out.contains("# F07");
        assert!(!warned, "{said}:\n{}", ended.out);
        let outcome = if over { "a moment that is over is refused" } else { "taken" };
        proven("practice", &format!("ehlo send: {extension}, {said}"), outcome);
    }
}

#[test]
fn what_is_not_offered_is_sent_and_warned_of() {
    let peer = Peer::start(|mut client: Client| {
        greeted(&mut client, &["SIZE"]);
        client.answer("MAIL FROM:<alice@example.org> SIZE=", "250 ok");
        client.answer("RCPT", "250 ok");
        take_message(&mut client, "250 ok");
        client.answer("QUIT", "221 bye");
    });
    let ended = send(&peer.address, &["--mail-param", "HOLDFOR=60"]).with(0);
    peer.end();
    assert!(ended.out.contains(" HOLDFOR=60\n") && ended.out.contains("# F07 "), "{}", ended.out);
}

#[test]
fn a_chunk_that_is_refused_is_named_as_it_was_sent() {
    let peer = Peer::start(|mut client: Client| {
        greeted(&mut client, &["CHUNKING"]);
        client.answer("MAIL", "250 ok");
        client.answer("RCPT", "250 ok");
        while client.line() != "the end\r\n" {}
        client.say("554 no\r\n");
        client.answer("QUIT", "221 bye");
    });
    let options = ["--chunk", "900", "--data", "A: b\\n\\nthe end\\n", "--json"];
    let ended = send(&peer.address, &options).with(1);
    peer.end();
    assert_eq!(ended.json()[0]["stage"], "BDAT");
    assert!(ended.err.contains("# refused at BDAT: 554 no"), "{}", ended.err);
}

#[test]
fn prdr_that_is_not_offered_ends_with_30() {
    let peer = Peer::start(|mut client: Client| {
        greeted(&mut client, &[]);
        client.answer("QUIT", "221 bye");
    });
    let ended = send(&peer.address, &["--prdr", "--stage-codes"]).with(30);
    peer.end();
    assert!(ended.out.contains("# the server does not offer PRDR"), "{}", ended.out);
}

#[test]
fn the_practice_server_answers_for_each_recipient() {
    let home = Home::new();
    let serving = Serving::start(&home, &[]);
    for options in [&["--prdr"][..], &["--prdr", "--pipeline"], &["--prdr", "--chunk", "50"]] {
        let both = [options, &["-t", "carol@example.net"]].concat();
        let ended = send_in(&home, &serving.target, &both).with(0);
        assert!(ended.out.contains("S: 353 "), "{}", ended.out);
        let full = [options, &["-t", "full@example.net", "--stage-codes"]].concat();
        let ended = send_in(&home, &serving.target, &full).with(26);
        assert!(says_of(&ended.out, "bob@example.net", "250 accepted"), "{}", ended.out);
        let end = if options.contains(&"--chunk") { "BDAT" } else { "." };
        assert!(ended.out.contains(&format!("# refused at {end}: 452 ")), "{}", ended.out);
    }
    proven("practice", "ehlo send --prdr", "one refusal among several does not end with 0");
}

#[test]
fn exim_answers_for_each_recipient() {
    let Some(exim) = Server::start("exim", &["plain"]) else { return };
    let target = exim.at("plain");
    let call = |to: &str, code: i32| {
        let call = ["send", "-s", &target, "-f", "a@example.test", "-t", to, "--tls", "off"];
        Home::new().run(call.iter().chain(&["--prdr", "--stage-codes"])).with(code).out
    };
    let told = call("inbox@example.test, picky@example.test, slow@example.test", 26);
    assert!(says_of(&told, "inbox@example.test", "250 accepted"), "{told}");
    assert!(says_of(&told, "picky@example.test", "550 refused"), "{told}");
    assert!(told.contains("# refused at .: 550 "), "{told}");
    call("inbox@example.test", 0);
    proven("Exim", "ehlo send --prdr", "250, 550 and 450 behind one dot: 26");
}

#[test]
fn postfix_takes_and_refuses_parameters_as_they_are_said() {
    let Some(postfix) = Server::start("postfix", &["plain"]) else { return };
    let target = postfix.at("plain");
    let call = |options: &[&str], code: i32| {
        let call = ["send", "-s", &target, "-f", "a@example.test", "-t", "inbox@example.test"];
        Home::new().run(call.iter().chain(options)).with(code).out
    };
    let dsn = ["--ret", "full", "--envid", "x", "--notify", "failure,delay", "--orcpt"];
    let told = call(&[&dsn[..], &["--pipeline", "--chunk", "64"]].concat(), 0);
    assert!(told.contains(" RET=FULL ENVID=x\n") && !told.contains("# F07"), "{told}");
    proven("Postfix", "ehlo send: DSN, PIPELINING, CHUNKING", "taken");
    let told = call(&["--mail-param", "HOLDFOR=60", "--stage-codes"], 23);
    assert!(told.contains("# F07 ") && told.contains("# refused at MAIL: 555 "), "{told}");
    proven("Postfix", "ehlo send: a parameter that is not offered", "warned, sent, 555");
}

#[test]
fn more_recipients_than_the_limit_go_in_several_transactions() {
    for options in [&[][..], &["--pipeline"], &["--chunk", "1000"]] {
        let chunked = options.contains(&"--chunk");
        let peer = Peer::start(move |mut client: Client| {
            greeted(&mut client, &["PIPELINING", "CHUNKING", "LIMITS RCPTMAX=2"]);
            let mut named = Vec::new();
            for count in [2, 1] {
                client.answer("MAIL", "250 ok");
                named.extend((0..count).map(|_| client.answer("RCPT", "250 ok")));
                if chunked {
                    let line = client.line();
                    let size = line.split(' ').nth(1).unwrap().parse().unwrap();
                    client.bytes(size);
                    client.say("250 ok\r\n");
                } else {
                    take_message(&mut client, "250 ok");
                }
            }
            client.answer("QUIT", "221 bye");
            named
        });
        let more = ["-t", "carol@example.net,dave@example.net"];
        let ended = send(&peer.address, &[&more[..], options].concat()).with(0);
        assert_eq!(peer.end().len(), 3);
        let told = "# the server takes 2 recipients in one transaction (LIMITS), so there were 2\n";
        assert!(ended.out.contains(told), "{}", ended.out);
    }
    // Nobody of the first transaction is taken, and then nobody of the last one.
    for (refused, data) in [("bob", "dave"), ("dave", "bob")] {
        let peer = Peer::start(move |mut client: Client| {
            greeted(&mut client, &["LIMITS RCPTMAX=1"]);
            loop {
                let line = client.line();
                let reply = match line.get(..4).unwrap_or_default() {
                    "" => return false,
                    "RCPT" if line.contains(refused) => "550 no",
                    "DATA" => {
                        client.say("354 go on\r\n");
                        while !matches!(client.line().as_str(), ".\r\n" | "") {}
                        "250 ok"
                    }
                    "QUIT" => {
                        client.say("221 bye\r\n");
                        return true;
                    }
                    _ => "250 ok",
                };
                client.say(format!("{reply}\r\n"));
            }
        });
        let ended = send(&peer.address, &["-t", "dave@example.net", "--stage-codes"]).with(24);
        assert!(peer.end(), "{}", ended.out);
        assert_eq!(ended.out.matches("C: DATA").count(), 1, "{}", ended.out);
        let taken = format!("{data}@example.net");
        assert!(says_of(&ended.out, &taken, "250 accepted"), "{}", ended.out);
    }
    proven("a server with LIMITS RCPTMAX", "more recipients", "several transactions");
}
