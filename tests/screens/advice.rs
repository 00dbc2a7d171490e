//! What the prompt suggests, completes and warns of.

use bytes::Bytes;
use ehlo::journal::Ending;
use ehlo::knowledge::{Lang, Topic};
use ehlo::tui::advice;
use ehlo::tui::effect::Effect;
use ehlo::tui::files::Folder;
use ehlo::tui::message::Message;
use ehlo::tui::popup::Popup;
use ehlo::tui::update::choose;
use ehlo::tui::view::choices_at;
use ratatui::style::Modifier;

use super::checks::{everywhere, golden, row};
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, SMALL, Scene};

fn greeted() -> Scene {
    Scene::after(SMALL, Lang::En, &[GREETING])
}

fn introduced() -> Scene {
    Scene::after(SMALL, Lang::En, &[GREETING, HELLO])
}

fn lists(scene: &Scene) -> bool {
    matches!(scene.model.popup, Some(Popup::Candidates(_)))
}

/// What stands in the upper border of the prompt.
fn remark_of(scene: &Scene) -> String {
    let border = scene.model.panes().prompt.y;
    row(&scene.drawn().0, border).trim_matches(['╔', '═', '╗']).trim().to_owned()
}

fn said(line: &'static str) -> Vec<Effect> {
    vec![Effect::Say(1, Bytes::from_static(line.as_bytes()))]
}

#[test]
fn a_list_above_the_prompt_says_what_can_stand_there() {
    everywhere("candidates", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.press("ctrl-n");
        scene
    });
    let mut scene = Scene::after((40, 10), Lang::Ja, &[GREETING, HELLO]);
    scene.types("MAIL FROM:<a@b.example> ");
    scene.press("tab");
    golden("candidates-ja-40x10", &scene);
}

#[test]
fn the_verdict_stands_at_the_edge_of_the_prompt() {
    everywhere("verdict", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.types("RCPT TO: bob@example.net");
        scene
    });
    let remark = |scenes: &[&str], line: &str| {
        let mut scene = Scene::after(LARGE, Lang::En, scenes);
        scene.types(line);
        remark_of(&scene)
    };
    let hello = &[GREETING, HELLO];
    for (scenes, line, said) in [
        (&hello[..], "NOOP", "ok"),
        (hello, "MA", "not complete: MAIL (RFC 5321 §4.1.1)"),
        (hello, "DATA", "no MAIL was accepted yet (RFC 5321 §4.1.4)"),
        (hello, "HELLO x", "no such command; EHLO? (RFC 5321 §4.2.4)"),
        (&[GREETING, HELLO, ENVELOPE, MESSAGE], ".", "this ends the message (RFC 5321 §4.1.1.4)"),
        (&[GREETING, HELLO, ENVELOPE, MESSAGE], ". ", "a blank beside the dot"),
    ] {
        let remark = remark(scenes, line);
        assert!(remark.contains(said), "{line}: {remark}");
    }
}

#[test]
fn a_suggestion_is_dim_and_no_part_of_the_line() {
    let mut scene = greeted();
    let (buffer, (x, y)) = scene.drawn();
    assert!(buffer[(x, y)].modifier.contains(Modifier::DIM));
    assert!(row(&buffer, y).contains("> EHLO pc.example.org"), "{}", scene.grid());
    assert_eq!(scene.model.prompt.text(), "");
    scene.types("EH");
    assert!(!scene.drawn().0[(x, y)].modifier.contains(Modifier::DIM));
    assert!(scene.shows("> EHLO pc.example.org"), "{}", scene.grid());
    scene.press("left");
    assert!(!scene.shows("> EHLO pc.example.org"), "{}", scene.grid());
    // Enter sends the line as it stands.
    scene.press("end");
    assert_eq!(scene.press("enter"), said("EH\r\n"));
}

#[test]
fn right_end_and_tab_take_the_suggestion_and_send_nothing() {
    for key in ["right", "end", "ctrl-e", "ctrl-f", "tab"] {
        let mut scene = greeted();
        assert_eq!(scene.press(key), []);
        assert_eq!(scene.model.prompt.text(), "EHLO pc.example.org", "{key}");
        assert_eq!(scene.press("enter"), said("EHLO pc.example.org\r\n"));
    }
    let mut scene = introduced();
    scene.types("MAIL FR");
    scene.press("right");
    assert_eq!(scene.model.prompt.text(), "MAIL FROM:<alice@example.org>");
    scene.press("home");
    scene.press("right");
    assert_eq!(scene.model.prompt.cursor(), 1);
}

