//! The editor: what it shows, what its keys do, and how a draft leaves.

use std::time::SystemTime;

use bytes::Bytes;
use ehlo::journal::{Ending, Event, Moment, Side};
use ehlo::knowledge::Lang;
use ehlo::tui::editor::item::Item;
use ehlo::tui::editor::{LeftDraft, Side as Of};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::{Message, Stamp};
use ehlo::tui::popup::Popup;
use ehlo::tui::sending::{Pieces, Way};
use jiff::Timestamp;

use super::checks::{everywhere, golden};
use super::scene::{ENVELOPE, GREETING, HELLO, HOSTILE, LARGE, MESSAGE, SMALL, Scene};

/// The smallest terminal.
const TINY: (u16, u16) = (40, 10);

const CHUNKING: &str = "C: EHLO pc.example.org
S: 250-mx.example.net
S: 250-SIZE 1000
S: 250 CHUNKING";

const DRAFT: &str = "From: Alice <alice@example.org>
To: bob@example.net
Subject: =?utf-8?B?5pel5pys6Kqe44Gu5Lu25ZCN?=
Date: Mon, 23 Nov 2026 08:00:00 +0000

こんにちは、ボブさん。この行は長いので、画面の端を越えてまだまだ続きます。
.dot
";

fn paste(scene: &mut Scene, text: &str) -> Vec<Effect> {
    scene.tells(Message::Paste(text.to_owned()))
}

/// The editor with a draft, behind these lines.
fn writing(size: (u16, u16), lang: Lang, before: &[&str], draft: &str) -> Scene {
    let mut scene = Scene::after(size, lang, before);
    scene.press("f4");
    paste(&mut scene, draft);
    scene
}

fn written(scene: &Scene) -> String {
    scene.model.session.editor.as_ref().unwrap().text.rope().to_string()
}

const ALL: [&str; 3] = [GREETING, HELLO, ENVELOPE];

// --- what it shows ----------------------------------------------------------------------------

#[test]
fn a_draft_beside_its_live_view() {
    everywhere("editor", |size, lang| writing(size, lang, &ALL, DRAFT));
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = writing(TINY, lang, &ALL, DRAFT);
        scene.press("up");
        scene.press("up");
        scene.press("end");
        golden(&format!("editor-{code}-40x10"), &scene);
        scene.press("f6");
        scene.press("down");
        golden(&format!("editor-live-{code}-40x10"), &scene);
    }
}

#[test]
fn an_empty_draft_says_how_to_begin() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("editor-empty-{code}"), &writing(SMALL, lang, &ALL, ""));
    }
}

#[test]
fn nothing_of_a_draft_reaches_the_terminal_raw() {
    let hostile = String::from_utf8_lossy(HOSTILE);
    for size in [TINY, SMALL, LARGE] {
        let mut scene = writing(size, Lang::En, &ALL, &hostile);
        for key in ["up"; 9].iter().chain(&["end", "home", "f6", "pagedown", "f6"]) {
            scene.press(key);
            scene.grid();
        }
    }
    golden("editor-hostile", &writing(LARGE, Lang::En, &ALL, &hostile));
}

#[test]
fn the_cursor_is_always_in_sight() {
    let long = format!("{}\n{}\n", "日本語 ".repeat(60), "x".repeat(100)).repeat(30);
    for size in [TINY, SMALL] {
        let mut scene = writing(size, Lang::En, &ALL, &long);
        for key in ["up", "end", "left", "pageup", "home", "ctrl-home", "ctrl-end", "pageup"] {
            scene.press(key);
            let area = scene.model.panes().text.unwrap();
            let (_, cursor) = scene.drawn();
            let inner = ehlo::tui::layout::inside(area);
            assert!(inner.contains(cursor.into()), "{key}: {cursor:?} in {inner:?}");
        }
    }
}

#[test]
fn dialogs_say_what_is_needed() {
    let begun = [GREETING, CHUNKING, ENVELOPE];
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [TINY, SMALL] {
            let name = |what: &str| format!("editor-{what}-{code}-{}x{}", size.0, size.1);
            let mut scene = writing(size, lang, &begun, DRAFT);
            scene.press("ctrl-s");
            golden(&name("send"), &scene);
            let mut scene = writing(size, lang, &ALL[..2], DRAFT);
            scene.press("ctrl-s");
            golden(&name("send-before-mail"), &scene);
            scene.press("esc");
            scene.press("ctrl-o");
            golden(&name("insert"), &scene);
            scene.press("enter");
            scene.types("絵.png");
            golden(&name("attach"), &scene);
        }
    }
}

// --- typing -----------------------------------------------------------------------------------

