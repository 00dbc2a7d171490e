//! Lines about the session over the panes: where its time went, and what differs from another one.

use ehlo::journal::{Event, Moment, Side};
use ehlo::knowledge::Lang;
use ehlo::session::Dialogue;
use ehlo::session::selection::Selection;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;

use super::checks::{everywhere, golden};
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, MESSAGE, SMALL, Scene};

const TINY: (u16, u16) = (40, 10);

/// A server that takes its time, and wants some hosts to come again.
fn slow(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
    for (line, wait, reply) in [
        ("MAIL FROM:<alice@example.org>\r\n", 4, "250 2.1.0 Ok\r\n"),
        ("RCPT TO:<bob@example.net>\r\n", 5, "250 2.1.5 Ok\r\n"),
        ("RCPT TO:<carol@example.net>\r\n", 6, "450 4.7.1 Greylisted, come again\r\n"),
    ] {
        scene.bytes(Side::Client, line.as_bytes());
        scene.waits(wait);
        scene.server(reply.as_bytes());
    }
    scene.bytes(Side::Client, b"DATA\r\n");
    scene.waits(2);
    scene.press("esc");
    scene.press("shift-t");
    scene
}

#[test]
fn where_the_time_went_is_seen_while_it_goes_on() {
    everywhere("times", slow);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("times-{code}-40x10"), &slow(TINY, lang));
    }
    let mut scene = slow(SMALL, Lang::En);
    assert!(scene.shows("DATA                               2.0 s"), "{}", scene.grid());
    scene.waits(5);
    assert!(scene.shows("DATA                               7.0 s"), "{}", scene.grid());
    scene.server(b"354 go\r\n");
    // Enter goes to the exchange in the transcript.
    for _ in 0..3 {
        scene.press("up");
    }
    scene.press("enter");
    assert_eq!(scene.model.session.selection, Selection::new(vec![4], Vec::new()));
    // A view by its name is the same.
    scene.types(":view times");
    scene.press("enter");
    assert!(scene.shows("DATA                               7.0 s"), "{}", scene.grid());
    scene.press("esc");
    assert!(!scene.shows("7.0 s "), "{}", scene.grid());
}

/// Another session, in which the other server offers less and refuses a recipient.
fn compared(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    let other = scene.another("mx.example.com");
    for (from, text) in [
        (Side::Client, "EHLO pc.example.org\r\n"),
        (Side::Server, "250-mx.example.com\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"),
        (Side::Client, "MAIL FROM:<alice@example.org>\r\n"),
        (Side::Server, "250 Ok\r\n"),
        (Side::Client, "RCPT TO:<bob@example.net>\r\n"),
        (Side::Server, "550-No such user here\r\n550 \x1b[31mbob\r\n"),
    ] {
        scene.elsewhere(
            other,
            ehlo::journal::Happening::Bytes { from, data: text.into(), veiled: Vec::new() },
        );
    }
    scene.press("ctrl-pageup");
    scene.press("esc");
    scene.press("shift-c");
    scene
}

#[test]
fn two_sessions_are_compared_and_what_differs_is_marked() {
    everywhere("compared", compared);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("compared-{code}-40x10"), &compared(TINY, lang));
    }
}

#[test]
fn a_session_is_compared_with_a_file_or_one_by_its_number() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types(":compare 7");
    scene.press("enter");
    assert!(scene.hints().contains("no other session 7"), "{}", scene.grid());
    scene.types(":compare");
    scene.press("enter");
    assert!(scene.hints().contains(":compare FILE"), "{}", scene.grid());
    scene.types(":compare old.jsonl");
    assert_eq!(scene.press("enter"), [Effect::Compare(1, "old.jsonl".to_owned())]);
    let mut old = Dialogue::default();
    for event in [
        Event::bytes(Moment(1), Side::Server, "220 mx.example.net\r\n".into()),
        Event::bytes(Moment(2), Side::Client, "EHLO pc.example.org\r\n".into()),
        Event::bytes(Moment(3), Side::Server, "502 no\r\n".into()),
    ] {
        old.apply(&event);
    }
    scene.tells(Message::Compared(1, "old.jsonl".to_owned(), Box::new(old)));
    assert!(scene.shows("B: old.jsonl") && scene.shows("B S: 502 no"), "{}", scene.grid());
    // What is said meanwhile is compared too.
    scene.play("C: NOOP\nS: 250 ok");
    scene.press("pagedown");
    assert!(scene.shows("NOOP  [only in A]"), "{}", scene.grid());
}
