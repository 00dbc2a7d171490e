//! The explanation: of what is selected, and from entry to entry.

use ehlo::knowledge::Lang;
use ehlo::tui::layout::Pane;

use super::checks::{everywhere, golden};
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, MULTIPART, SMALL, Scene};

fn after_a_message(size: (u16, u16), lang: Lang, keys: &str) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    for key in keys.split(' ') {
        scene.press(key);
    }
    scene
}

#[test]
fn an_entry_is_found_in_the_palette_and_opened() {
    everywhere("article", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.press("ctrl-p");
        scene.types("return-path");
        scene.press("enter");
        scene
    });
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.press(":");
    scene.types("8bitm");
    golden("palette-entries", &scene);
}

#[test]
fn one_entry_leads_to_the_next_and_back() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    scene.types(":explain MAIL");
    scene.press("enter");
    assert!(scene.shows("MAIL: Begins a mail transaction"), "{}", scene.grid());
    scene.press("]");
    scene.press("]");
    golden("article-link", &scene);
    scene.press("enter");
    assert!(scene.shows("reverse-path: "), "{}", scene.grid());
    scene.press("backspace");
    assert!(scene.shows("MAIL: Begins"), "{}", scene.grid());
    scene.press("backspace");
    assert!(scene.shows("250 Done"), "{}", scene.grid());
    scene.press("backspace");
    assert!(scene.shows("no entry was opened"), "{}", scene.grid());
    scene.press("esc");
    scene.types(":explain RCTP");
    scene.press("enter");
    assert!(scene.shows("is one of these meant: RCPT?"), "{}", scene.grid());
    assert!(scene.model.session.articles.is_empty());
}

#[test]
fn a_link_is_clicked() {
    let mut scene = after_a_message(LARGE, Lang::En, "esc");
    scene.press("f8");
    let (x, y) = scene.find("See  ");
    scene.click((x + 5, y));
    assert!(scene.shows("reply code"), "{}", scene.grid());
}

#[test]
fn what_is_sent_closes_an_entry() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    scene.types(":explain VRFY");
    scene.press("enter");
    scene.play("C: NOOP\nS: 250 2.0.0 Ok");
    assert!(scene.shows("250 Done"), "{}", scene.grid());
}

#[test]
fn rows_say_what_they_are_about() {
    for (keys, said) in [
        ("esc g down down", "EHLO: "),
        ("esc g down down down down down", "SIZE: "),
        ("esc g ] ]", "250 Done"),
    ] {
        let scene = after_a_message(LARGE, Lang::En, keys);
        assert!(scene.shows(said), "{keys}: {said}\n{}", scene.grid());
    }
    let mut scene = after_a_message(LARGE, Lang::En, "esc /");
    scene.types("Subject");
    scene.press("enter");
    assert!(scene.shows("Subject: "), "{}", scene.grid());
    golden("row-field", &scene);
}

#[test]
fn a_line_of_the_envelope_or_the_content_is_explained() {
    everywhere("pointed", |size, lang| after_a_message(size, lang, "esc 3 down down down down"));
    let mut scene = after_a_message(SMALL, Lang::En, "esc 4 down down down down down");
    assert!(scene.shows("To: "), "{}", scene.grid());
    assert_eq!(scene.model.session.pointed, Some((Pane::Content, 4)));
    scene.press("3");
    assert_eq!(scene.model.session.pointed, None);
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
    for key in ["esc", "4", "f9", "f9", "f9", "down"] {
        scene.press(key);
    }
    assert!(scene.shows("multipart: "), "{}", scene.grid());
}
