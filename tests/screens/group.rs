//! A group that is typed, chunks by hand, options about the way, and rows of it that are explained.

use ehlo::journal::facts::{NameKind, NameProblem};
use ehlo::journal::{Happening, NameFacts, Side};
use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;
use ehlo::tui::explain::topics;
use ehlo::tui::group::Part;
use ehlo::tui::message::Message;
use ehlo::tui::model::Pane;

use super::checks::{everywhere, golden, row};
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, SMALL, Scene};

const CHUNKING: &str = "C: EHLO pc.example.org
S: 250-mx.example.net
S: 250-PIPELINING
S: 250 CHUNKING";

const TINY: (u16, u16) = (40, 10);

const GROUP: [&str; 4] =
    ["MAIL FROM:<alice@example.org>", "NOOP", "RCPT TO:<bob@example.net>", ":raw DATA"];

fn keeps(scene: &mut Scene, lines: &[&str]) {
    for line in lines {
        scene.types(line);
        scene.press("enter");
    }
}

fn grouping(size: (u16, u16), lang: Lang) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
    keeps(&mut scene, &[":pipeline"]);
    keeps(&mut scene, &GROUP);
    scene
}

fn sent(lines: &str) -> Vec<Effect> {
    vec![Effect::Say(1, lines.to_owned().into())]
}

#[test]
fn a_group_stands_around_the_line_that_is_typed() {
    let typing = |size, lang| {
        let mut scene = grouping(size, lang);
        scene.press("up");
        scene.press("up");
        scene
    };
    everywhere("group-typed", typing);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("group-typed-{code}-40x10"), &typing(TINY, lang));
    }
    let mut scene = grouping(TINY, Lang::En);
    scene.types("RCPT TO:<somebody.with.a.long.name@example.net>");
    scene.press("enter");
    assert!(scene.shows("5 RCPT TO:<somebody.with.a.long.name@ex\u{2026}"), "{}", scene.grid());
}

#[test]
fn a_group_leaves_in_one_write_and_is_drawn_as_one() {
    let drawn = |size, lang| {
        let mut scene = grouping(size, lang);
        keeps(&mut scene, &[":end"]);
        assert!(scene.model.session.group.is_none());
        scene.bytes(
            Side::Client,
            b"MAIL FROM:<alice@example.org>\r\nNOOP\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n",
        );
        scene.server(b"250 2.1.0 Ok\r\n250 2.0.0 Ok\r\n");
        scene
    };
    everywhere("group-sent", drawn);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("group-sent-{code}-40x10"), &drawn(TINY, lang));
    }
    let mut scene = grouping(SMALL, Lang::En);
    scene.types(":end");
    let lines = "MAIL FROM:<alice@example.org>\r\nNOOP\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n";
    assert_eq!(scene.press("enter"), sent(lines));
}

#[test]
fn lines_of_a_group_are_edited_put_in_and_taken_back() {
    let mut scene = grouping(SMALL, Lang::En);
    scene.press("up");
    assert_eq!(scene.model.prompt.text(), ":raw DATA");
    // Up and down go through the lines, also where one is only looked at.
    scene.press("up");
    scene.press("up");
    assert_eq!(scene.model.prompt.text(), "NOOP");
    scene.press("ctrl-u");
    scene.press("down");
    assert_eq!(scene.model.prompt.text(), "RCPT TO:<bob@example.net>");
    scene.press("down");
    scene.press("down");
    assert_eq!(scene.model.prompt.text(), "");
    keeps(&mut scene, &["one more"]);
    // At the beginning of an empty line stands the end of the one before.
    scene.press("backspace");
    assert_eq!(scene.model.prompt.text(), "one more");
    scene.press("ctrl-u");
    scene.types(":end");
    let lines = "MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nDATA\r\n";
    assert_eq!(scene.press("enter"), sent(lines));
}

