//! The way to a server: names, addresses, sockets, programs, each step told.
//!
//! Everything listens on loopback for a bounded time; the only name server is a thread of the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/names.rs"]
mod names;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;
#[allow(clippy::duplicate_mod, reason = "the servers have it, too")]
#[path = "support/proven.rs"]
mod proven;
#[cfg(unix)]
#[path = "support/servers.rs"]
mod servers;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpStream};

use names::{Answer, NameServer};
use peer::{Client, Peer};
use program::{Ended, Home, Running};
use proven::proven;
use serde_json::Value;

const SCRIPT: &str = "S: 220\nC: QUIT\nS: 221\n";

/// A server that greets and says goodbye.
fn server() -> Peer<()> {
    Peer::start(|mut client: Client| {
        client.say("220 mx.example.test\r\n");
        client.answer("QUIT", "221 bye");
    })
}

fn port(peer: &Peer<()>) -> &str {
    peer.address.rsplit(':').next().unwrap()
}

/// Greets a server and leaves.
fn visit(target: &str, options: &[&str]) -> Ended {
    Home::new().run_with([&["run", "-", "--server", target], options].concat(), SCRIPT)
}

/// The steps on the way, as JSON tells them.
fn steps(target: &str, options: &[&str], code: i32) -> Vec<Value> {
    let ended = visit(target, &[options, &["--json"]].concat()).with(code);
    ended.json()[0]["reached"].as_array().unwrap().clone()
}

const HERE: Answer = Answer::A(Ipv4Addr::LOCALHOST);
/// Nobody listens there.
const ELSEWHERE: Answer = Answer::A(Ipv4Addr::new(127, 0, 0, 9));

#[test]
fn a_name_is_looked_up_and_every_address_is_told() {
    let names = NameServer::start(vec![
        ("mx.example.test", ELSEWHERE),
        ("mx.example.test", Answer::Aaaa(Ipv6Addr::LOCALHOST)),
        ("mx.example.test", HERE),
    ]);
    let peer = server();
    let target = format!("mx.example.test:{}", port(&peer));
    let steps = steps(&target, &["--dns", &names.address], 0);
    peer.end();
    assert_eq!(steps[0]["step"], "looked-up");
    assert_eq!(steps[0]["by"], names.address.as_str());
    assert_eq!(steps[0]["answers"], serde_json::json!(["::1", "127.0.0.9", "127.0.0.1"]));
    assert!(steps[0]["took"].is_u64());
    let tried: Vec<_> = steps[1..3].iter().map(|step| &step["address"]).collect();
    let port = target.rsplit(':').next().unwrap();
    assert_eq!(tried, [&format!("[::1]:{port}"), &format!("127.0.0.9:{port}")], "{steps:?}");
    assert!(steps[1..3].iter().all(|step| step["step"] == "tried" && step["reason"] == "refused"));
    assert_eq!(steps[3]["step"], "connected");
    assert_eq!(steps[3]["remote"], format!("127.0.0.1:{port}"));
    proven("a name server on loopback", "every address of a name", "told, and tried as they race");
}

#[test]
fn one_family_alone_is_tried() {
    let names = NameServer::start(vec![
        ("mx.example.test", HERE),
        ("six.example.test", Answer::Aaaa(Ipv6Addr::LOCALHOST)),
    ]);
    let peer = server();
    let target = format!("mx.example.test:{}", port(&peer));
    let dns = ["--dns", &names.address];
    let ended = visit(&target, &[&dns[..], &["-6"]].concat()).with(2);
    assert!(ended.out.contains("it has no IPv6 address"), "{}", ended.out);
    visit(&target, &[&dns[..], &["-4"]].concat()).with(0);
    peer.end();
    let ended = visit("six.example.test:1", &[&dns[..], &["--ipv4"]].concat()).with(2);
    assert!(ended.out.contains("it has no IPv4 address"), "{}", ended.out);
    proven("a name server on loopback", "IPv4 or IPv6 alone", "forced");
}