#[test]
fn keys_write_and_undo() {
    let mut scene = writing(SMALL, Lang::En, &[GREETING], "");
    scene.types("Subject: q?:1");
    scene.press("enter");
    scene.press("tab");
    scene.types("folded");
    assert_eq!(written(&scene), "Subject: q?:1\n\tfolded");
    scene.press("ctrl-w");
    // A line that has nothing before the cursor gives nothing to put back.
    scene.press("ctrl-a");
    scene.press("ctrl-u");
    scene.press("ctrl-e");
    scene.press("ctrl-k");
    scene.press("ctrl-y");
    scene.press("ctrl-a");
    scene.press("backspace");
    assert_eq!(written(&scene), "Subject: q?:1\tfolded");
    for _ in 0..2 {
        scene.press("alt-u");
    }
    scene.press("ctrl-7");
    scene.press("alt-r");
    assert_eq!(written(&scene), "Subject: q?:1\n\t");
    assert!(scene.model.prompt.text().is_empty(), "the prompt heard nothing of it");
}

#[test]
fn a_click_places_the_cursor_and_the_wheel_scrolls() {
    use crossterm::event::MouseEventKind::{ScrollDown, ScrollUp};
    let mut scene = writing(SMALL, Lang::En, &ALL, &DRAFT.repeat(5));
    scene.press("ctrl-home");
    let (x, y) = scene.find("ボブ");
    scene.click((x + 3, y));
    scene.types("!");
    assert!(written(&scene).contains("ボ!ブ"), "{}", written(&scene));
    for (kind, top) in [(ScrollDown, 3), (ScrollUp, 0), (ScrollUp, 0)] {
        scene.mouse(kind, (x, y));
        assert_eq!(scene.model.editing().unwrap().top, top);
    }
    let (x, y) = scene.find("Live view");
    scene.click((x, y + 3));
    assert_eq!(scene.model.editing().unwrap().side, Of::Live);
    scene.double_click((x, y));
    assert!(scene.model.zoomed && scene.model.panes().text.is_none());
}

#[test]
fn what_is_put_in_can_be_undone() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "mine\n");
    scene.press("ctrl-o");
    scene.types("no-date");
    assert_eq!(scene.press("enter"), [], "it asks");
    let [Effect::Stamp(1, item)] = scene.press("r")[..] else { panic!("{}", scene.grid()) };
    let stamp = Stamp { now: Timestamp::UNIX_EPOCH, seed: 7 };
    scene.tells(Message::Stamped(1, item, stamp));
    let broken = written(&scene);
    assert!(scene.hints().contains("Alt-U brings it back"), "{}", scene.hints());
    assert!(broken.contains("alice@example.org") && !broken.contains("Date:"), "{broken}");
    scene.tells(Message::Stamped(1, Item::Date, stamp));
    assert!(written(&scene).contains("Date: Thu, 1 Jan 1970"), "{}", written(&scene));
    scene.press("alt-u");
    assert_eq!(written(&scene), broken);
    scene.press("alt-u");
    assert_eq!(written(&scene), "mine\n");
    scene.tells(Message::Stamped(1, Item::Boundary, stamp));
    assert!(scene.hints().contains("not possible here"), "{}", scene.hints());
}

#[test]
fn a_template_takes_no_draft_away() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = writing(SMALL, lang, &ALL, "mine\n");
        scene.press("ctrl-o");
        scene.types("html");
        scene.press("enter");
        golden(&format!("editor-replace-{code}"), &scene);
        assert_eq!(scene.clone().press("s"), []);
        let [Effect::LeaveDraft(1, ref text), Effect::Stamp(1, item)] = scene.press("enter")[..]
        else {
            panic!("{}", scene.grid())
        };
        assert_eq!((text.to_string().as_str(), written(&scene).as_str()), ("mine\n", ""));
        let stamp = Stamp { now: Timestamp::UNIX_EPOCH, seed: 7 };
        scene.tells(Message::Stamped(1, item, stamp));
        assert!(written(&scene).contains("multipart/alternative"), "{}", written(&scene));
    }
}

#[test]
fn a_file_is_what_is_attached() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "mine\n");
    scene.press("ctrl-o");
    scene.types("attach");
    assert_eq!(scene.press("enter"), []);
    assert!(matches!(scene.model.popup, Some(Popup::Form(_))), "{}", scene.grid());
}

#[test]
fn a_text_from_outside_replaces_only_the_text_it_was_made_from() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "one\n");
    let [Effect::EditOutside(1, ref text)] = scene.press("f4")[..] else { panic!() };
    assert_eq!(text.to_string(), "one\n");
    let revision = scene.model.editing().unwrap().text.revision();
    let edited = |text: Result<&str, &str>| Message::Edited {
        session: 1,
        revision,
        text: text.map(str::to_owned).map_err(str::to_owned),
    };
    scene.tells(edited(Err("no UTF-8")));
    assert_eq!((written(&scene).as_str(), scene.hints().trim()), ("one\n", "no UTF-8"));
    scene.tells(edited(Ok("two\n")));
    assert_eq!(written(&scene), "two\n");
    scene.tells(edited(Ok("three\n")));
    assert_eq!(written(&scene), "two\n");
    assert!(scene.hints().contains("changed meanwhile"), "{}", scene.hints());
}

