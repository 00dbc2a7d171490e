//! How a server ends, and what is there then of what it has acknowledged.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::guest::Guest;
use crate::program::{Home, arg};
use crate::serving::Serving;
use crate::{mails, servers};

/// Who is in the middle of a message may finish it; who is not is told, and nobody new comes in.
#[test]
fn what_is_under_way_is_finished_and_the_others_are_told() {
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = Serving::start(&home, &["--json", "--maildir", arg(&dir)]);
    let mut idle = Guest::enter(serving.port);
    let mut busy = Guest::enter(serving.port);
    busy.says_hello();
    busy.begins_message();
    busy.send("Subject: half");
    serving.event("began");
    serving.event("began");
    serving.signal("-TERM");
    assert!(idle.hear().starts_with("421 4.3.2 "));
    assert_eq!(idle.hear(), "", "and the connection is closed");
    serving.event("stopping");
    serving.event("session");
    assert!(std::net::TcpStream::connect(("127.0.0.1", serving.port)).is_err());
    assert!(busy.ask(" done\r\n.").starts_with("250 "));
    assert!(busy.hear().starts_with("421 4.3.2 "));
    let (_, code) = serving.rest();
    assert_eq!(code, Some(0));
    assert_eq!(mails(&dir.join("new"))[0].1, b"Subject: half done\r\n");
}

#[test]
fn nobody_holds_it_up_for_ever_and_a_second_signal_not_at_all() {
    let home = Home::new();
    for signals in [1, 2] {
        let mut serving = Serving::start(&home, &["--json"]);
        let mut busy = Guest::enter(serving.port);
        busy.says_hello();
        busy.begins_message();
        let begun = Instant::now();
        for _ in 0..signals {
            serving.signal("-INT");
            if signals == 2 {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        assert_eq!(serving.event("session")["ended"], "refused");
        assert!(busy.hear().starts_with("421 4.3.2 "), "before the end it is told");
        assert_eq!(serving.rest().1, Some(0));
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(if signals == 1 { 9 } else { 3 }), "{took:?}");
        assert!(signals == 2 || took >= Duration::from_secs(4), "{took:?}");
    }
}

/// Several clients send as fast as they can until `disturb` is done; gives what they were told was
/// taken.
fn while_many_send(port: u16, disturb: impl FnOnce()) -> Vec<String> {
    let (told, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for sender in 0..4 {
            let (told, stop) = (&told, &stop);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) || !one(port, sender, number, told) {
                        return;
                    }
                }
            });
        }
        while told.lock().unwrap().len() < 40 {
            std::thread::sleep(Duration::from_millis(5));
        }
        disturb();
        stop.store(true, Ordering::Relaxed);
    });
    told.into_inner().unwrap()
}

/// One message in a session of its own; `false` where the server is no longer there.
fn one(port: u16, sender: usize, number: usize, told: &Mutex<Vec<String>>) -> bool {
    use std::io::Write as _;
    if std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        return false;
    }
    let mut guest = Guest::connect(port);
    let text = format!("Subject: {sender} {number}\r\n\r\n{}\r\n", "x".repeat(3_000));
    let all = String::from(
        "EHLO pc.example.org\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n",
    );
    let mut ask = |text: &str| guest.0.get_mut().write_all(text.as_bytes()).is_ok();
    if !ask(&all) {
        return true;
    }
    for reply in ["220 ", "250-", "250 ", "250 ", "354 "] {
        if !guest.hear().starts_with(reply) {
            return true;
        }
    }
    if guest.0.get_mut().write_all(format!("{text}.\r\n").as_bytes()).is_ok()
        && guest.hear().starts_with("250 ")
    {
        told.lock().unwrap().push(text);
    }
    true
}

fn all_there(dir: &Path, told: &[String]) -> usize {
    let stored = mails(&dir.join("new"));
    let lacks = |text: &&String| !stored.iter().any(|(_, mail)| mail == text.as_bytes());
    let lost: Vec<_> = told.iter().filter(lacks).collect();
    assert!(lost.is_empty(), "{} of {} are lost", lost.len(), told.len());
    stored.len()
}

#[test]
fn what_was_acknowledged_is_there_behind_sigterm_and_kill_9() {
    for signal in ["-TERM", "-KILL"] {
        let home = Home::new();
        let dir = home.path("mail");
        let serving = Serving::start(&home, &["--maildir", arg(&dir), "--json"]);
        // Nobody reads the log: that holds nothing up.
        let told = while_many_send(serving.port, || serving.signal(signal));
        let stored = all_there(&dir, &told);
        assert!(signal != "-TERM" || stored == told.len(), "{stored} and {}", told.len());
    }
}