#[test]
fn our_own_address_can_be_chosen() {
    let peer = server();
    let steps = steps(&peer.address, &["--source", "127.0.0.5"], 0);
    peer.end();
    assert!(steps[0]["local"].as_str().unwrap().starts_with("127.0.0.5:"), "{steps:?}");
    let ended = visit("127.0.0.1:1", &["--source", "192.0.2.1"]).with(2);
    assert!(ended.out.contains("our own address cannot be had"), "{}", ended.out);
    let ended = visit("[::1]:1", &["--source", "127.0.0.1"]).with(2);
    assert!(ended.out.contains("it has no IPv4 address"), "{}", ended.out);
    visit("127.0.0.1:1", &["-4", "--source", "::1"]).with(64);
    visit("127.0.0.1:1", &["-6", "--source", "127.0.0.1"]).with(64);
    proven("a server on loopback", "source address and port", "chosen");
}

#[test]
fn each_failure_of_a_name_server_has_its_own_words() {
    let names = NameServer::start(vec![
        ("empty.example.test", Answer::Mx(10, "mx.example.test")),
        ("broken.example.test", Answer::Code(2)),
        ("refused.example.test", Answer::Code(5)),
    ]);
    for (target, words, ja) in [
        ("nosuch.example.test", "there is no name nosuch.example.test: NXDOMAIN", "存在しません"),
        ("mx:nosuch.example.test", "there is no name nosuch.example.test: NXDOMAIN", "NXDOMAIN"),
        ("empty.example.test", "empty.example.test has no address", "アドレスがありません"),
        (
            "broken.example.test",
            "could not find out about broken.example.test: SERVFAIL",
            "SERVFAIL",
        ),
        ("mx:broken.example.test", "could not find out about broken.example.test: SERVFAIL", ""),
        ("refused.example.test", "does not answer about refused.example.test: REFUSED", "拒否"),
    ] {
        let ended = visit(target, &["--dns", &names.address]).with(2);
        assert!(ended.out.contains(words), "{}", ended.out);
        assert!(ended.out.contains(&names.address), "who was asked: {}", ended.out);
        let ended = visit(target, &["--dns", &names.address, "--lang", "ja"]).with(2);
        assert!(ended.out.contains(ja), "{}", ended.out);
    }
    proven(
        "a name server on loopback",
        "NXDOMAIN, SERVFAIL and the like",
        "each told in its own words",
    );
}