#[test]
fn a_draft_waits_for_the_file_that_is_being_attached() {
    for came in [Ok("with a file\n"), Err("x.png: no such file")] {
        let mut scene = writing(SMALL, Lang::En, &ALL, "mine\n");
        scene.press("ctrl-p");
        scene.model.prompt.set(":attach x.png");
        scene.press("enter");
        let [Effect::Attach { session: 1, revision, .. }] = scene.press("enter")[..] else {
            panic!("{}", scene.grid())
        };
        for key in ["d", "h"] {
            scene.press("ctrl-s");
            assert_eq!(scene.press(key), []);
            assert!(scene.hints().contains("still being attached"), "{}", scene.hints());
            scene.press("esc");
        }
        assert_eq!(scene.press("f4"), [], "nor is it handed to another editor");
        // A second file would be put into the text without the first one.
        scene.press("ctrl-p");
        scene.model.prompt.set(":attach y.png");
        scene.press("enter");
        assert_eq!(scene.press("enter"), []);
        scene.press("esc");
        scene.press("ctrl-s");
        let text = came.map(str::to_owned).map_err(str::to_owned);
        scene.tells(Message::Edited { session: 1, revision, text });
        assert!(scene.shows(if came.is_ok() { "is 13 B" } else { "is 6 B" }), "{}", scene.grid());
        let [Effect::Pieces { ref text, .. }] = scene.press("d")[..] else {
            panic!("{}", scene.grid())
        };
        assert_eq!(text.to_string(), came.unwrap_or("mine\n"));
    }
}

#[test]
fn the_answer_for_one_draft_frees_no_other() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "one\n");
    let attach = |scene: &mut Scene| {
        scene.press("ctrl-p");
        scene.model.prompt.set(":attach x.png");
        scene.press("enter");
        let [Effect::Attach { revision, .. }] = scene.press("enter")[..] else {
            panic!("{}", scene.grid())
        };
        revision
    };
    let first = attach(&mut scene);
    scene.press("ctrl-p");
    scene.types("editor.drop");
    scene.press("enter");
    scene.press("d");
    scene.press("enter");
    scene.press("f4");
    paste(&mut scene, "two\n");
    let second = attach(&mut scene);
    assert_ne!(first, second);
    let late = Message::Edited { session: 1, revision: first, text: Ok("one+\n".to_owned()) };
    scene.tells(late);
    assert_eq!(written(&scene), "two\n");
    scene.press("ctrl-s");
    assert_eq!(scene.press("d"), []);
}

#[test]
fn a_large_draft_is_looked_through_elsewhere_and_once_at_a_time() {
    let mut scene = Scene::after(SMALL, Lang::En, &ALL);
    scene.press("f4");
    let large = "x\n".repeat(100_000);
    let [Effect::Review { revision, ref text, ref offers, .. }] = paste(&mut scene, &large)[..]
    else {
        panic!("it is read on the spot")
    };
    assert_eq!(scene.press("a"), [], "one at a time");
    let read = ehlo::tui::editor::Reviewed::of(&text.to_string(), revision, offers.clone());
    let next = scene.tells(Message::Reviewed(1, Box::new(read)));
    assert!(matches!(next[..], [Effect::Review { .. }]), "what was typed meanwhile comes next");
}

// --- drafts -----------------------------------------------------------------------------------

#[test]
fn a_draft_waits_for_its_session() {
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    scene.press("esc");
    assert!(scene.shows("a draft of 261 B waits: F4"), "{}", scene.grid());
    scene.another("mx2.example.com");
    scene.press("f4");
    assert_eq!(written(&scene), "");
    paste(&mut scene, "other");
    scene.press("ctrl-pagedown");
    assert!(scene.model.editing().is_none(), "left as it was");
    scene.press("f4");
    assert_eq!(written(&scene), DRAFT);
    scene.press("ctrl-pagedown");
    assert_eq!(written(&scene), "other");
}

