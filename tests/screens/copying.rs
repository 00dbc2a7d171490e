//! What is marked and copied.

use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::{Copied, Message};

use super::checks::golden;
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, SMALL, Scene};

/// The text that would be copied.
pub(crate) fn copied(effects: &[Effect]) -> Vec<(String, &str)> {
    let copies = effects.iter().filter_map(|effect| match effect {
        Effect::Copy { text, what } => {
            Some((String::from_utf8_lossy(text).into_owned(), what.as_str()))
        }
        _ => None,
    });
    copies.collect()
}

#[test]
fn text_of_one_pane_is_marked_and_copied() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    let (x, y) = scene.find("C EHLO pc");
    let effects = scene.drag((x + 2, y), (x + 5, y + 1));
    let text = "EHLO pc.example.org\nS 250-";
    assert_eq!(copied(&effects), [(text.to_owned(), "2 lines")]);
    golden("marked", &scene);
    // Backwards, and out of the pane: nothing of its neighbour comes along.
    let effects = scene.drag((x + 5, y), (x, y));
    assert_eq!(copied(&effects), [("C EHLO".to_owned(), "6 columns of text")]);
    let effects = scene.drag((x + 7, y), (119, y));
    assert_eq!(copied(&effects), [("pc.example.org".to_owned(), "14 columns of text")]);
    assert!(scene.model.marked.is_some());
    // Ctrl-C takes it again, and the key behind it does what it always did.
    assert_eq!(scene.press("ctrl-c").len(), 1);
    assert!(scene.model.marked.is_none());
    scene.drag((x + 2, y), (x + 5, y));
    scene.click((x + 2, y));
    assert!(scene.model.marked.is_none());
}

#[test]
fn a_word_is_marked_by_a_double_click() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let (x, y) = scene.find("alice@");
    let effects = scene.double_click((x + 3, y));
    assert_eq!(copied(&effects), [("alice@example.org".to_owned(), "17 columns of text")]);
}

#[test]
fn a_row_that_was_broken_is_copied_whole() {
    let line = format!("S: 250 {}end", "a long line of words ".repeat(9));
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: EHLO x", &line]);
    let (x, y) = scene.find("S 250 a long");
    let (_, last) = scene.find("end");
    assert!(last > y + 1);
    let effects = scene.drag((x + 2, y), (46, last));
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(text.split("  ").next(), line.strip_prefix("S: "), "{text}");
}

#[test]
fn a_click_selects_a_row_and_chosen_rows_are_copied() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let (x, y) = scene.find("C MAIL FROM");
    scene.click((x + 9, y));
    assert_eq!(scene.drawn().1, (x, y), "the real cursor is at the row");
    scene.press("v");
    scene.press("down");
    scene.press("y");
    let effects = scene.press("n");
    let want = "C: MAIL FROM:<alice@example.org>\nS: 250 2.1.0 Sender <alice@example.org> Ok\n";
    assert_eq!(copied(&effects), [(want.to_owned(), "2 lines as notation")]);
    // The signs of what is selected are not text.
    let effects = scene.drag((x, y), (x + 30, y));
    assert_eq!(copied(&effects)[0].0, "C MAIL FROM:<alice@example.org>");
    // What is filtered away is not copied.
    scene.press("f");
    scene.types("5xx");
    scene.press("enter");
    scene.press("shift-y");
    let effects = scene.press("t");
    let want = "RCPT TO:<nobody@example.net>\n550 5.1.1 <nobody@example.net> is unknown here\n";
    assert_eq!(copied(&effects)[0].0, want);
}

#[test]
fn a_broken_row_is_copied_whole_beside_times_too() {
    let line = format!("S: 250 {}end", "a long line of words ".repeat(9));
    let mut scene = Scene::after((120, 24), Lang::En, &[GREETING, "C: EHLO x", &line]);
    scene.press("esc");
    scene.press("t");
    let (x, y) = scene.find("S 250 a long");
    let (_, last) = scene.find("words end");
    assert!(last > y);
    let effects = scene.drag((x + 2, y), (60, last));
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(text.split("  ").next(), line.strip_prefix("S: "), "{text}");
}

#[test]
fn the_form_of_a_copy_is_chosen() {
    let login = "C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 535 no";
    let scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, login]);
    let copy = |key: &str| {
        let mut scene = Scene { model: scene.model.clone(), now: scene.now };
        scene.press("esc");
        scene.press("shift-y");
        let effects = scene.press(key);
        assert!(scene.model.popup.is_none());
        let [(text, what)] = &copied(&effects)[..] else { panic!("{effects:?}") };
        assert!(!text.contains("AGFs"), "{text}");
        (text.clone(), (*what).to_owned())
    };
    let (text, what) = copy("t");
    assert!(text.contains("\nEHLO pc.example.org\n250-mx.example.net") && what == "11 lines");
    assert_eq!(copy("enter").0, text);
    assert_eq!(copy("y").0, text);
    let (notation, _) = copy("n");
    assert!(notation.contains("\nC: EHLO pc.example.org\nS: 250-mx.example.net"), "{notation}");
    assert!(copy("m").0 == format!("```\n{notation}```\n"));
    assert!(copy("r").0.starts_with("220 mx.example.net ESMTP ehlo practice server\r\nEHLO pc"));
    let mut scene = Scene { model: scene.model.clone(), now: scene.now };
    scene.press("esc");
    scene.press("y");
    golden("copy", &scene);
    let (x, y) = scene.find("Markdown");
    let effects = scene.click((x, y));
    assert_eq!(copied(&effects)[0].0, "```\nS: 535 no\n```\n");
}

#[test]
fn what_was_copied_is_said_with_its_ways() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING]);
    let copied = |ways: &[&'static str], too_much| {
        let what = "9 lines".to_owned();
        Message::Copied(Copied { what, ways: ways.to_vec(), too_much })
    };
    scene.tells(copied(&["tmux", "OSC 52"], false));
    assert_eq!(scene.hints(), " 9 lines copied (tmux, OSC 52)");
    scene.tells(copied(&["tmux"], true));
    assert_eq!(scene.hints(), " 9 lines copied (tmux); too much for the terminal's own clipboard");
    scene.tells(copied(&[], true));
    assert!(scene.hints().starts_with(" 9 lines not copied"), "{}", scene.hints());
    let page = "https://example.org/".to_owned();
    let effects = scene.tells(Message::NoBrowser(page.clone()));
    assert_eq!(effects, [Effect::Copy { text: page.clone().into(), what: page }]);
}
