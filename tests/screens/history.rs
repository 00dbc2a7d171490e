//! The search in the history, as it is seen.

use bytes::Bytes;
use ehlo::display::Role;
use ehlo::knowledge::Lang;
use ehlo::tui::effect::Effect;
use ehlo::tui::prompt::History;

use super::checks::golden;
use super::scene::{GREETING, HELLO, SMALL, Scene};

const LINES: [&str; 4] = [
    "EHLO pc.example.org",
    "MAIL FROM:<alice@example.org> BODY=8BITMIME",
    "RCPT TO:<bob@example.net>",
    ":raw NOOP \\0\\c",
];

/// A search for `typed` over a line that is half typed.
fn searching(size: (u16, u16), lang: Lang, typed: &str) -> Scene {
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
    scene.model.prompt.recall(History::new(LINES.map(str::to_owned).to_vec()));
    scene.types("NO");
    scene.press("ctrl-r");
    scene.types(typed);
    scene
}

#[test]
fn what_is_found_stands_in_the_prompt_with_its_match_marked() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        golden(&format!("search-{code}"), &searching(SMALL, lang, "example"));
        golden(&format!("search-none-{code}-40x10"), &searching((40, 10), lang, "xyzzy"));
    }
    let scene = searching(SMALL, Lang::En, "@example");
    let (buffer, _) = scene.drawn();
    let (x, y) = scene.find("@example.net");
    let look = scene.model.theme.style(Role::Match).add_modifier;
    let marked = |by: u16| buffer[(x + by, y)].modifier == look;
    assert!(marked(0) && marked(7) && !marked(8), "{}", scene.grid());
}

#[test]
fn what_is_found_is_sent_by_a_key_of_its_own() {
    let mut scene = searching(SMALL, Lang::En, "bob");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.shows("> RCPT TO:<bob@example.net>"), "{}", scene.grid());
    let said = Bytes::from_static(b"RCPT TO:<bob@example.net>\r\n");
    assert_eq!(scene.press("enter"), [Effect::Say(1, said)]);
}

#[test]
fn how_far_a_drip_is_stands_at_the_bottom() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
    scene.types(":drip 2 1s NOOP");
    scene.press("enter");
    assert_eq!(scene.hints().trim(), "0 of 6 B are sent; Ctrl-C stops");
    scene.bytes(ehlo::journal::Side::Client, b"NO");
    assert_eq!(scene.hints().trim(), "2 of 6 B are sent; Ctrl-C stops");
    assert!(scene.shows("C NO not finished yet"), "{}", scene.grid());
    scene.bytes(ehlo::journal::Side::Client, b"OP");
    scene.bytes(ehlo::journal::Side::Client, b"\r\n");
    // Three pieces, two seconds apart.
    assert!(scene.shows("C NOOP                                   4.0 s"), "{}", scene.grid());
    assert!(!scene.hints().contains("are sent"), "{}", scene.hints());
}