#[test]
fn a_draft_that_was_left_is_offered() {
    let left = |subject: &str| LeftDraft {
        path: subject.into(),
        len: 1284,
        at: SystemTime::UNIX_EPOCH,
        subject: subject.to_owned(),
        written: "2026-11-23 08:00 UTC".to_owned(),
    };
    let offered = |lang| {
        let mut scene = Scene::after(SMALL, lang, &ALL);
        scene.tells(Message::DraftsLeft(vec![left("日本語の件名"), left("older")]));
        scene
    };
    let mut scene = offered(Lang::Ja);
    scene.press("f4");
    golden("editor-left-ja", &scene);
    let mut scene = offered(Lang::En);
    assert!(scene.hints().contains("an unsent draft was saved: F4"), "{}", scene.hints());
    scene.press("f4");
    golden("editor-left-en", &scene);
    assert_eq!(scene.press("d"), []);
    assert!(scene.hints().contains("Enter deletes it"), "{}", scene.hints());
    let deleted = scene.press("enter");
    assert_eq!(deleted, [Effect::DeleteDraft(left("日本語の件名"))]);
    assert!(scene.shows("\"older\""), "{}", scene.grid());
    assert_eq!(scene.press("g"), []);
    assert!(scene.hints().contains("Enter does it"), "{}", scene.hints());
    assert_eq!(scene.press("enter"), [Effect::TakeDraft(1, "older".into())]);
    let text = Ok("recovered\n".to_owned());
    scene.tells(Message::DraftTaken { session: 1, path: "older".into(), text });
    assert_eq!(written(&scene), "recovered\n");
    assert!(scene.model.editing().is_some() && scene.model.left_drafts.is_empty());
    let mut scene = offered(Lang::En);
    scene.press("f4");
    scene.press("a");
    scene.press("enter");
    assert_eq!((written(&scene).as_str(), scene.model.left_drafts.len()), ("", 2));
    // One that was asked for comes late.
    scene.types("begun");
    let text = Ok("recovered\n".to_owned());
    scene.tells(Message::DraftTaken { session: 1, path: "older".into(), text });
    assert_eq!(written(&scene), "recovered\n");
    assert!(scene.hints().contains("Alt-U brings it back"), "{}", scene.hints());
    scene.press("alt-u");
    assert_eq!(written(&scene), "begun");
}

#[test]
fn who_types_on_answers_nothing() {
    let left = LeftDraft {
        path: "left".into(),
        len: 6,
        at: SystemTime::UNIX_EPOCH,
        subject: "mine".to_owned(),
        written: "2026-11-23 08:00 UTC".to_owned(),
    };
    for typed in [
        "Date: Mon, 23 Nov",
        "Subject: days",
        "From: alice",
        "Message-ID: <g@a.d>",
        "subject: days",
        "dear all",
        "add",
        "god",
    ] {
        let mut scene = Scene::after(SMALL, Lang::En, &ALL);
        scene.tells(Message::DraftsLeft(vec![left.clone()]));
        scene.press("f4");
        for c in typed.chars() {
            let code = crossterm::event::KeyCode::Char(c);
            let key = crossterm::event::KeyEvent::from(code);
            assert_eq!(scene.tells(Message::Key(key)), [], "{typed}");
        }
        assert!(scene.hints().contains("that is no answer; Enter gives"), "{}", scene.hints());
        assert_eq!(scene.model.left_drafts.len(), 1, "{typed}");
        assert!(scene.model.popup.is_some() && scene.model.prompt.text().is_empty());
        assert!(scene.shows("> [g] go on with it"), "{}", scene.grid());
        // A key that moves says that the question is seen.
        scene.press("down");
        assert_eq!(scene.press("g"), []);
        assert_eq!(scene.press("enter"), [Effect::TakeDraft(1, "left".into())]);
    }
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    scene.press("ctrl-s");
    scene.types("D");
    for key in ["d", "b"] {
        assert_eq!(scene.press(key), [], "{key}");
    }
    assert!(scene.model.popup.is_some() && scene.model.session.sending.is_none());
}

#[test]
fn a_draft_is_dropped_when_the_answer_says_so() {
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    scene.press("ctrl-p");
    scene.types("editor.drop");
    scene.press("enter");
    assert!(scene.shows("cannot be brought back"), "{}", scene.grid());
    assert_eq!(scene.press("enter"), [], "what is chosen at first destroys nothing");
    assert_eq!(written(&scene), DRAFT);
    scene.press("ctrl-p");
    scene.types("editor.drop");
    scene.press("enter");
    assert_eq!(scene.press("d"), []);
    assert_eq!(scene.press("enter"), [Effect::ForgetDraft(1)]);
    assert!(scene.model.session.editor.is_none());
}

#[test]
fn a_draft_that_nothing_holds_is_told_of_before_the_end() {
    let mut scene = writing(SMALL, Lang::En, &[GREETING], DRAFT);
    let kept = |why: Option<&str>| Message::DraftKept { session: 1, why: why.map(str::to_owned) };
    scene.tells(kept(Some("/x: no place")));
    assert!(scene.hints().contains("not saved anywhere yet: /x: no place"), "{}", scene.hints());
    assert_eq!(scene.press("ctrl-q"), []);
    assert!(scene.shows("could not be saved anywhere"), "{}", scene.grid());
    scene.press("esc");
    scene.tells(kept(Some("/x: no place")));
    assert!(!scene.hints().contains("no place"), "told once: {}", scene.hints());
    scene.tells(kept(None));
    assert_eq!(scene.press("ctrl-q"), [Effect::Quit]);
}

