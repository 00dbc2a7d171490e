//! Every size, and borders that move.

use ehlo::knowledge::Lang;
use ehlo::tui::message::Message;
use ehlo::tui::model::Pane;

use super::checks::golden;
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, MULTIPART, SMALL, Scene, states};

#[test]
fn other_sizes() {
    for (columns, rows) in [(40, 10), (59, 15), (80, 50), (160, 45)] {
        for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
            let size = (columns, rows);
            let scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
            golden(&format!("size-{code}-{columns}x{rows}"), &scene);
        }
    }
}

#[test]
fn too_small_says_so_and_loses_nothing() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types("MAIL FROM:<alice");
    let before = scene.grid();
    scene.tells(Message::Resize(39, 9));
    assert!(scene.shows("ehlo needs 40x10; now 39x9."), "{}", scene.drawn().0.area);
    scene.tells(Message::Resize(80, 24));
    assert_eq!(scene.grid(), before);
}

fn every_size(lang: Lang) {
    for mut scene in states((0, 0), lang).into_iter().skip(2).step_by(2) {
        scene.types("日本語 e\u{301} MAIL");
        for columns in 0..=60 {
            for rows in 0..=30 {
                scene.tells(Message::Resize(columns, rows));
                // One focus for each size, so that neighbours cover all of them.
                scene.model.focus = Pane::ALL[usize::from(columns + 2 * rows) % Pane::ALL.len()];
                scene.drawn();
            }
        }
    }
}

#[test]
fn a_wide_character_on_a_screen_of_nothing_can_be_scrolled() {
    let mut scene = Scene::after((2, 10), Lang::En, &["S: 220 日本語\\x00日本語\\x00"]);
    scene.press("esc");
    scene.press("pageup");
    scene.press("up");
    scene.drawn();
}

#[test]
fn every_size_can_be_drawn() {
    every_size(Lang::En);
}

#[test]
fn every_size_can_be_drawn_in_japanese() {
    every_size(Lang::Ja);
}

#[test]
fn every_focus_can_be_drawn_at_every_breakpoint() {
    for lang in [Lang::En, Lang::Ja] {
        for columns in [1, 39, 40, 41, 59, 60, 99, 100, 159, 160, 220] {
            for rows in [1, 9, 10, 11, 15, 16, 29, 30, 45, 46, 70] {
                let mut scene =
                    Scene::after((columns, rows), lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
                for pane in Pane::ALL {
                    scene.model.focus = pane;
                    scene.drawn();
                }
                for key in ["f1", "ctrl-p"] {
                    scene.press(key);
                    scene.drawn();
                }
                scene.tells(Message::Paste("EHLO x\nQUIT".to_owned()));
                scene.drawn();
            }
        }
    }
}

#[test]
fn borders_move_by_key_and_stay_for_their_shape() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let width = |scene: &Scene, pane| scene.model.panes().of(pane).unwrap().width;
    let height = |scene: &Scene, pane| scene.model.panes().of(pane).unwrap().height;
    let at_first = scene.model.panes();
    scene.press("esc");
    let before = width(&scene, Pane::Transcript);
    scene.types(">>>");
    assert_eq!(width(&scene, Pane::Transcript), before + 6);
    scene.press("4");
    // The content has its border before it.
    let before = (height(&scene, Pane::Content), width(&scene, Pane::Content));
    scene.types("+++<");
    assert_eq!(
        (height(&scene, Pane::Content), width(&scene, Pane::Content)),
        (before.0 + 3, before.1 - 2)
    );
    scene.press("5");
    let before = height(&scene, Pane::Explain);
    scene.types("--");
    assert_eq!(height(&scene, Pane::Explain), before - 2);
    golden("borders-moved", &scene);
    let moved = scene.model.panes();
    scene.tells(Message::Resize(SMALL.0, SMALL.1));
    let small = scene.model.panes();
    scene.types("=");
    assert_eq!(scene.model.panes(), small, "nothing was moved at this size");
    scene.tells(Message::Resize(LARGE.0, LARGE.1));
    assert_eq!(scene.model.panes(), moved);
    scene.types("=");
    assert_eq!(scene.model.panes(), at_first);
    for _ in 0..200 {
        scene.types("<-");
    }
    scene.drawn();
}

#[test]
fn a_pane_is_zoomed_and_given_back() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE]);
        let before = scene.model.panes();
        scene.press("f8");
        golden(&format!("zoomed-explain-{code}"), &scene);
        scene.press("f8");
        assert_eq!((scene.model.panes(), scene.model.focus), (before.clone(), Pane::Prompt));
        scene.press("f5");
        golden(&format!("zoomed-transcript-{code}"), &scene);
        scene.press("f6");
        assert_eq!(scene.model.focus, Pane::Envelope);
        assert!(scene.model.panes().transcript.is_none());
        scene.press("f5");
        scene.press("esc");
        assert_eq!(scene.model.panes(), before);
    }
}