#[test]
fn a_name_server_that_is_silent_is_told_from_a_server_that_is() {
    let names = NameServer::start(vec![("silent.example.test", Answer::Silence)]);
    let ended = visit("mx:silent.example.test", &["--dns", &names.address]).with(2);
    assert!(
        ended.out.contains("no name server answered about silent.example.test"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("no name server gave an answer"), "{}", ended.out);
}

#[test]
fn the_hosts_of_a_domain_are_tried_in_the_order_of_their_preferences() {
    let names = NameServer::start(vec![
        ("example.test", Answer::Mx(20, "second.example.test")),
        ("example.test", Answer::Mx(10, "first.example.test")),
        ("first.example.test", ELSEWHERE),
        ("second.example.test", HERE),
    ]);
    let dns = ["--dns", &names.address];
    let peer = server();
    let target = format!("mx:example.test:{}", port(&peer));
    let ended = visit(&target, &dns).with(0);
    peer.end();
    for words in [
        "# mail for example.test is taken by 10 first.example.test, 20 second.example.test (",
        "# first.example.test has the addresses 127.0.0.9 (",
        "connection refused after",
        "# connected to second.example.test for mx:example.test:",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }

    let peer = server();
    let target = format!("mx:example.test:{}#2", port(&peer));
    let steps = steps(&target, &[&dns[..], &["--who", "none"]].concat(), 0);
    peer.end();
    let names: Vec<_> = steps.iter().filter_map(|step| step["name"].as_str()).collect();
    assert_eq!(names, ["example.test", "second.example.test"]);
    assert_eq!(steps.last().unwrap()["host"], "second.example.test");

    let ended = visit("mx:example.test:1", &dns).with(2);
    let words = "nothing listens at second.example.test for mx:example.test:1 (";
    assert!(ended.out.contains(words), "{}", ended.out);
    let ended = visit("mx:example.test#3", &dns).with(2);
    assert!(ended.out.contains("the last of its mail hosts is number 2"), "{}", ended.out);
    proven("a name server on loopback", "mx:domain", "each host in turn, or one by number");
}

#[test]
fn what_a_mail_host_lacks_is_not_said_of_the_domain() {
    let names = NameServer::start(vec![
        ("example.test", Answer::Mx(10, "127.0.0.9")),
        ("example.test", Answer::Mx(20, "gone.example.test")),
    ]);
    let ended = visit("mx:example.test:1", &["--dns", &names.address]).with(2);
    for words in [
        "# 127.0.0.9:1: connection refused after",
        "unknown name: gone.example.test for mx:example.test:1 has no address (NXDOMAIN)",
    ] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
}

#[test]
fn of_very_many_addresses_it_is_told_which_are_not_tried() {
    let all = (0..40).map(|n| ("mx.example.test", Answer::A(Ipv4Addr::new(127, 0, 1, n))));
    let names = NameServer::start(all.collect());
    let ended = visit("mx.example.test:1", &["--dns", &names.address]).with(2);
    assert!(ended.out.contains("# 127.0.1.31:1: connection refused after"), "{}", ended.out);
    assert!(ended.out.contains("# 8 more are not tried, from 127.0.1.32:1 on"), "{}", ended.out);
}

#[test]
fn a_name_of_a_host_may_have_other_characters() {
    let names = NameServer::start(vec![
        ("example.test", Answer::Mx(10, "mx_1.example.test")),
        ("mx_1.example.test", ELSEWHERE),
    ]);
    let ended = visit("mx:example.test:1", &["--dns", &names.address]).with(2);
    let words = "# mx_1.example.test has the addresses 127.0.0.9 (";
    assert!(ended.out.contains(words), "{}", ended.out);
}

#[test]
fn what_can_be_no_name_is_asked_of_nobody() {
    for target in ["mx..example.test:1", "[fe80::1%nosuch]:1"] {
        let ended = visit(target, &["--dns", "127.0.0.1:1"]).with(2);
        assert!(ended.out.contains(&format!("no connection to {target}: ")), "{}", ended.out);
        assert!(!ended.out.contains("no name server"), "{}", ended.out);
    }
}

#[test]
fn a_domain_without_mx_is_its_own_host_and_one_with_a_null_mx_has_none() {
    let names = NameServer::start(vec![
        ("plain.example.test", HERE),
        ("null.example.test", Answer::Mx(0, ".")),
        ("null.example.test", HERE),
    ]);
    let dns = ["--dns", &names.address];
    let peer = server();
    let ended = visit(&format!("mx:plain.example.test:{}", port(&peer)), &dns).with(0);
    peer.end();
    let words = "# plain.example.test has no MX record, so its own addresses count";
    assert!(ended.out.contains(words), "{}", ended.out);
    let peer = server();
    let port = port(&peer);
    let send = ["send", "-s", "mx:plain.example.test", "-p", port, "-q", "banner"];
    Home::new().run(send.into_iter().chain(dns)).with(0);
    peer.end();
    let ended = visit("mx:null.example.test", &dns).with(2);
    assert!(ended.out.contains("null.example.test says that it takes no mail: null MX"));
    assert!(ended.out.contains("(MX 0 ., RFC 7505)"), "{}", ended.out);
    proven("a name server on loopback", "no MX, null MX", "told");
}

#[test]
fn the_name_of_the_mail_host_is_the_one_for_tls() {
    let names = NameServer::start(vec![
        ("example.test", Answer::Mx(10, "mail.example.test")),
        ("mail.example.test", HERE),
    ]);
    let peer = Peer::start(|mut client: Client| {
        client.say("220 mail.example.test\r\n");
        client.answer("STARTTLS", "220 go");
        let mut stream = client.into_stream();
        let (mut hello, mut piece) = (Vec::<u8>::new(), [0; 4096]);
        while !hello.windows(17).any(|window| window == b"mail.example.test") {
            let size = stream.read(&mut piece).unwrap();
            assert_ne!(size, 0, "no server name was sent");
            hello.extend(&piece[..size]);
        }
    });
    let port = peer.address.rsplit(':').next().unwrap();
    let target = format!("mx:example.test:{port}");
    let script = "C: STARTTLS\nS: 220\nC: EHLO x\n";
    Home::new()
        .run_with(["run", "-", "--server", &target, "--dns", &names.address], script)
        .with(2);
    peer.end();
}

#[test]
fn look_ups_and_attempts_are_in_the_recording() {
    let names = NameServer::start(vec![("mx.example.test", ELSEWHERE)]);
    let home = Home::new();
    let dns = ["--dns", &names.address, "--record", "talk.jsonl"];
    home.run_with([&["run", "-", "--server", "mx.example.test:1"], &dns[..]].concat(), SCRIPT)
        .with(2);
    let shown = home.run(["show", "talk.jsonl"]).with(0).out;
    for words in [
        "mx.example.test has the addresses 127.0.0.9",
        "127.0.0.9:1: connection refused",
        "nothing listens at mx.example.test:1",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_speaks_on_its_standard_input_and_output() {
    let home = Home::new();
    let program = "echo 220 it.example; echo oh no >&2; read quit; echo 221 bye; exit 3";
    let target = format!("pipe:{program}");
    let ended = home.run_with(["run", "-", "--server", &target], SCRIPT).with(0);
    for words in ["# started pipe:echo 220", "S: 220 it.example", "S: 221 bye", "says: oh no"] {
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
    }
    assert!(ended.out.contains("# the program ended: exit status: 3"), "{}", ended.out);

    let target = format!("lmtp:{target}");
    let ended = home.run_with(["run", "-", "--server", &target, "--json"], SCRIPT).with(0);
    let reached = ended.json()[0]["reached"].as_array().unwrap().clone();
    assert_eq!(reached[0]["protocol"], "lmtp");
    let named = |step: &str| reached.iter().find(|s| s["step"] == step).unwrap().clone();
    assert_eq!(named("said")["text"], "oh no\n");
    assert_eq!(named("exited")["how"], "exit status: 3");

    let ended = home.run_with(["run", "-", "--server", "pipe:exit 4"], SCRIPT).with(1);
    assert!(ended.out.contains("exit status: 4"), "{}", ended.out);
    proven("a program over pipes", "a session", "played");
}

/// A program that begins another one; both numbers stand in the file `pids`.
const TWO: &str = "pipe:sleep 60 & echo $$ $! >new; mv new pids; echo 220 it.example; wait";

/// Waits until `done`, for a while.
fn wait_until(done: impl Fn() -> bool) -> bool {
    let begun = std::time::Instant::now();
    while !done() && begun.elapsed().as_secs() < 10 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    done()
}

/// Insists that both programs of [`TWO`] end.
#[track_caller]
fn both_end(home: &Home) {
    let pids = String::from_utf8(home.read("pids")).unwrap();
    let pids: Vec<&str> = pids.split_whitespace().collect();
    assert_eq!(pids.len(), 2, "the shell, and what it began");
    // Nobody may be there to wait for what is left of an ended process.
    let lives = |pid: &&str| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
    };
    assert!(wait_until(|| !pids.iter().any(lives)), "the program goes on");
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_and_what_it_began_end_with_their_session() {
    let home = Home::new();
    home.run_with(["run", "-", "--server", TWO], "S: 220\n:close\n").with(0);
    both_end(&home);
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_and_what_it_began_end_with_this_one() {
    for args in [
        &["--plain", TWO][..],
        &["run", "script", "--server", TWO],
        &["send", "--server", TWO, "--to", "bob@example.net"],
    ] {
        let home = Home::new();
        home.file("script", "S: 220\nC: NOOP\nS: 250\n");
        let running = Running::start(home.ehlo(args));
        assert!(wait_until(|| home.path("pids").exists()), "it starts");
        let id = running.id().to_string();
        assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
        running.end().with(128 + 15);
        both_end(&home);
    }
}

#[cfg(unix)]
#[test]
fn each_line_that_a_program_says_beside_the_talk_is_one() {
    let program = "printf 'one\\ntwo\\npass' >&2; printf 'word: ' >&2; echo 220 x; \
        read quit; sleep 1; printf '\\033[31m' >&2; echo 221 bye";
    let ended = visit(&format!("pipe:{program}"), &[]).with(0);
    // It stopped behind its question, which is told before anything else comes.
    for line in ["one", "two", "password: ", "\\x1b[31m"] {
        let line = format!("# the program says: {line}\n");
        assert!(ended.out.contains(&line), "{line}: {}", ended.out);
    }
}

#[cfg(unix)]
#[test]
fn what_a_program_says_again_of_a_secret_is_veiled() {
    let home = Home::new();
    let program = "echo 220 x; read line; echo 535 no; printf 'AUTH PLAIN AGEA' >&2; \
        printf 'czNjcmV0\\r\\n' >&2; read quit; echo 221 bye";
    let script = "C: AUTH PLAIN AGEAczNjcmV0\nS: 535\nC: QUIT\nS: 221\n";
    let target = format!("pipe:{program}");
    let args = ["run", "-", "--server", &target, "--record", "talk.jsonl"];
    let ended = home.run_with(args, script).with(0);
    assert!(ended.out.contains("AUTH PLAIN"), "{}", ended.out);
    assert!(!ended.out.contains("AGEAczNjcmV0"), "{}", ended.out);
    let recorded = String::from_utf8(home.read("talk.jsonl")).unwrap();
    assert!(recorded.contains("\"aside\":\"AUTH PLAIN ************\\r\\n\""), "{recorded}");
    assert!(!recorded.contains("AGEAczNjcmV0"), "{recorded}");
}

#[cfg(unix)]
#[test]
fn a_socket_in_the_file_system_may_speak_lmtp() {
    use std::io::{BufRead as _, BufReader};
    let home = Home::new();
    let path = home.path("lmtp");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 x LMTP\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        stream.write_all(b"500 no\r\n").unwrap();
        line
    });
    let target = format!("lmtp:unix:{}", path.display());
    let args = ["run", "-", "--server", &target, "--tls", "starttls"];
    home.run_with(args, "C: QUIT\n").with(2);
    assert_eq!(thread.join().unwrap(), "LHLO pc.example.org\r\n", "the greeting of LMTP");
    proven("a server at a unix socket", "lmtp:unix:", "played");
}

#[cfg(unix)]
#[test]
fn a_server_takes_nobodys_file_for_the_socket_of_another_one() {
    let home = Home::new();
    let file = home.file("file", "of somebody");
    std::os::unix::fs::symlink(&file, home.path("link")).unwrap();
    for name in ["file", "link"] {
        let place = format!("unix:{}", home.path(name).display());
        let ended = home.run(["serve", "--listen", &place]).with(64);
        assert!(ended.err.contains("cannot listen on unix:"), "{}", ended.err);
        assert!(home.path(name).symlink_metadata().is_ok(), "{name} is gone");
    }
    assert_eq!(home.read("file"), b"of somebody");
}

/// Carries bytes between a client and the server at `address`, until both have said all.
fn carry(client: TcpStream, address: &str) {
    let server = TcpStream::connect(address).unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let there = std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
    there.join().unwrap();
}

/// A SOCKS5 proxy for one client, who has to log in if `login` says how; says to whom it was asked
/// to connect. It answers with `code` (RFC 1928), and with 0 carries everything to `address`.
fn socks(address: String, login: Option<&'static str>, code: u8) -> Peer<String> {
    Peer::start(move |client: Client| {
        let mut stream = client.into_stream();
        let read = |stream: &mut TcpStream, size: usize| {
            let mut bytes = vec![0; size];
            stream.read_exact(&mut bytes).unwrap();
            bytes
        };
        let methods = usize::from(read(&mut stream, 2)[1]);
        let methods = read(&mut stream, methods);
        let method = if login.is_some() { 2 } else { 0 };
        assert!(methods.contains(&method), "{methods:?}");
        stream.write_all(&[5, method]).unwrap();
        if let Some(login) = login {
            let size = usize::from(read(&mut stream, 2)[1]);
            let user = read(&mut stream, size);
            let size = usize::from(read(&mut stream, 1)[0]);
            let password = read(&mut stream, size);
            let good = [user, password].join(&b':') == login.as_bytes();
            stream.write_all(&[1, u8::from(!good)]).unwrap();
            if !good {
                return "wrong password".to_owned();
            }
        }
        let host = if read(&mut stream, 4)[3] == 1 {
            Ipv4Addr::from(<[u8; 4]>::try_from(read(&mut stream, 4)).unwrap()).to_string()
        } else {
            let size = usize::from(read(&mut stream, 1)[0]);
            String::from_utf8(read(&mut stream, size)).unwrap()
        };
        let port = read(&mut stream, 2);
        let asked = format!("{host}:{}", u16::from_be_bytes([port[0], port[1]]));
        stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
        if code == 0 {
            carry(stream, &address);
        }
        asked
    })
}

#[test]
fn a_socks_proxy_connects_and_looks_names_up() {
    let peer = server();
    let proxy = socks(peer.address.clone(), Some("me:s3cret"), 0);
    let via = format!("socks5://me:s3cret@{}", proxy.address);
    let home = Home::new();
    let args = ["run", "-", "--server", "mx.example.test:2525", "--record", "talk.jsonl", "--via"];
    let ended = home.run_with([&args[..], &[&via]].concat(), SCRIPT).with(0);
    assert_eq!(proxy.end(), "mx.example.test:2525");
    peer.end();
    let words =
        "# connected to mx.example.test:2525 (mx.example.test:2525) through socks5://127.0.0.1:";
    assert!(ended.out.contains(words), "{}", ended.out);
    let recorded = String::from_utf8(home.read("talk.jsonl")).unwrap();
    assert!(!(recorded + &ended.out + &ended.err).contains("s3cret"));
    proven("a SOCKS5 proxy on loopback", "a session through it", "played, by address and by name");
}

#[test]
fn an_option_that_cannot_be_read_says_no_password_again() {
    for args in [
        ["run", "-", "--server", "smtp://me:s3cret@mx.example.test:x"],
        ["--plain", "mx.example.test", "--via", "socks4://me:s3cret@proxy.example.test"],
        ["--plain", "mx.example.test", "--via", "http://me:s3cret@proxy.example.test:x"],
    ] {
        let ended = Home::new().run(args).with(64);
        assert!(ended.err.contains("me:***@"), "{}", ended.err);
        assert!(!ended.err.contains("s3cret"), "{}", ended.err);
    }
}

#[test]
fn what_a_socks_proxy_refuses_is_told_in_its_words() {
    for (login, code, words) in [
        (None, 5, "Connection refused"),
        (None, 4, "Host unreachable"),
        (None, 2, "Connection not allowed by ruleset"),
        (Some("me:other"), 0, "Password auth failure"),
    ] {
        let proxy = socks(String::new(), login, code);
        let user = if login.is_some() { "me:s3cret@" } else { "" };
        let address = proxy.address.clone();
        let via = format!("socks5://{user}{address}");
        let ended = visit("192.0.2.25", &["--via", &via]).with(2);
        proxy.end();
        let refused = format!("the proxy did not connect (socks5://{address}: {words}");
        assert!(ended.out.contains(&refused), "{refused}: {}", ended.out);
        assert!(!ended.out.contains("s3cret"));
    }
}

/// An HTTP proxy for one client; gives the lines that it was asked with.
fn http(address: Option<String>, answer: &'static str) -> Peer<Vec<String>> {
    Peer::start(move |mut client: Client| {
        let mut lines = Vec::new();
        loop {
            let line = client.line();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim_end().to_owned());
        }
        client.say(answer);
        if let Some(address) = address {
            carry(client.into_stream(), &address);
        } else {
            // It does not close: its answer is enough.
            client.rest();
        }
        lines
    })
}

#[test]
fn an_http_proxy_connects_and_its_refusal_is_told() {
    let peer = server();
    let proxy =
        http(Some(peer.address.clone()), "HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n");
    let via = format!("http://me:s3cret@{}", proxy.address);
    let steps = steps("mx.example.test:2525", &["--via", &via], 0);
    let asked = proxy.end();
    peer.end();
    assert_eq!(asked[0], "CONNECT mx.example.test:2525 HTTP/1.1");
    assert!(asked.contains(&"Proxy-Authorization: Basic bWU6czNjcmV0".to_owned()), "{asked:?}");
    assert_eq!(
        steps.last().unwrap()["via"],
        format!("http://{}", via.trim_start_matches("http://me:s3cret@"))
    );

    for (answer, words) in [
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "HTTP/1.1 403 Forbidden)"),
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 407 Proxy"),
        ("HTTP/1.1 403 Forbidden\n", "HTTP/1.1 403 Forbidden)"),
        ("220 this is no proxy\r\n", "220 this is no proxy)"),
    ] {
        let begun = std::time::Instant::now();
        let proxy = http(None, answer);
        let via = format!("http://{}", proxy.address);
        let ended = visit("mx.example.test", &["--via", &via]).with(2);
        proxy.end();
        assert!(ended.out.contains(words), "{words}: {}", ended.out);
        assert!(begun.elapsed().as_secs() < 15, "{words}: nothing more was needed");
    }
    proven("an HTTP proxy on loopback", "CONNECT", "played; a refusal is told");
}

