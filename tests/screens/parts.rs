//! The views of the parts and the bytes of a message.

use ehlo::journal::Ending;
use ehlo::knowledge::Lang;
use ehlo::tui::model::{ContentView, Pane};

use super::checks::{everywhere, golden};
use super::scene::{ENVELOPE, GREETING, HELLO, SMALL, Scene};

/// Parts that are all right, and parts that are not.
const PARTS: &str = "C: DATA
S: 354 Go on
C: From: Alice <alice@example.org>
C: Subject: Parts
C: MIME-Version: 1.0
C: Content-Type: multipart/mixed; boundary=b
C:
C: This is a multipart message.
C: --b
C: Content-Type: multipart/alternative; boundary=c
C:
C: --c
C:
C: See you at http://www.example.org/ there.
C: --c
C: Content-Type: text/html; charset=utf-8
C:
C: <p>See you <a href=\"http://evil.example/\">www.example.org</a></p>
C: <span style=\"display:none\">unseen</span>
C: <img src=\"https://track.example/1.gif\" width=1 height=1>
C: --c--
C: --b
C: Content-Type: image/jpeg; name=\"photo.jpg.exe\"
C: Content-ID: <photo@pc.example.org>
C: Content-Disposition: attachment; filename=\"photo.jpg.exe\"
C: Content-Transfer-Encoding: base64
C:
C: iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6B
C: --b
C: Content-Type: message/rfc822
C:
C: Subject: =?utf-8?q?Caf=C3=A9?=
C: From: carol@example.net
C:
C: ..a line that began with a dot
C: --b
C: Content-Type: text/plain; charset=klingon
C: Content-Transfer-Encoding: base64
C:
C: QUJD*
C: --b--
C: Behind it all.
C: .
S: 250 2.0.0 Message accepted as 1";

#[test]
fn that_there_are_more_views_is_seen_and_leads_to_them() {
    let mut scene = scene(SMALL, Lang::En, ContentView::Header, "");
    assert!(!scene.shows("\u{203a}"), "{}", scene.grid());
    scene.model.zoomed = false;
    scene.click(scene.find("\u{203a} \u{2550}"));
    assert_ne!(scene.model.session.view, ContentView::Header, "{}", scene.grid());
    scene.model.session.view = ContentView::Authenticity;
    assert!(!scene.shows("\u{203a}"), "{}", scene.grid());
    let before = scene.model.session.view;
    scene.click(scene.find("\u{2039}[Auth"));
    assert!(scene.model.session.view != before, "{}", scene.grid());
    scene.model.ascii = true;
    scene.model.session.view = ContentView::Header;
    assert!(scene.shows("[Header]> "), "{}", scene.grid());
}

#[test]
fn a_place_is_named_and_gone_to() {
    for (view, place, told, line) in [
        (ContentView::Header, "2", "field 2 of 4", "Subject: Parts"),
        (ContentView::Header, "9", "there is no field 9; there are 4", ""),
        (ContentView::Parts, "5", "part 5 of 8", "5 image/jpeg"),
        (ContentView::Authenticity, "3", "there is no signature 3; there are 0", ""),
        (ContentView::Trace, "1", "there is no hop 1; there are 0", ""),
    ] {
        let mut scene = scene(SMALL, Lang::En, view, "");
        scene.press("i");
        scene.types(&format!(":goto {place}"));
        scene.press("enter");
        assert!(scene.shows(told), "{told}\n{}", scene.grid());
        let pointed = scene.model.session.pointed.filter(|(pane, _)| *pane == Pane::Content);
        assert_eq!(pointed.is_some(), !line.is_empty(), "{told}");
        if let Some((_, at)) = pointed {
            let lines = ehlo::tui::view::content::from(&scene.model, at, 78, 1);
            let text: String = lines[0].iter().map(|(_, text)| text.as_str()).collect();
            assert!(text.contains(line), "{text}");
        }
    }
}

#[test]
fn what_is_gone_to_is_seen_whole() {
    let fields = (0..40).map(|n| format!("C: X-{n}: a\nC:  b\u{1}\n")).collect::<Vec<_>>().concat();
    let text = format!("C: DATA\nS: 354 Go on\n{fields}C:\nC: .\nS: 250 ok");
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, &text]);
    scene.model.session.view = ContentView::Header;
    scene.model.focus = Pane::Content;
    scene.model.zoomed = true;
    for (place, field) in [("20", "X-19: a"), ("24", "X-23: a"), ("28", "X-27: a"), ("3", "X-2: a")]
    {
        scene.press("i");
        scene.types(&format!(":goto {place}"));
        scene.press("enter");
        let (_, row) = scene.find(field);
        let grid = scene.grid();
        let finding = grid.lines().nth(usize::from(row) + 1).unwrap_or_default();
        assert!(finding.contains("warning: "), "{finding}\n{grid}");
    }
}

/// The content in a view, with all the place, and keys pressed there.
fn scene(size: (u16, u16), lang: Lang, view: ContentView, keys: &str) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, PARTS]);
    scene.model.session.view = view;
    scene.model.focus = Pane::Content;
    scene.model.zoomed = true;
    keys.split_whitespace().for_each(|key| drop(scene.press(key)));
    scene
}

