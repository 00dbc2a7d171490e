//! Lists over the panes: help, palette, themes.

use bytes::Bytes;
use ehlo::journal::Ending;
use ehlo::knowledge::{Lang, Word};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::{Change, Message};
use ehlo::tui::palette::{FaultNamed, Whose};
use ehlo::tui::popup::Popup;
use ehlo::tui::update::choose;
use ehlo::tui::view::choices_at;

use super::checks::{everywhere, golden, row};
use super::scene::{ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, SMALL, Scene};

#[test]
fn help_is_open() {
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        let mut scene = Scene::after(SMALL, lang, &[GREETING]);
        scene.press("f1");
        golden(&format!("help-{code}"), &scene);
        scene.press("pagedown");
        scene.press("pagedown");
        golden(&format!("help-end-{code}"), &scene);
        scene.press("esc");
        assert!(scene.model.popup.is_none());
    }
}

#[test]
fn the_help_is_filtered_by_words_and_by_keys() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.press("f1");
    scene.types("pane z");
    golden("help-filtered", &scene);
    for (typed, words) in
        [("ctrl-P", "commands"), ("f5", "zoom the pane"), (":raw", "send exactly")]
    {
        scene.press("ctrl-u");
        scene.types(typed);
        assert!(scene.shows(words) && !scene.shows("redraw"), "{}", scene.grid());
    }
    for (typed, words) in [("selected same", ">  "), ("message shown", "=  ")] {
        scene.press("ctrl-u");
        scene.types(typed);
        assert!(scene.shows("Signs before lines") && scene.shows(words), "{}", scene.grid());
    }
    scene.press("ctrl-u");
    scene.types("double");
    for does in ["copy the word", "zoom the pane", "puts it back"] {
        assert!(scene.shows(does), "{}", scene.grid());
    }
    scene.types(" xyzzy");
    assert!(scene.shows("Nothing fits"), "{}", scene.grid());
    for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
        for (size, place) in [(SMALL, "80x24"), ((40, 10), "40x10")] {
            let mut scene = Scene::after(size, lang, &[GREETING]);
            scene.press("f1");
            scene.types("help.mouse");
            golden(&format!("help-mouse-{code}-{place}"), &scene);
        }
    }
    let mut scene = Scene::after((40, 10), Lang::Ja, &[GREETING]);
    scene.press("f1");
    scene.types("単語");
    golden("help-filtered-ja-40x10", &scene);
}

#[test]
fn what_is_called_so_comes_before_what_only_fits() {
    for (typed, first) in [
        ("5.7.1", "X.7.1"),
        ("null", "null-mx"),
        ("conn", ":connect [OPTIONS] TARGET"),
        ("mail", "MAIL: "),
        ("help", ":help"),
    ] {
        let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO]);
        scene.press("ctrl-p");
        scene.types(typed);
        assert!(scene.shows(&format!("║> {first}")), "{typed}\n{}", scene.grid());
    }
}

#[test]
fn the_palette_lists_what_fits_above_the_prompt() {
    everywhere("palette", |size, lang| {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.types("MAIL");
        scene.press("ctrl-p");
        scene
    });
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.press("ctrl-p");
    scene.types("session");
    golden("palette-filtered", &scene);
    assert!(scene.shows("(only one session is open)"), "{}", scene.grid());
    let mut scene = Scene::after((40, 10), Lang::Ja, &[GREETING]);
    scene.closed(Ending::Finished);
    scene.press("f2");
    scene.model.targets = ["mx.example.net", "日本語.example"].map(str::to_owned).to_vec();
    scene.press("backspace");
    for _ in 0.."practic".len() {
        scene.press("backspace");
    }
    golden("palette-targets-ja-40x10", &scene);
    scene.press("down");
    scene.press("down");
    assert_eq!(scene.press("enter"), [Effect::Dial("日本語.example".to_owned())]);
}

