//! Keys, and everything that names them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ehlo::display::Role;
use ehlo::display::keys::{Action, Layer, key_name};
use ehlo::journal::Ending;
use ehlo::knowledge::{self, Lang};
use ehlo::tui::effect::Effect;
use ehlo::tui::message::Message;
use ehlo::tui::model::Model;
use ehlo::tui::view::hints;

use super::checks::symbols;
use super::scene::{
    ENVELOPE, GREETING, HELLO, LARGE, MESSAGE, SMALL, Scene, event, panes, places,
    places_with_lines, reading, states,
};

#[test]
fn hints_stand_where_they_say() {
    for size in [(40, 10), SMALL, LARGE] {
        for lang in [Lang::En, Lang::Ja] {
            for state in states(size, lang) {
                for model in places(&state) {
                    let scene = Scene { model, now: state.now };
                    let (buffer, _) = scene.drawn();
                    let at = hints::hints_at(&scene.model);
                    assert!(at.len() <= 7);
                    for (action, columns) in at {
                        let cells = symbols(&buffer, size.1 - 1).into_iter();
                        let text: String =
                            cells.filter(|(x, _)| columns.contains(x)).map(|(_, s)| s).collect();
                        let key = scene.model.keys.key_in(scene.model.layers(), action).unwrap();
                        assert!(text.trim().starts_with(&key), "{text:?} is not {key}");
                    }
                }
            }
        }
    }
    let scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    assert!(!scene.hints().contains("NOOP") && scene.hints().contains("Ctrl-P more"));
}

#[test]
fn every_action_in_every_place_leaves_a_screen() {
    for size in [(40, 10), SMALL] {
        for (at, state) in states(size, Lang::Ja).into_iter().enumerate() {
            // Lists are the same in every state but for their reasons.
            let popups = if at == 0 { places_with_lines(&state) } else { Vec::new() };
            for model in panes(&state).into_iter().chain(popups) {
                for binding in model.keys.rows().to_vec() {
                    let mut scene = Scene { model: model.clone(), now: state.now };
                    scene.model.prompt.insert("MAIL e\u{301}日");
                    scene.tells(Message::Key(event(binding.key)));
                    scene.tells(Message::Key(event(binding.key)));
                    scene.drawn();
                }
            }
        }
    }
}

#[test]
fn every_action_has_words_in_both_languages() {
    for action in Action::ALL {
        let word = knowledge::words().get(action.name());
        assert!(word.is_some_and(|w| w.ja.is_some()), "{} has no words", action.name());
    }
}

/// Key names and the words behind them, by their looks in the bottom line.
fn shown_hints(scene: &Scene) -> Vec<(String, String)> {
    let (buffer, _) = scene.drawn();
    let y = scene.model.size.1 - 1;
    let key = scene.model.theme.style(Role::Key).add_modifier;
    let mut out: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for (x, shown) in symbols(&buffer, y) {
        let is_key = buffer[(x, y)].modifier == key;
        if is_key && !inside {
            out.push((String::new(), String::new()));
        }
        inside = is_key;
        let (name, behind) = out.last_mut().expect("the line begins with a key");
        if is_key { name.push_str(shown) } else { behind.push_str(shown) }
    }
    out.into_iter().map(|(k, w)| (k.trim().to_owned(), w.trim().to_owned())).collect()
}

#[test]
fn every_hint_is_bound_to_its_key() {
    for lang in [Lang::En, Lang::Ja] {
        for size in [(40, 10), SMALL, LARGE] {
            for state in states(size, lang) {
                for model in places(&state) {
                    let scene = Scene { model, now: state.now };
                    let hints = shown_hints(&scene);
                    assert!(hints.len() > 1, "{}", scene.hints());
                    for (key, words) in hints {
                        hint_is_true(&scene.model, &key, &words);
                    }
                }
            }
        }
    }
}

fn hint_is_true(model: &Model, key: &str, words: &str) {
    let row = model.keys.rows().iter().find(|row| key_name(row.key) == key);
    let row = row.unwrap_or_else(|| panic!("\"{key}\" is no key"));
    let action = model.keys.action(model.layers(), event(row.key));
    let more = action == Some(Action::Palette) && words == knowledge::word(model.lang, "hint.more");
    let said = action.map(|a| hints::words(model, a));
    assert!(more || said == Some(words), "{key} in {:?}", model.layers());
}