#[test]
fn a_proxy_is_asked_for_a_name_as_name_servers_are() {
    let proxy = http(None, "HTTP/1.1 403 Forbidden\r\n\r\n");
    let via = format!("http://{}", proxy.address);
    let ended = visit("m\u{fc}ller.example.test", &["--via", &via]).with(2);
    assert_eq!(proxy.end()[0], "CONNECT xn--mller-kva.example.test:25 HTTP/1.1");
    let words = "no connection to m\u{fc}ller.example.test:25 = xn--mller-kva.example.test: ";
    assert!(ended.out.contains(words), "{}", ended.out);
}

#[test]
fn a_proxy_that_cannot_be_reached_is_told_from_the_server() {
    let names = NameServer::start(vec![
        ("proxy.example.test", ELSEWHERE),
        ("example.test", Answer::Mx(10, "one.example.test")),
        ("example.test", Answer::Mx(20, "two.example.test")),
    ]);
    for (target, proxy, words, ja) in [
        ("mx.example.test", "http://127.0.0.1:1", "nothing listens at the proxy ", "プロキシ "),
        ("mx:example.test", "socks5://127.0.0.1:1", "nothing listens at the proxy ", ""),
        ("mx.example.test", "http://proxy.example.test:1", "nothing listens at the proxy ", ""),
        ("mx.example.test", "http://gone.example.test:1", "unknown name: the proxy ", ""),
    ] {
        let options = ["--dns", &names.address, "--via", proxy];
        let ended = visit(target, &options).with(2);
        let words = format!("{words}{proxy}");
        assert_eq!(ended.out.matches(&words).count(), 1, "{words}: {}", ended.out);
        let ended = visit(target, &[&options[..], &["--lang", "ja"]].concat()).with(2);
        assert!(ended.out.contains(&format!("{ja}{proxy}")), "{}", ended.out);
    }
}