#[test]
fn tab_takes_the_only_candidate_or_what_all_begin_with() {
    let mut scene = introduced();
    scene.types("NO");
    scene.press("tab");
    assert_eq!((scene.model.prompt.text(), lists(&scene)), ("NOOP", false));
    scene.press("tab");
    assert!(scene.shows("nothing to complete here; F6: next pane"), "{}", scene.grid());
    scene.press("ctrl-u");
    scene.types("mail f");
    scene.press("tab");
    assert_eq!((scene.model.prompt.text(), lists(&scene)), ("mail FROM:<", true));
    scene.types("a");
    assert!(lists(&scene));
    scene.press("tab");
    assert_eq!(
        (scene.model.prompt.text(), lists(&scene)),
        ("mail FROM:<alice@example.org>", false)
    );
}

#[test]
fn the_list_is_gone_through_narrowed_and_closed() {
    let mut scene = introduced();
    scene.types("R");
    scene.press("tab");
    assert!(lists(&scene) && scene.shows("> RSET"), "{}", scene.grid());
    scene.press("down");
    assert!(scene.shows("> RCPT TO:<"), "{}", scene.grid());
    assert_eq!(scene.press("enter"), []);
    assert_eq!((scene.model.prompt.text(), lists(&scene)), ("RCPT TO:<", false));
    scene.press("ctrl-u");
    scene.types("R");
    scene.press("tab");
    scene.press("esc");
    assert_eq!((scene.model.prompt.text(), lists(&scene)), ("R", false));
    scene.press("tab");
    scene.types("x");
    assert_eq!((scene.model.prompt.text(), lists(&scene)), ("Rx", false));
    scene.press("backspace");
    scene.press("tab");
    let places = choices_at(&scene.model);
    assert_eq!(choose(&mut scene.model, places[1].0), []);
    assert_eq!(scene.model.prompt.text(), "RCPT TO:<");
    let mut scene = introduced();
    scene.types("R");
    scene.press("tab");
    scene.press("ctrl-c");
    assert!(!lists(&scene));
}

/// A reply in between does not move the choice; and the border judges the line with it.
#[test]
fn what_is_chosen_stays_chosen_and_is_judged() {
    let mut scene = introduced();
    scene.types("R");
    scene.press("tab");
    let inserts = |scene: &Scene| advice::chosen(&scene.model).map(|c| c.insert);
    assert_eq!(inserts(&scene).as_deref(), Some("RSET"));
    assert!(remark_of(&scene).contains("ok"), "{}", scene.grid());
    scene.play("C: MAIL FROM:<me@example.com>\nS: 250 ok");
    assert_eq!(inserts(&scene).as_deref(), Some("RSET"));
    scene.press("up");
    assert_eq!(inserts(&scene).as_deref(), Some("RCPT TO:<"));
    assert!(remark_of(&scene).contains("the > is still missing"), "{}", scene.grid());
    scene.closed(Ending::Finished);
    assert!(!lists(&scene));
}

#[test]
fn what_was_accepted_is_suggested_again_in_every_session() {
    let mut scene = greeted();
    scene.play("C: EHLO laptop.example.com\nS: 250 mx");
    scene.play("C: MAIL FROM:<me@example.com>\nS: 250 ok\nC: RCPT TO:<you@example.com>\nS: 250 ok");
    scene.play("C: RCPT TO:<nobody@example.com>\nS: 550 no");
    scene.another("mx2.example.com");
    assert!(scene.shows("> EHLO laptop.example.com"), "{}", scene.grid());
    scene.press("right");
    let habits = &scene.model.habits;
    assert_eq!(habits.senders, ["me@example.com", "alice@example.org"]);
    assert_eq!(habits.recipients, ["you@example.com", "bob@example.net"]);
}

#[test]
fn nothing_is_advised_where_nothing_goes_out() {
    let mut scene = greeted();
    scene.model.session.recorded = true;
    assert!(advice::ghost(&scene.model).is_none());
    scene.press("tab");
    assert!(scene.shows("a recording: nothing can be sent"), "{}", scene.grid());
    let mut scene = greeted();
    scene.press("esc");
    assert!(advice::ghost(&scene.model).is_none());
    scene.press("i");
    scene.types("NOOP");
    scene.press("ctrl-p");
    assert!(advice::verdict(&scene.model).is_none());
}