#[test]
fn a_closed_tab_leaves_its_draft_behind() {
    let mut scene = writing(SMALL, Lang::En, &[GREETING], DRAFT);
    scene.another("mx2.example.com");
    scene.press("ctrl-pagedown");
    let key = scene.bind(ehlo::display::keys::Action::SessionClose);
    let effects = scene.tells(Message::Key(key));
    assert!(
        matches!(&effects[..], [Effect::LeaveDraft(1, text), Effect::Close(1)] if *text == DRAFT),
        "{effects:?}"
    );
    // What was kept of an emptied one goes with it.
    scene.press("f4");
    scene.types("x");
    scene.press("backspace");
    scene.another("mx2.example.com");
    scene.press("ctrl-pageup");
    let effects = scene.tells(Message::Key(key));
    assert!(
        matches!(&effects[..], [Effect::LeaveDraft(2, text), Effect::Close(2)] if *text == ""),
        "{effects:?}"
    );
}

#[test]
fn lines_pasted_behind_354_go_into_the_editor() {
    let mut scene =
        Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, "C: DATA\nS: 354 Go"]);
    assert!(scene.hints().contains("F4"), "it is offered: {}", scene.hints());
    paste(&mut scene, "Subject: x\n\nhello\n");
    assert!(scene.shows("put them into the editor"), "{}", scene.grid());
    scene.press("e");
    assert_eq!(written(&scene), "Subject: x\n\nhello");
    assert!(scene.model.editing().is_some());
}

// --- sending ----------------------------------------------------------------------------------

/// Gives the answer, and makes the pieces as the runtime does; what goes out first.
fn leaves(scene: &mut Scene, answer: &str, way: Way) -> Vec<Effect> {
    if scene.model.editing().is_none() {
        scene.press("f4");
    }
    scene.press("ctrl-s");
    let effects = scene.press(answer);
    let [Effect::Pieces { session: 1, number, ref text, way: asked }] = effects[..] else {
        panic!("{effects:?}\n{}", scene.grid())
    };
    assert_eq!(asked, way);
    let pieces = Ok(Pieces::of(&text.to_string(), way));
    scene.tells(Message::Pieces { session: 1, pieces, number })
}

fn say(bytes: &'static str) -> [Effect; 1] {
    [Effect::Say(1, Bytes::from(bytes))]
}

#[test]
fn a_draft_leaves_behind_data_and_is_done_at_250() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n\n.x\n");
    assert_eq!(leaves(&mut scene, "d", Way::Data), say("DATA\r\n"));
    assert!(scene.model.editing().is_none());
    scene.heard(Side::Client, "DATA\r\n");
    let data = "A: b\r\n\r\n..x\r\n.\r\n";
    assert_eq!(scene.heard(Side::Server, "354 go\r\n"), say(data));
    assert_eq!(scene.heard(Side::Client, data), []);
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), [Effect::ForgetDraft(1)]);
    assert!(scene.model.session.editor.is_none());
    assert!(scene.hints().contains("the draft is done"), "{}", scene.hints());
}

#[test]
fn a_refused_draft_is_kept() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n");
    leaves(&mut scene, "d", Way::Data);
    scene.heard(Side::Client, "DATA\r\n");
    assert_eq!(scene.heard(Side::Server, "554 no\r\n"), [], "no line of it becomes a command");
    assert!(scene.hints().contains("answered 554; the draft is kept"), "{}", scene.hints());
    assert_eq!(written(&scene), "A: b\n");
    scene.play(ENVELOPE);
    leaves(&mut scene, "d", Way::Data);
    scene.closed(Ending::Reset);
    assert!(scene.hints().contains("the connection ended"), "{}", scene.hints());
    assert_eq!(written(&scene), "A: b\n");
}

#[test]
fn the_reply_to_one_draft_says_nothing_of_the_next() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n");
    leaves(&mut scene, "d", Way::Data);
    scene.press("ctrl-p");
    scene.types("editor.drop");
    scene.press("enter");
    assert_eq!(scene.press("d"), []);
    assert_eq!(scene.press("enter"), [Effect::ForgetDraft(1)]);
    scene.press("f4");
    paste(&mut scene, "other\n");
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    scene.heard(Side::Client, "A: b\r\n.\r\n");
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), []);
    assert_eq!(written(&scene), "other\n");
    assert!(!scene.hints().contains("draft"), "{}", scene.hints());
}

#[test]
fn chunks_have_the_size_that_was_chosen() {
    let mut scene = writing(SMALL, Lang::En, &[GREETING, CHUNKING, ENVELOPE], &"x\n".repeat(40));
    scene.press("ctrl-s");
    for _ in 0..3 {
        scene.press("left");
    }
    assert!(scene.shows("BDAT < 64 B >"), "{}", scene.grid());
    let [Effect::Pieces { number, ref text, way: Way::Chunks(64), .. }] = scene.press("b")[..]
    else {
        panic!("{}", scene.grid())
    };
    let pieces = Ok(Pieces::of(&text.to_string(), Way::Chunks(64)));
    let first = scene.tells(Message::Pieces { session: 1, pieces, number });
    assert_eq!(first.len(), 1, "the second one waits");
    let mut scene = writing(SMALL, Lang::En, &ALL, "x\n");
    scene.press("ctrl-s");
    assert_eq!(scene.press("b"), []);
    assert!(scene.hints().contains("CHUNKING is not offered"), "{}", scene.hints());
}

