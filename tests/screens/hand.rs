//! The person answers clients: what is asked stands there with what can be said to it.

use std::sync::Arc;

use ehlo::journal::{Ending, Endpoints, Happening, Side};
use ehlo::knowledge::{self, Lang};
use ehlo::speaker::hand::{Hand, Replies};
use ehlo::speaker::{Policy, Say, Seed};
use ehlo::tui::effect::Effect;
use ehlo::tui::hand::Answering;
use ehlo::tui::model::Pane;
use ehlo::tui::update::hand::accepted;

use super::checks::{everywhere, golden};
use super::scene::{GREETING, HELLO, LARGE, SMALL, Scene, said};

const TINY: (u16, u16) = (40, 10);
const PLACE: &str = "127.0.0.1:2525";

fn hand() -> Hand {
    let replies = Replies::parse(knowledge::data("replies.toml")).unwrap();
    let policy = Policy { everyday: true, starttls: true, ..Policy::default() };
    Hand::new(policy, Seed([7; 32]), Arc::new(replies))
}

/// Nobody has come.
fn waiting(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::dialling(size, lang, PLACE);
    scene.model.session.dialling = false;
    scene.model.session.hand = Some(Box::new(Answering::new(hand(), PLACE.to_owned())));
    scene
}

/// A client comes; the number of its session.
fn comes(scene: &mut Scene, client: &str) -> usize {
    let id = accepted(&mut scene.model, hand(), PLACE.to_owned(), client.to_owned());
    let remote = Some(client.to_owned());
    let endpoints = Endpoints { remote, loopback: true, ..Endpoints::default() };
    scene.elsewhere(id, Happening::Opened(Box::new(endpoints)));
    id
}

/// One client, behind these lines.
fn answering(size: (u16, u16), lang: Lang, transcripts: &[&str]) -> Scene {
    let mut scene = waiting(size, lang);
    comes(&mut scene, "127.0.0.1:40001");
    for text in transcripts {
        scene.play(text);
    }
    scene
}

const MAIL: &str = "C: MAIL FROM:<alice@example.org>\nS: 250 2.1.0 Sender <alice@example.org> Ok";
const RCPT: &str = "C: RCPT TO:<bob@example.net>";

fn asked(size: (u16, u16), lang: Lang) -> Scene {
    answering(size, lang, &[GREETING, HELLO, MAIL, RCPT])
}

fn both(name: &str, scene: fn((u16, u16), Lang) -> Scene) {
    everywhere(name, scene);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("{name}-{code}-40x10"), &scene(TINY, lang));
    }
}

#[test]
fn a_client_is_awaited() {
    both("hand-waiting", waiting);
}

#[test]
fn a_command_stands_with_what_can_be_said_to_it() {
    both("hand-asked", asked);
    both("hand-greeting", |size, lang| answering(size, lang, &[]));
}

#[test]
fn help_begins_with_the_keys_of_suggestions() {
    let mut scene = asked(SMALL, Lang::En);
    scene.press("f1");
    let lines: Vec<_> = scene.grid().lines().map(str::to_owned).collect();
    assert!(lines[3].contains("A reply to a client"), "{}", scene.grid());
}

#[test]
fn a_strange_answer_is_chosen_and_the_client_has_waited() {
    both("hand-strange", |size, lang| {
        let mut scene = asked(size, lang);
        scene.waits(42);
        scene.press("s");
        scene.press("s");
        scene.press("s");
        scene
    });
}

/// A second `r` may come before the client's next command.
#[test]
fn a_key_of_suggestions_is_no_letter_where_none_stand_yet() {
    let mut scene = asked(SMALL, Lang::En);
    assert!(matches!(scene.press("r")[..], [Effect::Say(..)]));
    let stays_empty = |mut scene: Scene| {
        for key in ["r", "n", "v", "s"] {
            assert_eq!(scene.press(key), []);
            assert!(scene.hints().contains("nothing is to be answered"), "{}", scene.hints());
            assert_eq!(scene.model.prompt.text(), "");
        }
        scene.types("5rnvs");
        assert_eq!(scene.model.prompt.text(), "5rnvs");
    };
    stays_empty(scene);
    stays_empty(answering(SMALL, Lang::En, &[GREETING, HELLO]));
    stays_empty(waiting(SMALL, Lang::En));
    // Where a reply has begun, whatever is typed belongs to it.
    let mut scene = asked(SMALL, Lang::En);
    scene.bytes(Side::Server, b"250-Ok\r\n");
    scene.press("r");
    assert_eq!(scene.model.prompt.text(), "r");
}

#[test]
fn what_is_typed_is_judged() {
    everywhere("hand-typed", |size, lang| {
        let mut scene = asked(size, lang);
        scene.types("354 go ahead");
        scene
    });
}

#[test]
fn several_clients_have_a_tab_each_and_those_that_ask_say_so() {
    everywhere("hand-clients", |size, lang| {
        let mut scene = answering(size, lang, &[GREETING, HELLO]);
        comes(&mut scene, "127.0.0.1:40002");
        let third = comes(&mut scene, "127.0.0.1:40003");
        scene.elsewhere(third, said(Side::Server, b"220 mx.example.net\r\n"));
        scene
    });
    let scene = answering(SMALL, Lang::En, &[GREETING, HELLO]);
    assert!(scene.model.offers().is_none(), "it is the client's turn");
}

