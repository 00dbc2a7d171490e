//! «Who is this really» on the screen: names side by side, and what the owner of the domain says.

use ehlo::journal::facts::{Certificate, NameKind, NameProblem, PolicyFacts, Verdict};
use ehlo::journal::{Endpoints, Happening, NameFacts, TlsFacts};
use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;

use super::checks::{everywhere, golden};
use super::scene::{LARGE, SMALL, Scene};

const TALK: &str = "S: 220 mx1.example.net ESMTP
C: EHLO pc.example.org
S: 250-backend7.example.net Hello
S: 250 STARTTLS
C: STARTTLS
S: 220 2.0.0 Go ahead";

const INSIDE: &str = "C: EHLO pc.example.org
S: 250-backend7.example.net Hello
S: 250 SIZE 26214400";

fn answer(kind: NameKind, name: &str, answers: &[&str]) -> Happening {
    Happening::LookedUp(Box::new(NameFacts {
        name: name.to_owned(),
        kind,
        by: "192.0.2.53:53".to_owned(),
        answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
        problem: answers.is_empty().then_some(NameProblem::NoSuchName),
        detail: String::new(),
        authentic: false,
        took: 12_000,
    }))
}

/// Behind the MX records of a domain, inside TLS.
fn reached(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::dialling(size, lang, "mx:example.net");
    scene.happens(Happening::Opened(Box::new(Endpoints {
        target: "mx:example.net".to_owned(),
        remote: Some("203.0.113.25:25".to_owned()),
        host: Some("mx1.example.net".to_owned()),
        ..Endpoints::default()
    })));
    scene.play(TALK);
    let names = ["mx1.example.net", "*.mail.example.net"].map(str::to_owned).to_vec();
    let own = Certificate { subject: "CN=mx1".to_owned(), names, ..Certificate::default() };
    let verdict = Verdict { name: "mx1.example.net".to_owned(), at: 0, faults: Vec::new() };
    let layer = TlsFacts { chain: vec![own], verdict: Some(verdict), ..TlsFacts::default() };
    scene.happens(Happening::Secured(Box::new(layer)));
    scene.play(INSIDE);
    scene
}

/// The same, with all answers.
fn answered(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = reached(size, lang);
    let policy = "version: STSv1\nmode: enforce\nmx: *.example.org\nmax_age: 604800\nnew: x\n";
    let zero = "00".repeat(32);
    for what in [
        answer(NameKind::Reverse, "203.0.113.25", &["host25.example.com"]),
        answer(NameKind::Forward, "host25.example.com", &["203.0.113.99"]),
        answer(NameKind::Sts, "_mta-sts.example.net", &["v=STSv1; id=20261126"]),
        answer(NameKind::Tlsa, "_25._tcp.mx1.example.net", &[&format!("3 1 1 {zero}")]),
        Happening::Fetched(Box::new(PolicyFacts {
            domain: "example.net".to_owned(),
            host: "mta-sts.example.net".to_owned(),
            address: Some("203.0.113.80:443".to_owned()),
            status: Some(200),
            body: Some(policy.to_owned()),
            took: 81_000,
            ..PolicyFacts::default()
        })),
        Happening::Inquired,
    ] {
        scene.happens(what);
    }
    scene
}

fn asked(mut scene: Scene) -> Scene {
    scene.types(":who");
    scene.press("enter");
    scene
}

#[test]
fn names_stand_side_by_side() {
    everywhere("who", |size, lang| asked(answered(size, lang)));
    let scene = asked(answered((40, 10), Lang::En));
    golden("who-small", &scene);
    let scene = asked(reached(LARGE, Lang::En));
    golden("who-not-asked", &scene);
}

#[test]
fn what_was_asked_is_told_and_what_differs_stands_with_the_facts() {
    golden("who-told", &answered(LARGE, Lang::En));
    for size in [SMALL, LARGE] {
        let scene = answered(size, Lang::En);
        assert!(scene.shows("Other names than wanted"), "{}", scene.grid());
    }
}

#[test]
fn the_server_is_asked_about_once_more_and_a_slip_stays_in_the_line() {
    let mut scene = reached(LARGE, Lang::En);
    scene.types(":who example.org");
    let effects = scene.press("enter");
    assert!(effects.contains(&Effect::Inquire(1, Some("example.org".to_owned()))), "{effects:?}");
    let mut scene = reached(LARGE, Lang::En);
    scene.types(":who a@b");
    let effects = scene.press("enter");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Inquire(..))), "{effects:?}");
    assert!(scene.shows("is no domain"), "{}", scene.grid());
    let mut scene = Scene::dialling(SMALL, Lang::En, "mx:example.net");
    scene.types(":who");
    scene.press("enter");
    assert!(scene.shows("nobody to ask about"), "{}", scene.grid());
}

#[test]
fn the_row_of_the_connection_tells_who_it_is() {
    let mut scene = answered(LARGE, Lang::En);
    for key in ["esc", "g"] {
        scene.press(key);
    }
    assert!(scene.shows("reverse name (PTR)"), "{}", scene.grid());
}
