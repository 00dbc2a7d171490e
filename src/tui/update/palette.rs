//! The palette: the prompt with a list of everything that can be done.

use crate::display::keys::Action;

use super::super::directive::{Directive, Does, UNTRUSTED};
use super::super::effect::Effect;
use super::super::files;
use super::super::model::Model;
use super::super::palette::{Entry, before_target, begun, entries, highlighted, typed};
use super::super::popup::{Palette, Popup};
use super::{compose, directive};

/// Opens it with `text` in the prompt.
pub(super) fn open(model: &mut Model, text: &str, searches: bool) {
    let draft = model.prompt.put_aside(text);
    model.popup = Some(Popup::Palette(Palette { draft, chosen: None, searches }));
}

/// A colon, typed where it stands already: now a directive is typed.
pub(super) fn colon(model: &mut Model) {
    if let Some(Popup::Palette(palette)) = &mut model.popup {
        palette.searches = false;
    }
}

/// Moves, completes, runs; `None` if `action` closes the palette.
pub(super) fn act(model: &mut Model, action: Action, edited: bool) -> Option<Vec<Effect>> {
    if edited {
        typed_on(model);
        return Some(Vec::new());
    }
    match action {
        _ if let Some(by) = super::step_of(action) => step(model, by),
        Action::Complete => complete(model),
        Action::Choose => return Some(choose(model)),
        _ => return None,
    }
    Some(Vec::new())
}

/// The text has changed: the best match is the one again, and without a colon it is no directive.
pub(super) fn typed_on(model: &mut Model) {
    if let Some(Popup::Palette(palette)) = &mut model.popup {
        palette.chosen = None;
        if !model.prompt.text().starts_with(':') {
            super::close(model);
        }
    }
}

fn step(model: &mut Model, by: isize) {
    let last = entries(model).len().saturating_sub(1);
    let at = highlighted(model);
    if let Some(Popup::Palette(palette)) = &mut model.popup {
        palette.chosen = Some(match at {
            Some(at) => at.saturating_add_signed(by).min(last),
            None => 0,
        });
    }
}

/// The highlighted entry, else the first one.
fn entry(model: &Model) -> Option<Entry> {
    entries(model).into_iter().nth(highlighted(model).unwrap_or_default())
}

fn complete(model: &mut Model) {
    let text = match entry(model) {
        // What was typed behind it stays.
        Some(Entry::Item(item)) => format!(":insert {}", item.name()),
        Some(Entry::Directive(_)) if begun(model).is_some() => return,
        Some(Entry::Directive(d)) if d.does == Does::SavePart => {
            format!(":{} {}", d.name, super::content::suggestion(model).unwrap_or_default())
        }
        Some(Entry::View(d, view)) => format!(":{} {}", d.name, view.name()),
        Some(Entry::Directive(d)) if d.argument.is_empty() => format!(":{}", d.name),
        Some(Entry::Directive(d)) => format!(":{} ", d.name),
        // Of several files none is taken that nobody went to.
        Some(Entry::File(d, _)) if highlighted(model).is_none() => {
            let path = files::common(model).unwrap_or_default();
            format!(":{} {}{path}", d.name, before_path(model, d))
        }
        Some(Entry::Limit(_, wait)) => {
            let text = model.prompt.text();
            let stays = text.rfind([',', ' ']).and_then(|at| text.get(..=at)).unwrap_or(text);
            format!("{stays}{}=", wait.name())
        }
        Some(Entry::Fault(_, fault)) => {
            let text = model.prompt.text();
            let last = typed(model).1.unwrap_or_default().rsplit('+').next().unwrap_or_default();
            let stays = text.strip_suffix(last.trim_start()).unwrap_or(text);
            format!("{stays}{}", fault.name)
        }
        Some(Entry::Target(d, text)) => format!(":{} {}{text}", d.name, before_target(model)),
        Some(Entry::Way(d, option)) => {
            format!(":{} {}{} ", d.name, before_target(model), option.name)
        }
        Some(Entry::File(d, text)) => {
            format!(":{} {}{text}", d.name, before_path(model, d))
        }
        Some(Entry::Action(action)) => format!(":{}", action.name()),
        Some(Entry::Topic(topic)) => format!(":explain {}", topic.path()),
        None => return,
    };
    model.prompt.set(&text);
    typed_on(model);
}

/// What was typed before the path.
fn before_path<'a>(model: &'a Model, directive: &Directive) -> &'a str {
    files::before_file(directive, typed(model).1.unwrap_or_default())
}