#[test]
fn the_tree_of_parts() {
    everywhere("parts", |size, lang| scene(size, lang, ContentView::Parts, ""));
    let narrow = scene((40, 24), Lang::En, ContentView::Parts, "");
    golden("parts-en-40x24", &narrow);
    let mut ascii = scene((40, 24), Lang::En, ContentView::Parts, "");
    ascii.model.ascii = true;
    assert!(ascii.shows("+-2 multipart/alternative"), "{}", ascii.grid());
    assert!(ascii.shows("| +-4 text/html"), "{}", ascii.grid());
}

#[test]
fn the_tree_of_what_is_still_typed() {
    everywhere("parts-growing", |size, lang| {
        let begun = "C: DATA\nS: 354 Go on\nC: Content-Type: multipart/mixed; boundary=b\nC:\nC: --b\nC: Content-Transfer-Encoding: base64\nC:\nC: SGVsb\n";
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, begun]);
        scene.model.session.view = ContentView::Parts;
        scene.model.focus = Pane::Content;
        scene.model.zoomed = true;
        scene
    });
}

#[test]
fn of_a_header_that_is_not_over_nothing_is_missed() {
    let data = "C: DATA\nS: 354 Go on\nC: To: bob@example.net\n";
    for (view, missed, grows, broke_off) in [
        (ContentView::Header, "is missing", "So far", "It broke off after"),
        (ContentView::Trace, "No Received field: no server", "So far", "It broke off after"),
        (ContentView::Thread, "(no subject)", "not over so far", "it broke off within"),
    ] {
        let mut scene = Scene::after((120, 40), Lang::En, &[GREETING, HELLO, ENVELOPE, data]);
        scene.model.session.view = view;
        scene.model.focus = Pane::Content;
        scene.model.zoomed = true;
        scene.play("C: X-Other: x");
        assert!(scene.shows(grows) && !scene.shows(missed), "{}", scene.grid());
        scene.play("C: Subject: Hello");
        assert!(scene.shows(grows) && !scene.shows(missed), "{}", scene.grid());
        assert_eq!(scene.shows("Hello"), view != ContentView::Trace, "{}", scene.grid());
        let mut cut = Scene::after((120, 40), Lang::En, &[GREETING, HELLO, ENVELOPE, data]);
        (cut.model.session.view, cut.model.zoomed) = (view, true);
        cut.model.focus = Pane::Content;
        cut.closed(Ending::Finished);
        assert!(cut.shows(broke_off) && !cut.shows(missed), "{}", cut.grid());
        // Once it is over, it is judged.
        scene.play("C:");
        assert!(!scene.shows(grows), "{}", scene.grid());
        let said = if view == ContentView::Thread { "no Message-ID" } else { missed };
        assert!(scene.shows(said), "{}", scene.grid());
    }
}

#[test]
fn a_part_that_was_opened() {
    let part = |at: usize| {
        move |size, lang| {
            let mut scene = scene(size, lang, ContentView::Body, "");
            scene.model.session.shown.part = Some(at);
            scene
        }
    };
    everywhere("part-html", part(3));
    everywhere("part-picture", part(4));
    everywhere("part-message", part(5));
}

#[test]
fn the_way_goes_round_and_back_to_the_tree() {
    let mut scene = scene((120, 40), Lang::En, ContentView::Parts, "");
    while !scene.model.session.pointed.is_some_and(|(_, line)| {
        let all = ehlo::tui::view::content::all(&scene.model, 118, usize::MAX);
        all[line].iter().any(|(_, text)| text.contains("image/jpeg"))
    }) {
        scene.press("down");
    }
    scene.press("enter");
    assert_eq!(scene.model.session.view, ContentView::Body);
    for wanted in
        ["A picture of 2 x 3", "89 50 4e 47", "iVBORw0KGgo", "Content-ID: ", "A picture of"]
    {
        assert!(scene.shows(wanted), "{wanted}\n{}", scene.grid());
        scene.press("v");
    }
    scene.press("backspace");
    assert_eq!(scene.model.session.view, ContentView::Parts);
    assert!(scene.model.session.pointed.is_some());
}

#[test]
fn lines_and_bytes() {
    everywhere("raw-sent", |size, lang| scene(size, lang, ContentView::Raw, "end"));
    everywhere("raw-both", |size, lang| scene(size, lang, ContentView::Raw, "v v"));
    everywhere("bytes", |size, lang| scene(size, lang, ContentView::Hex, ""));
    golden("bytes-en-40x24", &scene((40, 24), Lang::En, ContentView::Hex, "v"));
    let mut bytes = scene((80, 24), Lang::En, ContentView::Raw, "down down down down enter");
    assert_eq!(bytes.model.session.view, ContentView::Hex);
    assert!(bytes.shows("Content-Type"), "{}", bytes.grid());
    bytes.press("backspace");
    assert_eq!(bytes.model.session.view, ContentView::Raw);
}

