//! Looks: colours, and that nothing depends on them.

use ehlo::display::Theme;
use ehlo::knowledge::Lang;
use ehlo::tui::model::Model;
use ratatui::style::Color;

use super::checks::{compare, looks, row, symbols};
use super::scene::{
    ENVELOPE, GREETING, HELLO, HOSTILE, LARGE, MESSAGE, MULTIPART, SMALL, Scene, places,
};

#[test]
fn looks_of_a_session() {
    let scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    compare("looks", &looks(&scene));
}

#[test]
fn nothing_is_told_by_colour_alone() {
    let scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    for words in ["250 accepted", "550 refused", "RCPT 1 ok, 1 refused"] {
        assert!(scene.shows(words), "{words}\n{}", scene.grid());
    }
}

#[test]
fn without_utf_8_there_is_only_ascii() {
    for lang in [Lang::En, Lang::Ja] {
        let mut scene = Scene::after(LARGE, lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
        scene.server(HOSTILE);
        scene.model.ascii = true;
        scene.model.utf8 = false;
        let (buffer, _) = scene.drawn();
        assert!(buffer.content().iter().all(|cell| cell.symbol().is_ascii()));
    }
    let mut scene = Scene::after(SMALL, Lang::Ja, &[GREETING, HELLO, ENVELOPE]);
    scene.model.ascii = true;
    let (buffer, _) = scene.drawn();
    let rows: Vec<String> = (0..buffer.area.height).map(|y| row(&buffer, y)).collect();
    compare("ascii-ja", &rows.join("\n"));
}

#[test]
fn a_theme_that_paints_leaves_no_cell_bare() {
    let mut scene = Scene::practice(SMALL, Lang::En);
    scene.model.theme = Theme::embedded("light").unwrap();
    for model in places(&scene) {
        let theme = scene.model.theme.clone();
        let painted = Scene { model: Model { theme, ..model }, now: 0 };
        let (buffer, _) = painted.drawn();
        for y in 0..SMALL.1 {
            let bare =
                symbols(&buffer, y).into_iter().find(|(x, _)| buffer[(*x, y)].bg == Color::Reset);
            assert_eq!(bare, None, "row {y}: {:?}", painted.model.popup);
        }
    }
}
