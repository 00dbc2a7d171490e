//! What is awaited: on the line on top while it is awaited, as a row when it is overdue, and in the
//! list where limits are changed.

use ehlo::journal::Happening;
use ehlo::knowledge::Lang;
use ehlo::smtp::wait::{Limits, Wait};
use ehlo::tui::effect::Effect;

use super::checks::golden;
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, MESSAGE, SMALL, Scene};

const TINY: (u16, u16) = (40, 10);

/// A screen that is asked for the reply to DATA.
fn awaits_data(size: (u16, u16), lang: Lang) -> Scene {
    Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, "C: DATA"])
}

#[test]
fn what_is_awaited_since_when_and_how_long_it_may_take() {
    for (lang, code, long, short) in [
        (Lang::En, "en", "reply to DATA: 12 s of 2 min", "12 s of 2 min"),
        (Lang::Ja, "ja", "DATA への応答待ち：12 秒／2 分", "12 秒／2 分"),
    ] {
        for (size, text) in [(SMALL, long), (TINY, short)] {
            let mut scene = awaits_data(size, lang);
            scene.waits(12);
            assert!(scene.shows(text), "{}", scene.grid());
            golden(&format!("waits-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
}

#[test]
fn every_wait_has_its_words_and_its_limit() {
    let data = &format!("{ENVELOPE}\n{MESSAGE}");
    let dot = DOT.lines().next().unwrap();
    for (played, en) in [
        (&[][..], "greeting: 3 s of 5 min"),
        (&[GREETING, "C: EHLO pc.example.org"], "reply to EHLO: 3 s of 5 min"),
        (&[GREETING, "C: WHO"], "reply: 3 s of 5 min"),
        (&[GREETING, HELLO, "C: MAIL FROM:<a@example.org>"], "reply to MAIL: 3 s of 5 min"),
        (&[GREETING, HELLO, ENVELOPE, "C: RCPT TO:<c@example.net>"], "reply to RCPT: 3 s of 5 min"),
        (&[GREETING, HELLO, data, dot], "reply to the message: 3 s of 10 min"),
        (
            &[GREETING, HELLO, ENVELOPE, "C: BDAT 2 LAST\nC: "],
            "reply to the message: 3 s of 10 min",
        ),
        (&[GREETING, HELLO, "C: STARTTLS\nS: 220 go"], "TLS handshake: 3 s of 30 s"),
        (&[GREETING, HELLO], "5 min"),
    ] {
        let mut scene = Scene::after((120, 40), Lang::En, played);
        scene.waits(3);
        assert!(scene.shows(en), "{en}\n{}", scene.grid());
    }
    let scene = Scene::after((120, 40), Lang::En, &[GREETING, HELLO, "C: STARTTLS\nS: 220 go"]);
    assert!(!scene.shows("the server may close"), "{}", scene.grid());
    let mut scene = Scene::practice((120, 40), Lang::En);
    scene.model.session.tls_first = true;
    scene.waits(3);
    assert!(scene.shows("TLS handshake: 3 s of 30 s"), "{}", scene.grid());
}

#[test]
fn a_message_that_the_server_does_not_take_is_awaited_too() {
    let mut scene = Scene::after((120, 40), Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.waits(3);
    assert!(!scene.shows("room for more"), "it is the person's turn");
    scene.model.session.unheard = b"more\r\n".to_vec();
    assert!(scene.shows("room for more of the message: 3 s of 3 min"), "{}", scene.grid());
}

#[test]
fn what_is_overdue_is_said_in_a_row_and_the_session_goes_on() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [SMALL, TINY] {
            let mut scene = awaits_data(size, lang);
            scene.waits(120);
            scene.happens(Happening::Overdue { wait: Wait::Data, limit: 120 });
            scene.waits(5);
            golden(&format!("overdue-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
    let mut scene = awaits_data(SMALL, Lang::En);
    scene.waits(120);
    scene.happens(Happening::Overdue { wait: Wait::Data, limit: 120 });
    scene.server(b"354 at last\r\n");
    assert!(scene.shows("354 at last") && !scene.shows(" of 2 min"), "{}", scene.grid());
}

#[test]
fn limits_are_listed_and_changed_at_the_prompt() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for size in [SMALL, TINY] {
            let mut scene = awaits_data(size, lang);
            scene.types(":timeout ");
            golden(&format!("timeouts-{code}-{}x{}", size.0, size.1), &scene);
        }
    }
    let mut scene = awaits_data(SMALL, Lang::En);
    scene.types(":timeout data-e");
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), ":timeout data-end=");
    scene.types("5,da");
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), ":timeout data-end=5,data=");
    scene.types("30");
    let limits = Limits::default().with(&"data-end=5,data=30".parse().unwrap());
    assert_eq!(scene.press("enter"), [Effect::Limit(limits)]);
    assert!(scene.shows("data 30 s, data-end 5 s"), "{}", scene.grid());
    scene.waits(12);
    assert!(scene.shows("reply to DATA: 12 s of 30 s"), "{}", scene.grid());
    scene.types(":timeout data=soon");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.shows("\"data=soon\" is no limit"), "{}", scene.grid());
    assert_eq!(scene.model.prompt.text(), ":timeout data=soon");
}

#[test]
fn without_a_limit_the_seconds_are_counted_all_the_same() {
    let mut scene = awaits_data(SMALL, Lang::En);
    scene.model.limits.set(Wait::Data, 0);
    scene.waits(12);
    assert!(scene.shows("waiting 12 s"), "{}", scene.grid());
}
