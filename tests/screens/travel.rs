//! Time travel on the screen: every pane shows the moment, the session goes on behind, and what is
//! said is said now.

use ehlo::display::Theme;
use ehlo::display::keys::Keys;
use ehlo::journal::transcript::recording;
use ehlo::journal::{Ending, Event, Side};
use ehlo::knowledge::{self, Lang};
use ehlo::session::{Keep, Past};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::{Anchor, ContentView, Model, Pane};
use ehlo::tui::update::update;
use ehlo::tui::view::shown;

use super::checks::{everywhere, golden};
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, MULTIPART, SMALL, Scene};

const TINY: (u16, u16) = (40, 10);

fn back(scene: &mut Scene, keys: &str) {
    keys.split_whitespace().for_each(|key| drop(scene.press(key)));
}

/// A live session that has gone on while one looks back.
fn live(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    back(&mut scene, "alt-up alt-up alt-up");
    scene.play(DOT);
    scene.play("C: RSET\nS: 250 2.0.0 Ok");
    scene
}

fn all_events() -> Vec<Event> {
    let again = ENVELOPE.split_once("C: RCPT TO:<nobody").unwrap().0;
    let parts = [GREETING, HELLO, ENVELOPE, MESSAGE, DOT, again.trim_end(), MULTIPART];
    let text = parts.join("\n").replace("\nC:\n", "\nC: \n") + "\nC: QUIT\nS: 221 2.0.0 bye\n";
    recording(text.as_bytes()).unwrap().events().to_vec()
}

/// A recording, read to its end.
fn opened(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::dialling(size, lang, "talk.txt");
    scene.model.session.dialling = false;
    scene.model.session.recorded = true;
    scene.model.session.loading = true;
    let past = Past::of(all_events(), Keep::ALL);
    scene.tells(Message::Loaded(1, Box::new(past), None));
    scene
}

#[test]
fn a_moment_of_a_live_session_and_of_a_recording() {
    everywhere("travel-live", live);
    let recorded = |size, lang| {
        let mut scene = opened(size, lang);
        back(&mut scene, "alt-up alt-up alt-up alt-up alt-shift-up");
        scene
    };
    everywhere("travel-open", recorded);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("travel-live-{code}-40x10"), &live(TINY, lang));
        golden(&format!("travel-open-{code}-40x10"), &recorded(TINY, lang));
    }
}

#[test]
fn every_pane_shows_the_moment_as_it_was_then() {
    let events = all_events();
    let model = || {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new(LARGE, Lang::En, theme, keys);
        model.session.recorded = true;
        model
    };
    let panes = [Pane::Transcript, Pane::Envelope, Pane::Content, Pane::Explain];
    for view in [ContentView::Header, ContentView::Parts, ContentView::Raw] {
        let mut walked = model();
        walked.session.view = view;
        for event in &events {
            update(&mut walked, Message::Heard(1, event.clone()));
        }
        let now = panes.map(|pane| shown(&walked, pane));
        // Back, and forth again: both ways lead to the same.
        let key = |name: &str| Message::Key(super::scene::event(name.parse().unwrap()));
        let forth = (0..events.len()).map(|at| (at, "alt-shift-down"));
        for (at, name) in
            (0..events.len()).rev().map(|at| (at, "alt-shift-up")).chain(forth.skip(1))
        {
            update(&mut walked, key(name));
            assert_eq!(walked.session.moment(), at);
            let mut then = model();
            then.session.view = view;
            for event in events.iter().take(at) {
                update(&mut then, Message::Heard(1, event.clone()));
            }
            for pane in panes {
                assert_eq!(shown(&walked, pane), shown(&then, pane), "{pane:?} at {at}");
            }
            assert_eq!(walked.tab, then.tab, "{at}");
        }
        update(&mut walked, key("alt-shift-down"));
        assert!(!walked.session.travels());
        assert_eq!(panes.map(|pane| shown(&walked, pane)), now);
    }
}

#[test]
fn esc_goes_back_to_where_one_was() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    back(&mut scene, "esc g");
    let before = scene.grid();
    assert_eq!(scene.model.session.anchor, Anchor::At { row: 0, skip: 0 });
    back(&mut scene, "( ( )");
    assert!(scene.shows("at exchange 6 of 7"), "{}", scene.grid());
    back(&mut scene, "esc");
    assert!(!scene.model.session.travels());
    assert_eq!(scene.grid(), before);
}