#[test]
fn lines_that_are_cut_move_sideways_and_their_sign_moves_nothing() {
    let long = format!("{}end", "a long line of words ".repeat(20));
    let message = format!("C: DATA\nS: 354 Go on\nC: X: y\nC:\nC: {long}\nC: .\nS: 250 Ok");
    for ways in ["", "v", "v v"] {
        let mut scene = Scene::after((160, 50), Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
        scene.model.zoomed = true;
        scene.model.session.view = ContentView::Raw;
        scene.press("esc");
        scene.press("4");
        ways.split_whitespace().for_each(|way| drop(scene.press(way)));
        let mut seen = String::new();
        for _ in 0..100 {
            seen.push_str(&scene.grid());
            scene.press("right");
        }
        assert!(seen.contains("words end\\r\\n"), "{ways}\n{}", scene.grid());
        let most = scene.model.session.shown.left;
        assert!((200..500).contains(&most), "{most}");
        scene.press("h");
        assert_eq!(scene.model.session.shown.left, most - 8);
    }
    // Beside each other both have the sign, and no byte moves.
    let mut scene = Scene::after((160, 50), Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
    scene.model.session.view = ContentView::Raw;
    scene.model.session.shown.side = ehlo::display::content::Side::Both;
    scene.model.zoomed = true;
    scene.press("esc");
    scene.press("4");
    let before = scene.find("X: y");
    assert!(scene.shows(" \u{2502} X: y"), "{}", scene.grid());
    scene.model.zoomed = false;
    scene.press("1");
    scene.press("/");
    scene.types("X: y");
    scene.press("enter");
    scene.model.zoomed = true;
    scene.model.focus = Pane::Content;
    assert!(scene.shows(">X: y") && scene.shows(" \u{2502}>X: y"), "{}", scene.grid());
    assert_eq!(scene.find("X: y"), before);
}

#[test]
fn the_last_page_is_a_full_one() {
    for view in [ContentView::Raw, ContentView::Hex] {
        let mut scene = scene((80, 24), Lang::En, view, "shift-g");
        let height = usize::from(scene.model.panes().inside(Pane::Content).unwrap().height);
        let lines = ehlo::tui::view::shown(&scene.model, Pane::Content);
        assert_eq!(lines.len(), height, "{view:?}\n{}", scene.grid());
        scene.press("up");
        scene.press("shift-g");
        let lines = ehlo::tui::view::shown(&scene.model, Pane::Content);
        assert_eq!(lines.len(), height, "{view:?}\n{}", scene.grid());
    }
    let mut scene = scene((80, 24), Lang::En, ContentView::Raw, "3 shift-g");
    let lines = ehlo::tui::view::shown(&scene.model, Pane::Envelope);
    let all = ehlo::tui::view::envelope::length(&scene.model) + 1;
    let height = usize::from(scene.model.panes().inside(Pane::Envelope).unwrap().height);
    assert_eq!(lines.len(), height.min(all), "{}", scene.grid());
    scene.model.zoomed = false;
}

#[test]
fn a_part_that_is_selected_comes_into_sight_with_its_lines() {
    let many = |name: &str, n: usize| {
        (0..n).fold(String::new(), |lines, at| lines + &format!("C: {name} {at}\n"))
    };
    let message = format!(
        "C: DATA\nS: 354 Go on\nC: Content-Type: multipart/mixed; boundary=b\nC:\nC: --b\nC:\n{}C: --b\nC:\n{}C: --b\nC:\n{}C: --b--\nC: .\nS: 250 Ok",
        many("first", 50),
        many("second", 8),
        many("third", 50),
    );
    let mut scene = Scene::after((120, 40), Lang::En, &[GREETING, HELLO, ENVELOPE, &message]);
    scene.model.session.view = ContentView::Parts;
    scene.press("esc");
    scene.press("4");
    for _ in 0..20 {
        scene.press("down");
        let (_, line) = scene.model.session.pointed.unwrap();
        let all = ehlo::tui::view::content::all(&scene.model, 50, usize::MAX);
        if all[line].iter().any(|(_, text)| text.contains("3 ")) {
            break;
        }
    }
    for wanted in ["first 49", "second 0", "second 7"] {
        assert!(scene.shows(wanted), "{wanted}\n{}", scene.grid());
    }
}

#[test]
fn a_view_is_asked_for_by_name() {
    let mut scene = scene((80, 24), Lang::En, ContentView::Header, "1");
    scene.press(":");
    scene.types("view pa");
    golden("views-listed", &scene);
    scene.press("enter");
    assert_eq!(scene.model.session.view, ContentView::Parts);
    scene.press(":");
    scene.types("goto 0x20");
    scene.press("enter");
    assert_eq!(scene.model.session.view, ContentView::Hex);
    scene.press("shift-f9");
    assert_eq!(scene.model.session.view, ContentView::Raw);
    scene.press(":");
    scene.types("save-part 5 ");
    scene.press("enter");
    assert!(scene.shows("what to save, and where"), "{}", scene.grid());
}
