//! The search in the history: what is found stands in the prompt while it is looked for. Nothing is
//! sent by it, and Esc brings back what stood there.

use crate::display::keys::Action;

use super::super::effect::Effect;
use super::super::find::Needle;
use super::super::model::{Model, Pane};
use super::super::popup::{Popup, Search};
use super::super::prompt::Prompt;
use super::browse;

/// Opens the line.
pub(super) fn open(model: &mut Model) {
    browse::focus(model, Pane::Prompt);
    let text = model.prompt.text().to_owned();
    let draft = model.prompt.put_aside(&text);
    if draft.held_secret() {
        model.prompt.hold_secret();
    }
    let search = Search { line: Prompt::default(), draft, hit: None, found: true };
    model.popup = Some(Popup::Search(search));
}

/// What the line makes of `action`; `None` if that leads away from it.
pub(super) fn act(model: &mut Model, action: Action, changed: bool) -> Option<Vec<Effect>> {
    match action {
        Action::Choose | Action::Right | Action::End => take(model),
        Action::HistorySearch | Action::FindPrevious => step(model, true),
        Action::FindNext => step(model, false),
        _ if changed => edited(model),
        _ => return None,
    }
    Some(Vec::new())
}

/// The line has changed: the newest that fits is looked for.
pub(super) fn edited(model: &mut Model) {
    if let Some(Popup::Search(search)) = &mut model.popup {
        search.hit = None;
        search.found = true;
    }
    step(model, true);
}

/// The next older or newer line that fits, if there is one.
fn step(model: &mut Model, back: bool) {
    let Some(Popup::Search(search)) = &mut model.popup else { return };
    let Some(needle) = Needle::new(search.line.text()) else {
        return show(model, 0);
    };
    let hit = model.prompt.history().find(&needle, search.hit, back);
    search.found = hit.is_some();
    search.hit = hit.or(search.hit);
    let line = search.hit.and_then(|at| model.prompt.history().line(at));
    let line = line.unwrap_or_else(|| search.draft.text());
    let end = needle.places(line).first().map_or(0, |place| place.end);
    show(model, end);
}

/// Shows what was found in the prompt, or what was typed, with `at` in sight.
fn show(model: &mut Model, at: usize) {
    let Some(Popup::Search(search)) = &model.popup else { return };
    let found = search.hit.and_then(|at| model.prompt.history().line(at));
    let held = found.is_none() && search.draft.held_secret();
    let line = found.unwrap_or_else(|| search.draft.text()).to_owned();
    model.prompt.set(&line);
    if held {
        model.prompt.hold_secret();
    }
    model.prompt.place(at);
}

/// What was found goes into the line that stood there.
fn take(model: &mut Model) {
    let Some(Popup::Search(search)) = model.popup.take() else { return };
    let found = model.prompt.put_aside("");
    model.prompt.put_back(search.draft);
    if search.hit.is_some() {
        model.prompt.set(found.text());
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::super::super::message::Message;
    use super::super::super::prompt::History;
    use super::super::update;
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::knowledge::{self, Lang};

    /// A search for `typed`, over a line that was half typed.
    fn searching(typed: &str) -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((80, 24), Lang::En, theme, keys);
        let lines =
            ["EHLO x", "MAIL FROM:<alice@a>", "RCPT TO:<bob@b>", "NOOP", "RCPT TO:<carol@c>"];
        model.prompt.recall(History::new(lines.map(str::to_owned).to_vec()));
        model.prompt.insert("half");
        model.prompt.left();
        press(&mut model, "ctrl-r");
        for c in typed.chars() {
            let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
            assert_eq!(update(&mut model, Message::Key(key)), []);
        }
        model
    }

    /// Presses keys, by which nothing ever happens outside.
    fn press(model: &mut Model, names: &str) {
        for name in names.split_whitespace() {
            let key: crokey::KeyCombination = name.parse().unwrap();
            assert_eq!(update(model, Message::Key(key.into())), [], "{name}");
        }
    }

    #[test]
    fn the_newest_line_stands_in_the_prompt_and_the_key_goes_on_to_older_ones() {
        for (typed, keys, shown) in [
            ("", "", "half"),
            ("rcpt", "", "RCPT TO:<carol@c>"),
            ("rcpt", "ctrl-r", "RCPT TO:<bob@b>"),
            ("rcpt", "up ctrl-r ctrl-r", "RCPT TO:<bob@b>"),
            ("rcpt", "ctrl-r down", "RCPT TO:<carol@c>"),
            ("@", "up up", "MAIL FROM:<alice@a>"),
            ("@", "up up backspace", "half"),
            ("Rcpt", "", "half"),
            ("rcptx", "", "half"),
            ("rcptx", "backspace", "RCPT TO:<carol@c>"),
        ] {
            let mut model = searching(typed);
            press(&mut model, keys);
            assert_eq!(model.prompt.text(), shown, "{typed} {keys}");
            assert!(model.popup.is_some());
        }
    }

    #[test]
    fn what_is_found_is_taken_and_never_sent_and_everything_else_brings_back_what_stood_there() {
        for key in ["enter", "right", "end", "ctrl-e", "ctrl-f"] {
            let mut model = searching("bob");
            press(&mut model, key);
            assert!(model.popup.is_none());
            assert_eq!(
                (model.prompt.text(), model.prompt.cursor()),
                ("RCPT TO:<bob@b>", 15),
                "{key}"
            );
            press(&mut model, "alt-u");
            assert_eq!((model.prompt.text(), model.prompt.cursor()), ("half", 3));
        }
        for (typed, key) in [
            ("bob", "esc"),
            ("bob", "ctrl-g"),
            ("bob", "ctrl-c"),
            ("xyzzy", "enter"),
            ("", "enter"),
        ] {
            let mut model = searching(typed);
            press(&mut model, key);
            assert!(model.popup.is_none());
            assert_eq!((model.prompt.text(), model.prompt.cursor()), ("half", 3), "{key}");
        }
    }
}
