//! The mouse.

use crossterm::event::{MouseButton, MouseEventKind};
use ehlo::display::keys::Keys;
use ehlo::knowledge::{self, Lang};
use ehlo::tui::effect::Effect;
use ehlo::tui::files::Folder;
use ehlo::tui::layout::Splitter;
use ehlo::tui::message::Message;
use ehlo::tui::model::{ContentView, Pane};
use ehlo::tui::popup::{Help, Popup};

use super::checks::row;
use super::copying::copied;
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, SMALL, Scene};

/// A place at which no other border is.
fn middle(splitter: &Splitter) -> (u16, u16) {
    (splitter.grip.x + splitter.grip.width / 3, splitter.grip.y + splitter.grip.height / 2)
}

#[test]
fn borders_are_dragged_and_go_back() {
    for size in [SMALL, (80, 60), LARGE, (200, 50)] {
        let mut scene = Scene::after(size, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        let first = scene.model.panes();
        for splitter in &first.splitters {
            let at = middle(splitter);
            let by = |n: u16| {
                let (x, y): (u16, u16) = at;
                if splitter.sideways { (x - n, y) } else { (x, y - n) }
            };
            let now = |scene: &Scene| {
                let panes = scene.model.panes();
                panes.splitters.into_iter().find(|s| s.split == splitter.split).unwrap()
            };
            assert_eq!(scene.drag(at, by(2)), [], "borders mark no text");
            assert_eq!(now(&scene).before, splitter.before - 2, "{size:?} {splitter:?}");
            // As far as it goes.
            scene.drag(middle(&now(&scene)), (0, 0));
            assert_eq!(now(&scene).before, splitter.least, "{size:?} {splitter:?}");
            scene.drawn();
            scene.double_click(middle(&now(&scene)));
            assert_eq!(now(&scene).before, splitter.before, "{size:?} {splitter:?}");
        }
        assert_eq!(scene.model.panes(), first);
    }
}

#[test]
fn the_wheel_takes_the_selected_row_along() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    let area = scene.model.panes().inside(Pane::Transcript).unwrap();
    scene.click((area.x, area.bottom() - 1));
    for _ in 0..20 {
        scene.mouse(MouseEventKind::ScrollUp, (area.x, area.y));
    }
    assert!(scene.shows("S 220 mx"), "{}", scene.grid());
    for _ in 0..20 {
        scene.mouse(MouseEventKind::ScrollDown, (area.x, area.y));
    }
    assert!(scene.shows("Hello Bob"), "{}", scene.grid());
}

#[test]
fn dragging_beyond_the_edge_scrolls() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    let area = scene.model.panes().inside(Pane::Transcript).unwrap();
    let (x, y) = (area.x, area.bottom() - 1);
    scene.mouse(MouseEventKind::Down(MouseButton::Left), (x, y));
    for _ in 0..40 {
        scene.mouse(MouseEventKind::Drag(MouseButton::Left), (x, 0));
    }
    let effects = scene.mouse(MouseEventKind::Up(MouseButton::Left), (x, 0));
    let [(text, _)] = &copied(&effects)[..] else { panic!("{effects:?}") };
    assert!(text.contains("S 220 mx") && text.contains("C Subject:"), "{text}");
    assert!(scene.shows("S 220 mx"));
}

#[test]
fn the_wheel_scrolls_what_is_under_it() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT]);
    scene.tells(Message::Resize(120, 24));
    let at = |scene: &Scene, pane| scene.model.panes().of(pane).unwrap().as_position().into();
    scene.mouse(MouseEventKind::ScrollDown, at(&scene, Pane::Envelope));
    assert_eq!(scene.model.session.envelope_scroll, 3);
    scene.mouse(MouseEventKind::ScrollUp, at(&scene, Pane::Envelope));
    assert_eq!(scene.model.session.envelope_scroll, 0);
    scene.mouse(MouseEventKind::ScrollDown, at(&scene, Pane::Content));
    assert_eq!(scene.model.session.content_scroll, 3);
    assert_eq!(scene.model.focus, Pane::Prompt);
    scene.press("f1");
    scene.mouse(MouseEventKind::ScrollDown, (3, 3));
    assert!(matches!(&scene.model.popup, Some(Popup::Help(help)) if help.scroll == 3));
}

#[test]
fn what_stays_open_takes_both_of_two_quick_clicks() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let scrolled = |scene: &Scene| match &scene.model.popup {
        Some(Popup::Help(help)) => help.scroll,
        other => panic!("{other:?}"),
    };
    scene.press("f1");
    scene.click(scene.find("PgDn page"));
    let page = scrolled(&scene);
    scene.press("pageup");
    scene.double_click(scene.find("PgDn page"));
    assert!(page > 0 && scrolled(&scene) == 2 * page, "{page}: {}", scene.grid());
    scene.double_click(scene.find("Esc close  Ctrl-Q"));
    assert!(scene.model.popup.is_none(), "the second one opens nothing: {}", scene.grid());
}