#[test]
fn pasted_lines_do_not_get_into_a_message_that_is_going_out() {
    let mut scene = writing(SMALL, Lang::En, &[GREETING, CHUNKING, ENVELOPE], "A: b\n");
    leaves(&mut scene, "d", Way::Data);
    for answer in ["o", "p"] {
        paste(&mut scene, "RSET\nQUIT\n");
        assert_eq!(scene.press(answer), []);
        assert!(scene.hints().contains("a message is going out"), "{}", scene.hints());
    }
    // Where the person sends its lines, those are lines too.
    let mut scene = lines_come("A: b\n");
    scene.press("ctrl-u");
    paste(&mut scene, "C: d\nE: f\n");
    assert_eq!(scene.press("o"), say("C: d\r\nE: f\r\n"));
    assert_eq!(scene.model.prompt.text(), ".");
}

#[test]
fn what_was_made_for_the_other_state_does_not_leave() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n");
    scene.press("ctrl-s");
    let [Effect::Pieces { number, .. }] = scene.press("d")[..] else { panic!("{}", scene.grid()) };
    // The person was faster.
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    let pieces = Ok(Pieces::of("A: b\n", Way::Data));
    assert_eq!(scene.tells(Message::Pieces { session: 1, pieces, number }), []);
    assert!(scene.hints().contains("DATA has begun"), "{}", scene.hints());
    assert!(scene.model.session.sending.is_none());
}

#[test]
fn a_draft_that_was_sent_waits_for_no_place() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n");
    scene.tells(Message::DraftKept { session: 1, why: Some("no place".to_owned()) });
    leaves(&mut scene, "d", Way::Data);
    scene.press("f4");
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    scene.heard(Side::Client, "A: b\r\n.\r\n");
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), [Effect::ForgetDraft(1)]);
    assert_eq!(scene.model.editing().unwrap().unkept, None);
}

#[test]
fn a_message_on_its_way_can_be_stopped() {
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    leaves(&mut scene, "d", Way::Data);
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    scene.waits(2);
    scene.heard(Side::Client, "From: Alice <alice@example.org>\r\n");
    assert!(scene.hints().contains("sending: 33 B of 265 B"), "{}", scene.hints());
    assert_eq!(scene.press("ctrl-c"), [Effect::HangUp]);
    assert!(scene.hints().contains("the connection is closed"), "{}", scene.hints());
    assert_eq!(written(&scene), DRAFT);
    let behind = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    assert!(behind.model.session.sending.is_none(), "what is typed is not sent by us");
}

#[test]
fn a_message_that_is_being_prepared_can_be_stopped() {
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    scene.press("ctrl-s");
    let asked = scene.press("d");
    assert!(matches!(asked[..], [Effect::Pieces { number: 1, .. }]), "{asked:?}");
    assert!(scene.hints().contains("being prepared; Ctrl-C stops"), "{}", scene.hints());
    assert_eq!(scene.press("ctrl-c"), []);
    assert!(scene.hints().contains("nothing of the message was sent"), "{}", scene.hints());
    let late = Message::Pieces { session: 1, pieces: Ok(Pieces::of(DRAFT, Way::Data)), number: 1 };
    assert_eq!(scene.tells(late.clone()), []);
    scene.press("f4");
    scene.press("ctrl-s");
    scene.press("d");
    assert_eq!(scene.tells(late), [], "others are waited for now");
    assert!(scene.model.session.sending.is_some());
    scene.closed(Ending::Reset);
    assert!(scene.hints().contains("the connection ended"), "{}", scene.hints());
}

#[test]
fn behind_a_first_chunk_only_chunks_can_follow() {
    let begun = [GREETING, CHUNKING, ENVELOPE, "C: BDAT 0\nS: 250 ok"];
    let mut scene = writing(SMALL, Lang::En, &begun, DRAFT);
    scene.press("ctrl-s");
    assert!(scene.shows("BDAT has begun"), "{}", scene.grid());
    assert_eq!(scene.press("d"), []);
    scene.press("esc");
    leaves(&mut scene, "b", Way::Chunks(64 << 10));
}