/// Enter: the highlighted entry, else the directive as it was typed.
fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(entry) = highlighted(model).and_then(|at| entries(model).into_iter().nth(at)) else {
        return compose::run_directive(model);
    };
    match entry {
        // Into the folder.
        Entry::File(_, path) if path.ends_with('/') => {
            complete(model);
            Vec::new()
        }
        Entry::Target(..) | Entry::File(..) | Entry::View(..) | Entry::Fault(..) => {
            complete(model);
            compose::run_directive(model)
        }
        Entry::Limit(..) | Entry::Way(..) => {
            complete(model);
            Vec::new()
        }
        Entry::Directive(d) if begun(model) == Some(d) => compose::run_directive(model),
        Entry::Item(item) => {
            super::close(model);
            super::draft::put_in(model, item)
        }
        Entry::Directive(d) if d.needs_argument => {
            complete(model);
            Vec::new()
        }
        entry if entry.reason(model).is_some() => {
            let why = entry.reason(model).unwrap_or_default();
            if why == UNTRUSTED && matches!(entry, Entry::Directive(_)) {
                complete(model);
            } else if why == UNTRUSTED {
                super::close(model);
            }
            directive::refuse(model, why)
        }
        Entry::Directive(_) => {
            complete(model);
            compose::run_directive(model)
        }
        Entry::Action(action) => {
            super::close(model);
            super::act(model, action)
        }
        Entry::Topic(topic) => {
            super::close(model);
            super::explain::open(model, vec![topic]);
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::super::super::directive::DIRECTIVES;
    use super::super::super::message::Message;
    use super::super::super::model::Pane;
    use super::super::{act as act_at_once, given, update};
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::{Event, Happening, Moment, Side};
    use crate::knowledge;
    use crate::knowledge::Lang;

    fn model(open: bool) -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((100, 30), Lang::Ja, theme, keys);
        "practice".clone_into(&mut model.session.target);
        if open {
            for what in [
                Happening::Opened(Box::default()),
                Event::bytes(Moment(1), Side::Server, "220 mx.example.net\r\n".into()).what,
            ] {
                update(&mut model, Message::Heard(1, Event::new(Moment(1), what)));
            }
        }
        model.prompt.set("NOOP");
        model
    }

    fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
        update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    /// Opens the palette, types, and presses Enter.
    fn through_the_palette(model: &mut Model, text: &str) -> Vec<Effect> {
        act_at_once(model, Action::Palette);
        for c in text.chars() {
            press(model, KeyCode::Char(c));
        }
        press(model, KeyCode::Enter)
    }

    /// All that a person can see or lose.
    fn seen(model: &Model) -> String {
        format!("{:?}", Model { keys: Keys::default(), ..model.clone() })
    }

    #[test]
    fn every_action_is_listed_and_does_what_its_key_does() {
        let mut ran = 0;
        for open in [true, false] {
            for pane in [Pane::Prompt, Pane::Transcript] {
                for action in Action::ALL {
                    let mut by_key = Model { focus: pane, ..model(open) };
                    let mut by_name = by_key.clone();
                    let reason = Entry::Action(*action).reason(&by_key);
                    let effects = through_the_palette(&mut by_name, action.name());
                    if let Some(why) = reason {
                        let why = by_name.sentence(why, &[]);
                        assert_eq!(by_name.notice, Some(why), "{}", action.name());
                        assert_eq!(effects, []);
                        continue;
                    }
                    assert_eq!(effects, act_at_once(&mut by_key, *action), "{}", action.name());
                    for effect in &effects {
                        given(&mut by_key, effect);
                    }
                    // What opens the editor looks its text through, however it was asked for.
                    update(&mut by_key, Message::Tick(Moment(0)));
                    if Directive::find(action.name()).is_none() {
                        assert_eq!(seen(&by_name), seen(&by_key), "{}", action.name());
                    }
                    ran += 1;
                }
            }
        }
        // Some are for one who answers clients alone, and some for one who writes.
        assert!(ran > 11 * Action::ALL.len() / 4, "{ran}");
    }

    #[test]
    fn every_directive_is_listed_and_runs() {
        for open in [true, false] {
            for directive in &DIRECTIVES {
                let mut model = model(open);
                act_at_once(&mut model, Action::Palette);
                assert!(entries(&model).contains(&Entry::Directive(directive)));
                super::super::close(&mut model);
                let effects = through_the_palette(&mut model, directive.name);
                if directive.needs_argument {
                    assert_eq!(model.prompt.text(), format!(":{} ", directive.name));
                } else {
                    let done = !effects.is_empty() || model.notice.is_some();
                    let opened = matches!(model.popup, Some(Popup::Help(_) | Popup::Form(_)));
                    let shown = model.editing().is_some() || model.session.travels();
                    assert!(done || opened || shown, "{}", directive.name);
                }
            }
        }
    }

    #[test]
    fn the_draft_comes_back_and_a_lost_colon_closes() {
        let mut model = model(true);
        assert_eq!(
            through_the_palette(&mut model, "raw QUIT"),
            [Effect::Say(1, "QUIT\r\n".into())]
        );
        assert_eq!((model.prompt.text(), model.popup.is_none()), ("NOOP", true));
        act_at_once(&mut model, Action::Palette);
        press(&mut model, KeyCode::Char('x'));
        press(&mut model, KeyCode::Esc);
        assert_eq!((model.prompt.text(), model.popup.is_none()), ("NOOP", true));
        act_at_once(&mut model, Action::Palette);
        press(&mut model, KeyCode::Backspace);
        assert_eq!((model.prompt.text(), model.popup.is_none()), ("NOOP", true));
    }

    #[test]
    fn words_of_both_languages_and_keys_are_found() {
        let first = |text: &str| {
            let mut model = model(true);
            model.prompt.set(&format!(":{text}"));
            entries(&model).into_iter().next()
        };
        for (text, action) in [
            ("テーマ", Action::Theme),
            ("thm", Action::Theme),
            ("zoom", Action::Zoom),
            ("f12", Action::Screenshot),
            ("show secrets", Action::Secrets),
            ("view.lan", Action::Language),
        ] {
            assert_eq!(first(text), Some(Entry::Action(action)), "{text}");
        }
        assert_eq!(first("q"), Directive::find("quit").map(Entry::Directive));
        assert_eq!(first("xyzzy"), None);
    }

    #[test]
    fn only_what_is_called_so_is_done_behind_a_typed_colon() {
        for line in [":foo", ":wait 2s", ":quit now", ":edit foo", ":thm", ":insert txt"] {
            for keys in [&[][..], &[KeyCode::Char('x'), KeyCode::Backspace]] {
                let mut model = model(true);
                model.prompt.set("");
                for code in line.chars().map(KeyCode::Char).chain(keys.iter().copied()) {
                    press(&mut model, code);
                }
                assert_eq!(press(&mut model, KeyCode::Enter), [], "{line}");
                assert!(matches!(model.popup, Some(Popup::Palette(_))), "{line}");
                assert!(model.notice.is_some() && model.editing().is_none(), "{line}");
                assert_eq!(model.prompt.text(), line);
            }
        }
        for gone_to in [true, false] {
            let mut model = model(true);
            if gone_to {
                model.prompt.set("");
                ":thm".chars().for_each(|c| drop(press(&mut model, KeyCode::Char(c))));
                press(&mut model, KeyCode::Down);
                press(&mut model, KeyCode::Enter);
            } else {
                through_the_palette(&mut model, "thm");
            }
            assert!(matches!(model.popup, Some(Popup::Themes(_))), "{gone_to}");
        }
        let mut model = model(true);
        through_the_palette(&mut model, ":thm");
        assert!(matches!(model.popup, Some(Popup::Palette(_))), "a colon was typed");
    }

    #[test]
    fn targets_are_offered_and_chosen() {
        let mut model = model(false);
        model.targets = vec!["mx.example.net".to_owned(), "practice.example.net".to_owned()];
        act_at_once(&mut model, Action::Connect);
        assert_eq!(model.prompt.text(), ":connect practice");
        let found = entries(&model);
        let names: Vec<_> = found.iter().map(Entry::name).collect();
        assert_eq!(names, ["practice.example.net", "practice"]);
        assert_eq!(
            press(&mut model.clone(), KeyCode::Enter),
            [Effect::Dial("practice".to_owned())]
        );
        press(&mut model, KeyCode::Down);
        assert_eq!(
            press(&mut model, KeyCode::Enter),
            [Effect::Dial("practice.example.net".to_owned())]
        );
        act_at_once(&mut model, Action::Connect);
        press(&mut model, KeyCode::Tab);
        assert_eq!(model.prompt.text(), ":connect practice.example.net");
    }
}
