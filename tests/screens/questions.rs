//! What only the person can answer: how to leave, and what to do with a paste.

use bytes::Bytes;
use ehlo::journal::{Ending, Event, Happening, Moment, Side};
use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;

use super::checks::golden;
use super::scene::{ENVELOPE, GREETING, HELLO, MESSAGE, SMALL, Scene};

#[test]
fn a_paste_of_several_lines_asks_what_to_do() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [(40, 10), SMALL] {
            let mut scene = Scene::after(size, lang, &[GREETING]);
            let text = "EHLO a\rAUTH PLAIN AGFsaWNl\r\nMAIL FROM:<a@b.example>\nDATA\nQUIT\n";
            assert_eq!(scene.tells(Message::Paste(text.to_owned())), []);
            assert!(!scene.shows("AGFs"), "{}", scene.grid());
            golden(&format!("paste-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn a_paste_can_be_edited_sent_together_or_put_off() {
    let paste = |offer: &[&str]| {
        let mut scene = Scene::after(SMALL, Lang::En, offer);
        scene.tells(Message::Paste("EHLO a\rNOOP\r\nQUIT".to_owned()));
        scene
    };
    let all = [Effect::Say(1, Bytes::from_static(b"EHLO a\r\nNOOP\r\nQUIT\r\n"))];
    let mut scene = paste(&[GREETING]);
    scene.press("e");
    golden("pasted", &scene);
    assert_eq!(scene.press("enter"), all);
    let mut scene = paste(&[GREETING]);
    assert_eq!(scene.press("p"), []);
    assert!(scene.hints().contains("PIPELINING is not offered"), "{}", scene.hints());
    let mut scene = paste(&[GREETING, HELLO]);
    assert_eq!(scene.press("p"), all);
    assert!(scene.model.popup.is_none() && scene.model.prompt.text().is_empty());
    let mut scene = paste(&[GREETING]);
    assert_eq!(scene.press("esc"), []);
    assert!(scene.hints().contains("nothing was sent"), "{}", scene.hints());
    scene.press("ctrl-y");
    assert_eq!(scene.press("enter"), all);
    let mut scene = paste(&[GREETING, HELLO, ENVELOPE, "C: DATA\nS: 354 Go on"]);
    assert!(scene.shows("send all lines") && !scene.shows("pipeline"), "{}", scene.grid());
    assert_eq!(scene.press("o"), all);
}

#[test]
fn a_paste_sent_one_by_one_waits_shows_progress_and_stops_at_a_refusal() {
    let say = |line: &'static str| [Effect::Say(1, Bytes::from(line))];
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.tells(Message::Paste("EHLO a\nVRFY x\nNOOP\nQUIT".to_owned()));
    assert_eq!(scene.press("enter"), say("EHLO a\r\n"));
    assert!(scene.hints().contains("line 1 of 4 is sent"), "{}", scene.hints());
    assert_eq!(scene.heard(Side::Client, "EHLO a\r\n"), []);
    assert_eq!(scene.heard(Side::Server, "250 mx\r\n"), say("VRFY x\r\n"));
    scene.heard(Side::Client, "VRFY x\r\n");
    assert_eq!(scene.heard(Side::Server, "550 no\r\n"), []);
    let words = "the server answered 550; lines sent: 2 of 4";
    assert!(scene.hints().contains(words), "{}", scene.hints());
    scene.press("ctrl-y");
    assert_eq!(scene.model.prompt.text(), "NOOP\nQUIT");
    scene.press("ctrl-u");
    scene.tells(Message::Paste("NOOP\nQUIT".to_owned()));
    scene.press("o");
    assert_eq!(scene.press("ctrl-c"), []);
    assert!(scene.hints().contains("stopped; lines sent: 1 of 2"), "{}", scene.hints());
    scene.heard(Side::Client, "NOOP\r\n");
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), []);
}

#[test]
fn a_paste_while_the_help_is_open_is_seen() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.press("f1");
    scene.tells(Message::Paste("EHLO pasted".to_owned()));
    assert!(scene.shows("> EHLO pasted"), "{}", scene.grid());
}

#[test]
fn leaving_an_open_transaction_asks_how() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [(40, 10), SMALL] {
            let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
            assert_eq!(scene.press("ctrl-q"), []);
            golden(&format!("leave-{code}-{}x{}", size.0, size.1), &scene);
            assert_eq!(scene.clone().press("ctrl-q"), [Effect::Quit]);
            assert_eq!(scene.clone().press("c"), [Effect::Quit]);
            assert_eq!(scene.press("s"), []);
            assert!(scene.model.popup.is_none());
            scene.model.confirm_quit = false;
            assert_eq!(scene.press("ctrl-q"), [Effect::Quit]);
        }
    }
}

#[test]
fn leaving_with_quit_waits_for_the_server() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.press("ctrl-q");
    assert_eq!(scene.press("enter"), [Effect::Say(1, Bytes::from_static(b"QUIT\r\n"))]);
    assert!(scene.hints().contains("QUIT is sent"), "{}", scene.hints());
    scene.play("C: QUIT\nS: 221 Bye");
    let closed = Happening::Closed { by: Side::Server, how: Ending::Finished };
    let effects = scene.tells(Message::Heard(1, Event::new(Moment(scene.now), closed)));
    assert_eq!(effects, [Effect::Quit]);
}

#[test]
fn inside_a_message_quit_is_no_command() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.press("ctrl-q");
    assert_eq!(scene.press("q"), []);
    assert!(scene.hints().contains("QUIT would be a line of it"), "{}", scene.hints());
    assert_eq!(scene.press("ctrl-q"), [Effect::Quit]);
}