#[test]
fn what_is_wrong_with_a_directive_can_be_read_to_its_end() {
    for (size, lang, code) in
        [(SMALL, Lang::En, "en-80x24"), ((40, 10), Lang::Ja, "ja-40x10"), ((40, 10), Lang::En, "")]
    {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.model.prompt.insert(":drip 0 1s NOOP");
        scene.press("enter");
        if !code.is_empty() {
            golden(&format!("notice-{code}"), &scene);
        }
        let notice = scene.model.notice.clone().unwrap_or_default();
        let said: String = scene.hints().split_whitespace().collect();
        assert_eq!(said, notice.split_whitespace().collect::<String>(), "{}", scene.grid());
        assert!(scene.shows(":drip 0 1s NOOP"), "{}", scene.grid());
        scene.press("left");
        assert_eq!(scene.model.panes().hints.height, 1);
    }
    let mut scene = Scene::after((40, 10), Lang::En, &[GREETING]);
    scene.model.notice = Some("x ".repeat(400));
    assert!(scene.shows("x …"), "{}", scene.grid());
    // What is said of something long is not hidden by it.
    for size in [SMALL, (40, 10)] {
        for long in ["x".repeat(9_999), "folder/".repeat(999)] {
            let mut scene = Scene::after(size, Lang::En, &[GREETING]);
            scene.model.notice = Some(format!("{long} is no file of a fault"));
            let grid = scene.grid();
            assert!(grid.contains('…') && scene.hints().ends_with("of a fault"), "{grid}");
        }
    }
}

#[test]
fn a_colon_in_a_message_is_text_but_the_key_opens_the_palette() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE, MESSAGE]);
    scene.types(":x");
    assert!(scene.model.popup.is_none());
    assert_eq!(scene.press("enter"), [Effect::Say(1, Bytes::from_static(b":x\r\n"))]);
    scene.press("ctrl-p");
    scene.types("help");
    scene.press("enter");
    assert!(matches!(scene.model.popup, Some(Popup::Help(_))));
}

#[test]
fn secrets_behind_raw_are_veiled_in_the_palette() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types(":raw AUTH PLAIN AGFsaWNl");
    assert!(matches!(scene.model.popup, Some(Popup::Palette(_))));
    assert!(scene.shows("> :raw AUTH PLAIN ********"), "{}", scene.grid());
}

#[test]
fn themes_are_looked_at_before_they_are_kept() {
    for (lang, code, size) in
        [(Lang::En, "en", SMALL), (Lang::Ja, "ja", SMALL), (Lang::En, "en", (40, 10))]
    {
        let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
        scene.model.themes = [
            ("broken".to_owned(), "[role]\nclient = \"rod\"\n".to_owned()),
            ("mine".to_owned(), "title = \"My own\"\ninherits = \"dark\"\n".to_owned()),
        ]
        .into();
        let before = format!("{:?}", scene.model.theme);
        open_themes(&mut scene);
        golden(&format!("themes-{code}-{}x{}", size.0, size.1), &scene);
        scene.press("down");
        assert_ne!(format!("{:?}", scene.model.theme), before);
        scene.press("pageup");
        assert_eq!(format!("{:?}", scene.model.theme), before, "a broken theme changes nothing");
        scene.press("down");
        scene.press("esc");
        assert_eq!(format!("{:?}", scene.model.theme), before);
        open_themes(&mut scene);
        scene.press("pageup");
        scene.press("down");
        scene.press("enter");
        assert!(scene.model.notice.clone().unwrap().contains("theme = \"mine\""));
        assert_eq!(scene.model.theme.title(), Some("My own"));
    }
}

fn open_themes(scene: &mut Scene) {
    scene.press("ctrl-p");
    scene.types("view.theme");
    scene.press("enter");
}

#[test]
fn the_language_changes_at_once() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.press("ctrl-p");
    scene.types("view.language");
    scene.press("enter");
    assert_eq!(scene.model.lang, Lang::Ja);
    assert!(scene.shows("通信記録"), "{}", scene.grid());
}

#[test]
fn entries_can_be_chosen_where_they_stand() {
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING, HELLO, ENVELOPE]);
    scene.press("ctrl-q");
    let (buffer, _) = scene.drawn();
    let places = choices_at(&scene.model);
    assert_eq!(places.len(), 3);
    for ((_, place), letter) in places.iter().zip(["[q]", "[c]", "[s]"]) {
        assert!(row(&buffer, place.y).contains(letter), "{}", scene.grid());
    }
    assert_eq!(choose(&mut scene.model, 1), [Effect::Quit]);
    scene.press("ctrl-p");
    scene.types(":help");
    let (number, place) = choices_at(&scene.model)[0];
    assert!(row(&scene.drawn().0, place.y).contains(":help"), "{}", scene.grid());
    choose(&mut scene.model, number);
    assert!(matches!(scene.model.popup, Some(Popup::Help(_))));
}

