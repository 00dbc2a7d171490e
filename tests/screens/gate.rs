//! Breakpoints on the screen: what is held and why, what can be done about it, and how it is changed.

use ehlo::knowledge::Lang;
use ehlo::session::pattern::Pattern;
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
    scene.tells(Message::Gate(1, News::Held(Some(Box::new(Held { say, why })))));
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
    let stop = Stop { breakpoint, exchange: Some(1) };
    scene.tells(Message::Gate(1, News::Stopped(Box::new(stop))));
    assert!(scene.hints().contains("250 stops at EHLO 250"), "{}", scene.grid());
}