/// Three clients, of which the second waits for an answer, and their list in front.
fn listed(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = answering(size, lang, &[GREETING, HELLO]);
    comes(&mut scene, "127.0.0.1:40002");
    let third = comes(&mut scene, "127.0.0.1:40003");
    scene.elsewhere(third, said(Side::Server, b"220 mx.example.net\r\n"));
    scene.press("f6");
    scene.press("backspace");
    scene
}

#[test]
fn clients_that_are_answered_are_listed_with_who_waits() {
    both("hand-list", listed);
    let mut scene = listed(SMALL, Lang::En);
    assert!(scene.shows("you answer") && scene.shows("[Sessions: 3]"), "{}", scene.grid());
    scene.press("f");
    scene.types("answer");
    scene.press("enter");
    scene.press("enter");
    assert!(scene.model.session.is_asked() && scene.model.focus == Pane::Prompt);
    assert_eq!(scene.model.session.target, "127.0.0.1:40002");
    let id = scene.model.session.id;
    scene.elsewhere(id, said(Side::Server, b"220 mx.example.net\r\n"));
    scene.press("f6");
    scene.press("esc");
    assert_eq!(scene.model.focus, Pane::Prompt, "Esc leads to where one answers");
    scene.press("f6");
    scene.press("backspace");
    assert!(!scene.shows("you answer") && scene.shows("Nothing fits"), "{}", scene.grid());
    // Who has gone stays in the list, also when his tab is closed.
    scene.press("esc");
    scene.elsewhere(id, Happening::Closed { by: Side::Client, how: Ending::Finished });
    assert!(scene.shows("left without QUIT"), "{}", scene.grid());
}

fn bytes(line: &'static str) -> Effect {
    Effect::Say(1, line.into())
}

#[test]
fn one_key_answers() {
    let right = bytes("250 2.1.5 Recipient <bob@example.net> Ok\r\n");
    let not_now = bytes("450 4.2.0 <bob@example.net> Greylisted, try again in 5 minutes\r\n");
    let never = bytes("550 5.1.1 <bob@example.net> is unknown here\r\n");
    for (keys, effect) in [
        ("r", right.clone()),
        ("enter", right.clone()),
        ("n", not_now.clone()),
        ("down enter", not_now),
        ("v", never),
        ("s enter", bytes("250 5.7.1 Error: <bob@example.net> refused\r\n")),
        ("tab enter", right),
    ] {
        let mut scene = asked(SMALL, Lang::En);
        let effects = keys.split(' ').flat_map(|key| scene.press(key)).collect::<Vec<_>>();
        assert_eq!(effects, [effect], "{keys}");
        assert!(scene.model.offers().is_none(), "it is on its way: {keys}");
        assert_eq!(scene.press("enter"), [], "nothing goes twice: {keys}");
    }
    let mut scene = asked(SMALL, Lang::En);
    let place = scene.find("550 5.1.1 <bob@example.net> is unknown");
    assert_eq!(scene.click(place), [bytes("550 5.1.1 <bob@example.net> is unknown here\r\n")]);
}

#[test]
fn what_is_typed_is_said_as_it_stands() {
    let close = Say::Close(Ending::Finished);
    for (line, effects) in [
        ("250 fine", vec![bytes("250 fine\r\n")]),
        ("hello", vec![bytes("hello\r\n")]),
        (":close", vec![Effect::HangUp]),
        (":close 421 bye", vec![Effect::Reply(1, vec![Say::Bytes("421 bye\r\n".into()), close])]),
        (":reset", vec![Effect::Reply(1, vec![Say::Close(Ending::Reset)])]),
        (":raw 250 ok\\n\\c", vec![bytes("250 ok\n")]),
        (":b64 Username:", vec![bytes("VXNlcm5hbWU6\r\n")]),
        (":starttls", vec![]),
        (":data x", vec![]),
    ] {
        let mut scene = asked(SMALL, Lang::En);
        scene.types(line);
        assert_eq!(scene.press("enter"), effects, "{line}");
    }
}

#[test]
fn behind_goodbye_it_is_closed_and_where_nothing_is_asked_nothing_is_said_by_a_key() {
    let quit = "C: QUIT\nS: 221 2.0.0 bye";
    let mut scene = answering(SMALL, Lang::En, &[GREETING, HELLO, quit]);
    assert_eq!(scene.press("enter"), [Effect::HangUp]);
    let mut scene = answering(SMALL, Lang::En, &[GREETING, HELLO, "C: QUIT"]);
    let goodbye = Say::Bytes("221 2.0.0 mx.example.net Goodbye\r\n".into());
    let said = vec![goodbye, Say::Close(Ending::Finished)];
    assert_eq!(scene.press("r"), [Effect::Reply(1, said)]);
    let mut scene = answering(SMALL, Lang::En, &[GREETING, HELLO]);
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("nothing is typed"), "{}", scene.grid());
    scene.types("rn");
    assert_eq!(scene.model.prompt.text(), "", "nor typed");
    assert_eq!(scene.press("enter"), []);
}

#[test]
fn both_sides_stand_apart_in_any_session_that_is_wide_enough() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    scene.press("esc");
    scene.press("|");
    assert!(scene.shows("C EHLO pc.example.org"), "{}", scene.grid());
    assert!(scene.shows("\u{2502}S 250-PIPELINING"), "{}", scene.grid());
    scene.press("|");
    assert!(!scene.shows("\u{2502}  \u{2502}S 250"), "{}", scene.grid());
    golden("sides-en-120x40", &{
        let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, MAIL, RCPT]);
        scene.press("esc");
        scene.press("|");
        scene
    });
}