#[test]
fn faults_are_found_by_their_titles_and_by_what_they_play() {
    for (wanted, found) in [
        ("f13", ":fault greylist-422"),
        ("unusual code", ":fault greylist-422"),
        ("グレイリストの変わった", ":fault greylist-422"),
    ] {
        let mut scene = with_own_faults(SMALL, Lang::Ja);
        scene.types(&format!(":fault {wanted}"));
        scene.press("tab");
        let completed = scene.model.prompt.text();
        assert_eq!(completed, found, "{wanted}");
    }
    // None is no choice.
    let mut scene = with_own_faults(SMALL, Lang::En);
    scene.types(":fault ");
    assert_eq!(scene.press("enter"), []);
    assert!(scene.hints().contains("which fault?"), "{}", scene.hints());
}

/// The faults of a person who wrote two, one of them with a mistake.
fn with_own_faults(size: (u16, u16), lang: Lang) -> Scene {
    let word = |en: &str, ja: &str| Word { en: en.to_owned(), ja: Some(ja.to_owned()) };
    let fault = |name: &str, title, whose| FaultNamed {
        name: name.to_owned(),
        title,
        plays: if whose == Whose::Own { vec!["F12".to_owned()] } else { Vec::new() },
        value: (whose == Whose::Own).then(|| "3s".to_owned()),
        whose,
    };
    let mut scene = Scene::after(size, lang, &[GREETING, HELLO]);
    "practice".clone_into(&mut scene.model.session.target);
    scene.tells(Message::Configured(
        vec![Change::OwnFaults(vec![
            fault("greylist-monday", word("Greylisting on Mondays", "月曜だけ"), Whose::Own),
            fault(
                "lunch",
                word("lunch.toml: 2:1: not known", "lunch.toml: 2:1: 不明"),
                Whose::OwnWrong,
            ),
            fault("silent", word("Says nothing", "何も言わない"), Whose::Own),
        ])],
        None,
    ));
    scene
}

#[test]
fn faults_are_listed_with_those_of_the_person() {
    for (size, name) in [((40, 10), "40x10"), (SMALL, "80x24"), (LARGE, "120x40")] {
        for (lang, code) in [(Lang::En, "en"), (Lang::Ja, "ja")] {
            let mut scene = with_own_faults(size, lang);
            scene.types(":fault ");
            golden(&format!("faults-{code}-{name}"), &scene);
            scene.types("gre");
            golden(&format!("faults-fitting-{code}-{name}"), &scene);
        }
    }
}

#[test]
fn enter_takes_the_fault_that_is_marked() {
    let play = |typed: &str, keys: &[&str]| {
        let mut scene = with_own_faults(SMALL, Lang::En);
        scene.types(typed);
        for key in keys {
            scene.press(key);
        }
        match &scene.press("enter")[..] {
            [Effect::Play(1, faults)] => faults.clone(),
            effects => panic!("{typed}: {effects:?}"),
        }
    };
    for (typed, keys, faults) in [
        (":fault greyl", &[][..], "greylist"),
        (":fault greylist", &[], "greylist"),
        (":fault greylist-m", &[], "greylist-monday"),
        (":fault greylist=5s", &[], "greylist=5s"),
        (":fault grumpy+greyl", &[], "grumpy+greylist"),
        (":fault grumpy + tarp", &[], "grumpy + tarpit"),
        (":fault off", &[], "off"),
        (":fault no-such-fault-at-all", &[], "no-such-fault-at-all"),
        (":fault ./faults/x.toml", &[], "./faults/x.toml"),
        (":fault greyl", &["tab"], "greylist"),
        (":fault greylist", &["down", "down"], "greylist-422"),
    ] {
        assert_eq!(play(typed, keys), faults, "{typed}");
    }
    // What is marked is seen.
    let mut scene = with_own_faults(SMALL, Lang::En);
    scene.types(":fault greyl");
    assert!(scene.shows("║> greylist"), "{}", scene.grid());
    scene.types("ist");
    assert!(scene.shows("║  greylist"), "{}", scene.grid());
}
