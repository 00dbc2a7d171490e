//! A plan on the screen: its steps beside the transcript, what came of them, and what keys do.

use ehlo::journal::{Happening, Side};
use ehlo::knowledge::Lang;
use ehlo::session::plan::{Plan, What};
use ehlo::speaker::gate::Release;
use ehlo::speaker::plan::pasted;
use ehlo::tui::effect::Effect;
use ehlo::tui::message::{Message, Unread};

use super::checks::{everywhere, golden};
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, SMALL, Scene};

const TINY: (u16, u16) = (40, 10);

const SCRIPT: &str = "S: 220
C: EHLO pc.example.org
S: 250
C: MAIL FROM:<alice@example.org>
S: 250
C: RCPT TO:<nobody@example.net>
S: 250
C: RCPT TO:<bob@example.net>
C: RCPT TO:<carol@example.net>
S: 250
S: 250
C: DATA
S: 354
C: Subject: hi
C:
C: hello
C: .
S: 250
C: QUIT
S: 221";

fn planned(size: (u16, u16), lang: Lang, script: &str) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING]);
    let (greeting, steps) = pasted(script).unwrap();
    let plan = Plan::new("suite/first.txt".to_owned(), greeting, steps);
    scene.tells(Message::Planned(1, Ok(Box::new(plan))));
    scene
}

fn say(line: &str) -> Vec<Effect> {
    vec![Effect::Say(1, format!("{line}\r\n").into())]
}

/// What the session says by itself is heard, and answered.
fn goes(scene: &mut Scene, line: &str, reply: &str) -> Vec<Effect> {
    scene.bytes(Side::Client, format!("{line}\r\n").as_bytes());
    let before = scene.now;
    scene.now = before + 1_000;
    scene.tells(Message::Heard(
        1,
        ehlo::journal::Event::bytes(
            ehlo::journal::Moment(scene.now),
            Side::Server,
            format!("{reply}\r\n").into(),
        ),
    ))
}

fn stepped(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = planned(size, lang, SCRIPT);
    assert_eq!(scene.press("space"), say("EHLO pc.example.org"));
    assert_eq!(goes(&mut scene, "EHLO pc.example.org", "250 mx.example.net"), []);
    assert_eq!(scene.press("r"), say("MAIL FROM:<alice@example.org>"));
    let next = goes(&mut scene, "MAIL FROM:<alice@example.org>", "250 2.1.0 ok");
    assert_eq!(next, say("RCPT TO:<nobody@example.net>"));
    // It is not what is expected, and stops the run.
    let reply = "550 5.1.1 <nobody@example.net> is unknown here";
    assert_eq!(goes(&mut scene, "RCPT TO:<nobody@example.net>", reply), []);
    scene
}

#[test]
fn a_plan_stands_beside_the_transcript() {
    everywhere("plan-loaded", |size, lang| planned(size, lang, SCRIPT));
    everywhere("plan-stopped", stepped);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("plan-stopped-{code}-40x10"), &stepped(TINY, lang));
    }
}

#[test]
fn the_panes_are_gone_to_by_their_numbers() {
    let mut scene = stepped(SMALL, Lang::En);
    scene.press("3");
    assert!(scene.shows("3 [Envelope]") && !scene.shows("6 Plan"), "{}", scene.grid());
    scene.press("6");
    assert!(scene.shows("6 Plan"), "{}", scene.grid());
    scene.press("x");
    assert!(!scene.shows("6 Plan"), "{}", scene.grid());
    scene.press("esc");
    scene.press("6");
    assert!(scene.hints().contains("no plan"), "{}", scene.grid());
}

