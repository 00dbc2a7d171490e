//! TLS on the screen: the question about a certificate, a switch to TLS, and what is offered before
//! and inside it.

use ehlo::journal::facts::{Certificate, CertificateFault, TlsFailure, TlsReason, Verdict};
use ehlo::journal::{Happening, Side, TlsFacts};
use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::popup::{Asked, Popup};

use super::checks::{everywhere, golden};
use super::scene::{GREETING, LARGE, SMALL, Scene};

const CLEAR: &str = "C: EHLO pc.example.org
S: 250-mx.example.net Hello pc.example.org
S: 250-PIPELINING
S: 250-SIZE 26214400
S: 250-STARTTLS
S: 250-AUTH LOGIN
S: 250 8BITMIME";

const SWITCH: &str = "C: STARTTLS
S: 220 2.0.0 Go ahead with the handshake";

const INSIDE: &str = "C: EHLO pc.example.org
S: 250-mx.example.net Hello pc.example.org
S: 250-PIPELINING
S: 250-SIZE 26214400
S: 250-8BITMIME
S: 250-AUTH PLAIN LOGIN SCRAM-SHA-256
S: 250 SMTPUTF8";

/// What is known of a layer whose certificate has these faults.
fn layer(faults: Vec<CertificateFault>) -> Happening {
    let has = |fault| faults.contains(&fault);
    let name = if has(CertificateFault::WrongName) { "www.example.com" } else { "mx.example.net" };
    let own = format!("CN={name}");
    let issuer = if has(CertificateFault::SelfSigned) { &own } else { "CN=Practice Authority" };
    let certificate = Certificate {
        issuer: issuer.to_owned(),
        subject: own.clone(),
        names: vec![name.to_owned()],
        from: 1_780_000_000,
        until: if has(CertificateFault::Expired) { 1_790_000_000 } else { 1_800_000_000 },
        key: "EC P-256".to_owned(),
        signature: "ecdsa-with-SHA256".to_owned(),
        serial: "01".to_owned(),
        sha256: "ab".repeat(32),
        sha1: "cd".repeat(20),
        ..Certificate::default()
    };
    let verdict = Verdict { name: "mx.example.net".to_owned(), at: 1_795_000_000, faults };
    Happening::Secured(Box::new(TlsFacts {
        version: Some("TLSv1.3".to_owned()),
        cipher: Some("TLS_AES_256_GCM_SHA384".to_owned()),
        group: Some("X25519".to_owned()),
        sni: Some("mx.example.net".to_owned()),
        handshake: Some("full".to_owned()),
        took: Some(4_200),
        chain: vec![certificate],
        verdict: Some(verdict),
        ..TlsFacts::default()
    }))
}

/// A session in which TLS has just begun.
fn secured(size: (u16, u16), lang: Lang, faults: Vec<CertificateFault>) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, CLEAR, SWITCH]);
    scene.now += 4_200;
    scene.happens(layer(faults));
    scene
}

#[test]
fn a_certificate_that_cannot_be_trusted_is_asked_about() {
    for (name, faults) in [
        ("expired", vec![CertificateFault::Expired]),
        ("wrong-name", vec![CertificateFault::WrongName]),
        ("self-signed", vec![CertificateFault::SelfSigned, CertificateFault::WrongName]),
        ("incomplete-chain", vec![CertificateFault::IncompleteChain]),
    ] {
        for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
            for size in [(40, 10), SMALL, LARGE] {
                let scene = secured(size, lang, faults.clone());
                golden(&format!("certificate-{name}-{code}-{}x{}", size.0, size.1), &scene);
            }
        }
    }
}

#[test]
fn what_is_offered_before_tls_and_inside_it_stands_side_by_side() {
    everywhere("offered", |size, lang| {
        let mut scene = secured(size, lang, Vec::new());
        scene.play(INSIDE);
        scene
    });
    let mut scene = secured(SMALL, Lang::En, Vec::new());
    assert!(!scene.shows("inside TLS"), "nothing is known of it yet");
    scene.play(CLEAR);
    assert!(scene.shows("STARTTLS"), "{}", scene.grid());
    assert!(scene.shows("Offered as before TLS"), "{}", scene.grid());
}

#[test]
fn a_switch_to_tls_goes_on_by_itself() {
    let say = |line: &'static str| vec![Effect::Say(1, line.into())];
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types(":starttls");
    assert_eq!(scene.press("enter"), say("EHLO pc.example.org\r\n"));
    scene.bytes(Side::Client, b"EHLO pc.example.org\r\n");
    let effects = scene.heard(Side::Server, "250-mx.example.net\r\n250 STARTTLS\r\n");
    assert_eq!(effects, say("STARTTLS\r\n"));
    scene.bytes(Side::Client, b"STARTTLS\r\n");
    assert_eq!(scene.heard(Side::Server, "220 go\r\n"), []);
    // Nothing is said before the person trusts the server.
    scene.happens(layer(vec![CertificateFault::Expired]));
    scene.press("down");
    let effects = scene.press("enter");
    assert_eq!(effects, [Effect::Trust(1), Effect::Say(1, "EHLO pc.example.org\r\n".into())]);
    scene.bytes(Side::Client, b"EHLO pc.example.org\r\n");
    scene.heard(Side::Server, "250-mx.example.net\r\n250 DSN\r\n");
    assert!(scene.model.session.errand.is_none());
    scene.types(":starttls");
    assert_eq!(scene.press("enter"), say("STARTTLS\r\n"));
    assert!(scene.hints().contains("TLS is on already; it is sent"), "{}", scene.hints());
    scene.bytes(Side::Client, b"STARTTLS\r\n");
    scene.heard(Side::Server, "503 5.5.1 no\r\n");
    assert!(scene.model.session.errand.is_none());
}

