//! Reading: scrolling, selecting, folding, filtering, finding.

use bytes::Bytes;
use crossterm::event::MouseEventKind;
use ehlo::display::text::width;
use ehlo::knowledge::{self, Lang};
use ehlo::tui::effect::Effect;
use ehlo::tui::model::Pane;
use ehlo::tui::rows;
use ehlo::tui::view::{content, envelope};

use super::checks::{compare, everywhere, golden, looks, selected_is_in_sight};
use super::scene::{ENVELOPE, GREETING, HELLO, HOSTILE, LARGE, MULTIPART, SMALL, Scene, reading};

#[test]
fn scrolled_up_with_new_rows_below() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE]);
        scene.press("esc");
        scene.press("pageup");
        scene.play("C: NOOP\nS: 250 2.0.0 Ok");
        golden(&format!("scrolled-{code}"), &scene);
        scene.press("end");
        assert!(scene.shows(knowledge::word(lang, "transcript.follow")));
    }
}

#[test]
fn long_lines_wrap() {
    let long = format!("S: 220 {}{}", "a word and another, ".repeat(12), "x".repeat(150));
    let mut scene = Scene::after(SMALL, Lang::En, &[&long]);
    scene.types(&"abcdefghij".repeat(12));
    golden("long", &scene);
    scene.press("home");
    golden("long-home", &scene);
}

#[test]
fn long_japanese_lines_wrap() {
    let long = format!("S: 220 mx {}", "日本語の長い応答です。".repeat(12));
    let mut scene = Scene::after(SMALL, Lang::Ja, &[&long]);
    scene.types(&"件名は日本語".repeat(12));
    golden("long-ja", &scene);
}

#[test]
fn line_ends_are_shown() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.play("C: NOOP\\n\\c\nS: 500 5.5.2 Bare LF\\n\\c\nC: NOOP\nS: 250 2.0.0 Ok");
    scene.press("esc");
    scene.press("x");
    golden("line-ends", &scene);
}

#[test]
fn all_of_the_explanation_can_be_read() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: EHLO pc.example.org"]);
    scene.server(HOSTILE);
    let last = "See  250";
    assert!(!scene.shows(last), "{}", scene.grid());
    scene.press("esc");
    scene.press("5");
    for _ in 0..40 {
        scene.press("down");
    }
    assert!(scene.shows(last), "{}", scene.grid());
    scene.play("C: NOOP\nS: 250 2.0.0 Ok");
    assert!(scene.shows("250 Done"), "{}", scene.grid());
}

#[test]
fn a_row_of_the_transcript_is_selected() {
    everywhere("row", |size, lang| reading(size, lang, "g ] } m j k"));
    let mut scene = reading(SMALL, Lang::En, "up up up");
    assert!(scene.shows("line 24"), "{}", scene.grid());
    scene.play("C: NOOP\nS: 250 2.0.0 Ok");
    assert!(scene.shows("line 24") && scene.shows("2 new"), "{}", scene.grid());
    scene.press("end");
    assert!(scene.shows("follow") && !scene.shows("line 24"), "{}", scene.grid());
}

#[test]
fn the_bytes_of_a_row() {
    for size in [SMALL, LARGE] {
        golden(&format!("hex-{}x{}", size.0, size.1), &reading(size, Lang::En, "g ] ] ] x"));
    }
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: AUTH PLAIN AGFsaWNl\nS: 535 No"]);
    for key in ["esc", "up", "up", "x"] {
        scene.press(key);
    }
    assert!(scene.shows("** ** ** 0d 0a") && !scene.shows("41 47 46"), "{}", scene.grid());
    scene.model.with_secrets = true;
    assert!(scene.shows("41 47 46"), "{}", scene.grid());
}

#[test]
fn long_things_are_folded() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("folded-{code}"), &reading(SMALL, lang, "g shift-f ] ]"));
    }
    let mut scene = reading(SMALL, Lang::En, "g ] ] j j space");
    assert!(scene.shows("S>250-mx.example.net Hello pc.example.org"), "{}", scene.grid());
    assert!(scene.shows("more lines: 5 (Space)"), "{}", scene.grid());
    scene.press("space");
    assert!(scene.shows("S 250-SIZE"), "{}", scene.grid());
}

#[test]
fn the_transcript_is_filtered_while_the_pattern_is_typed() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = reading(SMALL, lang, "f");
        golden(&format!("filter-empty-{code}"), &scene);
        scene.types("rcpt ");
        golden(&format!("filter-{code}"), &scene);
        scene.types("slow>x");
        golden(&format!("filter-wrong-{code}"), &scene);
    }
    let mut scene = reading(SMALL, Lang::En, "f 5 x x enter g");
    golden("filtered", &scene);
    scene.press("f");
    scene.press("ctrl-u");
    scene.press("enter");
    assert!(scene.shows("C DATA") && !scene.shows("only 5xx"), "{}", scene.grid());
}

