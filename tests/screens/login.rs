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
        [Effect::Say(1, bytes) | Effect::Answer(1, bytes)] => {
            String::from_utf8(bytes.to_vec()).unwrap()
        }
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
fn what_is_typed_while_a_login_goes_on_waits_for_its_end() {
    let mut scene = asked(SMALL, Lang::En, "LOGIN");
    scene.types(PASSWORD);
    let effects = scene.press("enter");
    sends(&mut scene, &effects);
    // A line that would become the user's name.
    scene.types("NOOP");
    assert_eq!(scene.press("enter"), []);
    assert!(
        scene.hints().contains("a login is under way; Ctrl-C gives it up"),
        "{}",
        scene.hints()
    );
    assert!(scene.shows("> NOOP"), "{}", scene.grid());
    assert_eq!(scene.press("f7"), []);
    let effects = scene.heard(Side::Server, "334 VXNlcm5hbWU6\r\n");
    assert_eq!(sends(&mut scene, &effects), "YWxpY2VAZXhhbXBsZS5vcmc=\r\n");
    // Lines that are pasted wait too.
    scene.tells(Message::Paste("NOOP\nHELP\n".to_owned()));
    assert_eq!(scene.press("o"), []);
    assert!(scene.hints().contains("a login is under way"), "{}", scene.hints());
    scene.press("esc");
    let effects = scene.heard(Side::Server, "334 UGFzc3dvcmQ6\r\n");
    assert_eq!(sends(&mut scene, &effects), "Y29ycmVjdCBob3JzZQ==\r\n");
    for directive in [":raw NOOP", ":auth PLAIN bob", ":starttls"] {
        scene.press("ctrl-u");
        scene.types(directive);
        assert_eq!(scene.press("enter"), [], "{directive}");
        assert_eq!(scene.model.prompt.text(), directive);
    }
    scene.press("ctrl-u");
    scene.types("NOOP");
    assert_eq!(scene.heard(Side::Server, "235 2.7.0 You are logged in\r\n"), []);
    assert_eq!(scene.press("enter")[..1], [Effect::Say(1, "NOOP\r\n".into())]);
}

#[test]
fn ctrl_c_gives_a_login_up_and_keeps_the_line() {
    let mut scene = asked(SMALL, Lang::En, "LOGIN");
    scene.types(PASSWORD);
    let effects = scene.press("enter");
    sends(&mut scene, &effects);
    scene.types("NOOP");
    assert_eq!(scene.press("ctrl-c"), []);
    assert!(scene.hints().contains("login: given up here"), "{}", scene.hints());
    assert_eq!(scene.model.prompt.text(), "NOOP");
    assert_eq!(scene.heard(Side::Server, "334 VXNlcm5hbWU6\r\n"), []);
    // By hand, no other login begins in it.
    scene.press("ctrl-u");
    for directive in [":auth PLAIN bob", ":starttls"] {
        scene.types(directive);
        assert_eq!(scene.press("enter"), []);
        assert!(scene.hints().contains("a login is under way; * gives it up"), "{}", scene.hints());
        scene.press("ctrl-u");
        scene.press("esc");
    }
}

#[test]
fn an_answer_that_comes_too_late_is_veiled_all_the_same() {
    let mut scene = asked(SMALL, Lang::En, "LOGIN");
    scene.types(PASSWORD);
    let effects = scene.press("enter");
    sends(&mut scene, &effects);
    let effects = scene.heard(Side::Server, "334 VXNlcm5hbWU6\r\n");
    sends(&mut scene, &effects);
    let effects = scene.heard(Side::Server, "334 UGFzc3dvcmQ6\r\n");
    let password = said(&effects);
    // Another line got in between, and its reply is there before the password is on the wire.
    scene.bytes(Side::Client, b"Ym9i\r\n");
    scene.server(b"235 2.7.0 ok\r\n");
    scene.bytes(Side::Client, password.as_bytes());
    assert!(scene.shows("C ********************"), "{}", scene.grid());
    assert!(!scene.grid().contains("Y29y"), "{}", scene.grid());
}

#[test]
fn the_box_of_a_password_stays_where_other_keys_are_pressed() {
    let mut scene = asked(SMALL, Lang::En, "PLAIN");
    scene.types(PASSWORD);
    for key in ["f1", "f12", "f6", "ctrl-p", "f4", "f2", "f3", "tab"] {
        scene.press(key);
        assert!(scene.model.popup.is_some(), "{key}");
    }
    let effects = scene.press("enter");
    assert!(said(&effects).starts_with("AUTH PLAIN AGFs"));
}

#[test]
fn a_login_that_is_given_up_and_accepted_is_no_login() {
    let mut scene = asked(SMALL, Lang::En, "CRAM-MD5");
    scene.types(PASSWORD);
    let effects = scene.press("enter");
    sends(&mut scene, &effects);
    let effects = scene.heard(Side::Server, "334 who are you\r\n");
    assert_eq!(sends(&mut scene, &effects), "*\r\n");
    scene.heard(Side::Server, "235 2.7.0 ok\r\n");
    assert!(!scene.shows("logged in as"), "{}", scene.grid());
    assert!(scene.shows("E16"), "{}", scene.grid());
}

#[test]
fn a_plain_answer_points_to_the_directive_that_encodes_it() {
    for (lang, words) in [(Lang::En, ":b64 TEXT makes it"), (Lang::Ja, ":b64 TEXT で作れます")]
    {
        let mut scene = offered(LARGE, lang);
        scene.play("C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6");
        scene.types("alice@example.org");
        assert!(scene.shows(words), "{}", scene.grid());
        scene.play("C: alice@example.org\nS: 501 5.5.2 no");
        scene.press("ctrl-u");
        assert!(scene.shows(words), "{}", scene.grid());
    }
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
