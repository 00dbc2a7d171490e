//! Many clients at once, and clients that behave badly: memory stays within bounds, time-outs are
//! those that were announced, and the others are served as ever.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::guest::Guest;
use crate::program::{Home, arg};
use crate::serving::Serving;

/// What a process has in memory now, in KiB.
fn memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// How long a whole message takes, the longest of some.
fn one_message(port: u16) -> Duration {
    let one = || {
        let begun = Instant::now();
        let mut guest = Guest::enter(port);
        guest.says_hello();
        guest.sends_message("Subject: x");
        guest.asks("QUIT", "221 ");
        begun.elapsed()
    };
    (0..5).map(|_| one()).max().unwrap()
}

#[test]
fn many_idle_clients_and_many_busy_ones() {
    let home = Home::new();
    let serving = Serving::start(&home, &["--max-messages", "100000"]);
    let before = memory(serving.id());
    let mut idle: Vec<_> = (0..400).map(|_| Guest::enter(serving.port)).collect();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let mut guest = Guest::enter(serving.port);
                guest.says_hello();
                (0..10).for_each(|_| guest.sends_message("Subject: x"));
                guest.asks("QUIT", "221 ");
            });
        }
    });
    assert!(idle.iter_mut().all(|guest| guest.ask("NOOP").starts_with("250 ")));
    let each = memory(serving.id()).saturating_sub(before) / 400;
    eprintln!("an idle client: {each} KiB");
    assert!(each < 400, "{each} KiB for each client");
}

/// One sends and does not read, one reads and does not send, one sends a byte now and then, and many
/// say nothing: the others do not notice, and all of them are gone when their time is over.
#[test]
fn bad_clients_cost_little_and_are_gone_in_time() {
    let home = Home::new();
    let mut serving = Serving::start(&home, &["--json", "--timeout", "3"]);
    one_message(serving.port);
    let (before, begun) = (memory(serving.id()), Instant::now());
    let silent: Vec<_> = (0..50).map(|_| Guest::connect(serving.port)).collect();
    let mut deaf = Guest::enter(serving.port);
    let stream = deaf.0.get_mut();
    stream.set_nonblocking(true).unwrap();
    let mut sent = 0;
    let mut slow = Guest::enter(serving.port);
    let mut last = Instant::now();
    let mut longest = Duration::ZERO;
    while begun.elapsed() < Duration::from_secs(2) {
        // As long as the server reads.
        match stream.write(&b"HELP\r\n".repeat(1_000)) {
            Ok(count) => sent += count,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
        if last.elapsed() > Duration::from_millis(300) {
            slow.send("X");
            last = Instant::now();
            longest = longest.max(one_message(serving.port));
        }
    }
    let more = memory(serving.id()).saturating_sub(before);
    eprintln!("50 silent, 1 deaf ({sent} bytes), 1 slow: {more} KiB, a message {longest:?}");
    assert!(more < 60 << 10, "{more} KiB");
    assert!(longest < Duration::from_secs(1), "{longest:?}");
    let mut ended = Vec::new();
    while ended.len() < 52 {
        let event = serving.event("session");
        if event["messages"] == 0 {
            ended.push(event["ended"].as_str().unwrap().to_owned());
        }
    }
    let took = begun.elapsed();
    assert!(took > Duration::from_secs(3) && took < Duration::from_secs(12), "{took:?}");
    let late = ended.iter().filter(|how| *how == "timed-out").count();
    assert!(late >= 51, "{ended:?}");
    drop((silent, deaf, slow));
}

/// Whoever never ends a line, a message or a chunk is not remembered without end.
#[test]
fn what_never_ends_is_not_remembered_for_ever() {
    let home = Home::new();
    let serving = Serving::start(&home, &["--max-size", "1M"]);
    one_message(serving.port);
    let before = memory(serving.id());
    for begin in ["", "DATA\r\n", "BDAT 999999999\r\n"] {
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.send("MAIL FROM:<a@x.example>\r\nRCPT TO:<bob@example.net>\r\n");
        guest.send(begin);
        (0..48).for_each(|_| guest.send(&"x".repeat(1 << 20)));
        let more = memory(serving.id()).saturating_sub(before);
        eprintln!("48 MiB behind {begin:?}: {more} KiB");
        assert!(more < 8 << 10, "{begin:?}: {more} KiB");
    }
}

/// Lines are remembered, but not without end: long ones, those that mean much more than they are long,
/// and those for which a fault never has an answer.
#[test]
fn what_is_said_without_end_is_not_remembered_for_ever() {
    let home = Home::new();
    let silent = home.file(
        "silent.toml",
        "title = { en = 'Silent' }\n[[rule]]\non = 'noop'\ndo = [{ hang = true }]\n",
    );
    let long = format!("{}\r\n", "x".repeat(65_000));
    let path = format!("RCPT TO:<{}@x.example>\r\n", "a".repeat(65_000));
    let means_much = format!("MAIL FROM:<a@x.example>{}\r\n", " x=y".repeat(500));
    for (what, line, options) in [
        ("long lines", &long, &[][..]),
        ("long paths", &path, &[]),
        ("many parameters", &means_much, &[]),
        ("long lines and no answer", &long, &["--fault", arg(&silent)]),
    ] {
        let serving = Serving::start(&home, options);
        one_message(serving.port);
        let before = memory(serving.id());
        let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut heard = stream.try_clone().unwrap();
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            let _ = heard.read_to_end(&mut all);
            String::from_utf8_lossy(&all).into_owned()
        });
        let _ = stream.write_all(b"NOOP\r\n");
        let begun = Instant::now();
        let (mut most, mut sent) = (before, 0);
        while sent < 512 << 20 && stream.write_all(line.as_bytes()).is_ok() {
            sent += line.len();
            most = most.max(memory(serving.id()));
        }
        let more = most - before;
        let took = begun.elapsed();
        eprintln!("{what}: {} MiB sent, {} MiB more in memory, {took:?}", sent >> 20, more >> 10);
        assert!(more < 150 << 10, "{what}: {more} KiB");
        if options.is_empty() {
            let told = reader.join().unwrap();
            let last = told.trim_end().rsplit("\r\n").next().unwrap_or_default();
            assert!(last.starts_with("421 4.3.1 "), "{what}: {last}");
        } else {
            assert!(sent < 512 << 20, "{what}: it is read for ever");
        }
        one_message(serving.port);
    }
}

/// Short commands are many more than they have bytes, and what is remembered of them counts.
#[test]
fn a_flood_of_commands_ends() {
    let home = Home::new();
    let serving = Serving::start(&home, &["--catch-all"]);
    one_message(serving.port);
    let before = memory(serving.id());
    let mut stream = TcpStream::connect(("127.0.0.1", serving.port)).unwrap();
    let mut heard = stream.try_clone().unwrap();
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        let _ = heard.read_to_end(&mut all);
        all
    });
    let lines = b"RSET\r\n".repeat(10_000);
    let writer = std::thread::spawn(move || while stream.write_all(&lines).is_ok() {});
    let mut most = before;
    while !reader.is_finished() {
        most = most.max(memory(serving.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    writer.join().unwrap();
    let all = reader.join().unwrap();
    let last = String::from_utf8_lossy(&all[all.len().saturating_sub(100)..]).into_owned();
    let more = most - before;
    eprintln!("a flood: {more} KiB, {last:?}");
    assert!(more < 76 << 10, "{more} KiB");
    one_message(serving.port);
}