#[test]
fn steps_are_changed_added_skipped_and_dropped_before_they_go() {
    let mut scene = planned(LARGE, Lang::En, "NOOP\nHELP\nRSET\nQUIT");
    scene.press("e");
    assert!(scene.shows("> :change NOOP"), "{}", scene.grid());
    scene.types(" twice");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.shows("* NOOP twice"), "{}", scene.grid());
    scene.press("a");
    scene.types(":wait 2s");
    scene.press("enter");
    scene.press("j");
    scene.press("d");
    assert!(!scene.shows("HELP") && scene.shows(":wait 2s"), "{}", scene.grid());
    scene.press("s");
    assert!(scene.shows("skipped"), "{}", scene.grid());
    let wait = Effect::Wait { session: 1, number: 1, time: std::time::Duration::from_secs(2) };
    assert_eq!(scene.press("f10"), [wait]);
    assert_eq!(scene.tells(Message::Waited { session: 1, number: 1 }), []);
    assert_eq!(scene.press("space"), say("RSET"));
    scene.press("shift-f10");
    assert!(scene.shows("> :change QUIT"), "{}", scene.grid());
    scene.press("esc");
    scene.press("k");
    scene.press("e");
    assert!(scene.hints().contains("over"), "{}", scene.grid());
}

#[test]
fn a_step_that_cannot_be_read_stays_in_the_line() {
    let mut scene = planned(SMALL, Lang::En, "NOOP");
    scene.types(":add :fly");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.shows(":add :fly"), "{}", scene.grid());
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types(":load none.txt");
    assert_eq!(scene.press("enter"), [Effect::Plan(1, "none.txt".to_owned())]);
    let why = "no such file".to_owned();
    scene.tells(Message::Planned(1, Err(Unread { file: "none.txt".to_owned(), why })));
    assert!(scene.shows("> :load none.txt") && scene.hints().contains("no such file"));
    scene.press("end");
    scene.press("ctrl-u");
    scene.types(":step");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("no plan"), "{}", scene.grid());
}

#[test]
fn ctrl_c_stops_a_run_and_until_stops_where_it_fits() {
    let mut scene = planned(LARGE, Lang::En, "NOOP 1\nNOOP 2\nRSET\nQUIT");
    scene.types(":until rset");
    assert_eq!(scene.press("enter"), say("NOOP 1"));
    assert_eq!(goes(&mut scene, "NOOP 1", "250 ok"), say("NOOP 2"));
    assert_eq!(goes(&mut scene, "NOOP 2", "250 ok"), []);
    assert!(scene.hints().contains("step 3, which comes next"), "{}", scene.grid());
    assert_eq!(scene.press("r"), say("RSET"));
    scene.press("ctrl-c");
    assert!(scene.hints().contains("stopped before step 4"), "{}", scene.grid());
    assert_eq!(goes(&mut scene, "RSET", "250 ok"), []);
}

#[test]
fn a_breakpoint_holds_a_step_and_one_that_has_stopped_holds_no_second_time() {
    use ehlo::session::pattern::Pattern;
    use ehlo::speaker::Say;
    use ehlo::speaker::gate::{Held, News, Stop};
    let mut scene = planned(LARGE, Lang::En, "NOOP 1\nNOOP 2\nRSET\nQUIT");
    assert_eq!(scene.press("r"), say("NOOP 1"));
    let why = Stop { breakpoint: Pattern::read("noop").unwrap(), exchange: None };
    let say_it = Say::Bytes("NOOP 1\r\n".into());
    let held = Held { say: say_it, secrets: Vec::new(), why: why.clone(), leaves: None };
    scene.tells(Message::Gate(1, News::Held(Some(Box::new(held)))));
    assert!(scene.shows("held by noop"), "{}", scene.grid());
    assert_eq!(scene.press("f10"), [Effect::Release(1, Release::AsItIs)]);
    assert_eq!(goes(&mut scene, "NOOP 1", "250 ok"), [], "the run has stopped");
    scene.tells(Message::Gate(1, News::Stopped(Box::new(why.breakpoint), 1)));
    let release = Effect::Release(1, Release::AsItIs);
    assert_eq!(scene.press("f10"), [vec![release], say("NOOP 2")].concat());
}

