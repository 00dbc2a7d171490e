//! `(focus, key) → action`, from the key table. Help, hints and behaviour read the same rows.

use std::collections::HashMap;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use toml::de::{DeTable, DeValue};

use super::slip::{Reason, Slip, unknown};

macro_rules! actions {
    ($($variant:ident $name:literal),* $(,)?) => {
        /// Something a key can do. Its name is the key of its words in the knowledge base.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names say it, and the words are in the knowledge base")]
        pub enum Action { $($variant),* }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its stable name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

actions! {
    Help "help", Palette "palette", Connect "session.connect", Find "find", Zoom "pane.zoom",
    PaneNext "pane.next", PanePrevious "pane.previous", ContentView "content.view",
    ContentViewPrevious "content.view-previous", ContentOpen "content.open",
    ContentBack "content.back", ContentWay "content.way",
    ReplyRight "reply.right", ReplyNotNow "reply.not-now", ReplyNever "reply.never",
    ReplyStrange "reply.strange", ReplyTake "reply.take", Sides "view.sides",
    ExplainLarger "explain.larger", KeepAlive "session.keep-alive", Release "gate.release",
    EditHeld "gate.edit", Times "times", Compare "compare", TravelBack "travel.back", TravelForward "travel.forward",
    EventBack "travel.event-back", EventForward "travel.event-forward",
    Hangup "session.hang-up",
    Screenshot "screenshot", Theme "view.theme", Language "view.language", Mouse "view.mouse",
    Secrets "view.secrets",
    SessionNew "session.new", SessionNext "session.next", SessionPrevious "session.previous",
    SessionClose "session.close", SessionBeside "session.beside",
    SessionOtherEnd "session.other-end",
    Transcript "pane.transcript", Prompt "pane.prompt", Envelope "pane.envelope",
    Content "pane.content", Explain "pane.explain", Plan "pane.plan",
    PlanStep "plan.step", PlanRun "plan.run", PlanSkip "plan.skip", PlanEdit "plan.edit",
    PlanAdd "plan.add", PlanRemove "plan.remove", PlanClose "plan.close", Rewind "session.rewind",
    Narrower "pane.narrower", Wider "pane.wider", Lower "pane.lower", Higher "pane.higher",
    Equal "pane.equal",
    Up "scroll.up", Down "scroll.down", PageUp "scroll.page-up", PageDown "scroll.page-down",
    ScrollLeft "scroll.left", ScrollRight "scroll.right", Top "scroll.top", Follow "scroll.follow",
    MessageNext "message.next", MessagePrevious "message.previous", MessageShow "message.show",
    FindNext "find.next", FindPrevious "find.previous", Filter "transcript.filter",
    Fold "transcript.fold", FoldAll "transcript.fold-all", Hex "transcript.hex",
    Wrap "transcript.wrap", Time "transcript.time", LineEnds "transcript.line-ends",
    NextReply "transcript.next-reply", PreviousReply "transcript.previous-reply",
    NextError "transcript.next-error", PreviousError "transcript.previous-error",
    Mark "transcript.mark", ToMark "transcript.to-mark", Select "transcript.select",
    Resend "transcript.resend", Copy "copy", CopyPane "copy.pane", Open "explain.open",
    LinkNext "explain.next-link", LinkPrevious "explain.previous-link",
    LinkFollow "explain.follow", LinkBack "explain.back",
    CatcherList "catcher.list", CatcherOpen "catcher.open", CatcherSwitch "catcher.switch",
    CatcherRelay "catcher.relay", CatcherDelete "catcher.delete", CatcherClear "catcher.clear",
    Suspend "suspend", Redraw "redraw", Leave "leave", Quit "quit",
    Choose "list.choose", Complete "list.complete",
    Send "prompt.send", CompleteLine "prompt.complete",
    Candidates "prompt.candidates", Back "prompt.back", Delete "prompt.delete", Left "prompt.left",
    Right "prompt.right", WordLeft "prompt.word-left", WordRight "prompt.word-right",
    Home "prompt.home", End "prompt.end", KillWord "prompt.kill-word",
    KillWordForward "prompt.kill-word-forward", KillStart "prompt.kill-start",
    KillEnd "prompt.kill-end", Yank "prompt.yank", Transpose "prompt.transpose",
    Undo "prompt.undo", Redo "prompt.redo", HistoryBack "prompt.history-back",
    HistoryForward "prompt.history-forward", HistorySearch "prompt.history-search",
    Edit "editor.open", EditOutside "editor.outside", Insert "editor.insert",
    SendDraft "editor.send", DropDraft "editor.drop", NewLine "editor.new-line", Tab "editor.tab",
}

macro_rules! layers {
    ($($variant:ident $name:literal $title:literal $doc:literal),* $(,)?) => {
        /// Where a key counts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Layer { $(#[doc = $doc] $variant),* }

        impl Layer {
            /// All layers, in the order in which help lists them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in key tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The key of its title in the knowledge base.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
}

layers! {
    Any "any" "layer.any" "Everywhere.",
    Reply "reply" "layer.reply" "While suggestions stand at the empty prompt: a client is to be answered.",
    Prompt "prompt" "layer.prompt" "While the prompt has the focus.",
    Line "line" "layer.line" "Wherever a line is typed: the prompt, and the popups that ask for one.",
    Panes "panes" "layer.panes" "While a pane has the focus.",
    Transcript "transcript" "layer.transcript" "While the transcript has the focus.",
    Content "content" "layer.content" "While the content has the focus.",
    Explain "explain" "layer.explain" "While the explanation has the focus.",
    Plan "plan" "layer.plan" "While the plan has the focus.",
    Thread "thread" "layer.thread" "While the threads of messages have the focus.",
    Catcher "catcher" "layer.catcher" "While the list of what a server has is in front.",
    List "list" "layer.list" "While a list is open: help, commands, a choice.",
    Editor "editor" "layer.editor" "In the editor: its text and its live view.",
    Find "find" "layer.find" "While something to look for is typed.",
}

/// One row of the key table.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where it counts.
    pub layer: Layer,
    /// The key.
    pub key: KeyCombination,
    /// What it does.
    pub action: Action,
}

/// All keys.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    rows: Vec<Binding>,
    index: HashMap<(Layer, KeyCombination), Action>,
}

/// The action that takes a key away.
const NONE: &str = "none";

impl Keys {
    /// Reads a whole key table: `[prompt]` with `enter = "prompt.send"`.
    ///
    /// # Errors
    /// With the first row that is wrong.
    pub fn parse(text: &str) -> Result<Self, Slip> {
        let (keys, slips) = Self::default().overridden(text, &Self::default());
        slips.into_iter().next().map_or(Ok(keys), Err)
    }

    /// These keys with the rows of another table over them, in which `"none"` takes a key away.
    /// Rows that are wrong are told and keep what `last` has there, and the others count.
    pub fn overridden(&self, text: &str, last: &Self) -> (Self, Vec<Slip>) {
        let mut keys = self.clone();
        match DeTable::parse(text) {
            Ok(file) => {
                let slips = keys.take_layers(text, file.get_ref(), last);
                (keys, slips)
            }
            Err(error) => (last.clone(), vec![Slip::toml(text, &error)]),
        }
    }

    fn take_layers(&mut self, text: &str, file: &DeTable<'_>, last: &Self) -> Vec<Slip> {
        let mut slips = Vec::new();
        for (name, rows) in file {
            let layer = Layer::ALL.iter().copied().find(|layer| layer.name() == name.get_ref());
            match (layer, rows.get_ref().as_table()) {
                (None, _) => {
                    let names = Layer::ALL.iter().map(|layer| layer.name());
                    slips.push(Slip::of(text, name, unknown("slip.layer", name.get_ref(), names)));
                }
                (_, None) => slips.push(Slip::of(text, rows, Reason::new("slip.table"))),
                (Some(layer), Some(rows)) => slips.extend(self.take_rows(text, layer, rows, last)),
            }
        }
        slips
    }

    fn take_rows(
        &mut self,
        text: &str,
        layer: Layer,
        rows: &DeTable<'_>,
        last: &Self,
    ) -> Vec<Slip> {
        let mut slips = Vec::new();
        for (name, does) in rows {
            let key = name.get_ref().parse::<KeyCombination>();
            match (key, action(does.get_ref())) {
                (Err(_), _) => {
                    let word = format!("{:?}", name.get_ref());
                    let what = Reason::new("slip.key").with("word", word);
                    slips.push(Slip::of(text, name, what));
                }
                (Ok(key), Err(what)) => {
                    slips.push(Slip::of(text, does, what));
                    self.bind(layer, key, last.bound(layer, key));
                }
                (Ok(key), Ok(action)) => {
                    slips.extend(arrives_as(key).map(|instead| {
                        let what = match instead {
                            Some(instead) => Reason::new("slip.sent-as").with("instead", instead),
                            None => Reason::new("slip.sent-otherwise"),
                        };
                        Slip::of(text, name, what.with("key", key_in_file(key)))
                    }));
                    self.bind(layer, key, action);
                }
            }
        }
        slips
    }

    fn bind(&mut self, layer: Layer, key: KeyCombination, action: Option<Action>) {
        let at = self.rows.iter().position(|row| row.layer == layer && row.key == key);
        match (action, at.and_then(|at| self.rows.get_mut(at))) {
            (Some(action), Some(row)) => row.action = action,
            (Some(action), None) => self.rows.push(Binding { layer, key, action }),
            (None, _) => self.rows.retain(|row| row.layer != layer || row.key != key),
        }
        match action {
            Some(action) => drop(self.index.insert((layer, key), action)),
            None => drop(self.index.remove(&(layer, key))),
        }
    }

    /// What `key` does in `layer` itself, whatever it does everywhere.
    pub fn bound(&self, layer: Layer, key: KeyCombination) -> Option<Action> {
        self.index.get(&(layer, key)).copied()
    }

    /// What `key` does where these layers count, the first one first.
    pub fn action(&self, layers: &[Layer], key: KeyEvent) -> Option<Action> {
        let key = KeyCombination::from(key);
        layers.iter().find_map(|layer| self.index.get(&(*layer, key))).copied()
    }

    /// All rows.
    pub fn rows(&self) -> &[Binding] {
        &self.rows
    }

    /// The first key that does `action` where these layers count, as it is written on the screen.
    pub fn key_in(&self, layers: &[Layer], action: Action) -> Option<String> {
        let does = |row: &&Binding| {
            let nearest = || layers.iter().find_map(|layer| self.index.get(&(*layer, row.key)));
            row.action == action && layers.contains(&row.layer) && nearest() == Some(&action)
        };
        self.rows.iter().find(does).map(|row| key_name(row.key))
    }

    /// The first key of an action, as it is written on the screen.
    pub fn key_of(&self, action: Action) -> Option<String> {
        self.rows.iter().find(|r| r.action == action).map(|r| key_name(r.key))
    }
}

/// The action that a row names; `None` for the word that takes the key away.
fn action(does: &DeValue<'_>) -> Result<Option<Action>, Reason> {
    let name = does.as_str().ok_or_else(|| Reason::new("slip.quoted"))?;
    let action = Action::ALL.iter().find(|action| action.name() == name).copied();
    if action.is_none() && name != NONE {
        let names = Action::ALL.iter().map(|action| action.name());
        return Err(unknown("slip.action", name, names.chain([NONE])));
    }
    Ok(action)
}

/// Keys for which terminals send the bytes of another key.
const SENT_AS: &[(&str, &str)] = &[
    ("ctrl-i", "tab"),
    ("ctrl-m", "enter"),
    ("ctrl-[", "esc"),
    ("ctrl-\\", "ctrl-4"),
    ("ctrl-]", "ctrl-5"),
    ("ctrl-/", "ctrl-7"),
    ("ctrl-_", "ctrl-7"),
    ("ctrl-enter", "enter"),
    ("shift-enter", "enter"),
];

/// What arrives in place of a key that most terminals cannot deliver: Shift is part of what a
/// character is, and which one that makes is known to the keyboard alone: `Some(None)`.
pub fn arrives_as(key: KeyCombination) -> Option<Option<String>> {
    let alias = SENT_AS.iter().find(|(name, _)| name.parse().ok() == Some(key));
    if let Some((_, instead)) = alias {
        return Some(Some((*instead).to_owned()));
    }
    let KeyCode::Char(c) = key.codes.first() else { return None };
    if !key.modifiers.contains(KeyModifiers::SHIFT) {
        return None;
    }
    let plain = || Some(key_in_file(key).replace("shift-", ""));
    match c {
        ' ' => Some(plain()),
        c if c.is_alphabetic() => key.modifiers.contains(KeyModifiers::CONTROL).then(plain),
        _ => Some(None),
    }
}

/// How a key is written in a key table: `ctrl-q`, `f1`, `shift-g`.
pub fn key_in_file(key: KeyCombination) -> String {
    key.to_string().to_lowercase()
}

/// Parts of names that stand otherwise on keyboards.
const ON_KEYBOARDS: &[(&str, &str)] =
    &[("PageUp", "PgUp"), ("PageDown", "PgDn"), ("BackTab", "Tab"), ("Hyphen", "-")];

/// How a key is written on the screen: `F1`, `Ctrl-Q`, `PgUp`; a letter alone as it is typed.
pub fn key_name(key: KeyCombination) -> String {
    let name = key.to_string();
    let letter = name.strip_prefix("Shift-").unwrap_or(&name);
    if letter.chars().count() == 1 {
        return if letter == name { name } else { letter.to_uppercase() };
    }
    // Alone it is named without the Shift that makes it.
    let name = if name == "BackTab" { format!("Shift-{name}") } else { name };
    let on_keyboard = |part: &str| {
        let known = ON_KEYBOARDS.iter().find(|(name, _)| *name == part);
        known.map_or_else(|| capital(part), |(_, name)| (*name).to_owned())
    };
    name.split('-').map(on_keyboard).collect::<Vec<_>>().join("-")
}

/// `word` with a capital at its beginning.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge;

    fn embedded() -> Keys {
        Keys::parse(knowledge::data("keys.toml")).unwrap()
    }

    fn key(name: &str) -> KeyCombination {
        name.parse().unwrap()
    }

    #[test]
    fn a_table_over_another_adds_replaces_and_takes_away() {
        let own = "[prompt]\nctrl-x = \"prompt.send\"\ntab = \"help\"\n[any]\nf1 = \"none\"\n";
        let (keys, slips) = embedded().overridden(own, &embedded());
        assert_eq!(slips, []);
        assert_eq!(keys.bound(Layer::Prompt, key("ctrl-x")), Some(Action::Send));
        assert_eq!(keys.bound(Layer::Prompt, key("tab")), Some(Action::Help));
        assert_eq!(keys.bound(Layer::Any, key("f1")), None);
        assert_eq!(keys.bound(Layer::Prompt, key("enter")), Some(Action::Send));
        let rows = keys.rows().iter().filter(|r| r.layer == Layer::Prompt && r.key == key("tab"));
        assert_eq!(rows.map(|r| r.action).collect::<Vec<_>>(), [Action::Help]);
        assert!(keys.rows().iter().all(|r| r.key != key("f1")));
    }

    #[test]
    fn rows_that_are_wrong_are_told_and_the_others_count() {
        let own = "[any]\nf5 = \"hlep\"\nf99x = \"help\"\nf11 = \"help\"\nf7 = 1\n\
                   ctrl-i = \"help\"\n[promt]\nf1 = \"help\"\n";
        let (keys, slips) = embedded().overridden(own, &embedded());
        let told: Vec<_> = slips.iter().map(ToString::to_string).collect();
        assert_eq!(told[0], "line 2, column 6: \"hlep\" is no action; did you mean \"help\"?");
        assert!(told[1].starts_with("line 3, column 1: \"f99x\" is no key"), "{}", told[1]);
        assert_eq!(told[2], "line 5, column 6: expected an action in quotes");
        assert_eq!(
            told[3],
            "line 6, column 1: terminals send tab for ctrl-i, so this row does nothing: \
             write what they send"
        );
        assert_eq!(told[4], "line 7, column 2: \"promt\" is no layer; did you mean \"prompt\"?");
        assert_eq!(told.len(), 5);
        assert_eq!(keys.bound(Layer::Any, key("f11")), Some(Action::Help));
        assert_eq!(keys.rows().len(), embedded().rows().len() + 2);
    }

    #[test]
    fn what_becomes_wrong_keeps_the_last_good_key() {
        let good = "[any]\nf9 = \"help\"\nf1 = \"none\"\nf11 = \"help\"\n";
        let (last, _) = embedded().overridden(good, &embedded());
        let (keys, slips) = embedded().overridden("[any]\nf9 = \"hlep\"\nf1 = 1\n", &last);
        assert_eq!(slips.len(), 2);
        assert_eq!(keys.bound(Layer::Any, key("f9")), Some(Action::Help));
        assert_eq!(keys.bound(Layer::Any, key("f1")), None);
        assert_eq!(keys.bound(Layer::Any, key("f11")), None, "what is taken out is gone");
        let (keys, slips) = embedded().overridden("[any\n", &last);
        assert_eq!((keys.rows().len(), slips.len()), (last.rows().len(), 1));
    }

    #[test]
    fn no_key_of_the_program_is_one_that_terminals_cannot_deliver() {
        for row in embedded().rows() {
            assert_eq!(arrives_as(row.key), None, "{}", row.key);
        }
        for (name, instead) in SENT_AS {
            assert_eq!(arrives_as(key(name)), Some(Some((*instead).to_owned())), "{name}");
            assert_eq!(arrives_as(key(instead)), None, "{instead}");
        }
        for (name, instead) in [
            ("ctrl-shift-x", Some(Some("ctrl-x"))),
            ("shift-space", Some(Some("space"))),
            ("shift-1", Some(None)),
            ("ctrl-shift-1", Some(None)),
            ("alt-shift-.", Some(None)),
            ("shift-g", None),
            ("shift-tab", None),
        ] {
            let instead = instead.map(|instead: Option<&str>| instead.map(str::to_owned));
            assert_eq!(arrives_as(key(name)), instead, "{name}");
        }
    }

    #[test]
    fn keys_have_the_names_that_keyboards_give_them() {
        for (written, name) in [
            ("f1", "F1"),
            ("ctrl-q", "Ctrl-Q"),
            ("ctrl-pagedown", "Ctrl-PgDn"),
            ("pageup", "PgUp"),
            ("shift-backtab", "Shift-Tab"),
            ("tab", "Tab"),
            ("g", "g"),
            ("shift-g", "G"),
            ("ctrl-shift-f1", "Ctrl-Shift-F1"),
            ("space", "Space"),
            ("-", "-"),
            ("alt--", "Alt--"),
            ("esc", "Esc"),
        ] {
            assert_eq!(key_name(key(written)), name, "{written}");
        }
    }

    #[test]
    fn a_key_is_read_as_it_is_written() {
        for row in embedded().rows() {
            assert_eq!(key(&key_in_file(row.key)), row.key);
        }
        for name in ["space", "-", "ctrl-alt-k", "shift-tab", "alt-enter", "shift-g", "f12"] {
            assert_eq!(key(&key_in_file(key(name))), key(name), "{name}");
        }
    }
}