/// A server that does not know the PROXY protocol, as far as one reply to each line goes.
fn unaware(mut client: Client) {
    client.say("220 mx.example.test\r\n");
    loop {
        let line = client.line();
        let reply = match line.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" => "250 mx.example.test",
            "QUIT" | "QUIT\n" => "221 bye",
            _ => "502 5.5.2 Error: command not recognized",
        };
        if line.is_empty() || !client.say(format!("{reply}\r\n")) || reply.starts_with("221") {
            return;
        }
    }
}

const EHLO: &str = "S: 220\nC: EHLO pc.example.org\nS: 250\nC: QUIT\nS: 221\n";

#[test]
fn a_server_that_takes_the_header_for_a_command_is_named_and_shifts_nothing() {
    let peer = Peer::start(unaware);
    let args = ["run", "-", "--server", &peer.address, "--proxy-protocol", "v1"];
    let ended = Home::new().run_with(args, EHLO).with(1);
    peer.end();
    assert!(ended.out.contains("# sent before the greeting: PROXY v1 TCP4 127.0.0.1:"));
    assert!(ended.out.contains("# A16 error: "), "{}", ended.out);

    // A person goes on all the same, and gets the right answers.
    let peer = Peer::start(unaware);
    let args = ["--plain", &peer.address, "--proxy-protocol", "v1"];
    let ended = Home::new().run_with(args, "EHLO pc.example.org\nQUIT\n").with(0);
    peer.end();
    let said: Vec<_> = ended.out.lines().filter(|line| !line.starts_with('#')).collect();
    let order = ["S: 220 mx.example.test", "S: 502 5.5.2 Error: command not recognized"];
    let rest = ["C: EHLO pc.example.org", "S: 250 mx.example.test", "C: QUIT", "S: 221 bye"];
    assert_eq!(said, [&order[..], &rest[..]].concat());

    // The signature of version 2 is a QUIT.
    let peer = Peer::start(unaware);
    let args = ["--plain", &peer.address, "--proxy-protocol", "v2-local"];
    let ended = Home::new().run_with(args, "EHLO pc.example.org\n").with(2);
    peer.end();
    assert!(ended.out.contains("PROXY v2 LOCAL (16 B)"), "{}", ended.out);
    assert!(ended.out.contains("S: 221 bye") && ended.out.contains("A16"), "{}", ended.out);
    proven("a server that does not know PROXY", "drift", "noticed (A16)");
}