#[test]
fn no_secret_of_a_step_is_seen() {
    let script = "AUTH LOGIN\nYWxpY2U=\nc2VjcmV0\nAUTH PLAIN AGEAc2VjcmV0\n:b64 c2VjcmV0";
    let mut scene = planned(LARGE, Lang::En, script);
    for text in ["YWxp", "c2Vj", "AGEA"] {
        assert!(!scene.shows(text), "{}", scene.grid());
    }
    for _ in 0..5 {
        scene.press("e");
        for text in ["YWxp", "c2Vj", "AGEA"] {
            assert!(!scene.shows(text), "{}", scene.grid());
        }
        scene.press("esc");
        scene.press("j");
    }
    scene.types(":add AUTH PLAIN AGEAc2VjcmV0");
    assert!(!scene.shows("AGEA"), "{}", scene.grid());
}

#[test]
fn a_paste_becomes_a_plan() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING]);
    scene.tells(Message::Paste("EHLO x\n:wait 1s\nQUIT\n".to_owned()));
    scene.press("t");
    assert!(scene.shows("6 Plan") && scene.shows(":wait 1s"), "{}", scene.grid());
    assert_eq!(scene.press("space"), say("EHLO x"));
}

#[test]
fn what_is_missing_of_a_transaction_becomes_a_plan() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.types(":remaining");
    scene.press("enter");
    assert!(scene.shows("1 * DATA") && scene.shows("message, lines"), "{}", scene.grid());
}

fn rewound(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO, ENVELOPE]);
    scene.types(":rewind 3");
    assert_eq!(scene.press("enter"), [Effect::HangUp]);
    let closed = Happening::Closed { by: Side::Client, how: ehlo::journal::Ending::Finished };
    let event = ehlo::journal::Event::new(ehlo::journal::Moment(scene.now), closed);
    assert_eq!(scene.tells(Message::Heard(1, event)), [Effect::Redial(1)]);
    scene.opened("127.0.0.1:2525", true);
    let event = |scene: &Scene, text: &str| {
        ehlo::journal::Event::bytes(
            ehlo::journal::Moment(scene.now),
            Side::Server,
            format!("{text}\r\n").into(),
        )
    };
    let greeting = event(&scene, "220 mx.example.net");
    assert_eq!(scene.tells(Message::Heard(1, greeting)), say("EHLO pc.example.org"));
    let next = goes(&mut scene, "EHLO pc.example.org", "250 mx.example.net");
    assert_eq!(next, say("MAIL FROM:<alice@example.org>"));
    assert_eq!(goes(&mut scene, "MAIL FROM:<alice@example.org>", "250 2.1.0 ok"), []);
    scene
}

#[test]
fn a_session_begins_again_and_stops_before_a_step() {
    everywhere("rewound", rewound);
    let mut scene = rewound(LARGE, Lang::En);
    assert!(
        scene.hints().contains("rewound to step 3; said again before it: 2"),
        "{}",
        scene.grid()
    );
    assert_eq!(scene.press("space"), say("RCPT TO:<bob@example.net>"));
    assert_eq!(goes(&mut scene, "RCPT TO:<bob@example.net>", "450 later"), []);
    assert!(scene.shows("expected 250, seen 450 later"), "{}", scene.grid());
}

#[test]
fn another_answer_than_the_first_time_stops_a_rewind() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.press("esc");
    scene.press("up");
    scene.press("r");
    assert!(scene.shows("> :rewind 4"), "{}", scene.grid());
    assert_eq!(scene.press("enter"), [Effect::HangUp]);
    scene.closed(ehlo::journal::Ending::Finished);
    scene.opened("127.0.0.1:2525", true);
    scene.server(b"220 mx.example.net\r\n");
    assert_eq!(goes(&mut scene, "EHLO pc.example.org", "421 busy"), []);
    let told = scene.hints();
    assert!(told.contains("the rewind stops: step 1: expected 250, seen 421"), "{told}");
    assert!(matches!(
        scene.model.session.plan.as_ref().unwrap().plan.steps()[1].what,
        What::Say(_)
    ));
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    scene.types(":rewind 7");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("no step 7"), "{}", scene.grid());
}