#[test]
fn no_line_of_a_message_becomes_a_command_of_the_next_session() {
    for (leave, told) in [(None, "the connection ended"), (Some("ctrl-p"), "the draft is kept")] {
        let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\nc\n");
        scene.press("ctrl-s");
        scene.press("h");
        scene.press("enter");
        scene.heard(Side::Client, "DATA\r\n");
        scene.heard(Side::Server, "354 go\r\n");
        assert_eq!(scene.model.prompt.text(), "A: b");
        leave.map(|key| scene.press(key));
        scene.closed(Ending::Reset);
        assert!(scene.hints().contains(told), "{}", scene.hints());
        leave.map(|_| scene.press("esc"));
        assert_eq!(scene.model.prompt.text(), "");
    }
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    leaves(&mut scene, "d", Way::Data);
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "421 bye\r\n");
    let told = "answered 421 and ends the connection; the draft is kept";
    assert!(scene.hints().contains(told), "{}", scene.hints());
}

#[test]
fn no_line_of_a_file_becomes_a_command() {
    let data = "C: DATA\nS: 354 Go on";
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, data]);
    scene.types(":data x.eml");
    scene.press("enter");
    // It was read while what was typed before ended the message.
    scene.play("C: .\nS: 250 ok");
    let pieces = Ok(Pieces::data(Bytes::from_static(b"x\r\n.\r\n"), false));
    assert_eq!(scene.tells(Message::Pieces { session: 1, pieces, number: 1 }), []);
    assert!(scene.hints().contains("belongs after 354"), "{}", scene.hints());
}

#[test]
fn an_emptied_draft_can_still_be_undone() {
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    scene.press("ctrl-home");
    for _ in 0..14 {
        scene.press("ctrl-k");
    }
    scene.press("esc");
    assert!(!scene.shows("waits: F4"), "{}", scene.grid());
    scene.press("f4");
    assert_eq!(written(&scene), "");
    for _ in 0..13 {
        scene.press("alt-u");
    }
    assert_eq!(written(&scene), DRAFT);
}

#[test]
fn lines_come_into_the_prompt_one_by_one() {
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n\n.x\n");
    scene.press("ctrl-s");
    assert_eq!(scene.press("h"), []);
    let mut out = Vec::new();
    for (line, reply) in [
        ("DATA\r\n", "354 go\r\n"),
        ("A: b\r\n", ""),
        ("\r\n", ""),
        ("..x\r\n", ""),
        (".\r\n", "250 ok\r\n"),
    ] {
        assert_eq!(scene.press("enter"), say(line));
        scene.heard(Side::Client, line);
        out = scene.heard(Side::Server, reply);
    }
    assert_eq!(out, [Effect::ForgetDraft(1)]);
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n");
    scene.press("ctrl-s");
    scene.press("h");
    assert_eq!(scene.press("ctrl-c"), []);
    assert_eq!((scene.model.prompt.text(), written(&scene).as_str()), ("", "A: b\n"));
}

/// A draft that is sent by hand, with 354 there.
fn lines_come(draft: &str) -> Scene {
    let mut scene = writing(SMALL, Lang::En, &ALL, draft);
    scene.press("ctrl-s");
    scene.press("h");
    scene.press("enter");
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    scene
}

/// Enter, and what is sent by it is on the wire.
fn sends(scene: &mut Scene, line: &'static str) {
    assert_eq!(scene.press("enter"), say(line));
    scene.heard(Side::Client, line);
}

#[test]
fn an_empty_line_stays_in_the_prompt_until_it_is_sent() {
    for keys in [
        &["f1", "esc"][..],
        &["ctrl-p", "esc"],
        &["ctrl-r", "esc"],
        &["ctrl-pagedown", "ctrl-pageup"],
        &["f4", "esc"],
    ] {
        let mut scene = lines_come("A: b\n\nc\n");
        scene.another("mx2.example.com");
        scene.press("ctrl-pageup");
        assert_eq!(scene.model.prompt.text(), "A: b");
        sends(&mut scene, "A: b\r\n");
        for key in keys {
            scene.press(key);
        }
        assert_eq!(scene.model.prompt.text(), "", "{keys:?}");
        for line in ["\r\n", "c\r\n", ".\r\n"] {
            sends(&mut scene, line);
        }
        assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), [Effect::ForgetDraft(1)]);
    }
    // 354 comes while the prompt shows what is found in the history.
    let mut scene = writing(SMALL, Lang::En, &ALL, "A: b\n");
    scene.press("ctrl-s");
    scene.press("h");
    scene.press("enter");
    scene.press("ctrl-r");
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    assert_eq!(scene.model.prompt.text(), "");
    scene.press("esc");
    assert_eq!(scene.model.prompt.text(), "A: b");
}