/// A file system of a megabyte: what does not fit is refused with 452, and nothing is lost.
#[test]
fn a_full_disk_takes_nothing_that_it_cannot_keep() {
    let home = Home::new();
    let dir = home.path("mail");
    std::fs::create_dir(&dir).unwrap();
    let small = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", arg(&dir)];
    if !Command::new("mount").args(small).status().is_ok_and(|status| status.success()) {
        return servers::skip("a file system of a megabyte", "mount is for root");
    }
    let mut serving = Serving::start(&home, &["--json", "--maildir", arg(&dir)]);
    let mut told = Vec::new();
    let mut full = 0;
    for number in 0..40 {
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.begins_message();
        let text = format!("Subject: {number}\r\n\r\n{}\r\n", "x".repeat(40_000));
        let reply = guest.ask(&format!("{text}."));
        if reply.starts_with("250 ") {
            told.push(text);
        } else {
            assert!(reply.starts_with("452 4.3.1 "), "{reply}");
            full += 1;
        }
        // The session goes on.
        guest.asks("NOOP", "250 ");
    }
    assert!(full > 10 && told.len() > 5, "{full} and {}", told.len());
    assert_eq!(all_there(&dir, &told), told.len());
    assert_eq!(mails(&dir.join("tmp")).len(), 0, "nothing half is left");
    serving.event("not-stored");
    // There is room again.
    std::fs::remove_dir_all(dir.join("new")).unwrap();
    std::fs::create_dir(dir.join("new")).unwrap();
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.sends_message("Subject: room");
    serving.stop();
    assert!(Command::new("umount").arg(&dir).status().unwrap().success());
}

/// A server whose files may have so many blocks at most (`ulimit -f`).
fn limited(home: &Home, maildir: &Path, blocks: u32) -> Serving {
    let limit = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let serve = ["serve", "--listen", "127.0.0.1:0", "--json", "--maildir", arg(maildir)];
    let mut command = Command::new("sh");
    command.args(["-c", &limit, env!("CARGO_BIN_EXE_ehlo")]).args(serve);
    command.env("HOME", home.path("."));
    Serving::run(command)
}

/// A file that may not grow any further is as a full disk, and does not end the server.
#[test]
fn a_limit_of_files_ends_no_server() {
    let home = Home::new();
    let dir = home.path("mail");
    let serving = limited(&home, &dir, 64);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.begins_message();
    let reply = guest.ask(&format!("Subject: large\r\n\r\n{}\r\n.", "x".repeat(100_000)));
    assert!(reply.starts_with("452 4.3.1 "), "{reply}");
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.sends_message("Subject: small");
    assert_eq!(mails(&dir.join("new")).len(), 1);
}

