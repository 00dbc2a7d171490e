//! The prompt: editing and sending.

use std::borrow::Cow;

use bytes::Bytes;
use crossterm::event::KeyEvent;

use crate::display::keys::Action;

use super::super::directive::{Directive, cannot_keep_alive, cannot_say};
use super::super::effect::Effect;
use super::super::message::Unread;
use super::super::model::{Anchor, Model, Pane};
use super::super::palette;
use super::super::popup::Popup;
use super::{directive, group};
use crate::speaker::chunks;

/// A key that no table names: its character goes into the prompt.
pub(super) fn typed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(c) = super::typed_char(key) else { return Vec::new() };
    if model.popup.is_none() && model.editing().is_some() {
        super::editor::typed(model, c);
        return Vec::new();
    }
    if matches!(model.popup, Some(Popup::Question(_))) {
        return super::question::letter(model, c);
    }
    let listed = matches!(model.popup, None | Some(Popup::Candidates(_)));
    let at_prompt = listed && model.focus == Pane::Prompt;
    let empty = model.prompt.text().is_empty() && !model.session.dialogue.is_inside_text();
    match c {
        '?' if at_prompt && empty => super::help::open(model),
        ':' if at_prompt && empty => super::palette::open(model, ":", false),
        // It stands there already.
        ':' if matches!(model.popup, Some(Popup::Palette(_))) && model.prompt.text() == ":" => {
            super::palette::colon(model);
        }
        _ => {
            if listed {
                super::travel::now_to_say(model);
            }
            insert(model, c.encode_utf8(&mut [0; 4]));
        }
    }
    Vec::new()
}

/// Types into the line. Behind the name of a directive any white space is a blank, by which whoever
/// reads the line parts it.
pub(super) fn insert(model: &mut Model, text: &str) {
    let head = model.prompt.text().get(..model.prompt.cursor()).unwrap_or_default();
    let directs = match &model.popup {
        Some(popup) => matches!(popup, Popup::Palette(_)),
        None => !model.session.dialogue.is_inside_text(),
    };
    let begins = if head.is_empty() { text } else { head };
    let names = directs && begins.starts_with(':') && !head.contains(char::is_whitespace);
    let parted = text.split_once(|c: char| c.is_whitespace() && c != '\n').filter(|_| names);
    let text = parted.map_or(Cow::Borrowed(text), |(name, rest)| format!("{name} {rest}").into());
    if let Some(line) = model.line() {
        line.insert(&text);
        super::line_changed(model);
    }
}

/// Edits the line; `false` if `action` is none of that.
pub(super) fn edit(model: &mut Model, action: Action) -> bool {
    if group::moves(model, action) {
        return true;
    }
    if matches!(action, Action::Right | Action::End) && super::advice::take_ghost(model) {
        return true;
    }
    // What is deleted of a secret is not kept to be put back where it could be read.
    let secret = !model.typed_secrets().is_empty();
    let Some(prompt) = model.line() else { return false };
    match action {
        Action::Back => prompt.delete_back(),
        Action::Delete => prompt.delete(),
        Action::Left => prompt.left(),
        Action::Right => prompt.right(),
        Action::WordLeft => prompt.word_left(),
        Action::WordRight => prompt.word_right(),
        Action::Home => prompt.home(),
        Action::End => prompt.end(),
        Action::KillWord => prompt.kill_word(),
        Action::KillWordForward => prompt.kill_word_forward(),
        Action::KillStart => prompt.kill_start(),
        Action::KillEnd => prompt.kill_end(),
        Action::Yank => prompt.yank(),
        Action::Transpose => prompt.transpose(),
        Action::Undo => prompt.undo(),
        Action::Redo => prompt.redo(),
        Action::HistoryBack => prompt.history_back(),
        Action::HistoryForward => prompt.history_forward(),
        _ => return false,
    }
    if secret && kills(action) {
        prompt.keep(String::new());
    }
    true
}

const fn kills(action: Action) -> bool {
    use Action::{KillEnd, KillStart, KillWord, KillWordForward};
    matches!(action, KillWord | KillWordForward | KillStart | KillEnd)
}

