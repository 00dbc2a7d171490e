//! Who asks, and reads the answers slowly or not at all: no client is held up by that, no stop, and what
//! was asked for is not lost.

use std::time::{Duration, Instant};

use crate::guest::Guest;
use crate::program::{Home, high_water};
use crate::serving::Serving;

/// A server that keeps a message of so many bytes, which is number 1.
fn keeping(home: &Home, size: usize) -> Serving {
    let mut serving = Serving::start_asked(home, &["--json", "--max-messages", "100000"]);
    let mut guest = Guest::enter(serving.port);
    guest.says_hello();
    guest.begins_message();
    let line = "x".repeat(998) + "\r\n";
    guest.send(&line.repeat(size / line.len()));
    guest.asks(".", "250 ");
    guest.asks("QUIT", "221 ");
    serving.event("session");
    serving
}

/// More than waits for who reads slowly, so that what comes behind it waits, too.
const LARGE: usize = 17 << 20;

/// A session is asked for what it has said so far while nobody reads the answers.
#[test]
fn who_reads_slowly_holds_no_session_up() {
    let home = Home::new();
    for _ in 0..3 {
        let mut serving = keeping(&home, LARGE);
        let mut guest = Guest::enter(serving.port);
        guest.says_hello();
        guest.0.get_mut().set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        serving.tell(":show 1\n:show session 2\n:show session 2");
        // Each of these is told, and so waits behind the large answer.
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(3) {
            guest.asks("RCPT TO:<bob@example.net>", "503 ");
            guest.asks("MAIL FROM:<a@x.example> SIZE=99999999999", "552 ");
        }
        guest.asks("QUIT", "221 ");
    }
}

#[test]
fn who_reads_nothing_can_still_quit() {
    let home = Home::new();
    let mut serving = keeping(&home, LARGE);
    let mut idle = Guest::enter(serving.port);
    serving.tell(":show 1\n:show 1\n:show 1\n:quit");
    assert!(idle.hear().starts_with("421 "));
}

/// Another server may take its time: what is asked behind it is answered all the same.
#[test]
fn a_slow_server_holds_no_quit_up() {
    let home = Home::new();
    let mut serving = keeping(&home, 1_000);
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = format!(":relay 1 {}", deaf.local_addr().unwrap());
    serving.tell(&format!("{relay}\n:list\n:quit"));
    let silent = deaf.accept().unwrap();
    let (told, code) = serving.rest();
    let events: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().find(|event| event["event"] == kind).expect(kind);
    assert!(of("stopping")["at"].is_string());
    assert_eq!(of("listed")["directive"], ":list");
    let answer = of("not-done");
    assert_eq!(answer["directive"], relay.as_str());
    assert!(answer["why"].as_str().unwrap().contains("when the server stopped"), "{answer}");
    assert_eq!((&of("stopped")["messages"], code), (&1.into(), Some(0)));
    drop(silent);
}

/// What was said before `:quit` is answered, and before the end of the input, too.
#[test]
fn what_was_asked_before_the_end_is_answered() {
    let home = Home::new();
    let lines = ":show 1\n:show 2\n".repeat(50);
    let count = |told: &str, event: &str| told.matches(&format!("\"event\":\"{event}\"")).count();
    let mut serving = keeping(&home, 1_000);
    serving.tell(&format!("{lines}:quit"));
    let (told, code) = serving.rest();
    assert_eq!((count(&told, "shown"), count(&told, "not-done"), code), (50, 50, Some(0)));
    let mut serving = keeping(&home, 1_000);
    serving.tell(&lines);
    serving.ask_no_more();
    (0..50).for_each(|_| drop(serving.event("shown")));
    serving.stop();
}

/// At the end a reader is waited for a moment; what he has asked for stays in that time.
#[test]
fn who_stalls_at_the_end_finds_his_answers() {
    let home = Home::new();
    let mut serving = keeping(&home, 100_000);
    serving.tell(":show 1\n:show 1\n:show 1\n:quit");
    std::thread::sleep(Duration::from_millis(1_300));
    let (told, code) = serving.rest();
    let events: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown = events.iter().filter(|event| event["event"] == "shown").count();
    assert_eq!((shown, code), (3, Some(0)));
    assert_eq!(events.last().unwrap()["event"], "stopped");
}

/// A line has an end; one that is too long is named by its beginning, once.
#[test]
fn a_line_that_is_too_long_takes_no_memory() {
    let home = Home::new();
    let mut serving = Serving::start_asked(&home, &["--json"]);
    serving.tell(&format!(":{}", "x".repeat(50 << 20)));
    let answer = serving.event("not-done");
    let why = answer["why"].as_str().unwrap();
    assert!(why.contains("longer than 65536 B"), "{why}");
    let directive = answer["directive"].as_str().unwrap();
    assert!(directive.starts_with(":xxx") && directive.ends_with('\u{2026}'), "{directive}");
    assert!(answer.to_string().len() < 2_000);
    let peak = high_water(serving.id());
    assert!(peak < 60_000, "{peak} KB");
    // One that is only wrong, too.
    for begin in [":", ":show ", ":fault ", ":save 1 ", ":relay 1 ", ":relay 1 --"] {
        serving.tell(&format!("{begin}{}", "x".repeat(60_000)));
        let answer = serving.event("not-done").to_string();
        assert!(answer.len() < 3_000, "{answer}");
    }
    assert_eq!(serving.ask(":list")["event"], "listed");
}