#[test]
fn a_slip_is_explained_and_what_was_meant_is_suggested() {
    everywhere("slip", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.play("C: RCPT TO:<bob@example.net>\nS: 503 5.5.1 Say MAIL first");
        scene
    });
    for (sent, meant) in [
        ("C: HELLO pc.example.org\nS: 500 5.5.2 What?", "> EHLO pc.example.org"),
        ("C: MAIL FROM: a@b.example\nS: 501 5.5.2 No", "> MAIL FROM:<a@b.example>"),
    ] {
        let mut scene = introduced();
        scene.play(sent);
        assert!(scene.shows(meant) && scene.shows("Probably meant:"), "{}", scene.grid());
    }
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.play("C: . \\c");
    scene.play("C: ");
    assert!(scene.shows("this is no end") && scene.shows("DATA> ."), "{}", scene.grid());
}

#[test]
fn a_login_that_was_meant_shows_no_secret() {
    let mut scene = introduced();
    scene.play("C: UTH PLAIN AGFsaWNlAHNlY3JldA==\nS: 500 5.5.2 What?");
    assert_eq!(advice::ghost(&scene.model).as_deref(), Some("MAIL FROM:<alice@example.org>"));
    scene.types("AUTH PLAIN AGFs");
    assert!(scene.shows("> AUTH PLAIN ****"), "{}", scene.grid());
}

#[test]
fn the_header_is_suggested_line_by_line() {
    let mut scene = introduced();
    scene.model.habits.now = Some("2026-11-23T08:00:00Z".parse().unwrap());
    scene.play(ENVELOPE);
    scene.play("C: DATA\nS: 354 Go on\nC: From: alice@example.org\nC: To: bob@example.net");
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), "Subject: Hello");
    scene.play("C: Subject: Hello\nC: Date: x");
    scene.press("ctrl-u");
    assert!(scene.shows("now an empty line ends the header"), "{}", scene.grid());
    assert_eq!(scene.press("enter"), said("\r\n"));
}

#[test]
fn a_path_is_completed_behind_a_directive() {
    let mut scene =
        Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, "C: DATA\nS: 354 Go on"]);
    scene.types(":data");
    let listed = |scene: &mut Scene, path: &str, names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        scene.tells(Message::Listed(Folder { path: path.to_owned(), names }));
    };
    assert_eq!(scene.press("space"), [Effect::List(String::new())]);
    listed(&mut scene, "elsewhere/", &["wrong.eml"]);
    listed(&mut scene, "", &[".hidden", "letters/", "mail.eml"]);
    assert!(scene.shows("letters/") && !scene.shows(".hidden"), "{}", scene.grid());
    assert_eq!(scene.press("l"), []);
    assert_eq!(scene.press("tab"), [Effect::List("letters/".to_owned())]);
    assert_eq!(scene.model.prompt.text(), ":data letters/");
    listed(&mut scene, "letters/", &["a.eml", "b.eml"]);
    golden("paths-en", &scene);
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), ":data letters/");
    listed(&mut scene, "letters/", &["a-1.eml", "a-2.eml"]);
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), ":data letters/a-");
    scene.press("down");
    scene.press("down");
    assert_eq!(
        scene.press("enter"),
        [Effect::SayFile { session: 1, number: 1, file: "letters/a-2.eml".to_owned() }]
    );
    assert!(scene.model.folder.is_none());
}

/// Whatever can be completed has an entry that explains it, but for names and numbers.
#[test]
fn every_candidate_is_explained() {
    let mut scene = introduced();
    scene.play("C: EHLO pc.example.org\nS: 250-mx\nS: 250 AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256");
    let mut explained = 0;
    for line in [
        "",
        "MAIL ",
        "MAIL FROM:<a@b.example> ",
        "RCPT ",
        "RCPT TO:<a@b.example> ",
        "AUTH ",
        "HELP ",
    ] {
        scene.model.prompt.set(line);
        for candidate in advice::candidates(&scene.model) {
            let about = candidate.about.unwrap_or_default();
            assert!(Topic::read(&about).is_some(), "{line}{}: {about}", candidate.insert);
            explained += 1;
        }
    }
    assert!(explained > 60, "{explained}");
    let mut scene =
        Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, "C: DATA\nS: 354 Go on"]);
    scene.types("x");
    scene.press("backspace");
    let fields = advice::candidates(&scene.model);
    assert!(fields.iter().all(|c| Topic::read(c.about.as_deref().unwrap()).is_some()));
    assert!(fields.len() > 5, "{fields:?}");
}
