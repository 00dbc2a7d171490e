//! `(focus, key) → action`, from the key table. Help, hints and behaviour read the same rows.

use std::collections::HashMap;

use crokey::KeyCombination;
use crossterm::event::KeyEvent;

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
    ExplainLarger "explain.larger", KeepAlive "session.keep-alive", Hangup "session.hang-up",
    Screenshot "screenshot", Theme "view.theme", Language "view.language", Mouse "view.mouse",
    Secrets "view.secrets",
    SessionNew "session.new", SessionNext "session.next", SessionPrevious "session.previous",
    SessionClose "session.close", SessionBeside "session.beside",
    Transcript "pane.transcript", Prompt "pane.prompt", Envelope "pane.envelope",
    Content "pane.content", Explain "pane.explain",
    Narrower "pane.narrower", Wider "pane.wider", Lower "pane.lower", Higher "pane.higher",
    Equal "pane.equal",
    Up "scroll.up", Down "scroll.down", PageUp "scroll.page-up", PageDown "scroll.page-down",
    ScrollLeft "scroll.left", ScrollRight "scroll.right", Top "scroll.top", Follow "scroll.follow",
    FindNext "find.next", FindPrevious "find.previous", Filter "transcript.filter",
    Fold "transcript.fold", FoldAll "transcript.fold-all", Hex "transcript.hex",
    Wrap "transcript.wrap", Time "transcript.time", LineEnds "transcript.line-ends",
    NextReply "transcript.next-reply", PreviousReply "transcript.previous-reply",
    NextError "transcript.next-error", PreviousError "transcript.previous-error",
    Mark "transcript.mark", ToMark "transcript.to-mark", Select "transcript.select",
    Resend "transcript.resend", Copy "copy", CopyPane "copy.pane", Open "explain.open",
    Suspend "suspend", Redraw "redraw", Leave "leave", Quit "quit",
    Choose "list.choose", Complete "list.complete",
    Send "prompt.send", Back "prompt.back", Delete "prompt.delete", Left "prompt.left",
    Right "prompt.right", WordLeft "prompt.word-left", WordRight "prompt.word-right",
    Home "prompt.home", End "prompt.end", KillWord "prompt.kill-word", KillStart "prompt.kill-start",
    KillEnd "prompt.kill-end", Yank "prompt.yank", HistoryBack "prompt.history-back",
    HistoryForward "prompt.history-forward",
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
    Prompt "prompt" "layer.prompt" "While the prompt has the focus.",
    Line "line" "layer.line" "Wherever a line is typed: the prompt, and the popups that ask for one.",
    Panes "panes" "layer.panes" "While a pane has the focus.",
    Transcript "transcript" "layer.transcript" "While the transcript has the focus.",
    List "list" "layer.list" "While a list is open: help, commands, a choice.",
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

/// The form of the key table: `[prompt]` with `enter = "prompt.send"`.
type File = HashMap<String, toml::Table>;

impl Keys {
    /// Reads a key table.
    ///
    /// # Errors
    /// With the row that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut rows = Vec::new();
        if let Some(name) = file.keys().find(|name| Layer::ALL.iter().all(|l| l.name() != *name)) {
            return Err(format!("[{name}]: no such layer"));
        }
        for &layer in Layer::ALL {
            for (key, name) in file.get(layer.name()).into_iter().flatten() {
                let wrong = |what: &str| format!("{layer:?}: {key} = {name}: {what}");
                let action = Action::ALL.iter().find(|a| Some(a.name()) == name.as_str());
                let action = *action.ok_or_else(|| wrong("no such action"))?;
                let key = key.parse().map_err(|_| wrong("no such key"))?;
                rows.push(Binding { layer, key, action });
            }
        }
        let index = rows.iter().map(|r| ((r.layer, r.key), r.action)).collect();
        Ok(Self { rows, index })
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
            let nearest = layers.iter().find_map(|layer| self.index.get(&(*layer, row.key)));
            row.action == action && layers.contains(&row.layer) && nearest == Some(&action)
        };
        self.rows.iter().find(does).map(|row| key_name(row.key))
    }

    /// The first key of an action, as it is written on the screen.
    pub fn key_of(&self, action: Action) -> Option<String> {
        self.rows.iter().find(|r| r.action == action).map(|r| key_name(r.key))
    }
}

/// How a key is written on the screen: `F1`, `Ctrl-Q`, `PgUp`; a letter alone as it is typed.
pub fn key_name(key: KeyCombination) -> String {
    let name = key.to_string();
    if name.chars().count() == 1 {
        return name;
    }
    let capital = |part: &str| {
        let mut letters = part.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}