#[test]
fn a_filter_keeps_what_comes_later() {
    let mut scene = reading(SMALL, Lang::En, "f 5 5 0 enter");
    scene.play("C: VRFY bob\nS: 250 bob");
    assert!(!scene.shows("VRFY"), "{}", scene.grid());
    scene.play("C: VRFY eve\nS: 550 5.1.1 No such user");
    assert!(scene.shows("C VRFY eve") && scene.shows("550 5.1.1 No such"), "{}", scene.grid());
}

#[test]
fn something_is_found() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = reading(SMALL, lang, "g /");
        scene.types("alice");
        golden(&format!("find-{code}"), &scene);
        scene.press("enter");
        scene.press("n");
        scene.press("n");
        golden(&format!("found-{code}"), &scene);
    }
    let mut scene = reading(SMALL, Lang::En, "g /");
    scene.types("Alice");
    assert!(scene.shows("1 of 1"), "{}", scene.grid());
    scene.types("x");
    assert!(scene.shows("not found"), "{}", scene.grid());
    scene.press("esc");
    assert!(scene.shows("line 1"), "{}", scene.grid());
    scene.press("shift-n");
    assert!(scene.model.popup.is_some(), "with nothing looked for it is asked for");
}

#[test]
fn what_is_found_is_unfolded() {
    let mut scene = reading(SMALL, Lang::En, "shift-f g /");
    scene.types("see you");
    scene.press("enter");
    assert!(scene.shows("C>see you there."), "{}", scene.grid());
}

#[test]
fn something_is_found_in_every_pane() {
    for (pane, text, count) in [("3", "bob", 1), ("4", "bob", 1), ("5", "finished", 1)] {
        let mut scene = reading(LARGE, Lang::En, pane);
        scene.press("/");
        scene.types(text);
        let all = format!("1 of {count}");
        assert!(scene.shows(&all), "{pane} {text}\n{}", scene.grid());
    }
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
    let views = [
        ("Trace", "this session"),
        ("Thread", "no Message-ID"),
        ("Parts", "image/png"),
        ("Body", "für"),
        ("Raw", "f=C3=BC"),
    ];
    for (view, text) in views {
        for key in ["4", "f9", "/"] {
            scene.press(if key == "4" { "esc" } else { key });
            scene.model.focus = Pane::Content;
        }
        scene.types(text);
        assert!(scene.shows("1 of 1"), "{view}\n{}", scene.grid());
        scene.press("esc");
    }
}

#[test]
fn lines_are_cut_and_have_times() {
    let mut scene = reading(SMALL, Lang::En, "w t right g");
    golden("cut", &scene);
    scene.press("left");
    golden("times", &scene);
}

#[test]
fn other_panes_show_what_the_selected_line_is_about() {
    let mut scene = reading(LARGE, Lang::En, "g /");
    scene.types("subject");
    scene.press("enter");
    golden("linked-field", &scene);
    for _ in 0..5 {
        scene.press("f9");
    }
    golden("linked-raw", &scene);
    let scene = reading(SMALL, Lang::En, "g } up");
    assert!(scene.shows("> To <nobody@example.net>"), "{}", scene.grid());
}

#[test]
fn lines_are_chosen_and_marked() {
    let mut scene = reading(SMALL, Lang::En, "g ] m ] v j j");
    compare("chosen", &format!("{}\n{}", scene.grid(), looks(&scene)));
    assert_eq!(rows::selected_rows(&scene.model), Some(3..=5));
    scene.press("esc");
    assert_eq!(rows::selected_rows(&scene.model), Some(5..=5));
    scene.press("'");
    assert!(scene.shows("line 2 marked"), "{}", scene.grid());
}

#[test]
fn a_click_selects_a_row_and_the_wheel_takes_it_along() {
    let mut scene = reading(SMALL, Lang::En, "g");
    scene.click((5, 6));
    assert!(scene.shows("S>250-mx.example.net"), "{}", scene.grid());
    assert_eq!(rows::selected_rows(&scene.model), Some(3..=3));
    for _ in 0..4 {
        scene.mouse(MouseEventKind::ScrollDown, (5, 6));
        selected_is_in_sight(&scene.model);
    }
    assert!(!scene.shows("250-mx.example.net"), "{}", scene.grid());
}

