//! Breakpoints on the screen: what is held and why, what can be done about it, and how it is changed.

use std::time::Duration;

use ehlo::journal::Ending;
use ehlo::knowledge::Lang;
use ehlo::session::pattern::Pattern;
use ehlo::session::secrets::Meant;
use ehlo::speaker::Say;
use ehlo::speaker::gate::{Held, News, Release, Stop};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;

use super::checks::{everywhere, golden};
use super::scene::{ENVELOPE, GREETING, HELLO, SMALL, Scene};

const TINY: (u16, u16) = (40, 10);

fn held(scene: &mut Scene, breakpoint: &str, line: &str, exchange: Option<usize>) {
    let why = Stop { breakpoint: Pattern::read(breakpoint).unwrap(), exchange };
    let say = Say::Bytes(line.to_owned().into());
    let secrets = scene.model.session.dialogue.secrets_behind(&[], line.as_bytes(), Meant::Command);
    let held = Held { say, secrets, why, leaves: None };
    scene.tells(Message::Gate(1, News::Held(Some(Box::new(held)))));
}

fn holding(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
    held(&mut scene, "data", "DATA\r\n", None);
    scene
}

#[test]
fn what_is_held_is_said_with_what_can_be_done() {
    everywhere("held", holding);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("held-{code}-40x10"), &holding(TINY, lang));
    }
}

#[test]
fn a_breakpoint_is_set_listed_and_removed() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types(":break");
    scene.press("enter");
    assert!(scene.hints().contains("no breakpoint"), "{}", scene.grid());
    let set = |list: &[&str]| {
        let patterns = list.iter().map(|text| Pattern::read(text).unwrap()).collect();
        vec![Effect::Breakpoints(patterns)]
    };
    scene.types(":break 5xx");
    assert_eq!(scene.press("enter"), set(&["5xx"]));
    scene.types(":break rcpt#3");
    assert_eq!(scene.press("enter"), set(&["5xx", "rcpt#3"]));
    assert!(scene.hints().contains("1 5xx, 2 rcpt#3"), "{}", scene.grid());
    scene.types(":unbreak 1");
    assert_eq!(scene.press("enter"), set(&["rcpt#3"]));
    scene.types(":unbreak 7");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("no breakpoint 7"), "{}", scene.grid());
    // What cannot be read stays in the line.
    scene.types(":break slow>");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.shows(":break slow>"), "{}", scene.grid());
}

#[test]
fn what_is_held_goes_as_a_person_says() {
    let release = |release| vec![Effect::Release(1, release)];
    for (line, effects) in [
        (":release", release(Release::AsItIs)),
        (":release twice", release(Release::Twice)),
        (":release as NOOP", release(Release::Instead("NOOP\r\n".into()))),
        (":drop", release(Release::Dropped)),
    ] {
        let mut scene = holding(SMALL, Lang::En);
        scene.types(line);
        assert_eq!(scene.press("enter"), effects, "{line}");
        assert!(!scene.shows("held by"), "{}", scene.grid());
    }
    let mut scene = holding(SMALL, Lang::En);
    scene.press("shift-f10");
    assert!(scene.shows(":release as DATA"), "{}", scene.grid());
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    assert_eq!(scene.press("f10"), []);
    assert!(scene.hints().contains("nothing is held"), "{}", scene.grid());
}

#[test]
fn a_secret_is_not_shown_while_it_is_held() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    held(&mut scene, "auth", "AUTH PLAIN AGEAc2VjcmV0\r\n", None);
    assert!(scene.hints().contains("AUTH PLAIN"), "{}", scene.grid());
    scene.press("shift-f10");
    assert!(!scene.shows("AGEAc2VjcmV0"), "{}", scene.grid());
}

#[test]
fn a_reply_that_stops_is_told() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let breakpoint = Pattern::read("250").unwrap();
    scene.tells(Message::Gate(1, News::Stopped(Box::new(breakpoint), 1)));
    assert!(
        scene.hints().contains("250 stops at EHLO pc.example.org \u{2192} 250"),
        "{}",
        scene.grid()
    );
}

#[test]
fn what_is_held_is_seen_while_a_message_waits_and_in_another_session() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    let long = format!("RCPT TO:<{}@example.net>\r\n", "long".repeat(30));
    held(&mut scene, "rcpt", &long, None);
    assert!(scene.hints().contains("F10 lets it go"), "{}", scene.grid());
    // F7 would wait behind it.
    scene.press("f7");
    assert!(scene.hints().contains("something is held"), "{}", scene.grid());
    scene.another("mx.example.com");
    held(&mut scene, "rcpt", &long, None);
    assert!(scene.hints().contains("1: something is held by rcpt"), "{}", scene.grid());
    // With the connection it is gone.
    scene.press("ctrl-pageup");
    scene.closed(Ending::Finished);
    assert!(!scene.shows("held by"), "{}", scene.grid());
}

#[test]
fn a_login_that_replaces_what_is_held_is_veiled_and_not_remembered() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.model.remembers = true;
    held(&mut scene, "auth", "AUTH PLAIN AGEAYg==\r\n", None);
    scene.types(":release as AUTH PLAIN AGEAc2VjcmV0");
    assert!(!scene.shows("AGEAc2VjcmV0"), "{}", scene.grid());
    let effects = scene.press("enter");
    let instead = Release::Instead("AUTH PLAIN AGEAc2VjcmV0\r\n".into());
    assert_eq!(effects, [Effect::Release(1, instead)]);
}

#[test]
fn what_leaves_later_can_be_taken_back() {
    let mut scene = holding(SMALL, Lang::En);
    scene.types(":release after 20s");
    let later = Release::After(Duration::from_secs(20));
    assert_eq!(scene.press("enter"), [Effect::Release(1, later)]);
    let why = Stop { breakpoint: Pattern::read("data").unwrap(), exchange: None };
    let leaves = Some(scene.model.now.plus(Duration::from_secs(20)));
    let say = Say::Bytes("DATA\r\n".into());
    let told = Held { say, secrets: Vec::new(), why, leaves };
    scene.tells(Message::Gate(1, News::Held(Some(Box::new(told)))));
    assert!(scene.hints().contains("leaves in 20 s"), "{}", scene.grid());
    scene.types(":drop");
    assert_eq!(scene.press("enter"), [Effect::Release(1, Release::Dropped)]);
    assert!(!scene.shows("held by"), "{}", scene.grid());
}