#[test]
fn a_switch_in_an_open_transaction_is_warned_of_and_sent() {
    for (lang, words) in [(Lang::En, "TLS wipes it; it is sent"), (Lang::Ja, "取り消されます")]
    {
        let mut scene = Scene::after(SMALL, lang, &[GREETING, CLEAR]);
        scene.play("C: MAIL FROM:<alice@example.org>\nS: 250 2.1.0 ok");
        scene.types(":starttls");
        assert_eq!(scene.press("enter"), [Effect::Say(1, "STARTTLS\r\n".into())]);
        assert!(scene.hints().contains(words), "{}", scene.hints());
    }
}

fn asks_about_the_certificate(scene: &Scene) -> bool {
    let popup = scene.model.popup.as_ref();
    matches!(popup, Some(Popup::Question(question)) if question.asked == Asked::Certificate)
}

#[test]
fn whatever_would_be_sent_asks_about_the_certificate_and_keeps_its_line() {
    let put_off = || {
        let mut scene = secured(SMALL, Lang::En, vec![CertificateFault::Expired]);
        assert!(scene.hints().contains("decide later"), "{}", scene.hints());
        scene.press("esc");
        assert!(!asks_about_the_certificate(&scene));
        scene
    };
    for line in ["NOOP", ":auth PLAIN alice", ":starttls", ":raw NOOP", ":drip 1 1s NOOP"] {
        let mut scene = put_off();
        scene.types(line);
        assert_eq!(scene.press("enter"), [], "{line}");
        assert!(asks_about_the_certificate(&scene), "{line}");
        assert_eq!(scene.model.prompt.text(), line);
        scene.press("down");
        assert_eq!(scene.press("enter")[0], Effect::Trust(1));
        assert!(!scene.press("enter").is_empty(), "{line}");
    }
    let mut scene = put_off();
    assert_eq!(scene.press("f7"), []);
    assert!(asks_about_the_certificate(&scene));
    // A paste does not take the place of the question.
    scene.tells(Message::Paste("NOOP\nHELP\n".to_owned()));
    assert!(asks_about_the_certificate(&scene));
    scene.press("esc");
    scene.press("ctrl-y");
    assert_eq!(scene.model.prompt.text(), "NOOP\nHELP");
    let mut scene = put_off();
    scene.tells(Message::Paste("NOOP\nHELP\n".to_owned()));
    assert_eq!(scene.press("o"), []);
    assert!(asks_about_the_certificate(&scene));
    assert_eq!(scene.model.prompt.text(), "NOOP\nHELP");
    // Closing needs no trust.
    let mut scene = put_off();
    scene.types(":close");
    assert_eq!(scene.press("enter")[..1], [Effect::HangUp]);
}

#[test]
fn a_doubtful_certificate_is_said_until_something_follows() {
    let mut scene = secured(SMALL, Lang::En, vec![CertificateFault::Expired]);
    scene.press("down");
    scene.press("enter");
    let told = |scene: &Scene| scene.grid().matches("CANNOT BE").count();
    assert_eq!(told(&scene), 2, "{}", scene.grid());
    scene.play(INSIDE);
    assert!(told(&scene) < 2, "{}", scene.grid());
    assert!(scene.shows("TLS, not trusted"), "{}", scene.grid());
}

#[test]
fn a_refused_certificate_is_told_whole() {
    let refused = |faults| match layer(faults) {
        Happening::Secured(facts) => {
            let facts =
                TlsFacts { version: None, cipher: None, group: None, handshake: None, ..*facts };
            let (reason, detail) = (TlsReason::Certificate, String::new());
            Happening::NotSecured(Box::new(TlsFailure { reason, detail, facts }))
        }
        other => other,
    };
    everywhere("refused", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, CLEAR, SWITCH]);
        scene.happens(refused(vec![CertificateFault::WrongName]));
        scene.press("esc");
        scene.press("up");
        scene
    });
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, CLEAR, SWITCH]);
    scene.happens(refused(vec![CertificateFault::WrongName]));
    assert!(scene.shows("cannot be trusted for mx.example.net"), "{}", scene.grid());
    scene.press("esc");
    scene.press("up");
    (0..3).for_each(|_| drop(scene.press("f8")));
    for words in ["(it is for www.example.com)", "issuer: CN=Practice Authority", "valid: 2026-"] {
        assert!(scene.shows(words), "{words}: {}", scene.grid());
    }
}

#[test]
fn a_switch_that_is_not_offered_is_warned_of_and_sent() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, INSIDE]);
    scene.types(":starttls");
    assert_eq!(scene.press("enter"), [Effect::Say(1, "STARTTLS\r\n".into())]);
    assert!(scene.hints().contains("does not offer it; it is sent"), "{}", scene.hints());
}

#[test]
fn a_silent_port_may_be_one_for_tls() {
    for (lang, words) in [(Lang::En, "perhaps a port for TLS"), (Lang::Ja, "TLS 用ポートなら")]
    {
        let mut scene = Scene::practice(SMALL, lang);
        scene.waits(4);
        assert!(!scene.shows(words), "{}", scene.grid());
        scene.waits(2);
        assert!(scene.shows(words), "{}", scene.grid());
        scene.model.session.tls_first = true;
        assert!(!scene.shows(words), "{}", scene.grid());
    }
}