#[test]
fn a_group_is_dropped_and_nothing_of_it_is_sent() {
    for way in ["esc", "ctrl-c", ":cancel"] {
        let mut scene = grouping(SMALL, Lang::En);
        if way.starts_with(':') {
            keeps(&mut scene, &[way]);
        } else {
            assert_eq!(scene.press(way), []);
        }
        assert!(scene.model.session.group.is_none(), "{way}");
        assert!(scene.hints().contains("dropped (lines: 4)"), "{}", scene.grid());
        scene.types("NOOP");
        assert_eq!(scene.press("enter"), sent("NOOP\r\n"));
    }
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    keeps(&mut scene, &[":end"]);
    assert!(scene.hints().contains("no group to end"), "{}", scene.grid());
    scene.press("esc");
    keeps(&mut scene, &[":pipeline"]);
    keeps(&mut scene, &[":end"]);
    assert!(scene.hints().contains("nothing in it to send"), "{}", scene.grid());
}

#[test]
fn lines_that_are_pasted_into_a_group_are_kept_up_to_a_slip() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    keeps(&mut scene, &[":pipeline"]);
    scene.tells(Message::Paste("NOOP\nRSET\n:fly\nQUIT\n".to_owned()));
    assert_eq!(scene.press("enter"), []);
    assert!(scene.shows("GROUP 2>") && scene.hints().contains("in a group stand lines"));
    assert_eq!(scene.model.prompt.text(), ":fly\nQUIT");
    scene.model.prompt.set(":raw QUIT");
    scene.press("enter");
    assert_eq!(scene.model.prompt.text(), "");
    scene.types(":end");
    assert_eq!(scene.press("enter"), sent("NOOP\r\nRSET\r\nQUIT\r\n"));
}

#[test]
fn secrets_in_a_group_are_veiled_and_no_directive_that_waits_is_a_line() {
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, HELLO]);
    keeps(&mut scene, &[":pipeline", "AUTH PLAIN c2VjcmV0", "AUTH LOGIN", "dXNlcg=="]);
    assert!(scene.shows("1 AUTH PLAIN ********") && scene.shows("3 ********"), "{}", scene.grid());
    assert!(!scene.grid().contains("c2Vj") && !scene.grid().contains("dXNl"));
    keeps(&mut scene, &[":starttls"]);
    assert!(scene.hints().contains("in a group stand lines"), "{}", scene.grid());
}

#[test]
fn without_the_offer_a_group_is_warned_of_and_sent() {
    let plain = "C: EHLO pc.example.org\nS: 250 mx.example.net";
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, plain]);
    keeps(&mut scene, &[":pipeline"]);
    assert!(scene.grid().contains("does not offer PIPELINING"), "{}", scene.grid());
    keeps(&mut scene, &["RSET", "RSET"]);
    assert!(scene.shows("2 RSET  Next command sent too early"), "{}", scene.grid());
    scene.types(":end");
    assert_eq!(scene.press("enter"), sent("RSET\r\nRSET\r\n"));
}

#[test]
fn chunks_by_hand_and_their_wrong_sizes() {
    let chunking = || Scene::after(LARGE, Lang::En, &[GREETING, CHUNKING, ENVELOPE]);
    for (line, wire, told) in [
        (":bdat LAST hello\\c", "BDAT 5 LAST\r\nhello", ""),
        (":bdat 7 hello\\c", "BDAT 7\r\nhello", "more is announced than follows, octets: 2"),
        (
            ":bdat 2 LAST hello\\c",
            "BDAT 2 LAST\r\nhello",
            "less is announced than follows, octets: 3",
        ),
        (":bdat 5", "BDAT 5\r\n", "more is announced"),
    ] {
        let mut scene = chunking();
        scene.types(line);
        let border = scene.model.panes().prompt.y;
        let remark = row(&scene.drawn().0, border);
        assert!(line == ":bdat 5" || remark.contains(told), "{line}: {remark}");
        assert_eq!(scene.press("enter"), sent(wire), "{line}");
        assert!(scene.hints().contains(told), "{line}: {}", scene.grid());
    }
    let mut scene = chunking();
    scene.types(":bdat --chunk 2 LAST abc\\c");
    assert_eq!(scene.press("enter"), sent("BDAT 2\r\nab"));
    scene.bytes(Side::Client, b"BDAT 2\r\nab");
    assert_eq!(scene.heard(Side::Server, "250 ok\r\n"), sent("BDAT 1 LAST\r\nc"));
    let mut scene = chunking();
    scene.types(":bdat LAST @m.eml");
    let effects = scene.press("enter");
    let read = matches!(&effects[..], [Effect::Octets { parts, line: Some(_), .. }, ..] if matches!(parts[..], [Part::Chunks(_)]));
    assert!(read, "{effects:?}");
    let mut scene = chunking();
    scene.types(":bdat @draft");
    scene.press("enter");
    assert!(scene.hints().contains("no draft here"), "{}", scene.grid());
}

