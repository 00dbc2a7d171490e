//! Whether the last message is what it says, as a view of the content.

use ehlo::journal::Happening;
use ehlo::journal::authenticity::{
    Alignment, Answer, Assumed, Dmarc, Origin, Record, Signature, Spf, Term, Verdict, Verification,
};
use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;
use ehlo::tui::model::{ContentView, Pane};

use super::checks::{everywhere, golden};
use super::scene::{DOT, ENVELOPE, GREETING, HELLO, LARGE, SMALL, Scene};

const SIGNED: &str = "C: DATA
S: 354 Go on
C: DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=example.org; s=s1;
C:  t=1795690800; h=from:subject:from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
C:  b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF
C: From: alice@example.org
C: Subject: Hello
C:
C: Hi";

const KEY: &str = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEB\\027[31m";

fn sent(size: (u16, u16), lang: Lang) -> Scene {
    Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE, SIGNED, DOT])
}

fn found() -> Verification {
    let assumed = |value: &str| Some(Assumed { value: value.to_owned(), from: Origin::Session });
    Verification {
        at: "2026-11-26T12:00:00Z".to_owned(),
        address: assumed("192.0.2.7"),
        helo: assumed("pc.example.org"),
        sender: assumed("alice@example.org"),
        dkim: vec![Signature {
            verdict: Verdict::Pass,
            body_hash: Some("2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=".to_owned()),
            key: Some(KEY.to_owned()),
            key_bits: Some(2048),
            ..Signature::default()
        }],
        spf: vec![Spf {
            of_sender: true,
            domain: "example.org".to_owned(),
            verdict: Verdict::Softfail,
            why: None,
            about: String::new(),
            terms: vec![Term { domain: "example.org".to_owned(), text: "~all".to_owned() }],
            explanation: None,
        }],
        dmarc: Dmarc {
            domain: "example.org".to_owned(),
            verdict: Verdict::Pass,
            at: Some("_dmarc.example.org".to_owned()),
            record: Some("v=DMARC1; p=reject".to_owned()),
            policy: Some("reject".to_owned()),
            policy_by: Some("p".to_owned()),
            dkim: Alignment {
                strict: false,
                aligned: vec!["example.org".to_owned()],
                others: Vec::new(),
            },
            ..Dmarc::default()
        },
        answers: vec![Answer {
            name: "s1._domainkey.example.org".to_owned(),
            record: Record::Txt,
            by: "192.0.2.53:53".to_owned(),
            values: vec![KEY.to_owned()],
            problem: None,
            detail: String::new(),
            authentic: false,
            took: 12_000,
        }],
        ..Verification::default()
    }
}

fn asked(mut scene: Scene) -> (Scene, Vec<Effect>) {
    scene.types(":verify");
    let effects = scene.press("enter");
    (scene, effects)
}

#[test]
fn what_a_message_says_itself_and_what_was_found() {
    everywhere("authenticity", |size, lang| {
        let (mut scene, _) = asked(sent(size, lang));
        scene.happens(Happening::Verified(Box::new(found())));
        scene
    });
    golden("authenticity-unasked", &asked(sent(LARGE, Lang::En)).0);
}

#[test]
fn the_message_is_verified_once_it_is_there() {
    let (scene, effects) = asked(sent(LARGE, Lang::En));
    let wanted = effects.iter().find_map(|effect| match effect {
        Effect::Verify(wanted, bytes) => Some((wanted, bytes)),
        _ => None,
    });
    let (wanted, bytes) = wanted.unwrap_or_else(|| panic!("{effects:?}"));
    assert_eq!((wanted.session, wanted.message), (1, 0));
    assert!(bytes.clone().content().starts_with(b"DKIM-Signature: v=1"));
    assert_eq!(scene.model.session.view, ContentView::Authenticity);
    let mut scene = scene;
    scene.model.focus = Pane::Content;
    assert!(scene.shows("Nobody has verified"), "{}", scene.grid());
    scene.happens(Happening::Verified(Box::new(found())));
    assert!(scene.shows("pass") && !scene.shows("Nobody has verified"), "{}", scene.grid());
    let (scene, effects) = asked(Scene::after(SMALL, Lang::En, &[GREETING, HELLO]));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Verify(..))), "{effects:?}");
    assert!(scene.shows("no message yet"), "{}", scene.grid());
    let mut scene = sent(LARGE, Lang::En);
    scene.types(":verify --fly");
    let effects = scene.press("enter");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Verify(..))), "{effects:?}");
    assert!(scene.shows("is no option here"), "{}", scene.grid());
}

#[test]
fn the_view_explains_the_line_at_which_one_points() {
    let (mut scene, _) = asked(sent(LARGE, Lang::En));
    scene.happens(Happening::Verified(Box::new(found())));
    scene.model.focus = Pane::Content;
    scene.press("down");
    for _ in 0..8 {
        scene.press("down");
    }
    golden("authenticity-pointed", &scene);
    for _ in 0..100 {
        let all = ehlo::tui::view::shown(&scene.model, Pane::Content);
        let at = scene.model.session.pointed.unwrap().1;
        let line = all.iter().find(|((line, _), _)| *line == at).unwrap();
        if line.1.iter().any(|(_, text)| text.contains("author example.org")) {
            break;
        }
        scene.press("down");
    }
    assert!(scene.shows("C>From: "), "{}", scene.grid());
}
