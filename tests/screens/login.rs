//! Logging in on the screen: `:auth`, the password that nobody sees, the steps under glass.

use ehlo::journal::Side;
use ehlo::knowledge::Lang;
use ehlo::speaker::{Secret, Seed};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;

use super::checks::{everywhere, golden};
use super::scene::{GREETING, LARGE, SMALL, Scene};

const OFFER: &str = "C: EHLO pc.example.org
S: 250-mx.example.net Hello pc.example.org
S: 250-SIZE 26214400
S: 250 AUTH PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256";

const PASSWORD: &str = "correct horse";

fn offered(size: (u16, u16), lang: Lang) -> Scene {
    Scene::after(size, lang, &[GREETING, OFFER])
}

/// `:auth` was typed, and nothing outside has the password: the person is asked.
fn asked(size: (u16, u16), lang: Lang, mechanism: &str) -> Scene {
    let mut scene = offered(size, lang);
    scene.types(&format!(":auth {mechanism} alice@example.org"));
    let effects = scene.press("enter");
    let [Effect::Password(1, login), ..] = &effects[..] else { panic!("{effects:?}") };
    let (login, seed) = (login.clone(), Seed([3; 32]));
    scene.tells(Message::LogsIn { session: 1, login, secret: Ok(None), seed });
    scene
}

/// What is said next in the session.
fn said(effects: &[Effect]) -> String {
    match effects {
        [Effect::Say(1, bytes)] => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The same, heard on the wire.
fn sends(scene: &mut Scene, effects: &[Effect]) -> String {
    let line = said(effects);
    scene.bytes(Side::Client, line.as_bytes());
    line
}

#[test]
fn the_password_is_asked_for_and_not_shown() {
    everywhere("login-password", |size, lang| {
        let mut scene = asked(size, lang, "PLAIN");
        scene.types(PASSWORD);
        scene
    });
    let mut scene = asked(SMALL, Lang::En, "PLAIN");
    scene.types("correct horses");
    scene.press("backspace");
    let effects = scene.press("enter");
    let line = sends(&mut scene, &effects);
    assert_eq!(line, "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=\r\n");
    scene.server(b"235 2.7.0 You are logged in\r\n");
    assert!(scene.shows("logged in as alice@example.org"), "{}", scene.grid());
    assert!(!scene.grid().contains("aG9yc2U") && !scene.grid().contains("horse"));
    // The history has the directive, and nothing else of it.
    scene.press("up");
    assert_eq!(scene.model.prompt.text(), ":auth PLAIN alice@example.org");
    let all = format!("{:?}", scene.model.prompt);
    assert!(!all.contains("horse") && !all.contains("aG9yc2U"), "{all}");
}

#[test]
fn a_login_that_is_left_says_nothing() {
    let mut scene = asked(SMALL, Lang::En, "PLAIN");
    scene.types(PASSWORD);
    assert_eq!(scene.press("esc"), []);
    assert!(scene.model.popup.is_none() && scene.model.session.errand.is_none());
    assert!(scene.model.prompt.text().is_empty());
}

#[test]
fn steps_follow_each_other_and_are_explained() {
    let mut scene = asked(LARGE, Lang::En, "LOGIN");
    scene.types(PASSWORD);
    let effects = scene.press("enter");
    assert_eq!(sends(&mut scene, &effects), "AUTH LOGIN\r\n");
    let effects = scene.heard(Side::Server, "334 VXNlcm5hbWU6\r\n");
    assert!(scene.shows("question: Username:"), "{}", scene.grid());
    assert_eq!(sends(&mut scene, &effects), "YWxpY2VAZXhhbXBsZS5vcmc=\r\n");
    let effects = scene.heard(Side::Server, "334 UGFzc3dvcmQ6\r\n");
    assert_eq!(sends(&mut scene, &effects), "Y29ycmVjdCBob3JzZQ==\r\n");
    assert_eq!(scene.heard(Side::Server, "535 5.7.8 no\r\n"), []);
    assert!(scene.shows("password: (hidden)"), "{}", scene.grid());
    assert!(!scene.grid().contains("horse"));
    assert!(scene.model.session.errand.is_none());
}

#[test]
fn a_wrong_proof_of_the_server_is_said() {
    let mut scene = asked(SMALL, Lang::En, "CRAM-MD5");
    scene.types(PASSWORD);
    let effects = scene.press("enter");
    assert_eq!(sends(&mut scene, &effects), "AUTH CRAM-MD5\r\n");
    let effects = scene.heard(Side::Server, "334 who are you\r\n");
    assert_eq!(sends(&mut scene, &effects), "*\r\n");
    scene.heard(Side::Server, "501 5.7.0 cancelled\r\n");
    assert!(scene.shows("what the server asked is not base64"), "{}", scene.grid());
}

#[test]
fn a_password_from_outside_is_not_asked_for() {
    let mut scene = offered(SMALL, Lang::En);
    scene.types(":auth PLAIN alice@example.org");
    let effects = scene.press("enter");
    let [Effect::Password(1, login), ..] = &effects[..] else { panic!("{effects:?}") };
    let (login, secret) = (login.clone(), Ok(Some(Secret::new(PASSWORD))));
    let seed = Seed::default();
    let effects = scene.tells(Message::LogsIn { session: 1, login: login.clone(), secret, seed });
    assert!(said(&effects).starts_with("AUTH PLAIN AGFs"));
    let secret = Err("no such variable".to_owned());
    let seed = Seed::default();
    scene.tells(Message::LogsIn { session: 1, login, secret, seed });
    assert!(scene.shows("no such variable"));
}

#[test]
fn a_challenge_is_under_glass() {
    let scram = "C: AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=
S: 334 cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E9PSxpPTQwOTY=";
    everywhere("login-challenge", |size, lang| {
        let mut scene = offered(size, lang);
        scene.play(scram);
        scene
    });
    let mut scene = offered(LARGE, Lang::En);
    scene.play(scram);
    scene.types(":b64 c=biws");
    golden("login-encode", &scene);
    let effects = scene.press("enter");
    assert_eq!(said(&effects[..1]), "Yz1iaXdz\r\n");
}

#[test]
fn answers_typed_by_hand_are_read_and_veiled() {
    let steps = "C: AUTH LOGIN
S: 334 VXNlcm5hbWU6
C: YWxpY2VAZXhhbXBsZS5vcmc=
S: 334 UGFzc3dvcmQ6";
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = offered(SMALL, lang);
        scene.play(steps);
        scene.types(":b64 correct horse");
        golden(&format!("login-by-hand-{code}"), &scene);
        let effects = scene.press("enter");
        assert_eq!(sends(&mut scene, &effects[..1]), "Y29ycmVjdCBob3JzZQ==\r\n");
        scene.server(b"235 2.7.0 You are logged in\r\n");
        golden(&format!("login-by-hand-done-{code}"), &scene);
        assert!(!scene.grid().contains("horse") && !scene.grid().contains("Y29y"));
    }
}