/// Enter: the line goes out as it stands.
pub(super) fn send(model: &mut Model) -> Vec<Effect> {
    let inside = model.session.dialogue.is_inside_text();
    if model.session.group.is_some() && !model.prompt.text().starts_with(':') {
        return group::keep_pasted(model);
    }
    match model.prompt.text().strip_prefix(':').filter(|_| !inside) {
        Some(line) => {
            if line.contains('\n') {
                return directive::told(model, "message.one-line");
            }
            run_directive(model)
        }
        None if model.session.hand.is_some() => super::hand::send(model),
        None => send_text(model, true),
    }
}

/// Takes the directive out of the prompt and runs it; with a slip in it, it stays to be mended, and
/// where it cannot be done now, to be done later.
pub(super) fn run_directive(model: &mut Model) -> Vec<Effect> {
    let name = palette::typed(model).0;
    let Some(found) = Directive::find(name) else {
        let name = name.to_owned();
        return directive::unknown(model, &name);
    };
    if let Some(at) = directive::find_slip(model) {
        model.prompt.place(at);
        return Vec::new();
    }
    if let Some(why) = (found.reason)(model) {
        return directive::refuse(model, why);
    }
    if model.session.group.is_some() && found.is_line() {
        if model.popup.is_none() {
            return group::keep(model);
        }
        // What stood in the prompt before the list was opened stays there.
        let line = model.prompt.text().to_owned();
        super::close(model);
        let begun = model.prompt.put_aside(&line);
        let effects = group::keep(model);
        model.prompt.put_back(begun);
        return effects;
    }
    let (line, remembered) = take(model, true);
    super::close(model);
    let mut effects = directive::run(model, line.strip_prefix(':').unwrap_or(&line));
    effects.extend(remembered);
    effects
}

/// The file of a directive, which began so, cannot be read: the line is there again to be mended,
/// the cursor at the file, unless another one was begun or it would be text now.
pub(super) fn stays(model: &mut Model, id: usize, unread: &Unread, begins: &str) {
    model.notice = Some(model.numbered(id, format!("{}: {}", unread.file, unread.why)));
    let begun = model.popup.is_some() || !model.prompt.text().is_empty();
    let free = model.session.id == id && !begun && !begins.is_empty();
    if free && !model.session.dialogue.is_inside_text() {
        model.prompt.set(&[begins, &unread.file].concat());
        model.prompt.place(begins.len());
    }
}

/// Sends what stands in the prompt, its lines together, whatever they look like.
pub(super) fn send_text(model: &mut Model, keep: bool) -> Vec<Effect> {
    if let Some(why) = cannot_say(model) {
        return directive::refuse(model, why);
    }
    let (line, remembered) = take(model, keep);
    model.session.anchor = Anchor::Follow;
    super::sending::line_given(model, &line);
    let mut left = model.session.octets_left();
    let mut wire = Vec::new();
    for line in line.split('\n') {
        let bytes = chunks::typed(line.as_bytes(), left);
        left = left.saturating_sub(bytes.len() as u64);
        wire.extend_from_slice(&bytes);
    }
    // Whoever goes on typing has changed their mind about leaving.
    model.parting.clear();
    let said = Effect::Say(model.session.id, Bytes::from(wire));
    [said].into_iter().chain(remembered).collect()
}

/// Takes the line out of the prompt. With `keep` the history has it, if it may, and so has the next
/// run.
pub(super) fn take(model: &mut Model, keep: bool) -> (String, Option<Effect>) {
    let keep = keep && model.may_be_remembered();
    let line = model.prompt.take(keep);
    let remembered = keep && model.remembers && !line.trim().is_empty();
    let effect = remembered.then(|| Effect::Remember(line.clone()));
    (line, effect)
}

/// The palette with a directive and the target of this session, ready to be changed or sent.
pub(super) fn prepare(model: &mut Model, directive: &str) {
    if model.session.dialogue.is_inside_text() {
        model.tell("message.busy");
        return;
    }
    let session = &model.session;
    let line = format!(":{directive} {}{}", session.way, session.target);
    super::palette::open(model, &line, false);
}