#[test]
fn what_is_said_is_said_now() {
    let at_exchange = |scene: &Scene| scene.shows("at exchange 3 of 5");
    let looking = || {
        let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
        back(&mut scene, "alt-up alt-up");
        assert!(at_exchange(&scene), "{}", scene.grid());
        scene
    };
    // Typed: the letter stands there, and one is told.
    let mut scene = looking();
    scene.types("R");
    assert!(!scene.model.session.travels() && scene.model.prompt.text() == "R");
    assert!(scene.hints().contains("back to now"), "{}", scene.grid());
    scene.types("SET");
    assert_eq!(scene.press("enter"), [Effect::Say(1, "RSET\r\n".into())]);
    // Pasted, sent by a key, by a directive.
    let mut scene = looking();
    scene.tells(Message::Paste("NOOP".to_owned()));
    assert!(!scene.model.session.travels() && scene.model.prompt.text() == "NOOP");
    let mut scene = looking();
    assert_eq!(scene.press("f7"), [Effect::Say(1, "NOOP\r\n".into())]);
    assert!(!scene.model.session.travels() && scene.hints().contains("back to now"));
    let mut scene = looking();
    scene.types(":raw NOOP");
    assert!(scene.model.session.travels());
    assert_eq!(scene.press("enter"), [Effect::Say(1, "NOOP\r\n".into())]);
    assert!(!scene.model.session.travels());
    // What only looks does not.
    let mut scene = looking();
    for keys in ["pageup", "f6", "f9", "f5", "f5", "f1 esc", "ctrl-p esc"] {
        back(&mut scene, keys);
        assert!(scene.model.session.travels(), "{keys}");
    }
    // A line of that moment is sent again now.
    let mut scene = looking();
    scene.model.focus = Pane::Transcript;
    back(&mut scene, "k e");
    assert!(!scene.model.session.travels());
    assert_eq!(scene.model.prompt.text(), "MAIL FROM:<alice@example.org>");
    // A line that was begun before is kept, and Enter sends it now.
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types("NOOP");
    back(&mut scene, "alt-up");
    assert!(scene.model.session.travels());
    assert_eq!(scene.press("enter"), [Effect::Say(1, "NOOP\r\n".into())]);
    assert!(!scene.model.session.travels());
}

#[test]
fn directives_go_where_they_say() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    for (line, told) in [
        (":back", "at exchange 6 of 7"),
        (":back 2", "at exchange 4 of 7"),
        (":back 1 event", "at exchange 4 of 7, event 12 of 26"),
        (":forward", "at exchange 4 of 7"),
        (":forward event", "at exchange 5 of 7, event 14 of 26"),
        (":exchange 2", "at exchange 2 of 7"),
        (":exchange 0", "at exchange 0 of 7"),
        (":back", "this is where the session begins"),
        (":exchange 3", "at exchange 3 of 7"),
        (":back 2 exchanges", "at exchange 1 of 7"),
        (":forward 99", ""),
        (":back 99", "at exchange 0 of 7"),
        (":exchange 7", ""),
        (":back", "at exchange 6 of 7"),
        (":now", ""),
        // What cannot be done now stays in the line.
        (":forward", "this is now"),
        (":now", "this is now"),
        (":back some", "expected a number"),
        (":back 1 event more", "expected a number"),
        (":exchange x", "expected the number"),
    ] {
        scene.types(line);
        scene.press("enter");
        assert!(scene.shows(told), "{line}: {}", scene.grid());
        assert_eq!(
            scene.model.session.travels(),
            told.contains("exchange ") || told.contains("begins")
        );
        if scene.model.popup.is_some() {
            scene.press("esc");
        }
    }
    let mut empty = Scene::dialling(SMALL, Lang::En, "mx.example.net");
    back(&mut empty, "alt-up");
    assert!(empty.hints().contains("nothing has happened"), "{}", empty.grid());
}

#[test]
fn the_session_goes_on_behind() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    back(&mut scene, "alt-up");
    let before = shown(&scene.model, Pane::Transcript);
    scene.play(ENVELOPE);
    scene.play(MESSAGE);
    assert_eq!(shown(&scene.model, Pane::Transcript), before);
    assert!(scene.shows("at exchange 1 of 6 · 4 new"), "{}", scene.grid());
    // What is asked and decided is that of now: the dot would end the message.
    assert!(scene.model.session.dialogue.awaits_mail_data());
    scene.play(DOT);
    scene.closed(Ending::Reset);
    assert_eq!(shown(&scene.model, Pane::Transcript), before);
    back(&mut scene, "esc");
    assert!(scene.shows("connection reset") || scene.shows("closed"), "{}", scene.grid());
    // A secret is one in every moment.
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.play("C: AUTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 235 2.7.0 ok\nC: NOOP\nS: 250 ok");
    back(&mut scene, "alt-up");
    assert!(scene.shows("AUTH PLAIN ***"), "{}", scene.grid());
    assert!(!scene.shows("AGFsaWNl"), "{}", scene.grid());
    scene.bytes(Side::Server, b"250 again\r\n");
    assert!(scene.model.session.travels());
}
