//! What is typed at the bottom, what is scrolled, and what is copied whole.

use crossterm::event::MouseEventKind;
use ehlo::knowledge::{self, Lang};
use ehlo::tui::message::Message;
use ehlo::tui::model::{ContentView, Pane};
use ehlo::tui::popup::Popup;
use ehlo::tui::rows;
use ehlo::tui::view;
use unicode_width::UnicodeWidthStr as _;

use super::copying::copied;
use super::scene::{
    DOT, ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, MULTIPART, SMALL, Scene, reading,
};

/// The first place inside `pane`.
fn inside(scene: &Scene, pane: Pane) -> (u16, u16) {
    scene.model.panes().inside(pane).unwrap().as_position().into()
}

fn asks(scene: &Scene) -> bool {
    matches!(scene.model.popup, Some(Popup::Query(_)))
}

#[test]
fn what_is_said_stays_while_settings_are_read_again() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    let configured = |told: Option<&str>| Message::Configured(Vec::new(), told.map(str::to_owned));
    scene.tells(Message::Say("copied".to_owned()));
    scene.tells(configured(None));
    assert!(scene.shows("copied"), "{}", scene.grid());
    scene.tells(configured(Some("line 1 is wrong")));
    assert!(scene.shows("line 1 is wrong"), "{}", scene.grid());
    scene.tells(configured(None));
    assert!(!scene.shows("line 1 is wrong"), "it is mended\n{}", scene.grid());
}

#[test]
fn moving_leaves_the_line_that_is_typed_open() {
    let mut scene = reading(SMALL, Lang::En, "f");
    scene.types("mail");
    for key in ["pageup", "pagedown", "down"] {
        scene.press(key);
        assert!(asks(&scene) && scene.shows("only mail"), "{key}\n{}", scene.grid());
    }
    let mut scene = reading(LARGE, Lang::En, "f");
    scene.types("2xx");
    scene.mouse(MouseEventKind::ScrollDown, inside(&scene, Pane::Envelope));
    scene.mouse(MouseEventKind::ScrollUp, inside(&scene, Pane::Transcript));
    assert!(asks(&scene) && scene.shows("only 2xx"), "{}", scene.grid());
    assert_eq!(scene.model.session.envelope_scroll, 3);
}

#[test]
fn what_leads_away_from_the_line_keeps_what_it_found() {
    for key in ["f1", "f3", "f5"] {
        let mut scene = reading(SMALL, Lang::En, "f");
        scene.types("mail");
        scene.press(key);
        assert!(scene.model.session.sight.filter(&scene.model.session.dialogue).is_some(), "{key}");
    }
    let mut scene = reading(SMALL, Lang::En, "f");
    scene.types("mail");
    scene.click(inside(&scene, Pane::Transcript));
    assert!(!asks(&scene) && scene.shows("only mail"), "{}", scene.grid());
}

#[test]
fn a_click_into_the_line_places_its_cursor() {
    for lang in [Lang::En, Lang::Ja] {
        let mut scene = reading(SMALL, lang, "f");
        scene.types("mail rcpt");
        let label = format!("{} ", knowledge::word(lang, "filter.ask"));
        let (x, y) = scene.find(&format!("{label}mail rcpt"));
        let x = x + u16::try_from(label.width()).unwrap();
        for (column, byte) in [(0, 0), (5, 5), (30, 9)] {
            scene.click((x + column, y));
            let Some(Popup::Query(query)) = &scene.model.popup else { panic!("it is closed") };
            assert_eq!(query.line.cursor(), byte);
        }
        for x in 0..SMALL.0 {
            scene.click((x, y));
            assert!(asks(&scene), "column {x} has a hint that nobody sees");
        }
    }
}

#[test]
fn a_pattern_that_cannot_be_read_is_not_kept() {
    let mut scene = reading(SMALL, Lang::En, "f");
    scene.types("rcpt slow>x");
    let said = scene.hints();
    scene.press("enter");
    assert!(asks(&scene) && scene.hints() == said, "{}", scene.grid());
    scene.press("f1");
    assert_eq!(scene.model.session.sight.filter(&scene.model.session.dialogue), None);
}

#[test]
fn escape_brings_back_what_was_there_before_the_line() {
    let mut scene = reading(SMALL, Lang::En, "f 5 x x enter f");
    scene.press("ctrl-u");
    scene.types("mail");
    assert!(scene.shows("only mail"), "{}", scene.grid());
    scene.press("esc");
    assert!(scene.shows("only 5xx"), "{}", scene.grid());
    let mut scene = reading(SMALL, Lang::En, "g /");
    scene.types("alice");
    scene.press("enter");
    for end in ["backspace", "esc"] {
        scene.press("/");
        scene.types("b");
        scene.press(end);
        assert!(
            scene
                .model
                .find
                .as_ref()
                .is_some_and(|find| find.needle == ehlo::tui::find::Needle::new("alice").unwrap())
        );
        scene.press("esc");
    }
}

/// Two messages, and the lines of the first one selected as far as `keys` go.
fn two_messages(view: ContentView, keys: &str) -> Scene {
    let second = MULTIPART.replace("Alice", "Eve");
    let transcripts = [GREETING, HELLO, ENVELOPE, MESSAGE, DOT, ENVELOPE, &second];
    let mut scene = Scene::after(LARGE, Lang::En, &transcripts);
    scene.model.session.view = view;
    scene.press("esc");
    scene.press("/");
    scene.types("Bob <");
    scene.press("enter");
    keys.split_whitespace().for_each(|key| drop(scene.press(key)));
    scene
}

