//! A session from its greeting to its end.

use bytes::Bytes;
use ehlo::journal::facts::DialReason;
use ehlo::journal::{DialFailure, Ending, Happening, Side};
use ehlo::knowledge::{self, Lang};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::Pane;
use unicode_width::UnicodeWidthStr as _;

use super::checks::{everywhere, golden, row, symbols};
use super::scene::{
    DOT, ENVELOPE, GREETING, HELLO, HOSTILE, LARGE, MESSAGE, MULTIPART, SMALL, Scene,
};

#[test]
fn connecting() {
    everywhere("connecting", |size, lang| Scene::dialling(size, lang, "practice"));
}

#[test]
fn greeted() {
    everywhere("greeted", |size, lang| Scene::after(size, lang, &[GREETING]));
}

#[test]
fn introduced() {
    everywhere("introduced", |size, lang| Scene::after(size, lang, &[GREETING, HELLO]));
}

#[test]
fn one_recipient_refused() {
    everywhere("recipients", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
        scene.types("DATA");
        scene
    });
}

#[test]
fn data_half_typed() {
    everywhere("data", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        scene.types("Bye, Al");
        scene
    });
}

#[test]
fn message_accepted() {
    everywhere("accepted", |size, lang| {
        Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE, DOT])
    });
}

/// LMTP: the second of two recipients is asked about, and a row is selected that answers for one.
#[test]
fn each_recipient_has_its_answer() {
    let hello = HELLO.replace("EHLO", "LHLO");
    let more = "C: RCPT TO:<full@example.net>\nS: 250 2.1.5 Recipient <full@example.net> Ok";
    let said = "C: .\nS: 250 2.0.0 <bob@example.net> has it as 1";
    everywhere("answers", |size, lang| {
        Scene::after(size, lang, &[GREETING, &hello, ENVELOPE, more, MESSAGE, said])
    });
    let rest = "S: 452 4.2.2 The mailbox of <full@example.net> is full";
    everywhere("partly", |size, lang| {
        let mut scene =
            Scene::after(size, lang, &[GREETING, &hello, ENVELOPE, more, MESSAGE, said, rest]);
        scene.press("esc");
        scene
    });
}

#[test]
fn every_view_of_the_content() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(LARGE, lang, &[GREETING, HELLO, ENVELOPE, MULTIPART]);
        for name in ["header", "trace", "parts", "body", "raw"] {
            golden(&format!("content-{name}-{code}"), &scene);
            scene.press("f9");
        }
    }
}

#[test]
fn the_server_closes() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.closed(Ending::Finished);
    golden("closed", &scene);
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, "C: MAIL FROM:<a@b.example>"]);
    scene.closed(Ending::Reset);
    golden("reset", &scene);
}

#[test]
fn nobody_listens() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::dialling(SMALL, lang, "mx.example.net:25");
        scene.happens(Happening::NotOpened(Box::new(DialFailure {
            target: "mx.example.net:25".to_owned(),
            reason: DialReason::Refused,
            at: None,
            detail: "Connection refused (os error 111)".to_owned(),
            took: None,
        })));
        golden(&format!("refused-{code}"), &scene);
        assert!(scene.model.prompt.text().is_empty());
        scene.press("f2");
        assert_eq!(scene.press("enter"), [Effect::Dial("mx.example.net:25".to_owned())]);
    }
}

#[test]
fn half_a_reply_and_silence() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, "C: EHLO pc.example.org"]);
    scene.server(b"250-mx.example.net\r\n250-SI");
    scene.waits(75);
    golden("half-a-reply", &scene);
}

#[test]
fn hostile_bytes_become_visible() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, "C: EHLO pc.example.org"]);
    scene.server(HOSTILE);
    golden("hostile", &scene);
}

#[test]
fn hostile_bytes_in_a_message_become_visible() {
    for view in 0..5 {
        let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
        scene.play("C: DATA\nS: 354 Go on");
        scene.bytes(Side::Client, b"Subject: \x1b[31m \xe2\x80\xae \xff\r\nX\x07: \x00\r\n\r\n");
        scene.bytes(Side::Client, b"body \x9b \xe2\x80\x8f\x1b]8;;x\x07\r\n");
        for _ in 0..view {
            scene.press("f9");
        }
        let (buffer, _) = scene.drawn();
        let all: String = (0..40).map(|y| row(&buffer, y)).collect();
        assert!(all.contains("\\x1b[31m"), "{all}");
    }
}

#[test]
fn secrets_are_veiled() {
    let offer = "C: EHLO pc.example.org\nS: 250-mx.example.net\nS: 250 AUTH PLAIN LOGIN";
    let login = "C: AUTH PLAIN AGFsaWNlAGNvcnJlY3QgaG9yc2U=\nS: 535 5.7.8 No\n\
                 C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: YWxpY2U=\nS: 334 UGFzc3dvcmQ6";
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, offer, login]);
    scene.types("Y29ycmVjdCBob3JzZQ==");
    golden("login", &scene);
    for secret in ["AGFsaWNl", "YWxpY2U", "Y29ycmVj"] {
        assert!(!scene.shows(secret), "{secret} can be read:\n{}", scene.grid());
    }
}