/// The second click is not for what the folder holds.
#[test]
fn a_double_click_goes_into_one_folder() {
    let mut scene =
        Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, "C: DATA\nS: 354 Go on"]);
    scene.types(":data ");
    let listed = |scene: &mut Scene, path: &str, names: [&str; 2]| {
        let names = names.map(str::to_owned).to_vec();
        scene.tells(Message::Listed(Folder { path: path.to_owned(), names }));
    };
    listed(&mut scene, "", ["letters/", "mail.eml"]);
    let place = scene.find("letters/");
    assert_eq!(scene.click(place), [Effect::List("letters/".to_owned())]);
    listed(&mut scene, "letters/", ["a/", "b.eml"]);
    assert_eq!(scene.find("letters/a/"), place);
    assert_eq!(scene.mouse(MouseEventKind::Down(MouseButton::Left), place), []);
    scene.mouse(MouseEventKind::Up(MouseButton::Left), place);
    assert_eq!(scene.model.prompt.text(), ":data letters/");
    assert_eq!(scene.click(place), [Effect::List("letters/a/".to_owned())]);
}

#[test]
fn everything_that_looks_like_it_can_be_clicked() {
    for lang in [Lang::En, Lang::Ja] {
        let word = |key| knowledge::word(lang, key);
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE]);
        // The other tab, and back.
        scene.click(scene.find(&format!("4 {}", word("pane.content"))));
        assert_eq!((scene.model.focus, scene.model.tab), (Pane::Content, Pane::Content));
        scene.click(scene.find(&format!("{}{}[", word("pane.content"), word("colon"))));
        assert_eq!((scene.model.focus, scene.model.tab), (Pane::Envelope, Pane::Envelope));
        // A double click on a title zooms, another gives the place back.
        scene.double_click(scene.find(word("pane.transcript")));
        assert!(scene.model.zoomed && scene.model.focus == Pane::Transcript);
        scene.double_click(scene.find(word("pane.transcript")));
        assert!(!scene.model.zoomed);
        // The line on top connects, the one at the bottom does what it says.
        scene.click((20, 0));
        assert_eq!(scene.model.prompt.text(), ":connect practice");
        scene.press("esc");
        scene.click(scene.find("F1"));
        assert!(matches!(scene.model.popup, Some(Popup::Help(_))));
        scene.click((3, 0));
        assert!(scene.model.popup.is_none());
    }
    let mut scene = Scene::after((200, 50), Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    for view in ContentView::ALL {
        // As many names stand there as there is room for.
        let name = format!(" {}", knowledge::word(Lang::En, view.title()));
        if !scene.shows(&name) {
            continue;
        }
        scene.click(scene.find(&name));
        scene.click((0, 20));
        let (x, y) = scene.find("4 Content: ");
        let title: String = row(&scene.drawn().0, y).chars().skip(usize::from(x)).collect();
        let name = format!("[{}]", knowledge::word(Lang::En, scene.model.session.view.title()));
        assert!(title.contains(&name), "{title}");
    }
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    let (x, y) = scene.find("RFC 5321 §");
    for column in x..x + 8 {
        let effects = scene.click((column, y));
        let [Effect::Open(page)] = &effects[..] else { panic!("{effects:?}") };
        assert!(page.starts_with("https://www.rfc-editor.org/rfc/rfc5321#section-"), "{page}");
    }
}

#[test]
fn a_click_places_the_cursor_at_a_grapheme() {
    let mut scene = Scene::practice(SMALL, Lang::Ja);
    scene.types("MAIL 日本e\u{301}");
    let (x, y) = scene.find("> MAIL");
    let x = x + 2;
    for (column, byte) in [(0, 0), (4, 4), (5, 5), (6, 5), (7, 8), (9, 11), (10, 14), (60, 14)] {
        scene.click((x + column, y));
        assert_eq!(scene.model.prompt.cursor(), byte, "column {column}");
    }
    scene.press("ctrl-u");
    scene.types(&"x".repeat(100));
    let area = scene.model.panes().inside(Pane::Prompt).unwrap();
    scene.click((area.x + 2, area.y));
    let (cursor, _) = (scene.model.prompt.cursor(), scene.drawn());
    assert!(cursor > 0 && cursor < 40, "what is scrolled out at the left counts: {cursor}");
}

#[test]
fn the_mouse_is_left_to_the_terminal_and_taken_again() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.model.keys = Keys::parse("[any]\nf4 = \"view.mouse\"\nf12 = \"screenshot\"").unwrap();
    assert_eq!(scene.press("f4"), [Effect::Mouse(false)]);
    assert!(!scene.model.mouse && scene.shows("the mouse is off"));
    scene.model.popup = Some(Popup::Help(Help::default()));
    assert_eq!(scene.press("f4"), [Effect::Mouse(true)]);
    assert_eq!(scene.press("f12"), [Effect::Screenshot]);
    assert!(scene.model.popup.is_some(), "a picture of the help shows the help");
}