#[test]
fn what_stands_before_the_greeting_can_be_nonsense_and_is_recorded() {
    let peer = Peer::start(|mut client: Client| {
        let first = client.raw_line();
        client.say("220 mx.example.test\r\n");
        client.answer("QUIT", "221 bye");
        first
    });
    let raw = "PROXY TCP9 \\x00\\xff nowhere";
    let home = Home::new();
    let options = ["--proxy-protocol", raw, "--record", "talk.jsonl"];
    home.run_with([&["run", "-", "--server", &peer.address], &options[..]].concat(), SCRIPT)
        .with(0);
    assert_eq!(peer.end(), b"PROXY TCP9 \0\xff nowhere\r\n");
    let shown = home.run(["show", "talk.jsonl"]).with(0).out;
    assert!(shown.contains("as it stands: PROXY TCP9 \\0\\xff nowhere\\r\\n (23 B)"), "{shown}");

    for wrong in ["x\\q", "x\\x4", "V2", "v2-unknown"] {
        home.run(["--plain", "--proxy-protocol", wrong, "h"]).with(64);
    }
    home.run(["--plain", "--proxy-source", "192.0.2.7:1", "h"]).with(64);
}

#[cfg(unix)]
#[test]
fn real_servers_take_the_header_in_both_versions() {
    let ours = ["--proxy-source", "192.0.2.7:40000", "--proxy-destination", "192.0.2.25:25"];
    let six = ["--proxy-source", "[2001:db8::7]:40000", "--proxy-destination", "[2001:db8::25]:25"];
    for name in ["postfix", "exim"] {
        let Some(server) = servers::Server::start(name, &["plain", "plain+proxy"]) else {
            continue;
        };
        let visit = |door: &str, options: &[&str]| {
            let at = server.at(door);
            let args = [&["run", "-", "--server", &at, "--timeout", "20"], options].concat();
            Home::new().run_with(args, EHLO)
        };
        for (form, ends, address) in [
            ("v1", &ours, "192.0.2.7"),
            ("v2", &ours, "192.0.2.7"),
            ("v1", &six, "2001:db8::7"),
            ("v2", &six, "2001:db8::7"),
        ] {
            if name == "postfix" && address.contains(':') {
                // It listens by IPv4 alone, and then has no use for other addresses.
                continue;
            }
            let ended = visit("plain+proxy", &[&["--proxy-protocol", form], &ends[..]].concat());
            let ended = ended.with(0);
            assert!(ended.out.contains(&format!("PROXY {form}")), "{}", ended.out);
            // Exim says it in its answer, Postfix in its log alone.
            let log = std::fs::read_to_string(server.file("log")).unwrap_or_default();
            let known = ended.out.contains(&format!("[{address}]"))
                || log.contains(&format!("connect from unknown[{address}]"));
            assert!(known, "{name} {form}: {}\n{log}", ended.out);
        }
        let ended = visit("plain+proxy", &["--proxy-protocol", "v2-local"]).with(0);
        assert!(ended.out.contains("PROXY v2 LOCAL (16 B)"), "{}", ended.out);

        // A door where no header is expected.
        let ended = visit("plain", &["--proxy-protocol", "v1"]);
        assert_ne!(ended.code, Some(0), "{}", ended.out);
        let noticed = ended.out.contains("A16") || ended.out.contains("S: 554");
        assert!(noticed, "{name}: {}", ended.out);
        proven(name, "PROXY v1, v2, LOCAL", "taken; noticed at a door that knows none");
    }
}
