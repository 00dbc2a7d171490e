//! Several sessions.

use bytes::Bytes;
use ehlo::display::keys::Action;
use ehlo::journal::{Ending, Endpoints, Event, Happening, Moment, Side};
use ehlo::knowledge::Lang;
use ehlo::session::Past;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::view::tabs::tabs_at;

use super::checks::{everywhere, golden, row};
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, SMALL, Scene, said};

/// Three sessions: one that hears something behind the others, one in front, one that failed.
fn three_sessions(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
    scene.another("メール.example:25");
    let third = scene.another("[2001:db8::1]:2525");
    let how = Ending::Reset;
    scene.elsewhere(third, Happening::Closed { by: Side::Server, how });
    scene.model.bring_to_front(2);
    scene.server(b"421 4.4.2 Too long idle\r\n");
    scene
}

#[test]
fn several_sessions_have_tabs() {
    everywhere("tabs", three_sessions);
}

#[test]
fn two_sessions_stand_side_by_side() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [LARGE, (160, 45)] {
            let mut scene = three_sessions(size, lang);
            scene.press("esc");
            scene.press("b");
            golden(&format!("beside-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn side_by_side_needs_place_and_company() {
    let mut scene = three_sessions(SMALL, Lang::En);
    scene.press("esc");
    scene.press("b");
    assert!(scene.hints().contains("need 100 columns"), "{}", scene.hints());
    scene.tells(Message::Resize(100, 24));
    scene.press("b");
    assert!(scene.model.panes().beside.is_some());
    // What has the focus is in sight all the same.
    scene.press("3");
    assert!(scene.model.panes().envelope.is_some() && scene.model.panes().beside.is_none());
    let mut alone = Scene::after(LARGE, Lang::En, &[GREETING]);
    alone.press("esc");
    alone.press("b");
    assert!(alone.hints().contains(":new TARGET"), "{}", alone.hints());
}

#[test]
fn a_half_typed_line_stays_with_its_session() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types("EHLO half");
    scene.another("mx2");
    assert_eq!(scene.model.prompt.text(), "");
    scene.types("HELP");
    assert_eq!(scene.press("enter"), [Effect::Say(2, Bytes::from_static(b"HELP\r\n"))]);
    scene.press("ctrl-pagedown");
    assert_eq!((scene.model.session.id, scene.model.prompt.text()), (1, "EHLO half"));
    // The history is one for all.
    scene.press("ctrl-u");
    scene.press("up");
    assert_eq!(scene.model.prompt.text(), "HELP");
    scene.press("ctrl-pageup");
    assert_eq!((scene.model.session.id, scene.model.prompt.text()), (2, ""));
}

#[test]
fn the_tab_in_front_is_always_in_sight_and_tabs_do_not_overlap() {
    for size in [(40, 10), SMALL, LARGE] {
        let mut scene = Scene::after(size, Lang::Ja, &[GREETING]);
        for n in 0..30 {
            scene.another(&format!("日本語の名前{n}.example:25"));
        }
        for id in 1..=31 {
            scene.model.bring_to_front(id);
            let tabs = tabs_at(&scene.model);
            let front = tabs.iter().find(|(at, _)| *at == id).unwrap();
            assert!(front.1.len() > 3 && front.1.end <= size.0, "{tabs:?}");
            assert!(tabs.windows(2).all(|two| two[0].1.end == two[1].1.start), "{tabs:?}");
            let line = row(&scene.drawn().0, 1);
            assert!(line.contains(&format!("[{id} ")), "{line}");
            let more = (line.starts_with('<'), line.ends_with('>'));
            assert_eq!(more, (tabs[0].0 > 1, tabs[tabs.len() - 1].0 < 31), "{line}");
        }
    }
}

#[test]
fn a_click_brings_a_session_to_the_front() {
    let mut scene = three_sessions(LARGE, Lang::En);
    scene.click(scene.find("3 [2001:db8::1]"));
    assert_eq!(scene.model.session.id, 3);
    scene.press("esc");
    scene.press("b");
    scene.click(scene.find("S 220 mx.example.net"));
    assert_eq!(scene.model.session.id, 1);
}

#[test]
fn closing_a_session_asks_in_a_transaction_and_never_leaves_nothing() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.another("mx2");
    scene.press("ctrl-pagedown");
    let close = scene.bind(Action::SessionClose);
    assert_eq!(scene.tells(Message::Key(close)), []);
    golden("question-close", &scene);
    assert_eq!(scene.press("c"), [Effect::Close(1)]);
    assert_eq!((scene.model.session.id, scene.model.others.len()), (2, 0));
    // What the closed one still says is not for anybody.
    assert_eq!(scene.tells(Message::Heard(1, Event::new(Moment(9), said(Side::Server, b"x")))), []);
    assert_eq!(scene.tells(Message::Key(close)), [Effect::Quit]);
}

#[test]
fn only_the_own_practice_server_has_another_end() {
    let mut scene = Scene::dialling(LARGE, Lang::En, "practice");
    let other_end = scene.bind(Action::SessionOtherEnd);
    assert_eq!(scene.tells(Message::Key(other_end)), []);
    assert!(scene.hints().contains("built-in practice server"), "{}", scene.hints());
    let client = "127.0.0.1:40000".to_owned();
    let server = "127.0.0.1:40001".to_owned();
    let (local, remote) = (Some(client.clone()), Some(server.clone()));
    let ends = Endpoints { local, remote, ..Endpoints::default() };
    scene.happens(Happening::Opened(Box::new(ends.clone())));
    let watch = vec![Effect::Watch { session: 2, client, server }];
    assert_eq!(scene.tells(Message::Key(other_end)), watch);
    let before = scene.model.others[0].dialogue.clone();
    scene.tells(Message::Loaded(2, Box::new((Past::default(), before)), None));
    scene.elsewhere(2, said(Side::Server, b"220 here\r\n"));
    golden("other-end-en-120x40", &scene);
    scene.types("NOOP");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("nothing can be sent from here"), "{}", scene.hints());
    // The next talk of that session is followed too, in the same tab.
    scene.press("ctrl-u");
    assert!(scene.shows("[2 practice the server's end]"), "{}", scene.grid());
    let again = Message::Heard(1, Event::new(Moment(9), Happening::Opened(Box::new(ends))));
    assert_eq!(scene.tells(again), watch);
    // That one was over before it could be heard.
    scene.tells(Message::Loaded(2, Box::default(), None));
    assert!(scene.shows("[2 practice closed]") && !scene.shows("220 here"), "{}", scene.grid());
}