#[test]
fn the_prompt_counts_the_octets_of_a_chunk() {
    let typing = |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, CHUNKING, ENVELOPE]);
        scene.bytes(Side::Client, b"BDAT 12\r\n");
        scene
    };
    everywhere("bdat-typed", typing);
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("bdat-typed-{code}-40x10"), &typing(TINY, lang));
    }
    let mut scene = typing(LARGE, Lang::En);
    scene.types("hello");
    assert_eq!(scene.press("enter"), sent("hello\r\n"));
    // What was given away counts before it is on the wire.
    assert!(scene.shows("BDAT 5> "), "{}", scene.grid());
    scene.types("abcdef");
    assert!(scene.shows("read as a command: octets 3"), "{}", scene.grid());
    scene.press("backspace");
    assert!(scene.shows("fills the chunk; no CRLF"), "{}", scene.grid());
    assert_eq!(scene.press("enter"), sent("abcde"));
    let mut scene = Scene::after(LARGE, Lang::En, &[GREETING, CHUNKING, ENVELOPE]);
    scene.types("BDAT 3 LAST");
    scene.press("enter");
    assert!(scene.shows("BDAT 3> "), "typed ahead: {}", scene.grid());
    scene.types(":raw \\0\\r\\n\\c");
    assert_eq!(scene.press("enter"), sent("\0\r\n"));
}

#[test]
fn options_about_the_way_are_listed_and_taken() {
    let closed = |size, lang| {
        let mut scene = Scene::dialling(size, lang, "practice");
        scene.model.session.dialling = false;
        scene.types(":connect --proxy");
        scene
    };
    everywhere("connect-options", closed);
    let mut scene = closed(LARGE, Lang::En);
    scene.press("down");
    scene.press("tab");
    assert_eq!(scene.model.prompt.text(), ":connect --proxy-protocol ");
    scene.types("v1 mx.example.net");
    let dial = Effect::Dial("--proxy-protocol v1 mx.example.net".to_owned());
    assert!(scene.press("enter").contains(&dial));
}

#[test]
fn rows_of_the_way_lead_to_what_explains_them() {
    let facts = |answers: &[&str], problem: Option<NameProblem>| NameFacts {
        name: "example.net".to_owned(),
        kind: NameKind::Mx,
        by: String::new(),
        answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
        problem,
        detail: String::new(),
        authentic: false,
        took: 1_000,
    };
    for (what, first) in [
        (Happening::LookedUp(Box::new(facts(&["10 mx.example.net."], None))), "mx"),
        (Happening::LookedUp(Box::new(facts(&["0 ."], None))), "null-mx"),
        (Happening::LookedUp(Box::new(facts(&[], Some(NameProblem::NoRecord)))), "mx"),
        (Happening::Prefaced("PROXY UNKNOWN\r\n".into()), "proxy-header"),
    ] {
        let mut scene = Scene::dialling(SMALL, Lang::En, "mx:example.net");
        scene.happens(what);
        scene.model.focus = Pane::Transcript;
        scene.press("up");
        let ids: Vec<_> = topics(&scene.model).into_iter().map(|topic| topic.id).collect();
        assert_eq!(ids.first(), Some(&first), "{}", scene.grid());
    }
}