#[test]
fn a_command_is_put_into_the_prompt_again_without_its_secret() {
    let scene = reading(SMALL, Lang::En, "g } e");
    assert_eq!(scene.model.prompt.text(), "RCPT TO:<nobody@example.net>");
    assert_eq!(scene.model.focus, Pane::Prompt);
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: AUTH PLAIN AGFsaWNl\nS: 535 No"]);
    for key in ["esc", "up", "e"] {
        scene.press(key);
    }
    assert_eq!(scene.model.prompt.text(), "AUTH PLAIN ");
    let open = "imap://joe@x.example/;urlauth=submit+joe:internal:";
    for (line, before, behind) in [
        (format!("BURL {open}91354a47 LAST"), format!("BURL {open}"), " LAST"),
        (format!("BURL {open}9135 \\x80"), format!(":raw BURL {open}"), " \\x80"),
    ] {
        let burl = format!("C: {line}\nS: 554 No");
        let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, &burl]);
        for key in ["esc", "up", "e"] {
            scene.press(key);
        }
        assert_eq!(scene.model.prompt.text(), format!("{before}{behind}"));
        assert_eq!(scene.model.prompt.cursor(), before.len());
    }
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: NO\\x00OP\\n\\c\nS: 500 No"]);
    for key in ["esc", "up", "e"] {
        scene.press(key);
    }
    assert_eq!(scene.model.prompt.text(), ":raw NO\\0OP\\n\\c");
    assert_eq!(scene.press("enter"), [Effect::Say(1, Bytes::from_static(b"NO\0OP\n"))]);
}

#[test]
fn a_row_taller_than_the_pane_can_be_read_to_its_end() {
    let long = format!("S: 220 {} end.", "x".repeat(400));
    let mut scene = Scene::after((40, 12), Lang::En, &[&long]);
    for key in ["esc", "up", "x"] {
        scene.press(key);
    }
    assert!(scene.shows("xxx") && !scene.shows("0198"), "{}", scene.grid());
    for _ in 0..80 {
        scene.press("down");
    }
    assert!(scene.shows("0198"), "{}", scene.grid());
}

#[test]
fn no_line_of_the_envelope_is_cut_off() {
    for (lang, size) in [(Lang::En, SMALL), (Lang::Ja, SMALL), (Lang::En, (62, 24))] {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.play("C: MAIL FROM:<a@b.example>\nS: 550 no");
        scene.play("C: MAIL FROM:<a@b.example>\nS: 250 ok");
        let area = scene.model.panes().inside(Pane::Envelope).unwrap();
        let lines = envelope::lines(&scene.model, area);
        assert!(lines.len() > 5);
        for line in lines {
            let text: String = line.into_iter().map(|(_, text)| text).collect();
            assert!(width(&text) <= usize::from(area.width), "{text}\n{}", scene.grid());
        }
    }
}

/// A message whose envelope and content say different things, as far as it was typed.
const APART: &str = "C: MAIL FROM:<bounces@example.com> SIZE=100 BODY=8BITMIME\nS: 250 2.1.0 Ok\nC: RCPT TO:<bob@example.net>\nS: 250 2.1.5 Ok\nC: RCPT TO:<nobody@example.net>\nS: 550 5.1.1 <nobody@example.net> is unknown here\nC: DATA\nS: 354 Go on\nC: From: Alice <alice@example.org>\nC: To: nobody@example.net, Erin <erin@example.com>\nC: Bcc: bob@example.net, carol@example.net";

#[test]
fn envelope_and_content_are_compared_while_a_message_is_typed() {
    let zoomed = |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, APART]);
        for key in ["esc", "3", "f5"] {
            scene.press(key);
        }
        scene
    };
    everywhere("apart", zoomed);
    everywhere("apart-ended", |size, lang| {
        let mut scene = zoomed(size, lang);
        scene.play("C: \nC: hi\nC: .\nS: 250 2.0.0 Ok");
        scene
    });
    // What a line means stands in the explanation.
    everywhere("apart-explained", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, APART]);
        for key in ["esc", "3"] {
            scene.press(key);
        }
        let gives_away = knowledge::word(lang, "against.bcc-reveals");
        let gives_away = gives_away.split('{').next().unwrap().trim().to_owned();
        for _ in 0..40 {
            scene.press("down");
            let (pane, line) = scene.model.session.pointed.unwrap();
            let columns = scene.model.panes().inside(pane).unwrap().width;
            let lines = envelope::from(&scene.model, line, columns.into(), 1);
            let text: String = lines.into_iter().flatten().map(|(_, text)| text).collect();
            if text.trim().starts_with(&gives_away) {
                return scene;
            }
        }
        panic!("{}", scene.grid());
    });
}