#[test]
fn behind_an_early_end_no_line_is_left() {
    for early in [0, 1] {
        let mut scene = lines_come("A: b\nc\n");
        for line in ["A: b\r\n"].iter().take(early) {
            sends(&mut scene, line);
        }
        scene.press("ctrl-u");
        scene.types(".");
        assert_eq!(scene.press("enter"), say(".\r\n"));
        assert_eq!(scene.model.prompt.text(), "", "it would be a command");
        scene.heard(Side::Client, ".\r\n");
        assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), []);
        scene.play(ENVELOPE);
        scene.heard(Side::Client, "DATA\r\n");
        scene.heard(Side::Server, "354 go\r\n");
        assert_eq!(scene.model.prompt.text(), "");
        assert_eq!(written(&scene), "A: b\nc\n");
    }
    // Ended by other means than the line.
    let mut scene = lines_come("A: b\nc\n");
    scene.heard(Side::Client, ".\r\n");
    assert_eq!(scene.model.prompt.text(), "");
}

#[test]
fn a_dropped_draft_gives_no_more_lines() {
    let mut scene = lines_come("A: b\nc\n");
    scene.press("ctrl-p");
    scene.types("editor.drop");
    scene.press("enter");
    scene.press("d");
    scene.press("enter");
    assert!(scene.hints().contains("no more lines follow"), "{}", scene.hints());
    assert_eq!(scene.model.prompt.text(), "");
    scene.types(".");
    sends(&mut scene, ".\r\n");
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), []);
    scene.play(ENVELOPE);
    scene.heard(Side::Client, "DATA\r\n");
    scene.heard(Side::Server, "354 go\r\n");
    assert_eq!(scene.model.prompt.text(), "");
}

#[test]
fn behind_a_part_of_it_the_whole_draft_is_not_what_is_chosen() {
    let mut scene = lines_come("A: b\nc\n");
    sends(&mut scene, "A: b\r\n");
    scene.press("ctrl-c");
    scene.press("f4");
    scene.press("ctrl-s");
    assert!(scene.shows("6 B of a message have gone out already"), "{}", scene.grid());
    assert_eq!(scene.clone().press("enter"), []);
    let sent = scene.press("d");
    assert!(matches!(sent[..], [Effect::Pieces { .. }]), "who insists sends it: {sent:?}");
}

#[test]
fn behind_the_lone_dot_there_is_nothing_to_stop() {
    let mut scene = lines_come("A: b\n");
    sends(&mut scene, "A: b\r\n");
    sends(&mut scene, ".\r\n");
    scene.press("ctrl-c");
    assert!(!scene.hints().contains("nothing of the message was sent"), "{}", scene.hints());
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), [Effect::ForgetDraft(1)]);
}

/// Sends a draft by hand, with these lines in place of those that come into the prompt.
fn by_hand(lines: &[&str]) -> (Scene, Vec<Effect>) {
    let mut scene = lines_come("A: b\n\n.x\n");
    for line in lines {
        scene.model.prompt.set(line);
        scene.press("enter");
        let data = format!("{line}\r\n").into();
        scene.tells(Message::Heard(1, Event::bytes(Moment(scene.now), Side::Client, data)));
    }
    let out = scene.heard(Side::Server, "250 ok\r\n");
    (scene, out)
}

#[test]
fn a_draft_of_which_other_lines_left_is_kept() {
    for lines in [&["A: c", "", "..x", "."][..], &["A: b", ".."], &["A: b", "."], &["."]] {
        let (scene, out) =
            by_hand(&[lines, &["."][usize::from(lines.ends_with(&["."]))..]].concat());
        assert_eq!(out, [], "{lines:?}");
        assert_eq!(written(&scene), "A: b\n\n.x\n", "{lines:?}");
        assert!(scene.hints().contains("other lines than the draft's"), "{}", scene.hints());
        assert_eq!(scene.model.prompt.text(), "", "a line of it would be a command");
        assert!(scene.model.session.sending.is_none());
    }
    assert_eq!(by_hand(&["A: b", "", "..x", "."]).1, [Effect::ForgetDraft(1)]);
}

#[test]
fn other_panes_and_directives_leave_the_editor() {
    let mut scene = writing(SMALL, Lang::En, &ALL, DRAFT);
    scene.press("ctrl-p");
    scene.types("pane.transcript");
    scene.press("enter");
    assert!(scene.model.editing().is_none() && scene.model.panes().transcript.is_some());
    scene.press("i");
    scene.types(":edit");
    scene.press("enter");
    assert!(scene.model.editing().is_some());
    scene.press("ctrl-p");
    scene.model.prompt.set(":attach x.png");
    scene.press("enter");
    let Some(Popup::Form(form)) = &scene.model.popup else { panic!("{}", scene.grid()) };
    assert_eq!(form.file.text(), "x.png");
    let effects = scene.press("enter");
    assert!(matches!(effects[..], [Effect::Attach { session: 1, .. }]), "{effects:?}");
}

#[test]
fn the_size_of_a_draft_is_counted_for_mail() {
    let mut scene = writing(SMALL, Lang::En, &[GREETING, HELLO], "Subject: x\n\nhello\n");
    scene.press("esc");
    scene.types("MAIL FROM:<alice@example.org> SI");
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), "MAIL FROM:<alice@example.org> SIZE=21");
}
