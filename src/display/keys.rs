//! `(focus, key) → action`, from the key table. Help, hints and behaviour read the same rows.

use std::collections::HashMap;

use crokey::KeyCombination;
use crossterm::event::KeyEvent;
use serde::Deserialize;

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
    Help "help", Connect "session.connect", KeepAlive "session.keep-alive", Hangup "session.hang-up",
    PaneNext "pane.next", PanePrevious "pane.previous", ContentView "content.view",
    Suspend "suspend", Redraw "redraw", Quit "quit", Leave "leave",
    Send "prompt.send", Back "prompt.back", Delete "prompt.delete", Left "prompt.left",
    Right "prompt.right", WordLeft "prompt.word-left", WordRight "prompt.word-right",
    Home "prompt.home", End "prompt.end", KillWord "prompt.kill-word", KillStart "prompt.kill-start",
    KillEnd "prompt.kill-end", Yank "prompt.yank", HistoryBack "prompt.history-back",
    HistoryForward "prompt.history-forward",
    Transcript "pane.transcript", Prompt "pane.prompt", Envelope "pane.envelope",
    Content "pane.content", Explain "pane.explain",
    Up "scroll.up", Down "scroll.down", PageUp "scroll.page-up", PageDown "scroll.page-down",
    Top "scroll.top", Follow "scroll.follow", LineEnds "view.line-ends",
}

/// Where a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Everywhere.
    Any,
    /// While the prompt has the focus.
    Prompt,
    /// While a pane has the focus.
    Panes,
}

impl Layer {
    /// The key of its title in the knowledge base.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Any => "layer.any",
            Self::Prompt => "layer.prompt",
            Self::Panes => "layer.panes",
        }
    }
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
#[derive(Clone, Debug)]
pub struct Keys {
    rows: Vec<Binding>,
    index: HashMap<(Layer, KeyCombination), Action>,
}

/// The form of the key table: `[prompt]` with `enter = "prompt.send"`.
type File = HashMap<Layer, toml::Table>;

impl Keys {
    /// Reads a key table.
    ///
    /// # Errors
    /// With the row that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut rows = Vec::new();
        for layer in [Layer::Any, Layer::Prompt, Layer::Panes] {
            for (key, name) in file.get(&layer).into_iter().flatten() {
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

    /// What `key` does in `layer`.
    pub fn action(&self, layer: Layer, key: KeyEvent) -> Option<Action> {
        let key = KeyCombination::from(key);
        self.index.get(&(layer, key)).or_else(|| self.index.get(&(Layer::Any, key))).copied()
    }

    /// All rows.
    pub fn rows(&self) -> &[Binding] {
        &self.rows
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