#[test]
fn the_message_that_is_shown_is_copied() {
    let mut scene = two_messages(ContentView::Raw, "4 shift-y");
    let effects = scene.press("r");
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert!(text.starts_with("From: Alice") && text.contains("Hello Bob"), "{text}");
}

#[test]
fn what_the_pane_cuts_or_breaks_is_copied_whole() {
    let long = format!("{}end", "a long line of words ".repeat(20));
    let message = format!("C: DATA\nS: 354 Go on\nC: X: {long}\nC:\nC: {long}\nC: .\nS: 250 Ok");
    for view in [ContentView::Header, ContentView::Body, ContentView::Raw] {
        let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
        scene.model.session.view = view;
        scene.model.focus = Pane::Content;
        scene.press("shift-y");
        let effects = scene.press("t");
        assert!(copied(&effects)[0].0.contains(&long), "{view:?} {effects:?}");
    }
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
    scene.model.session.view = ContentView::Raw;
    let (x, y) = inside(&scene, Pane::Content);
    let effects = scene.drag((x, y), (x + 1, y + 1));
    assert_eq!(copied(&effects)[0].0, format!("X: {long}\\r\\n\n\\"));
    scene.press("esc");
    // Moved sideways, it is what stands under the pointer.
    scene.model.focus = Pane::Content;
    scene.press("right");
    let effects = scene.drag((x + 2, y), (x + 8, y));
    assert_eq!(copied(&effects)[0].0, " line o");
}

#[test]
fn a_pane_stays_where_it_is_scrolled_while_a_row_is_selected() {
    for view in [ContentView::Header, ContentView::Raw] {
        let mut scene = two_messages(view, "");
        // Not all of either has room.
        scene.tells(Message::Resize(120, 24));
        for pane in [Pane::Envelope, Pane::Content] {
            let scroll = |scene: &mut Scene| *scene.model.session.scroll(pane).unwrap();
            let before = scroll(&mut scene);
            scene.mouse(MouseEventKind::ScrollDown, inside(&scene, pane));
            assert_eq!(scroll(&mut scene), before + 3, "{pane:?} {view:?}");
            let lines = view::shown(&scene.model, pane);
            scene.press(if pane == Pane::Envelope { "3" } else { "4" });
            assert_eq!(view::shown(&scene.model, pane), lines, "{pane:?} jumps");
            scene.press("1");
        }
    }
    // The selection brings the line into sight, once.
    let mut scene = two_messages(ContentView::Raw, "down");
    let (top, sign) = (scene.model.session.content_scroll, scene.find(">Subject").1);
    assert!(sign < scene.model.panes().content.unwrap().bottom());
    scene.press("end");
    assert_eq!(scene.model.session.content_scroll, top);
}

#[test]
fn another_message_is_seen_from_where_it_has_lines() {
    let lines = "C: more\n".repeat(200);
    let long = format!("C: DATA\nS: 354 Go on\nC: X: y\nC:\n{lines}C: .\nS: 250 Ok");
    let transcripts = [GREETING, HELLO, ENVELOPE, &long, ENVELOPE, MESSAGE, DOT];
    let mut scene = Scene::after(LARGE, Lang::En, &transcripts);
    scene.model.session.view = ContentView::Raw;
    scene.press("esc");
    scene.press("/");
    scene.types("more");
    scene.press("up");
    scene.press("enter");
    assert!(scene.model.session.content_scroll > 100, "{}", scene.grid());
    scene.press("end");
    assert_ne!(view::shown(&scene.model, Pane::Content), []);
}

#[test]
fn no_more_lines_are_made_than_are_asked_for() {
    let lines = "C: a line\n".repeat(900);
    let message = format!("C: DATA\nS: 354 Go on\nC: X: y\nC:\n{lines}C: .\nS: 250 Ok");
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
    scene.model.session.view = ContentView::Body;
    scene.press("esc");
    scene.press("up");
    scene.press("up");
    assert!(matches!(rows::selected_line(&scene.model), Some(ehlo::session::Row::Data { .. })));
    assert_eq!(view::content::meant(&scene.model, 40), None);
    assert_eq!(view::content::length(&scene.model, 10), 10);
    assert_eq!(view::content::length(&scene.model, 5_000), 899);
}

#[test]
fn lines_move_sideways_until_their_end_is_seen() {
    let line = format!("C: {}end", "\\x01".repeat(70));
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, &line, "S: 500 no"]);
    scene.press("esc");
    scene.press("w");
    for _ in 0..60 {
        scene.press("right");
        if scene.shows("x01end") {
            return;
        }
    }
    panic!("{}", scene.grid());
}

#[test]
fn a_click_below_a_notice_means_what_is_seen() {
    let mut scene = reading(SMALL, Lang::En, "g");
    scene.press("end");
    scene.model.hints = false;
    scene.model.notice = Some("look".to_owned());
    let (x, y) = scene.find("250 2.0.0 Message");
    scene.click((x, y));
    assert!(scene.shows("S>250 2.0.0 Message"), "{}", scene.grid());
}