#[test]
fn what_is_selected_in_one_pane_is_marked_in_the_others() {
    let typed = |size, lang, keys: &str| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, APART]);
        for key in keys.split(' ') {
            scene.press(key);
        }
        scene
    };
    // From the command of a recipient, from its entry, from the field that names it.
    everywhere("same-command", |size, lang| {
        typed(size, lang, "esc g pagedown pagedown pagedown pagedown pagedown ] [ [ [")
    });
    everywhere("same-entry", |size, lang| {
        typed(size, lang, "esc 3 down down down down down down down down")
    });
    everywhere("same-field", |size, lang| typed(size, lang, "esc 4 down down"));
    everywhere("same-raw", |size, lang| {
        typed(size, lang, "f9 f9 f9 f9 f9 esc 3 down down down down down")
    });
}

#[test]
fn a_marked_field_has_its_sign_beside_the_name_of_its_group() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, APART]);
    scene.press("esc");
    let line = |scene: &Scene| {
        let columns = scene.model.panes().inside(Pane::Content).unwrap().width;
        let all = content::all(&scene.model, columns.into(), usize::MAX).into_iter();
        let mut all = all.map(|line| line.into_iter().map(|(_, text)| text).collect::<String>());
        (all.find(|line| line.contains("From: ")).unwrap(), usize::from(columns))
    };
    let (plain, columns) = line(&scene);
    assert!(plain.ends_with(" originator") && plain.len() == columns, "{plain:?}");
    while !scene.shows("C>From: ") {
        scene.press("up");
    }
    let (signed, _) = line(&scene);
    assert!(signed.starts_with(">From: "), "{signed:?}");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&signed.replacen('>', "", 1)), words(&plain));
    assert_eq!(signed.len(), columns);
}

#[test]
fn one_begins_to_point_at_what_is_marked() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, APART]);
    scene.press("esc");
    let row = |scene: &Scene| scene.find("RCPT TO:<nobody@example.net>").1;
    while !scene.shows("C>RCPT TO:<nobody@example.net>") {
        scene.press("up");
    }
    let before = row(&scene);
    scene.press("3");
    scene.press("j");
    assert!(scene.shows("> To <nobody@example.net>"), "{}", scene.grid());
    assert!(scene.shows("C>RCPT TO:<nobody@example.net>"), "{}", scene.grid());
    assert_eq!(row(&scene), before, "{}", scene.grid());
    // In the content too.
    scene.press("1");
    while !scene.shows("C>Bcc: bob") {
        scene.press("down");
    }
    scene.press("4");
    scene.press("j");
    let (_, line) = scene.model.session.pointed.unwrap();
    let columns = scene.model.panes().inside(Pane::Content).unwrap().width;
    let pointed = content::from(&scene.model, line, columns.into(), 1).concat();
    let pointed: String = pointed.into_iter().map(|(_, text)| text).collect();
    assert!(pointed.contains("Bcc: bob"), "{pointed}\n{}", scene.grid());
    // Where nothing of it is in sight, at the first line that is.
    scene.press("1");
    scene.press("3");
    scene.press("pagedown");
    let first = scene.model.session.envelope_scroll;
    scene.press("j");
    let (_, line) = scene.model.session.pointed.unwrap();
    assert!(line >= first, "{line} {first}");
}

#[test]
fn a_click_selects_in_all_panes() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, APART]);
    let place = scene.find("Bcc: bob@example.net, carol@example.net");
    scene.click(place);
    assert!(scene.shows("> To <bob@example.net>"), "{}", scene.grid());
    // The field itself; its recipient is marked beside it.
    assert!(scene.shows("C>Bcc: bob@example.net"), "{}", scene.grid());
    assert!(scene.shows("C=RCPT TO:<bob@example.net>"), "{}", scene.grid());
    let place = scene.find("To <nobody@example.net>");
    scene.click(place);
    assert!(scene.shows(">To: nobody@example.net"), "{}", scene.grid());
    assert!(scene.shows("C>RCPT TO:<nobody@example.net>"), "{}", scene.grid());
    assert!(scene.shows("C=To: nobody@example.net"), "{}", scene.grid());
    assert_eq!(scene.model.session.pointed.map(|(pane, _)| pane), Some(Pane::Envelope));
    // What is scrolled stays: nothing comes back by itself.
    scene.press("4");
    scene.press("3");
    for _ in 0..3 {
        scene.press("pagedown");
    }
    let scrolled = scene.model.session.envelope_scroll;
    scene.play("S: 250-one");
    assert!(scrolled > 0, "{}", scene.grid());
    assert_eq!(scene.model.session.envelope_scroll, scrolled);
}