#[test]
fn a_secret_is_veiled_while_it_is_typed() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types("AUTH PLAIN AGFsaWNl");
    assert!(scene.shows("> AUTH PLAIN ********"), "{}", scene.grid());
    scene.press("home");
    assert!(!scene.shows("AGFs"));
}

#[test]
fn a_secret_in_a_paste_of_several_lines_is_veiled() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.tells(Message::Paste("EHLO x\r\nAUTH PLAIN AGFsaWNl\r\nNOOP".to_owned()));
    assert!(!scene.shows("AGFs"), "{}", scene.grid());
    assert!(scene.shows("NOOP"), "{}", scene.grid());
}

#[test]
fn a_real_server_is_warned_of_before_the_final_dot() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::dialling(SMALL, lang, "mx.example.net:25");
        scene.opened("192.0.2.25:25", false);
        for text in [GREETING, HELLO, ENVELOPE, MESSAGE] {
            scene.play(text);
        }
        golden(&format!("real-{code}"), &scene);
        let mut harmless = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        harmless.waits(1);
        let warning: String = knowledge::word(lang, "data.really").chars().take(12).collect();
        assert!(scene.shows(&warning) && !harmless.shows(&warning));
    }
}

#[test]
fn the_idle_countdown() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    assert!(scene.shows("the server may close in 5 min; F7 sends NOOP"), "{}", scene.grid());
    scene.waits(270);
    assert!(scene.shows("the server may close in 30 s; F7 sends NOOP"), "{}", scene.grid());
    assert_eq!(scene.press("f7"), [Effect::Say(1, Bytes::from_static(b"NOOP\r\n"))]);
    let between = Scene::after((100, 30), Lang::En, &[GREETING, HELLO]);
    assert!(between.shows("5 min left"), "{}", between.grid());
    let mut small = Scene::after(SMALL, Lang::Ja, &[GREETING, HELLO]);
    small.waits(270);
    assert!(small.shows("残り 30 秒"), "{}", small.grid());
}

#[test]
fn nothing_is_cut_from_the_sentences_beside_the_prompt() {
    let real = |lang| {
        let mut scene = Scene::dialling(SMALL, lang, "mx.example.net:25");
        scene.opened("192.0.2.25:25", false);
        scene
    };
    for lang in [Lang::En, Lang::Ja] {
        for mut scene in [Scene::practice(SMALL, lang), real(lang)] {
            for text in [GREETING, HELLO, ENVELOPE, MESSAGE] {
                scene.play(text);
            }
            let (buffer, _) = scene.drawn();
            let title = row(&buffer, scene.model.panes().prompt.y);
            assert!(!title.contains('…'), "{title}");
        }
    }
}

#[test]
fn the_warning_is_there_without_boxes_too() {
    for (lang, words) in [(Lang::En, "really delivers"), (Lang::Ja, "別のコンピューター")]
    {
        let mut scene = Scene::dialling((70, 12), lang, "mx.example.net:25");
        scene.opened("192.0.2.25:25", false);
        for text in [GREETING, HELLO, ENVELOPE, MESSAGE] {
            scene.play(text);
        }
        assert!(scene.shows(words), "{}", scene.grid());
    }
}

#[test]
fn the_shown_view_is_always_named() {
    for (lang, names) in [
        (Lang::En, ["[Header]", "[Trace]", "[Thread]", "[Parts]", "[Body]", "[Raw]"]),
        (Lang::Ja, ["[ヘッダー]", "[経路]", "[スレッド]", "[パート]", "[本文]", "[生データ]"]),
    ] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        scene.press("f6");
        scene.press("f6");
        scene.press("4");
        for name in names {
            assert!(scene.shows(name), "{}", scene.grid());
            scene.press("f9");
        }
    }
}

#[test]
fn the_content_key_first_brings_the_content_into_sight() {
    for (size, focus) in [(SMALL, Pane::Prompt), (SMALL, Pane::Envelope), ((50, 20), Pane::Prompt)]
    {
        let mut scene = Scene::after(size, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
        scene.model.focus = focus;
        scene.model.tab = Pane::Envelope;
        scene.press("f9");
        assert!(scene.shows("[Header]"), "{}", scene.grid());
        scene.press("f9");
        assert!(scene.shows("[Trace]"), "{}", scene.grid());
    }
}

#[test]
fn the_cursor_stands_behind_what_was_typed() {
    for typed in ["abc", "日本語", "e\u{301}日", "\u{200b}x"] {
        for count in 1..60 {
            let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
            scene.types(&typed.repeat(count));
            let (buffer, (x, y)) = scene.drawn();
            let before = symbols(&buffer, y).into_iter().rev().find(|(at, _)| *at < x);
            let (at, symbol) = before.unwrap();
            assert!(symbol.trim() != "" && !"║>".contains(symbol), "{}", scene.grid());
            assert_eq!(at + u16::try_from(symbol.width()).unwrap(), x, "{}", scene.grid());
        }
    }
}

#[test]
fn a_recording_and_tls() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.play("C: STARTTLS\nS: 220 2.0.0 Go ahead");
    scene.happens(Happening::Secured(Box::default()));
    scene.model.session.recorded = true;
    golden("recorded", &scene);
    scene.types("NOOP");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("nothing can be sent"), "{}", scene.hints());
}