/// F7: NOOP, where it is a command.
pub(super) fn keep_alive(model: &mut Model) -> Vec<Effect> {
    if let Some(why) = cannot_keep_alive(model) {
        return directive::refuse(model, why);
    }
    vec![Effect::Say(model.session.id, Bytes::from_static(b"NOOP\r\n"))]
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::super::super::message::Message;
    use super::super::super::sending::Pieces;
    use super::super::update;
    use super::*;
    use crate::display::Theme;
    use crate::display::keys::Keys;
    use crate::journal::{Ending, Event, Happening, Moment, Side};
    use crate::knowledge::{self, Lang};

    fn happens(model: &mut Model, what: Happening) {
        update(model, Message::Heard(1, Event::new(Moment(1), what)));
    }

    fn hears(model: &mut Model, from: Side, text: &str) {
        happens(model, Event::bytes(Moment(1), from, text.to_owned().into()).what);
    }

    /// A connection that is greeted, and of which the lines are kept for the next run.
    fn greeted() -> Model {
        let theme = Theme::embedded("terminal").unwrap();
        let keys = Keys::parse(knowledge::data("keys.toml")).unwrap();
        let mut model = Model::new((120, 40), Lang::En, theme, keys);
        model.remembers = true;
        happens(&mut model, Happening::Opened(Box::default()));
        hears(&mut model, Side::Server, "220 mx.example.net\r\n");
        model
    }

    /// The same, behind this talk: the client's lines begin with a blank.
    fn behind(talk: &[&str]) -> Model {
        let mut model = greeted();
        for line in talk {
            match line.strip_prefix(' ') {
                Some(line) => hears(&mut model, Side::Client, &format!("{line}\r\n")),
                None => hears(&mut model, Side::Server, &format!("{line}\r\n")),
            }
        }
        model
    }

    fn key(model: &mut Model, name: &str) -> Vec<Effect> {
        let key: crokey::KeyCombination = name.parse().unwrap();
        update(model, Message::Key(key.into()))
    }

    fn types(model: &mut Model, text: &str) -> Vec<Effect> {
        let press = |c| {
            let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
            update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
        };
        text.chars().flat_map(press).collect()
    }

    fn remembered(effects: &[Effect]) -> Vec<&str> {
        let line = |effect: &'_ Effect| matches!(effect, Effect::Remember(_));
        let lines = effects.iter().filter(|effect| line(effect));
        lines
            .filter_map(|e| if let Effect::Remember(line) = e { Some(&**line) } else { None })
            .collect()
    }

    const ENVELOPE: [&str; 4] =
        [" MAIL FROM:<a@b.example>", "250 ok", " RCPT TO:<c@d.example>", "250 ok"];

    #[test]
    fn commands_and_directives_are_kept_and_no_secret_and_no_part_of_a_message() {
        let data = [&ENVELOPE[..], &[" DATA"]].concat();
        let inside = [&data[..], &["354 go"]].concat();
        for (talk, typed, kept) in [
            (&[][..], "EHLO x\n", &["EHLO x"][..]),
            (&[], "\n", &[]),
            (&[], ":raw NOOP\\c\n", &[":raw NOOP\\c"]),
            (&[], ":drip 1 0 NOOP\n", &[":drip 1 0 NOOP"]),
            (&[], ":close\n", &[":close"]),
            (&[], "AUTH PLAIN c2VjcmV0\n", &[]),
            (&[], ":explain AUTH PLAIN c2VjcmV0\n", &[]),
            (&[], ":raw AUTH PLAIN c2VjcmV0\n", &[]),
            (&[], ":drip 1 0 AUTH PLAIN c2VjcmV0\n", &[]),
            (&[], ":drip AUTH PLAIN c2VjcmV0\n", &[]),
            (&[], ":raw AU\\x54H PLAIN c2VjcmV0\n", &[]),
            // A line in two writes is one line.
            (&[], ":raw AUTH PL\\c\n:raw AIN c2VjcmV0\n", &[":raw AUTH PL\\c"]),
            // Typed ahead, before the line that asks for it is on the wire.
            (&[], "AUTH LOGIN\ndXNlcg==\nc2VjcmV0\n", &["AUTH LOGIN"]),
            (&[" AUTH LOGIN"], "dXNlcg==\n", &[]),
            (&[" AUTH LOGIN", "334 VXNlcm5hbWU6"], "dXNlcg==\n", &[]),
            (&[" AUTH LOGIN", "334 VXNlcm5hbWU6"], "QUIT\n", &[]),
            (&[" AUTH LOGIN", "504 no"], "dXNlcg==\n", &[]),
            (&[" AUTH LOGIN", "504 no"], "NOOP\n", &["NOOP"]),
            (&ENVELOPE, "DATA\nSubject: x\n\nHello\n", &["DATA"]),
            (&data, "Subject: x\n", &[]),
            (&inside, "Subject: x\n.\n", &[]),
            (&inside, ":raw Subject: x\n", &[]),
            (&inside, ":data m.eml\n", &[":data m.eml"]),
            (&ENVELOPE, ":raw DATA\\r\\nSubject: x\n", &[]),
            (&ENVELOPE, "BDAT 5 LAST\nhello\n", &["BDAT 5 LAST"]),
            (&ENVELOPE, ":raw BDAT 5\\r\\nhello\n", &[]),
        ] {
            let mut model = behind(talk);
            assert_eq!(remembered(&types(&mut model, typed)), kept, "{talk:?} {typed}");
            let mut found = Vec::new();
            (0..4).for_each(|_| {
                // What has a slip still stands there, the cursor in it.
                key(&mut model, "end");
                key(&mut model, "ctrl-u");
                key(&mut model, "up");
                found.push(model.prompt.text().to_owned());
            });
            assert!(
                !found.iter().any(|line| line.contains("c2Vj") || line.contains("Subj")),
                "{found:?}"
            );
        }
        let mut model = greeted();
        model.remembers = false;
        assert_eq!(remembered(&types(&mut model, "EHLO x\n")), [""; 0]);
        key(&mut model, "up");
        assert_eq!(model.prompt.text(), "EHLO x", "it is there until the program ends");
    }

    #[test]
    fn a_line_with_a_secret_is_never_undone_or_done_again() {
        for (talk, typed) in
            [(&[][..], "AUTH PLAIN c2VjcmV0"), (&[" AUTH LOGIN", "334 VXNlcm5hbWU6"], "c2VjcmV0")]
        {
            for deleting in
                [&["ctrl-u"][..], &["backspace"; 8], &["ctrl-w", "ctrl-w"], &["alt-b", "alt-d"]]
            {
                for way in ["alt-u", "ctrl-7", "alt-r", "ctrl-y"] {
                    let mut model = behind(talk);
                    types(&mut model, typed);
                    let before = key(&mut model, "alt-u");
                    assert_eq!(before, []);
                    assert_eq!(model.prompt.text(), typed);
                    for name in deleting {
                        key(&mut model, name);
                    }
                    happens(
                        &mut model,
                        Happening::Closed { by: Side::Server, how: Ending::Finished },
                    );
                    (0..3).for_each(|_| drop(key(&mut model, way)));
                    assert!(!model.prompt.text().contains("c2Vj"), "{deleting:?} {way}");
                }
            }
        }
        // What is heard makes it one.
        let mut model = behind(&[" AUTH LOGIN"]);
        model.prompt.insert("c2VjcmV0");
        hears(&mut model, Side::Server, "334 VXNlcm5hbWU6\r\n");
        key(&mut model, "ctrl-u");
        key(&mut model, "alt-u");
        assert_eq!(model.prompt.text(), "");
        let mut model = greeted();
        types(&mut model, "NOOP x");
        key(&mut model, "ctrl-7");
        assert_eq!(model.prompt.text(), "NOOP ");
        key(&mut model, "alt-r");
        assert_eq!(model.prompt.text(), "NOOP x");
        types(&mut model, "\n");
        key(&mut model, "alt-u");
        assert_eq!(model.prompt.text(), "", "a line that was sent has nothing behind it");
    }

    #[test]
    fn a_half_typed_secret_that_a_popup_has_put_aside_goes_with_its_connection() {
        for popup in ["ctrl-p", "ctrl-r"] {
            let mut model = behind(&[" AUTH LOGIN", "334 VXNlcm5hbWU6"]);
            types(&mut model, "c2VjcmV0");
            key(&mut model, popup);
            happens(&mut model, Happening::Closed { by: Side::Server, how: Ending::Finished });
            key(&mut model, "esc");
            assert_eq!(model.prompt.text(), "", "{popup}");
        }
    }

    /// A line of which the word is edited away that made it a secret.
    fn beheaded() -> Model {
        let mut model = greeted();
        types(&mut model, "NOOP\n");
        types(&mut model, "AUTH PLAIN c2VjcmV0");
        key(&mut model, "home");
        (0..11).for_each(|_| drop(key(&mut model, "delete")));
        assert_eq!(model.prompt.text(), "c2VjcmV0");
        model
    }

    fn is_readable(model: &Model) -> bool {
        model.veiled(model.prompt.text()).contains("c2Vj")
    }

    #[test]
    fn a_held_secret_cannot_be_read_while_the_history_is_searched_nor_behind_that() {
        for keys in [&[][..], &["x"], &["x", "backspace"], &["x", "esc"], &["esc"], &["enter"]] {
            let mut model = beheaded();
            key(&mut model, "ctrl-r");
            for name in keys {
                key(&mut model, name);
                assert!(!is_readable(&model), "{keys:?}");
            }
            assert_eq!(model.prompt.text(), "c2VjcmV0");
            assert!(!is_readable(&model), "{keys:?}");
        }
        let mut model = beheaded();
        key(&mut model, "ctrl-r");
        types(&mut model, "noop");
        assert_eq!(model.veiled(model.prompt.text()), "NOOP");
        key(&mut model, "enter");
        assert_eq!(model.veiled(model.prompt.text()), "NOOP");
        key(&mut model, "alt-u");
        assert_eq!(model.prompt.text(), "NOOP", "nothing brings it back");
    }

    #[test]
    fn a_held_secret_stays_one_while_another_session_is_in_front_and_veils_nothing_there() {
        let mut model = beheaded();
        let id = model.add_session("mx.example.net".to_owned());
        let other = model.session_mut(id).unwrap();
        other.dialogue.apply(&Event::new(Moment(1), Happening::Opened(Box::default())));
        key(&mut model, "ctrl-pagedown");
        assert_eq!((model.session.id, model.prompt.text()), (id, ""));
        types(&mut model, "QUIT");
        key(&mut model, "ctrl-pagedown");
        assert!(!is_readable(&model));
        key(&mut model, "ctrl-pagedown");
        assert_eq!(model.veiled(model.prompt.text()), "QUIT");
        key(&mut model, "alt-u");
        assert_eq!(model.prompt.text(), "", "what can be undone stays with its session");
    }

    fn shown(model: &Model) -> String {
        model.veiled(model.prompt.text())
    }

    #[test]
    fn a_directive_hides_what_it_may_send_and_nothing_else() {
        let refused = [" AUTH LOGIN", "504 no"];
        let asked = [" AUTH LOGIN", "334 VXNlcm5hbWU6"];
        for (talk, typed, seen) in [
            (&[][..], ":wra AUTH PLAIN c2Vj", ":wra AUTH PLAIN ****"),
            (&[], ": raw AUTH PLAIN c2Vj", ": raw AUTH PLAIN ****"),
            (&[], ":explain AUTH PLAIN c2Vj", ":explain AUTH PLAIN ****"),
            (&[], ":explain AUTH PLAIN", ":explain AUTH PLAIN"),
            (&[], ":connect smtp://u:c2Vj@mx", ":connect smtp://u:****@mx"),
            (&[], ":new u:c2Vj@mx:25", ":new u:****@mx:25"),
            (&[], "C: AUHT PLAIN c2Vj", "C: AUHT PLAIN ****"),
            (&refused, ":drip 1 200ms NOOP", ":drip 1 200ms NOOP"),
            (&refused, ":drip 1 200ms c2Vj", ":drip 1 200ms ****"),
            (&refused, ":drip 1 c2Vj", ":drip ******"),
            (&refused, ":drip 1 2", ":drip 1 2"),
            (&asked, ":quit", ":quit"),
            (&asked, ":raw :x", ":raw **"),
            (&asked, ":wra c2Vj", ":wra ****"),
            (&asked, "c2Vj", "****"),
        ] {
            let mut model = behind(talk);
            types(&mut model, typed);
            assert_eq!(shown(&model), seen);
        }
        let mut model = behind(&[]);
        types(&mut model, "AUHT PLAIN c2Vj");
        (0..4).for_each(|_| drop(key(&mut model, "backspace")));
        assert_eq!(shown(&model), "AUHT PLAIN ", "as it is with AUTH");
    }

    #[test]
    fn a_directive_is_obeyed_where_an_answer_to_auth_is_awaited() {
        let mut model = behind(&[" AUTH LOGIN", "334 VXNlcm5hbWU6"]);
        let effects = types(&mut model, ":RAW :x\n");
        assert_eq!(effects, [Effect::Say(1, ":x\r\n".into())]);
        let mut model = behind(&[" AUTH LOGIN", "334 VXNlcm5hbWU6"]);
        types(&mut model, ":Explain 550\n");
        assert!(!model.session.articles.is_empty());
    }

    #[test]
    fn a_login_with_a_slip_hides_its_answers_too() {
        for talk in [
            &[][..],
            &[" AUHT LOGIN"],
            &[" AUHT LOGIN", "500 what"],
            &[" C: AUTH LOGIN", "500 what"],
        ] {
            let mut model = behind(talk);
            if talk.is_empty() {
                types(&mut model, "AUHT LOGIN\n");
            }
            for answer in ["dXNlcg==", "c2VjcmV0"] {
                types(&mut model, answer);
                assert_eq!(shown(&model), "********", "{talk:?}");
                assert_eq!(remembered(&types(&mut model, "\n")), [""; 0]);
            }
            types(&mut model, "NOOP");
            assert_eq!(shown(&model), "NOOP");
        }
        let mut model = greeted();
        model.prompt.insert("AUHT LOGIN\ndXNlcg==\nc2VjcmV0");
        assert_eq!(shown(&model), "AUHT LOGIN\n********\n********");
    }

    #[test]
    fn what_is_typed_while_a_message_waits_by_hand_counts() {
        use super::super::super::sending::Sending;
        let mut model = greeted();
        let (dialogue, now) = (&model.session.dialogue, model.now);
        model.session.sending = Some(Sending::watched(2, 5, 1, dialogue, now));
        types(&mut model, "AUTH LOGIN\n");
        types(&mut model, "dXNlcg==");
        assert_eq!(shown(&model), "********");
    }

    #[test]
    fn a_line_that_is_begun_on_the_wire_is_judged_with_what_is_typed() {
        use super::super::super::advice::{candidates, ghost, verdict};
        use crate::advice::{Rule, Says};
        let says = |model: &Model| -> Vec<Says> {
            verdict(model).unwrap_or_default().into_iter().map(|fault| fault.says).collect()
        };
        let goes_on = Says::Rule(Rule::GoesOn);
        let mut model = greeted();
        types(&mut model, ":raw FOO\\c\n");
        for heard in [false, true] {
            if heard {
                hears(&mut model, Side::Client, "FOO");
            }
            assert_eq!((ghost(&model), says(&model)), (None, vec![goes_on]));
            types(&mut model, "NOOP");
            assert_eq!(says(&model), [goes_on, Says::Rule(Rule::UnknownVerb)]);
            key(&mut model, "ctrl-u");
        }
        assert!(candidates(&model).is_empty());
        let mut model = greeted();
        types(&mut model, ":raw NO\\c\nOP");
        assert_eq!(says(&model), [goes_on], "nothing else is wrong with it");
        let mut model = greeted();
        types(&mut model, ":raw AUTH PLAIN \\c\n");
        assert_eq!(ghost(&model), None);
        types(&mut model, "\n");
        assert_eq!(says(&model), [], "its end is on its way");
    }

    #[test]
    fn a_directive_in_the_middle_of_a_message_is_called_text() {
        use super::super::super::advice::verdict;
        use crate::advice::{Rule, Says};
        let mut model = behind(&[&ENVELOPE[..], &[" DATA", "354 go", " Subject: x"]].concat());
        types(&mut model, ":quit");
        let says = verdict(&model).map(|faults| faults.into_iter().map(|f| f.says).collect());
        assert_eq!(says, Some(vec![Says::Rule(Rule::ColonText)]));
    }

    #[test]
    fn secrets_are_shown_and_veiled_by_a_key() {
        let mut model = behind(&[" AUTH PLAIN c2VjcmV0", "535 not c2VjcmV0 nor secret"]);
        let text = |model: &Model| -> Vec<String> {
            let rows = (0..model.session.dialogue.wire().len()).rev().take(2);
            rows.filter_map(|at| {
                Some(super::super::super::rows::row(model, &model.session, at)?.text())
            })
            .collect()
        };
        let veiled = ["535 not ******** nor ******", "AUTH PLAIN ********"];
        assert_eq!(text(&model), veiled);
        super::super::act(&mut model, Action::Secrets);
        assert_eq!(text(&model), ["535 not c2VjcmV0 nor secret", "AUTH PLAIN c2VjcmV0"]);
        super::super::act(&mut model, Action::Secrets);
        assert_eq!(text(&model), veiled);
    }

    #[test]
    fn what_cannot_be_a_directive_stays_in_the_line() {
        for (pasted, told) in
            [(":raw NOOP\nQUIT", "a directive stands alone"), (":rwa x", ":rwa is no")]
        {
            let mut model = greeted();
            model.prompt.insert(pasted);
            assert_eq!(types(&mut model, "\n"), []);
            assert_eq!(model.prompt.text(), pasted);
            assert!(
                model.notice.as_deref().is_some_and(|n| n.starts_with(told)),
                "{:?}",
                model.notice
            );
        }
    }

    #[test]
    fn a_directive_with_a_slip_stays_with_the_cursor_where_it_is() {
        for (line, cursor, told) in [
            (":raw NO\\qOP", 7, "unknown escape \"\\q\"; expected \\r"),
            (":drip 0 1s NOOP", 6, "\"0\" is no number of bytes; expected bytes, time and text"),
            (":drip 2 soon NOOP", 8, "\"soon\" is no time; expected a time such as 2s"),
            (":drip 2", 7, "\"\" is no time; expected"),
            (":drip ", 6, "\"\" is no number of bytes; expected"),
            (":close now", 7, "nothing can stand behind :close"),
            (":edit  foo", 6, "nothing can stand behind :edit"),
            (":insert nothing", 8, "there is nothing by that name"),
            (":explain  xyzzy", 10, "nothing is known about xyzzy"),
            (":connect  host:99999", 10, "\"host:99999\" is no target; expected host"),
            (":new practice:", 5, "\"practice:\" is no target"),
        ] {
            for by in ["at the prompt", "through the palette"] {
                let mut model = greeted();
                if by == "at the prompt" {
                    model.prompt.insert(line);
                } else {
                    types(&mut model, line);
                }
                assert_eq!(types(&mut model, "\n"), [], "{line} {by}");
                let seen = (model.prompt.text(), model.prompt.cursor());
                assert_eq!(seen, (line, cursor), "{by}");
                let notice = model.notice.clone().unwrap_or_default();
                assert!(notice.starts_with(told), "{by}: {notice}");
            }
        }
        let mut model = greeted();
        model.prompt.insert(":drip 2 1 s NOOP");
        types(&mut model, "\n");
        assert_eq!(model.prompt.text(), "", "\"s NOOP\" is a text");
        model.prompt.insert(":raw NO\\q");
        types(&mut model, "\n");
        key(&mut model, "delete");
        key(&mut model, "delete");
        assert_eq!(remembered(&types(&mut model, "OP\n")), [":raw NOOP"], "it was mended");
    }

    #[test]
    fn a_file_that_cannot_be_read_stays_in_the_line_unless_another_was_begun() {
        for (typed, text, cursor) in [("", ":data x.eml", 6), ("Subject", "Subject", 7)] {
            let mut model = behind(&[&ENVELOPE[..], &[" DATA", "354 go"]].concat());
            let effects = types(&mut model, ":data x.eml\n");
            assert!(effects.contains(&says_file(1)));
            types(&mut model, typed);
            let unread = Unread { file: "x.eml".to_owned(), why: "no such file".to_owned() };
            let pieces = Err(unread);
            update(&mut model, Message::Pieces { session: 1, pieces, number: 1 });
            assert_eq!((model.prompt.text(), model.prompt.cursor()), (text, cursor));
            assert_eq!(model.notice.as_deref(), Some("x.eml: no such file"));
            // The message can be typed, or another file given.
            key(&mut model, "end");
            key(&mut model, "ctrl-u");
            assert!(types(&mut model, "a\n").contains(&Effect::Say(1, "a\r\n".into())));
        }
    }

    #[test]
    fn what_is_typed_while_a_file_goes_out_does_not_become_a_command() {
        let mut model = behind(&[&ENVELOPE[..], &[" DATA", "354 go"]].concat());
        types(&mut model, ":data x.eml\n");
        let pieces = Ok(Pieces::data("Subject: x\r\n.\r\n".into(), false));
        update(&mut model, Message::Pieces { session: 1, pieces, number: 1 });
        assert_eq!(types(&mut model, "more\n"), []);
        assert_eq!(model.prompt.text(), "more");
        assert_eq!(model.notice.as_deref(), Some("a message is going out"));
        hears(&mut model, Side::Client, "Subject: x\r\n.\r\n");
        hears(&mut model, Side::Server, "250 ok\r\n");
        assert!(types(&mut model, "\n").contains(&Effect::Say(1, "more\r\n".into())));
    }

    #[test]
    fn what_is_typed_while_a_file_is_read_does_not_become_part_of_it() {
        let mut model = behind(&[&ENVELOPE[..], &[" DATA", "354 go"]].concat());
        assert!(types(&mut model, ":data x.eml\n").contains(&says_file(1)));
        for line in ["NOOP", ":raw NOOP", ":drip 1 0 NOOP", ":b64 NOOP", ":data y.eml"] {
            let effects = types(&mut model, &format!("{line}\n"));
            let listed = |effect: &Effect| matches!(effect, Effect::List(_));
            assert!(effects.iter().all(listed), "{line} {effects:?}");
            assert_eq!(model.prompt.text(), line);
            assert_eq!(model.notice.as_deref(), Some("a message is going out"), "{line}");
            key(&mut model, "ctrl-u");
        }
        // It can be stopped, and comes no more then.
        assert_eq!(key(&mut model, "ctrl-c"), []);
        assert!(types(&mut model, ":data y.eml\n").contains(&says_file_of(2, "y.eml")));
        let pieces = || Ok(Pieces::data("Subject: x\r\n.\r\n".into(), false));
        let made = |number| Message::Pieces { session: 1, pieces: pieces(), number };
        assert_eq!(update(&mut model, made(1)), []);
        let said = update(&mut model, made(2));
        assert!(said.contains(&Effect::Say(1, "Subject: x\r\n.\r\n".into())), "{said:?}");
    }

    fn says_file(number: u64) -> Effect {
        says_file_of(number, "x.eml")
    }

    fn says_file_of(number: u64, file: &str) -> Effect {
        Effect::SayFile { session: 1, number, file: file.to_owned() }
    }

    #[test]
    fn what_is_said_of_a_slip_quotes_no_secret() {
        for (line, told) in [
            (":drip AUTH PLAIN c2VjcmV0", "\"****\" is no number"),
            (":drip 1 AUTH PLAIN c2VjcmV0", "\"****\" is no time"),
            (":raw AUTH PLAIN c2Vj\\qcmV0", "unknown escape \"\\*\""),
        ] {
            let mut model = greeted();
            types(&mut model, line);
            assert_eq!(types(&mut model, "\n"), [], "{line}");
            assert_eq!(model.prompt.text(), line);
            assert!(!model.veiled(line).contains("c2V"), "{line}");
            let notice = model.notice.clone().unwrap_or_default();
            assert!(notice.starts_with(told), "{notice}");
            key(&mut model, "end");
            key(&mut model, "ctrl-u");
            key(&mut model, "up");
            assert!(!model.prompt.text().contains("c2V"), "{}", model.prompt.text());
        }
    }

    #[test]
    fn every_line_goes_out_as_it_stands_and_nothing_says_that_it_is_nothing() {
        for (line, wire) in [
            ("", "\r\n"),
            (" ", " \r\n"),
            ("EHLO x\n\n:QUIT", "EHLO x\r\n\r\n:QUIT\r\n"),
            ("\n", "\r\n\r\n"),
        ] {
            let mut model = greeted();
            model.remembers = false;
            model.prompt.insert(line);
            assert_eq!(types(&mut model, "\n"), [Effect::Say(1, wire.into())], "{line:?}");
        }
        for line in [":raw \\c\n", ":drip 3 1s \\c\n"] {
            let mut model = greeted();
            assert_eq!(remembered(&types(&mut model, line)), [line.trim_end()]);
            assert_eq!(model.notice.as_deref(), Some("there is nothing in it to send"));
        }
    }

    #[test]
    fn what_leaves_in_pieces_is_counted_and_can_be_stopped() {
        let mut model = greeted();
        model.remembers = false;
        let effects = types(&mut model, ":drip 2 1s NOOP\n");
        assert!(matches!(&effects[..], [Effect::Drip(1, drip)] if drip.left() == b"NOOP\r\n"));
        assert_eq!(model.session.drip, Some((0, 6)));
        hears(&mut model, Side::Client, "NO");
        assert_eq!(model.session.drip, Some((2, 6)));
        let mut done = model.clone();
        assert_eq!(key(&mut model, "ctrl-c"), [Effect::Stop(1)]);
        assert_eq!(model.notice.as_deref(), Some("stopped; 2 of 6 B are sent"));
        assert_eq!(model.session.drip, None);
        hears(&mut done, Side::Client, "OP");
        hears(&mut done, Side::Client, "\r\n");
        assert_eq!(done.session.drip, None);
        assert!(done.session.unheard.is_empty());
    }
}