/// Where a session cannot be recorded from its beginning on, its client and the log hear why.
#[test]
fn a_disk_that_is_full_from_the_beginning_is_said_to_be() {
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = limited(&home, &dir, 0);
    let is_told = |serving: &mut Serving, why: &str| {
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.begins_message();
        let reply = guest.ask("Subject: x\r\n.");
        assert!(reply.starts_with("452 4.3.1 ") && reply.contains(why), "{reply}");
        guest.asks("QUIT", "221 ");
        let session = serving.event("session");
        assert!(session["not_kept"].as_str().is_some_and(|told| told.contains(why)), "{session}");
    };
    is_told(&mut serving, "File too large");
    let left: Vec<_> = std::fs::read_dir(dir.join("sessions")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    // A journal that cannot be made goes the same way.
    std::fs::remove_dir(dir.join("sessions")).unwrap();
    std::fs::write(dir.join("sessions"), "").unwrap();
    is_told(&mut serving, "Not a directory");
}

/// Whoever reads the log late, or reads it slowly, is told how much he has missed, and the sums: they
/// are those of what happened.
#[test]
fn a_log_that_is_read_late_ends_with_its_sums() {
    let home = Home::new();
    let mut serving = Serving::start(&home, &["--json", "--max-messages", "100000"]);
    let refused = format!("RCPT TO:<{}@example.net>\r\n", "x".repeat(60));
    for _ in 0..4 {
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.asks("MAIL FROM:<a@x.example>", "250 ");
        for _ in 0..20 {
            guest.send(&refused.repeat(200));
            (0..200).for_each(|_| assert!(guest.hear().starts_with(['4', '5'])));
        }
    }
    for _ in 0..30 {
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.sends_message("Subject: x");
        guest.asks("QUIT", "221 ");
    }
    serving.signal("-TERM");
    // Until long behind its end, as it would be.
    std::thread::sleep(Duration::from_millis(1_300));
    let (told, code) = serving.rest();
    let lines: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!(last["event"], "stopped", "{} lines", lines.len());
    assert_eq!((&last["sessions"], &last["messages"]), (&34.into(), &30.into()));
    let missed = lines.iter().filter(|line| line["event"] == "missed");
    let missed: u64 = missed.map(|line| line["events"].as_u64().unwrap()).sum();
    eprintln!("{missed} events missed, {} told", lines.len());
    assert!(missed > 0);
    // Nothing is told twice, and nothing is passed over without being counted.
    let told = lines.iter().filter(|line| {
        ["refused", "message", "began", "session", "stopping"]
            .iter()
            .any(|kind| line["event"] == *kind)
    });
    assert_eq!(told.count() as u64 + missed, 4 * 4_000 + 30 * 3 + 4 * 2 + 1);
    assert_eq!(code, Some(0));
}

/// What was asked and is read late, or not at all, is no event that was missed.
#[test]
fn what_was_asked_and_not_read_is_no_event() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    (0..50).for_each(|_| guest.asks("HELP", "214"));
    guest.asks("QUIT", "221 ");
    serving.event("session");
    // More than a pipe holds.
    (0..200).for_each(|_| serving.tell(":show session 1"));
    serving.tell(":quit");
    while std::net::TcpStream::connect(("127.0.0.1", serving.port)).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    // Until it no longer waits for the lines before the last.
    std::thread::sleep(Duration::from_millis(1_300));
    let (told, _) = serving.rest();
    let events: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind).count() as u64;
    let missed = events.iter().filter_map(|event| event["events"].as_u64()).sum::<u64>();
    let sessions = events.last().unwrap()["sessions"].as_u64().unwrap();
    // The first one was told of before.
    assert_eq!(of("began") + of("session") + of("stopping") + missed, 2 * (sessions - 1) + 1);
}

#[test]
fn who_vanishes_in_the_middle_of_a_message_leaves_none() {
    let home = Home::new();
    let dir = home.path("mail");
    let mut serving = Serving::start(&home, &["--json", "--maildir", arg(&dir)]);
    for text in ["Subject: half", "Subject: half\r\n", "Subject: half\r\n."] {
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.begins_message();
        guest.send(text);
        drop(guest);
        assert_eq!(serving.event("session")["ended"], "cut-short");
    }
    serving.stop();
    for folder in ["new", "tmp", "cur"] {
        assert_eq!(mails(&dir.join(folder)).len(), 0, "{folder}");
    }
    assert_eq!(mails(&dir.join("sessions")).len(), 3, "their journals are there");
}

/// Nobody reads: the second signal ends it all the same, and at once.
#[test]
fn who_reads_nothing_does_not_hold_the_second_signal_up() {
    let home = Home::new();
    let mut serving = Serving::start(&home, &["--json"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.asks("MAIL FROM:<a@x.example>", "250 ");
    // More than a pipe holds.
    let refused = format!("RCPT TO:<{}@example.net>\r\n", "x".repeat(60));
    for _ in 0..5 {
        guest.send(&refused.repeat(200));
        (0..200).for_each(|_| assert!(guest.hear().starts_with(['4', '5'])));
    }
    serving.signal("-TERM");
    assert!(guest.hear().starts_with("421 "));
    let begun = Instant::now();
    serving.signal("-TERM");
    serving.ends();
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
}

/// Who has come before the stop is told of before it.
#[test]
fn nobody_begins_behind_the_stop() {
    let home = Home::new();
    for _ in 0..10 {
        let mut serving = Serving::start(&home, &["--json"]);
        let _guests: Vec<_> = (0..20).map(|_| Guest::enter(serving.port)).collect();
        serving.signal("-TERM");
        let (told, _) = serving.rest();
        let behind = told.lines().skip_while(|line| !line.contains("\"stopping\""));
        assert_eq!(behind.filter(|line| line.contains("\"began\"")).count(), 0, "{told}");
    }
}