#[test]
fn sentences_name_the_keys_of_the_person() {
    let own = "[any]\nf2 = \"none\"\nctrl-o = \"session.connect\"\nctrl-q = \"none\"\n\
               f7 = \"none\"\n[line]\nctrl-y = \"none\"\n[transcript]\nspace = \"none\"\n\
               shift-m = \"transcript.mark\"\nm = \"none\"\n";
    let own = |mut scene: Scene| {
        let (keys, slips) = scene.model.keys.overridden(own, &scene.model.keys);
        assert_eq!(slips, []);
        scene.model.keys = keys;
        scene
    };
    let mut scene = own(reading(LARGE, Lang::En, "g ] ] j j space"));
    assert!(scene.shows("… more lines: 5") && !scene.shows("(Space)"), "{}", scene.grid());
    assert!(
        scene.shows("the server may close in 5 min") && !scene.shows("NOOP"),
        "{}",
        scene.grid()
    );
    scene.press("'");
    assert_eq!(scene.hints(), " no mark; M sets one");
    scene.press("ctrl-c");
    assert_eq!(scene.hints(), " Ctrl-C again quits");
    scene.closed(Ending::Finished);
    assert!(scene.shows("Ctrl-O connect"), "{}", scene.grid());
    assert!(scene.shows("not connected; Ctrl-O connects again"), "{}", scene.grid());
    assert!(!scene.shows("F2"), "{}", scene.grid());
    let mut scene = own(Scene::after(SMALL, Lang::Ja, &[GREETING]));
    scene.tells(Message::Paste("NOOP\nQUIT".to_owned()));
    scene.press("esc");
    assert_eq!(scene.hints(), " 何も送信していません");
}

#[test]
fn keys_arrive_as_terminals_send_them() {
    let scene = Scene::practice(SMALL, Lang::En);
    let keys = &scene.model.keys;
    let plain = KeyModifiers::NONE;
    for (code, modifiers, action) in [
        (KeyCode::Char('G'), KeyModifiers::SHIFT, Action::Follow),
        (KeyCode::Char('g'), plain, Action::Top),
        (KeyCode::BackTab, KeyModifiers::SHIFT, Action::PanePrevious),
        (KeyCode::Char('?'), plain, Action::Help),
        (KeyCode::F(6), KeyModifiers::SHIFT, Action::PanePrevious),
        (KeyCode::Esc, plain, Action::Leave),
    ] {
        let key = KeyEvent::new(code, modifiers);
        assert_eq!(keys.action(&[Layer::Panes, Layer::Any], key), Some(action), "{key:?}");
    }
    for (code, modifiers, action) in [
        (KeyCode::Char('h'), KeyModifiers::CONTROL, Action::Back),
        (KeyCode::Backspace, plain, Action::Back),
        (KeyCode::Enter, plain, Action::Send),
        (KeyCode::Char('d'), KeyModifiers::CONTROL, Action::Delete),
        (KeyCode::Char('b'), KeyModifiers::ALT, Action::WordLeft),
    ] {
        let key = KeyEvent::new(code, modifiers);
        assert_eq!(
            keys.action(&[Layer::Prompt, Layer::Line, Layer::Any], key),
            Some(action),
            "{key:?}"
        );
    }
}

/// What parts a directive from what stands behind it may be any white space.
#[test]
fn a_tab_behind_the_name_of_a_directive_is_a_blank() {
    for parts in [&[":fault\tgreylist"][..], &[":fault", "\tgreylist"], &[":fau", "lt\tgreylist"]] {
        let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
        for part in parts {
            scene.tells(Message::Paste((*part).to_owned()));
        }
        assert_eq!(scene.press("enter"), [Effect::Play(1, "greylist".to_owned())], "{parts:?}");
    }
    let mut scene = Scene::after(SMALL, Lang::En, &[GREETING]);
    scene.types(":fault\u{3000}greylist");
    assert_eq!(scene.press("enter"), [Effect::Play(1, "greylist".to_owned())]);
    // All else stays as it is.
    for (said, text) in
        [(&[GREETING][..], ":raw a\tb"), (&[GREETING, HELLO, ENVELOPE, MESSAGE], ":x\ty")]
    {
        let mut scene = Scene::after(SMALL, Lang::En, said);
        scene.tells(Message::Paste(text.to_owned()));
        assert_eq!(scene.model.prompt.text(), text);
    }
}
